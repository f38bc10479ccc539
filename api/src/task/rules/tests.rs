use super::*;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_default()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_default()
}

fn after(days: i32, first_day: &str) -> DateTime<Utc> {
    let policy = ClockPolicy::WorkingDays(days);
    due_at(policy, day(first_day), at("2026-09-01T09:00:00+08:00"), Calendar::china())
        .unwrap_or_default()
}

#[test]
fn three_working_days_from_monday_end_on_wednesday() {
    let due = after(3, "2026-11-23");
    assert_eq!(due, at("2026-11-25T17:30:00+08:00"));
}

#[test]
fn a_first_day_off_is_counted_from_the_next_working_day() {
    assert_eq!(after(1, "2026-11-21"), at("2026-11-23T17:30:00+08:00"));
}

#[test]
fn around_national_day() {
    // 9月20日 is a Sunday that is worked, 25日 to 27日 is Mid-Autumn.
    assert_eq!(after(3, "2026-09-18"), at("2026-09-21T17:30:00+08:00"));
    assert_eq!(after(2, "2026-09-24"), at("2026-09-28T17:30:00+08:00"));
    // October's duties: the first working day is the 8th, Saturday the 10th counts.
    assert_eq!(after(3, "2026-10-01"), at("2026-10-10T17:30:00+08:00"));
    assert_eq!(after(4, "2026-10-01"), at("2026-10-12T17:30:00+08:00"));
}

#[test]
fn plain_days_and_hours_know_no_calendar() {
    let (china, friday) = (Calendar::china(), at("2026-11-27T16:00:00+08:00"));
    let due = |policy| due_when_opened(policy, day("2026-11-27"), friday, china);
    assert_eq!(due(ClockPolicy::WorkingDays(2)), at("2026-11-30T17:30:00+08:00"));
    assert_eq!(due(ClockPolicy::Days(2)), at("2026-11-28T17:30:00+08:00"));
    assert_eq!(due(ClockPolicy::Days(1)), at("2026-11-27T17:30:00+08:00"));
    assert_eq!(due(ClockPolicy::Hours(48)), at("2026-11-29T16:00:00+08:00"));
    assert_eq!(due_at(ClockPolicy::Moment, day("2026-11-27"), friday, china), None);
}

#[test]
fn a_task_opened_after_hours_begins_the_next_day() {
    let (monday, evening) = (day("2026-11-23"), at("2026-11-23T20:00:00+08:00"));
    let due =
        |days| due_when_opened(ClockPolicy::WorkingDays(days), monday, evening, Calendar::china());
    assert_eq!(due(1), at("2026-11-24T17:30:00+08:00"));
    assert_eq!(due(3), at("2026-11-25T17:30:00+08:00"));
}

#[test]
fn a_holder_who_comes_late_in_the_period_is_counted_from_today() {
    let now = at("2026-11-23T09:00:00+08:00");
    let policy = ClockPolicy::WorkingDays(3);
    let due = due_when_opened(policy, day("2026-11-01"), now, Calendar::china());
    assert_eq!(due, at("2026-11-25T17:30:00+08:00"));
}

#[test]
fn another_grid_period_item_or_assignee_is_another_obligation() {
    let (grid, item, person) = (GridId::new(), Uuid::now_v7(), MemberId::new());
    let of =
        |item, period, grid, assignee| obligation_id("checklist", item, period, grid, &assignee);
    let one = of(item, "2026-11", Some(grid), Assignee::Person(person, None));
    let as_head = Assignee::Person(person, Some(PostKind::SubHead));
    assert_eq!(of(item, "2026-11", Some(grid), as_head), one, "the post is no part of it");
    let others = [
        of(Uuid::now_v7(), "2026-11", Some(grid), as_head),
        of(item, "2026-12", Some(grid), as_head),
        of(item, "2026-11", None, as_head),
        of(item, "2026-11", Some(GridId::new()), as_head),
        of(item, "2026-11", Some(grid), Assignee::Person(MemberId::new(), None)),
        of(item, "2026-11", Some(grid), Assignee::Post(grid, PostKind::SubHead)),
        of(item, "2026-11", Some(grid), Assignee::Post(grid, PostKind::Worker)),
        of(
            item,
            "2026-11",
            Some(grid),
            Assignee::Organisation(PartyOrgId::from_uuid(person.uuid())),
        ),
    ];
    let different: std::collections::HashSet<Uuid> = others.into_iter().collect();
    assert_eq!(different.len(), others.len());
    assert!(!different.contains(&one));
}

#[test]
fn lateness() {
    let due = at("2026-11-25T17:30:00+08:00");
    let after = at("2026-11-25T17:30:01+08:00");
    assert!(!late(TaskState::Open, due, None, due));
    assert!(late(TaskState::Open, due, None, after));
    assert!(late(TaskState::Returned, due, Some(due), after));
    assert!(!late(TaskState::Submitted, due, Some(due), after));
    assert!(late(TaskState::Submitted, due, Some(after), after));
    assert!(!late(TaskState::Verified, due, Some(after), after));
    assert!(!late(TaskState::Cancelled, due, None, after));
}

#[test]
fn what_came_in_time_looks_right() {
    let due = at("2026-11-25T17:30:00+08:00");
    let after = at("2026-11-25T17:30:01+08:00");
    assert!(looks_right(TaskState::Submitted, due, Some(due)));
    assert!(!looks_right(TaskState::Submitted, due, Some(after)));
    for state in [TaskState::Open, TaskState::Returned, TaskState::Verified, TaskState::Cancelled] {
        assert!(!looks_right(state, due, Some(due)), "{state}");
    }
}

#[test]
fn evidence() {
    let lacks = |wanted: &[Requirement], given: Given<'_>| -> Vec<EvidenceKind> {
        let wanted = Requirements(wanted.to_vec());
        lacking(&wanted, given).into_iter().map(|one| one.kind).collect()
    };
    let [text, photo, number] =
        [EvidenceKind::Text, EvidenceKind::Photo, EvidenceKind::Number].map(Requirement::one);
    let nothing = Given::default();
    assert_eq!(lacks(&[], nothing), []);
    let words = Given { text: Some("已巡查"), ..nothing };
    assert_eq!(
        lacks(std::slice::from_ref(&text), Given { text: Some("  "), ..nothing }),
        [EvidenceKind::Text]
    );
    assert_eq!(lacks(std::slice::from_ref(&text), words), []);
    let three = Requirement { count: 3, ..photo.clone() };
    assert_eq!(
        lacks(std::slice::from_ref(&three), Given { photos: 2, ..nothing }),
        [EvidenceKind::Photo]
    );
    assert_eq!(lacks(std::slice::from_ref(&three), Given { photos: 3, ..nothing }), []);
    let households = Requirement { least: Some(1.0), most: Some(40.0), ..number.clone() };
    let counted = |number| Given { number: Some(number), ..nothing };
    for (given, fits) in [(0.0, false), (1.0, true), (40.0, true), (40.5, false)] {
        assert_eq!(
            lacks(std::slice::from_ref(&households), counted(given)).is_empty(),
            fits,
            "{given}"
        );
    }
    assert_eq!(lacks(std::slice::from_ref(&number), counted(0.0)), []);
    // Each thing that is asked for, whatever else is given.
    assert_eq!(lacks(&[text, photo, number], words), [EvidenceKind::Photo, EvidenceKind::Number]);
}

#[test]
fn what_an_organisation_owes_is_done_by_who_accepted_it() {
    let nobody = Facts {
        state: TaskState::Open,
        owes: true,
        did: false,
        accepted: false,
        to_be_accepted: true,
        submits: true,
        verifies: false,
        verifies_all: false,
        verifying_head: false,
    };
    let refusal = |act, facts| allowed(act, facts).err();
    assert_eq!(refusal(Act::Submit, &nobody), Some(codes::NOT_ACCEPTED));
    assert_eq!(refusal(Act::Accept, &nobody), None);
    let mine = Facts { did: true, accepted: true, ..nobody };
    assert_eq!(refusal(Act::Submit, &mine), None);
    assert_eq!(refusal(Act::Accept, &mine), Some(Code::STATE_CONFLICT.into()));
    let colleagues = Facts { accepted: true, ..nobody };
    assert_eq!(refusal(Act::Submit, &colleagues), Some(codes::NOT_ACCEPTED));
    assert_eq!(refusal(Act::Accept, &colleagues), None, "a colleague takes it over");
    let strangers = Facts { owes: false, ..colleagues };
    assert_eq!(refusal(Act::Accept, &strangers), Some(codes::NOT_ASSIGNEE));
    // A person's own task is accepted once, and handed in with or without it.
    let own = Facts { to_be_accepted: false, did: true, ..nobody };
    assert_eq!(refusal(Act::Accept, &own), None);
    assert_eq!(refusal(Act::Submit, &own), None);
    assert_eq!(
        refusal(Act::Accept, &Facts { accepted: true, ..own }),
        Some(Code::STATE_CONFLICT.into())
    );
}

#[test]
fn what_is_taken_over_is_taken_from_who_has_it() {
    let (colleague, another) = (Some(MemberId::new()), Some(MemberId::new()));
    assert!(!taken(None, None), "nobody has it");
    assert!(!taken(colleague, colleague));
    assert!(taken(colleague, None), "somebody was quicker");
    assert!(taken(colleague, another), "somebody else has it by now");
    assert!(!taken(None, colleague), "it waits with everybody again");
}

fn any_moment() -> impl Strategy<Value = DateTime<Utc>> {
    (1_700_000_000_i64..1_900_000_000)
        .prop_map(|s| DateTime::from_timestamp(s, 0).unwrap_or_default())
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let state = prop_oneof![
        Just(TaskState::Open),
        Just(TaskState::Submitted),
        Just(TaskState::Returned),
        Just(TaskState::Verified),
        Just(TaskState::Cancelled)
    ];
    (state, any::<[bool; 8]>()).prop_map(
        |(
            state,
            [owes, did, accepted, to_be_accepted, submits, verifies, verifies_all, verifying_head],
        )| Facts {
            state,
            owes,
            did,
            accepted,
            to_be_accepted,
            submits,
            verifies,
            verifies_all,
            verifying_head,
        },
    )
}

proptest! {
    #[test]
    fn no_task_is_born_late(
        now in any_moment(), first in -400_i64..40, limit in 1_i32..=60, which in 0..3,
    ) {
        let policy = match which {
            0 => ClockPolicy::WorkingDays(limit),
            1 => ClockPolicy::Days(limit),
            _ => ClockPolicy::Hours(limit),
        };
        let first_day = (now + TimeDelta::hours(8)).date_naive() + TimeDelta::days(first);
        let due = due_when_opened(policy, first_day, now, Calendar::china());
        prop_assert!(due > now);
        prop_assert!(!late(TaskState::Open, due, None, now));
        let plain = due_at(policy, first_day, now, Calendar::china()).unwrap_or_default();
        prop_assert!(due >= plain);
        prop_assert!(plain <= now || due == plain);
    }

    #[test]
    fn due_is_half_past_five_of_a_working_day(now in any_moment(), limit in 1_i32..=60) {
        let policy = ClockPolicy::WorkingDays(limit);
        let due = due_at(policy, now.date_naive(), now, Calendar::china()).unwrap_or_default();
        let beijing = due + TimeDelta::hours(8);
        prop_assert_eq!(beijing.time(), NaiveTime::MIN + TimeDelta::minutes(17 * 60 + 30));
        prop_assert!(Calendar::china().is_working(beijing.date_naive()));
    }

    #[test]
    fn of_what_is_handed_in_either_it_is_late_or_it_looks_right(
        due in any_moment(), handed in any_moment(), now in any_moment(), facts in any_facts(),
    ) {
        let right = looks_right(facts.state, due, Some(handed));
        let is_late = late(facts.state, due, Some(handed), now);
        prop_assert!(!(right && is_late));
        prop_assert_eq!(facts.state == TaskState::Submitted, right || (is_late && facts.state == TaskState::Submitted));
    }

    #[test]
    fn nobody_verifies_or_returns_his_own_task(mut facts in any_facts(), did in any::<bool>()) {
        facts.did |= did;
        facts.owes |= !did;
        prop_assert!(allowed(Act::Verify, &facts).is_err());
        prop_assert!(allowed(Act::Return, &facts).is_err());
    }

    #[test]
    fn only_the_assignee_submits_and_nothing_moves_a_settled_task(facts in any_facts()) {
        if allowed(Act::Submit, &facts).is_ok() {
            prop_assert!(facts.owes && facts.submits);
            prop_assert!(facts.did || !facts.to_be_accepted);
        }
        for act in [Act::Accept, Act::Submit, Act::Verify, Act::Return] {
            for state in [TaskState::Verified, TaskState::Cancelled] {
                let settled = Facts { state, ..facts };
                prop_assert!(allowed(act, &settled).is_err());
            }
            if let Ok(to) = allowed(act, &facts) {
                prop_assert_eq!(next(facts.state, act), Some(to));
            }
        }
    }

    #[test]
    fn an_act_lies_between_the_hand_over_and_now(
        ago in -600_i64..10_000_000, handed in any_moment(), wait in 0_i64..10_000_000,
    ) {
        let now = handed + TimeDelta::seconds(wait);
        let done = now - TimeDelta::seconds(ago);
        match moment(Some(done), handed, now) {
            Some(at) => prop_assert!(handed <= at && at <= now && ago >= -120),
            None => prop_assert!(ago < -120),
        }
    }
}
