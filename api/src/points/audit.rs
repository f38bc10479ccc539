//! Counting the whole ledger again.

use std::collections::{BTreeMap, HashMap};

use entity::ids::{Points, PointsEntryId, PostingId, PurseId};
use entity::kinds::HolderKind;
use entity::{points_entry, purse, purse_quarter};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rules::Quarter;
use crate::http::Result;
use crate::tenancy::Tx;

/// Entries read at a time by the audit.
const AUDIT_CHUNK: u64 = 5_000;

/// Something in which what is kept and what the entries say differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The entries of a posting do not sum to zero.
    Unbalanced {
        /// The posting.
        posting: PostingId,
        /// What they sum to.
        sum: Points,
    },
    /// A purse keeps another balance than its entries give.
    Balance {
        /// The purse.
        purse: PurseId,
        /// The balance that it keeps.
        kept: Points,
        /// The sum of its entries.
        counted: Points,
    },
    /// A quarter keeps another score than the entries of that quarter give.
    Score {
        /// The purse.
        purse: PurseId,
        /// The quarter, as `2026Q4`.
        quarter: String,
        /// The score that is kept.
        kept: Points,
        /// The sum of the quarter's entries.
        counted: Points,
    },
    /// The balances noted after each entry do not lead from zero to the balance of the purse.
    Chain {
        /// The purse.
        purse: PurseId,
    },
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
