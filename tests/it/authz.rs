//! Who may do what: every operation of the contract × every role × {signed in, anonymous, expired, disabled, the same role in
//! another township}. The table is written down here a second time, so that a right is never widened by one careless line; an
//! operation without an entry fails.

use std::collections::{BTreeMap, BTreeSet};

use entity::kinds::Role;
use support::Furniture;
use support::prelude::*;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    /// Without signing in.
    Everybody,
    /// Whoever is signed in.
    SignedIn,
    /// These roles, by letter: **a**dministrator, **l**eader, **c**lerk, **g**rid head, **w**orker, **m**ember, **i**ntegrator,
    /// a**u**ditor.
    To(&'static str),
}

use Open::{Everybody, SignedIn, To};

/// How an operation is called.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    operation: &'static str,
    pub(crate) open: Open,
    /// What the parameter in the path names, if there is one.
    names: Option<&'static str>,
    /// The body, with ids from the furniture.
    body: Body,
}

#[derive(Clone, Copy)]
enum Body {
    None,
    Json(fn(&Furniture) -> Value),
    /// A file in the multipart field `file`.
    Picture,
}

const fn op(operation: &'static str, open: Open) -> Entry {
    Entry { operation, open, names: None, body: Body::None }
}

impl Entry {
    /// What its path names, and the body it takes where that is JSON.
    pub(crate) fn filled(&self, furniture: &Furniture) -> (Option<String>, Option<Value>) {
        let body = match self.body {
            Body::Json(body) => Some(body(furniture)),
            Body::None | Body::Picture => None,
        };
        (self.names.map(|kind| furniture.id(kind).to_owned()), body)
    }

    const fn on(self, kind: &'static str) -> Self {
        Self { names: Some(kind), ..self }
    }

    const fn with(self, body: fn(&Furniture) -> Value) -> Self {
        Self { body: Body::Json(body), ..self }
    }

    const fn picture(self) -> Self {
        Self { body: Body::Picture, ..self }
    }

    pub(crate) fn allows(&self, who: Who) -> bool {
        match self.open {
            Everybody | SignedIn => true,
            To(letters) => letters.contains(letter(who.role())),
        }
    }
}

fn letter(role: Role) -> char {
    match role {
        Role::Administrator => 'a',
        Role::Leader => 'l',
        Role::Clerk => 'c',
        Role::GridHead => 'g',
        Role::Worker => 'w',
        Role::Member => 'm',
        Role::Integrator => 'i',
        Role::Auditor => 'u',
    }
}

fn item() -> Value {
    json!({"what": "巡查", "role": "worker", "frequency": "once", "evidence": "none", "limit_working_days": 3, "points": 1})
}

#[rustfmt::skip]
fn table() -> Vec<Entry> {
    vec![
        op("get_site", Everybody),
        op("set_up", Everybody).with(|_| json!({"token": "no such token at all", "township_code": "310116101", "username": "first", "password": "long enough for now", "display_name": "管理员"})),
        op("restore_administrator", Everybody).with(|_| json!({"township_code": "310116112", "token": "no such token at all", "username": "administrator", "password": "long enough for now", "display_name": "管理员"})),
        op("sign_in", Everybody).with(|_| json!({"township": "310116112", "username": "nobody", "password": "nothing"})),
        op("refresh_session", Everybody).with(|_| json!({"refresh_token": "no such token"})),
        op("sign_out", Everybody),
        op("list_sessions", SignedIn),
        op("end_session", SignedIn).on("session"),
        op("get_me", SignedIn),
        op("change_password", SignedIn).with(|_| json!({"current": PASSWORD, "new": PASSWORD})),

        op("list_roles", To("a")),
        op("list_accounts", To("a")),
        op("create_account", To("a")).with(|f| json!({"username": "another", "password": "long enough for now", "display_name": "新人", "roles": ["leader"], "member_id": f.id("member")})),
        op("list_account_candidates", To("a")),
        op("get_account", To("a")).on("account"),
        op("update_account", To("a")).on("account").with(|_| json!({"display_name": "改名"})),

        op("list_audit_entries", To("u")),
        op("export_audit_entries", To("u")),
        op("get_audit_log", To("u")),
        op("get_audit_checkpoint", Everybody).on("township"),

        op("list_jobs", To("a")),
        op("get_job_summary", To("a")),
        op("get_job", To("a")).on("job"),
        op("run_job", To("a")).on("job"),
        op("cancel_job", To("a")).on("job"),

        op("get_township", To("alcgwmiu")),
        op("list_days", To("lcgwi")),
        op("get_home", To("lcg")),

        op("list_party_orgs", To("lcgi")),
        op("create_party_org", To("c")).with(|f| json!({"parent_id": f.id("party_org"), "kind": "group", "code": "010101", "name": "第一党小组"})),
        op("get_party_org", To("lcgi")).on("party_org"),
        op("update_party_org", To("c")).on("party_org").with(|_| json!({"name": "改名"})),
        op("list_members", To("lcgi")),
        op("create_member", To("c")).with(|f| json!({"number": "7001", "name": "新人", "category": "resident", "party_org_id": f.id("party_org")})),
        op("get_member", To("lcgi")).on("member"),
        op("update_member", To("c")).on("member").with(|_| json!({"name": "改名"})),
        op("get_member_template", To("c")),
        op("import_members", To("c")).picture(),
        op("get_import", To("c")).on("import"),
        op("get_import_marked_file", To("c")).on("import"),

        op("list_grids", To("lcgwi")),
        op("list_grid_boundaries", To("lcgwi")),
        op("get_grid", To("lcgwi")).on("grid"),
        op("update_grid", To("c")).on("grid").with(|_| json!({"name": "改名"})),
        op("import_grids", To("c")).with(|_| json!({"type": "FeatureCollection", "features": []})),
        op("appoint", To("c")).with(|f| json!({"grid_id": f.id("grid"), "member_id": f.id("member"), "kind": "worker"})),
        op("end_grid_post", To("c")).on("grid_post").with(|_| json!({})),

        op("list_checklists", To("lcgwi")),
        op("create_checklist", To("c")).with(|_| json!({"kind": "responsibility", "title": "新清单", "items": [item()]})),
        op("get_checklist", To("lcgwi")).on("checklist"),
        op("save_draft", To("c")).on("draft").with(|_| json!({"title": "改名", "items": [item()]})),
        op("preview_checklist", To("c")).on("draft"),
        op("publish_checklist", To("c")).on("draft").with(|_| json!({})),

        op("list_tasks", To("lcgwi")),
        op("list_inbox", To("lcgwi")),
        op("list_to_verify", To("cg")),
        op("get_to_verify", To("cg")),
        op("get_task", To("lcgwi")).on("task"),
        op("accept_task", To("gw")).on("task").with(|_| json!({"from": null})),
        op("submit_task", To("gw")).on("task").with(|_| json!({"text": "已办"})),
        op("verify_task", To("cg")).on("task").with(|_| json!({})),
        op("verify_tasks", To("cg")).with(|f| json!({"tasks": [{"id": f.id("task"), "version": 1}]})),
        op("return_task", To("cg")).on("task").with(|_| json!({"reason": "请补充"})),
        op("upload_attachment", To("cgw")).picture(),
        op("get_attachment", To("lcgwi")).on("attachment"),
        op("get_attachment_link", To("lcgwi")).on("attachment"),
        op("get_attachment_by_link", Everybody).on("attachment_link"),

        op("list_activities", To("lcgwmi")),
        op("create_activity", To("c")).with(|f| json!({"title": "义诊", "grid_id": f.id("grid"), "place": "文化广场", "starts_at": "2026-11-28T09:00:00+08:00", "ends_at": "2026-11-28T11:00:00+08:00"})),
        op("get_activity", To("lcgwmi")).on("activity"),
        op("update_activity", To("c")).on("activity").with(|_| json!({"title": "改名"})),
        op("cancel_activity", To("c")).on("activity").with(|_| json!({"reason": "下雨"})),
        op("sign_up", To("gwm")).on("activity"),
        op("withdraw", To("gwm")).on("activity"),
        op("list_participants", To("lcgwmi")).on("activity"),
        op("get_check_in_code", To("cgwm")).on("activity"),
        op("read_check_in_code", To("gwm")).on("code"),
        op("check_in", To("gwm")).with(|f| json!({"code": f.id("code")})),
        op("check_out", To("gwm")).on("check_in").with(|f| json!({"code": f.id("code")})),
        op("complete_check_in", To("cgwm")).on("check_in").with(|_| json!({"checked_out_at": "2026-11-23T09:00:00+08:00", "reason": "忘记签退"})),
        op("list_check_ins", To("gwm")),

        op("get_my_purse", To("lcgwmi")),
        op("list_points_entries", To("lcgwmi")),
        op("list_points_rules", To("lcgwmi")),
        op("get_leaderboard", To("lcgwmi")),
    ]
}

/// An operation as the contract has it.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    path: String,
    /// The permission it names; empty when signing in is enough, none when it is open to everybody.
    permission: Option<String>,
    required: Vec<String>,
}

impl Operation {
    /// Its address, with what the parameter in it names.
    pub(crate) fn path(&self, named: Option<&str>) -> String {
        let path = match (self.path.split_once('{'), named) {
            (Some((before, rest)), Some(named)) => {
                let (_, after) = rest.split_once('}').expect("its end");
                format!("{before}{named}{after}")
            }
            _ => self.path.clone(),
        };
        assert!(!path.contains('{'), "{}: say what its parameter names", self.id);
        path
    }
}

fn operations() -> Vec<Operation> {
    let contract = serde_json::to_value(api::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in contract["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array().expect("security is stated");
            let open = security.iter().any(|one| one.as_object().unwrap().is_empty());
            let scopes = security.iter().find_map(|one| one.get("bearer"));
            let scopes: Vec<&str> = scopes
                .and_then(Value::as_array)
                .map(|list| list.iter().map(|scope| scope.as_str().unwrap()).collect())
                .unwrap_or_default();
            let required = operation["parameters"].as_array().cloned().unwrap_or_default();
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.strip_prefix("/api/v1").unwrap().to_owned(),
                permission: (!open).then(|| scopes.join(" ")),
                required: required
                    .iter()
                    .filter(|one| one["in"] == "query" && one["required"] == true)
                    .map(|one| one["name"].as_str().unwrap().to_owned())
                    .collect(),
            });
        }
    }
    operations
}

/// Calls an operation, with the ids of this furniture.
async fn call(
    client: &Client,
    operation: &Operation,
    entry: &Entry,
    furniture: &Furniture,
) -> support::Answer {
    let mut path = operation.path(entry.names.map(|kind| furniture.id(kind)));
    let query: Vec<String> = operation
        .required
        .iter()
        .map(|name| match name.as_str() {
            "from" => "from=2026-11-01".to_owned(),
            "to" => "to=2026-11-30".to_owned(),
            "dry_run" => "dry_run=true".to_owned(),
            other => panic!("{}: no value for the query parameter {other}", operation.id),
        })
        .collect();
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let mut request = client.request(operation.method.clone(), &path).header("if-match", "\"v1\"");
    request = match entry.body {
        Body::None => request,
        Body::Json(body) => request.json(&body(furniture)),
        Body::Picture => {
            let part = reqwest::multipart::Part::bytes(support::picture())
                .file_name("p.png")
                .mime_str("image/png")
                .unwrap();
            request.multipart(reqwest::multipart::Form::new().part("file", part))
        }
    };
    client.send(request).await
}

pub(crate) fn paired() -> Vec<(Operation, Entry)> {
    let table: BTreeMap<&str, Entry> =
        table().into_iter().map(|entry| (entry.operation, entry)).collect();
    operations()
        .into_iter()
        .map(|operation| {
            let entry = *table
                .get(operation.id.as_str())
                .unwrap_or_else(|| panic!("{} has no entry in the table of rights", operation.id));
            (operation, entry)
        })
        .collect()
}

#[test]
fn every_operation_has_an_entry_and_every_entry_an_operation() {
    let contract: BTreeSet<String> =
        operations().into_iter().map(|operation| operation.id).collect();
    let table: BTreeSet<String> = table().iter().map(|entry| entry.operation.to_owned()).collect();
    let without: Vec<_> = contract.difference(&table).collect();
    assert!(without.is_empty(), "operations without an entry in the table of rights: {without:?}");
    let stale: Vec<_> = table.difference(&contract).collect();
    assert!(stale.is_empty(), "entries for operations that are gone: {stale:?}");
}

/// The permission that the contract names gives exactly the roles of the table.
#[test]
fn the_contract_names_the_permission_that_is_asked_for() {
    for (operation, entry) in paired() {
        match (entry.open, operation.permission.as_deref()) {
            (Everybody, None) | (SignedIn, Some("")) => {}
            (To(letters), Some(permission)) => {
                let named = api::permissions().find(|one| one.name() == permission).unwrap();
                let holders: String = Role::ALL
                    .iter()
                    .filter(|role| named.is_held_by(&[**role]))
                    .map(|role| letter(*role))
                    .collect();
                let sorted = |letters: &str| letters.chars().collect::<BTreeSet<char>>();
                assert_eq!(sorted(&holders), sorted(letters), "{}: {permission}", operation.id);
            }
            (open, permission) => {
                panic!("{}: {open:?} in the table, {permission:?} in the contract", operation.id)
            }
        }
    }
}

on_both! {
    /// Anonymous callers, and made-up tokens, get to nothing but what is open to everybody, and learn nothing of what is there.
    async fn nobody_gets_in_unasked(app: TestApp) {
        let furniture = app.furnish(Town::A).await;
        for (operation, entry) in paired() {
            if entry.open == Everybody {
                continue;
            }
            for ids in [&furniture, &Furniture::absent()] {
                call(&app.anonymous(), &operation, &entry, ids).await.problem(401, "unauthenticated");
                let forged = app.anonymous().with_token("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.e30.");
                call(&forged, &operation, &entry, ids).await.problem(401, "unauthenticated");
            }
        }
    }

    /// A role that is not in the table is refused before anything is looked up; one that is in it passes.
    async fn every_role_gets_as_far_as_the_table_says(app: TestApp) {
        let furniture = app.furnish(Town::A).await;
        let absent = Furniture::absent();
        let mut answered = BTreeSet::new();
        for who in Who::ALL {
            let mut client = app.client(who, Town::A).await;
            for (operation, entry) in paired() {
                // These answer 401 to what is wrong in their body; nothing else may.
                let own_401 = ["sign_in", "refresh_session"].contains(&operation.id.as_str());
                if !entry.allows(who) {
                    call(&client, &operation, &entry, &furniture).await.problem(403, "forbidden");
                    call(&client, &operation, &entry, &absent).await.problem(403, "forbidden");
                    continue;
                }
                let answer = call(&client, &operation, &entry, &absent).await;
                let place = format!("{} as {who:?}: {}", operation.id, String::from_utf8_lossy(&answer.bytes));
                assert_ne!(answer.json["code"], "forbidden", "{place}");
                assert!(answer.status < 500, "{place}");
                assert!(answer.status != 401 || own_401, "{place}");
                if let Some(kind) = entry.names {
                    assert_eq!(answer.status, if kind == "code" { 422 } else { 404 }, "{place}");
                }
                if operation.method == Method::GET && entry.names != Some("session") {
                    let real = call(&client, &operation, &entry, &furniture).await;
                    assert_ne!(real.json["code"], "forbidden", "{place}");
                    assert!(real.status < 500, "{place}");
                    if real.status == 200 {
                        answered.insert(operation.id.clone());
                    }
                }
                if ["sign_out", "change_password"].contains(&operation.id.as_str()) {
                    client = app.client(who, Town::A).await;
                }
            }
        }
        // The ids of the furniture are real: whatever can be read was read by somebody.
        for (operation, _) in paired() {
            assert!(
                operation.method != Method::GET || answered.contains(&operation.id),
                "{} answered 200 to nobody",
                operation.id
            );
        }
    }

    async fn an_expired_token_is_good_for_nothing(app: TestApp) {
        let furniture = app.furnish(Town::A).await;
        let mut clients = Vec::new();
        for who in Who::ALL {
            let client = app.client(who, Town::A).await;
            client.get("/me").await.ok(200);
            clients.push(client);
        }
        app.clock.advance(chrono::TimeDelta::seconds(api::auth::ACCESS_SECONDS - 1));
        for client in &clients {
            client.get("/me").await.ok(200);
        }
        app.clock.advance(chrono::TimeDelta::seconds(1));
        for client in &clients {
            for (operation, entry) in paired() {
                if entry.open != Everybody {
                    call(client, &operation, &entry, &furniture).await.problem(401, "token_expired");
                }
            }
        }
    }

    /// Disabling takes effect at once, although the token is still remembered as verified.
    async fn a_disabled_account_is_out_at_once(app: TestApp) {
        let furniture = app.furnish(Town::A).await;
        let administrator = app.client(Who::Administrator, Town::A).await;
        let second = json!({"username": "second", "password": PASSWORD, "display_name": "乙", "roles": ["administrator"]});
        administrator.post("/accounts", &second).await.ok(201);
        let signed_in = app
            .anonymous()
            .post("/sessions", &json!({"township": "310116112", "username": "second", "password": PASSWORD}))
            .await
            .ok(201);
        let second = app.anonymous().with_token(signed_in["access_token"].as_str().unwrap());
        let own = json!({"current": PASSWORD, "new": "my own horse with 7 batteries"});
        second.put_plain("/me/password", &own).await.ok(204);

        for who in Who::ALL {
            let client = app.client(who, Town::A).await;
            client.get("/me").await.ok(200);
            let id = app.town(Town::A).accounts[&who].id;
            let version = second.get(&format!("/accounts/{id}")).await.ok(200)["version"].as_i64().unwrap();
            second.patch(&format!("/accounts/{id}"), version, &json!({"disabled": true})).await.ok(200);
            for (operation, entry) in paired() {
                if entry.open == Everybody {
                    continue;
                }
                let answer = call(&client, &operation, &entry, &furniture).await;
                assert_eq!(answer.status, 401, "{} as {who:?}", operation.id);
                let code = answer.json["code"].as_str().unwrap_or_default();
                assert!(["account_disabled", "session_ended"].contains(&code), "{}: {code}", operation.id);
            }
            let again = json!({"township": "310116112", "username": who.username(), "password": PASSWORD});
            let answer = app.anonymous().post("/sessions", &again).await;
            assert_eq!(answer.status, 401, "{who:?} signs in again");
        }
    }

    /// The same role in another township: what is named by its id is answered as what never was, byte for byte.
    async fn another_townships_things_are_as_absent_ones(app: TestApp) {
        let furniture = app.furnish(Town::A).await;
        for who in Who::ALL {
            let foreigner = app.client(who, Town::B).await;
            for (operation, entry) in paired() {
                let by_body = matches!(entry.body, Body::Json(body) if body(&furniture) != body(&Furniture::absent()));
                if entry.open == Everybody || (entry.names.is_none() && !by_body) {
                    continue;
                }
                let absent = Furniture::absent();
                let never = call(&foreigner, &operation, &entry, &absent).await;
                let foreign = call(&foreigner, &operation, &entry, &furniture).await;
                let place = format!("{} as {who:?} of B", operation.id);
                // One of several is refused beside the others, inside the answer.
                let refused = (400..500).contains(&foreign.status) || foreign.json["verified"] == 0;
                assert!(refused, "{place}: {}", foreign.status);
                assert_eq!(foreign.status, never.status, "{place}");
                assert_eq!(
                    furniture.blanked(&foreign.without_trace()),
                    absent.blanked(&never.without_trace()),
                    "{place}"
                );
                assert_eq!(names(&foreign), names(&never), "{place}");
            }
        }
        // And nothing was done to them.
        let clerk = app.client(Who::Clerk, Town::A).await;
        let activity = clerk.get(&format!("/activities/{}", furniture.id("activity"))).await.ok(200);
        assert_eq!(activity["phase"], "running");
        assert_eq!(activity["version"], 1);
    }

    /// Ids of another township inside an otherwise good request: in the body beside one's own things, and in queries.
    async fn foreign_ids_beside_ones_own_are_as_absent_ones(app: TestApp) {
        let foreign = app.furnish(Town::A).await;
        let own = app.furnish(Town::B).await;
        let clerk = app.client(Who::Clerk, Town::B).await;
        let head = app.client(Who::GridHead, Town::B).await;
        let leader = app.client(Who::Leader, Town::B).await;
        type Ask<'a> = (&'a Client, Method, Box<dyn Fn(&Furniture) -> (String, Value)>);
        let path = |kind: &str, prefix: &str, tail: &str| format!("{prefix}/{}{tail}", own.id(kind));
        let (member, org, activity, task) = (
            path("member", "/members", ""),
            path("party_org", "/party-orgs", ""),
            path("activity", "/activities", ""),
            path("task", "/tasks", "/submit"),
        );
        let asks: Vec<Ask> = vec![
            (&clerk, Method::PATCH, Box::new(move |f| (member.clone(), json!({"party_org_id": f.id("party_org")})))),
            (&clerk, Method::PATCH, Box::new(move |f| (org.clone(), json!({"parent_id": f.id("party_org")})))),
            (&clerk, Method::PATCH, Box::new(move |f| (activity.clone(), json!({"steward_id": f.id("member")})))),
            (&head, Method::POST, Box::new(move |f| (task.clone(), json!({"text": "已办", "attachment_ids": [f.id("attachment")]})))),
            (&leader, Method::GET, Box::new(|f| (format!("/members?party_org_id={}", f.id("party_org")), Value::Null))),
            (&leader, Method::GET, Box::new(|f| (format!("/members?grid_id={}", f.id("grid")), Value::Null))),
            (&leader, Method::GET, Box::new(|f| (format!("/tasks?grid_id={}", f.id("grid")), Value::Null))),
            (&leader, Method::GET, Box::new(|f| (format!("/tasks?assignee_id={}", f.id("member")), Value::Null))),
            (&leader, Method::GET, Box::new(|f| (format!("/points-entries?member_id={}", f.id("member")), Value::Null))),
        ];
        for (client, method, ask) in asks {
            let mut answers = Vec::new();
            let absent = Furniture::absent();
            for ids in [&foreign, &absent] {
                let (path, body) = ask(ids);
                let mut request = client.request(method.clone(), &path).header("if-match", "\"v1\"");
                if !body.is_null() {
                    request = request.json(&body);
                }
                let answer = client.send(request).await;
                assert!(method == Method::GET || answer.status >= 400, "{path}: {}", answer.status);
                assert_ne!(answer.status, 412, "{path}: the version is not the one of the furniture");
                answers.push((answer.status, ids.blanked(&answer.without_trace()), names(&answer)));
            }
            assert_eq!(answers[0], answers[1], "{}", ask(&absent).0);
        }
    }
}

/// The headers of an answer, without those that tell of the request, its moment and the state of its connection.
fn names(answer: &support::Answer) -> BTreeMap<String, String> {
    answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date", "connection"].contains(&name.as_str()))
        .map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}
