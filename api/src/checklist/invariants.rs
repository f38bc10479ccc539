//! What always holds of lists.

use entity::ids::{ChecklistId, ChecklistVersionId};
use entity::kinds::{ChecklistState, PostingSourceKind, TaskState};
use entity::{checklist_version, task};
use sea_orm::sea_query::{Condition, ExprTrait};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::rules::duty::SOURCE;
use crate::http::Result;
use crate::invariant::{CHUNK, Invariant, SOUGHT, Span};
use crate::points;
use crate::task::touched;
use crate::tenancy::Tx;

/// What is promised of lists.
pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "CL1",
        zh: "每份清单至多一份草稿、至多一个生效版本",
        en: "A list has at most one draft and at most one version in force",
        broken: |tx, _| Box::pin(doubled(tx)),
    },
    Invariant {
        id: "CL2",
        zh: "已发布的版本有发布时间与生效日期，草稿没有",
        en: "What was published has its moment and day of effect, a draft has neither",
        broken: |tx, _| Box::pin(undated(tx)),
    },
    Invariant {
        id: "CL3",
        zh: "清单任务经核验即计积分",
        en: "A verified duty has brought its points",
        broken: |tx, span| Box::pin(unpaid(tx, span)),
    },
];

/// All lists, whatever is new: a list of years ago is published anew today, and a township has some hundred versions.
async fn doubled(tx: &Tx) -> Result<Vec<String>> {
    use checklist_version::Column as Version;
    let found: Vec<(ChecklistId, ChecklistState)> = tx
        .find::<checklist_version::Entity>()
        .select_only()
        .columns([Version::ChecklistId, Version::State])
        .filter(Version::State.is_in([ChecklistState::Draft, ChecklistState::Published]))
        .group_by(Version::ChecklistId)
        .group_by(Version::State)
        .having(Version::Id.count().gt(1_i64))
        .order_by_asc(Version::ChecklistId)
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    let say = |(id, state)| format!("checklist {id} has several versions that are {state}");
    Ok(found.into_iter().map(say).collect())
}

/// All versions, as in [`doubled`].
async fn undated(tx: &Tx) -> Result<Vec<String>> {
    use checklist_version::Column as Version;
    let draft = Condition::all().add(Version::State.eq(ChecklistState::Draft)).add(
        Condition::any()
            .add(Version::PublishedAt.is_not_null())
            .add(Version::EffectiveFrom.is_not_null()),
    );
    let published = Condition::all().add(Version::State.ne(ChecklistState::Draft)).add(
        Condition::any().add(Version::PublishedAt.is_null()).add(Version::EffectiveFrom.is_null()),
    );
    let found: Vec<(ChecklistVersionId, ChecklistState)> = tx
        .find::<checklist_version::Entity>()
        .select_only()
        .columns([Version::Id, Version::State])
        .filter(Condition::any().add(draft).add(published))
        .order_by_asc(Version::Id)
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    let say =
        |(id, state)| format!("checklist_version {id} is {state} and its dates say otherwise");
    Ok(found.into_iter().map(say).collect())
}

/// Tasks to which something happened lately.
async fn unpaid(tx: &Tx, span: Span) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut after: Option<Uuid> = None;
    let touched = touched(tx, span);
    loop {
        let ids: Vec<Uuid> = tx
            .find::<task::Entity>()
            .select_only()
            .column(task::Column::Id)
            .filter(touched.clone())
            .filter(Condition::all().add_option(after.map(|id| task::Column::Id.gt(id))))
            .filter(task::Column::SourceKind.eq(SOURCE))
            .filter(task::Column::State.eq(TaskState::Verified))
            .filter(task::Column::Points.ne(0_i64))
            .order_by_asc(task::Column::Id)
            .limit(CHUNK)
            .into_tuple()
            .all()
            .await?;
        let Some(last) = ids.last() else { return Ok(wrong) };
        after = Some(*last);
        let paid = points::posted(tx, PostingSourceKind::Task, &ids).await?;
        let unpaid = ids.iter().filter(|id| !paid.contains(id));
        wrong.extend(unpaid.map(|id| format!("task {id} was verified and brought no points")));
    }
}
