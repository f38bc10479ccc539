//! The demonstration, cut short and gone on with: what comes out is what one telling gives.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::poll_fn;
use std::pin::pin;
use std::process::Stdio;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use api::clock::{Clock, beijing};
use api::demo;
use api::tenancy::{Scope, Tx};
use chrono::TimeDelta;
use entity::kinds::{TaskLogKind, TaskState};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, Statement};
use support::prelude::*;
use uuid::Uuid;

/// A table and its rows as text.
type Rows = BTreeMap<&'static str, Vec<String>>;

macro_rules! rows {
    ($tx:ident: $($table:ident),*) => {
        [$((
            stringify!($table),
            $tx.find::<entity::$table::Entity>().all().await?.iter().map(|row| format!("{row:?}")).collect(),
        )),*]
    };
}

/// Everything that people see of a township.
async fn rows(scope: &Scope) -> Rows {
    scope
        .read(async |tx: &Tx| {
            let mut rows: Rows = rows!(tx: account_role, party_org, member, grid, grid_post, checklist,
                checklist_version, checklist_item, activity_signup, check_in, task, task_log, task_submission,
                submission_attachment, posting, points_entry, points_rule, purse, purse_quarter)
            .into();
            // Without what is drawn by chance for each installation.
            let mut accounts = tx.find::<entity::account::Entity>().all().await?;
            accounts.iter_mut().for_each(|row| row.password_hash.clear());
            let mut activities = tx.find::<entity::activity::Entity>().all().await?;
            activities.iter_mut().for_each(|row| row.code_secret.clear());
            let mut photos = tx.find::<entity::attachment::Entity>().all().await?;
            photos.iter_mut().for_each(|row| row.content.clear());
            rows.insert("account", accounts.iter().map(|row| format!("{row:?}")).collect());
            rows.insert("activity", activities.iter().map(|row| format!("{row:?}")).collect());
            rows.insert("attachment", photos.iter().map(|row| format!("{row:?}")).collect());
            Ok(rows)
        })
        .await
        .unwrap()
}

/// The rows of a township that is left alone, to the last letter.
async fn all_of(scope: &Scope) -> Rows {
    let mut rows = rows(scope).await;
    let others =
        async |tx: &Tx| Ok(rows!(tx: audit_entry, audit_detail, session, import, idempotency_key));
    let others: [(&'static str, Vec<String>); 5] = scope.read(others).await.unwrap();
    rows.extend(others);
    rows
}

/// What stands for an id in a comparison of two townships: what the row is called by.
async fn names(scope: &Scope) -> HashMap<Uuid, String> {
    scope
        .read(async |tx: &Tx| {
            let mut names = HashMap::new();
            for row in tx.find::<entity::member::Entity>().all().await? {
                names.insert(row.id.uuid(), row.number);
            }
            for row in tx.find::<entity::account::Entity>().all().await? {
                names.insert(row.id.uuid(), row.username);
            }
            for row in tx.find::<entity::grid::Entity>().all().await? {
                names.insert(row.id.uuid(), row.code);
            }
            for row in tx.find::<entity::party_org::Entity>().all().await? {
                names.insert(row.id.uuid(), format!("org {}", row.code));
            }
            for row in tx.find::<entity::activity::Entity>().all().await? {
                names.insert(row.id.uuid(), row.title);
            }
            for row in tx.find::<entity::task::Entity>().all().await? {
                let owed = [row.member_id.unwrap().uuid(), row.grid_id.unwrap().uuid()]
                    .map(|id| names[&id].clone());
                names.insert(row.id.uuid(), format!("{} {} {owed:?}", row.title, row.period));
            }
            Ok(names)
        })
        .await
        .unwrap()
}

fn named(text: &str, names: &HashMap<Uuid, String>) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let id_of = |length| rest.get(..length).filter(|id| id.is_ascii())?.parse::<Uuid>().ok();
        if let Some(id) = id_of(36) {
            said.push_str(names.get(&id).map_or("_", String::as_str));
            rest = &rest[36..];
        } else if let Some(name) = id_of(32).and_then(|id| names.get(&id)) {
            // In the path of a grid.
            said.push_str(name);
            rest = &rest[32..];
        } else {
            said.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    said
}

/// The township with names instead of ids: of two tellings of one story they are the same.
async fn story(scope: &Scope) -> Rows {
    let (rows, names) = (rows(scope).await, names(scope).await);
    let told = rows.into_iter().map(|(table, rows)| {
        let mut rows: Vec<String> = rows.iter().map(|row| named(row, &names)).collect();
        rows.sort_unstable();
        (table, rows)
    });
    told.collect()
}

fn assert_same(told: &Rows, whole: &Rows) {
    for (table, rows) in whole {
        let (there, wanted): (HashSet<_>, HashSet<_>) =
            (told[table].iter().collect(), rows.iter().collect());
        let missing: Vec<_> = wanted.difference(&there).take(3).collect();
        let strange: Vec<_> = there.difference(&wanted).take(3).collect();
        assert!(
            missing.is_empty() && strange.is_empty(),
            "{table}: missing {missing:#?}, strange {strange:#?}"
        );
        assert_eq!(told[table].len(), rows.len(), "{table}: something is there twice");
    }
}

async fn scope(app: &TestApp) -> Scope {
    app.state.scope_of(app.state.platform().find(demo::CODE).await.unwrap().unwrap().id)
}

/// When a loading ends before its time.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Never,
    /// So many polls of its future after so many acts of its people, and whatever it has begun with it.
    After {
        acts: u64,
        polls: usize,
    },
}

/// How many things its people did: what the story can be cut between.
async fn acts(tx: &Tx) -> api::http::Result<u64> {
    use entity::task_log::Column::Kind;
    Ok(tx.find::<entity::activity::Entity>().count().await?
        + tx.find::<entity::activity_signup::Entity>().count().await?
        + tx.find::<entity::check_in::Entity>().count().await?
        + tx.find::<entity::task_log::Entity>()
            .filter(Kind.ne(TaskLogKind::Opened))
            .count()
            .await?)
}

/// A `gezhi demo` with a runtime of its own, which ends with it as a process does. The accounts, unless it was cut short.
async fn demonstrate(app: &TestApp, cut: Cut) -> Option<String> {
    let (config, now) = (app.state.config().clone(), app.clock.now());
    let telling = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let tasks = tokio::task::LocalSet::new();
        let told = tasks.block_on(&runtime, async move {
            let state = api::start(config, Clock::fixed(now)).await.unwrap();
            let mut loading = pin!(demo::ensure(&state));
            let Cut::After { acts: wanted, polls: mut left } = cut else {
                return Some(loading.await.unwrap());
            };
            // Looks at it every now and then.
            let polled = Cell::new(0_usize);
            let mut reached = pin!(async {
                let done = async || match state.platform().find(demo::CODE).await.unwrap() {
                    Some(township) => state.scope_of(township.id).read(acts).await.unwrap(),
                    None => 0,
                };
                while done().await < wanted {
                    let next = polled.get() + 8;
                    let wait = |_: &mut Context<'_>| {
                        if polled.get() < next { Poll::Pending } else { Poll::Ready(()) }
                    };
                    poll_fn(wait).await;
                }
            });
            // From the first poll on, where it waits for nothing.
            let mut counting = wanted == 0;
            poll_fn(|context| {
                polled.update(|polled| polled + 1);
                if let Poll::Ready(accounts) = loading.as_mut().poll(context) {
                    return Poll::Ready(Some(accounts.unwrap()));
                }
                counting = counting || reached.as_mut().poll(context).is_ready();
                if counting && left <= 1 {
                    return Poll::Ready(None);
                }
                left -= usize::from(counting);
                Poll::Pending
            })
            .await
        });
        let _context = runtime.enter();
        drop(tasks);
        told
    });
    let told = tokio::task::spawn_blocking(move || telling.join().unwrap()).await.unwrap();
    if app.db == Db::Postgres {
        // What its connections had sent off is done, or not.
        assert_eq!(crate::crash::inside_a_transaction(app).await, 0);
    }
    told
}

/// Each account that was printed signs in.
async fn all_sign_in(app: &TestApp, accounts: &str) {
    let (_, rest) = accounts.split_once("password of all accounts: ").unwrap();
    let (password, people) = rest.split_once('\n').unwrap();
    let mut count = 0;
    for line in people.lines() {
        let username = line.split_whitespace().next().unwrap();
        let input = json!({"township": demo::CODE, "username": username, "password": password});
        app.anonymous().post("/sessions", &input).await.ok(201);
        count += 1;
    }
    assert_eq!(count, 9);
}

/// Nothing was done twice, nothing lies in the future, and what is kept fits together.
async fn is_sound(app: &TestApp, over_a_break: u64) {
    let scope = scope(app).await;
    let fits = api::verify::verify(&app.state, scope.tenant(), &[]).await.unwrap();
    assert_eq!(fits.faults, Vec::<String>::new());
    assert_eq!(fits.audit.unsealed, 0);
    let now = app.clock.now();
    scope
        .read(async |tx: &Tx| {
            let log = tx.find::<entity::task_log::Entity>().all().await?;
            let submissions = tx.find::<entity::task_submission::Entity>().all().await?;
            let handed_in = log.iter().filter(|line| line.kind == TaskLogKind::Submitted).count();
            assert_eq!(submissions.len(), handed_in);
            let days: HashSet<_> = submissions
                .iter()
                .map(|row| (row.account_id, beijing(row.at).date_naive()))
                .collect();
            assert_eq!(days.len(), submissions.len(), "somebody handed in twice on a day");
            assert!(log.iter().all(|line| line.at <= now));

            let photos = tx.find::<entity::attachment::Entity>().count().await?;
            let used = tx.find::<entity::submission_attachment::Entity>().count().await?;
            // One may have been up and not handed in when the telling was cut, and its key forgotten over a long break: it goes as
            // every photo that nobody hands in goes.
            let left = photos - used;
            assert!(left <= over_a_break, "{left} photos that belong to nothing");

            let postings = tx.find::<entity::posting::Entity>().all().await?;
            let causes: HashSet<_> = postings.iter().map(|row| row.source_id).collect();
            assert_eq!(causes.len(), postings.len(), "points were given twice");
            assert!(postings.iter().all(|row| row.at <= now));
            let verified = tx
                .find::<entity::task::Entity>()
                .filter(entity::task::Column::State.eq(TaskState::Verified))
                .count()
                .await?;
            let left = tx
                .find::<entity::check_in::Entity>()
                .filter(entity::check_in::Column::CheckedOutAt.is_not_null())
                .count()
                .await?;
            assert_eq!(u64::try_from(postings.len()).unwrap(), verified + left);
            Ok(())
        })
        .await
        .unwrap();
}

fn mode(path: &std::path::Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}

/// Everything of a list as an integrator reads it, and in how many requests.
async fn copied(client: &Client, list: &str) -> (Vec<Value>, usize) {
    let (mut rows, mut cursor, mut requests) = (Vec::new(), String::new(), 0);
    loop {
        let page = client.get(&format!("{list}&limit=200{cursor}")).await.ok(200);
        requests += 1;
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            None => return (rows, requests),
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

/// All evidence and the whole ledger, in a few requests each.
async fn is_copied_in_a_few_requests(app: &TestApp, accounts: &str) {
    let (_, rest) = accounts.split_once("password of all accounts: ").unwrap();
    let password = rest.lines().next().unwrap();
    let input = json!({"township": demo::CODE, "username": "integrator", "password": password, "refresh_in": "body"});
    let signed_in = app.anonymous().post("/sessions", &input).await.ok(201);
    let client = app.anonymous().with_token(signed_in["access_token"].as_str().unwrap());
    let (tasks, for_tasks) = copied(&client, "/tasks?include=submissions").await;
    let (lines, for_lines) = copied(&client, "/points-entries?everybody=true").await;
    eprintln!(
        "{} tasks in {for_tasks} requests, {} lines in {for_lines}",
        tasks.len(),
        lines.len()
    );
    assert!(for_tasks <= 10 && for_lines <= 10);

    // It is all there, and what a task says alone is the last of what it says in the list.
    let scope = scope(app).await;
    let there = async |tx: &Tx| {
        let submissions = tx.find::<entity::task_submission::Entity>().count().await?;
        let photos = tx.find::<entity::submission_attachment::Entity>().count().await?;
        let entries = tx.find::<entity::points_entry::Entity>();
        let entries = entries.filter(entity::points_entry::Column::BalanceAfter.is_not_null());
        Ok((submissions, photos, entries.count().await?))
    };
    let there = scope.read(there).await.unwrap();
    let submissions: Vec<&Value> =
        tasks.iter().flat_map(|task| task["submissions"].as_array().unwrap()).collect();
    let photos: usize =
        submissions.iter().map(|one| one["attachments"].as_array().unwrap().len()).sum();
    let count = |number: usize| u64::try_from(number).unwrap();
    assert_eq!((count(submissions.len()), count(photos), count(lines.len())), there);
    for task in tasks.iter().filter(|task| task["state"] == "verified").take(3) {
        let alone = client.get(&format!("/tasks/{}", task["id"].as_str().unwrap())).await.ok(200);
        assert_eq!(task["submissions"].as_array().unwrap().last(), Some(&alone["submission"]));
    }
}

/// What one telling without a break gives, and the number of its acts: the same on either database.
fn whole() -> &'static (Rows, u64) {
    static WHOLE: OnceLock<(Rows, u64)> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let told = std::sync::Mutex::new(None);
        support::run(Db::Sqlite, Furnished::Empty, async |app| {
            let accounts = demonstrate(&app, Cut::Never).await.unwrap();
            is_sound(&app, 0).await;
            all_sign_in(&app, &accounts).await;
            is_copied_in_a_few_requests(&app, &accounts).await;
            let scope = scope(&app).await;
            let rows = story(&scope).await;
            *told.lock().unwrap() = Some((rows, scope.read(acts).await.unwrap()));
        });
        told.into_inner().unwrap().unwrap()
    })
}

/// Told in pieces, beside a real township.
async fn goes_on_where_it_was(app: TestApp) {
    let (whole, all) = tokio::task::spawn_blocking(whole).await.unwrap();
    let mut random = StdRng::seed_from_u64(support::seed());
    app.found(Town::B).await;
    let real = all_of(&app.scope(Town::B)).await;
    let folder = app.state.config().data_dir.clone();
    let (file, loading) = (folder.join("demo-accounts.txt"), folder.join("demo-loading"));
    std::fs::write(&file, "of a database that is gone").unwrap();

    // Up to the first moment at which the township is founded: there is nobody in it yet.
    let mut polls = 0;
    while app.state.platform().find(demo::CODE).await.unwrap().is_none() {
        polls += 1;
        assert_eq!(demonstrate(&app, Cut::After { acts: 0, polls }).await, None);
    }
    let people = async |tx: &Tx| tx.find::<entity::account::Entity>().count().await;
    assert_eq!(scope(&app).await.read(people).await.unwrap(), 0, "founded and not yet cast");
    assert!(!file.exists());
    let password = std::fs::read_to_string(&loading).unwrap();
    assert_eq!(mode(&loading), 0o600);

    for percent in [5, 30, 60, 90] {
        let wanted = all * percent / 100 + random.random_range(0..all / 20);
        let cut = Cut::After { acts: wanted, polls: random.random_range(1..12) };
        assert_eq!(demonstrate(&app, cut).await, None, "at {percent} %");
        let done = scope(&app).await.read(acts).await.unwrap();
        eprintln!("cut after {done} of {all} acts: {cut:?}");
        assert!(done < all * (percent + 9) / 100, "not cut where it was to be: {done} of {all}");
        assert!(!file.exists());
        assert_eq!(std::fs::read_to_string(&loading).unwrap(), password);
    }
    let accounts = demonstrate(&app, Cut::Never).await.unwrap();
    assert!(accounts.contains(password.trim()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), accounts);
    assert_eq!(mode(&file), 0o600);
    assert!(!loading.exists());

    assert_same(&story(&scope(&app).await).await, whole);
    assert_same(&all_of(&app.scope(Town::B)).await, &real);
    is_sound(&app, 0).await;
    all_sign_in(&app, &accounts).await;

    // Once it is there, nothing changes.
    let told = all_of(&scope(&app).await).await;
    assert_eq!(demonstrate(&app, Cut::Never).await.unwrap(), accounts);
    assert_same(&all_of(&scope(&app).await).await, &told);

    // Accounts that were lost are not made up.
    std::fs::remove_file(&file).unwrap();
    let lost = demo::ensure(&app.state).await.unwrap_err();
    assert_eq!(lost.code(), api::http::Code::CONFLICT);
    assert!(!loading.exists() && !file.exists());
}

/// [`is_copied_in_a_few_requests`], of the telling that the others are compared with.
#[test]
fn a_copy_takes_a_few_requests() {
    assert!(whole().1 > 0);
}

#[test]
fn on_sqlite() {
    support::run(Db::Sqlite, Furnished::Empty, goes_on_where_it_was);
}

#[test]
fn on_postgres() {
    support::run(Db::Postgres, Furnished::Empty, goes_on_where_it_was);
}

/// After a break the days go on to the present, though a server that runs meanwhile has opened tasks at its own time.
#[test]
fn after_a_long_break() {
    support::run(Db::Sqlite, Furnished::Empty, async |app| {
        let mut random = StdRng::seed_from_u64(support::seed());
        let cut =
            Cut::After { acts: random.random_range(1..500), polls: random.random_range(1..12) };
        assert_eq!(demonstrate(&app, cut).await, None);
        let done = scope(&app).await.read(acts).await.unwrap();
        let minutes = random.random_range(10..6 * 24 * 60);
        app.clock.advance(TimeDelta::minutes(minutes));
        api::jobs::round(&app.state).await.unwrap();
        eprintln!("cut after {done} acts, gone on {minutes} minutes later");
        let accounts = demonstrate(&app, Cut::Never).await.unwrap();
        is_sound(&app, 1).await;
        all_sign_in(&app, &accounts).await;
        let now = app.clock.now();
        scope(&app)
            .await
            .read(async |tx: &Tx| {
                use entity::activity::Entity;
                let activities = tx.find::<Entity>().all().await?;
                let running: Vec<&str> = activities
                    .iter()
                    .filter(|row| row.starts_at <= now && row.ends_at > now)
                    .map(|row| row.title.as_str())
                    .collect();
                // The one that is always on; what was planned three days ahead before the break may be on by now.
                assert_eq!(
                    running.iter().filter(|title| **title == "党员志愿服务集中行动").count(),
                    1
                );
                assert!(running.len() <= 2, "{running:?}");
                assert_eq!(activities.iter().filter(|row| row.starts_at > now).count(), 2);
                let submissions = tx.find::<entity::task_submission::Entity>().all().await?;
                let last = submissions.iter().map(|row| row.at).max().unwrap();
                assert!(last > now - TimeDelta::days(4), "{last} before {now}");
                Ok(())
            })
            .await
            .unwrap();
    });
}

/// The program itself, killed; then two at once, of which one does what is left and the other waits for it.
#[test]
fn a_killed_program_goes_on() {
    support::run(Db::Sqlite, Furnished::Empty, async |app| {
        app.found(Town::B).await;
        let real = all_of(&app.scope(Town::B)).await;
        let start = || {
            let folder = &app.state.config().data_dir;
            let mut command = support::program::command(&app.database_url, folder);
            command.arg("demo").env("GEZHI_CLOCK", app.clock.now().to_rfc3339());
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let acts = StdRng::seed_from_u64(support::seed()).random_range(1..150);
        let mut killed = start();
        let outside = app.outside().await;
        let sql = "SELECT count(*) AS n FROM task_submission";
        // Each look is a trip to the database, which is wait enough between two.
        loop {
            let found = Statement::from_string(outside.get_database_backend(), sql);
            let found = outside.query_one_raw(found).await.unwrap().unwrap();
            if found.try_get::<i64>("", "n").unwrap() >= acts {
                break;
            }
            assert_eq!(killed.try_wait().unwrap(), None, "it ended before it was killed");
        }
        killed.kill().unwrap();
        assert_eq!(killed.wait().unwrap().code(), None);
        drop(outside);

        let both = [start(), start()];
        let ended = both.map(|one| std::thread::spawn(move || one.wait_with_output().unwrap()));
        let said: Vec<String> = ended
            .into_iter()
            .map(|one| {
                let output = one.join().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                String::from_utf8(output.stdout).unwrap()
            })
            .collect();
        assert_eq!(said[0], said[1]);
        // Its clock went on from the moment it was set to.
        app.clock.advance(TimeDelta::minutes(10));
        is_sound(&app, 0).await;
        all_sign_in(&app, said[0].trim_end()).await;
        assert_same(&all_of(&app.scope(Town::B)).await, &real);
    });
}

/// A real township of this code is left alone.
async fn a_real_township_stays(app: TestApp) {
    let before = all_of(&app.scope(Town::A)).await;
    let error = demo::ensure(&app.state).await.unwrap_err();
    assert_eq!(error.code(), api::http::Code::ALREADY_EXISTS);
    assert_same(&all_of(&app.scope(Town::A)).await, &before);
    assert!(!app.state.config().data_dir.join("demo-loading").exists());
}

#[test]
fn a_real_township_stays_on_sqlite() {
    support::run(Db::Sqlite, Furnished::One, a_real_township_stays);
}

#[test]
fn a_real_township_stays_on_postgres() {
    support::run(Db::Postgres, Furnished::One, a_real_township_stays);
}
