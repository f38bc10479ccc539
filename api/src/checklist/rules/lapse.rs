//! What a list does not find: tasks whose duty or post has ended, posts in which nobody is.

use std::collections::{HashMap, HashSet};

use entity::ids::{GridId, MemberId, TaskId};
use entity::kinds::{GridKind, PostKind};
use uuid::Uuid;

use super::duty::Duty;
use super::opening::Holder;
use crate::grid::Needed;
use crate::grid::rules::{single, suits};
use crate::task::Owed;

/// Why a task is owed no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lapse {
    /// The person is not in the post any more.
    PostEnded,
    /// No list asks for it any more: none that is in force in its period, or was when that ended.
    DutyDropped,
}

/// Which duties are asked for, by the keys of the periods of which that is known.
pub(crate) type Asked = HashMap<String, HashSet<Uuid>>;

/// The tasks that are owed no longer: what was owed in a post that the person has left, and what is not asked for in its period, where
/// it is known what is. What an earlier period left undone under a duty dropped since then stays owed: a new version does not wipe
/// out what the old one asked in its time.
#[must_use]
pub(crate) fn lapsed(owed: &[Owed], asked: &Asked, holders: &[Holder]) -> Vec<(TaskId, Lapse)> {
    let held: HashSet<(PostKind, GridId, MemberId)> =
        holders.iter().map(|h| (h.kind, h.grid_id, h.member_id)).collect();
    owed.iter()
        .filter_map(|task| {
            // A task of a list is a person's in a post of a grid: what lacks one of these is held by nobody.
            let is_held = task
                .post
                .zip(task.grid_id)
                .zip(task.member_id)
                .is_some_and(|((post, grid), member)| held.contains(&(post, grid, member)));
            let lapse = if !is_held {
                Lapse::PostEnded
            } else if asked
                .get(&task.period)
                .is_some_and(|duties| !duties.contains(&task.source_item_id))
            {
                Lapse::DutyDropped
            } else {
                return None;
            };
            Some((task.id, lapse))
        })
        .collect()
}

/// The posts with duties that must be held, each with the kinds of grid that have it. (Instructors and workers have a duty where they are; a
/// grid without them lacks nobody.)
#[must_use]
pub(crate) fn needed(duties: &[Duty]) -> Vec<Needed> {
    let roles: HashSet<PostKind> = duties.iter().map(|d| d.role).collect();
    let suited = |post: PostKind| -> Needed {
        (post, GridKind::ALL.iter().copied().filter(|grid| suits(post, *grid)).collect())
    };
    let heads = PostKind::ALL.iter().copied().filter(|role| single(*role));
    heads.filter(|role| roles.contains(role)).map(suited).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use entity::kinds::Frequency;
    use proptest::prelude::*;

    use super::super::opening::openings;
    use super::super::period::running;
    use super::super::samples::{any_frequency, any_role, day, duty, monday};
    use super::*;
    use crate::calendar::Calendar;

    fn asked(on: &str, duties: &HashSet<Uuid>) -> Asked {
        running(day(on)).into_iter().map(|period| (period, duties.clone())).collect()
    }

    #[test]
    fn a_head_with_duties_is_needed_and_a_worker_is_not() {
        let duties = [
            duty(PostKind::GeneralHead, Frequency::Monthly, 3),
            duty(PostKind::GeneralHead, Frequency::Weekly, 3),
            duty(PostKind::Supervisor, Frequency::Weekly, 3),
            duty(PostKind::Worker, Frequency::Weekly, 3),
        ];
        assert_eq!(
            needed(&duties),
            vec![
                (PostKind::Supervisor, vec![GridKind::Township, GridKind::General]),
                (PostKind::GeneralHead, vec![GridKind::General])
            ]
        );
        assert_eq!(needed(&duties[3..]), vec![]);
    }

    #[test]
    fn what_lapses_and_what_stays_owed() {
        let (grid, head, other) = (GridId::new(), MemberId::new(), MemberId::new());
        let (kept, dropped) = (Uuid::now_v7(), Uuid::now_v7());
        let owed = |source_id, period: &str, member_id| Owed {
            id: TaskId::new(),
            source_item_id: source_id,
            period: period.to_owned(),
            post: Some(PostKind::SubHead),
            grid_id: Some(grid),
            member_id: Some(member_id),
        };
        let tasks = [
            owed(kept, "2026-11", head),
            owed(kept, "2026-10", head),
            owed(dropped, "2026-11", head),
            owed(dropped, "2026-W47", head),
            owed(dropped, "once", head),
            owed(dropped, "2026-10", head),
            owed(kept, "2026-11", other),
            owed(dropped, "2026-10", other),
        ];
        let holder = Holder {
            kind: PostKind::SubHead,
            since: day("2026-01-01"),
            grid_id: grid,
            member_id: head,
        };
        let kept = HashSet::from([kept]);
        let found = lapsed(&tasks, &asked("2026-11-22", &kept), std::slice::from_ref(&holder));
        let expected: Vec<(TaskId, Lapse)> = [
            (2, Lapse::DutyDropped),
            (3, Lapse::DutyDropped),
            (4, Lapse::DutyDropped),
            (6, Lapse::PostEnded),
            (7, Lapse::PostEnded),
        ]
        .into_iter()
        .map(|(index, lapse)| (tasks[index].id, lapse))
        .collect();
        assert_eq!(found, expected);
        // Of an earlier period it is known, too, when it ended without them.
        let longer = asked("2026-11-22", &kept).into_iter().chain(asked("2026-10-31", &kept));
        let found: HashSet<TaskId> =
            lapsed(&tasks, &longer.collect(), &[holder]).into_iter().map(|one| one.0).collect();
        assert!(found.contains(&tasks[5].id) && !found.contains(&tasks[1].id));
    }

    proptest! {
        #[test]
        fn nothing_that_would_be_opened_lapses(
            roles in prop::collection::vec((any_role(), any_frequency()), 0..6),
            posts in prop::collection::vec(any_role(), 0..12),
            later in 0_i64..400,
        ) {
            let duties: Vec<Duty> = roles.iter().map(|(r, f)| duty(*r, *f, 3)).collect();
            let holders: Vec<Holder> = posts.iter().map(|kind| Holder {
                kind: *kind,
                since: day("2026-01-01"),
                grid_id: GridId::new(),
                member_id: MemberId::new(),
            }).collect();
            let when = monday(9);
            let owed: Vec<Owed> = openings(&duties, &holders, when, Calendar::china()).into_iter()
                .map(|o| Owed {
                    id: TaskId::new(),
                    post: Some(o.role),
                    source_item_id: o.duty_id,
                    period: o.period,
                    grid_id: Some(o.grid_id),
                    member_id: Some(o.member_id),
                })
                .collect();
            let in_force: HashSet<Uuid> = duties.iter().map(|d| d.duty_id).collect();
            let day = when.today + TimeDelta::days(later);
            let asked: Asked = running(day).into_iter().map(|period| (period, in_force.clone())).collect();
            prop_assert_eq!(lapsed(&owed, &asked, &holders), vec![]);
            let all = lapsed(&owed, &asked, &[]);
            prop_assert_eq!(all.len(), owed.len());
            prop_assert!(all.iter().all(|(_, lapse)| *lapse == Lapse::PostEnded));
        }
    }
}
