//! What always holds of the ledger: it is counted again from its entries.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::ids::{Points, PointsEntryId, PostingId, PurseId};
use entity::kinds::HolderKind;
use entity::{points_entry, posting, purse, purse_quarter};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, SelectStatement};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rules::Quarter;
use crate::http::Result;
use crate::invariant::{CHUNK, Invariant, MOST, Span};
use crate::tenancy::Tx;

/// What is promised of the ledger.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "PT1",
        zh: "每笔记账有两条分录，合计为零",
        en: "Each posting has two entries, which sum to zero",
        broken: |tx, span| Box::pin(unbalanced(tx, span)),
    },
    Invariant {
        id: "PT2",
        zh: "积分余额等于分录之和",
        en: "A purse's balance is the sum of its entries",
        broken: |tx, span| Box::pin(balances(tx, span)),
    },
    Invariant {
        id: "PT3",
        zh: "季度积分等于当季分录之和",
        en: "A quarter's score is the sum of that quarter's entries",
        broken: |tx, span| Box::pin(scores(tx, span)),
    },
    Invariant {
        id: "PT4",
        zh: "各分录后的余额由零连贯至现余额",
        en: "The balances noted after the entries lead from zero to the purse's balance",
        broken: |tx, span| Box::pin(chains(tx, span)),
    },
    Invariant {
        id: "PT5",
        zh: "没有服务记录的人没有积分账户",
        en: "Nobody without an act of service has a purse",
        broken: |tx, span| Box::pin(empty_purses(tx, span)),
    },
];

async fn unbalanced(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use points_entry::Column as Entry;
    let odd = Condition::any().add(Entry::Amount.sum().ne(0_i64)).add(Entry::Id.count().ne(2_i64));
    let mut found: Vec<PostingId> = tx
        .find::<points_entry::Entity>()
        .select_only()
        .column(Entry::PostingId)
        .filter(span.of(Entry::PostingId))
        .group_by(Entry::PostingId)
        .having(odd)
        .order_by_asc(Entry::PostingId)
        .limit(MOST)
        .into_tuple()
        .all()
        .await?;
    let its = tx.find::<points_entry::Entity>().select_only().column(Entry::Id).filter(
        Expr::col((points_entry::Entity, Entry::PostingId))
            .equals((posting::Entity, posting::Column::Id)),
    );
    let without: Vec<PostingId> = tx
        .find::<posting::Entity>()
        .select_only()
        .column(posting::Column::Id)
        .filter(span.of(posting::Column::Id))
        .filter(Expr::exists(its.into_subquery()).not())
        .order_by_asc(posting::Column::Id)
        .limit(MOST)
        .into_tuple()
        .all()
        .await?;
    found.extend(without);
    Ok(found.into_iter().map(|id| format!("posting {id} does not balance")).collect())
}

/// The purses that something was posted to.
fn moved(tx: &Tx, span: Span) -> SelectStatement {
    use points_entry::Column as Entry;
    let entries = tx.find::<points_entry::Entity>().select_only().column(Entry::PurseId);
    entries.filter(span.of(Entry::Id)).into_subquery()
}

/// The purses of people, those alone that were moved where not everything is looked at.
fn of_people(tx: &Tx, span: Span) -> Condition {
    let people = Condition::all().add(purse::Column::HolderKind.eq(HolderKind::Member));
    let moved = (!span.is_whole()).then(|| purse::Column::Id.in_subquery(moved(tx, span)));
    people.add_option(moved)
}

/// The sum of entries of the purse that a column names.
fn sum(tx: &Tx, purse: impl sea_orm::sea_query::IntoColumnRef, more: Condition) -> Expr {
    use points_entry::Column as Entry;
    let its = tx
        .find::<points_entry::Entity>()
        .select_only()
        .expr(Entry::Amount.sum())
        .filter(Expr::col((points_entry::Entity, Entry::PurseId)).equals(purse))
        .filter(more)
        .into_subquery();
    Func::coalesce([Expr::from(its), Expr::val(0_i64)]).into()
}

async fn balances(tx: &Tx, span: Span) -> Result<Vec<String>> {
    let counted = sum(tx, (purse::Entity, purse::Column::Id), Condition::all());
    let wrong: Vec<(PurseId, Points)> = tx
        .find::<purse::Entity>()
        .select_only()
        .columns([purse::Column::Id, purse::Column::Balance])
        .filter(of_people(tx, span))
        .filter(Expr::col((purse::Entity, purse::Column::Balance)).ne(counted))
        .order_by_asc(purse::Column::Id)
        .limit(MOST)
        .into_tuple()
        .all()
        .await?;
    let say =
        |(id, kept)| format!("purse {id} keeps a balance of {kept}, its entries give another");
    Ok(wrong.into_iter().map(say).collect())
}

/// Of no rows neither.
type FirstAndLast = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// The quarters in which something was posted, and those of which a score is kept.
async fn quarters(tx: &Tx, span: Span) -> Result<BTreeSet<Quarter>> {
    use points_entry::Column as Entry;
    let mut all = BTreeSet::new();
    let within: Option<FirstAndLast> = tx
        .find::<points_entry::Entity>()
        .select_only()
        .expr(Entry::At.min())
        .expr(Entry::At.max())
        .filter(span.of(Entry::Id))
        .into_tuple()
        .one()
        .await?;
    if let Some((Some(first), Some(last))) = within {
        let (mut quarter, last) = (Quarter::of(first), Quarter::of(last));
        while quarter <= last {
            all.insert(quarter);
            quarter = quarter.next();
        }
    }
    if span.is_whole() {
        let kept: Vec<String> = tx
            .find::<purse_quarter::Entity>()
            .select_only()
            .column(purse_quarter::Column::Quarter)
            .distinct()
            .into_tuple()
            .all()
            .await?;
        all.extend(kept.iter().filter_map(|quarter| quarter.parse::<Quarter>().ok()));
    }
    Ok(all)
}

async fn scores(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use points_entry::Column as Entry;
    use purse_quarter::Column as Kept;
    let mut wrong = Vec::new();
    for quarter in quarters(tx, span).await? {
        let (from, to) = (quarter.start(), quarter.next().start());
        let within = || Condition::all().add(Entry::At.gte(from)).add(Entry::At.lt(to));
        let counted = sum(tx, (purse_quarter::Entity, Kept::PurseId), within());
        let moved_since = (!span.is_whole()).then(|| Kept::PurseId.in_subquery(moved(tx, span)));
        let differs: Vec<PurseId> = tx
            .find::<purse_quarter::Entity>()
            .select_only()
            .column(Kept::PurseId)
            .filter(Kept::Quarter.eq(quarter.to_string()))
            .filter(Condition::all().add_option(moved_since))
            .filter(Expr::col((purse_quarter::Entity, Kept::Score)).ne(counted))
            .limit(MOST)
            .into_tuple()
            .all()
            .await?;
        // Whoever was given something has a score of that quarter.
        let kept = tx
            .find::<purse_quarter::Entity>()
            .select_only()
            .column(Kept::PurseId)
            .filter(Kept::Quarter.eq(quarter.to_string()))
            .into_subquery();
        let people = tx.find::<purse::Entity>().select_only().column(purse::Column::Id);
        let people = people.filter(of_people(tx, span)).into_subquery();
        let lacks: Vec<PurseId> = tx
            .find::<points_entry::Entity>()
            .select_only()
            .column(Entry::PurseId)
            .distinct()
            .filter(within())
            .filter(Entry::PurseId.in_subquery(people))
            .filter(Entry::PurseId.not_in_subquery(kept))
            .limit(MOST)
            .into_tuple()
            .all()
            .await?;
        let say = |id: PurseId| {
            format!("purse {id} keeps another score of {quarter} than its entries give")
        };
        wrong.extend(differs.into_iter().chain(lacks).map(say));
    }
    Ok(wrong)
}

/// How often each balance of a purse is left, less how often it is reached.
type Steps = HashMap<i64, i64>;

async fn chains(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use points_entry::Column as Entry;
    let mut steps: BTreeMap<PurseId, Steps> = BTreeMap::new();
    let purses = tx.find::<purse::Entity>().select_only().column(purse::Column::Id);
    let theirs = purses.filter(of_people(tx, span)).into_subquery();
    let mut after: Option<PointsEntryId> = None;
    loop {
        let behind = after.map(|id| Entry::Id.gt(id));
        let entries: Vec<(PointsEntryId, PurseId, Points, Option<Points>)> = tx
            .find::<points_entry::Entity>()
            .select_only()
            .columns([Entry::Id, Entry::PurseId, Entry::Amount, Entry::BalanceAfter])
            .filter(Condition::all().add_option(behind))
            .filter(Entry::PurseId.in_subquery(theirs.clone()))
            .order_by_asc(Entry::Id)
            .limit(CHUNK)
            .into_tuple()
            .all()
            .await?;
        let Some((last, ..)) = entries.last() else { break };
        after = Some(*last);
        for (_, purse, amount, balance) in entries {
            let steps = steps.entry(purse).or_default();
            if let Some(balance) = balance {
                *steps.entry((balance - amount).hundredths()).or_default() += 1;
                *steps.entry(balance.hundredths()).or_default() -= 1;
            }
        }
    }
    let kept: Vec<(PurseId, Points)> = tx
        .find::<purse::Entity>()
        .select_only()
        .columns([purse::Column::Id, purse::Column::Balance])
        .filter(of_people(tx, span))
        .order_by_asc(purse::Column::Id)
        .into_tuple()
        .all()
        .await?;
    let mut wrong = Vec::new();
    for (purse, balance) in kept {
        let mut steps = steps.remove(&purse).unwrap_or_default();
        // Whatever the order of entries that share a moment: a walk from zero to the balance leaves zero once more
        // than it comes back, and reaches the balance once more than it leaves it.
        *steps.entry(0).or_default() -= 1;
        *steps.entry(balance.hundredths()).or_default() += 1;
        if steps.values().any(|left| *left != 0) {
            wrong.push(format!("purse {purse} has lines whose balances do not follow one another"));
        }
    }
    Ok(wrong)
}

async fn empty_purses(tx: &Tx, span: Span) -> Result<Vec<String>> {
    let its =
        tx.find::<points_entry::Entity>().select_only().column(points_entry::Column::Id).filter(
            Expr::col((points_entry::Entity, points_entry::Column::PurseId))
                .equals((purse::Entity, purse::Column::Id)),
        );
    let empty: Vec<PurseId> = tx
        .find::<purse::Entity>()
        .select_only()
        .column(purse::Column::Id)
        .filter(purse::Column::HolderKind.eq(HolderKind::Member))
        .filter(span.of(purse::Column::Id))
        .filter(Expr::exists(its.into_subquery()).not())
        .order_by_asc(purse::Column::Id)
        .limit(MOST)
        .into_tuple()
        .all()
        .await?;
    Ok(empty.into_iter().map(|id| format!("purse {id} has no entry")).collect())
}
