//! Any day is a day: the demonstration is told up to each of the moments in `tests/days`, and what it shows is looked at as
//! its people do: the numbers of the home page and the lists behind them, check-in, handing in, verifying.

use api::clock;
use api::demo::{self, Options};
use api::invariant::{Broken, all_broken};
use api::tenancy::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use entity::{check_in, posting, task, task_log, task_submission};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, QueryFilter};
use support::prelude::*;
use support::{Furnished, PASSWORD};

use crate::task::photo;

const DAYS: &str = include_str!("../days");
/// The activity that is on whenever somebody tries the product.
const ON_NOW: &str = "党员志愿服务集中行动";

struct Day {
    moment: DateTime<Utc>,
    always: bool,
    why: &'static str,
}

fn days() -> Vec<Day> {
    let lines = DAYS.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let days: Vec<Day> = lines
        .map(|line| {
            let (moment, why) = line[2..].split_once(' ').unwrap();
            Day { moment: moment.parse().unwrap(), always: line.starts_with('!'), why: why.trim() }
        })
        .collect();
    assert!(days.len() >= 40);
    days
}

/// Those of this run: all in a long one, else the marked ones and one by chance; with `TEST_CLOCK` that moment alone.
fn chosen() -> Vec<Day> {
    if let Some(moment) = std::env::var("TEST_CLOCK").ok().filter(|text| !text.is_empty()) {
        return vec![Day { moment: moment.parse().unwrap(), always: true, why: "as asked" }];
    }
    let (always, mut others): (Vec<Day>, Vec<Day>) = days().into_iter().partition(|day| day.always);
    if support::soak() {
        return always.into_iter().chain(others).collect();
    }
    let mut random = StdRng::seed_from_u64(support::seed());
    let one = others.swap_remove(random.random_range(0..others.len()));
    always.into_iter().chain([one]).collect()
}

async fn signed_in(app: &TestApp, username: &str) -> Client {
    let client = app.anonymous();
    let input = json!({
        "township": demo::CODE, "username": username, "password": PASSWORD, "refresh_in": "body",
    });
    let answer = client.post("/sessions", &input).await.ok(201);
    client.with_token(answer["access_token"].as_str().unwrap())
}

/// All rows of a list, page by page.
async fn all(client: &Client, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let joint = if path.contains('?') { '&' } else { '?' };
        let page = client.get(&format!("{path}{joint}limit=200{cursor}")).await.ok(200);
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

/// Every number of the home page is the length of the list that it leads to.
async fn home_counts_its_lists(app: &TestApp, client: &Client) -> Value {
    let home = client.get("/home").await.ok(200);
    let today = clock::beijing(app.clock.now()).date_naive();
    for (number, path) in [
        ("tasks_late", "/tasks?late=true".to_owned()),
        ("tasks_due_today", format!("/tasks?owed=true&due_on={today}")),
        ("tasks_to_verify", "/tasks/to-verify".to_owned()),
        ("activities_today", format!("/activities?on={today}")),
    ] {
        assert_eq!(home[number], all(client, &path).await.len(), "{number} at {}", app.clock.now());
    }
    let waiting = client.get("/tasks/to-verify/summary").await.ok(200);
    let rows = all(client, "/tasks/to-verify").await;
    assert_eq!(waiting["total"], rows.len());
    assert_eq!(waiting["right"], rows.iter().filter(|task| task["looks_right"] == true).count());
    home
}

/// No moment that the story tells lies after the present, and what the rooms promise holds.
async fn nothing_lies_in_the_future(app: &TestApp) {
    let tenant = app.state.platform().tenants().await.unwrap()[0];
    let now = app.clock.now();
    let scope = app.state.scope_of(tenant);
    let (later, broken) = scope
        .read(async |tx: &Tx| {
            let later = [
                tx.find::<task::Entity>().filter(task::Column::OpenedAt.gt(now)).count().await?,
                tx.find::<task::Entity>().filter(task::Column::SubmittedAt.gt(now)).count().await?,
                tx.find::<task::Entity>().filter(task::Column::ClosedAt.gt(now)).count().await?,
                tx.find::<task_log::Entity>().filter(task_log::Column::At.gt(now)).count().await?,
                tx.find::<task_submission::Entity>()
                    .filter(task_submission::Column::At.gt(now))
                    .count()
                    .await?,
                tx.find::<check_in::Entity>()
                    .filter(check_in::Column::CheckedInAt.gt(now))
                    .count()
                    .await?,
                tx.find::<check_in::Entity>()
                    .filter(check_in::Column::CheckedOutAt.gt(now))
                    .count()
                    .await?,
                tx.find::<posting::Entity>().filter(posting::Column::At.gt(now)).count().await?,
            ];
            let broken = all_broken(tx).await?;
            Ok((later, broken.iter().flat_map(Broken::lines).collect::<Vec<_>>()))
        })
        .await
        .unwrap();
    assert_eq!(later, [0; 8], "after {now}");
    assert_eq!(broken, Vec::<String>::new());
}

fn of<'a>(rows: &'a [Value], title: &str) -> &'a Value {
    rows.iter().find(|row| row["title"] == title).unwrap_or_else(|| panic!("{title} in {rows:?}"))
}

/// Signs up, scans, stays for some minutes (into the next day, if it is late) and scans again.
async fn checks_in(app: &TestApp, steward: &Client, member: &Client) {
    let running = all(member, "/activities?phase=running").await;
    let id = of(&running, ON_NOW)["id"].as_str().unwrap();
    let today = clock::beijing(app.clock.now()).date_naive();
    of(&all(member, &format!("/activities?on={today}")).await, ON_NOW);
    assert!(all(member, "/activities?phase=upcoming").await.len() >= 2);
    assert!(all(member, "/activities?phase=ended").await.len() >= 8);
    member.act(&format!("/activities/{id}/sign-up")).await.ok(200);
    let code = async || {
        let shown = steward.get(&format!("/activities/{id}/check-in-code")).await.ok(200);
        shown["code"].as_str().unwrap().to_owned()
    };
    let arrived = member.post("/check-ins", &json!({"code": code().await})).await.ok(201);
    let before = member.get("/purses/mine").await.ok(200)["balance"].as_f64().unwrap();
    app.clock.advance(TimeDelta::minutes(3));
    let path = format!("/check-ins/{}/check-out", arrived["id"].as_str().unwrap());
    let left = member.post(&path, &json!({"code": code().await})).await.ok(200);
    let earned = left["points"].as_f64().unwrap();
    assert!(earned > 0.0, "{left}");
    let after = member.get("/purses/mine").await.ok(200)["balance"].as_f64().unwrap();
    assert!((after - before - earned).abs() < 1e-9);
}

/// Something is owed, late before the rest; it is handed in, in time, and seen by the head above.
async fn hands_in(app: &TestApp, head: &Client, above: &Client) {
    let inbox = all(head, "/tasks/inbox").await;
    assert!(!inbox.is_empty(), "nothing is owed");
    let due: Vec<DateTime<Utc>> =
        inbox.iter().map(|task| task["due_at"].as_str().unwrap().parse().unwrap()).collect();
    assert!(due.is_sorted());
    for (task, due) in inbox.iter().zip(&due) {
        assert_eq!(task["late"], *due < app.clock.now(), "{task}");
        assert_eq!(task["looks_right"], false);
    }
    let task = inbox.last().unwrap();
    let id = task["id"].as_str().unwrap();
    let done = json!({"text": "已办", "number": 3, "attachment_ids": [photo(head).await]});
    head.post(&format!("/tasks/{id}/submit"), &done).await.ok(200);
    let waiting = all(above, "/tasks/to-verify").await;
    let seen = waiting.iter().find(|one| one["id"] == id).unwrap();
    assert_eq!(seen["looks_right"], task["late"] == false);
}

/// The office verifies all that looks right, in one go.
async fn verifies_all(clerk: &Client) -> usize {
    let waiting = clerk.get("/tasks/to-verify/summary").await.ok(200);
    let right = waiting["tasks"].as_array().unwrap().len();
    assert!(right > 0, "nothing looks right");
    let verdicts = clerk.post("/tasks/verify", &json!({"tasks": waiting["tasks"]})).await.ok(200);
    assert_eq!(verdicts["verified"], right, "{verdicts}");
    let after = clerk.get("/tasks/to-verify/summary").await.ok(200);
    assert_eq!(after["right"], 0);
    assert_eq!(
        after["total"].as_u64(),
        waiting["total"].as_u64().map(|n| n - u64::try_from(right).unwrap())
    );
    right
}

async fn is_lived(app: &TestApp, day: &Day) {
    app.clock.set(day.moment);
    let options = Options { password: PASSWORD.to_owned(), seed: 310_116_112, days: 28 };
    demo::load(&app.state, &options).await.unwrap();
    // As the server does when it starts.
    api::jobs::round(&app.state).await.unwrap();
    nothing_lies_in_the_future(app).await;
    let clerk = signed_in(app, "clerk").await;
    let (steward, head) = (signed_in(app, "grid_head").await, signed_in(app, "sub_head").await);
    let member = signed_in(app, "member").await;
    let home = home_counts_its_lists(app, &clerk).await;
    assert_eq!(home["vacancy_count"], 3);
    assert!(home["activities_today"].as_u64() >= Some(1));
    assert!(home["tasks_to_verify"].as_u64() >= Some(1), "nothing waits for verification");
    home_counts_its_lists(app, &steward).await;
    assert!(all(&clerk, "/tasks?state=verified").await.len() > 20, "little happened in a month");
    for who in [&steward, &signed_in(app, "worker").await] {
        assert!(!all(who, "/tasks/inbox").await.is_empty(), "nothing is owed");
    }

    hands_in(app, &head, &steward).await;
    checks_in(app, &steward, &member).await;
    api::jobs::round(&app.state).await.unwrap();
    let right = verifies_all(&clerk).await;
    home_counts_its_lists(app, &clerk).await;
    nothing_lies_in_the_future(app).await;
    eprintln!("{} {}: {right} verified", clock::beijing(day.moment).to_rfc3339(), day.why);
}

fn each_day(db: Db, days: Vec<Day>) {
    for day in days {
        support::run(db, Furnished::Empty, |app| async move { is_lived(&app, &day).await });
    }
}

#[test]
fn on_sqlite() {
    each_day(Db::Sqlite, chosen());
}

/// The same answers from the other database: fewer days unless there is time.
#[test]
fn on_postgres() {
    let mut days = chosen();
    if !support::soak() {
        days.truncate(1);
    }
    each_day(Db::Postgres, days);
}
