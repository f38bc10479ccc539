//! `gezhi distribute`: what it refuses, in words for an operator; and, on a stand-in for the extension (`distribution_model.sql`), that it asks
//! for the right things in the right order, twice as well as once, and that migrations work before and after it. None of this runs on Citus.

use std::process::Output;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use support::postgres::{OWNER, Postgres, RUNTIME, connect};
use support::prelude::*;
use support::program::Prepared;

const MODEL: &str = include_str!("distribution_model.sql");

/// The foreign keys between tables, as PostgreSQL writes them.
const KEYS: &str = "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS text \
    FROM pg_constraint WHERE contype = 'f' ORDER BY 1";
/// How each table is spread.
const SPREAD: &str = "SELECT logicalrelid::text || ' ' || partmethod::text || repmodel::text || colocationid AS text \
    FROM pg_dist_partition ORDER BY 1";

fn without_proof() -> Vec<(String, String)> {
    vec![("GEZHI_TENANT_PROOF".to_owned(), "false".to_owned())]
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[track_caller]
fn refused(output: &Output, why: &str) {
    let text = said(output);
    assert!(!output.status.success() && text.contains(why), "not {why}: {text}");
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

/// A database of the fixture, and the superuser's connection to it.
async fn prepared() -> (Prepared, DatabaseConnection) {
    let prepared = Prepared::new(Db::Postgres, Furnished::Two).await;
    let outside = Postgres::get().superuser(name(&prepared.url())).await;
    (prepared, outside)
}

fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

async fn texts(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
    rows.unwrap().iter().map(|row| row.try_get("", "text").unwrap()).collect()
}

async fn run(db: &DatabaseConnection, sql: &str) {
    db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The stand-in, with a coordinator and two machines that take townships.
async fn with_model(db: &DatabaseConnection) {
    run(db, MODEL).await;
    run(db, "INSERT INTO pg_dist_node VALUES (0, true, 'primary', false), (1, true, 'primary', true), (2, true, 'primary', true)").await;
}

fn on_system<F: Future<Output = ()>>(test: impl FnOnce() -> F) {
    actix_web::rt::System::new().block_on(test());
}

#[test]
fn sqlite_is_not_distributed() {
    on_system(async || {
        let prepared = Prepared::new(Db::Sqlite, Furnished::Two).await;
        refused(&prepared.run(&["distribute"]), "SQLite");
    });
}

/// Each thing that is not as it has to be is named, and nothing is touched.
#[test]
fn what_cannot_be_distributed_is_refused_in_words() {
    on_system(async || {
        let (prepared, outside) = prepared().await;
        let settings = without_proof();
        let ask = || prepared.run_with(&["distribute"], &settings);
        let keys = texts(&outside, KEYS).await;
        refused(&prepared.run(&["distribute"]), "tenant_proof = false");
        let nobody = support::program::command(&prepared.url(), &prepared.dir())
            .envs(settings.clone())
            .arg("distribute")
            .output()
            .unwrap();
        refused(&nobody, "owner_database_url");
        // As it is on most servers, the tests' own among them.
        refused(&ask(), "the extension citus is not in this database");
        run(&outside, MODEL).await;
        refused(&ask(), "the coordinator is not among the machines");
        run(&outside, "INSERT INTO pg_dist_node VALUES (0, true, 'primary', false)").await;
        refused(&ask(), "no machine takes townships");
        run(&outside, "INSERT INTO pg_dist_node VALUES (1, true, 'primary', true)").await;
        run(&outside, "UPDATE pg_dist_local_group SET groupid = 1").await;
        refused(&ask(), "not the coordinator");
        run(&outside, "UPDATE pg_dist_local_group SET groupid = 0").await;
        run(&outside, "SET allow_system_table_mods = on; UPDATE pg_extension SET extversion = '10.2-4' WHERE extname = 'citus'").await;
        refused(&ask(), "citus is 10.2-4 here");
        run(&outside, "UPDATE pg_extension SET extversion = '13.2-1' WHERE extname = 'citus'")
            .await;
        // The serving role in the owner's place.
        let served =
            [settings.clone(), vec![("GEZHI_OWNER_DATABASE_URL".to_owned(), prepared.url())]];
        refused(&prepared.run_with(&["distribute"], &served.concat()), "does not own the tables");
        run(&outside, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 0)").await;
        refused(&ask(), "the database schema is not the one of this program");
        run(&outside, "DELETE FROM seaql_migrations WHERE version LIKE 'm2999%'").await;
        let server = connect(&prepared.url()).await;
        run(&server, "SELECT 1").await;
        refused(&ask(), "stop every server first");
        server.close().await.unwrap();
        run(&outside, "INSERT INTO pg_dist_partition VALUES ('task', 'h', 'id', 9, 's')").await;
        // Somebody else's way of doing it.
        refused(&ask(), "the table task is distributed in another way");
        assert_eq!(texts(&outside, KEYS).await, keys);
        assert_eq!(texts(&outside, SPREAD).await, ["task hs9"]);
        run(&outside, "DELETE FROM pg_dist_partition").await;
        done(&ask());
    });
}

/// Everything lies as it should, with the keys of before; asked again, nothing is left to be done; and the program serves.
#[test]
fn it_is_done_once_and_may_be_asked_again() {
    on_system(async || {
        let (prepared, outside) = prepared().await;
        with_model(&outside).await;
        let settings = without_proof();
        let keys = texts(&outside, KEYS).await;
        assert!(keys.len() > 57, "{} keys", keys.len());
        let first = done(&prepared.run_with(&["distribute"], &settings));
        assert!(first.contains("in one transaction"), "{first}");
        assert!(first.contains(&format!("{} foreign keys as before", keys.len())), "{first}");
        assert_eq!(texts(&outside, KEYS).await, keys);
        let spread = texts(&outside, SPREAD).await;
        for table in migration::TENANT_TABLES {
            let company: Vec<&String> =
                spread.iter().filter(|one| one.starts_with(&format!("{table} hs"))).collect();
            assert_eq!(company.len(), 1, "{table}: {spread:?}");
        }
        let companies: std::collections::BTreeSet<&str> = spread
            .iter()
            .filter_map(|one| one.split_once(" hs").map(|(_, company)| company))
            .collect();
        assert_eq!(companies.len(), 1, "{spread:?}");
        for (table, how) in [
            ("tenant", "nt"),
            ("setup_token", "nt"),
            ("seaql_migrations", "nt"),
            ("probe", "ns"),
            ("revocation", "ns"),
            ("bell", "ns"),
        ] {
            assert!(
                spread.iter().any(|one| one.starts_with(&format!("{table} {how}"))),
                "{table}: {spread:?}"
            );
        }
        // What a transaction says travels, and the owner's changes go one after the other, for whoever connects from now on.
        let set = "SELECT coalesce(r.rolname, '-') || ' ' || unnest(setconfig) AS text FROM pg_db_role_setting s \
            LEFT JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database() ORDER BY 1";
        assert_eq!(
            texts(&outside, set).await,
            [
                "- citus.propagate_set_commands=local".to_owned(),
                format!("{OWNER} citus.multi_shard_modify_mode=sequential")
            ]
        );
        let public = "SELECT proname::text AS text FROM pg_proc WHERE proname IN ('app_tenant', 'app_first_setup_token') \
            AND has_function_privilege('public', oid, 'EXECUTE')";
        // Whoever came later has them open to everybody.
        run(&outside, "GRANT EXECUTE ON FUNCTION app_tenant() TO PUBLIC").await;
        let second = done(&prepared.run_with(&["distribute"], &settings));
        assert!(second.contains("distributed already"), "{second}");
        assert_eq!(texts(&outside, public).await, Vec::<String>::new());
        assert_eq!(texts(&outside, SPREAD).await, spread);
        assert_eq!(texts(&outside, KEYS).await, keys);
        let server = prepared.serve(&settings);
        let clerk = server.client(Who::Clerk, Town::A).await;
        assert!(!clerk.get("/members").await.ok(200)["items"].as_array().unwrap().is_empty());
        clerk
            .post("/members", &json!({"number": "7001", "name": "新人", "category": "resident"}))
            .await
            .ok(201);
    });
}

/// On a distributed database `gezhi migrate` works: with nothing to do, and with a step that makes tables which refer to others. What it
/// makes is distributed at once.
#[test]
fn migrations_work_afterwards() {
    on_system(async || {
        let (prepared, outside) = prepared().await;
        with_model(&outside).await;
        let settings = without_proof();
        let keys = texts(&outside, KEYS).await;
        done(&prepared.run_with(&["distribute"], &settings));
        let spread = texts(&outside, SPREAD).await;
        // Nothing but grants; also where the owner's setting is not there, which hides their order.
        let database = name(&prepared.url()).to_owned();
        let parallel = |how: &str| {
            format!(
                "ALTER ROLE {OWNER} IN DATABASE \"{database}\" {how} citus.multi_shard_modify_mode"
            )
        };
        run(&outside, &parallel("RESET")).await;
        done(&prepared.run_with(&["migrate"], &settings));
        run(&outside, &format!("{} = 'sequential'", parallel("SET"))).await;
        // As it was before the last step that makes tables.
        for table in ["notice_receipt", "notice_role", "notice"] {
            run(&outside, &format!("DELETE FROM pg_dist_partition WHERE logicalrelid = '{table}'::regclass; DROP TABLE {table}")).await;
        }
        run(&outside, "DELETE FROM seaql_migrations WHERE version = 'm20261127_000020_notices'")
            .await;
        done(&prepared.run_with(&["migrate"], &settings));
        assert_eq!(texts(&outside, SPREAD).await, spread);
        assert_eq!(texts(&outside, KEYS).await, keys);
        let again = done(&prepared.run_with(&["distribute"], &settings));
        assert!(again.contains("distributed already"), "{again}");
    });
}

/// The lint of both: every step of the history and every grant is carried out on a database in which all that is there is distributed as
/// soon as it is there. A table that names another before it is distributed itself, or a grant in another order, fails.
#[test]
fn every_step_and_every_grant_is_in_order() {
    on_system(async || {
        let prepared = Prepared::bare(Db::Postgres).await;
        let outside = Postgres::get().superuser(name(&prepared.url())).await;
        with_model(&outside).await;
        run(&outside, &format!("SET allow_system_table_mods = on; {EAGER}")).await;
        let database = name(&prepared.url()).to_owned();
        let set = format!(
            "ALTER ROLE {OWNER} IN DATABASE \"{database}\" SET citus.multi_shard_modify_mode = 'sequential'"
        );
        run(&outside, &set).await;
        let settings = without_proof();
        done(&prepared.run_with(&["migrate"], &settings));
        let spread = texts(&outside, SPREAD).await;
        for table in migration::TENANT_TABLES {
            assert!(
                spread.contains(&format!("{table} hs2")),
                "{table} is not distributed: {spread:?}"
            );
        }
        let again = done(&prepared.run_with(&["distribute"], &settings));
        assert!(!again.contains("ALTER TABLE"), "{again}");
    });
}

/// What was there when the first tables were distributed.
const EAGER: &str = "CREATE FUNCTION pg_catalog.model_eager() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO pg_dist_partition SELECT c.oid::regclass, 'n', NULL, 1, 't' FROM pg_event_trigger_ddl_commands() d JOIN pg_class c ON c.oid = d.objid
            WHERE d.classid = 'pg_class'::regclass AND c.relname IN ('tenant', 'setup_token', 'seaql_migrations') AND c.relkind = 'r' ON CONFLICT DO NOTHING;
        INSERT INTO pg_dist_partition SELECT c.oid::regclass, 'h', 'tenant_id', 2, 's' FROM pg_event_trigger_ddl_commands() d JOIN pg_class c ON c.oid = d.objid
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
            WHERE d.classid = 'pg_class'::regclass AND c.relkind = 'r' AND (tg_tag = 'CREATE TABLE') = (c.relname <> 'party_org')
            AND NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass('public.party_org')) ON CONFLICT DO NOTHING;
    END $$;
    CREATE EVENT TRIGGER a_model_eager ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION pg_catalog.model_eager();
    RESET allow_system_table_mods";

/// A new table is one of a township, one that every machine has, or one that stays on the first.
#[test]
fn every_table_has_its_place_when_distributed() {
    on_system(async || {
        let (_prepared, outside) = prepared().await;
        let there = texts(
            &outside,
            "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
        )
        .await;
        use migration::distribution::{REFERENCE_TABLES, SHARED_TABLES};
        let lists = [migration::TENANT_TABLES, REFERENCE_TABLES, SHARED_TABLES];
        let mut placed: Vec<&str> = lists.into_iter().flatten().copied().collect();
        placed.sort_unstable();
        assert_eq!(there, placed);
    });
}

/// The stand-in is not blind: what a real one was seen to refuse, it refuses.
#[test]
fn the_model_sees_what_would_fail() {
    on_system(async || {
        let (prepared, outside) = prepared().await;
        with_model(&outside).await;
        let settings = without_proof();
        done(&prepared.run_with(&["distribute"], &settings));
        let owner = connect(&Postgres::get().url(OWNER, name(&prepared.url()))).await;
        run(
            &owner,
            "RESET citus.multi_shard_modify_mode; SET citus.multi_shard_modify_mode = 'parallel'",
        )
        .await;
        let table = "CREATE TABLE visit (tenant_id uuid NOT NULL REFERENCES tenant (id), id uuid NOT NULL, member_id uuid NOT NULL, PRIMARY KEY (tenant_id, id)";
        let key = "FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id)";
        let fails = async |sql: &str, why: &str| {
            let error = owner.execute_unprepared(sql).await.expect_err(sql).to_string();
            assert!(error.contains(why), "{sql}: {error}");
        };
        fails(&format!("{table}, {key})"), "local tables are not supported").await;
        let late = format!("{table}); ALTER TABLE visit ADD {key}");
        fails(&late, "local tables are not supported").await;
        let (own, copied) = (
            format!("GRANT SELECT ON TABLE \"task\" TO {RUNTIME}"),
            format!("GRANT SELECT ON TABLE \"tenant\" TO {RUNTIME}"),
        );
        run(&owner, "BEGIN").await;
        run(&owner, &own).await;
        fails(&copied, "parallel DDL access").await;
        run(&owner, "ROLLBACK; BEGIN").await;
        run(&owner, &copied).await;
        run(&owner, &own).await;
        run(&owner, "ROLLBACK").await;
        fails("SELECT create_distributed_table('task', 'tenant_id')", "in parallel").await;
        run(&owner, "SET citus.multi_shard_modify_mode = 'sequential'").await;
        fails("SELECT create_distributed_table('task', 'tenant_id')", "already distributed").await;
        fails("SELECT create_reference_table('tenant')", "already distributed").await;
        fails(
            "CREATE POLICY p ON task USING (tenant_id = (SELECT app_tenant()))",
            "subqueries are not supported",
        )
        .await;
    });
}
