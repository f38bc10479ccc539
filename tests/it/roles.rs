//! Roles that exclude each other, passwords that somebody else chose, and the way back to an administrator.

use entity::kinds::{Role, Sphere};
use sea_orm::ConnectionTrait;
use support::Furnished;
use support::prelude::*;

use crate::furniture::furnish;
use support::program::Prepared;

const GOOD: &str = "another horse with 3 batteries";

fn account(username: &str, roles: Value) -> Value {
    json!({"username": username, "password": GOOD, "display_name": "新人", "roles": roles})
}

fn sign_in(username: &str, password: &str) -> Value {
    json!({"township": "310116112", "username": username, "password": password, "refresh_in": "body"})
}

async fn signed_in(app: &TestApp, username: &str, password: &str) -> Client {
    let answer = app.anonymous().post("/sessions", &sign_in(username, password)).await.ok(201);
    app.anonymous().with_token(answer["access_token"].as_str().unwrap())
}

/// 三员分立: who gives the rights does no business, who audits does neither, and nobody else does what these do.
#[test]
fn what_the_shipped_roles_may_do_lies_apart() {
    let held = |role: Role| -> Vec<&str> {
        api::permissions().filter(|one| one.is_held_by(&[role])).map(|one| one.name()).collect()
    };
    assert_eq!(held(Role::Auditor), ["township.read", "audit.read"]);
    let administrator = ["township.read", "account.read", "account.manage", "job.manage"];
    assert_eq!(held(Role::Administrator), administrator);
    for role in Role::ALL.iter().copied().filter(|role| role.sphere() == Sphere::Business) {
        for theirs in ["audit.read", "account.manage", "account.read", "job.manage"] {
            assert!(!held(role).contains(&theirs), "{role}: {theirs}");
        }
    }
}

on_both! {
    async fn nobody_works_in_two_spheres(app: TestApp) {
        let administrator = app.client(Who::Administrator, Town::A).await;
        for roles in [
            json!(["administrator", "clerk"]), json!(["administrator", "auditor"]), json!(["auditor", "leader"]),
            json!(["administrator", "integrator"]), json!(["member", "auditor"]),
        ] {
            let problem = administrator.post("/accounts", &account("both", roles.clone())).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], "roles", "{roles}");
        }
        let town = app.town(Town::A);
        let path = |who: Who| format!("/accounts/{}", town.accounts[&who].id);
        for (who, roles) in [
            (Who::Administrator, json!(["administrator", "clerk"])),
            (Who::Clerk, json!(["clerk", "administrator"])),
            (Who::Auditor, json!(["auditor", "worker"])),
        ] {
            administrator.patch(&path(who), 1, &json!({"roles": roles})).await.problem(422, "validation_failed");
        }
        // From one sphere into another is no union.
        let moved = administrator.patch(&path(Who::Leader), 1, &json!({"roles": ["auditor"]})).await.ok(200);
        assert_eq!(moved["roles"], json!(["auditor"]));
        administrator.patch(&path(Who::Leader), 2, &json!({"roles": ["leader", "grid_head"]})).await.ok(200);

        // The database refuses it too, whoever writes.
        let outside = app.outside().await;
        let (clerk, tenant) = (town.accounts[&Who::Clerk].id, town.tenant);
        let literal = |id: String| if app.db == Db::Sqlite { format!("x'{}'", id.replace('-', "")) } else { format!("'{id}'") };
        let (clerk, tenant) = (literal(clerk.to_string()), literal(tenant.to_string()));
        for sql in [
            format!("INSERT INTO account_role (tenant_id, account_id, role, sphere) VALUES ({tenant}, {clerk}, 'administrator', 'administration')"),
            format!("INSERT INTO account_role (tenant_id, account_id, role, sphere) VALUES ({tenant}, {clerk}, 'administrator', 'business')"),
            format!("UPDATE account_role SET role = 'auditor' WHERE account_id = {clerk}"),
            format!("UPDATE account SET sphere = 'audit' WHERE id = {clerk}"),
        ] {
            assert!(outside.execute_unprepared(&sql).await.is_err(), "{sql}");
        }
        outside.close().await.unwrap();
    }

    /// A union of roles is what each of them may, and nothing more.
    async fn seeing_everything_is_not_the_office(app: TestApp) {
        let furniture = furnish(&app, Town::A).await;
        let town = app.town(Town::A);
        let administrator = app.client(Who::Administrator, Town::A).await;
        // A leader who also is a grid head, with a person who has no post: sees every task and verifies none.
        let mut both = account("both", json!(["leader", "grid_head"]));
        both["member_id"] = json!(town.members.spare);
        administrator.post("/accounts", &both).await.ok(201);
        let first = signed_in(&app, "both", GOOD).await;
        first.put_plain("/me/password", &json!({"current": GOOD, "new": "my own horse with 7 batteries"})).await.ok(204);
        let both = signed_in(&app, "both", "my own horse with 7 batteries").await;
        let task = format!("/tasks/{}", furniture.id("task"));
        let seen = both.get(&task).await.ok(200);
        assert_eq!(seen["may"]["verify_task"], json!({"allowed": false, "code": "forbidden"}));
        both.post(&format!("{task}/verify"), &json!({})).await.problem(403, "forbidden");
        assert_eq!(both.get("/tasks/to-verify").await.ok(200)["items"], json!([]));
        let permissions = both.get("/me").await.ok(200)["permissions"].clone();
        assert!(permissions.as_array().unwrap().iter().all(|one| one != "task.verify_all"), "{permissions}");
        let clerk = app.client(Who::Clerk, Town::A).await;
        assert!(!clerk.get("/tasks/to-verify").await.ok(200)["items"].as_array().unwrap().is_empty());
    }

    async fn a_password_is_not_guessed_soon(app: TestApp) {
        let administrator = app.client(Who::Administrator, Town::A).await;
        let town = app.town(Town::A);
        for password in [
            "1234567890", "admin12345", "310116112xyz9", "            ", "newcomer12345", "caojing-2026-x", "password2026", "漕泾镇党建办公室用的密码",
        ] {
            let mut weak = account("newcomer", json!(["leader"]));
            weak["password"] = json!(password);
            let problem = administrator.post("/accounts", &weak).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], "password", "{password}");
        }
        // Nor the telephone number of the person behind the account.
        let clerk = app.client(Who::Clerk, Town::A).await;
        let member = format!("/members/{}", town.members.spare);
        clerk.patch(&member, 1, &json!({"phone": "13812340000"})).await.ok(200);
        let mut own = account("newcomer", json!(["leader"]));
        own["member_id"] = json!(town.members.spare);
        own["password"] = json!("vexed 13812340000 plinth");
        administrator.post("/accounts", &own).await.problem(422, "validation_failed");
        // The same for a reset and for one's own change, and not the old one again.
        let path = format!("/accounts/{}", town.accounts[&Who::Leader].id);
        administrator.patch(&path, 1, &json!({"password": "leader-leader"})).await.problem(422, "validation_failed");
        let leader = app.client(Who::Leader, Town::A).await;
        for weak in ["password2026", PASSWORD] {
            let change = json!({"current": PASSWORD, "new": weak});
            let problem = leader.put_plain("/me/password", &change).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], "new", "{weak}");
        }
        // A wrong present password says nothing about the new one.
        let change = json!({"current": "no", "new": "no"});
        leader.put_plain("/me/password", &change).await.problem(422, "validation_failed");
    }

    async fn a_password_that_somebody_else_chose_is_changed_first(app: TestApp) {
        let administrator = app.client(Who::Administrator, Town::A).await;
        let made = administrator.post("/accounts", &account("newcomer", json!(["clerk"]))).await.ok(201);
        let newcomer = signed_in(&app, "newcomer", GOOD).await;
        assert_eq!(newcomer.get("/me").await.ok(200)["account"]["must_change_password"], true);
        newcomer.get("/sessions").await.ok(200);
        for path in ["/members", "/tasks", "/home", "/activities"] {
            newcomer.get(path).await.problem(403, "password_change_required");
        }
        let member = json!({"number": "7201", "name": "新人", "category": "resident"});
        newcomer.post("/members", &member).await.problem(403, "password_change_required");
        let own = "my own horse with 7 batteries";
        newcomer.put_plain("/me/password", &json!({"current": GOOD, "new": own})).await.ok(204);
        // The same session goes on, at once.
        assert_eq!(newcomer.get("/me").await.ok(200)["account"]["must_change_password"], false);
        newcomer.post("/members", &member).await.ok(201);

        // A reset asks for it again.
        let path = format!("/accounts/{}", made["id"].as_str().unwrap());
        let version = administrator.get(&path).await.ok(200)["version"].as_i64().unwrap();
        administrator.patch(&path, version, &json!({"password": "a reset horse with 5 batteries"})).await.ok(200);
        app.anonymous().post("/sessions", &sign_in("newcomer", own)).await.problem(401, "invalid_credentials");
        let newcomer = signed_in(&app, "newcomer", "a reset horse with 5 batteries").await;
        newcomer.get("/members").await.problem(403, "password_change_required");
        administrator.get("/accounts").await.ok(200);
    }

    async fn an_administrator_comes_back(app: TestApp) {
        let scope = app.scope(Town::A);
        let restore = |token: &str, username: &str| json!({
            "township_code": "310116112", "token": token, "username": username, "password": GOOD, "display_name": "新管理员"
        });
        let anonymous = app.anonymous();
        let old = app.client(Who::Administrator, Town::A).await;
        // A sole administrator who forgot the password.
        let token = api::account::new_recovery_token(&scope).await.unwrap();
        anonymous.post("/public/restore", &restore("wrong", "administrator")).await.problem(403, "recovery_token_invalid");
        let mut elsewhere = restore(&token, "administrator");
        elsewhere["township_code"] = json!("310116101");
        anonymous.post("/public/restore", &elsewhere).await.problem(403, "recovery_token_invalid");
        let mut weak = restore(&token, "administrator");
        weak["password"] = json!("password2026");
        anonymous.post("/public/restore", &weak).await.problem(422, "validation_failed");
        anonymous.post("/public/restore", &restore(&token, "clerk")).await.problem(409, "already_exists");
        let done = anonymous.post("/public/restore", &restore(&token, "administrator")).await.ok(200);
        assert_eq!(done["username"], "administrator");
        old.get("/accounts").await.problem(401, "session_ended");
        signed_in(&app, "administrator", GOOD).await.get("/accounts").await.ok(200);
        anonymous.post("/public/restore", &restore(&token, "administrator")).await.problem(403, "recovery_token_invalid");

        // A township without any; its neighbour's token is no token of its own.
        let outside = app.outside().await;
        let none = "DELETE FROM account_role WHERE role = 'administrator' AND tenant_id IN (SELECT id FROM tenant WHERE code = '310116112')";
        outside.execute_unprepared(none).await.unwrap();
        outside.close().await.unwrap();
        let foreign = api::account::new_recovery_token(&app.scope(Town::B)).await.unwrap();
        anonymous.post("/public/restore", &restore(&foreign, "rescuer")).await.problem(403, "recovery_token_invalid");
        let late = api::account::new_recovery_token(&scope).await.unwrap();
        app.clock.advance(chrono::TimeDelta::hours(25));
        anonymous.post("/public/restore", &restore(&late, "rescuer")).await.problem(403, "recovery_token_invalid");
        let token = api::account::new_recovery_token(&scope).await.unwrap();
        anonymous.post("/public/restore", &restore(&token, "rescuer")).await.ok(200);
        signed_in(&app, "rescuer", GOOD).await.get("/accounts").await.ok(200);

        // It is in the township's log, from the operator's command on.
        let auditor = app.client(Who::Auditor, Town::A).await;
        for (act, entries) in [("make_recovery_token", 3), ("restore_administrator", 2)] {
            let found = auditor.get(&format!("/audit-entries?act={act}")).await.ok(200);
            assert_eq!(found["items"].as_array().unwrap().len(), entries, "{act}");
        }
    }
}

/// The operator's command, as typed.
#[test]
fn the_command_prints_an_address() {
    actix_web::rt::System::new().block_on(async {
        for db in [Db::Sqlite, Db::Postgres] {
            let prepared = Prepared::new(db, Furnished::One).await;
            let made = prepared.run(&["admin", "restore-administrator", "--township", "310116112"]);
            assert!(made.status.success(), "{made:?}");
            let said = String::from_utf8(made.stdout).unwrap();
            let token = said.split_once("/desk/restore#310116112.").unwrap().1.split_whitespace().next().unwrap();
            let program = prepared.serve(&[]);
            let restore = json!({"township_code": "310116112", "token": token, "username": "administrator", "password": GOOD, "display_name": "系统管理员"});
            program.anonymous().post("/public/restore", &restore).await.ok(200);
            let nobody = prepared.run(&["admin", "restore-administrator", "--township", "999999999"]);
            assert!(!nobody.status.success());
        }
    });
}
