//! Notices: to whom they go, who has read them, and how a mistake is mended.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use support::prelude::*;

use crate::activity::id_of;
use crate::furniture::kind;
use crate::rooms::Open::To;
use crate::rooms::{Room, beside, op, violation};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("list_notices", To("lcgwmi")),
        op("create_notice", To("c")).with(|f| {
            json!({"title": "走访", "text": "请于明日走访。", "roles": ["worker"], "grid_id": f.id("grid")})
        }),
        op("get_notice", To("lcgwmi")).on("notice"),
        op("update_notice", To("c")).on("notice").with(|_| json!({"title": "改名"})),
        op("withdraw_notice", To("c")).on("notice").with(|_| json!({"reason": "时间有调整"})),
        op("restore_notice", To("c")).on("notice"),
        op("read_notice", To("lcgwmi")).on("notice"),
        op("list_notice_readers", To("lci")).on("notice"),
    ],
    kinds: &[kind("notice")],
    // One that everybody sees, and that somebody has read.
    furnish: |app, town, furniture| {
        Box::pin(async move {
            furniture.put_answer("notice", &publish(app, town, json!({})).await);
            let worker = app.client(Who::Worker, town).await;
            sign(&worker, furniture.id("notice")).await.ok(200);
        })
    },
    reads: &[
        "/notices?phase=current",
        "/notices?unread=true",
        "/notices?q=寒潮",
        "/notices?changed_since=2026-01-01T00:00:00Z",
        "/notices/{notice}/readers?read=true",
    ],
    beside: &[beside(Who::Clerk, "PATCH", |own, foreign| {
        (own.path("/notices/{notice}"), json!({"grid_id": foreign.id("grid")}))
    })],
    provoke: |app, sweep| {
        Box::pin(async move {
            use api::notice::codes;
            let notice = publish(app, Town::A, json!({"roles": ["worker"]})).await;
            let path = format!("/notices/{}", id_of(&notice));
            let clerk = app.client(Who::Clerk, Town::A).await;
            sweep.saw(codes::NOT_ADDRESSED, &sign(&clerk, &id_of(&notice)).await);
            let why = json!({"reason": "时间有调整"});
            clerk.post(&format!("{path}/withdraw"), &why).await.ok(200);
            let gone = clerk.patch(&path, 2, &json!({"title": "改名"})).await;
            sweep.saw(codes::NOTICE_WITHDRAWN, &gone);
        })
    },
    unrecorded: &[("read_notice", "one's own; the receipt says who and when")],
    tables: &["notice", "notice_role", "notice_receipt"],
    // Whom a role or a post makes a reader, and names.
    foreign: &["account", "account_role", "grid", "member"],
    violations: &[
        violation(
            "NT1",
            "UPDATE notice SET read_count = read_count + 1",
            "UPDATE notice SET read_count = read_count - 1",
        ),
        violation(
            "NT2",
            "INSERT INTO notice (tenant_id, id, title, text, published_at, version, read_since, read_count) \
             SELECT tenant_id, NEW_ID, 'nobody', text, published_at, 1, 1, 0 FROM notice",
            "DELETE FROM notice WHERE title = 'nobody'",
        ),
    ],
    ..Room::of("notice")
};

/// Publishes a notice, to everybody unless `more` says otherwise.
pub(crate) async fn publish(app: &TestApp, town: Town, more: Value) -> Value {
    let clerk = app.client(Who::Clerk, town).await;
    let mut body = json!({
        "title": "关于做好寒潮期间独居老人走访的通知",
        "text": "各网格：\n今晚起气温骤降，请于明日中午前走访辖区内独居老人。",
        "roles": ["leader", "clerk", "grid_head", "worker", "member", "integrator"],
    });
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    clerk.post("/notices", &body).await.ok(201)
}

/// Signs for what the client sees now, as a page does.
pub(crate) async fn sign(client: &Client, id: &str) -> Answer {
    let seen = client.get(&format!("/notices/{id}")).await;
    let version = seen.json["version"].as_i64().unwrap_or(1);
    sign_of(client, id, version).await
}

/// Signs for a version.
async fn sign_of(client: &Client, id: &str, version: i64) -> Answer {
    let request = client.request(Method::POST, &format!("/notices/{id}/read"));
    client.send(request.header("if-match", format!("\"v{version}\""))).await
}

async fn sees(app: &TestApp, who: Who, id: &str) -> bool {
    let client = app.client(who, Town::A).await;
    let list = client.get("/notices?limit=200").await.ok(200);
    let listed = list["items"].as_array().unwrap().iter().any(|one| one["id"] == id);
    let status = client.get(&format!("/notices/{id}")).await.status;
    assert_eq!(status, if listed { 200 } else { 404 }, "list and page agree for {who:?}");
    listed
}

/// The user names of those who have read it or have not, and the number that stands beside.
async fn readers(clerk: &Client, id: &str, read: bool) -> (BTreeSet<String>, u64) {
    let mut names = BTreeSet::new();
    let mut path = format!("/notices/{id}/readers?read={read}&limit=2");
    loop {
        let page = clerk.get(&path).await.ok(200);
        for one in page["items"].as_array().unwrap() {
            assert_eq!(one["read_at"].is_null(), !read);
            assert!(names.insert(one["account_id"].as_str().unwrap().to_owned()), "nobody twice");
        }
        let Some(next) = page["next_cursor"].as_str() else {
            let number = page[if read { "read" } else { "unread" }].as_u64().unwrap();
            return (names, number);
        };
        path = format!("/notices/{id}/readers?read={read}&limit=2&cursor={next}");
    }
}

fn accounts(app: &TestApp, who: &[Who]) -> BTreeSet<String> {
    let town = app.town(Town::A);
    who.iter().map(|who| town.accounts[who].id.to_string()).collect()
}

on_both! {
    /// A notice goes to roles, and with a grid to those who hold a post there or beneath it; who reads all notices sees it too, and
    /// for anybody else it is not there.
    async fn it_goes_to_roles_and_grids(app: TestApp) {
        let town = app.town(Town::A);
        let in_general = json!({"roles": ["grid_head", "worker"], "grid_id": town.grids.general});
        let general = id_of(&publish(&app, Town::A, in_general).await);
        let in_sub = json!({"roles": ["grid_head", "worker"], "grid_id": town.grids.sub});
        let sub = id_of(&publish(&app, Town::A, in_sub).await);
        let elsewhere = json!({"roles": ["grid_head", "worker"], "grid_id": town.grids.other_general});
        let other = id_of(&publish(&app, Town::A, elsewhere).await);
        let members = id_of(&publish(&app, Town::A, json!({"roles": ["member"]})).await);
        for (who, expected) in [
            (Who::Clerk, [true, true, true, true]),
            (Who::Leader, [true, true, true, true]),
            (Who::Integrator, [true, true, true, true]),
            (Who::GridHead, [true, false, false, false]),
            (Who::SubHead, [true, true, false, false]),
            (Who::Worker, [true, true, false, false]),
            (Who::Member, [false, false, false, true]),
        ] {
            for (id, seen) in [&general, &sub, &other, &members].into_iter().zip(expected) {
                assert_eq!(sees(&app, who, id).await, seen, "{who:?} {id}");
            }
        }
        let clerk = app.client(Who::Clerk, Town::A).await;
        assert_eq!(readers(&clerk, &general, false).await.0, accounts(&app, &[Who::GridHead, Who::SubHead, Who::Worker]));
        assert_eq!(readers(&clerk, &sub, false).await.0, accounts(&app, &[Who::SubHead, Who::Worker]));
        assert_eq!(readers(&clerk, &other, false).await, (BTreeSet::new(), 0));

        // Whoever comes into a post finds what still stands.
        let post = json!({"grid_id": town.grids.other_general, "member_id": town.members.member, "kind": "general_head"});
        clerk.post("/grid-posts", &post).await.ok(201);
        assert!(!sees(&app, Who::Member, &other).await, "the post is there, the role is not");
        let roles = json!({"roles": ["member", "grid_head"]});
        let administrator = app.client(Who::Administrator, Town::A).await;
        let account = format!("/accounts/{}", town.accounts[&Who::Member].id);
        administrator.patch(&account, 1, &roles).await.ok(200);
        assert!(sees(&app, Who::Member, &other).await);
        // A disabled account is not waited for.
        administrator.patch(&account, 2, &json!({"disabled": true})).await.ok(200);
        assert_eq!(readers(&clerk, &other, false).await, (BTreeSet::new(), 0));
    }

    /// Opening is the receipt: counted once however often, by those it goes to alone.
    async fn it_is_signed_for_once(app: TestApp) {
        let notice = publish(&app, Town::A, json!({"roles": ["worker", "grid_head"]})).await;
        let id = id_of(&notice);
        let path = format!("/notices/{id}");
        let worker = app.client(Who::Worker, Town::A).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let unread = async |client: &Client| {
            let list = client.get("/notices?unread=true").await.ok(200);
            list["items"].as_array().unwrap().len()
        };
        assert_eq!(unread(&worker).await, 1);
        let seen = worker.get(&path).await.ok(200);
        assert_eq!(seen["may"]["read_notice"], json!({"allowed": true, "code": null}));
        assert!(seen["read_at"].is_null());
        let first = sign(&worker, &id).await.ok(200);
        assert_eq!((&first["read"], first["read_at"].is_null()), (&json!(1), false));
        let again = sign(&worker, &id).await.ok(200);
        assert_eq!((&again["read"], &again["read_at"]), (&json!(1), &first["read_at"]));
        assert_eq!(unread(&worker).await, 0);
        assert_eq!(readers(&clerk, &id, true).await, (accounts(&app, &[Who::Worker]), 1));
        assert_eq!(readers(&clerk, &id, false).await, (accounts(&app, &[Who::GridHead, Who::SubHead]), 2));

        assert_eq!(unread(&clerk).await, 0, "it does not go to the office");
        sign(&clerk, &id).await.problem(409, "not_addressed");
        let member = app.client(Who::Member, Town::A).await;
        sign(&member, &id).await.problem(404, "not_found");
    }

    /// A correction keeps receipts; asked for again they count no more, and what is read then counts.
    async fn a_mistake_is_mended(app: TestApp) {
        let notice = publish(&app, Town::A, json!({"roles": ["worker"], "until": "2199-01-01"})).await;
        let id = id_of(&notice);
        let path = format!("/notices/{id}");
        let (clerk, worker) = (app.client(Who::Clerk, Town::A).await, app.client(Who::Worker, Town::A).await);
        sign(&worker, &id).await.ok(200);
        let same = json!({"title": notice["title"], "roles": ["worker"]});
        assert_eq!(clerk.patch(&path, 1, &same).await.ok(200)["version"], 1, "nothing changed");
        let mended = clerk.patch(&path, 1, &json!({"title": "关于走访的通知", "until": null})).await.ok(200);
        assert_eq!((&mended["version"], &mended["read"], &mended["until"]), (&json!(2), &json!(1), &Value::Null));
        clerk.patch(&path, 1, &json!({"text": "后来的。"})).await.problem(412, "precondition_failed");
        let asked = clerk.patch(&path, 2, &json!({"text": "请于今日走访。", "read_again": true})).await.ok(200);
        assert_eq!((&asked["version"], &asked["read"]), (&json!(3), &json!(0)));
        let seen = worker.get(&path).await.ok(200);
        assert!(seen["read_at"].is_null() && seen["may"]["read_notice"]["allowed"] == true);
        assert_eq!(sign(&worker, &id).await.ok(200)["read"], 1);

        for (wrong, field) in [
            (json!({"roles": ["administrator"]}), "roles"),
            (json!({"roles": []}), "roles"),
            (json!({"until": "2020-01-01"}), "until"),
            (json!({"title": "　"}), "title"),
            (json!({"grid_id": app.town(Town::B).grids.sub}), "grid_id"),
        ] {
            let problem = clerk.patch(&path, 3, &wrong).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }
    }

    /// Withdrawn with a reason, once; put up again as it was.
    async fn it_can_be_withdrawn_and_put_up_again(app: TestApp) {
        let notice = publish(&app, Town::A, json!({"roles": ["worker", "grid_head"]})).await;
        let id = id_of(&notice);
        let path = format!("/notices/{id}");
        let (clerk, worker) = (app.client(Who::Clerk, Town::A).await, app.client(Who::Worker, Town::A).await);
        sign(&worker, &id).await.ok(200);
        let gone = clerk.post(&format!("{path}/withdraw"), &json!({"reason": "时间有调整"})).await.ok(200);
        assert_eq!((&gone["phase"], &gone["version"]), (&json!("withdrawn"), &json!(2)));
        let twice = clerk.post(&format!("{path}/withdraw"), &json!({"reason": "另一个原因"})).await.ok(200);
        assert_eq!((&twice["withdraw_reason"], &twice["version"]), (&json!("时间有调整"), &json!(2)));
        assert_eq!(worker.get(&path).await.ok(200)["withdraw_reason"], "时间有调整");
        let head = app.client(Who::GridHead, Town::A).await;
        sign(&head, &id).await.problem(409, "notice_withdrawn");
        assert_eq!(head.get("/notices?unread=true").await.ok(200)["items"], json!([]));
        clerk.patch(&path, 2, &json!({"title": "改名"})).await.problem(409, "notice_withdrawn");
        for (phase, there) in [("current", 0), ("withdrawn", 1)] {
            let list = clerk.get(&format!("/notices?phase={phase}")).await.ok(200);
            assert_eq!(list["items"].as_array().unwrap().len(), there, "{phase}");
        }
        let back = clerk.act(&format!("{path}/restore")).await.ok(200);
        assert_eq!((&back["phase"], &back["withdraw_reason"], &back["read"]), (&json!("current"), &Value::Null, &json!(1)));
        assert_eq!(clerk.act(&format!("{path}/restore")).await.ok(200)["version"], back["version"]);
        assert_eq!(sign(&head, &id).await.ok(200)["read"], 2);
    }

    /// It stands through its last day and not longer; that it may still be read late is no reason to remind anybody of it.
    async fn it_stands_through_its_last_day(app: TestApp) {
        let today = api::clock::beijing(app.clock.now()).date_naive();
        let id = id_of(&publish(&app, Town::A, json!({"roles": ["worker"], "until": today})).await);
        let phase = async || {
            let worker = app.client(Who::Worker, Town::A).await;
            let unread = worker.get("/notices?unread=true").await.ok(200)["items"].as_array().unwrap().len();
            let seen = worker.get(&format!("/notices/{id}")).await.ok(200);
            (seen["phase"].as_str().unwrap().to_owned(), unread)
        };
        assert_eq!(phase().await, ("current".to_owned(), 1));
        app.clock.advance(chrono::TimeDelta::days(1));
        assert_eq!(phase().await, ("ended".to_owned(), 0));
        let worker = app.client(Who::Worker, Town::A).await;
        assert_eq!(sign(&worker, &id).await.ok(200)["read"], 1);
    }

    /// Beside a naive model: whatever is published, read, changed, withdrawn and put up again, the numbers are those of the people.
    async fn receipts_follow_a_naive_model(app: TestApp) {
        let mut random = StdRng::seed_from_u64(support::seed());
        let people = [Who::GridHead, Who::SubHead, Who::Worker, Who::Member];
        let addressed = |who: Who, roles: &[&str]| roles.contains(&who.role().as_str());
        let id = id_of(&publish(&app, Town::A, json!({"roles": ["worker", "grid_head"]})).await);
        let path = format!("/notices/{id}");
        let clerk = app.client(Who::Clerk, Town::A).await;
        let mut clients = BTreeMap::new();
        for who in people {
            clients.insert(who, app.client(who, Town::A).await);
        }
        let (mut roles, mut version) = (vec!["grid_head", "worker"], 1);
        let (mut withdrawn, mut read) = (false, BTreeSet::<Who>::new());
        for step in 0..(if support::soak() { 400 } else { 40 }) {
            match random.random_range(0..8) {
                0..4 => {
                    let who = *people.choose(&mut random).unwrap();
                    let answer = sign(&clients[&who], &id).await;
                    let expected = match () {
                        () if !addressed(who, &roles) => 404,
                        () if withdrawn && !read.contains(&who) => 409,
                        () => 200,
                    };
                    assert_eq!(answer.status, expected, "step {step}, {who:?}");
                    if expected == 200 {
                        read.insert(who);
                    }
                }
                4 => {
                    let all: [&[&str]; 3] = [&["worker"], &["grid_head", "worker"], &["grid_head", "worker", "member"]];
                    let chosen = all.choose(&mut random).unwrap().to_vec();
                    let again = random.random_bool(0.5);
                    let body = json!({"roles": chosen, "read_again": again});
                    let answer = clerk.patch(&path, version, &body).await;
                    if withdrawn {
                        answer.problem(409, "notice_withdrawn");
                    } else {
                        let changed = chosen != roles || again;
                        version += i64::from(changed);
                        assert_eq!(answer.ok(200)["version"], version, "step {step}");
                        roles = chosen;
                        if again {
                            read.clear();
                        }
                    }
                }
                5 => {
                    clerk.post(&format!("{path}/withdraw"), &json!({"reason": "有误"})).await.ok(200);
                    version += i64::from(!withdrawn);
                    withdrawn = true;
                }
                _ => {
                    clerk.act(&format!("{path}/restore")).await.ok(200);
                    version += i64::from(withdrawn);
                    withdrawn = false;
                }
            }
            let count = u64::try_from(read.len()).unwrap();
            let have: Vec<Who> = read.iter().copied().collect();
            assert_eq!(readers(&clerk, &id, true).await, (accounts(&app, &have), count), "step {step}");
            let wait: Vec<Who> = people.into_iter().filter(|who| addressed(*who, &roles) && !read.contains(who)).collect();
            assert_eq!(readers(&clerk, &id, false).await.0, accounts(&app, &wait), "step {step}");
            app.keeps_its_promises().await;
        }
    }

    /// Many sign at once, one of them twice, while the office asks that it be read again: no receipt is lost or counted twice, and none is
    /// counted for what its reader has not seen.
    async fn many_sign_at_once(app: TestApp) {
        let id = id_of(&publish(&app, Town::A, json!({"roles": ["worker", "grid_head", "member"]})).await);
        let path = format!("/notices/{id}");
        let clerk = app.client(Who::Clerk, Town::A).await;
        let (head, worker, member) = (
            app.client(Who::GridHead, Town::A).await,
            app.client(Who::Worker, Town::A).await,
            app.client(Who::Member, Town::A).await,
        );
        let again = json!({"read_again": true});
        let (one, two, three, four, asked) = tokio::join!(
            sign_of(&head, &id, 1),
            sign_of(&worker, &id, 1),
            sign_of(&worker, &id, 1),
            sign_of(&member, &id, 1),
            clerk.patch(&path, 1, &again)
        );
        asked.ok(200);
        // Whoever came before the office has signed for what is void now; whoever came after it is told.
        for answer in [one, two, three, four] {
            if answer.status != 200 {
                answer.problem(412, "precondition_failed");
            }
        }
        app.keeps_its_promises().await;
        assert_eq!(readers(&clerk, &id, true).await, (BTreeSet::new(), 0));
        for client in [&head, &worker, &member] {
            sign_of(client, &id, 1).await.problem(412, "precondition_failed");
            sign(client, &id).await.ok(200);
        }
        assert_eq!(readers(&clerk, &id, true).await.1, 3);
        app.keeps_its_promises().await;
        // A correction of a word makes nobody's reading void: who has seen the version before it has read it.
        clerk.patch(&path, 2, &json!({"title": "关于走访的通知"})).await.ok(200);
        let sub_head = app.client(Who::SubHead, Town::A).await;
        assert_eq!(sign_of(&sub_head, &id, 2).await.ok(200)["read"], 4);
    }
}
