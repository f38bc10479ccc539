//! Every act that is recorded, done once, as its people would do it.

use support::prelude::*;

use crate::furniture::{Furniture, text};

/// What is done at the command line, in the place of an operation.
pub(crate) const COMMAND: &str = "gezhi admin restore-administrator";

/// Does all of them in a furnished township; `done` is told of each, once it has happened. Founding a township is not among them.
pub(crate) async fn every_recorded_act(
    app: &TestApp,
    furniture: &Furniture,
    mut done: impl AsyncFnMut(&'static str),
) {
    let id = |kind: &str| furniture.id(kind).to_owned();
    let town = app.town(Town::A);
    let anonymous = app.anonymous();
    let administrator = app.client(Who::Administrator, Town::A).await;
    let clerk = app.client(Who::Clerk, Town::A).await;

    let signed_in = anonymous.post("/sessions", &credentials("leader", PASSWORD)).await.ok(201);
    anonymous
        .post("/sessions", &credentials("leader", "something else altogether"))
        .await
        .problem(401, "invalid_credentials");
    done("sign_in").await;
    let refresh = json!({"refresh_token": signed_in["refresh_token"]});
    let next = anonymous.post("/sessions/refresh", &refresh).await.ok(200);
    app.clock.advance(chrono::TimeDelta::seconds(60));
    // The successor is used, and the used one comes again.
    anonymous
        .post("/sessions/refresh", &json!({"refresh_token": next["refresh_token"]}))
        .await
        .ok(200);
    app.clock.advance(chrono::TimeDelta::seconds(60));
    anonymous
        .post("/sessions/refresh", &json!({"refresh_token": next["refresh_token"]}))
        .await
        .problem(401, "session_ended");
    done("refresh_session").await;
    let client = app.client(Who::Leader, Town::A).await;
    client.delete("/sessions/current").await.ok(204);
    done("sign_out").await;
    let (one, other) =
        (app.client(Who::Leader, Town::A).await, app.client(Who::Leader, Town::A).await);
    let sessions = one.get("/sessions").await.ok(200);
    let first =
        sessions["items"].as_array().unwrap().iter().find(|one| one["current"] == false).unwrap();
    one.delete(&format!("/sessions/{}", text(&first["id"]))).await.ok(204);
    done("end_session").await;
    let _ = other;
    one.put_plain(
        "/me/password",
        &json!({"current": PASSWORD, "new": "another horse with 7 batteries"}),
    )
    .await
    .ok(204);
    done("change_password").await;

    let account = json!({"username": "wufang", "password": "another horse with 8 batteries", "display_name": "吴芳", "roles": ["leader"], "member_id": town.members.spare});
    let made = administrator.post("/accounts", &account).await.ok(201);
    done("create_account").await;
    let path = format!("/accounts/{}", text(&made["id"]));
    administrator.patch(&path, 1, &json!({"display_name": "吴方", "roles": ["clerk"], "password": "another horse with 9 batteries", "disabled": true})).await.ok(200);
    administrator.patch(&path, 2, &json!({"disabled": false})).await.ok(200);
    done("update_account").await;
    let jobs = administrator.get("/jobs").await.ok(200);
    let cleaning = jobs["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["may"]["cancel_job"]["allowed"] == true)
        .unwrap();
    let cleaning = format!("/jobs/{}", cleaning["id"].as_str().unwrap());
    administrator.act(&format!("{cleaning}/cancel")).await.ok(200);
    done("cancel_job").await;
    administrator.act(&format!("{cleaning}/run")).await.ok(200);
    done("run_job").await;

    let org = clerk.post("/party-orgs", &json!({"parent_id": id("party_org"), "kind": "group", "code": "010199", "name": "第九党小组"})).await.ok(201);
    done("create_party_org").await;
    clerk
        .patch(&format!("/party-orgs/{}", text(&org["id"])), 1, &json!({"name": "第十党小组"}))
        .await
        .ok(200);
    done("update_party_org").await;
    let person = clerk.post("/members", &json!({"number": "7001", "name": "郑强", "category": "resident", "phone": "13812345678"})).await.ok(201);
    done("create_member").await;
    let path = format!("/members/{}", text(&person["id"]));
    clerk
        .patch(&path, 1, &json!({"name": "郑刚", "phone": "13812355678", "category": "volunteer"}))
        .await
        .ok(200);
    done("update_member").await;
    clerk.get(&format!("/imports/{}/marked-file", id("import"))).await.ok(200);
    done("get_import_marked_file").await;
    clerk
        .upload(
            "/imports/members?dry_run=true",
            "file",
            "r.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            support::faulty_roster(),
        )
        .await
        .ok(200);
    done("import_members").await;
    let grids = clerk.get("/grids").await.ok(200);
    let village =
        grids["items"].as_array().unwrap().iter().find(|one| one["kind"] == "general").unwrap();
    let park = json!({"type": "Feature",
        "properties": {"code": "park1", "name": "园区", "kind": "dedicated", "parent": village["code"]},
        "geometry": {"type": "Polygon", "coordinates":
            [[[121.40, 30.79], [121.41, 30.79], [121.41, 30.80], [121.40, 30.80], [121.40, 30.79]]]}});
    clerk
        .post(
            "/imports/grids?dry_run=true",
            &json!({"type": "FeatureCollection", "features": [park]}),
        )
        .await
        .ok(200);
    done("import_grids").await;

    let path = format!("/grids/{}", id("grid"));
    clerk.patch(&path, version(&clerk, &path).await, &json!({"name": "水库新村"})).await.ok(200);
    done("update_grid").await;
    let post = clerk
        .post(
            "/grid-posts",
            &json!({"grid_id": town.grids.other_sub, "member_id": person["id"], "kind": "worker"}),
        )
        .await
        .ok(201);
    done("appoint").await;
    clerk.post(&format!("/grid-posts/{}/end", text(&post["id"])), &json!({})).await.ok(200);
    done("end_grid_post").await;

    let item = json!({"what": "巡查", "role": "worker", "frequency": "once", "evidence": "none", "limit_working_days": 3, "points": 1});
    let list = clerk
        .post("/checklists", &json!({"kind": "responsibility", "title": "新清单", "items": [item]}))
        .await
        .ok(201);
    done("create_checklist").await;
    let path = format!("/checklists/{}", text(&list["id"]));
    let second = json!({"what": "整理台账", "role": "worker", "frequency": "once", "evidence": "none", "limit_working_days": 3, "points": 1});
    clerk
        .put(
            &format!("{path}/draft"),
            version(&clerk, &path).await,
            &json!({"title": "新的清单", "items": [item, second]}),
        )
        .await
        .ok(200);
    done("save_draft").await;
    let seen_version = version(&clerk, &path).await;
    clerk.change(Method::POST, &format!("{path}/publish"), seen_version, &json!({})).await.ok(200);
    done("publish_checklist").await;

    let waiting = clerk.get("/tasks/to-verify").await.ok(200);
    let submitted = text(&waiting["items"][0]["id"]);
    clerk.post(&format!("/tasks/{submitted}/return"), &json!({"reason": "请补充"})).await.ok(200);
    done("return_task").await;
    let worker = app.client(Who::Worker, Town::A).await;
    let inbox = worker.get("/tasks/inbox").await.ok(200);
    let (first, second) = (text(&inbox["items"][0]["id"]), text(&inbox["items"][1]["id"]));
    worker.post(&format!("/tasks/{first}/submit"), &json!({"text": "已办"})).await.ok(200);
    clerk.post(&format!("/tasks/{first}/verify"), &json!({})).await.ok(200);
    done("verify_task").await;
    worker.post(&format!("/tasks/{second}/submit"), &json!({"text": "已办"})).await.ok(200);
    let waiting = clerk.get("/tasks/to-verify/summary").await.ok(200);
    let waiting = waiting["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == second.as_str())
        .unwrap();
    let verdicts = clerk.post("/tasks/verify", &json!({"tasks": [waiting]})).await.ok(200);
    assert_eq!(verdicts["verified"], 1, "{verdicts}");
    done("verify_tasks").await;

    let starts = api::clock::beijing(app.clock.now() + chrono::TimeDelta::days(2)).to_rfc3339();
    let ends = api::clock::beijing(
        app.clock.now() + chrono::TimeDelta::days(2) + chrono::TimeDelta::hours(2),
    )
    .to_rfc3339();
    let activity = clerk
        .post(
            "/activities",
            &json!({"title": "义诊", "place": "文化广场", "starts_at": starts, "ends_at": ends}),
        )
        .await
        .ok(201);
    done("create_activity").await;
    let path = format!("/activities/{}", text(&activity["id"]));
    clerk.patch(&path, 1, &json!({"title": "大型义诊"})).await.ok(200);
    done("update_activity").await;
    clerk.post(&format!("{path}/cancel"), &json!({"reason": "下雨"})).await.ok(200);
    done("cancel_activity").await;
    // By the end of it at the latest.
    let attended = clerk.get(&format!("/activities/{}", id("activity"))).await.ok(200);
    let ends: chrono::DateTime<chrono::Utc> = text(&attended["ends_at"]).parse().unwrap();
    let left = app.clock.now().min(ends).to_rfc3339();
    let forgotten = json!({"checked_out_at": left, "reason": "忘记签退"});
    clerk.post(&format!("/check-ins/{}/complete", id("check_in")), &forgotten).await.ok(200);
    done("complete_check_in").await;

    let notice = crate::notice::publish(app, Town::A, json!({"roles": ["worker"]})).await;
    done("create_notice").await;
    let path = format!("/notices/{}", text(&notice["id"]));
    clerk.patch(&path, 1, &json!({"read_again": true})).await.ok(200);
    done("update_notice").await;
    clerk.post(&format!("{path}/withdraw"), &json!({"reason": "时间有调整"})).await.ok(200);
    done("withdraw_notice").await;
    clerk.act(&format!("{path}/restore")).await.ok(200);
    done("restore_notice").await;

    let token = api::account::new_recovery_token(&app.scope(Town::A)).await.unwrap();
    done(COMMAND).await;
    let restore = json!({"township_code": "310116112", "token": token, "username": "administrator", "password": "another horse with 4 batteries", "display_name": "管理员"});
    anonymous.post("/public/restore", &restore).await.ok(200);
    done("restore_administrator").await;
}

/// The version of what lies at a path.
pub(crate) async fn version(client: &Client, path: &str) -> i64 {
    client.get(path).await.ok(200)["version"].as_i64().expect("a version")
}

/// Who signs in in township A.
pub(crate) fn credentials(username: &str, password: &str) -> Value {
    json!({"township": "310116112", "username": username, "password": password, "refresh_in": "body"})
}
