//! What other rooms build on: posting to the ledger, and the rules by which they do.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::{MemberId, Points, PointsEntryId, PostingId, PurseId};
use entity::kinds::{HolderKind, PostingSourceKind, PurseKind};
use entity::{points_entry, points_rule, posting, purse, purse_quarter};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, NotSet, QueryFilter, QuerySelect, Set};
use uuid::Uuid;

use super::rules::{self, Quarter};
use crate::http::{ApiError, Result};
use crate::tenancy::Tx;

/// Something that earns points.
#[derive(Debug, Clone)]
pub struct Post {
    /// What earned them.
    pub source_kind: PostingSourceKind,
    /// Which one; under one rule it posts once.
    pub source_id: Uuid,
    /// Code of the rule.
    pub rule: String,
    /// Why, as a complete Chinese sentence.
    pub reason: String,
    /// Who gets them.
    pub member_id: MemberId,
    /// How many. None at all is not posted.
    pub amount: Points,
    /// When they were earned; decides the quarter.
    pub at: DateTime<Utc>,
}

/// Writes a posting with its two entries and moves balance and quarter score, all in the caller's transaction.
/// `None` when this source had posted under this rule before, or when the amount is zero.
///
/// # Errors
/// 500 when the township was founded without its issue purse.
pub async fn post(tx: &Tx, post: Post) -> Result<Option<posting::Model>> {
    if post.amount == Points::ZERO {
        return Ok(None);
    }
    let posting = posting::Model {
        tenant_id: tx.tenant(),
        id: PostingId::new(),
        source_kind: post.source_kind,
        source_id: post.source_id,
        rule: post.rule,
        reason: post.reason,
        at: post.at,
        account_id: tx.actor(),
    };
    let fresh = tx
        .insert_if_absent(posting::ActiveModel {
            tenant_id: NotSet,
            id: Set(posting.id),
            source_kind: Set(posting.source_kind),
            source_id: Set(posting.source_id),
            rule: Set(posting.rule.clone()),
            reason: Set(posting.reason.clone()),
            at: Set(posting.at),
            account_id: Set(posting.account_id),
        })
        .await?;
    if !fresh {
        return Ok(None);
    }

    let (gets, gives) = rules::sides(post.amount);
    let issue = find_purse(tx, HolderKind::Issue, tx.tenant().uuid())
        .await?
        .ok_or_else(|| ApiError::internal("the township has no issue purse"))?;
    // The lock on the purse makes the balance after this entry exact, whoever else posts to the same person.
    let purse = locked_purse(tx, post.member_id).await?;
    let entry = |purse_id, amount, balance_after| points_entry::ActiveModel {
        tenant_id: NotSet,
        id: Set(PointsEntryId::new()),
        posting_id: Set(posting.id),
        purse_id: Set(purse_id),
        amount: Set(amount),
        balance_after: Set(balance_after),
        at: Set(posting.at),
        changed_at: NotSet,
    };
    tx.insert_many(vec![
        entry(purse.id, gets, Some(purse.balance + gets)),
        entry(issue.id, gives, None),
    ])
    .await?;
    tx.update_many::<purse::Entity>()
        .col_expr(purse::Column::Balance, Expr::col(purse::Column::Balance).add(gets.hundredths()))
        .filter(purse::Column::Id.eq(purse.id))
        .exec()
        .await?;

    let quarter = Quarter::of(posting.at).to_string();
    tx.insert_if_absent(purse_quarter::ActiveModel {
        tenant_id: NotSet,
        purse_id: Set(purse.id),
        quarter: Set(quarter.clone()),
        score: Set(Points::ZERO),
    })
    .await?;
    tx.update_many::<purse_quarter::Entity>()
        .col_expr(
            purse_quarter::Column::Score,
            Expr::col(purse_quarter::Column::Score).add(gets.hundredths()),
        )
        .filter(purse_quarter::Column::PurseId.eq(purse.id))
        .filter(purse_quarter::Column::Quarter.eq(quarter))
        .exec()
        .await?;
    Ok(Some(posting))
}

/// Which of these sources have posted, under whatever rule; one statement for every 500 of them.
///
/// # Errors
/// Those of the database.
pub async fn posted(
    tx: &Tx,
    source_kind: PostingSourceKind,
    source_ids: &[Uuid],
) -> Result<HashSet<Uuid>> {
    let mut found = HashSet::new();
    for ids in source_ids.chunks(500) {
        let posted: Vec<Uuid> = tx
            .find::<posting::Entity>()
            .select_only()
            .column(posting::Column::SourceId)
            .filter(posting::Column::SourceKind.eq(source_kind))
            .filter(posting::Column::SourceId.is_in(ids.iter().copied()))
            .into_tuple()
            .all()
            .await?;
        found.extend(posted);
    }
    Ok(found)
}

/// The standing purse of a holder, if there is one yet; one statement.
pub(super) async fn find_purse(
    tx: &Tx,
    kind: HolderKind,
    holder: Uuid,
) -> Result<Option<purse::Model>> {
    tx.find::<purse::Entity>()
        .filter(purse::Column::HolderKind.eq(kind))
        .filter(purse::Column::HolderId.eq(holder))
        .filter(purse::Column::Kind.eq(PurseKind::Standing))
        .one()
        .await
}

/// The member's purse under row lock, made on first use.
async fn locked_purse(tx: &Tx, member: MemberId) -> Result<purse::Model> {
    for first in [true, false] {
        let found = tx
            .find::<purse::Entity>()
            .filter(purse::Column::HolderKind.eq(HolderKind::Member))
            .filter(purse::Column::HolderId.eq(member.uuid()))
            .filter(purse::Column::Kind.eq(PurseKind::Standing))
            .locked()
            .one()
            .await?;
        if let Some(purse) = found {
            return Ok(purse);
        }
        if first {
            tx.insert_if_absent(new_purse(HolderKind::Member, member.uuid())).await?;
        }
    }
    Err(ApiError::internal("a purse that was just made is not there"))
}

/// An empty standing purse.
pub(super) fn new_purse(kind: HolderKind, holder: Uuid) -> purse::ActiveModel {
    purse::ActiveModel {
        tenant_id: NotSet,
        id: Set(PurseId::new()),
        holder_kind: Set(kind),
        holder_id: Set(holder),
        kind: Set(PurseKind::Standing),
        balance: Set(Points::ZERO),
    }
}

/// The rules of one code, to be asked for any day.
#[derive(Debug, Clone)]
pub struct RuleHistory(Vec<points_rule::Model>);

impl RuleHistory {
    /// The rule in force on this Beijing day; none before the first one's date of effect.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Option<&points_rule::Model> {
        self.0
            .iter()
            .filter(|rule| rule.effective_from <= day)
            .max_by_key(|rule| rule.effective_from)
    }
}

/// All rules of one code; one statement.
///
/// # Errors
/// Those of the database.
pub async fn rule_history(tx: &Tx, code: &str) -> Result<RuleHistory> {
    tx.find::<points_rule::Entity>()
        .filter(points_rule::Column::Code.eq(code))
        .all()
        .await
        .map(RuleHistory)
}
