//! The ledger as it is shown: rules, purses, their lines, the ranking.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, PartyOrgId, Points, PointsEntryId};
use entity::kinds::{HolderKind, PostingSourceKind, RulePer};
use entity::{member, party_org, points_entry, points_rule, posting, purse, purse_quarter};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use uuid::Uuid;

use super::dto;
use super::engine::find_purse;
use super::perm;
use super::rules::{self, Quarter};
use crate::clock;
use crate::http::{ApiError, Code, FieldCode, Page, Result};
use crate::member::dto::{MemberRef, PartyOrgRef};
use crate::tenancy::{Scope, Tx};

/// All rules, by code, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn list_rules(scope: &Scope) -> Result<dto::PointsRuleList> {
    scope
        .read_single(async |tx: &Tx| {
            let rules = tx
                .find::<points_rule::Entity>()
                .order_by_asc(points_rule::Column::Code)
                .order_by_desc(points_rule::Column::EffectiveFrom)
                .all()
                .await?;
            let items = rules
                .into_iter()
                .map(|rule| dto::PointsRule {
                    formula: rules::formula(
                        &rule.code,
                        rule.per == RulePer::Hour,
                        rule.points,
                        rule.cap_per_activity,
                    ),
                    code: rule.code,
                    name: rule.name,
                    per: rule.per,
                    points: rule.points,
                    cap_per_activity: rule.cap_per_activity,
                    effective_from: rule.effective_from,
                })
                .collect();
            Ok(dto::PointsRuleList { items })
        })
        .await
}

/// The caller's own purse. Whoever has earned nothing yet has an empty one.
///
/// # Errors
/// `no_member` when the account is not linked to a member.
pub async fn my_purse(scope: &Scope) -> Result<dto::Purse> {
    let member_id = scope.acting_member()?;
    scope
        .read(async |tx: &Tx| {
            let member = tx.get::<member::Entity>(member_id).await?;
            let quarter = Quarter::of(tx.now()).to_string();
            let purse = find_purse(tx, HolderKind::Member, member_id.uuid()).await?;
            let score = match &purse {
                None => None,
                Some(purse) => tx
                    .find::<purse_quarter::Entity>()
                    .filter(purse_quarter::Column::PurseId.eq(purse.id))
                    .filter(purse_quarter::Column::Quarter.eq(quarter.as_str()))
                    .one()
                    .await?
                    .map(|row| row.score),
            };
            let in_quarter = tx
                .find::<purse_quarter::Entity>()
                .filter(purse_quarter::Column::Quarter.eq(quarter.as_str()));
            let rank = match score {
                None => None,
                Some(score) => Some(
                    tx.find::<purse_quarter::Entity>()
                        .filter(purse_quarter::Column::Quarter.eq(quarter.as_str()))
                        .filter(purse_quarter::Column::Score.gt(score))
                        .count()
                        .await?
                        + 1,
                ),
            };
            Ok(dto::Purse {
                member: MemberRef { id: member.id, name: member.name },
                balance: purse.map_or(Points::ZERO, |purse| purse.balance),
                quarter_score: score.unwrap_or_default(),
                rank,
                of: in_quarter.count().await?,
                quarter,
            })
        })
        .await
}

#[derive(Debug, FromQueryResult)]
struct EntryRow {
    id: PointsEntryId,
    at: DateTime<Utc>,
    amount: Points,
    balance_after: Option<Points>,
    reason: String,
    rule: String,
    source_kind: PostingSourceKind,
    source_id: Uuid,
}

/// The lines of a purse, the newest first: the caller's own, or with `points.read_all` anybody's.
///
/// # Errors
/// `forbidden` for another's purse without that permission, `not_found` for a member who is not there,
/// `no_member` when the account has no purse of its own.
pub async fn list_entries(
    scope: &Scope,
    query: dto::ListPointsEntries,
) -> Result<dto::PointsEntryPage> {
    let own = scope.member();
    let member_id = query.member_id.map_or_else(|| scope.acting_member(), Ok)?;
    if Some(member_id) != own && !scope.has(perm::POINTS_READ_ALL) {
        return Err(ApiError::new(Code::FORBIDDEN));
    }
    let page = Page::of(scope.seal("points_entries", &member_id)?, query.limit);
    let after = page.after::<PointsEntryId>(query.cursor.as_deref())?;
    scope
        .read(async |tx: &Tx| {
            tx.get::<member::Entity>(member_id).await?;
            let Some(purse) = find_purse(tx, HolderKind::Member, member_id.uuid()).await? else {
                return Ok(dto::PointsEntryPage { items: Vec::new(), next_cursor: None });
            };
            let mut find = tx
                .find::<points_entry::Entity>()
                .join(JoinType::InnerJoin, points_entry::Relation::Posting.def())
                .select_only()
                .column(points_entry::Column::Id)
                .column(points_entry::Column::At)
                .column(points_entry::Column::Amount)
                .column(points_entry::Column::BalanceAfter)
                .column(posting::Column::Reason)
                .column(posting::Column::Rule)
                .column(posting::Column::SourceKind)
                .column(posting::Column::SourceId)
                .filter(points_entry::Column::PurseId.eq(purse.id));
            if let Some(id) = after {
                find = find.filter(points_entry::Column::Id.lt(id));
            }
            // As they were posted, which is the order of the balances: what was earned earlier may have been posted later.
            let rows = find
                .order_by_desc(points_entry::Column::Id)
                .limit(page.fetch())
                .into_model::<EntryRow>()
                .all()
                .await?;
            let (rows, next_cursor) = page.cut(rows, |row| row.id)?;
            let items = rows
                .into_iter()
                .map(|row| dto::PointsEntry {
                    id: row.id,
                    at: clock::beijing(row.at),
                    amount: row.amount,
                    balance_after: row.balance_after.unwrap_or_default(),
                    reason: row.reason,
                    rule: row.rule,
                    source: dto::PointsSource { kind: row.source_kind, id: row.source_id },
                })
                .collect();
            Ok(dto::PointsEntryPage { items, next_cursor })
        })
        .await
}

/// Who earned most in a quarter, from the kept scores.
///
/// # Errors
/// 422 when the quarter is not of the form `2026Q4`.
pub async fn leaderboard(scope: &Scope, query: dto::GetLeaderboard) -> Result<dto::Leaderboard> {
    let quarter = match &query.quarter {
        None => Quarter::of(scope.now()),
        Some(text) => text.parse().map_err(|_| {
            ApiError::wrong("quarter", FieldCode::Format, "应形如 2026Q4", "must look like 2026Q4")
        })?,
    }
    .to_string();
    // One page is all there is: a notice shows the first places.
    let limit = u64::from(Page::rows(query.limit));
    scope
        .read(async |tx: &Tx| {
            let rows = tx
                .find::<purse_quarter::Entity>()
                .join(JoinType::InnerJoin, purse_quarter::Relation::Purse.def())
                .select_only()
                .column(purse::Column::HolderId)
                .column(purse_quarter::Column::Score)
                .filter(purse_quarter::Column::Quarter.eq(quarter.as_str()))
                .order_by_desc(purse_quarter::Column::Score)
                .order_by_asc(purse_quarter::Column::PurseId)
                .limit(limit)
                .into_tuple::<(MemberId, Points)>()
                .all()
                .await?;
            let members: HashMap<MemberId, (String, Option<PartyOrgId>)> = tx
                .find::<member::Entity>()
                .select_only()
                .column(member::Column::Id)
                .column(member::Column::Name)
                .column(member::Column::PartyOrgId)
                .filter(member::Column::Id.is_in(rows.iter().map(|(id, _)| *id)))
                .into_tuple::<(MemberId, String, Option<PartyOrgId>)>()
                .all()
                .await?
                .into_iter()
                .map(|(id, name, org)| (id, (name, org)))
                .collect();
            let orgs: HashMap<PartyOrgId, String> = tx
                .find::<party_org::Entity>()
                .select_only()
                .column(party_org::Column::Id)
                .column(party_org::Column::Name)
                .filter(party_org::Column::Id.is_in(members.values().filter_map(|(_, org)| *org)))
                .into_tuple::<(PartyOrgId, String)>()
                .all()
                .await?
                .into_iter()
                .collect();
            let scores: Vec<Points> = rows.iter().map(|(_, score)| *score).collect();
            let items = rows
                .into_iter()
                .zip(rules::ranks(&scores))
                .map(|((id, score), rank)| {
                    let (name, org) = members.get(&id).cloned().unwrap_or_default();
                    let party_org = org.and_then(|id| {
                        orgs.get(&id).map(|name| PartyOrgRef { id, name: name.clone() })
                    });
                    dto::LeaderboardPlace { rank, member: MemberRef { id, name }, party_org, score }
                })
                .collect();
            Ok(dto::Leaderboard { quarter: quarter.clone(), items })
        })
        .await
}
