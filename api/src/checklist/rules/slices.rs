//! How much is done by one transaction where much is to be done.

use std::collections::HashMap;

use entity::kinds::PostKind;

use super::duty::Duty;

/// Tasks opened by one transaction, about: that takes some tenths of a second, for which others wait.
pub const TASKS: usize = 1000;
/// People of one slice at most: they are named in statements.
const PEOPLE: usize = 500;

/// How many people a slice has, where each owes the duties of one post.
#[must_use]
pub fn people_at_once(duties: impl IntoIterator<Item = Vec<Duty>>) -> usize {
    let mut of_post: HashMap<PostKind, usize> = HashMap::new();
    for duty in duties.into_iter().flatten() {
        *of_post.entry(duty.role).or_default() += 1;
    }
    let most = of_post.into_values().max().unwrap_or(0).max(1);
    (TASKS / most).clamp(1, PEOPLE)
}

/// So many more, as a job counts them.
#[must_use]
pub fn tasks(before: i32, count: usize) -> i32 {
    before.saturating_add(i32::try_from(count).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use entity::kinds::Frequency;
    use proptest::prelude::*;

    use super::super::samples::{any_role, duty};
    use super::*;

    proptest! {
        #[test]
        fn a_slice_goes_on_and_is_no_longer_than_it_may_be(roles in prop::collection::vec(any_role(), 0..1500)) {
            let duties: Vec<Duty> = roles.iter().map(|role| duty(*role, Frequency::Weekly, 3)).collect();
            let people = people_at_once([duties.clone()]);
            prop_assert!((1..=PEOPLE).contains(&people));
            for post in PostKind::ALL {
                let each = duties.iter().filter(|duty| duty.role == *post).count();
                prop_assert!(people == 1 || people * each <= TASKS);
            }
        }
    }
}
