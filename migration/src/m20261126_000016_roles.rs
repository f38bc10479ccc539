//! Step 16: who administers does no business, who audits does neither: accounts and their roles lie in one sphere. Passwords that
//! somebody else chose are changed at the first sign-in, and a township can be given an administrator back.

use sea_orm_migration::prelude::*;

use crate::ddl::{self, TenantTable};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The sphere of a role, as `entity::kinds::Role::sphere` says it.
const OF_ROLE: &str = "CASE role WHEN 'administrator' THEN 'administration' WHEN 'auditor' THEN 'audit' ELSE 'business' END";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        // Accounts that have more than one of them: the administration stays, since a township without anybody who can
        // administer it is locked out; else the business stays, since its work goes on. What is taken away can be given to an
        // account of its own.
        for (taken, stays) in
            [("role <> 'administrator'", "administrator"), ("role = 'auditor'", "")]
        {
            let kept = if stays.is_empty() {
                "other.role <> 'auditor'".to_owned()
            } else {
                format!("other.role = '{stays}'")
            };
            db.execute_unprepared(&format!(
                "DELETE FROM account_role WHERE {taken} AND EXISTS (SELECT 1 FROM account_role other \
                 WHERE other.tenant_id = account_role.tenant_id AND other.account_id = account_role.account_id AND {kept})"
            ))
            .await?;
        }
        for table in ["account", "account_role"] {
            let mut sphere = ddl::text(manager, "sphere");
            sphere.not_null().default("business");
            manager.alter_table(Table::alter().table(table).add_column(sphere).take()).await?;
        }
        db.execute_unprepared(&format!("UPDATE account_role SET sphere = {OF_ROLE}")).await?;
        db.execute_unprepared(
            "UPDATE account SET sphere = coalesce((SELECT min(r.sphere) FROM account_role r \
             WHERE r.tenant_id = account.tenant_id AND r.account_id = account.id), 'business')",
        )
        .await?;
        if ddl::on_postgres(manager) {
            for statement in [
                "ALTER TABLE account ADD CONSTRAINT account_sphere UNIQUE (tenant_id, id, sphere)".to_owned(),
                format!("ALTER TABLE account_role ADD CONSTRAINT account_role_sphere CHECK (sphere = {OF_ROLE})"),
                "ALTER TABLE account_role ADD CONSTRAINT fk_account_role_sphere FOREIGN KEY (tenant_id, account_id, sphere) \
                 REFERENCES account (tenant_id, id, sphere)"
                    .to_owned(),
            ] {
                db.execute_unprepared(&statement).await?;
            }
        } else {
            // A table of SQLite takes no constraint later on.
            let of_new = OF_ROLE.replace("CASE role", "CASE NEW.role");
            let wrong = format!(
                "NEW.sphere <> {of_new} OR EXISTS (SELECT 1 FROM account \
                 WHERE tenant_id = NEW.tenant_id AND id = NEW.account_id AND sphere <> NEW.sphere)"
            );
            for act in ["INSERT", "UPDATE"] {
                db.execute_unprepared(&format!(
                    "CREATE TRIGGER account_role_sphere_{} BEFORE {act} ON account_role WHEN {wrong} \
                     BEGIN SELECT RAISE(ABORT, 'roles of different spheres'); END",
                    act.to_ascii_lowercase()
                ))
                .await?;
            }
            db.execute_unprepared(
                "CREATE TRIGGER account_sphere BEFORE UPDATE OF sphere ON account \
                 WHEN EXISTS (SELECT 1 FROM account_role WHERE tenant_id = NEW.tenant_id AND account_id = NEW.id AND sphere <> NEW.sphere) \
                 BEGIN SELECT RAISE(ABORT, 'roles of different spheres'); END",
            )
            .await?;
        }

        let mut must_change = ColumnDef::new("must_change_password").boolean().take();
        must_change.not_null().default(false);
        manager.alter_table(Table::alter().table("account").add_column(must_change).take()).await?;

        TenantTable::new(manager, "recovery_token")
            .text("token_hash")
            .time("created_at")
            .time_null("used_at")
            .create(manager)
            .await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
