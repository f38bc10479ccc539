use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_395_600, 0).unwrap_or_default()
}

fn throttle() -> (Throttle, Clock) {
    let clock = Clock::fixed(start());
    (Throttle::new(&[7; 32], clock.clone(), Helper::default()), clock)
}

fn source(text: &str) -> Source {
    Source::new(text.parse().unwrap())
}

/// Tries wrong passwords until refused; how many were heard, and for how long to wait.
async fn until_refused(throttle: &Throttle, target: Target<'_>, from: By) -> (usize, i64) {
    let mut heard = 0;
    loop {
        match throttle.attempt(target, from).await {
            Ok(attempt) => attempt.failed(),
            Err(error) => return (heard, error.retry().unwrap()),
        }
        heard += 1;
        assert!(heard < 10_000);
    }
}

#[actix_web::test]
async fn the_wait_grows_and_is_forgiven() {
    let (throttle, clock) = throttle();
    let target = Target::Account(AccountId::new());
    let from = By::Stranger(source("192.0.2.1"));
    let (heard, mut wait) = until_refused(&throttle, target, from).await;
    assert_eq!((heard, wait), (10, 1));
    for expected in [2, 4, 8, 16, 32, 64, 128, 256, 512] {
        clock.advance(TimeDelta::seconds(wait));
        let (heard, longer) = until_refused(&throttle, target, from).await;
        assert_eq!((heard, longer), (1, expected));
        wait = longer;
    }
    // In a day one source gets no more than some 150 guesses at one account, and strangers together not many more.
    let mut guesses = 0;
    for _ in 0..24 * 60 {
        clock.advance(TimeDelta::minutes(1));
        guesses += until_refused(&throttle, target, from).await.0;
    }
    assert!((90..170).contains(&guesses), "{guesses}");
    // It never fills the account's own counter: somebody else is heard.
    let other = By::Stranger(source("198.51.100.1"));
    throttle.attempt(target, other).await.unwrap().succeeded();
    clock.advance(TimeDelta::days(1));
    assert_eq!(until_refused(&throttle, target, from).await.0, 10, "all is forgiven");
}

#[actix_web::test]
async fn many_sources_together_are_slowed_down_and_known_devices_never() {
    let (throttle, clock) = throttle();
    let account = AccountId::new();
    let target = Target::Account(account);
    let mut heard = 0;
    for host in 0..200 {
        let from = By::Stranger(source(&format!("192.0.2.{host}")));
        heard += until_refused(&throttle, target, from).await.0;
    }
    assert_eq!(heard, 100);
    let devices = super::super::device::Devices::new(&[1; 32]);
    let cookie = devices.after_sign_in(None, account, start());
    let device = devices.known(Some(&cookie), account, start()).unwrap();
    throttle.attempt(target, By::Known(device)).await.unwrap().succeeded();
    // What fails there is its own affair.
    let session = By::Session(SessionId::new());
    assert_eq!(until_refused(&throttle, target, session).await.0, 10);
    assert_eq!(until_refused(&throttle, target, By::Known(device)).await.0, 10);
    clock.advance(TimeDelta::seconds(1));
    throttle.attempt(target, By::Known(device)).await.unwrap().succeeded();
    throttle
        .attempt(Target::Account(AccountId::new()), By::Stranger(source("192.0.2.9")))
        .await
        .unwrap()
        .succeeded();
}

#[actix_web::test]
async fn one_source_over_many_accounts_is_slowed_down_unless_it_is_everybodys() {
    let (throttle, _) = throttle();
    let spray = async |address: &str| {
        let mut heard = 0;
        for _ in 0..1000 {
            let target = Target::Account(AccountId::new());
            match throttle.attempt(target, By::Stranger(source(address))).await {
                Ok(attempt) => attempt.failed(),
                Err(error) => {
                    assert!((1..=60).contains(&error.retry().unwrap()));
                    break;
                }
            }
            heard += 1;
        }
        heard
    };
    assert_eq!(spray("2001:db8:1:2::1").await, 300);
    assert_eq!(spray("2001:db8:1:2::2").await, 0, "the same network");
    assert_eq!(spray("2001:db8:1:3::1").await, 300);
    assert_eq!(spray("127.0.0.1").await, 1000, "behind a proxy that is not configured");
}

#[actix_web::test]
async fn of_many_at_once_no_more_are_heard_than_may_fail() {
    let (throttle, _) = throttle();
    let account = AccountId::new();
    let from = By::Stranger(source("192.0.2.1"));
    let try_one = |right: bool| {
        let throttle = throttle.clone();
        async move {
            let Ok(attempt) = throttle.attempt(Target::Account(account), from).await else {
                return false;
            };
            tokio::task::yield_now().await;
            if right {
                attempt.succeeded()
            } else {
                attempt.failed()
            }
            true
        }
    };
    let heard = futures_util::future::join_all((0..200).map(|_| try_one(true))).await;
    assert_eq!(
        heard.iter().filter(|heard| **heard).count(),
        200,
        "right ones wait for one another"
    );
    let heard = futures_util::future::join_all((0..200).map(|_| try_one(false))).await;
    assert_eq!(heard.iter().filter(|heard| **heard).count(), 10);
}

#[actix_web::test]
async fn who_hangs_up_has_failed_and_who_is_not_looked_at_has_not() {
    let (throttle, _) = throttle();
    let target = Target::Account(AccountId::new());
    let from = By::Stranger(source("192.0.2.1"));
    for _ in 0..50 {
        throttle.attempt(target, from).await.unwrap().given_back();
    }
    for _ in 0..9 {
        drop(throttle.attempt(target, from).await.unwrap());
    }
    assert_eq!(until_refused(&throttle, target, from).await.0, 1);
}

#[actix_web::test]
async fn invented_names_do_not_push_out_real_accounts() {
    let (throttle, _) = throttle();
    let target = Target::Account(AccountId::new());
    let from = By::Stranger(source("127.0.0.1"));
    until_refused(&throttle, target, from).await;
    for number in 0..2 * UNKNOWN {
        let username = number.to_string();
        let nobody = Target::Nobody { tenant: None, township: "x", username: &username };
        throttle.attempt(nobody, from).await.unwrap().failed();
    }
    throttle.inner.unknown.run_pending_tasks();
    assert!(throttle.inner.unknown.entry_count() <= UNKNOWN);
    assert_eq!(until_refused(&throttle, target, from).await.0, 0);
    // A name in a township is one, whatever the township was called.
    let tenant = Some(TenantId::new());
    let by = |township| Target::Nobody { tenant, township, username: "nobody" };
    assert_eq!(until_refused(&throttle, by("310116112"), from).await.0, 10);
    assert_eq!(until_refused(&throttle, by("漕泾镇"), from).await.0, 0);
}

#[actix_web::test]
async fn wrong_secrets_are_slowed_down_beyond_the_free_ones() {
    let (throttle, _) = throttle();
    let shower = Shower::Source(source("127.0.0.1"));
    for _ in 0..SECRET.free {
        throttle.wrong_secret("refresh", shower).unwrap();
    }
    let first = throttle.wrong_secret("refresh", shower).unwrap_err().retry().unwrap();
    let second = throttle.wrong_secret("refresh", shower).unwrap_err().retry().unwrap();
    assert!(first < second, "{first} {second}");
    throttle.wrong_secret("setup", shower).unwrap();
    throttle.wrong_secret("refresh", Shower::Source(source("127.0.0.2"))).unwrap();
}

trait Retry {
    fn retry(&self) -> Option<i64>;
}

impl Retry for ApiError {
    fn retry(&self) -> Option<i64> {
        let response = self.response(crate::http::Language::English, "");
        response.headers().get("retry-after")?.to_str().ok()?.parse().ok()
    }
}

proptest! {
    /// Whatever the clock does and however attempts end, the counter stays in bounds and somebody is heard within
    /// the longest wait.
    #[test]
    fn nobody_is_refused_for_ever(steps in prop::collection::vec((-2_000_000..2_000_000_i64, 0..3_u8), 1..200)) {
        let mut failures = Failures::default();
        let mut now = 1_795_395_600_000_i64;
        for (passed, outcome) in steps {
            now += passed;
            match failures.begin(ONE, now) {
                Step::Go => {
                    failures.pending -= 1;
                    match outcome {
                        0 => (failures.level, failures.next) = (0, 0),
                        1 => failures.fail(ONE, now),
                        _ => {}
                    }
                }
                Step::Refused(wait) => prop_assert!(wait > 0 && wait <= ONE.cap, "{wait}"),
                Step::Wait => prop_assert!(false, "nothing is under way"),
            }
            prop_assert!(failures.level <= ONE.free + 40);
        }
        prop_assert_eq!(failures.begin(ONE, now + ONE.cap), Step::Go);
    }
}
