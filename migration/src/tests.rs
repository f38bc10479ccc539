//! The schema on SQLite, and on PostgreSQL where `GEZHI_TEST_POSTGRES_URL` names an empty database and its owner.

#![expect(clippy::disallowed_types, reason = "looks at the schema itself, as its owner")]

use std::collections::BTreeSet;
use std::error::Error;

use entity::ids::{
    AccountId, AttachmentId, GridId, MemberId, Points, PointsRuleId, PostingId, TaskId,
    TaskSubmissionId, TenantId,
};
use entity::kinds::{
    Evidence, GridKind, MemberCategory, PostKind, Role, RulePer, TaskSourceKind, TaskState,
};
use entity::{
    account, account_role, attachment, grid, idempotency_key, member, points_rule, task,
    task_submission, tenant,
};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectOptions, Database, DatabaseConnection, DbBackend,
    EntityTrait, IntoActiveModel, Iterable, QueryFilter, Statement,
};

use crate::{APPEND_ONLY_TABLES, Migrator, TENANT_TABLES, grant_runtime_role};

type Outcome = Result<(), Box<dyn Error>>;

/// A database in memory on one connection, migrated. sqlx has foreign keys switched on.
async fn sqlite() -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).min_connections(1);
    let db = Database::connect(options).await?;
    Migrator::up(&db, None).await?;
    Ok(db)
}

async fn rows(
    db: &DatabaseConnection,
    sql: &str,
) -> Result<Vec<sea_orm_migration::sea_orm::QueryResult>, DbErr> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await
}

/// Column names of the table and whether they may be null.
async fn columns_of(
    db: &DatabaseConnection,
    table: &str,
) -> Result<BTreeSet<(String, bool)>, DbErr> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => format!(
            "SELECT column_name::text AS name, (is_nullable = 'YES')::int AS nullable FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}'"
        ),
        _ => format!("SELECT name, 1 - \"notnull\" AS nullable FROM pragma_table_info('{table}')"),
    };
    rows(db, &sql)
        .await?
        .iter()
        .map(|row| Ok((row.try_get("", "name")?, row.try_get::<i32>("", "nullable")? == 1)))
        .collect()
}

async fn agrees<E: EntityTrait>(db: &DatabaseConnection, seen: &mut BTreeSet<String>) -> Outcome {
    let table = E::default().table_name().to_owned();
    let declared: BTreeSet<_> =
        E::Column::iter().map(|column| (column.to_string_name(), column.def().is_null())).collect();
    assert_eq!(columns_of(db, &table).await?, declared, "{table}");
    // Reads every column: the entity's types find their columns.
    E::find().all(db).await?;
    seen.insert(table);
    Ok(())
}

trait ColumnName {
    fn to_string_name(&self) -> String;
}

impl<C: ColumnTrait> ColumnName for C {
    fn to_string_name(&self) -> String {
        sea_orm_migration::sea_orm::IdenStatic::as_str(self).to_owned()
    }
}

/// Every entity and its table have the same columns, and `TENANT_TABLES` names all tables that have a township.
async fn entities_agree(db: &DatabaseConnection) -> Outcome {
    let mut seen = BTreeSet::new();
    macro_rules! agree {
        ($($table:ident)*) => { $(agrees::<entity::$table::Entity>(db, &mut seen).await?;)* };
    }
    agree!(
        account account_role activity activity_signup attachment check_in checklist checklist_item checklist_version
        grid grid_post idempotency_key import member party_org points_entry points_rule posting purse purse_quarter
        session submission_attachment task task_log task_submission
    );
    let named: BTreeSet<String> = TENANT_TABLES.iter().map(|table| (*table).to_owned()).collect();
    assert_eq!(seen, named);
    agree!(tenant setup_token);

    let all = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table'",
    };
    seen.insert("seaql_migrations".to_owned());
    let present = rows(db, all)
        .await?
        .iter()
        .map(|row| row.try_get("", "name"))
        .collect::<Result<BTreeSet<String>, _>>()?;
    assert_eq!(present, seen);
    Ok(())
}

#[tokio::test]
async fn sqlite_has_the_tables_of_the_entities() -> Outcome {
    let db = sqlite().await?;
    entities_agree(&db).await?;
    Migrator::up(&db, None).await?;
    assert!(Migrator::get_pending_migrations(&db).await?.is_empty());
    assert!(Migrator::down(&db, Some(1)).await.is_err());
    grant_runtime_role(&db, "anyone").await?;
    Ok(())
}

#[tokio::test]
async fn sqlite_keys_do_not_leave_the_township() -> Outcome {
    let db = sqlite().await?;
    for (id, code) in [("a", "310116112"), ("b", "310116113")] {
        db.execute_unprepared(&format!(
            "INSERT INTO tenant VALUES ('{id}', '{code}', '镇', 0, '2026-11-22T00:00:00+00:00')"
        ))
        .await?;
    }
    let party_org = |tenant: &str, id: &str, parent: &str, code: &str| {
        format!(
            "INSERT INTO party_org VALUES ('{tenant}', '{id}', {parent}, 'branch', '{code}', '支部', '2026-11-22T00:00:00+00:00', 1)"
        )
    };
    db.execute_unprepared(&party_org("a", "1", "NULL", "01")).await?;
    db.execute_unprepared(&party_org("a", "2", "'1'", "0101")).await?;
    // A code is unique in its township only; a parent in another township does not exist.
    db.execute_unprepared(&party_org("b", "1", "NULL", "01")).await?;
    assert!(db.execute_unprepared(&party_org("a", "3", "NULL", "01")).await.is_err());
    assert!(db.execute_unprepared(&party_org("b", "3", "'2'", "02")).await.is_err());
    assert!(db.execute_unprepared(&party_org("c", "1", "NULL", "01")).await.is_err());
    assert!(
        db.execute_unprepared("DELETE FROM party_org WHERE id = '1' AND tenant_id = 'a'")
            .await
            .is_err()
    );
    Ok(())
}

#[tokio::test]
async fn sqlite_refuses_to_change_the_ledger() -> Outcome {
    let db = sqlite().await?;
    db.execute_unprepared("PRAGMA foreign_keys = OFF").await?;
    db.execute_unprepared("INSERT INTO posting VALUES ('a', 'p', 'task', 's', 'r', '理由', '2026-11-22T00:00:00+00:00', NULL)")
        .await?;
    db.execute_unprepared("INSERT INTO points_entry VALUES ('a', 'e', 'p', 'u', 100, 100, '2026-11-22T00:00:00+00:00')")
        .await?;
    for table in APPEND_ONLY_TABLES {
        for act in [format!("UPDATE {table} SET id = 'x'"), format!("DELETE FROM {table}")] {
            let refused = db.execute_unprepared(&act).await.err().map(|e| e.to_string());
            assert!(refused.is_some_and(|e| e.contains("append-only")), "{act}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn postgres_walls_off_each_township() -> Outcome {
    let Ok(url) = std::env::var("GEZHI_TEST_POSTGRES_URL") else {
        return Ok(());
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).min_connections(1);
    let db = Database::connect(options).await?;
    Migrator::up(&db, None).await?;
    Migrator::up(&db, None).await?;
    entities_agree(&db).await?;
    values_survive(&db).await?;

    // A name that must be quoted to be a name at all.
    let role = "gezhi \"app\" test";
    let quoted = "\"gezhi \"\"app\"\" test\"";
    db.execute_unprepared(&format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {quoted}; END IF; END $$; \
         GRANT {quoted} TO CURRENT_USER"
    ))
    .await?;
    assert!(grant_runtime_role(&db, "no such role").await.is_err());
    grant_runtime_role(&db, role).await?;
    grant_runtime_role(&db, role).await?;

    db.execute_unprepared(&format!("SET ROLE {quoted}")).await?;
    // As the serving role: nothing can be read or written before the township is named, and then only its own.
    let (own, foreign) = (TenantId::new(), TenantId::new());
    for (tenant, code) in [(own, "a"), (foreign, "b")] {
        db.execute_unprepared(&format!(
            "INSERT INTO tenant VALUES ('{tenant}', '{tenant}{code}', '镇', false, now())"
        ))
        .await?;
    }
    let posting = |tenant: TenantId| {
        format!(
            "INSERT INTO posting VALUES ('{tenant}', '{}', 'task', '{}', 'r', '理由', now(), NULL)",
            PostingId::new(),
            PostingId::new()
        )
    };
    assert!(db.execute_unprepared(&posting(own)).await.is_err());
    let inside = async |sql: &str| {
        db.execute_unprepared(&format!("BEGIN; SELECT app_set_tenant('{own}')")).await?;
        let done = db.execute_unprepared(sql).await;
        db.execute_unprepared(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
        done
    };
    inside(&posting(own)).await?;
    assert!(inside(&posting(foreign)).await.is_err());
    for refused in [
        "UPDATE posting SET rule = 'x'",
        "DELETE FROM posting",
        "DELETE FROM points_entry",
        "UPDATE tenant SET name = 'x'",
        "DELETE FROM tenant",
        "DELETE FROM seaql_migrations",
        "CREATE TABLE x (id int)",
        "ALTER TABLE posting DISABLE ROW LEVEL SECURITY",
    ] {
        assert!(inside(refused).await.is_err(), "{refused}");
    }
    inside("DELETE FROM party_org").await?;
    // Outside of a transaction that named a township there are no rows, even on a connection that had one.
    assert!(rows(&db, "SELECT id FROM posting").await?.is_empty());
    db.execute_unprepared("RESET ROLE").await?;
    // It is the wall that hides them: its owner sees the row.
    assert_eq!(
        rows(&db, &format!("SELECT id FROM posting WHERE tenant_id = '{own}'")).await?.len(),
        1
    );

    // PUBLIC has no way in.
    let open = rows(
        &db,
        "SELECT 1 AS one FROM pg_proc p WHERE proname = 'app_set_tenant' AND has_function_privilege('public', p.oid, 'EXECUTE')",
    )
    .await?;
    assert!(open.is_empty());
    Ok(())
}

/// What goes in comes out again: one row of each kind of column.
async fn values_survive(db: &DatabaseConnection) -> Outcome {
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-22T09:30:00.123+08:00")?.to_utc();
    let tenant_id = TenantId::new();
    let township = tenant::Model {
        id: tenant_id,
        code: tenant_id.to_string(),
        name: "漕泾镇".into(),
        demo: true,
        created_at: now,
    };
    assert_eq!(township.clone().into_active_model().insert(db).await?, township);

    let account = account::Model {
        tenant_id,
        id: AccountId::new(),
        username: "clerk".into(),
        password_hash: String::new(),
        display_name: "党建办".into(),
        member_id: None,
        disabled: false,
        created_at: now,
        version: 1,
    };
    assert_eq!(account.clone().into_active_model().insert(db).await?, account);
    let role = account_role::Model { tenant_id, account_id: account.id, role: Role::GridHead };
    assert_eq!(role.clone().into_active_model().insert(db).await?, role);
    let found = account_role::Entity::find()
        .filter(account_role::Column::Role.eq(Role::GridHead))
        .filter(account_role::Column::AccountId.eq(account.id))
        .find_also_related(account::Entity)
        .one(db)
        .await?;
    assert_eq!(found, Some((role, Some(account.clone()))));

    let key = idempotency_key::Model {
        tenant_id,
        account_id: account.id,
        key: "k".into(),
        operation: "create_member".into(),
        fingerprint: "f".into(),
        status: 201,
        response: "{}".into(),
        created_at: now,
    };
    assert_eq!(key.clone().into_active_model().insert(db).await?, key);
    let photo = attachment::Model {
        tenant_id,
        id: AttachmentId::new(),
        media_type: "image/jpeg".into(),
        size_bytes: 3,
        width: 1,
        height: 1,
        sha256: String::new(),
        content: vec![0, 1, 255],
        account_id: account.id,
        created_at: now,
    };
    assert_eq!(photo.clone().into_active_model().insert(db).await?, photo);
    let rule = points_rule::Model {
        tenant_id,
        id: PointsRuleId::new(),
        code: "service_hour".into(),
        name: "志愿服务".into(),
        per: RulePer::Hour,
        points: Points::whole(1),
        cap_per_activity: Some(Points::from_hundredths(250)),
        effective_from: now.date_naive(),
    };
    assert_eq!(rule.clone().into_active_model().insert(db).await?, rule);
    let member = member::Model {
        tenant_id,
        id: MemberId::new(),
        number: "1".into(),
        name: "张三".into(),
        name_initials: "zs".into(),
        category: MemberCategory::PartyMember,
        phone: None,
        phone_tail: None,
        party_org_id: None,
        created_at: now,
        version: 1,
    };
    assert_eq!(member.clone().into_active_model().insert(db).await?, member);
    let grid = grid::Model {
        tenant_id,
        id: GridId::new(),
        parent_id: None,
        code: "01".into(),
        name: "水库村".into(),
        kind: GridKind::General,
        boundary: "{}".into(),
        centre_lng: 121_400_000,
        centre_lat: 30_800_000,
        area_m2: 3_660_000_000,
        created_at: now,
        version: 1,
    };
    assert_eq!(grid.clone().into_active_model().insert(db).await?, grid);
    let task = task::Model {
        tenant_id,
        id: TaskId::new(),
        source_kind: TaskSourceKind::Checklist,
        source_id: tenant_id.uuid(),
        list_id: tenant_id.uuid(),
        list_title: "责任清单".into(),
        list_number: 1,
        period: "2026-11".into(),
        title: "走访".into(),
        grid_id: grid.id,
        member_id: member.id,
        role: PostKind::GeneralHead,
        evidence: Evidence::None,
        points: Points::whole(2),
        limit_working_days: 5,
        state: TaskState::Open,
        opened_at: now,
        due_at: now,
        submitted_at: Some(now),
        closed_at: None,
        version: 1,
    };
    assert_eq!(task.clone().into_active_model().insert(db).await?, task);
    let proof = task_submission::Model {
        tenant_id,
        id: TaskSubmissionId::new(),
        task_id: task.id,
        at: now,
        account_id: account.id,
        body: None,
        number_value: Some(12.5),
        lng: Some(121_400_000),
        lat: None,
    };
    assert_eq!(proof.clone().into_active_model().insert(db).await?, proof);
    Ok(())
}

#[tokio::test]
async fn sqlite_file_is_migrated_through_a_pool_and_kept() -> Outcome {
    let file = std::env::temp_dir().join(format!("gezhi-schema-{}.db", TenantId::new()));
    let url = format!("sqlite://{}?mode=rwc", file.display());
    for _ in 0..2 {
        let db = Database::connect(&url).await?;
        Migrator::up(&db, None).await?;
        values_survive(&db).await?;
        db.close().await?;
    }
    std::fs::remove_file(file)?;
    Ok(())
}

#[tokio::test]
async fn sqlite_keeps_values() -> Outcome {
    values_survive(&sqlite().await?).await
}
