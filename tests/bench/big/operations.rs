//! What people do all day, each timed by itself.

use std::cell::Cell;
use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, TestApp, Town, Who};

use crate::seed::Seeded;

/// Times that a read and a write are done; the median counts.
const READS: usize = 11;
const WRITES: usize = 7;

/// How its cost may grow.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    /// A few times, however big the township.
    Times,
    /// With what it answers: the whole of the township.
    BySize,
    /// So many milliseconds at most, however big the township.
    Within(f64),
}

/// An operation and its median.
#[derive(Debug, Clone)]
pub struct Measured {
    /// What is done.
    pub what: String,
    /// The median.
    pub milliseconds: f64,
    /// What is asked of it.
    pub bound: Bound,
}

fn median(what: &str, mut times: Vec<f64>, bound: Bound) -> Measured {
    times.sort_by(f64::total_cmp);
    Measured { what: what.to_owned(), milliseconds: times[times.len() / 2], bound }
}

async fn timed<T>(times: &mut Vec<f64>, act: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = act.await;
    times.push(began.elapsed().as_secs_f64() * 1000.0);
    done
}

async fn read(client: &Client, who: &str, path: &str, bound: Bound) -> Measured {
    let mut times = Vec::new();
    // The first one warms up.
    client.get(path).await;
    for _ in 0..READS {
        let answer = timed(&mut times, client.get(path)).await;
        assert_eq!(answer.status, 200, "{who}: {path}");
    }
    // Without the ids.
    let shown: String = path.chars().map(|c| if c.is_ascii_digit() { '·' } else { c }).collect();
    median(&format!("{who}: {shown}"), times, bound)
}

/// All of them, in the same order for each township.
pub async fn measure(app: &TestApp, seeded: &Seeded) -> Vec<Measured> {
    let town = app.town(Town::A);
    let sign_in = async |who| app.client(who, Town::A).await;
    let clerk = sign_in(Who::Clerk).await;
    let top = sign_in(Who::Member).await;
    let head = sign_in(Who::GridHead).await;
    let sub_head = sign_in(Who::SubHead).await;
    let worker = sign_in(Who::Worker).await;
    let (township, general, sub) = (town.grids.township, town.grids.general, town.grids.sub);
    let someone = town.members.worker;
    let task = sub_head.get("/tasks/inbox").await.ok(200)["items"][0]["id"].clone();
    let task = task.as_str().expect("a task").to_owned();
    let everybody = [
        ("clerk", &clerk),
        ("top supervisor", &top),
        ("general head", &head),
        ("sub-head", &sub_head),
    ];

    let mut all = Vec::new();
    for (who, client) in everybody {
        all.push(read(client, who, "/home", Bound::Times).await);
        all.push(read(client, who, "/tasks", Bound::Times).await);
        all.push(read(client, who, "/tasks?owed=true", Bound::Times).await);
        all.push(read(client, who, "/tasks?q=%E6%B2%A1%E6%9C%89", Bound::Times).await);
        all.push(read(client, who, "/tasks?q=%E8%B5%B0%E8%AE%BF", Bound::Times).await);
        all.push(read(client, who, "/tasks?q=%E7%8E%8B%E6%9F%9010", Bound::Times).await);
    }
    for (who, client) in [("clerk", &clerk), ("top supervisor", &top), ("general head", &head)] {
        all.push(read(client, who, "/tasks/to-verify", Bound::Times).await);
    }
    all.push(read(&worker, "worker", "/tasks/inbox", Bound::Times).await);
    all.push(read(&worker, "worker", "/tasks", Bound::Times).await);
    all.push(read(&clerk, "clerk", &format!("/tasks?assignee_id={someone}"), Bound::Times).await);
    all.push(read(&clerk, "clerk, top", &format!("/tasks?grid_id={township}"), Bound::Times).await);
    all.push(read(&clerk, "clerk, sub", &format!("/tasks?grid_id={sub}"), Bound::Times).await);
    all.push(read(&head, "general head", &format!("/tasks/{task}"), Bound::Times).await);
    all.push(
        read(&clerk, "clerk, top", &format!("/members?grid_id={township}"), Bound::Times).await,
    );
    all.push(
        read(&clerk, "clerk, general", &format!("/members?grid_id={general}"), Bound::Times).await,
    );
    all.push(read(&clerk, "clerk", "/members?q=%E7%8E%8B%E6%9F%9010", Bound::Times).await);
    all.push(read(&clerk, "clerk", "/members", Bound::Times).await);
    for path in
        ["/members?sort=name", "/members?sort=party_org", "/tasks?sort=title", "/tasks?sort=-grid"]
    {
        all.push(read(&clerk, "clerk", path, Bound::Times).await);
    }
    for path in ["/members?total=true", "/tasks?total=true"] {
        all.push(read(&clerk, "clerk", path, Bound::BySize).await);
    }
    all.extend(files(&clerk).await);
    all.push(read(&clerk, "clerk", "/party-orgs", Bound::Times).await);
    all.push(read(&clerk, "clerk", &format!("/grids/{sub}"), Bound::Times).await);
    all.push(read(&clerk, "clerk", "/grids", Bound::BySize).await);
    all.push(read(&clerk, "clerk", "/grids/boundaries", Bound::BySize).await);
    all.extend(posts(&clerk, seeded).await);
    all.extend(lists(app, &clerk).await);
    all.push(hand_in(&sub_head).await);
    all
}

/// All tasks as files, and what each of 50,000 rows of them takes together.
async fn files(clerk: &Client) -> Vec<Measured> {
    let mut all = Vec::new();
    let counted =
        clerk.get("/tasks?total=true&limit=1").await.ok(200)["total"].as_f64().expect("a number");
    for (name, kind) in [
        ("CSV", "text/csv"),
        ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ] {
        let mut times = Vec::new();
        let asked = clerk.request(Method::GET, "/tasks").header("accept", kind);
        let answer = timed(&mut times, clerk.send(asked)).await;
        assert_eq!(answer.status, 200, "{name}");
        let of_50_000 = times.iter().map(|time| time * 50_000.0 / counted).collect();
        all.push(median(&format!("clerk: all tasks as {name}"), times, Bound::BySize));
        all.push(median(
            &format!("clerk: 50,000 tasks of them as {name}"),
            of_50_000,
            Bound::BySize,
        ));
    }
    all
}

/// Somebody comes into a post, and leaves it.
async fn posts(clerk: &Client, seeded: &Seeded) -> Vec<Measured> {
    let (mut begin, mut end) = (Vec::new(), Vec::new());
    for member in seeded.free.iter().take(WRITES) {
        let post = json!({"grid_id": seeded.sub, "member_id": member, "kind": "worker"});
        let held = timed(&mut begin, clerk.post("/grid-posts", &post)).await.ok(201);
        let path = format!("/grid-posts/{}/end", held["id"].as_str().expect("an id"));
        timed(&mut end, clerk.post(&path, &json!({}))).await.ok(200);
    }
    vec![median("appoint", begin, Bound::Times), median("end a post", end, Bound::Times)]
}

/// Says how many tasks it makes.
async fn publish(clerk: &Client, list: &str) -> f64 {
    let done = clerk.change(Method::POST, &format!("{list}/publish"), 1, &json!({})).await.ok(200);
    done["tasks_created"].as_f64().expect("how many tasks")
}

/// Slices that another writer waits for at most: the one that goes on when he comes, the next one when the job is quicker to ask again
/// (SQLite's writer is not given in turn), and as much again on a machine that does something else, too. The time of one is that of all
/// of them by the tasks, so the bound does not hang on how fast the machine is, and a publication in one piece is far beyond it: it is
/// forty slices long.
const WAIT_SLICES: f64 = 4.0;

/// A list of one duty for general heads; then one of twenty for sub-grid heads, in slices, while another writes all the time.
async fn lists(app: &TestApp, clerk: &Client) -> Vec<Measured> {
    let item = |what: String, role: &str| {
        json!({
            "what": what, "role": role, "frequency": "once", "evidence": "none",
            "limit_working_days": 5, "points": 1,
        })
    };
    let draft = async |title: String, items: Value| {
        let list = json!({"kind": "responsibility", "title": title, "items": items});
        clerk.post("/checklists", &list).await.ok(201)["id"].as_str().expect("an id").to_owned()
    };
    let (mut seen, mut published) = (Vec::new(), Vec::new());
    for number in 0..WRITES {
        let items = json!([item(format!("第{number}件事"), "general_head")]);
        let path = format!("/checklists/{}", draft(format!("清单{number}"), items).await);
        timed(&mut seen, clerk.get(&format!("{path}/preview"))).await.ok(200);
        timed(&mut published, publish(clerk, &path)).await;
    }
    let twenty: Value =
        (0..20).map(|number| item(format!("第{number}件大事"), "sub_head")).collect();
    let path = format!("/checklists/{}", draft("大清单".to_owned(), twenty).await);
    let mut large = Vec::new();
    let tasks = timed(&mut large, publish(clerk, &path)).await;
    let over = Cell::new(false);
    let slices = async {
        let mut all = Vec::new();
        timed(&mut all, api::jobs::township(&app.scope(Town::A))).await.expect("the slices");
        over.set(true);
        all
    };
    let beside = async {
        let mut waits = Vec::new();
        while !over.get() {
            let number = waits.len();
            let body =
                json!({"name": "旁人", "category": "resident", "number": format!("P{number:05}")});
            timed(&mut waits, clerk.post("/members", &body)).await.ok(201);
        }
        waits.sort_by(f64::total_cmp);
        waits.split_off(waits.len() - 1)
    };
    let (slices, beside) = futures_util::future::join(slices, beside).await;
    let at_once = u32::try_from(app.state.config().slice_tasks).expect("a number");
    let share = f64::from(at_once) / tasks.max(1.0);
    let one = slices[0] * share.min(1.0);
    vec![
        median("preview a list of one duty", seen, Bound::Times),
        median("publish a list of one duty", published, Bound::Times),
        median("publish twenty duties of sub-grid heads", large, Bound::BySize),
        median("its slices, all of them", slices, Bound::BySize),
        median(
            "the longest wait of another writer meanwhile",
            beside,
            Bound::Within(WAIT_SLICES * one),
        ),
    ]
}

async fn hand_in(client: &Client) -> Measured {
    let inbox = client.get("/tasks/inbox").await.ok(200);
    let mut times = Vec::new();
    for task in inbox["items"].as_array().expect("tasks").iter().take(WRITES) {
        let path = format!("/tasks/{}/submit", task["id"].as_str().expect("an id"));
        timed(&mut times, client.post(&path, &json!({"text": "已办"}))).await.ok(200);
    }
    median("sub-head: hand in", times, Bound::Times)
}
