//! Publishing: the draft comes into force, and its tasks are opened, or are left to a job where they are many.

use entity::ids::ChecklistId;
use entity::kinds::ChecklistState;
use entity::{checklist, checklist_version};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};

use super::acts;
use super::dto::{PublishChecklist, Published};
use super::follow::plant_next;
use super::plan::{
    Periods, cancel, draft, dropped, in_force, in_force_of, number, open, plan, vacancy_count,
};
use super::query::show;
use super::rules::publish::publishable;
use super::slices::{Slices, Walk, key_of};
use crate::audit::{Record, record};
use crate::http::{ApiError, IdempotencyKey, IfMatch, Result};
use crate::jobs;
use crate::tenancy::{Scope, Tx};

/// Brings the draft into force, opens the tasks of the running periods and cancels those that it drops, if all that are no more than a
/// slice ([`Slices`]); otherwise a job does both, slice by slice.
///
/// # Errors
/// `not_found`; 412 when somebody else saved meanwhile; `nothing_to_publish` without a draft, `checklist_empty` without items; 422 for
/// another day than today; `unavailable` while the clock is doubted.
pub async fn publish(
    scope: &Scope,
    key: IdempotencyKey,
    id: ChecklistId,
    seen: IfMatch,
    input: PublishChecklist,
) -> Result<Published> {
    let fingerprint = (id, input.clone());
    scope
        .at_length()
        .write_once(key, "publish_checklist", &fingerprint, async move |tx: &Tx| {
            jobs::believe_clock(tx)?;
            let list = tx.get_locked::<checklist::Entity>(id).await?;
            seen.check(list.version)?;
            if input.effective_from.is_some_and(|day| day.date() != tx.today()) {
                return Err(ApiError::invalid(
                    "effective_from",
                    "只能自今日起施行",
                    "must be today",
                ));
            }
            let (version, mut ready) = draft(tx, list).await?;
            publishable(ready.items.len())?;
            let before = in_force_of(tx, &ready.list).await?;
            tx.update_many::<checklist_version::Entity>()
                .set(checklist_version::ActiveModel {
                    state: Set(ChecklistState::Superseded),
                    ..Default::default()
                })
                .filter(checklist_version::Column::ChecklistId.eq(id))
                .filter(checklist_version::Column::State.eq(ChecklistState::Published))
                .exec()
                .await?;
            tx.update(checklist_version::ActiveModel {
                id: Set(version),
                state: Set(ChecklistState::Published),
                effective_from: Set(Some(ready.effective_from)),
                published_at: Set(Some(tx.now())),
                published_by: Set(tx.actor()),
                ..Default::default()
            })
            .await?;
            ready.list = tx
                .update(checklist::ActiveModel {
                    id: Set(id),
                    version: Set(ready.list.version + 1),
                    ..Default::default()
                })
                .await?;
            let list = ready.list.clone();
            let vacancy_count = vacancy_count(tx, &ready).await?;
            let number_of_version = ready.number;
            let versions = [ready];
            let plan = plan(tx, &versions, Periods::Running(None), None).await?;
            let in_force = in_force(tx).await?;
            let dropped = dropped(tx, before.as_ref(), &in_force).await?;
            let (opened, cancelled) = (plan.len(), dropped.len());
            if opened + cancelled <= Slices::of(tx)?.tasks {
                open(tx, &versions, &plan).await?;
                cancel(tx, dropped).await?;
            } else {
                Walk::of_publication(tx.today())
                    .plant(tx, Some(key_of(list.id, number_of_version)))
                    .await?;
            }
            plant_next(tx, &in_force).await?;
            let entry = Record::of(acts::PUBLISH).on("checklist", id).with("title", &list.title);
            let entry = entry.with("tasks_created", opened).with("tasks_cancelled", cancelled);
            record(tx, entry).await?;
            Ok(Published {
                checklist: show(tx, list).await?,
                tasks_created: number(opened)?,
                tasks_cancelled: number(cancelled)?,
                vacancy_count,
            })
        })
        .await
}
