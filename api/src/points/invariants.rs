//! What always holds of the ledger: it is counted again from its entries.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::ids::{Points, PostingId, PurseId};
use entity::kinds::HolderKind;
use entity::{points_entry, posting, purse, purse_quarter};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, SelectStatement};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rules::Quarter;
use crate::http::Result;
use crate::invariant::{Invariant, SOUGHT, Span};
use crate::tenancy::Tx;

/// What is promised of the ledger.
pub(super) const INVARIANTS: &[Invariant] = &[
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
        .limit(SOUGHT)
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
        .limit(SOUGHT)
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

async fn balances(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use points_entry::Column as Entry;
    let its = tx
        .find::<points_entry::Entity>()
        .select_only()
        .expr(Entry::Amount.sum())
        .filter(
            Expr::col((points_entry::Entity, Entry::PurseId))
                .equals((purse::Entity, purse::Column::Id)),
        )
        .into_subquery();
    let counted = Func::coalesce([Expr::from(its), Expr::val(0_i64)]);
    let wrong: Vec<PurseId> = tx
        .find::<purse::Entity>()
        .select_only()
        .column(purse::Column::Id)
        .filter(of_people(tx, span))
        .filter(Expr::col((purse::Entity, purse::Column::Balance)).ne(counted))
        .order_by_asc(purse::Column::Id)
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    let say = |id| format!("purse {id} keeps another balance than its entries give");
    Ok(wrong.into_iter().map(say).collect())
}

/// Purses whose entries are read at a time: each entry once, by the index of the purse's entries, however many quarters there are.
const PURSES: usize = 200;

/// A purse with its entries: amount, balance after it, moment.
struct Account {
    id: PurseId,
    balance: Points,
    entries: Vec<(Points, Option<Points>, DateTime<Utc>)>,
}

/// The purses of people that are looked at, with their balances; one statement.
async fn people(tx: &Tx, span: Span) -> Result<Vec<(PurseId, Points)>> {
    tx.find::<purse::Entity>()
        .select_only()
        .columns([purse::Column::Id, purse::Column::Balance])
        .filter(of_people(tx, span))
        .order_by_asc(purse::Column::Id)
        .into_tuple()
        .all()
        .await
}

/// Some purses with all their entries; one statement.
async fn accounts(tx: &Tx, purses: &[(PurseId, Points)]) -> Result<Vec<Account>> {
    use points_entry::Column as Entry;
    let entries: Vec<(PurseId, Points, Option<Points>, DateTime<Utc>)> = tx
        .find::<points_entry::Entity>()
        .select_only()
        .columns([Entry::PurseId, Entry::Amount, Entry::BalanceAfter, Entry::At])
        .filter(Entry::PurseId.is_in(purses.iter().map(|(id, _)| *id)))
        .into_tuple()
        .all()
        .await?;
    let mut by_purse: HashMap<PurseId, Vec<_>> = HashMap::with_capacity(purses.len());
    for (purse, amount, balance, at) in entries {
        by_purse.entry(purse).or_default().push((amount, balance, at));
    }
    let with_entries = |(id, balance): &(PurseId, Points)| Account {
        id: *id,
        balance: *balance,
        entries: by_purse.remove(id).unwrap_or_default(),
    };
    Ok(purses.iter().map(with_entries).collect())
}

async fn scores(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use purse_quarter::Column as Kept;
    let mut wrong = Vec::new();
    for purses in people(tx, span).await?.chunks(PURSES) {
        let kept: Vec<(PurseId, String, Points)> = tx
            .find::<purse_quarter::Entity>()
            .select_only()
            .columns([Kept::PurseId, Kept::Quarter, Kept::Score])
            .filter(Kept::PurseId.is_in(purses.iter().map(|(id, _)| *id)))
            .into_tuple()
            .all()
            .await?;
        let mut counted: BTreeMap<(PurseId, String), Points> = BTreeMap::new();
        for one in accounts(tx, purses).await? {
            for (amount, _, at) in one.entries {
                *counted.entry((one.id, Quarter::of(at).to_string())).or_default() += amount;
            }
        }
        let mut differs = Vec::new();
        for (purse, quarter, score) in kept {
            let key = (purse, quarter);
            if counted.remove(&key).unwrap_or_default() != score {
                differs.push(key);
            }
        }
        // Whoever was given something has a score of that quarter: what is left has none.
        differs.extend(counted.into_keys());
        wrong.extend(differs.into_iter().map(|(purse, quarter)| {
            format!("purse {purse} keeps another score of {quarter} than its entries give")
        }));
    }
    Ok(wrong)
}

async fn chains(tx: &Tx, span: Span) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for purses in people(tx, span).await?.chunks(PURSES) {
        let odd = accounts(tx, purses).await?.into_iter().filter(|one| !follows(one));
        wrong.extend(odd.map(|one| {
            format!("purse {} has lines whose balances do not follow one another", one.id)
        }));
    }
    Ok(wrong)
}

/// Whether the balances after the entries lead from zero to the purse's, whatever the order of entries that share a moment: a walk from
/// zero to the balance leaves zero once more than it comes back, and reaches the balance once more than it leaves it.
fn follows(account: &Account) -> bool {
    // How often each balance is left, less how often it is reached.
    let mut steps: HashMap<i64, i64> = HashMap::from([(0, -1)]);
    *steps.entry(account.balance.hundredths()).or_default() += 1;
    for (amount, balance, _) in &account.entries {
        if let Some(balance) = *balance {
            *steps.entry((balance - *amount).hundredths()).or_default() += 1;
            *steps.entry(balance.hundredths()).or_default() -= 1;
        }
    }
    steps.values().all(|left| *left == 0)
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
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    Ok(empty.into_iter().map(|id| format!("purse {id} has no entry")).collect())
}
