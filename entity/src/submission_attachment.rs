//! A photo that belongs to a proof.

use sea_orm::entity::prelude::*;

use crate::ids::{AttachmentId, TaskSubmissionId, TenantId};

/// A photo that belongs to a proof.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submission_attachment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub submission_id: TaskSubmissionId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub attachment_id: AttachmentId,
    pub position: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::task_submission::Entity",
        from = "(Column::TenantId, Column::SubmissionId)",
        to = "(super::task_submission::Column::TenantId, super::task_submission::Column::Id)"
    )]
    Submission,
    #[sea_orm(
        belongs_to = "super::attachment::Entity",
        from = "(Column::TenantId, Column::AttachmentId)",
        to = "(super::attachment::Column::TenantId, super::attachment::Column::Id)"
    )]
    Attachment,
}

impl ActiveModelBehavior for ActiveModel {}

crate::tenant_entity!();
