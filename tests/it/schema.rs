//! The migrated PostgreSQL schema, read from its catalog: keys, policies, rights.

use std::collections::BTreeSet;

use api::config::Config;
use api::state::AppState;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use support::postgres::{OWNER, Postgres, RUNTIME, connect};
use support::prelude::*;

const LINT: &str = include_str!("schema_lint.sql");

/// Tables outside any township that tenant tables may point to.
const REFERENCE: &str = "{tenant}";
/// Tables that no township has a part in.
const LOCAL: &str = "{setup_token,probe,seaql_migrations,revocation,bell}";

fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(TestApp) -> F) {
    support::run(Db::Postgres, Furnished::Two, test);
}

async fn texts(db: &DatabaseConnection, sql: &str, columns: &[&str]) -> Vec<Vec<String>> {
    db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
        .iter()
        .map(|row| columns.iter().map(|column| row.try_get("", column).unwrap()).collect())
        .collect()
}

async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let row = db.query_one_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    row.unwrap().try_get("", "n").unwrap()
}

/// Tables with a `tenant_id`, as the catalog has them.
async fn tenant_tables(db: &DatabaseConnection) -> Vec<String> {
    let sql = "SELECT c.relname::text AS name FROM pg_class c \
               JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' \
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped \
               WHERE c.relkind IN ('r', 'p') ORDER BY 1";
    texts(db, sql, &["name"]).await.into_iter().flatten().collect()
}

/// As an installation that is to be spread over several machines has it: without the proof, whose policies have a subquery.
async fn without_proof(app: &TestApp) {
    let config = Config { tenant_proof: false, ..app.state.config().clone() };
    api::migrate(&config).await.unwrap();
}

#[test]
fn the_schema_keeps_its_own_rules() {
    on_postgres(async |app: TestApp| {
        without_proof(&app).await;
        let db = app.outside().await;
        let sql = LINT
            .replace(":'tcol'", "'tenant_id'")
            .replace(":'refs'", &format!("'{REFERENCE}'"))
            .replace(":'locals'", &format!("'{LOCAL}'"))
            .replace(":'trig_ok'", "'{}'");
        let violations = texts(&db, &sql, &["rule", "level", "rel", "detail"]).await;
        assert!(violations.is_empty(), "{violations:#?}");
    });
}

#[test]
fn the_rules_of_the_schema_find_what_breaks_them() {
    on_postgres(async |app: TestApp| {
        without_proof(&app).await;
        let db = app.outside().await;
        db.execute_unprepared(
            "CREATE TABLE stray (id uuid PRIMARY KEY); \
             CREATE TABLE open (tenant_id uuid NOT NULL, id uuid NOT NULL, code text UNIQUE, PRIMARY KEY (tenant_id, id))",
        )
        .await
        .unwrap();
        let sql = LINT
            .replace(":'tcol'", "'tenant_id'")
            .replace(":'refs'", &format!("'{REFERENCE}'"))
            .replace(":'locals'", &format!("'{LOCAL}'"))
            .replace(":'trig_ok'", "'{}'");
        let found: BTreeSet<(String, String)> = texts(&db, &sql, &["rule", "rel"])
            .await
            .into_iter()
            .map(|row| (row[0].clone(), row[1].clone()))
            .collect();
        let expected = [("C01", "stray"), ("C04", "open"), ("C16", "open")]
            .map(|(rule, table)| (rule.to_owned(), table.to_owned()));
        assert_eq!(found, BTreeSet::from(expected));
    });
}

#[test]
fn every_tenant_table_is_behind_a_policy() {
    on_postgres(async |app: TestApp| {
        let db = app.outside().await;
        let tables = tenant_tables(&db).await;
        let named: BTreeSet<&str> = migration::TENANT_TABLES.iter().copied().collect();
        assert_eq!(tables.iter().map(String::as_str).collect::<BTreeSet<_>>(), named);

        let guarded = "SELECT c.relname::text AS name FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' \
             WHERE c.relname <> 'tenant' AND c.relrowsecurity AND NOT c.relforcerowsecurity AND EXISTS ( \
               SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd = '*' \
               AND pg_get_expr(p.polqual, p.polrelid) LIKE '%app_tenant()%') \
             AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid \
               AND pg_get_expr(p.polqual, p.polrelid) NOT LIKE '%app_tenant()%') ORDER BY 1";
        let guarded: Vec<String> =
            texts(&db, guarded, &["name"]).await.into_iter().flatten().collect();
        assert_eq!(guarded, tables);
    });
}

/// The function that says which township was proved is the run-time role's alone, and roles may have any name.
#[test]
fn the_way_in_is_granted_to_the_runtime_role_alone() {
    on_postgres(async |app: TestApp| {
        let db = app.outside().await;
        let open = "SELECT count(*) AS n FROM pg_proc p WHERE proname = 'app_tenant' \
                    AND has_function_privilege('public', p.oid, 'EXECUTE')";
        assert_eq!(number(&db, open).await, 0);

        assert!(migration::raise_walls(&db, "no such role", None).await.is_err());
        // Roles belong to the whole server, which other tests share.
        let role = format!("gezhi \"app\" {}", app.town(Town::A).tenant);
        let quoted = format!("\"{}\"", role.replace('"', "\"\""));
        db.execute_unprepared(&format!("CREATE ROLE {quoted}")).await.unwrap();
        for _ in 0..2 {
            migration::raise_walls(&db, &role, None).await.unwrap();
        }
        let granted = format!(
            "SELECT count(*) AS n FROM pg_proc p WHERE proname = 'app_tenant' \
             AND has_function_privilege('{role}', p.oid, 'EXECUTE')"
        );
        assert_eq!(number(&db, &granted).await, 1);
        db.execute_unprepared(&format!("DROP OWNED BY {quoted}; DROP ROLE {quoted}"))
            .await
            .unwrap();
    });
}

/// The server's role owns nothing and is granted exactly what the product needs.
#[test]
fn the_runtime_role_has_no_right_too_many() {
    on_postgres(async |app: TestApp| {
        let db = app.outside().await;
        let owned = number(
            &db,
            &format!(
                "SELECT count(*) AS n FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = '{RUNTIME}'"
            ),
        )
        .await;
        assert_eq!(owned, 0);
        let rights = texts(
            &db,
            &format!(
                "SELECT table_name::text AS name, string_agg(privilege_type::text, ' ' ORDER BY privilege_type::text) AS rights \
                 FROM information_schema.role_table_grants WHERE grantee = '{RUNTIME}' AND table_schema = 'public' \
                 GROUP BY 1 ORDER BY 1"
            ),
            &["name", "rights"],
        )
        .await;
        assert_eq!(rights.len(), migration::TENANT_TABLES.len() + 6);
        for right in rights {
            let expected = match right[0].as_str() {
                "seaql_migrations" => "SELECT",
                "tenant" => "INSERT SELECT",
                "setup_token" => "SELECT UPDATE",
                "probe" => "INSERT SELECT UPDATE",
                "revocation" => "DELETE INSERT SELECT",
                "bell" => "DELETE INSERT SELECT UPDATE",
                table if migration::APPEND_ONLY_TABLES.contains(&table) => "INSERT SELECT",
                _ => "DELETE INSERT SELECT UPDATE",
            };
            assert_eq!(right[1], expected, "{}", right[0]);
        }
        let create =
            format!("SELECT has_schema_privilege('{RUNTIME}', 'public', 'CREATE')::int::int8 AS n");
        assert_eq!(number(&db, &create).await, 0);
    });
}

#[test]
fn without_a_tenant_the_runtime_role_sees_nothing() {
    on_postgres(async |app: TestApp| {
        let outside = app.outside().await;
        let tables = tenant_tables(&outside).await;
        let runtime = connect(&app.database_url).await;
        let mut filled = 0;
        for table in &tables {
            let count = format!("SELECT count(*) AS n FROM \"{table}\"");
            if number(&outside, &count).await > 0 {
                filled += 1;
            }
            assert_eq!(number(&runtime, &count).await, 0, "{table}");
        }
        // There is something to see: the fixture fills these.
        assert!(filled >= 6, "{filled} tables hold rows");

        // Also on a connection that had a tenant before: the setting ends with its transaction.
        let tenant = app.town(Town::A).tenant;
        runtime.execute_unprepared(&format!("BEGIN; {}; COMMIT", app.enter(tenant))).await.unwrap();
        assert_eq!(number(&runtime, "SELECT count(*) AS n FROM member").await, 0);
    });
}

#[test]
fn with_a_tenant_the_runtime_role_sees_and_changes_only_its_own() {
    on_postgres(async |app: TestApp| {
        let outside = app.outside().await;
        let tables = tenant_tables(&outside).await;
        let (own, foreign) = (app.town(Town::A).tenant, app.town(Town::B).tenant);
        let runtime = connect(&app.database_url).await;
        let within = async |sql: &str| {
            runtime.execute_unprepared(&format!("BEGIN; {}", app.enter(own))).await.unwrap();
            let outcome = runtime.execute_unprepared(sql).await.map(|done| done.rows_affected());
            runtime.execute_unprepared("ROLLBACK").await.unwrap();
            outcome
        };
        for table in &tables {
            let count =
                format!("SELECT count(*) AS n FROM \"{table}\" WHERE tenant_id = '{foreign}'");
            let foreign_rows = number(&outside, &count).await;
            runtime.execute_unprepared(&format!("BEGIN; {}", app.enter(own))).await.unwrap();
            let count = format!("SELECT count(*) AS n FROM \"{table}\" WHERE tenant_id <> '{own}'");
            assert_eq!(number(&runtime, &count).await, 0, "{table}");
            runtime.execute_unprepared("ROLLBACK").await.unwrap();

            if migration::APPEND_ONLY_TABLES.contains(&table.as_str()) {
                assert!(within(&format!("DELETE FROM \"{table}\"")).await.is_err(), "{table}");
                assert!(
                    within(&format!("UPDATE \"{table}\" SET tenant_id = tenant_id")).await.is_err(),
                    "{table}"
                );
                continue;
            }
            let delete = format!("DELETE FROM \"{table}\" WHERE tenant_id = '{foreign}'");
            assert_eq!(
                within(&delete).await.unwrap(),
                0,
                "{table} has {foreign_rows} foreign rows"
            );
            let update = format!(
                "UPDATE \"{table}\" SET tenant_id = tenant_id WHERE tenant_id = '{foreign}'"
            );
            assert_eq!(
                within(&update).await.unwrap(),
                0,
                "{table} has {foreign_rows} foreign rows"
            );
        }
        // A row of one's own cannot be handed to another township, nor one written there.
        let refused = "row-level security";
        for sql in [
            format!("UPDATE account_role SET tenant_id = '{foreign}'"),
            format!(
                "INSERT INTO party_org (tenant_id, id, kind, code, name, created_at, version) \
                 VALUES ('{foreign}', gen_random_uuid(), 'branch', 'x', 'x', now(), 1)"
            ),
        ] {
            let error = within(&sql).await.unwrap_err().to_string();
            assert!(error.contains(refused), "{sql}: {error}");
        }
    });
}

async fn start_as(app: &TestApp, url: String) -> Result<AppState, api::tenancy::StartError> {
    let config = Config { database_url: url, redis_url: None, ..app.state.config().clone() };
    api::start(config, app.clock.clone()).await
}

#[test]
fn the_server_refuses_a_role_that_sees_past_the_walls() {
    on_postgres(async |app: TestApp| {
        let server = Postgres::get();
        let database = app.database_url.rsplit('/').next().unwrap().to_owned();
        let suffix = rand::random::<u32>();
        let named = |name: &str| format!("{name}_{suffix}");
        let plain = named("plain");
        // What the role itself has, and what it could become by SET ROLE.
        let unsafe_roles = [
            (named("bypass"), "BYPASSRLS", "BYPASSRLS"),
            (named("of_bypass"), &*format!("IN ROLE {}", named("bypass")), "BYPASSRLS"),
            (named("of_super"), "NOINHERIT IN ROLE postgres", "superuser"),
            (named("heir"), &*format!("IN ROLE {OWNER}"), "owns"),
            (named("of_heir"), &*format!("NOINHERIT IN ROLE {}", named("heir")), "owns"),
            (named("maker"), "CREATEROLE", "CREATEROLE"),
            (named("standby"), "REPLICATION", "REPLICATION"),
            (named("reader"), "IN ROLE pg_read_server_files", "files"),
        ];
        let mut statements = vec![format!("CREATE ROLE {plain} LOGIN IN ROLE {RUNTIME}")];
        statements.extend(
            unsafe_roles.iter().map(|(role, what, _)| format!("CREATE ROLE {role} LOGIN {what}")),
        );
        server.administer(&database, &statements).await;
        let unsafe_roles: Vec<_> =
            unsafe_roles.into_iter().map(|(role, _, why)| (role, why)).collect();
        let given = [("postgres".to_owned(), "superuser"), (OWNER.to_owned(), "owns")];
        for (role, why) in given.iter().chain(&unsafe_roles) {
            let refused = start_as(&app, server.url(role, &database)).await;
            let Err(error) = refused else { panic!("the server starts as {role}") };
            let text = error.to_string();
            assert!(text.contains("refusing to start") && text.contains(why), "{role}: {text}");
        }
        assert!(start_as(&app, server.url(&plain, &database)).await.is_ok());
        let made: Vec<_> = unsafe_roles.iter().map(|(role, _)| role.as_str()).collect();
        server.administer(&database, &[format!("DROP ROLE {plain}, {}", made.join(", "))]).await;
    });
}

#[test]
fn the_server_refuses_a_schema_that_is_not_its_own() {
    on_postgres(async |app: TestApp| {
        let outside = app.outside().await;
        outside
            .execute_unprepared("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 0)")
            .await
            .unwrap();
        let refused = start_as(&app, app.database_url.clone()).await;
        assert!(matches!(refused, Err(api::tenancy::StartError::Schema)));
    });
}

/// A statement that somebody slips into one of the server's stays in the township it is in: it cannot name another, read the key
/// that proves one, found one, make a token to found one, or leave something behind for the next.
#[test]
fn a_slipped_in_statement_stays_in_its_township() {
    on_postgres(async |app: TestApp| {
        let (own, foreign) = (app.town(Town::A).tenant, app.town(Town::B).tenant);
        // What is granted on a database does not come along with its copy.
        api::migrate(app.state.config()).await.unwrap();
        let runtime = connect(&app.database_url).await;
        let (right, other) = (app.enter(own), app.enter(foreign));
        let proof = |entered: &str| entered[entered.len() - 65..].trim_end_matches('\'').to_owned();
        let members = "SELECT count(*) AS n FROM member";
        // As the server does it, each sees its own.
        for entered in [&right, &other] {
            runtime.execute_unprepared(&format!("BEGIN; {entered}")).await.unwrap();
            assert!(number(&runtime, members).await > 0);
            runtime.execute_unprepared("ROLLBACK").await.unwrap();
        }
        let random: String =
            (0..64).map(|_| char::from_digit(rand::random_range(0..16), 16).unwrap()).collect();
        for way in [
            format!("SET LOCAL app.tenant_id = '{foreign}'"),
            format!("SELECT set_config('app.tenant_id', '{foreign}', true)"),
            format!("SET LOCAL app.tenant_id = '{foreign}{random}'"),
            format!("SET LOCAL app.tenant_id = '{foreign}{}'", proof(&right)),
            "SET LOCAL app.tenant_id = ''".to_owned(),
        ] {
            runtime.execute_unprepared(&format!("BEGIN; {right}; {way}")).await.unwrap();
            assert_eq!(number(&runtime, members).await, 0, "{way}");
            runtime.execute_unprepared("ROLLBACK").await.unwrap();
        }
        for way in [
            "SELECT last_value FROM gezhi_wall.key_1".to_owned(),
            "SELECT setval('gezhi_wall.key_1', 1)".to_owned(),
            format!("SELECT pg_sequence_last_value(oid) {KEYS}"),
            format!("SELECT nextval(oid::regclass) {KEYS}"),
            format!("SELECT setval(oid::regclass, 1) {KEYS}"),
            "CREATE OR REPLACE FUNCTION app_tenant() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'".to_owned(),
            "CREATE TEMPORARY TABLE member (tenant_id uuid)".to_owned(),
            "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'".to_owned(),
            "INSERT INTO tenant (id, code, name, demo, created_at) VALUES (gen_random_uuid(), '310116999', 'x', false, now())".to_owned(),
            "UPDATE tenant SET name = 'x'".to_owned(),
            "INSERT INTO setup_token (id, token_hash, created_at) VALUES (gen_random_uuid(), 'x', now())".to_owned(),
        ] {
            runtime.execute_unprepared(&format!("BEGIN; {right}")).await.unwrap();
            assert!(runtime.execute_unprepared(&way).await.is_err(), "{way}");
            runtime.execute_unprepared("ROLLBACK").await.unwrap();
        }
        let first = "SELECT app_first_setup_token(gen_random_uuid(), 'x', now())::int::int8 AS n";
        assert_eq!(number(&runtime, first).await, 0, "a township is there");
    });
}

/// The catalogue tells everybody where the key is, not what it is.
const KEYS: &str = "FROM pg_class WHERE relkind = 'S' AND relnamespace = \
    (SELECT oid FROM pg_namespace WHERE nspname = 'gezhi_wall')";

/// Database and server agree about the proof, or the server does not start.
#[test]
fn the_proof_is_asked_for_and_given_or_neither() {
    on_postgres(async |app: TestApp| {
        let config = |proof: bool| Config {
            tenant_proof: proof,
            redis_url: None,
            ..app.state.config().clone()
        };
        let starts = async |config: Config| api::start(config, app.clock.clone()).await;
        let refused = |outcome: Result<AppState, api::tenancy::StartError>| match outcome {
            Err(api::tenancy::StartError::Wall) => {}
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("the server starts"),
        };
        refused(starts(config(false)).await);
        let elsewhere = app.state.config().data_dir.join("elsewhere");
        refused(starts(Config { data_dir: elsewhere, ..config(true) }).await);
        assert!(starts(config(true)).await.is_ok());

        api::migrate(&config(false)).await.unwrap();
        refused(starts(config(true)).await);
        let state = starts(config(false)).await.unwrap();
        let scope = state.scope_of(app.town(Town::A).tenant);
        let found = scope.read(async |tx| tx.find::<entity::member::Entity>().count().await).await;
        assert!(found.unwrap() > 0);
        api::migrate(&config(true)).await.unwrap();
        assert!(starts(config(true)).await.is_ok());
    });
}
