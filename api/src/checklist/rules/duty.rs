//! Duties: what makes two of them the same.

use std::collections::HashMap;

use entity::clock_policy::ClockPolicy;
use entity::ids::{ChecklistId, ChecklistItemId};
use entity::kinds::{Frequency, PostKind};
use uuid::Uuid;

use crate::task::rules::derived_id;

/// The kind of the tasks that lists ask for.
pub(crate) const SOURCE: &str = "checklist";

/// The identity of a duty through the versions of its list: the same words for the same post with the same frequency
/// are the same duty, whatever its position, evidence, limit or points. (The words of posts and frequencies enter as
/// they stand in the interface, where they never change.) It is what keeps a new version from asking a
/// second time in a period that has been asked for already.
#[must_use]
pub(crate) fn duty_id(list: ChecklistId, what: &str, role: PostKind, frequency: Frequency) -> Uuid {
    derived_id([
        list.uuid().as_bytes().as_slice(),
        role.as_str().as_bytes(),
        frequency.as_str().as_bytes(),
        what.trim().as_bytes(),
    ])
}

/// Positions (from 0) of items that repeat an earlier one: the same words, post and frequency.
#[must_use]
pub(crate) fn repeated<'a>(
    items: impl IntoIterator<Item = (&'a str, PostKind, Frequency)>,
) -> Vec<(usize, usize)> {
    let mut first: HashMap<(&str, PostKind, Frequency), usize> = HashMap::new();
    let mut found = Vec::new();
    for (index, (what, role, frequency)) in items.into_iter().enumerate() {
        let key = (what.trim(), role, frequency);
        match first.get(&key) {
            Some(earlier) => found.push((index, *earlier)),
            None => {
                first.insert(key, index);
            }
        }
    }
    found
}

/// What of an item decides about tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Duty {
    /// The item in its version.
    pub item_id: ChecklistItemId,
    /// See [`duty_id`].
    pub duty_id: Uuid,
    /// Whose duty it is.
    pub role: PostKind,
    /// How often it falls due.
    pub frequency: Frequency,
    /// Working days, counted from the first day.
    pub limit_working_days: i32,
}

impl Duty {
    /// How long it may take.
    #[must_use]
    pub(crate) const fn clock_policy(&self) -> ClockPolicy {
        ClockPolicy::WorkingDays(self.limit_working_days)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{any_frequency, any_role};
    use super::*;

    #[test]
    fn repeated_items_are_found_whatever_the_spaces() {
        let items = [
            ("每周巡查一次网格", PostKind::Worker, Frequency::Weekly),
            ("每周巡查一次网格", PostKind::SubHead, Frequency::Weekly),
            (" 每周巡查一次网格 ", PostKind::Worker, Frequency::Weekly),
        ];
        assert_eq!(repeated(items), vec![(2, 0)]);
    }

    proptest! {
        #[test]
        fn a_duty_keeps_its_identity_only_with_words_post_and_frequency(
            a in "\\PC{1,12}", b in "\\PC{1,12}", role in any_role(), other in any_role(),
            frequency in any_frequency(), second in any_frequency(),
        ) {
            let list = ChecklistId::new();
            let id = duty_id(list, &a, role, frequency);
            prop_assert_eq!(duty_id(list, &format!(" {a} "), role, frequency), id);
            prop_assert_eq!(duty_id(list, &b, role, frequency) == id, a.trim() == b.trim());
            prop_assert_eq!(duty_id(list, &a, other, frequency) == id, role == other);
            prop_assert_eq!(duty_id(list, &a, role, second) == id, frequency == second);
            prop_assert_ne!(duty_id(ChecklistId::new(), &a, role, frequency), id);
        }
    }
}
