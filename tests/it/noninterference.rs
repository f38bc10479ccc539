//! What another township does cannot be seen: every answer to township A is the same, byte for byte, whether township B
//! exists and is full of life or not.

use std::collections::BTreeMap;

use support::Furniture;
use support::prelude::*;

type Answers = BTreeMap<String, (u16, Vec<u8>, Option<String>)>;

/// Everything that can be read in township A, by everybody there.
async fn read_everything(clients: &[(Who, Client)], furniture: &Furniture) -> Answers {
    let contract = serde_json::to_value(api::openapi()).unwrap();
    let mut answers = Answers::new();
    let mut paths: Vec<String> = Vec::new();
    for (path, item) in contract["paths"].as_object().unwrap() {
        if item.get("get").is_none() {
            continue;
        }
        let path = path.strip_prefix("/api/v1").unwrap();
        // Reading here leaves entries of township A's own in its log; that the neighbour's acts leave none is told in `audit`.
        if path.starts_with("/audit-") {
            continue;
        }
        let Some((before, rest)) = path.split_once('{') else {
            paths.push(path.to_owned());
            continue;
        };
        let (_, after) = rest.split_once('}').unwrap();
        let kinds: &[&str] = match before {
            "/accounts/" => &["account"],
            "/activities/" => &["activity"],
            "/attachments/" => &["attachment"],
            "/check-in-codes/" => &["code"],
            "/checklists/" => &["checklist", "draft"],
            "/grids/" => &["grid"],
            "/imports/" => &["import"],
            "/jobs/" => &["job"],
            "/members/" => &["member"],
            "/party-orgs/" => &["party_org"],
            "/tasks/" => &["task"],
            "/public/attachments/" => &["attachment_link"],
            "/public/audit-checkpoints/" => &["township"],
            other => panic!("{other}: say here what its parameter names"),
        };
        paths.extend(kinds.iter().map(|kind| format!("{before}{}{after}", furniture.id(kind))));
    }
    // Filters and orders read other indexes than the plain list does.
    paths.extend(
        [
            "/calendar/days?from=2026-11-01&to=2026-11-30",
            "/accounts?q=c&limit=1",
            "/members?q=g&limit=2",
            "/members?category=resident",
            "/tasks?late=false&sort=-due_at&limit=1",
            "/tasks?state=verified",
            "/tasks?held_by=colleagues",
            "/activities?phase=running",
            "/leaderboard?quarter=2026Q4",
            "/points-entries?limit=1",
        ]
        .map(str::to_owned),
    );
    for (who, client) in clients {
        for path in &paths {
            let answer = client.get(path).await;
            assert!(answer.status < 500, "{path} as {who:?}: {}", answer.without_trace());
            let etag = answer.header("etag").map(str::to_owned);
            let body = if answer.status < 400 {
                answer.bytes.clone()
            } else {
                answer.without_trace().into_bytes()
            };
            answers.insert(format!("{who:?} {path}"), (answer.status, body, etag));
        }
    }
    answers
}

async fn nothing_is_seen_of_another_township(app: TestApp) {
    let furniture = app.furnish(Town::A).await;
    let mut clients = Vec::new();
    for who in Who::ALL {
        clients.push((who, app.client(who, Town::A).await));
    }
    let alone = read_everything(&clients, &furniture).await;
    let read = alone.values().filter(|(status, ..)| *status == 200).count();
    assert!(read > 150, "{read} answers had something to say");

    app.found(Town::B).await;
    app.furnish(Town::B).await;
    let beside = read_everything(&clients, &furniture).await;
    assert_eq!(alone.len(), beside.len());
    for (what, (status, body, etag)) in &alone {
        let (other_status, other_body, other_etag) = &beside[what];
        assert_eq!(
            (status, String::from_utf8_lossy(body), etag),
            (other_status, String::from_utf8_lossy(other_body), other_etag),
            "{what}"
        );
        assert_eq!(body, other_body, "{what}");
    }
}

#[test]
fn sqlite() {
    support::run(Db::Sqlite, Furnished::One, nothing_is_seen_of_another_township);
}

#[test]
fn postgres() {
    support::run(Db::Postgres, Furnished::One, nothing_is_seen_of_another_township);
}
