//! What rooms above do in the transactions of rooms beneath: none of them is lost, one that fails undoes the whole, and what a night
//! does besides its own work holds up nothing.

use api::feature::Feature;
use api::grid::{PostsChanged, Touched, posts_changed};
use api::http::{ApiError, Code};
use api::jobs::{self, CleaningNight};
use api::state::AppState;
use api::tenancy::Tx;
use chrono::TimeDelta;
use entity::job;
use entity::kinds::JobState;
use sea_orm::{ColumnTrait, QueryFilter};
use support::kinds::{self, leave, left};
use support::prelude::*;

/// Two that leave a mark, by the order in which rooms are listed.
const TWO: [Feature; 2] = [
    Feature {
        hooks: |shared| shared.add(PostsChanged(|tx, _| Box::pin(leave(tx, "the first")))),
        ..Feature::of("test_first")
    },
    Feature {
        hooks: |shared| shared.add(PostsChanged(|tx, _| Box::pin(leave(tx, "the second")))),
        ..Feature::of("test_second")
    },
];

/// One that fails.
const FAULTY: Feature = Feature {
    hooks: |shared| {
        shared.add(PostsChanged(|_, _| Box::pin(async { Err(ApiError::new(Code::CONFLICT)) })));
    },
    ..Feature::of("test_faulty")
};

/// A night's work that never succeeds.
const SLEEPLESS: Feature =
    Feature { hooks: |shared| shared.add(CleaningNight("test.fail")), ..Feature::of("test_night") };

async fn change(state: &AppState, app: &TestApp) -> api::http::Result<()> {
    let scope = state.scope_of(app.town(Town::A).tenant);
    scope
        .write(async |tx: &Tx| {
            leave(tx, "the act").await?;
            posts_changed(tx, &Touched::Anybody).await
        })
        .await
}

on_both! {
    /// Each room that wants to follow a change does so, beside the product's own; of one that fails nothing stays, nor of the act.
    async fn no_hook_is_lost_and_a_failing_one_undoes_the_act(app: TestApp) {
        let scope = app.scope(Town::A);
        let both = app.state_with(&TWO).await;
        change(&both, &app).await.unwrap();
        let marks = ["the act", "the first", "the second"].map(|mark| (mark.to_owned(), 1));
        assert_eq!(left(&scope).await, marks.into());
        let faulty = app.state_with(&[TWO[0], FAULTY, TWO[1]]).await;
        assert_eq!(change(&faulty, &app).await.unwrap_err().code(), Code::CONFLICT);
        assert_eq!(left(&scope).await.len(), 3, "nothing of it stays");
    }

    /// A night's work that fails is tried again by itself; the cleaning is done, and so is what other rooms do by night.
    async fn a_failing_night_holds_up_nothing(app: TestApp) {
        let more = [kinds::MORE, &[SLEEPLESS]].concat();
        let node = app.state_with(&more).await;
        let scope = node.scope_of(app.town(Town::A).tenant);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let person = json!({"number": "7001", "name": "新人", "category": "resident"});
        clerk.post_key("/members", "a-key", &person).await.ok(201);
        let keys = async || {
            let kept = scope.read(async |tx: &Tx| tx.find::<entity::idempotency_key::Entity>().count().await);
            kept.await.unwrap()
        };
        assert_eq!(keys().await, 1);
        let jobs_of = async |kind: &'static str| {
            let found = scope.read(async |tx: &Tx| {
                tx.find::<job::Entity>().filter(job::Column::Kind.eq(kind)).all().await
            });
            found.await.unwrap()
        };
        let mut days = 0;
        while jobs_of("test.fail").await.is_empty() {
            days += 1;
            assert!(days < 8, "no night has come");
            app.clock.advance(TimeDelta::days(1));
            jobs::township(&scope).await.unwrap();
        }
        let failing = jobs_of("test.fail").await;
        assert_eq!(failing.len(), 1);
        assert_eq!((failing[0].state, failing[0].attempts), (JobState::Waiting, 1));
        assert!(failing[0].last_error.is_some());
        assert_eq!(keys().await, 0, "the cleaning is done");
        assert!(jobs_of("verify.look").await.is_empty(), "and what is not kept is done and gone");
        scope.write(async |tx: &Tx| {
            let fails = job::Column::Kind.eq("test.fail");
            tx.delete_many::<job::Entity>().filter(fails).exec().await
        }).await.unwrap();
        let outside = app.outside().await;
        let gone = "DELETE FROM bell WHERE job_id NOT IN (SELECT id FROM job)";
        sea_orm::ConnectionTrait::execute_unprepared(&outside, gone).await.unwrap();
        outside.close().await.unwrap();
    }
}
