//! Failed sign-ins, folded: whatever a stranger does, the table grows by a bounded number of rows a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, TenantId};

/// Accounts and addresses that are told apart in one minute, for each township on each node.
const APART: usize = 20;

/// So many failures of a kind within one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The account whose password was wrong; none for a name that there is not, or for several.
    pub account: Option<AccountId>,
    /// Where they came from; empty for several.
    pub address: String,
    /// Why they failed; several where it is empty.
    pub reason: &'static str,
    /// How many.
    pub times: u32,
}

type Source = (Option<AccountId>, String, &'static str);

#[derive(Debug, Default)]
struct Minute {
    minute: i64,
    /// Failures beyond the first, which was recorded when it came.
    further: HashMap<Source, u32>,
    others: u32,
}

impl Minute {
    fn close(&mut self) -> Vec<Failed> {
        let mut folded: Vec<Failed> = self
            .further
            .drain()
            .filter(|(_, times)| *times > 0)
            .map(|((account, address, reason), times)| Failed { account, address, reason, times })
            .collect();
        if self.others > 0 {
            let times = std::mem::take(&mut self.others);
            folded.push(Failed { account: None, address: String::new(), reason: "", times });
        }
        folded
    }
}

/// The running minute's failures of each township, in this process.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    minutes: Arc<Mutex<HashMap<TenantId, Minute>>>,
}

impl Failures {
    /// One more failure; gives back what is to be recorded now: the first of its kind in this minute, and the counts of
    /// a minute that is over.
    #[must_use]
    pub fn count(
        &self,
        tenant: TenantId,
        account: Option<AccountId>,
        address: &str,
        reason: &'static str,
        now: DateTime<Utc>,
    ) -> Vec<Failed> {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let open = minutes.entry(tenant).or_default();
        let minute = now.timestamp().div_euclid(60);
        let mut folded = Vec::new();
        if open.minute != minute {
            folded = open.close();
            open.minute = minute;
        }
        let source = (account, address.to_owned(), reason);
        if let Some(further) = open.further.get_mut(&source) {
            *further = further.saturating_add(1);
        } else if open.further.len() < APART {
            open.further.insert(source, 0);
            folded.push(Failed { account, address: address.to_owned(), reason, times: 1 });
        } else {
            open.others = open.others.saturating_add(1);
        }
        folded
    }

    /// The counts of the minutes that are over; all counts where `now` is none.
    #[must_use]
    pub fn over(&self, now: Option<DateTime<Utc>>) -> Vec<(TenantId, Vec<Failed>)> {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let running = now.map(|now| now.timestamp().div_euclid(60));
        let mut over = Vec::new();
        minutes.retain(|tenant, open| {
            if Some(open.minute) == running {
                return true;
            }
            over.push((*tenant, open.close()));
            false
        });
        over.retain(|(_, folded)| !folded.is_empty());
        over
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_395_600 + second, 0).unwrap()
    }

    proptest! {
        /// Every failure is counted exactly once, and a minute never takes more than forty-one rows.
        #[test]
        fn nothing_is_lost_and_the_rows_are_bounded(steps in prop::collection::vec((0_u8..60, 0_i64..3), 0..400)) {
            let (failures, tenant) = (Failures::default(), TenantId::new());
            let (mut second, mut recorded) = (0, Vec::new());
            let mut minutes = std::collections::HashSet::new();
            for (source, wait) in &steps {
                second += wait;
                minutes.insert(at(second).timestamp() / 60);
                recorded.extend(failures.count(tenant, None, &source.to_string(), "password", at(second)));
            }
            recorded.extend(failures.over(None).into_iter().flat_map(|(_, folded)| folded));
            let total: u32 = recorded.iter().map(|one| one.times).sum();
            prop_assert_eq!(usize::try_from(total).unwrap(), steps.len());
            prop_assert!(recorded.len() <= minutes.len() * (2 * APART + 1));
            prop_assert!(failures.over(None).is_empty());
        }
    }

    #[test]
    fn the_running_minute_stays_open() {
        let (failures, tenant) = (Failures::default(), TenantId::new());
        assert_eq!(failures.count(tenant, None, "a", "password", at(0)).len(), 1);
        assert_eq!(failures.count(tenant, None, "a", "password", at(1)), []);
        assert_eq!(failures.over(Some(at(2))), []);
        let over = failures.over(Some(at(61)));
        assert_eq!(over.len(), 1);
        assert_eq!(
            over[0].1,
            [Failed { account: None, address: "a".to_owned(), reason: "password", times: 1 }]
        );
    }
}
