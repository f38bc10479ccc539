//! The entities and the migrated tables, on both databases: the same columns, and what goes in comes out again.

use std::collections::BTreeSet;
use std::error::Error;

use entity::clock_policy::ClockPolicy;
use entity::evidence::{Requirement, Requirements};
use entity::ids::{
    AccountId, AttachmentId, GridId, MemberId, Points, PointsRuleId, TaskId, TaskSubmissionId,
    TenantId,
};
use entity::kinds::{
    AssigneeKind, EvidenceKind, GridKind, MemberCategory, PostKind, Role, RulePer, Sphere,
    TaskState,
};
use entity::{
    account, account_role, attachment, grid, idempotency_key, member, points_rule, task,
    task_submission, tenant,
};
use migration::TENANT_TABLES;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, DbErr,
    EntityTrait, IntoActiveModel, Iterable, JoinType, QueryFilter, QueryResult, QuerySelect,
    RelationTrait, Statement,
};
use support::Furnished;
use support::prelude::*;

type Outcome = Result<(), Box<dyn Error>>;

async fn rows(db: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
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
        sea_orm::IdenStatic::as_str(self).to_owned()
    }
}

/// Every entity and its table have the same columns, and `TENANT_TABLES` names all tables that have a township.
async fn entities_agree(db: &DatabaseConnection) -> Outcome {
    let mut seen = BTreeSet::new();
    macro_rules! agree {
        ($($table:ident)*) => { $(agrees::<entity::$table::Entity>(db, &mut seen).await?;)* };
    }
    agree!(
        account account_role activity activity_signup attachment audit_checkpoint audit_cosignature audit_detail
        audit_entry audit_leaf audit_purge check_in checklist checklist_item checklist_version
        grid grid_post idempotency_key import job member notice notice_receipt notice_role party_org points_entry points_rule posting purse purse_quarter
        recovery_token session submission_attachment task task_log task_submission
    );
    let named: BTreeSet<String> = TENANT_TABLES.iter().map(|table| (*table).to_owned()).collect();
    assert_eq!(seen, named);
    agree!(tenant setup_token probe revocation bell);

    let all = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'"
        }
        // Its own tables are the planner's.
        _ => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
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
        sphere: Sphere::Business,
        must_change_password: false,
        disabled: false,
        created_at: now,
        version: 1,
        changed_at: now,
    };
    assert_eq!(account.clone().into_active_model().insert(db).await?, account);
    let role = account_role::Model {
        tenant_id,
        account_id: account.id,
        role: Role::GridHead,
        sphere: Sphere::Business,
    };
    assert_eq!(role.clone().into_active_model().insert(db).await?, role);
    let found = account_role::Entity::find()
        .filter(account_role::Column::Role.eq(Role::GridHead))
        .filter(account_role::Column::AccountId.eq(account.id))
        .join(JoinType::InnerJoin, account_role::Relation::Account.def())
        .one(db)
        .await?;
    assert_eq!(found, Some(role));

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
        changed_at: now,
    };
    assert_eq!(member.clone().into_active_model().insert(db).await?, member);
    let grid = grid::Model {
        tenant_id,
        id: GridId::new(),
        parent_id: None,
        path: String::new(),
        code: "01".into(),
        name: "水库村".into(),
        kind: GridKind::General,
        boundary: "{}".into(),
        centre_lng: 121_400_000,
        centre_lat: 30_800_000,
        area_m2: 3_660_000_000,
        created_at: now,
        version: 1,
        changed_at: now,
    };
    assert_eq!(grid.clone().into_active_model().insert(db).await?, grid);
    let task = task::Model {
        tenant_id,
        id: TaskId::new(),
        source_kind: "checklist".into(),
        source_id: tenant_id.uuid(),
        source_title: "责任清单".into(),
        source_item_id: tenant_id.uuid(),
        source_detail: "1".into(),
        period: "2026-11".into(),
        title: "走访".into(),
        grid_id: Some(grid.id),
        assignee_kind: AssigneeKind::Person,
        assignee_id: member.id.uuid(),
        member_id: Some(member.id),
        post: Some(PostKind::GeneralHead),
        party_org_id: None,
        obligation_id: tenant_id.uuid(),
        evidence: Requirements(vec![Requirement {
            unit: Some("户".into()),
            least: Some(0.5),
            ..Requirement::one(EvidenceKind::Number)
        }]),
        points: Points::whole(2),
        clock_policy: ClockPolicy::WorkingDays(5),
        state: TaskState::Open,
        opened_at: now,
        opened_late: false,
        due_at: now,
        accepted_at: None,
        submitted_at: Some(now),
        closed_at: None,
        version: 1,
        changed_at: now,
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

on_both! {
    async fn the_tables_are_those_of_the_entities(app: TestApp) {
        entities_agree(&app.outside().await).await.unwrap();
    }
}

/// The rows are as no room writes them, so no promise of the rooms is asked of them.
fn what_goes_in_comes_out_again(db: Db) {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start_with(db, Furnished::Empty, |_| {}).await;
        values_survive(&app.outside().await).await.unwrap();
        app.stop().await;
    });
}

#[test]
fn what_goes_in_comes_out_again_on_sqlite() {
    what_goes_in_comes_out_again(Db::Sqlite);
}

#[test]
fn what_goes_in_comes_out_again_on_postgres() {
    what_goes_in_comes_out_again(Db::Postgres);
}
