//! What is counted every morning is found where it stands: the tasks that are not done yet, by deadline and by grid, and the grids and
//! posts of a kind. What is done grows for ever; what is not done does not, and these indexes hold nothing else.

use sea_orm_migration::prelude::*;

use crate::ddl::index_over;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_deadline = ["due_at", "id"];
        // All that is asked of a task to count it, so that the task itself is not read. SQLite asks for what the condition names, too.
        let by_grid = ["grid_id", "due_at", "state", "submitted_at", "closed_at"];
        for columns in [&by_deadline[..], &by_grid] {
            let mut index = index_over("ix_undone", "task", columns);
            manager.create_index(index.cond_where(Expr::col("closed_at").is_null()).take()).await?;
        }
        let by_kind = index_over("ix", "grid_post", &["kind", "grid_id", "since", "until"]);
        manager.create_index(by_kind).await?;
        manager.create_index(index_over("ix", "grid", &["kind", "code"])).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(crate::no_way_back())
    }
}
