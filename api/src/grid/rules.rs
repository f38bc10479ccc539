//! What holds for grids and posts whatever the database says.

use chrono::NaiveDate;
use entity::kinds::{GridKind, PostKind};

/// Characters in a code.
pub const CODE_MAX: usize = 32;
/// Characters in a name.
pub const NAME_MAX: usize = 100;

/// Days that an appointment may lie ahead, or an end.
pub const AHEAD: u64 = 366;

/// Where grids of this kind may hang: `None` stands for the top of the tree.
pub fn may_hang(kind: GridKind, parent: Option<GridKind>) -> bool {
    match kind {
        GridKind::Township => parent.is_none(),
        GridKind::General => parent == Some(GridKind::Township),
        GridKind::Sub => matches!(parent, Some(GridKind::General | GridKind::Dedicated)),
        GridKind::Micro => matches!(parent, Some(GridKind::Sub | GridKind::Dedicated)),
        GridKind::Dedicated => true,
    }
}

/// Why a grid may not hang there, in the user's words.
pub fn hanging_message(kind: GridKind) -> &'static str {
    match kind {
        GridKind::Township => "大网格是最上一级，不能再有上级网格",
        GridKind::General => "总网格的上级应为大网格",
        GridKind::Sub => "子网格的上级应为总网格或专属网格",
        GridKind::Micro => "微网格的上级应为子网格或专属网格",
        GridKind::Dedicated => "上级网格不正确",
    }
}

/// Which posts a grid of this kind has.
pub fn suits(post: PostKind, grid: GridKind) -> bool {
    match post {
        PostKind::Supervisor => matches!(grid, GridKind::Township | GridKind::General),
        PostKind::GeneralHead => grid == GridKind::General,
        PostKind::SubHead => grid == GridKind::Sub,
        PostKind::Instructor | PostKind::Worker => true,
    }
}

/// Where the post belongs, in the user's words.
pub fn suiting_message(post: PostKind) -> &'static str {
    match post {
        PostKind::Supervisor => "督导员只设在大网格或总网格",
        PostKind::GeneralHead => "总网格长只设在总网格",
        PostKind::SubHead => "子网格长只设在子网格",
        PostKind::Instructor | PostKind::Worker => "该网格不设此岗位",
    }
}

/// The same in English.
pub fn suiting_message_en(post: PostKind) -> &'static str {
    match post {
        PostKind::Supervisor => "a supervisor belongs to a township or general grid",
        PostKind::GeneralHead => "a general grid head belongs to a general grid",
        PostKind::SubHead => "a sub-grid head belongs to a sub-grid",
        PostKind::Instructor | PostKind::Worker => "the grid has no such post",
    }
}

/// Posts that one person at a time holds in a grid.
pub fn single(post: PostKind) -> bool {
    matches!(post, PostKind::Supervisor | PostKind::GeneralHead | PostKind::SubHead)
}

/// The head that a grid of this kind must have.
pub fn needed(grid: GridKind) -> Option<PostKind> {
    match grid {
        GridKind::General => Some(PostKind::GeneralHead),
        GridKind::Sub => Some(PostKind::SubHead),
        GridKind::Township | GridKind::Micro | GridKind::Dedicated => None,
    }
}

/// The posts a grid needs and does not have, given the kinds of its running posts.
pub fn vacant(grid: GridKind, running: &[PostKind]) -> Vec<PostKind> {
    needed(grid).into_iter().filter(|post| !running.contains(post)).collect()
}

/// The days a post is held: from `since` up to, not including, `until`; without an end when there is none.
/// So a successor can begin on the very day the predecessor ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The first day.
    pub since: NaiveDate,
    /// The first day on which it is held no more.
    pub until: Option<NaiveDate>,
}

impl Term {
    /// Whether the post is held on this day.
    pub fn runs_on(self, day: NaiveDate) -> bool {
        self.since <= day && self.until.is_none_or(|until| day < until)
    }

    /// Whether there is a day on which both posts are held.
    pub fn overlaps(self, other: Self) -> bool {
        let begin = self.since.max(other.since);
        self.until.is_none_or(|until| begin < until)
            && other.until.is_none_or(|until| begin < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds() -> impl Strategy<Value = GridKind> {
        prop::sample::select(GridKind::ALL)
    }

    fn term() -> impl Strategy<Value = Term> {
        (0..60_u64, prop::option::of(0..60_u64)).prop_map(|(since, length)| {
            let since = NaiveDate::default() + chrono::Days::new(since);
            Term { since, until: length.map(|days| since + chrono::Days::new(days)) }
        })
    }

    #[test]
    fn every_needed_head_suits_its_grid_and_is_single() {
        for kind in GridKind::ALL {
            if let Some(head) = needed(*kind) {
                assert!(suits(head, *kind) && single(head));
            }
        }
    }

    proptest! {
        #[test]
        fn only_dedicated_grids_can_hang_in_circles(first in kinds(), second in kinds()) {
            if may_hang(first, Some(second)) && may_hang(second, Some(first)) {
                prop_assert!(first == GridKind::Dedicated || second == GridKind::Dedicated);
            }
        }

        #[test]
        fn a_vacancy_closes_with_the_head(grid in kinds(), running in prop::collection::vec(prop::sample::select(PostKind::ALL), 0..4)) {
            let missing = vacant(grid, &running);
            let filled: Vec<_> = running.iter().copied().chain(missing.iter().copied()).collect();
            prop_assert!(vacant(grid, &filled).is_empty());
            prop_assert!(missing.iter().all(|post| !running.contains(post)));
        }

        #[test]
        fn terms_overlap_when_they_share_a_day(a in term(), b in term()) {
            let day = |n| NaiveDate::default() + chrono::Days::new(n);
            let shared = (0..200_u64).map(day).any(|d| a.runs_on(d) && b.runs_on(d));
            prop_assert_eq!(a.overlaps(b), shared);
            prop_assert_eq!(a.overlaps(b), b.overlaps(a));
        }
    }
}
