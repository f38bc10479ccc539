//! The lines of purses as they are shown.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, Points, PointsEntryId};
use entity::kinds::{HolderKind, PostingSourceKind};
use entity::{points_entry, posting, purse};
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait};
use uuid::Uuid;

use super::dto::{EntryKey, ListPointsEntries, PointsEntry, PointsEntryPage, PointsSource};
use super::engine::find_purse;
use super::perm;
use crate::clock;
use crate::http::{ApiError, Code, Result, Sort, unsorted};
use crate::member::dto::MemberRef;
use crate::tenancy::{Find, Part, Rows, Scope, Sorting, Tx};

#[derive(Debug, FromQueryResult)]
struct EntryRow {
    id: PointsEntryId,
    holder_id: MemberId,
    at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    amount: Points,
    balance_after: Option<Points>,
    reason: String,
    rule: String,
    source_kind: PostingSourceKind,
    source_id: Uuid,
}

impl EntryRow {
    fn into_dto(self, member: MemberRef) -> PointsEntry {
        PointsEntry {
            id: self.id,
            member,
            at: clock::beijing(self.at),
            amount: self.amount,
            balance_after: self.balance_after.unwrap_or_default(),
            reason: self.reason,
            rule: self.rule,
            source: PointsSource { kind: self.source_kind, id: self.source_id },
        }
    }
}

/// Lines with their reasons and whose they are.
fn lines(tx: &Tx) -> Find<'_, points_entry::Entity> {
    tx.find::<points_entry::Entity>()
        .join(JoinType::InnerJoin, points_entry::Relation::Posting.def())
        .join(JoinType::InnerJoin, points_entry::Relation::Purse.def())
        .select_only()
        .column(points_entry::Column::Id)
        .column(points_entry::Column::At)
        .column(points_entry::Column::ChangedAt)
        .column(points_entry::Column::Amount)
        .column(points_entry::Column::BalanceAfter)
        .column(purse::Column::HolderId)
        .column(posting::Column::Reason)
        .column(posting::Column::Rule)
        .column(posting::Column::SourceKind)
        .column(posting::Column::SourceId)
}

/// Whose lines are asked for; nobody: everybody's.
fn whose(scope: &Scope, query: &ListPointsEntries) -> Result<Option<MemberId>> {
    let everybody = query.everybody == Some(true);
    let member = match query.member_id {
        None if everybody => None,
        None => Some(scope.acting_member()?),
        named => named,
    };
    let own = member.is_some() && member == scope.member();
    if own || scope.has(perm::POINTS_READ_ALL) {
        Ok(member)
    } else {
        Err(ApiError::new(Code::FORBIDDEN))
    }
}

/// As they were posted, which is the order of the balances: what was earned earlier may have been posted later. What has been posted since
/// a moment comes in the order of posting.
fn sorting(query: &ListPointsEntries) -> Result<Sorting<EntryRow>> {
    use points_entry::Column::{Amount, At, ChangedAt, Id};
    let id: fn(&EntryRow) -> Part = |row| Part::id(row.id);
    if query.changed_since.is_some() {
        unsorted(query.sort)?;
        let changed: fn(&EntryRow) -> Part = |row| row.changed_at.into();
        return Ok(Sorting::rising().by(ChangedAt, changed).by(Id, id));
    }
    let sort = query.sort.unwrap_or(Sort::falling(EntryKey::PostedAt));
    let sorting = Sorting::<EntryRow>::which(sort.falling);
    let sorting = match sort.key {
        EntryKey::PostedAt => sorting,
        EntryKey::At => sorting.by(At, |row| row.at.into()),
        EntryKey::Amount => sorting.by(Amount, |row| row.amount.hundredths().into()),
    };
    Ok(sorting.by(Id, id))
}

/// The lines of a purse, the newest first: the caller's own, or with `points.read_all` anybody's, or everybody's. What has been posted
/// since a moment comes in the order of posting. Three statements for one purse, two for all.
///
/// # Errors
/// `forbidden` for another's purse without that permission, `not_found` for a member who is not there,
/// `no_member` when the account has no purse of its own.
pub(super) async fn list_entries(
    scope: &Scope,
    query: ListPointsEntries,
) -> Result<PointsEntryPage> {
    use points_entry::Column::{ChangedAt, PurseId};
    let sorting = sorting(&query)?;
    let member_id = whose(scope, &query)?;
    let filter = (member_id, query.changed_since, query.sort);
    let reading = scope.reading("points_entries", &filter, &query)?;
    let as_of = reading.as_of();
    scope
        .read(async |tx: &Tx| {
            let mut find = lines(tx);
            let mut names = HashMap::new();
            match member_id {
                Some(member) => {
                    let person = tx.get::<entity::member::Entity>(member).await?;
                    names.insert(member, person.name);
                    let Some(purse) = find_purse(tx, HolderKind::Member, member.uuid()).await?
                    else {
                        let Rows { items, next_cursor, total } = reading.nothing();
                        return Ok(PointsEntryPage { items, next_cursor, total, as_of });
                    };
                    find = find.filter(PurseId.eq(purse.id));
                }
                // Not the purse that gives what the others get.
                None => find = find.filter(purse::Column::HolderKind.eq(HolderKind::Member)),
            }
            if let Some(since) = query.changed_since {
                find = find.filter(ChangedAt.gte(since.utc()));
            }
            let Rows { items, next_cursor, total } = reading.rows(find, &sorting).await?;
            if member_id.is_none() {
                let people: Vec<MemberId> = items.iter().map(|row| row.holder_id).collect();
                names = crate::member::names(tx, &people).await?;
            }
            let items = items.into_iter().map(|row| {
                let id = row.holder_id;
                let name = names.get(&id).cloned();
                let name = name.ok_or_else(|| ApiError::internal(format!("{id} has no name")))?;
                Ok(row.into_dto(MemberRef { id, name }))
            });
            Ok(PointsEntryPage { items: items.collect::<Result<_>>()?, next_cursor, total, as_of })
        })
        .await
}
