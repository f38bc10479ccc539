//! Load and limits: requests a second of the product beside a bare actix-web + sqlx handler that runs the same
//! SQL in the same process on the same database. See README.md in this folder.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a measurement that cannot go on stops where it stands; the bare handlers hold pools of their own"
)]

mod bare;
mod load;

use std::io::Write;
use std::time::Duration;

use api::auth::Claims;
use api::tenancy::Tx;
use entity::ids::{AccountId, ActivityId, MemberId, SessionId};
use entity::kinds::{MemberCategory, Role};
use entity::{account, account_role, activity, member, session};
use sea_orm::ActiveValue::Set;
use support::{Db, Furnished, TestApp, Town};

/// Connections that ask at the same time.
const CONNECTIONS: usize = 16;
/// How long a reading round lasts.
const ROUND: Duration = Duration::from_secs(2);
/// Rounds of each side, taken in turns.
const ROUNDS: usize = 3;
/// People who check in, once each.
const CROWD: usize = 3000;

/// What those who wait for SQLite's writer gain by sharing a commit.
const AT_ONCE: &str = "write of 32 at once, beside one by one";

/// The least share of the bare handler's rate; about four fifths of the worst of several measurements, since what else
/// the machine does moves them.
struct Limit {
    db: Db,
    what: &'static str,
    least: f64,
}

const LIMITS: &[Limit] = &[
    Limit { db: Db::Sqlite, what: "point read", least: 0.6 },
    Limit { db: Db::Sqlite, what: "page of 50", least: 0.5 },
    Limit { db: Db::Sqlite, what: "check-in", least: 0.9 },
    Limit { db: Db::Sqlite, what: AT_ONCE, least: 1.7 },
    Limit { db: Db::Postgres, what: "point read", least: 0.38 },
    Limit { db: Db::Postgres, what: "page of 50", least: 0.9 },
    Limit { db: Db::Postgres, what: "check-in", least: 0.58 },
];

struct Visitor {
    member: MemberId,
    token: String,
}

fn main() -> std::process::ExitCode {
    let mut held = true;
    for db in [Db::Sqlite, Db::Postgres] {
        let results = actix_web::rt::System::new().block_on(measure(db));
        for (what, product, bare) in results {
            let least = LIMITS
                .iter()
                .find(|limit| limit.db == db && limit.what == what)
                .map_or(0.0, |limit| limit.least);
            let ratio = product / bare;
            let word = if ratio >= least { "ok" } else { "BELOW" };
            held &= ratio >= least;
            writeln!(
                std::io::stdout(),
                "{db:?} {what}: {product:.0}/s beside {bare:.0}/s, ratio {ratio:.2} (limit {least:.2}) {word}"
            )
            .expect("standard output");
        }
    }
    if held { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

async fn measure(db: Db) -> Vec<(&'static str, f64, f64)> {
    let app = TestApp::start_with(db, Furnished::One, |_| {}).await;
    let (activity, visitors) = furnish(&app).await;
    let bare = bare::start(&app, activity).await;
    let product = app.url("").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let tenant = app.town(Town::A).tenant;
    let someone = visitors.first().expect("somebody");

    // The first sight of a token reads the session; that is not what is measured.
    let warm: Vec<String> = visitors
        .iter()
        .map(|visitor| load::get(&product, "/api/v1/township", Some(&visitor.token)))
        .collect();
    load::each_once(&product, CONNECTIONS, warm).await;

    let reader = token(&app, &app.town(Town::A).accounts[&support::Who::Clerk].id, None).await;
    let path = format!("/api/v1/members/{}", someone.member);
    let read_product = load::get(&product, &path, Some(&reader));
    let read_bare = load::get(&bare, &format!("/members/{tenant}/{}", someone.member), None);
    let page_product = load::get(&product, "/api/v1/members?limit=50", Some(&reader));
    let page_bare = load::get(&bare, &format!("/members/{tenant}"), None);
    let in_turns = async |of_product: &str, of_bare: &str| {
        let (mut best_product, mut best_bare) = (0.0_f64, 0.0_f64);
        for _ in 0..ROUNDS {
            best_bare = best_bare.max(load::for_a_while(&bare, CONNECTIONS, of_bare, ROUND).await);
            best_product =
                best_product.max(load::for_a_while(&product, CONNECTIONS, of_product, ROUND).await);
        }
        (best_product, best_bare)
    };
    let point = in_turns(&read_product, &read_bare).await;
    let page = in_turns(&page_product, &page_bare).await;

    let clerk = app.client(support::Who::Clerk, Town::A).await;
    let code = clerk.get(&format!("/activities/{activity}/check-in-code")).await.ok(200);
    let code = code["code"].as_str().expect("a code").to_owned();
    // In turns, as with the reads; each person arrives once.
    let (mut write_product, mut write_bare) = (0.0_f64, 0.0_f64);
    for crowd in visitors.chunks(CROWD / ROUNDS) {
        let (half, other) = crowd.split_at(crowd.len() / 2);
        let bare_check_ins: Vec<String> = other
            .iter()
            .map(|visitor| {
                let path = format!("/check-ins/{tenant}/{activity}/{}", visitor.member);
                load::post(&bare, &path, None, "")
            })
            .collect();
        let check_ins: Vec<String> = half
            .iter()
            .map(|visitor| {
                let body = format!("{{\"code\":\"{code}\"}}");
                load::post(&product, "/api/v1/check-ins", Some(&visitor.token), &body)
            })
            .collect();
        write_bare = write_bare.max(load::each_once(&bare, CONNECTIONS, bare_check_ins).await);
        write_product = write_product.max(load::each_once(&product, CONNECTIONS, check_ins).await);
    }
    let (at_once, one_by_one) = writes(&app).await;
    vec![
        ("point read", point.0, point.1),
        ("page of 50", page.0, page.1),
        ("check-in", write_product, write_bare),
        (AT_ONCE, at_once, one_by_one),
    ]
}

/// Writes a second of 32 who write at once, and of one: those who wait for SQLite's writer share a commit.
async fn writes(app: &TestApp) -> (f64, f64) {
    const WRITES: u32 = 640;
    let scope = app.scope(Town::A);
    let account = app.town(Town::A).accounts[&support::Who::Clerk].id;
    let write = async || {
        scope
            .write(async move |tx: &Tx| tx.insert(session_row(tx, SessionId::new(), account)).await)
            .await
            .expect("a row");
    };
    let (mut at_once, mut one_by_one) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        let began = std::time::Instant::now();
        for _ in 0..WRITES {
            write().await;
        }
        one_by_one = one_by_one.max(f64::from(WRITES) / began.elapsed().as_secs_f64());
        let began = std::time::Instant::now();
        let everybody = (0..32).map(|_| async {
            for _ in 0..WRITES / 32 {
                write().await;
            }
        });
        futures_util::future::join_all(everybody).await;
        at_once = at_once.max(f64::from(WRITES) / began.elapsed().as_secs_f64());
    }
    (at_once, one_by_one)
}

async fn token(app: &TestApp, account: &AccountId, session: Option<SessionId>) -> String {
    let scope = app.scope(Town::A);
    let account = *account;
    let id = session.unwrap_or_else(SessionId::new);
    if session.is_none() {
        scope
            .write(async move |tx: &Tx| tx.insert(session_row(tx, id, account)).await)
            .await
            .expect("a session");
    }
    let claims = Claims::new(account, scope.tenant(), id, scope.now());
    app.state.token_key().sign(&claims).expect("a token")
}

fn session_row(tx: &Tx, id: SessionId, account: AccountId) -> session::ActiveModel {
    session::ActiveModel {
        id: Set(id),
        account_id: Set(account),
        generation: Set(0),
        rotated_at: Set(None),
        user_agent: Set("bench".to_owned()),
        created_at: Set(tx.now()),
        last_used_at: Set(tx.now()),
        expires_at: Set(tx.now() + chrono::TimeDelta::days(1)),
        revoked_at: Set(None),
        ..Default::default()
    }
}

/// An activity that is on, and people with accounts and sessions.
async fn furnish(app: &TestApp) -> (ActivityId, Vec<Visitor>) {
    let scope = app.scope(Town::A);
    let (activity, people) = scope
        .write(async move |tx: &Tx| {
            let activity = ActivityId::new();
            tx.insert(activity::ActiveModel {
                id: Set(activity),
                title: Set("测量".to_owned()),
                description: Set(String::new()),
                grid_id: Set(None),
                place: Set("测量处".to_owned()),
                starts_at: Set(tx.now()),
                ends_at: Set(tx.now() + chrono::TimeDelta::hours(2)),
                capacity: Set(None),
                steward_id: Set(None),
                cancelled_at: Set(None),
                cancel_reason: Set(None),
                code_secret: Set(vec![7; 32]),
                created_at: Set(tx.now()),
                version: Set(1),
                ..Default::default()
            })
            .await?;
            let people: Vec<(MemberId, AccountId, SessionId)> =
                (0..CROWD).map(|_| (MemberId::new(), AccountId::new(), SessionId::new())).collect();
            let members = people
                .iter()
                .enumerate()
                .map(|(index, (id, _, _))| member::ActiveModel {
                    id: Set(*id),
                    number: Set(format!("B{index:05}")),
                    name: Set(format!("测量{index}")),
                    name_initials: Set(format!("cl{index}")),
                    category: Set(MemberCategory::Volunteer),
                    phone: Set(None),
                    phone_tail: Set(None),
                    party_org_id: Set(None),
                    created_at: Set(tx.now()),
                    version: Set(1),
                    ..Default::default()
                })
                .collect();
            tx.insert_many::<member::ActiveModel>(members).await?;
            let accounts = people
                .iter()
                .enumerate()
                .map(|(index, (member, id, _))| account::ActiveModel {
                    id: Set(*id),
                    username: Set(format!("bench{index}")),
                    password_hash: Set("none".to_owned()),
                    display_name: Set(format!("测量{index}")),
                    member_id: Set(Some(*member)),
                    disabled: Set(false),
                    created_at: Set(tx.now()),
                    version: Set(1),
                    ..Default::default()
                })
                .collect();
            tx.insert_many::<account::ActiveModel>(accounts).await?;
            let roles = people
                .iter()
                .map(|(_, id, _)| account_role::ActiveModel {
                    account_id: Set(*id),
                    role: Set(Role::Member),
                    ..Default::default()
                })
                .collect();
            tx.insert_many::<account_role::ActiveModel>(roles).await?;
            let sessions =
                people.iter().map(|(_, account, id)| session_row(tx, *id, *account)).collect();
            tx.insert_many::<session::ActiveModel>(sessions).await?;
            Ok((activity, people))
        })
        .await
        .expect("the furniture");
    let mut visitors = Vec::with_capacity(people.len());
    for (member, account, session) in people {
        visitors.push(Visitor { member, token: token(app, &account, Some(session)).await });
    }
    (activity, visitors)
}
