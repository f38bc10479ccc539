//! The ledger: double entry, posted once, balances that equal its entries.

use api::http::Code;
use api::points::rules::Quarter;
use api::points::{self, Post};
use api::tenancy::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{MemberId, Points};
use entity::kinds::{HolderKind, PostingSourceKind};
use entity::{points_entry, points_rule, posting, purse, purse_quarter};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, QueryFilter};
use support::prelude::*;
use uuid::Uuid;

use crate::activity::{enter_members, together};
use crate::rooms::Open::To;
use crate::rooms::{Room, beside, op, violation};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("get_my_purse", To("lcgwmi")),
        op("list_points_entries", To("lcgwmi")),
        op("list_points_rules", To("lcgwmi")),
        op("get_leaderboard", To("lcgwmi")),
    ],
    reads: &[
        "/leaderboard?quarter=2026Q4",
        "/points-entries?limit=1",
        "/points-entries?everybody=true",
        "/points-entries?everybody=true&changed_since=2026-01-01T00:00:00Z",
    ],
    beside: &[beside(Who::Leader, "GET", |_, foreign| {
        (foreign.path("/points-entries?member_id={member}"), Value::Null)
    })],
    provoke: |app, sweep| {
        Box::pin(async move {
            let integrator = app.client(Who::Integrator, Town::B).await;
            sweep.saw(Code::NO_MEMBER, &integrator.get("/purses/mine").await);
        })
    },
    tables: &["points_entry", "points_rule", "posting", "purse", "purse_quarter"],
    // Names in the ranking.
    foreign: &["member", "party_org"],
    violations: &[
        violation(
            "PT1",
            "UPDATE points_entry SET amount = amount + 1 WHERE balance_after IS NULL",
            "UPDATE points_entry SET amount = amount - 1 WHERE balance_after IS NULL",
        ),
        violation(
            "PT2",
            "UPDATE purse SET balance = balance + 1 WHERE holder_kind = 'member'",
            "UPDATE purse SET balance = balance - 1 WHERE holder_kind = 'member'",
        ),
        violation(
            "PT3",
            "UPDATE purse_quarter SET score = score + 1",
            "UPDATE purse_quarter SET score = score - 1",
        ),
        violation(
            "PT4",
            "UPDATE points_entry SET balance_after = balance_after + 1 WHERE balance_after IS NOT NULL",
            "UPDATE points_entry SET balance_after = balance_after - 1 WHERE balance_after IS NOT NULL",
        ),
        violation(
            "PT5",
            "INSERT INTO purse (tenant_id, id, holder_kind, holder_id, kind, balance) SELECT tenant_id, NEW_ID, 'member', id, 'standing', 0 \
             FROM member WHERE id NOT IN (SELECT holder_id FROM purse)",
            "DELETE FROM purse WHERE holder_kind = 'member' AND id NOT IN (SELECT purse_id FROM points_entry)",
        ),
    ],
    ..Room::of("points")
};

fn post_of(member_id: MemberId, source_id: Uuid, hundredths: i64, at: DateTime<Utc>) -> Post {
    Post {
        source_kind: PostingSourceKind::Task,
        source_id,
        rule: api::points::rules::TASK_ITEM.to_owned(),
        reason: "完成“走访”，计分".to_owned(),
        member_id,
        amount: Points::from_hundredths(hundredths),
        at,
    }
}

/// Posts in a transaction of its own; says whether it was new.
async fn post(app: &TestApp, town: Town, post: Post) -> bool {
    let posted = app.scope(town).write(async move |tx: &Tx| points::post(tx, post).await).await;
    posted.unwrap().is_some()
}

async fn give(app: &TestApp, member: MemberId, hundredths: i64) {
    assert!(post(app, Town::A, post_of(member, Uuid::now_v7(), hundredths, app.clock.now())).await);
}

on_both! {
    /// A source posts once under a rule; nothing is not posted; both sides sum to zero.
    async fn a_source_posts_once(app: TestApp) {
        let (town, source, now) = (app.town(Town::A), Uuid::now_v7(), app.clock.now());
        let member = town.members.member;
        assert!(post(&app, Town::A, post_of(member, source, 300, now)).await);
        assert!(!post(&app, Town::A, post_of(member, source, 300, now)).await);
        assert!(!post(&app, Town::A, post_of(member, source, 500, now)).await);
        assert!(!post(&app, Town::A, post_of(member, Uuid::now_v7(), 0, now)).await);
        // Eight at once, in transactions of their own.
        let again = Uuid::now_v7();
        let all = (0..8).map(|_| {
            let (app, post_once) = (app.clone(), post_of(member, again, 100, now));
            async move { post(&app, Town::A, post_once).await }
        });
        assert_eq!(together(all.collect()).await.into_iter().filter(|new| *new).count(), 1);

        let (postings, entries) = app.scope(Town::A).read(async |tx: &Tx| {
            Ok((tx.find::<posting::Entity>().count().await?, tx.find::<points_entry::Entity>().all().await?))
        }).await.unwrap();
        assert_eq!((postings, entries.len()), (2, 4));
        assert_eq!(entries.iter().map(|entry| entry.amount).sum::<Points>(), Points::ZERO);
        let purse = app.client(Who::Member, Town::A).await.get("/purses/mine").await.ok(200);
        assert_eq!(purse["balance"], 4);
        app.keeps_its_promises().await;
    }

    /// What a township needs is there once, however often it is made.
    async fn standing_data_is_made_once(app: TestApp) {
        let count = async || {
            app.scope(Town::A).read(async |tx: &Tx| {
                let issue = tx.find::<purse::Entity>().filter(purse::Column::HolderKind.eq(HolderKind::Issue));
                Ok((tx.find::<points_rule::Entity>().count().await?, issue.count().await?))
            }).await.unwrap()
        };
        assert_eq!(count().await, (2, 1));
        app.scope(Town::A).write(async |tx: &Tx| points::ensure_standing_data(tx).await).await.unwrap();
        assert_eq!(count().await, (2, 1));

        let rules = app.client(Who::Member, Town::A).await.get("/points-rules").await.ok(200);
        let hour = &rules["items"][0];
        assert_eq!((&hour["code"], &hour["per"]), (&json!("activity_hour"), &json!("hour")));
        assert_eq!((&hour["points"], &hour["cap_per_activity"]), (&json!(1), &json!(2)));
        assert!(hour["formula"].as_str().unwrap().contains("每次活动最多 2 分"));
        let item = &rules["items"][1];
        assert_eq!((&item["code"], &item["per"]), (&json!("task_item"), &json!("item")));
        assert_eq!(item["cap_per_activity"], Value::Null);
        assert_eq!(item["effective_from"], "2026-01-01");
    }

    /// Everyone reads their own lines; others' need the permission; other townships' people do not exist.
    async fn who_reads_whose_points(app: TestApp) {
        let town = app.town(Town::A);
        give(&app, town.members.member, 150).await;
        let member = app.client(Who::Member, Town::A).await;
        let own = format!("/points-entries?member_id={}", town.members.member);
        assert_eq!(member.get(&own).await.ok(200), member.get("/points-entries").await.ok(200));
        let other = format!("/points-entries?member_id={}", town.members.worker);
        member.get(&other).await.problem(403, "forbidden");

        let leader = app.client(Who::Leader, Town::A).await;
        assert_eq!(leader.get(&own).await.ok(200)["items"][0]["amount"], 1.5);
        let nothing = leader.get(&other).await.ok(200);
        assert_eq!([&nothing["items"], &nothing["next_cursor"]], [&json!([]), &Value::Null]);
        leader.get("/points-entries").await.problem(409, "no_member");
        leader.get("/purses/mine").await.problem(409, "no_member");
        let foreign = app.town(Town::B).members.member;
        let foreign = leader.get(&format!("/points-entries?member_id={foreign}")).await;
        foreign.problem(404, "not_found");
        let absent = leader.get(&format!("/points-entries?member_id={}", MemberId::new())).await;
        assert_eq!(foreign.without_trace(), absent.without_trace());
        app.client(Who::Administrator, Town::A).await.get("/leaderboard").await.problem(403, "forbidden");
        app.anonymous().get("/purses/mine").await.problem(401, "unauthenticated");

        // Whoever has earned nothing has an empty purse and no rank.
        let purse = app.client(Who::Worker, Town::A).await.get("/purses/mine").await.ok(200);
        assert_eq!((&purse["balance"], &purse["quarter_score"]), (&json!(0), &json!(0)));
        assert_eq!((&purse["rank"], &purse["of"]), (&Value::Null, &json!(1)));
        assert_eq!(app.client(Who::Member, Town::B).await.get("/leaderboard").await.ok(200)["items"], json!([]));
    }

    /// The newest line first, each with the balance after it; pages join without a gap.
    async fn lines_are_paged(app: TestApp) {
        let town = app.town(Town::A);
        for hundredths in [100, 50, 25] {
            give(&app, town.members.member, hundredths).await;
            give(&app, town.members.member, hundredths).await;
            app.clock.advance(TimeDelta::seconds(1));
        }
        let member = app.client(Who::Member, Town::A).await;
        let whole = member.get("/points-entries").await.ok(200);
        let balances: Vec<_> = whole["items"].as_array().unwrap().iter().map(|line| line["balance_after"].as_f64().unwrap()).collect();
        assert_eq!(balances, [3.5, 3.25, 3.0, 2.5, 2.0, 1.0]);
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = member.get(&format!("/points-entries?limit=1{cursor}")).await.ok(200);
            seen.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(json!(seen), whole["items"]);
        member.get("/points-entries?cursor=nonsense").await.problem(400, "invalid_cursor");
        member.get("/points-entries?limit=0").await.problem(422, "validation_failed");
        member.get("/points-entries?limit=201").await.problem(422, "validation_failed");
    }

    /// Equal scores share a rank; a quarter ends at midnight in Beijing; an old quarter can be asked for.
    async fn the_leaderboard_is_of_a_quarter(app: TestApp) {
        let town = app.town(Town::A);
        app.clock.set("2026-12-31T15:59:59Z".parse().unwrap());
        give(&app, town.members.member, 300).await;
        give(&app, town.members.worker, 300).await;
        give(&app, town.members.head, 500).await;
        give(&app, town.members.sub_head, 100).await;
        let member = app.client(Who::Member, Town::A).await;
        let board = member.get("/leaderboard").await.ok(200);
        assert_eq!(board["quarter"], "2026Q4");
        let places = |board: &Value| -> Vec<(u64, f64)> {
            board["items"].as_array().unwrap().iter()
                .map(|place| (place["rank"].as_u64().unwrap(), place["score"].as_f64().unwrap())).collect()
        };
        assert_eq!(places(&board), [(1, 5.0), (2, 3.0), (2, 3.0), (4, 1.0)]);
        assert_eq!(board["items"][0]["member"], json!({"id": town.members.head, "name": "顾建国"}));
        assert!(board["items"].as_array().unwrap().iter().any(|place| place["party_org"]["id"] == town.orgs.branch.to_string()));
        assert_eq!(places(&member.get("/leaderboard?limit=2").await.ok(200)), [(1, 5.0), (2, 3.0)]);
        let purse = member.get("/purses/mine").await.ok(200);
        assert_eq!((&purse["rank"], &purse["of"]), (&json!(2), &json!(4)));

        app.clock.advance(TimeDelta::seconds(1));
        give(&app, town.members.sub_head, 50).await;
        assert_eq!(member.get("/leaderboard").await.ok(200)["quarter"], "2027Q1");
        assert_eq!(places(&member.get("/leaderboard").await.ok(200)), [(1, 0.5)]);
        assert_eq!(places(&member.get("/leaderboard?quarter=2026Q4").await.ok(200)), places(&board));
        let purse = member.get("/purses/mine").await.ok(200);
        assert_eq!((&purse["balance"], &purse["quarter_score"], &purse["rank"]), (&json!(3), &json!(0), &Value::Null));
        member.get("/leaderboard?quarter=2026Q5").await.problem(422, "validation_failed");
        app.keeps_its_promises().await;
    }

    /// A random run of postings and corrections, many at once, over quarters and townships: the entries, counted
    /// again, give exactly what is kept.
    async fn the_books_balance_after_a_random_run(app: TestApp) {
        let mut random = StdRng::seed_from_u64(support::seed());
        let mut expected = std::collections::BTreeMap::new();
        let mut quarters = std::collections::BTreeMap::new();
        for town in [Town::A, Town::B] {
            let members = enter_members(&app.scope(town), 6).await;
            let mut sources = Vec::new();
            for _ in 0..12 {
                let mut batch = Vec::new();
                for _ in 0..random.random_range(1..10) {
                    let member = members[random.random_range(0..members.len())];
                    let amount = random.random_range(-150..400);
                    // Some requests are repeated, in the same breath or later.
                    let (source, repeated) = match sources.len() {
                        n if n > 0 && random.random_bool(0.3) => (sources[random.random_range(0..n)], true),
                        _ => (Uuid::now_v7(), false),
                    };
                    let at = app.clock.now();
                    if amount != 0 && !repeated {
                        sources.push(source);
                        *expected.entry(member).or_insert(0) += amount;
                        *quarters.entry((member, Quarter::of(at).to_string())).or_insert(0) += amount;
                    }
                    let fresh = amount != 0 && !repeated;
                    batch.push((fresh, post_of(member, source, amount, at)));
                }
                // What is new goes at once; what repeats goes after it, at once too.
                let (fresh, repeated): (Vec<_>, Vec<_>) = batch.into_iter().partition(|(fresh, _)| *fresh);
                for (outcome, batch) in [(true, fresh), (false, repeated)] {
                    let all = batch.into_iter().map(|(_, one)| {
                        let app = app.clone();
                        async move { post(&app, town, one).await }
                    });
                    assert!(together(all.collect()).await.into_iter().all(|new| new == outcome));
                }
                app.clock.advance(TimeDelta::days(random.random_range(0..20)));
            }
        }
        app.keeps_its_promises().await;
        for town in [Town::A, Town::B] {
            let (purses, scores) = app.scope(town).read(async |tx: &Tx| {
                let purses = tx.find::<purse::Entity>().filter(purse::Column::HolderKind.eq(HolderKind::Member));
                Ok((purses.all().await?, tx.find::<purse_quarter::Entity>().all().await?))
            }).await.unwrap();
            for purse in purses {
                let member = MemberId::from_uuid(purse.holder_id);
                assert_eq!(purse.balance.hundredths(), expected[&member]);
                for score in scores.iter().filter(|score| score.purse_id == purse.id) {
                    assert_eq!(score.score.hundredths(), quarters[&(member, score.quarter.clone())]);
                }
            }
        }
    }
}
