//! Lists as they are shown: with their versions, or in one line.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::ids::{ChecklistId, ChecklistVersionId};
use entity::kinds::{ChecklistState, Frequency, PostKind};
use entity::{checklist, checklist_item, checklist_version};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use uuid::Uuid;

use super::dto::{
    Checklist, ChecklistBrief, ChecklistKey, ChecklistMay, ChecklistPage, ChecklistVersion, Item,
    ListChecklists,
};
use super::perm;
use super::rules::duty::duty_id;
use super::rules::publish::{drafted, publishable};
use super::slices::opening;
use crate::clock::beijing;
use crate::http::{Result, Sort};
use crate::tenancy::{Part, Rows, Scope, Sorting, Tx, like};

fn sorting(sort: Sort<ChecklistKey>) -> Sorting<checklist::Model> {
    use checklist::Column::{CreatedAt, Id, Title};
    let sorting = Sorting::<checklist::Model>::which(sort.falling);
    let sorting = match sort.key {
        ChecklistKey::CreatedAt => sorting,
        ChecklistKey::Title => sorting.by(Title, |row| row.title.clone().into()),
    };
    sorting.by(CreatedAt, |row| row.created_at.into()).by(Id, |row| Part::id(row.id))
}

/// The lists, newest first; two statements, and one for their number.
///
/// # Errors
/// `invalid_cursor` when the cursor belongs to another list.
pub(super) async fn list(scope: &Scope, query: ListChecklists) -> Result<ChecklistPage> {
    let reading = scope.reading("checklists", &query, &query)?;
    scope
        .read(async |tx: &Tx| {
            let mut find = tx.find::<checklist::Entity>();
            if let Some(since) = query.changed_since {
                find = find.filter(checklist::Column::ChangedAt.gte(since.utc()));
            }
            let sort = query.sort.unwrap_or(Sort::falling(ChecklistKey::CreatedAt));
            let lists = reading.rows(find, &sorting(sort)).await?;
            let mut versions = current_versions(tx, lists.items.iter().map(|list| list.id)).await?;
            let Rows { items, next_cursor, total } = lists.map(|list| brief(list, &mut versions));
            Ok(ChecklistPage { items, next_cursor, total, as_of: reading.as_of() })
        })
        .await
}

#[derive(Debug, FromQueryResult)]
struct VersionRow {
    checklist_id: ChecklistId,
    number: i32,
    state: ChecklistState,
    effective_from: Option<NaiveDate>,
    item_count: i64,
}

/// Draft and version in force of these lists, with their number of items; one statement.
async fn current_versions(
    tx: &Tx,
    lists: impl Iterator<Item = ChecklistId>,
) -> Result<HashMap<ChecklistId, Vec<VersionRow>>> {
    use checklist_version::Column;
    let rows = tx
        .find::<checklist_version::Entity>()
        .join(JoinType::LeftJoin, checklist_item::Relation::ChecklistVersion.def().rev())
        .select_only()
        .columns([Column::ChecklistId, Column::Number, Column::State, Column::EffectiveFrom])
        .column_as(checklist_item::Column::Id.count(), "item_count")
        .filter(Column::ChecklistId.is_in(lists))
        .filter(Column::State.is_in([ChecklistState::Draft, ChecklistState::Published]))
        .group_by(Column::ChecklistId)
        .group_by(Column::Number)
        .group_by(Column::State)
        .group_by(Column::EffectiveFrom)
        .into_model::<VersionRow>()
        .all()
        .await?;
    let mut found: HashMap<ChecklistId, Vec<VersionRow>> = HashMap::new();
    for row in rows {
        found.entry(row.checklist_id).or_default().push(row);
    }
    Ok(found)
}

fn brief(
    list: checklist::Model,
    versions: &mut HashMap<ChecklistId, Vec<VersionRow>>,
) -> ChecklistBrief {
    let versions = versions.remove(&list.id).unwrap_or_default();
    let of = |state| versions.iter().find(|version| version.state == state);
    let (draft, published) = (of(ChecklistState::Draft), of(ChecklistState::Published));
    ChecklistBrief {
        id: list.id,
        kind: list.kind,
        title: list.title,
        draft: draft.is_some(),
        published_number: published.map(|version| version.number),
        effective_from: published.and_then(|version| version.effective_from),
        item_count: published.or(draft).map_or(0, |version| version.item_count),
    }
}

/// A list with all its versions, the newest first; at most four statements.
///
/// # Errors
/// `not_found` when the township has none such.
pub(super) async fn get(scope: &Scope, id: ChecklistId) -> Result<Checklist> {
    scope
        .read(async |tx: &Tx| {
            let list = tx.get::<checklist::Entity>(id).await?;
            show(tx, list).await
        })
        .await
}

pub(super) async fn show(tx: &Tx, list: checklist::Model) -> Result<Checklist> {
    let versions = tx
        .find::<checklist_version::Entity>()
        .filter(checklist_version::Column::ChecklistId.eq(list.id))
        .order_by_desc(checklist_version::Column::Number)
        .all()
        .await?;
    let mut items = items_of(tx, versions.iter().map(|version| version.id)).await?;
    let in_force = versions.iter().find(|version| version.state == ChecklistState::Published);
    let opening = match in_force {
        Some(version) => opening(tx, list.id, version.number).await?,
        None => None,
    };
    let draft = versions.iter().find(|version| version.state == ChecklistState::Draft);
    let draft = draft.map(|draft| items.get(&draft.id).map_or(0, Vec::len));
    Ok(Checklist {
        opening,
        may: may(tx, draft),
        id: list.id,
        kind: list.kind,
        title: list.title,
        version: list.version,
        versions: versions
            .into_iter()
            .map(|version| ChecklistVersion {
                id: version.id,
                number: version.number,
                state: version.state,
                effective_from: version.effective_from,
                published_at: version.published_at.map(beijing),
                items: items
                    .remove(&version.id)
                    .unwrap_or_default()
                    .into_iter()
                    .map(item)
                    .collect(),
            })
            .collect(),
    })
}

/// What the account that acts may do to a list whose draft has so many items.
fn may(tx: &Tx, draft: Option<usize>) -> ChecklistMay {
    let draft = tx.permits(perm::CHECKLIST_PUBLISH).and_then(|()| drafted(draft));
    ChecklistMay {
        save_draft: tx.permits(perm::CHECKLIST_MANAGE).into(),
        preview_checklist: draft.map(drop).into(),
        publish_checklist: draft.and_then(publishable).into(),
    }
}

fn item(row: checklist_item::Model) -> Item {
    Item {
        id: row.id,
        position: row.position,
        what: row.what,
        role: row.role,
        frequency: row.frequency,
        evidence: row.evidence,
        limit_working_days: row.limit_working_days,
        points: row.points.hundredths() / 100,
    }
}

/// The items of versions, in order; one statement.
pub(super) async fn items_of(
    tx: &Tx,
    versions: impl Iterator<Item = ChecklistVersionId>,
) -> Result<HashMap<ChecklistVersionId, Vec<checklist_item::Model>>> {
    let rows = tx
        .find::<checklist_item::Entity>()
        .filter(checklist_item::Column::ChecklistVersionId.is_in(versions))
        .order_by_asc(checklist_item::Column::Position)
        .all()
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.checklist_version_id).or_default().push(row);
    }
    Ok(found)
}

/// The duties of all versions with a text in their words; one statement.
pub(super) async fn duties_asking(tx: &Tx, text: &str) -> Result<Vec<Uuid>> {
    use checklist_item::Column;
    let found: Vec<(ChecklistId, String, PostKind, Frequency)> = tx
        .find::<checklist_item::Entity>()
        .join(JoinType::InnerJoin, checklist_item::Relation::ChecklistVersion.def())
        .select_only()
        .column(checklist_version::Column::ChecklistId)
        .columns([Column::What, Column::Role, Column::Frequency])
        .filter(Column::What.like(like::within(text)))
        .filter(checklist_version::Column::State.ne(ChecklistState::Draft))
        .group_by(checklist_version::Column::ChecklistId)
        .group_by(Column::What)
        .group_by(Column::Role)
        .group_by(Column::Frequency)
        .into_tuple()
        .all()
        .await?;
    let duties =
        found.into_iter().map(|(list, what, role, often)| duty_id(list, &what, role, often));
    Ok(duties.collect())
}
