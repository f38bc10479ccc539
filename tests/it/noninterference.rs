//! What another township does cannot be seen: every answer to township A is the same, byte for byte, whether township B
//! exists and is full of life or not.

use std::collections::BTreeMap;

use support::prelude::*;

use crate::authz;
use crate::furniture::{Furniture, furnish};
use crate::rooms::ROOMS;

type Answers = BTreeMap<String, (u16, Vec<u8>, Option<String>)>;

/// Everything that can be read in township A, by everybody there.
async fn read_everything(clients: &[(Who, Client)], furniture: &Furniture) -> Answers {
    let mut answers = Answers::new();
    let mut paths: Vec<String> = Vec::new();
    for (operation, entry) in authz::paired() {
        // Reading the log leaves entries of township A's own in it; that the neighbour's acts leave none is told in `audit`.
        if operation.method != Method::GET || operation.is_below("/audit-") {
            continue;
        }
        let path = operation.path(entry.filled(furniture).0.as_deref());
        paths.push(if entry.query.is_empty() { path } else { format!("{path}?{}", entry.query) });
    }
    let more = ROOMS.iter().flat_map(|room| room.reads);
    paths.extend(more.map(|path| furniture.path(path)));
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
    let furniture = furnish(&app, Town::A).await;
    let mut clients = Vec::new();
    for who in Who::ALL {
        clients.push((who, app.client(who, Town::A).await));
    }
    let alone = read_everything(&clients, &furniture).await;
    let read = alone.values().filter(|(status, ..)| *status == 200).count();
    assert!(read > 150, "{read} answers had something to say");

    app.found(Town::B).await;
    furnish(&app, Town::B).await;
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
