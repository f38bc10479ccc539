//! Accounts and the people they belong to.

use support::prelude::*;

use crate::furniture::kind;
use crate::rooms::Open::{Everybody, SignedIn, To};
use crate::rooms::{Room, op, violation};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("restore_administrator", Everybody).with(|_| {
            json!({"township_code": "310116112", "token": "no such token at all", "username": "administrator",
                "password": "long enough for now", "display_name": "管理员"})
        }),
        op("get_me", SignedIn),
        op("list_roles", To("a")),
        op("list_accounts", To("a")),
        op("create_account", To("a")).with(|f| {
            json!({"username": "another", "password": "long enough for now", "display_name": "新人", "roles": ["leader"],
                "member_id": f.id("member")})
        }),
        op("list_account_candidates", To("a")),
        op("get_account", To("a")).on("account"),
        op("update_account", To("a")).on("account").with(|_| json!({"display_name": "改名"})),
    ],
    kinds: &[kind("account")],
    furnish: |app, town, furniture| {
        Box::pin(async move { furniture.put("account", app.town(town).accounts[&Who::Leader].id) })
    },
    reads: &["/accounts?q=c&limit=1", "/accounts?changed_since=2026-01-01T00:00:00Z"],
    provoke: |app, sweep| {
        Box::pin(async move {
            let restore = json!({"township_code": "310116112", "token": "no such token at all", "username": "administrator",
                "password": "long enough for now", "display_name": "管理员"});
            let refused = app.anonymous().post("/public/restore", &restore).await;
            sweep.saw(api::account::codes::RECOVERY_TOKEN_INVALID, &refused);
        })
    },
    tables: &["account", "account_role", "recovery_token"],
    // Names of people beside their accounts.
    foreign: &["member"],
    violations: &[
        violation(
            "AN1",
            "UPDATE account SET disabled = TRUE WHERE username = 'administrator'",
            "UPDATE account SET disabled = FALSE WHERE username = 'administrator'",
        ),
    ],
    ..Room::of("account")
};

on_both! {
    /// The administrator links an account to a person by name and number, without access to the roster.
    async fn an_account_is_linked_to_a_person(app: TestApp) {
        let administrator = app.client(Who::Administrator, Town::A).await;
        let town = app.town(Town::A);
        let candidates = async |q: &str| -> Vec<Value> {
            let found = administrator.get(&format!("/account-candidates?q={q}")).await.ok(200);
            found["items"].as_array().unwrap().clone()
        };
        let free = candidates("").await;
        assert!(free.iter().all(|one| one["id"] != json!(town.members.head)), "who has an account is not offered");
        let spare = free.iter().find(|one| one["id"] == json!(town.members.spare)).unwrap().clone();
        assert_eq!(spare.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "name", "number", "username"]);
        let number = spare["number"].as_str().unwrap();
        assert!(spare["username"].as_str().unwrap().ends_with(number));
        assert_eq!(candidates(number).await, vec![spare.clone()]);
        assert_eq!(candidates("%25").await, Vec::<Value>::new(), "a wildcard stands for itself");
        administrator.get(&format!("/account-candidates?q={}", "长".repeat(51))).await.problem(422, "validation_failed");

        let account = json!({
            "username": spare["username"], "password": PASSWORD, "display_name": spare["name"], "roles": ["member"],
            "member_id": spare["id"],
        });
        let made = administrator.post("/accounts", &account).await.ok(201);
        assert_eq!(made["member"], json!({"id": spare["id"], "name": spare["name"]}));
        assert_eq!(candidates(number).await, Vec::<Value>::new());

        // The link takes effect at once, in both directions, also for who is signed in.
        let path = format!("/accounts/{}", made["id"].as_str().unwrap());
        let sign_in = json!({"township": "310116112", "username": spare["username"], "password": PASSWORD});
        let signed_in = app.anonymous().post("/sessions", &sign_in).await.ok(201);
        let person = app.anonymous().with_token(signed_in["access_token"].as_str().unwrap());
        assert_eq!(person.get("/me").await.ok(200)["member"]["id"], spare["id"]);
        let named = administrator.patch(&path, 1, &json!({"display_name": "改名"})).await.ok(200);
        assert_eq!(named["member"]["id"], spare["id"], "what is left out stays");
        let without = administrator.patch(&path, 2, &json!({"member_id": null})).await.ok(200);
        assert_eq!(without["member"], Value::Null);
        assert_eq!(person.get("/me").await.ok(200)["member"], Value::Null);
        assert_eq!(candidates(number).await, vec![spare.clone()]);
        let again = administrator.patch(&path, 3, &json!({"member_id": spare["id"]})).await.ok(200);
        assert_eq!(again["member"]["id"], spare["id"]);
        assert_eq!(person.get("/me").await.ok(200)["member"]["id"], spare["id"]);

        // A person of another township is nobody.
        let foreign = json!({"member_id": app.town(Town::B).members.spare});
        let problem = administrator.patch(&path, 4, &foreign).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "member_id");
        let other = app.client(Who::Administrator, Town::B).await;
        let found = other.get("/account-candidates").await.ok(200);
        assert!(found["items"].as_array().unwrap().iter().all(|one| one["id"] != spare["id"]));
    }
}
