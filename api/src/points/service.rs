//! Use cases of the ledger.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::{MemberId, PartyOrgId, Points, PointsEntryId, PointsRuleId, PostingId, PurseId};
use entity::kinds::{HolderKind, PostingSourceKind, PurseKind, RulePer};
use entity::{member, party_org, points_entry, points_rule, posting, purse, purse_quarter};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, NotSet, Order, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait, Set,
};
use uuid::Uuid;

use super::dto;
use super::perm;
use super::rules::{self, Quarter};
use crate::clock;
use crate::http::{ApiError, Code, FieldCode, Page, Result};
use crate::member::dto::{MemberRef, PartyOrgRef};
use crate::tenancy::{Scope, Tx, beyond};

/// Entries read at a time by the audit.
const AUDIT_CHUNK: u64 = 5_000;

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

async fn find_purse(tx: &Tx, kind: HolderKind, holder: Uuid) -> Result<Option<purse::Model>> {
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

fn new_purse(kind: HolderKind, holder: Uuid) -> purse::ActiveModel {
    purse::ActiveModel {
        tenant_id: NotSet,
        id: Set(PurseId::new()),
        holder_kind: Set(kind),
        holder_id: Set(holder),
        kind: Set(PurseKind::Standing),
        balance: Set(Points::ZERO),
    }
}

/// The day from which the rules of a new township apply: before any activity the system could have recorded.
fn standing_rules_from() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default()
}

/// Makes what a township needs before its first posting: the usual rules and the issue purse. May be repeated.
///
/// # Errors
/// Those of the database.
pub async fn ensure_standing_data(tx: &Tx) -> Result<()> {
    let hour =
        (rules::ACTIVITY_HOUR, "参加活动", RulePer::Hour, Points::whole(1), Some(Points::whole(2)));
    let item = (rules::TASK_ITEM, "完成清单任务", RulePer::Item, Points::ZERO, None);
    for (code, name, per, points, cap) in [hour, item] {
        tx.insert_if_absent(points_rule::ActiveModel {
            tenant_id: NotSet,
            id: Set(PointsRuleId::new()),
            code: Set(code.to_owned()),
            name: Set(name.to_owned()),
            per: Set(per),
            points: Set(points),
            cap_per_activity: Set(cap),
            effective_from: Set(standing_rules_from()),
        })
        .await?;
    }
    tx.insert_if_absent(new_purse(HolderKind::Issue, tx.tenant().uuid())).await?;
    Ok(())
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

/// All rules, by code, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn list_rules(scope: &Scope) -> Result<dto::PointsRuleList> {
    scope
        .read(async |tx: &Tx| {
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
    let member_id = scope.member().ok_or_else(|| ApiError::new(Code::NO_MEMBER))?;
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
    let member_id = query.member_id.or(own).ok_or_else(|| ApiError::new(Code::NO_MEMBER))?;
    if Some(member_id) != own && !scope.has(perm::POINTS_READ_ALL) {
        return Err(ApiError::new(Code::FORBIDDEN));
    }
    let page = Page::of(scope.seal("points_entries", &member_id)?, query.limit);
    let after = page.after::<(DateTime<Utc>, PointsEntryId)>(query.cursor.as_deref())?;
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
            if let Some(key) = after {
                let columns = [points_entry::Column::At, points_entry::Column::Id];
                find = find.filter(beyond(columns, key, &Order::Desc));
            }
            let rows = find
                .order_by_desc(points_entry::Column::At)
                .order_by_desc(points_entry::Column::Id)
                .limit(page.fetch())
                .into_model::<EntryRow>()
                .all()
                .await?;
            let (rows, next_cursor) = page.cut(rows, |row| (row.at, row.id))?;
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

/// Something in which what is kept and what the entries say differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The entries of a posting do not sum to zero.
    Unbalanced { posting: PostingId, sum: Points },
    /// A purse keeps another balance than its entries give.
    Balance { purse: PurseId, kept: Points, counted: Points },
    /// A quarter keeps another score than the entries of that quarter give.
    Score { purse: PurseId, quarter: String, kept: Points, counted: Points },
    /// The balances noted after each entry do not lead from zero to the balance of the purse.
    Chain { purse: PurseId },
}

#[derive(Default)]
struct Counted {
    sum: Points,
    quarters: BTreeMap<String, Points>,
    /// How often a noted balance is left, less how often it is reached.
    steps: HashMap<i64, i64>,
}

/// Counts the whole ledger of the township again and says where something kept beside it differs; an empty answer is
/// a sound ledger. Reads every entry once, in pages.
///
/// # Errors
/// Those of the database.
pub async fn audit(tx: &Tx) -> Result<Vec<Difference>> {
    let mut differences = Vec::new();
    let mut open: BTreeMap<PostingId, Points> = BTreeMap::new();
    let mut counted: BTreeMap<PurseId, Counted> = BTreeMap::new();
    let mut after: Option<PointsEntryId> = None;
    loop {
        let mut find = tx.find::<points_entry::Entity>();
        if let Some(id) = after {
            find = find.filter(points_entry::Column::Id.gt(id));
        }
        let entries = find.order_by_asc(points_entry::Column::Id).limit(AUDIT_CHUNK).all().await?;
        let Some(last) = entries.last() else { break };
        after = Some(last.id);
        for entry in entries {
            let sum = open.entry(entry.posting_id).or_default();
            *sum += entry.amount;
            if *sum == Points::ZERO {
                open.remove(&entry.posting_id);
            }
            let purse = counted.entry(entry.purse_id).or_default();
            purse.sum += entry.amount;
            *purse.quarters.entry(Quarter::of(entry.at).to_string()).or_default() += entry.amount;
            if let Some(balance) = entry.balance_after {
                *purse.steps.entry((balance - entry.amount).hundredths()).or_default() += 1;
                *purse.steps.entry(balance.hundredths()).or_default() -= 1;
            }
        }
    }
    differences
        .extend(open.into_iter().map(|(posting, sum)| Difference::Unbalanced { posting, sum }));

    let purses = tx.find::<purse::Entity>().order_by_asc(purse::Column::Id).all().await?;
    let mut scores: BTreeMap<(PurseId, String), Points> = tx
        .find::<purse_quarter::Entity>()
        .all()
        .await?
        .into_iter()
        .map(|row| ((row.purse_id, row.quarter), row.score))
        .collect();
    for purse in purses.into_iter().filter(|purse| purse.holder_kind == HolderKind::Member) {
        let mut counted = counted.remove(&purse.id).unwrap_or_default();
        if counted.sum != purse.balance {
            differences.push(Difference::Balance {
                purse: purse.id,
                kept: purse.balance,
                counted: counted.sum,
            });
        }
        // Whatever the order of entries that share a moment: a walk from zero to the balance leaves zero once more
        // than it comes back, and reaches the balance once more than it leaves it.
        *counted.steps.entry(0).or_default() -= 1;
        *counted.steps.entry(purse.balance.hundredths()).or_default() += 1;
        if counted.steps.values().any(|left| *left != 0) {
            differences.push(Difference::Chain { purse: purse.id });
        }
        for (quarter, sum) in counted.quarters {
            let kept = scores.remove(&(purse.id, quarter.clone())).unwrap_or_default();
            if kept != sum {
                differences.push(Difference::Score {
                    purse: purse.id,
                    quarter,
                    kept,
                    counted: sum,
                });
            }
        }
    }
    differences.extend(scores.into_iter().filter(|(_, kept)| *kept != Points::ZERO).map(
        |((purse, quarter), kept)| Difference::Score {
            purse,
            quarter,
            kept,
            counted: Points::ZERO,
        },
    ));
    Ok(differences)
}
