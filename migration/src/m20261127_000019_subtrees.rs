//! What lies beneath a grid is found by its path, without reading the tree: the ids from the top down to the grid's own, each with a
//! stroke behind it. A rename leaves it as it is; where a grid is moved, the paths beneath it are written anew with it.

use sea_orm_migration::prelude::*;

use crate::ddl::{index_over, on_postgres, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let path = text(manager, "path").not_null().default("").take();
        manager.alter_table(Table::alter().table("grid").add_column(path).take()).await?;
        let label = if on_postgres(manager) {
            "replace(g.id::text, '-', '') || '/'"
        } else {
            "lower(hex(g.id)) || '/'"
        };
        manager
            .get_connection()
            .execute_unprepared(&format!(
                "WITH RECURSIVE beneath(tenant_id, id, path) AS (\
                 SELECT g.tenant_id, g.id, {label} FROM grid g WHERE g.parent_id IS NULL \
                 UNION ALL SELECT g.tenant_id, g.id, beneath.path || {label} FROM grid g \
                 JOIN beneath ON g.tenant_id = beneath.tenant_id AND g.parent_id = beneath.id) \
                 UPDATE grid SET path = beneath.path FROM beneath \
                 WHERE grid.tenant_id = beneath.tenant_id AND grid.id = beneath.id"
            ))
            .await?;
        manager.create_index(index_over("ix", "grid", &["path"])).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
