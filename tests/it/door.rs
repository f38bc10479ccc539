//! Whatever comes in: thousands of odd inputs at every place of every operation, on both databases. None is answered with an error
//! of the server's own, and the two databases answer alike.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use support::prelude::*;
use support::{Answer, Furnished};

use crate::authz::{self, Operation};
use crate::furniture::{Furniture, furnish};
use crate::rooms::{Entry, Open};

/// Characters that somebody, or some database, reads otherwise than the rest.
const ODD: &[char] = &[
    '\0',
    '\u{1}',
    '\u{8}',
    '\t',
    '\n',
    '\r',
    '\u{1B}',
    '\u{7F}',
    '\u{80}',
    '\u{85}',
    '\u{9B}',
    '\u{A0}',
    '\u{AD}',
    '\u{300}',
    '\u{338}',
    '\u{61C}',
    '\u{115F}',
    '\u{180E}',
    '\u{200B}',
    '\u{200D}',
    '\u{200F}',
    '\u{2028}',
    '\u{202E}',
    '\u{2066}',
    '\u{2800}',
    '\u{3000}',
    '\u{3164}',
    '\u{D7FF}',
    '\u{E000}',
    '\u{F9A4}',
    '\u{FDD0}',
    '\u{FE0F}',
    '\u{FEFF}',
    '\u{FFFD}',
    '\u{FFFF}',
    '\u{1F468}',
    '\u{20000}',
    '\u{E0041}',
    '\u{E0100}',
    '\u{10FFFF}',
    '\'',
    '"',
    '\\',
    '%',
    '_',
    '*',
    ';',
    '<',
    '&',
    '/',
    '.',
    '?',
    '#',
    '+',
    '{',
    '}',
    '|',
    '`',
    '$',
    '-',
    '0',
    '9',
    'a',
    'Z',
    'é',
    '张',
    '三',
];

fn texts(random: &mut StdRng) -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\0",
        "张\0三",
        "张\n三",
        "张\t三",
        "\u{1B}[31m红",
        "\u{200B}\u{200F}",
        "\u{202E}三张",
        "e\u{301}",
        "'; DROP TABLE member; --",
        "%",
        "_",
        "\\",
        "\\u0000",
        "%00",
        "../../etc/passwd",
        "null",
        "NaN",
        "true",
        "0",
        "-1",
        "1e309",
        "99999999999999999999",
        "{}",
        "[]",
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "-262143-01-01",
        "+262142-12-31",
        "-4713-01-01",
        "100000-01-01",
        "1899-12-31",
        "2200-01-01",
        "0000-00-00",
        "2026-02-30",
        "2026-11-28",
        "+262142-12-31T20:00:00Z",
        "-262143-01-01T00:00:00Z",
        "2026-11-28T09:00:00+23:59",
        "2026-11-28T09:00:60Z",
        "2026-11-28T09:00:00+08:00",
        "9999-12-31T23:59:59Z",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "{00000000-0000-0000-0000-000000000001}",
        "urn:uuid:00000000-0000-0000-0000-000000000001",
        "2026Q4",
        "2026Q5",
        "-1Q1",
        "310116112",
        "clerk",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("长".repeat(300));
    texts.push("a".repeat(5000));
    texts.push("\u{300}".repeat(100));
    texts.push("👨\u{200D}👩\u{200D}👧".repeat(20));
    texts.push("[".repeat(2000));
    for _ in 0..20 {
        let length = random.random_range(1..12);
        texts.push((0..length).filter_map(|_| ODD.choose(random)).collect());
    }
    // What was once taken for a cursor.
    for key in [
        r#"["-262143-01-01T00:00:00Z","00000000-0000-0000-0000-000000000001"]"#,
        r#"["+262142-12-31T23:59:59Z","00000000-0000-0000-0000-000000000001"]"#,
        r#""\u0000""#,
        r#"["waiting","2026-11-28T09:00:00Z","00000000-0000-0000-0000-000000000001"]"#,
        "null",
    ] {
        texts.push(URL_SAFE_NO_PAD.encode(key));
        texts.push(URL_SAFE_NO_PAD.encode([&[0; 16], key.as_bytes()].concat()));
    }
    texts
}

fn values(random: &mut StdRng) -> Vec<Value> {
    let mut values: Vec<Value> = texts(random).into_iter().map(Value::from).collect();
    values.extend([
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"$ref": "#"}),
        json!([null]),
        json!(["\0"]),
        json!({"a\0b": "\0"}),
    ]);
    values
}

/// Where an input is put.
#[derive(Debug, Clone)]
enum Spot {
    /// At this pointer of the body.
    Body(String),
    /// As this parameter of the query.
    Query(String),
    /// As what the path names.
    Path,
    /// As this header.
    Header(&'static str),
}

/// Pointers to everything that a body holds, or could hold by the contract.
fn pointers(body: &Value, schema: &Value, contract: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| walk(value, &format!("{at}/{name}"), found));
            }
            Value::Array(items) => {
                (0..).zip(items).for_each(|(index, value): (usize, _)| {
                    walk(value, &format!("{at}/{index}"), found);
                });
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(body, "", &mut found);
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let properties = name.map(|name| &contract["components"]["schemas"][name]["properties"]);
    for field in properties.and_then(Value::as_object).into_iter().flat_map(|all| all.keys()) {
        let pointer = format!("/{field}");
        if !found.contains(&pointer) {
            found.push(pointer);
        }
    }
    found
}

fn put(body: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = body.clone();
    match changed.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => changed[pointer.trim_start_matches('/')] = value,
    }
    changed
}

/// Every place of an operation at which something can be put.
fn spots(
    operation: &Operation,
    contract: &Value,
    entry: &Entry,
    furniture: &Furniture,
) -> Vec<Spot> {
    let described = contract["paths"].as_object().unwrap().values();
    let described = described.flat_map(|item| item.as_object().unwrap().values());
    let described = described.into_iter().find(|one| one["operationId"] == *operation.id).unwrap();
    let (named, body) = entry.filled(furniture);
    let mut spots = Vec::new();
    if named.is_some() {
        spots.push(Spot::Path);
    }
    for parameter in described["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        match parameter["in"].as_str().unwrap() {
            "query" => spots.push(Spot::Query(name.to_owned())),
            "header" if name == "Idempotency-Key" => spots.push(Spot::Header("idempotency-key")),
            _ => {}
        }
    }
    if let Some(body) = body {
        let schema = &described["requestBody"]["content"]["application/json"]["schema"];
        spots.extend(pointers(&body, schema, contract).into_iter().map(Spot::Body));
    }
    spots
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Puts an input at its place and gives what was answered.
async fn ask(
    client: &Client,
    operation: &Operation,
    entry: &Entry,
    furniture: &Furniture,
    spot: &Spot,
    value: &Value,
) -> Option<Answer> {
    let (named, body) = entry.filled(furniture);
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let path = match spot {
        Spot::Path if text.is_empty() || text == "." || text == ".." => return None,
        Spot::Path => operation.path(Some(&encoded(&text))),
        Spot::Query(name) => {
            let mut path =
                format!("{}?{name}={}", operation.path(named.as_deref()), encoded(&text));
            for (needed, usual) in [("from", "2026-11-01"), ("to", "2026-11-30")] {
                if operation.id == "list_days" && name != needed {
                    path.push_str(&format!("&{needed}={usual}"));
                }
            }
            path
        }
        _ => operation.path(named.as_deref()),
    };
    let mut request = client.request(operation.method.clone(), &path).header("if-match", "\"v1\"");
    if let Spot::Header(name) = spot {
        let value = reqwest::header::HeaderValue::from_bytes(text.as_bytes()).ok()?;
        request = request.header(*name, value);
    }
    if let Some(body) = body {
        let body = match spot {
            Spot::Body(pointer) => put(&body, pointer, value.clone()),
            _ => body,
        };
        request = request.json(&body);
    }
    Some(client.send(request).await)
}

/// What is compared between the databases: everything but ids, moments and words.
fn outcome(answer: &Answer) -> (u16, String, Vec<String>) {
    let code = answer.json["code"].as_str().unwrap_or_default().to_owned();
    let fields = answer.json["errors"].as_array().into_iter().flatten();
    (answer.status, code, fields.map(|error| error["field"].as_str().unwrap().to_owned()).collect())
}

/// A server with somebody of every role, and what is there.
struct Side {
    app: TestApp,
    furniture: Furniture,
    clients: BTreeMap<Who, Client>,
}

impl Side {
    async fn new(db: Db) -> Self {
        let app = TestApp::start_with(db, Furnished::Two, |_| {}).await;
        let furniture = furnish(&app, Town::A).await;
        let mut clients = BTreeMap::new();
        for who in Who::ALL {
            clients.insert(who, app.client(who, Town::A).await);
        }
        Self { app, furniture, clients }
    }

    fn client(&self, entry: &Entry) -> Client {
        if entry.open == Open::Everybody {
            return self.app.anonymous();
        }
        let who = Who::ALL.into_iter().find(|who| entry.allows(*who)).expect("somebody may");
        self.clients[&who].clone()
    }
}

/// What ends the session that asks would end the test's.
const LEFT_OUT: &[&str] = &["sign_out"];

#[test]
fn odd_inputs_are_answered_alike_and_never_with_a_fault_of_ours() {
    let seed = support::seed();
    actix_web::rt::System::new().block_on(async {
        let contract = serde_json::to_value(api::openapi()).unwrap();
        let (one, other) = (Side::new(Db::Sqlite).await, Side::new(Db::Postgres).await);
        let mut random = StdRng::seed_from_u64(seed);
        let mut asked = 0_u32;
        let mut refused = 0_u32;
        for (operation, entry) in authz::paired() {
            if LEFT_OUT.contains(&&*operation.id) {
                continue;
            }
            for spot in spots(&operation, &contract, &entry, &one.furniture) {
                let mut inputs = values(&mut random);
                if !support::soak() {
                    inputs = inputs.sample(&mut random, 26).cloned().collect();
                }
                for value in inputs {
                    let mut outcomes = Vec::new();
                    for side in [&one, &other] {
                        let client = side.client(&entry);
                        let answer =
                            ask(&client, &operation, &entry, &side.furniture, &spot, &value).await;
                        let Some(answer) = answer else { continue };
                        let body = String::from_utf8_lossy(&answer.bytes);
                        let what = format!("{} {spot:?} {value:.200}: {body:.300}", operation.id);
                        assert!(answer.status < 500, "{what}");
                        if answer.status >= 400 {
                            let kind = answer.header("content-type");
                            assert_eq!(kind, Some("application/problem+json"), "{what}");
                        }
                        outcomes.push(outcome(&answer));
                    }
                    if let [first, second] = &*outcomes {
                        let what = format!("{} {spot:?} {value:.200}", operation.id);
                        assert_eq!(first, second, "{what}");
                        asked += 1;
                        refused += u32::from(first.0 >= 400);
                    }
                }
            }
        }
        eprintln!("{asked} inputs, {refused} refused");
        let least = if support::soak() { 15_000 } else { 5000 };
        assert!(asked >= least, "only {asked}");
        assert!(refused > asked / 2 && refused < asked, "{refused} of {asked}");
        one.app.stop().await;
        other.app.stop().await;
    });
}

#[test]
fn outside_of_the_contract_too() {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start_with(Db::Sqlite, Furnished::One, |_| {}).await;
        let anonymous = app.anonymous();
        let clerk = app.client(Who::Clerk, Town::A).await;
        for text in texts(&mut StdRng::seed_from_u64(1)) {
            if matches!(&*text, "" | "." | "..") {
                continue;
            }
            for path in [
                "/c/",
                "/hand/c/",
                "/desk/",
                "/docs/",
                "/assets/",
                "/api/v1/",
                "/api/v1/members/",
                "/",
            ] {
                let request = anonymous.outside(Method::GET, &format!("{path}{}", encoded(&text)));
                let answer = anonymous.send(request).await;
                assert!(answer.status < 500, "{path}{text:?}: {}", answer.status);
            }
        }
        // The picture of a check-in code holds the host it was asked at.
        let furniture = furnish(&app, Town::A).await;
        let path = format!("/activities/{}/check-in-code", furniture.id("activity"));
        for (letters, status) in [(20, 200), (253, 200), (3000, 400)] {
            let host = "h".repeat(letters);
            let request = clerk.request(Method::GET, &path).header("host", host);
            assert_eq!(clerk.send(request).await.status, status, "{letters}");
        }
        app.stop().await;
    });
}

on_both! {
    async fn what_is_kept_is_what_is_seen(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let made = clerk
            .post("/members", &json!({"number": " 7101 ", "name": "\u{200B} 张\u{202E}三\u{FEFF} ", "category": "resident"}))
            .await
            .ok(201);
        assert_eq!((&made["number"], &made["name"]), (&json!("7101"), &json!("张三")));
        // One letter, two ways of writing it: found either way.
        let cafe = json!({"number": "7102", "name": "Cafe\u{301}", "category": "resident"});
        clerk.post("/members", &cafe).await.ok(201);
        for q in ["Caf%C3%A9", "Cafe%CC%81"] {
            let found = clerk.get(&format!("/members?q={q}")).await.ok(200);
            assert_eq!(found["items"].as_array().unwrap().len(), 1, "{q}");
        }
        let english = |name: &str, value: Value| json!({"number": "7103", "category": "resident", name: value});
        for (name, why) in [("张\n三", "一行"), ("张\u{1B}三", "U+001B"), ("张\0三", "U+0000")] {
            let refused = clerk.post("/members", &english("name", json!(name))).await;
            let problem = refused.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], "name");
            assert!(problem["errors"][0]["message"].as_str().unwrap().contains(why), "{problem}");
        }
        for blank in ["", "\u{200B}", "\u{3164}\u{FE0F}", "\u{3000}"] {
            clerk.post("/members", &english("name", json!(blank))).await.problem(422, "validation_failed");
        }
        let problem = clerk.get("/members?q=%00").await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "q");
        // Several lines where several are meant.
        let activity = json!({"title": "义诊", "description": " 一\r\n二\t三 ", "place": "文化广场",
            "starts_at": "2026-11-28T09:00:00+08:00", "ends_at": "2026-11-28T11:00:00+08:00"});
        let made = clerk.post("/activities", &activity).await.ok(201);
        assert_eq!(made["description"], "一\n二\t三");
        for (field, bad) in [
            ("title", json!("一\n二")),
            ("starts_at", json!("+262142-12-31T20:00:00Z")),
            ("ends_at", json!("-262143-01-01T00:00:00Z")),
            ("starts_at", json!("2200-01-01T00:00:00Z")),
        ] {
            let problem = clerk.post("/activities", &put(&activity, &format!("/{field}"), bad)).await;
            assert_eq!(problem.problem(422, "validation_failed")["errors"][0]["field"], field);
        }
    }

    async fn a_cursor_is_good_for_its_list_its_filter_and_its_township(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let page = clerk.get("/members?limit=1").await.ok(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        clerk.get(&format!("/members?limit=2&cursor={cursor}")).await.ok(200);
        for path in ["/members?q=g&", "/members?category=resident&", "/tasks?", "/activities?", "/checklists?"] {
            clerk.get(&format!("{path}cursor={cursor}")).await.problem(400, "invalid_cursor");
        }
        let neighbour = app.client(Who::Clerk, Town::B).await;
        let path = format!("/members?limit=1&cursor={cursor}");
        neighbour.get(&path).await.problem(400, "invalid_cursor");
        let mut forged = cursor.to_owned();
        forged.pop();
        clerk.get(&format!("/members?cursor={forged}")).await.problem(400, "invalid_cursor");
    }

    async fn no_secret_stays_in_the_database(app: TestApp) {
        let secrets = ["a secret that nobody guesses", "another one, for the reset", "the one of my own choice"];
        let administrator = app.client(Who::Administrator, Town::A).await;
        let account = json!({"username": "newcomer", "password": secrets[0], "display_name": "新人", "roles": ["leader"]});
        let made = administrator.post_key("/accounts", "key-1", &account).await.ok(201);
        // The same again, and with another password: the first one counts.
        administrator.post_key("/accounts", "key-1", &account).await.ok(201);
        let again = put(&account, "/password", json!("quite another password"));
        assert_eq!(administrator.post_key("/accounts", "key-1", &again).await.ok(201)["id"], made["id"]);
        let other = put(&account, "/display_name", json!("别人"));
        administrator.post_key("/accounts", "key-1", &other).await.problem(422, "idempotency_mismatch");
        let path = format!("/accounts/{}", made["id"].as_str().unwrap());
        administrator.patch(&path, 1, &json!({"password": secrets[1]})).await.ok(200);
        let sign_in = |password: &str| json!({"township": "310116112", "username": "newcomer", "password": password, "refresh_in": "body"});
        let signed_in = app.anonymous().post("/sessions", &sign_in(secrets[1])).await.ok(201);
        let newcomer = app.anonymous().with_token(signed_in["access_token"].as_str().unwrap());
        newcomer.put_plain("/me/password", &json!({"current": secrets[1], "new": secrets[2]})).await.ok(204);
        let signed_in = app.anonymous().post("/sessions", &sign_in(secrets[2])).await.ok(201);
        app.anonymous().post("/sessions", &sign_in(secrets[0])).await.problem(401, "invalid_credentials");

        let outside = app.outside().await;
        let dump = dump(&outside).await;
        assert!(dump.contains("newcomer") && dump.contains("$argon2id$"), "the dump has what it should have");
        let tokens = ["access_token", "refresh_token"].map(|name| signed_in[name].as_str().unwrap());
        for secret in secrets.iter().chain(&tokens) {
            assert!(!dump.contains(secret), "{secret}");
        }
        // Nor what somebody who has the dump alone could compute of a guess: whatever was hashed with the password in it.
        for secret in secrets {
            let body = put(&account, "/password", json!(secret));
            for text in [secret.to_owned(), body.to_string(), format!("create_account\0{body}")] {
                for hash in [sha2_base64(&text), sha2_hex(&text)] {
                    assert!(!dump.contains(&hash), "{text}");
                }
            }
        }
    }
}

fn digest(text: &str) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).to_vec()
}

fn sha2_base64(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(text))
}

fn sha2_hex(text: &str) -> String {
    digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every row of every table as text.
async fn dump(outside: &sea_orm::DatabaseConnection) -> String {
    let backend = outside.get_database_backend();
    let tables = match backend {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        _ => "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'",
    };
    let tables = outside.query_all_raw(Statement::from_string(backend, tables)).await.unwrap();
    let mut dump = String::new();
    for table in tables {
        let table: String = table.try_get("", "name").unwrap();
        let rows = match backend {
            DbBackend::Sqlite => {
                let names = format!("SELECT name FROM pragma_table_info('{table}')");
                let names =
                    outside.query_all_raw(Statement::from_string(backend, names)).await.unwrap();
                let columns: Vec<String> = names
                    .iter()
                    .map(|row| format!("quote(\"{}\")", row.try_get::<String>("", "name").unwrap()))
                    .collect();
                format!("SELECT {} AS line FROM \"{table}\"", columns.join(" || ' ' || "))
            }
            _ => format!("SELECT t::text AS line FROM \"{table}\" t"),
        };
        for row in outside.query_all_raw(Statement::from_string(backend, rows)).await.unwrap() {
            dump.push_str(&row.try_get::<String>("", "line").unwrap());
            dump.push('\n');
        }
    }
    dump
}
