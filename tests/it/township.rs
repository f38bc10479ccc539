//! Founding a township on an empty server: the one-time token, and nothing before it.

use api::township::service::new_setup_token;
use support::prelude::*;

use crate::furniture::kind;
use crate::rooms::Open::{Everybody, To};
use crate::rooms::{Room, op};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("get_site", Everybody),
        op("set_up", Everybody).with(|_| {
            json!({"token": "no such token at all", "township_code": "310116101", "username": "first",
                "password": "long enough for now", "display_name": "管理员"})
        }),
        op("get_township", To("alcgwmiu")),
    ],
    kinds: &[kind("township")],
    furnish: |app, town, furniture| {
        Box::pin(async move { furniture.put("township", app.town(town).code) })
    },
    provoke: |app, sweep| {
        Box::pin(async move {
            let setup = json!({"token": "no such token at all", "township_code": "310116101", "username": "first",
                "password": "long enough for now", "display_name": "管理员"});
            let refused = app.anonymous().post("/public/setup", &setup).await;
            sweep.saw(api::township::codes::SETUP_TOKEN_INVALID, &refused);
        })
    },
    // Says whether the township has begun.
    foreign: &["grid", "grid_post", "member"],
    ..Room::of("township")
};

fn set_up(token: &str, code: &str, username: &str) -> Value {
    json!({
        "token": token, "township_code": code, "username": username, "password": PASSWORD,
        "display_name": "系统管理员",
    })
}

async fn an_empty_server_is_set_up_once(app: TestApp) {
    let anonymous = app.anonymous();
    let site = anonymous.get("/public/site").await.ok(200);
    assert_eq!((&site["to_be_set_up"], &site["default_township"]), (&json!(true), &Value::Null));

    let token = new_setup_token(&app.state).await.unwrap();
    let post = async |body: Value| anonymous.post("/public/setup", &body).await;
    post(set_up("no such token at all", "310116112", "admin"))
        .await
        .problem(403, "setup_token_invalid");
    // What is refused does not use the token up.
    post(set_up(&token, "000000000", "admin")).await.problem(422, "validation_failed");
    post(set_up(&token, "310116112", "a b")).await.problem(422, "validation_failed");
    let mut short = set_up(&token, "310116112", "admin");
    short["password"] = json!("short");
    post(short).await.problem(422, "validation_failed");

    let done = post(set_up(&format!(" {token} "), "310116112", "Admin")).await.ok(201);
    assert_eq!(
        done,
        json!({"township": {"code": "310116112", "name": "漕泾镇"}, "username": "admin"})
    );
    assert_eq!(anonymous.get("/public/site").await.ok(200)["to_be_set_up"], false);
    post(set_up(&token, "310116101", "admin")).await.problem(403, "setup_token_invalid");

    // The administrator manages accounts, and nothing else.
    let sign_in = json!({"township": "漕泾镇", "username": "admin", "password": PASSWORD});
    let signed_in = anonymous.post("/sessions", &sign_in).await.ok(201);
    let administrator = anonymous.with_token(signed_in["access_token"].as_str().unwrap());
    let me = administrator.get("/me").await.ok(200);
    assert_eq!(
        (&me["roles"], &me["township"]["name"]),
        (&json!(["administrator"]), &json!("漕泾镇"))
    );
    administrator.get("/members").await.problem(403, "forbidden");
    let clerk = json!({
        "username": "clerk", "password": PASSWORD, "display_name": "党建办", "roles": ["clerk"],
    });
    administrator.post("/accounts", &clerk).await.ok(201);

    // A second township needs a second token, and its code.
    let second = new_setup_token(&app.state).await.unwrap();
    post(set_up(&second, "310116112", "admin")).await.problem(409, "already_exists");
    post(set_up(&second, "310116101", "admin")).await.ok(201);
}

/// The token is good for a day. Wrong ones cost no hash, and are counted; the right one passes all the same.
async fn a_setup_token_ends_and_wrong_ones_are_cheap(app: TestApp) {
    use api::auth::Lane;
    use api::township::service::{setup_token_file, wants_setup_token, write_setup_token};

    let anonymous = app.anonymous();
    let post = async |body: Value| anonymous.post("/public/setup", &body).await;
    assert!(wants_setup_token(&app.state).await.unwrap());
    let old = new_setup_token(&app.state).await.unwrap();
    assert!(!wants_setup_token(&app.state).await.unwrap());
    app.clock.advance(chrono::TimeDelta::hours(24));
    post(set_up(&old, "310116112", "admin")).await.problem(403, "setup_token_invalid");
    assert!(
        wants_setup_token(&app.state).await.unwrap(),
        "nobody used it: the next start makes another"
    );

    let token = new_setup_token(&app.state).await.unwrap();
    for _ in 0..2 {
        write_setup_token(&app.state, &token).unwrap();
    }
    let file = setup_token_file(&app.state);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{token}\n"));
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let hashed = app.state.passwords().worked_on(Lane::Stranger);
    let mut refused = std::collections::BTreeMap::new();
    for number in 0..110 {
        let answer = post(set_up(&format!("no such token {number}"), "310116112", "admin")).await;
        *refused.entry(answer.status).or_insert(0) += 1;
    }
    assert_eq!(
        refused,
        [(403, 99), (429, 11)].into(),
        "with the expired one a hundred cost nothing"
    );
    assert_eq!(app.state.passwords().worked_on(Lane::Stranger), hashed);
    post(set_up(&token, "310116112", "admin")).await.ok(201);
    assert!(!file.exists(), "a used token does not lie about");
    app.clock.advance(chrono::TimeDelta::hours(25));
    assert!(!wants_setup_token(&app.state).await.unwrap(), "there is a township");
}

#[test]
fn set_up_tokens_on_sqlite() {
    support::run(Db::Sqlite, Furnished::Empty, a_setup_token_ends_and_wrong_ones_are_cheap);
}

#[test]
fn set_up_tokens_on_postgres() {
    support::run(Db::Postgres, Furnished::Empty, a_setup_token_ends_and_wrong_ones_are_cheap);
}

#[test]
fn set_up_on_sqlite() {
    support::run(Db::Sqlite, Furnished::Empty, an_empty_server_is_set_up_once);
}

#[test]
fn set_up_on_postgres() {
    support::run(Db::Postgres, Furnished::Empty, an_empty_server_is_set_up_once);
}
