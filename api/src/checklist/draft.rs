//! Writing drafts: the first one with a new list, and what it is replaced by.

use entity::ids::{ChecklistId, ChecklistItemId, ChecklistVersionId, Points};
use entity::kinds::{ChecklistKind, ChecklistState};
use entity::{checklist, checklist_item, checklist_version};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::acts;
use super::dto::{Checklist, CreateChecklist, ItemInput, SaveDraft};
use super::query::show;
use super::rules::duty;
use crate::audit::{Record, record};
use crate::http::{ApiError, IdempotencyKey, IfMatch, Result};
use crate::tenancy::{Scope, Tx};

/// A new list with its first draft.
///
/// # Errors
/// 422 for another kind than a responsibility list, and for an item that repeats an earlier one; `idempotency_mismatch` for a key that
/// came with another input.
pub async fn create(
    scope: &Scope,
    key: IdempotencyKey,
    input: CreateChecklist,
) -> Result<Checklist> {
    if input.kind != ChecklistKind::Responsibility {
        return Err(ApiError::invalid(
            "kind",
            "目前只支持责任清单",
            "only responsibility lists are kept",
        ));
    }
    check_items(&input.items)?;
    let fingerprint = input.clone();
    scope
        .write_once(key, "create_checklist", &fingerprint, async move |tx: &Tx| {
            let list = tx
                .insert(checklist::ActiveModel {
                    id: Set(ChecklistId::new()),
                    kind: Set(input.kind),
                    title: Set(input.title.trim().to_owned()),
                    created_at: Set(tx.now()),
                    version: Set(1),
                    ..Default::default()
                })
                .await?;
            let entry = Record::of(acts::CREATE).on("checklist", list.id);
            record(tx, entry.with("title", &list.title).with("items", input.items.len())).await?;
            let draft = new_draft(tx, list.id, 1).await?;
            write_items(tx, draft, input.items).await?;
            show(tx, list).await
        })
        .await
}

/// Replaces the draft; after a publication opens the next version's.
///
/// # Errors
/// `not_found`; 412 when somebody else saved meanwhile; 422 for an item that repeats an earlier one.
pub(super) async fn save_draft(
    scope: &Scope,
    id: ChecklistId,
    seen: IfMatch,
    input: SaveDraft,
) -> Result<Checklist> {
    check_items(&input.items)?;
    scope
        .write(async move |tx: &Tx| {
            let list = tx.get_locked::<checklist::Entity>(id).await?;
            seen.check(list.version)?;
            let entry = Record::of(acts::SAVE)
                .on("checklist", id)
                .changed("title", Some(&list.title), Some(input.title.trim()))
                .with("items", input.items.len());
            record(tx, entry).await?;
            let newest = tx
                .find::<checklist_version::Entity>()
                .filter(checklist_version::Column::ChecklistId.eq(id))
                .order_by_desc(checklist_version::Column::Number)
                .one()
                .await?;
            let draft = match newest {
                Some(version) if version.state == ChecklistState::Draft => {
                    tx.delete_many::<checklist_item::Entity>()
                        .filter(checklist_item::Column::ChecklistVersionId.eq(version.id))
                        .exec()
                        .await?;
                    version.id
                }
                newest => new_draft(tx, id, newest.map_or(0, |version| version.number) + 1).await?,
            };
            write_items(tx, draft, input.items).await?;
            let list = tx
                .update(checklist::ActiveModel {
                    id: Set(id),
                    title: Set(input.title.trim().to_owned()),
                    version: Set(list.version + 1),
                    ..Default::default()
                })
                .await?;
            show(tx, list).await
        })
        .await
}

fn check_items(items: &[ItemInput]) -> Result<()> {
    let repeated =
        duty::repeated(items.iter().map(|item| (item.what.as_str(), item.role, item.frequency)));
    let mut problem: Option<ApiError> = None;
    for (index, earlier) in repeated {
        let field = format!("items[{index}].what");
        let zh = format!("与第 {} 条的事项、岗位、频次相同", earlier + 1);
        let en = format!("the same words, post and frequency as item {}", earlier + 1);
        problem = Some(match problem {
            None => ApiError::invalid(field, zh, en),
            Some(problem) => problem.and_invalid(field, zh, en),
        });
    }
    problem.map_or(Ok(()), Err)
}

async fn write_items(tx: &Tx, version: ChecklistVersionId, items: Vec<ItemInput>) -> Result<()> {
    let rows = (1_i32..)
        .zip(items)
        .map(|(position, item)| checklist_item::ActiveModel {
            id: Set(ChecklistItemId::new()),
            checklist_version_id: Set(version),
            position: Set(position),
            what: Set(item.what.trim().to_owned()),
            role: Set(item.role),
            frequency: Set(item.frequency),
            evidence: Set(item.evidence),
            limit_working_days: Set(item.limit_working_days),
            points: Set(Points::whole(item.points)),
            ..Default::default()
        })
        .collect();
    tx.insert_many::<checklist_item::ActiveModel>(rows).await
}

async fn new_draft(tx: &Tx, list: ChecklistId, number: i32) -> Result<ChecklistVersionId> {
    let id = ChecklistVersionId::new();
    tx.insert(checklist_version::ActiveModel {
        id: Set(id),
        checklist_id: Set(list),
        number: Set(number),
        state: Set(ChecklistState::Draft),
        effective_from: Set(None),
        published_at: Set(None),
        published_by: Set(None),
        created_at: Set(tx.now()),
        ..Default::default()
    })
    .await?;
    Ok(id)
}
