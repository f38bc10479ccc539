//! Who may do what: every operation of the contract × every role × {signed in, anonymous, expired, disabled, the same role in
//! another township}. The table is written down a second time, in the `ROOM` of each module, so that a right is never widened by one
//! careless line; an operation without an entry fails.

use std::collections::{BTreeMap, BTreeSet};

use entity::kinds::Role;
use support::prelude::*;

use crate::furniture::{Furniture, furnish, kinds};
use crate::rooms::Open::{Everybody, SignedIn, To};
use crate::rooms::{Body, Entry, ROOMS};

impl Entry {
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

/// The rights of all rooms.
fn table() -> impl Iterator<Item = Entry> {
    ROOMS.iter().flat_map(|room| room.rights).copied()
}

/// An operation as the contract has it.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    path: String,
    /// The permission it names; empty when signing in is enough, none when it is open to everybody.
    permission: Option<String>,
    /// Parameters of the query that it cannot do without.
    required: Vec<String>,
}

impl Operation {
    /// Whether its address begins like this.
    pub(crate) fn is_below(&self, start: &str) -> bool {
        self.path.starts_with(start)
    }

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
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.strip_prefix("/api/v1").unwrap().to_owned(),
                permission: (!open).then(|| scopes.join(" ")),
                required: operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
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
    for name in &operation.required {
        let given = entry.query.contains(&format!("{name}="));
        assert!(given, "{}: no value for the query parameter {name}", operation.id);
    }
    if !entry.query.is_empty() {
        path = format!("{path}?{}", entry.query);
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
    let table: BTreeMap<&str, Entry> = table().map(|entry| (entry.operation, entry)).collect();
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
    let entries: Vec<String> = table().map(|entry| entry.operation.to_owned()).collect();
    let table: BTreeSet<String> = entries.iter().cloned().collect();
    assert_eq!(table.len(), entries.len(), "an operation has two entries");
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
        let furniture = furnish(&app, Town::A).await;
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
        let furniture = furnish(&app, Town::A).await;
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
                if let Some(name) = entry.names {
                    let kind = kinds().find(|kind| kind.name == name).expect("its kind");
                    assert_eq!(answer.status, kind.absent, "{place}");
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
        let furniture = furnish(&app, Town::A).await;
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
        let furniture = furnish(&app, Town::A).await;
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
        let furniture = furnish(&app, Town::A).await;
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
        let foreign = furnish(&app, Town::A).await;
        let own = furnish(&app, Town::B).await;
        for one in ROOMS.iter().flat_map(|room| room.beside) {
            let client = app.client(one.who, Town::B).await;
            let method: Method = one.method.parse().unwrap();
            let mut answers = Vec::new();
            let absent = Furniture::absent();
            for ids in [&foreign, &absent] {
                let (path, body) = (one.ask)(&own, ids);
                let mut request = client.request(method.clone(), &path).header("if-match", "\"v1\"");
                if !body.is_null() {
                    request = request.json(&body);
                }
                let answer = client.send(request).await;
                assert!(method == Method::GET || answer.status >= 400, "{path}: {}", answer.status);
                assert_ne!(answer.status, 412, "{path}: the version is not the one of the furniture");
                answers.push((answer.status, ids.blanked(&answer.without_trace()), names(&answer)));
            }
            assert_eq!(answers[0], answers[1], "{}", (one.ask)(&own, &absent).0);
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
