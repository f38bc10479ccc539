//! Founding a township on an empty server: the one-time token, and nothing before it.

use api::township::service::new_setup_token;
use support::prelude::*;

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

#[test]
fn set_up_on_sqlite() {
    support::run(Db::Sqlite, Furnished::Empty, an_empty_server_is_set_up_once);
}

#[test]
fn set_up_on_postgres() {
    support::run(Db::Postgres, Furnished::Empty, an_empty_server_is_set_up_once);
}
