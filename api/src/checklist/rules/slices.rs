//! How much is done by one transaction where much is to be done.

use std::collections::HashMap;

use entity::kinds::PostKind;

use super::duty::Duty;

/// People of one slice at most: they are named in statements.
pub(crate) const PEOPLE: usize = 500;

/// The duties of the post that has most of them: as many tasks as somebody may owe in one post.
#[must_use]
pub(crate) fn most_of_a_post(duties: impl IntoIterator<Item = Vec<Duty>>) -> usize {
    let mut of_post: HashMap<PostKind, usize> = HashMap::new();
    for duty in duties.into_iter().flatten() {
        *of_post.entry(duty.role).or_default() += 1;
    }
    of_post.into_values().max().unwrap_or(0)
}

/// How many of these people make a slice, by the posts of each in their order: those who come to so many tasks at most, where a post
/// has up to `each`; one at least, or nothing would go on.
#[must_use]
pub(crate) fn fitting(posts: impl IntoIterator<Item = usize>, each: usize, tasks: usize) -> usize {
    let mut left = tasks;
    let fit = posts.into_iter().take(PEOPLE).take_while(|posts| {
        let more = left.checked_sub(posts.saturating_mul(each));
        left = more.unwrap_or(0);
        more.is_some()
    });
    fit.count().max(1)
}

/// So many more, as a job counts them.
#[must_use]
pub(crate) fn counted(before: i32, count: usize) -> i32 {
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
        fn a_slice_goes_on_and_is_no_longer_than_it_may_be(
            roles in prop::collection::vec(any_role(), 0..300),
            posts in prop::collection::vec(1_usize..6, 1..1200),
            tasks in 1_usize..2000,
        ) {
            let duties: Vec<Duty> = roles.iter().map(|role| duty(*role, Frequency::Weekly, 3)).collect();
            let each = most_of_a_post([duties.clone()]);
            for post in PostKind::ALL {
                prop_assert!(duties.iter().filter(|duty| duty.role == *post).count() <= each);
            }
            let fit = fitting(posts.iter().copied(), each, tasks);
            let of = |people: usize| posts.iter().take(people).sum::<usize>() * each;
            prop_assert!((1..=PEOPLE).contains(&fit));
            prop_assert!(fit == 1 || of(fit) <= tasks);
            // Nobody is left to the next one without need.
            prop_assert!(fit == PEOPLE.min(posts.len()) || of(fit + 1) > tasks);
        }
    }
}
