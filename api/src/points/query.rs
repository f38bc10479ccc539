//! The ledger as it is shown: rules, purses, the ranking.

use std::collections::HashMap;

use entity::ids::{MemberId, PartyOrgId, Points};
use entity::kinds::{HolderKind, RulePer};
use entity::{member, party_org, points_rule, purse, purse_quarter};
use sea_orm::{ColumnTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::dto;
use super::engine::find_purse;
use super::rules::{self, Quarter};
use crate::http::{ApiError, FieldCode, Result, rows};
use crate::member::dto::{MemberRef, PartyOrgRef};
use crate::tenancy::{Scope, Tx};

/// All rules, by code, the newest first.
///
/// # Errors
/// Those of the database.
pub(super) async fn list_rules(scope: &Scope) -> Result<dto::PointsRuleList> {
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
pub(super) async fn my_purse(scope: &Scope) -> Result<dto::Purse> {
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

/// Who earned most in a quarter, from the kept scores.
///
/// # Errors
/// 422 when the quarter is not of the form `2026Q4`.
pub(super) async fn leaderboard(
    scope: &Scope,
    query: dto::GetLeaderboard,
) -> Result<dto::Leaderboard> {
    let quarter = match &query.quarter {
        None => Quarter::of(scope.now()),
        Some(text) => text.parse().map_err(|_| {
            ApiError::wrong("quarter", FieldCode::Format, "应形如 2026Q4", "must look like 2026Q4")
        })?,
    }
    .to_string();
    // One page is all there is: a notice shows the first places.
    let limit = u64::from(rows(query.limit));
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
