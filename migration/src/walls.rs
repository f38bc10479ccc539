//! What the serving role may do on PostgreSQL, and what it has to prove.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement, TransactionSession, TransactionTrait};

use crate::{APPEND_ONLY_TABLES, TENANT_TABLES};

/// Bytes of the key that proves which township the server means: two numbers of a sequence.
pub const KEY: usize = 16;

/// Whose rows are seen and written: those of the township that the transaction has named. Without a subquery, which the
/// distributed database would refuse; the function is taken apart by the planner.
const OWN_ROWS: &str = "tenant_id = app_tenant()";

/// Those of the township that it has proved. In a subquery, so that it is asked once a statement: on the outer side of a join it
/// would be asked for every row, which made a page of people take almost twice as long; so it costs a twentieth.
const PROVED_ROWS: &str = "tenant_id = (SELECT app_tenant())";

/// As the transaction says. The planner takes it apart, so it costs nothing.
const SAID: &str = "CREATE OR REPLACE FUNCTION app_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE SECURITY INVOKER \
    AS $$ SELECT nullif(left(current_setting('app.tenant_id', true), 36), '')::uuid $$";

/// As the transaction says and proves: behind the id stands SHA-256 of the key and the id, which nobody can compute who cannot read
/// the key. (Key and id have fixed lengths, so nothing can be appended to what was hashed.) Everything is named in full: the caller
/// chooses the search path.
///
/// It is asked for every table of every statement. So the key stands in the last values of two sequences, which a plain call reads: out
/// of a table it would be a query of its own each time, five times as dear. And it is one expression.
const PROVED: &str = "CREATE OR REPLACE FUNCTION app_tenant() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
    DECLARE
        said CONSTANT pg_catalog.text := pg_catalog.current_setting('app.tenant_id', true);
    BEGIN
        RETURN CASE WHEN pg_catalog.length(said) OPERATOR(pg_catalog.=) 100
            AND pg_catalog.right(said, 64) OPERATOR(pg_catalog.=) pg_catalog.encode(pg_catalog.sha256(
                pg_catalog.int8send(pg_catalog.pg_sequence_last_value('gezhi_wall.key_1'::pg_catalog.regclass))
                OPERATOR(pg_catalog.||) pg_catalog.int8send(pg_catalog.pg_sequence_last_value('gezhi_wall.key_2'::pg_catalog.regclass))
                OPERATOR(pg_catalog.||) pg_catalog.uuid_send(pg_catalog.left(said, 36)::pg_catalog.uuid)), 'hex')
            THEN pg_catalog.left(said, 36)::pg_catalog.uuid END;
    END $$";

/// The token of the very first start, which the server makes itself: none once a township is there.
const FIRST_TOKEN: &str = "CREATE OR REPLACE FUNCTION app_first_setup_token(id uuid, hash text, made timestamptz) RETURNS boolean \
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    BEGIN
        INSERT INTO public.setup_token (id, token_hash, created_at)
            SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM public.tenant);
        RETURN FOUND;
    END $$";

/// Raises the walls around the townships: gives the role that the server connects as exactly what it needs, takes back what it had
/// beyond that on these tables, and says what it has to prove. May be run again at any time, after every migration in particular.
/// On SQLite, which knows no roles, nothing is done.
///
/// The ledger can be read and added to, never changed; townships can be founded by whoever proves their id, not renamed or removed;
/// the role owns nothing and sees the schema's history only to compare it with its own. With a `key` a transaction that names a
/// township proves it by the key, which the role cannot read: a statement of somebody else's, slipped into the server's,
/// stays within the township that it is in.
///
/// Row-level security is not forced upon the owner: the server does not serve as the owner, migrations must reach all rows, and the
/// distributed database could not move a forced table.
///
/// # Errors
/// When the connection's user does not own the tables, or the role does not exist.
pub async fn raise_walls<C>(db: &C, role: &str, key: Option<&[u8; KEY]>) -> Result<(), DbErr>
where
    C: ConnectionTrait + TransactionTrait,
{
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let role = quoted(role)?;
    // In one transaction: a server at work never sees the moment between taking and giving.
    let tx = db.begin().await?;
    tx.execute_unprepared(&format!("GRANT USAGE ON SCHEMA public TO {role}")).await?;
    // Those outside the townships first, and all that is done to them: in the distributed database they are reference tables, and a
    // transaction that has changed distributed ones in parallel can change these no more.
    grant(&tx, "tenant", "SELECT, INSERT", &role).await?;
    grant(&tx, "setup_token", "SELECT, UPDATE", &role).await?;
    grant(&tx, "probe", "SELECT, INSERT, UPDATE", &role).await?;
    grant(&tx, "revocation", "SELECT, INSERT, DELETE", &role).await?;
    grant(&tx, "bell", "SELECT, INSERT, UPDATE, DELETE", &role).await?;
    grant(&tx, "seaql_migrations", "SELECT", &role).await?;
    functions(&tx, key).await?;
    for function in ["app_tenant()", "app_first_setup_token(uuid, text, timestamptz)"] {
        tx.execute_unprepared(&format!("REVOKE ALL ON FUNCTION {function} FROM PUBLIC")).await?;
        tx.execute_unprepared(&format!("GRANT EXECUTE ON FUNCTION {function} TO {role}")).await?;
    }
    tx.execute_unprepared("ALTER TABLE tenant ENABLE ROW LEVEL SECURITY").await?;
    for (name, rule) in [
        ("tenant_directory", "FOR SELECT USING (true)"),
        ("tenant_founding", "FOR INSERT WITH CHECK (id = app_tenant())"),
    ] {
        tx.execute_unprepared(&format!("DROP POLICY IF EXISTS {name} ON tenant")).await?;
        tx.execute_unprepared(&format!("CREATE POLICY {name} ON tenant {rule}")).await?;
    }
    for table in TENANT_TABLES {
        let rights = if APPEND_ONLY_TABLES.contains(table) {
            "SELECT, INSERT"
        } else {
            "SELECT, INSERT, UPDATE, DELETE"
        };
        grant(&tx, table, rights, &role).await?;
    }
    for table in TENANT_TABLES {
        policy(&tx, table, key.is_some()).await?;
    }
    // A temporary table shadows one of ours for whoever uses the connection next; nothing of ours makes any.
    tx.execute_unprepared(
        "DO $$ BEGIN EXECUTE pg_catalog.format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', pg_catalog.current_database()); END $$",
    )
    .await?;
    tx.commit().await
}

async fn functions<C: ConnectionTrait>(db: &C, key: Option<&[u8; KEY]>) -> Result<(), DbErr> {
    // A schema of its own, into which the serving role does not look. Earlier the key stood in a table.
    for statement in [
        "CREATE SCHEMA IF NOT EXISTS gezhi_wall",
        "REVOKE ALL ON SCHEMA gezhi_wall FROM PUBLIC",
        "DROP TABLE IF EXISTS gezhi_wall.key",
        FIRST_TOKEN,
    ] {
        db.execute_unprepared(statement).await?;
    }
    let Some(key) = key else {
        db.execute_unprepared("DROP SEQUENCE IF EXISTS gezhi_wall.key_1, gezhi_wall.key_2").await?;
        return db.execute_unprepared(SAID).await.map(drop);
    };
    for (name, half) in ["key_1", "key_2"].iter().zip(key.as_chunks().0) {
        let number = i64::from_be_bytes(*half);
        if kept(db, name).await? == Some(number) {
            continue;
        }
        // Anew, since setval alone is not undone with its transaction: a server at work would have another key than the function.
        for statement in [
            format!("DROP SEQUENCE IF EXISTS gezhi_wall.{name}"),
            format!("CREATE SEQUENCE gezhi_wall.{name} MINVALUE {}", i64::MIN),
            format!("REVOKE ALL ON SEQUENCE gezhi_wall.{name} FROM PUBLIC"),
        ] {
            db.execute_unprepared(&statement).await?;
        }
        db.execute_raw(Statement::from_sql_and_values(
            DbBackend::Postgres,
            format!("SELECT setval('gezhi_wall.{name}', $1)"),
            [number.into()],
        ))
        .await?;
    }
    db.execute_unprepared(PROVED).await.map(drop)
}

/// The half of the key that is there; none where the database has none yet.
async fn kept<C: ConnectionTrait>(db: &C, name: &str) -> Result<Option<i64>, DbErr> {
    let sql =
        format!("SELECT pg_sequence_last_value(to_regclass('gezhi_wall.{name}')::oid) AS number");
    match db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await? {
        Some(row) => row.try_get("", "number"),
        None => Ok(None),
    }
}

/// Changes the table's policy where it is another: the change waits for everybody who uses the table.
async fn policy<C: ConnectionTrait>(db: &C, table: &str, proved: bool) -> Result<(), DbErr> {
    let (rows, like) = if proved {
        (PROVED_ROWS, "LIKE '%SELECT app_tenant()%'")
    } else {
        (OWN_ROWS, "LIKE '%= app_tenant()%'")
    };
    let there = db
        .query_one_raw(Statement::from_string(
            DbBackend::Postgres,
            format!(
                "SELECT 1 AS there FROM pg_policy WHERE polrelid = 'public.{table}'::regclass \
                 AND pg_get_expr(polqual, polrelid) {like} AND pg_get_expr(polwithcheck, polrelid) {like}"
            ),
        ))
        .await?;
    if there.is_none() {
        db.execute_unprepared(&format!(
            "ALTER POLICY tenant_isolation ON \"{table}\" USING ({rows}) WITH CHECK ({rows})"
        ))
        .await?;
    }
    Ok(())
}

async fn grant<C: ConnectionTrait>(
    db: &C,
    table: &str,
    rights: &str,
    role: &str,
) -> Result<(), DbErr> {
    db.execute_unprepared(&format!("REVOKE ALL ON TABLE \"{table}\" FROM {role}")).await?;
    db.execute_unprepared(&format!("GRANT {rights} ON TABLE \"{table}\" TO {role}")).await?;
    Ok(())
}

/// The role's name as an SQL identifier.
fn quoted(role: &str) -> Result<String, DbErr> {
    if role.is_empty() || role.contains('\0') {
        return Err(DbErr::Custom("the name of the run-time role is empty or no name".to_owned()));
    }
    Ok(format!("\"{}\"", role.replace('"', "\"\"")))
}
