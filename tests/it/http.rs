//! The ground of HTTP: every error of the registry is provoked, every unknown method is told which ones there are, a panic is
//! answered like any other error.

use std::collections::BTreeSet;

use api::http::{Code, Language};
use api::task::Assignee;
use sea_orm::ConnectionTrait;
use support::Answer;
use support::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::task_source::{errand, open};

/// Errors that were seen, each in the form that every error has.
struct Sweep {
    seen: BTreeSet<&'static str>,
}

impl Sweep {
    /// An answer that must be this error, whole in every part.
    #[track_caller]
    fn saw(&mut self, code: Code, answer: &Answer) {
        let problem = answer.problem(code.status(), code.as_str());
        assert_eq!(problem["status"], code.status());
        assert_eq!(problem["title"], code.title().in_language(Language::Chinese));
        assert_eq!(problem["type"], format!("/docs/errors#{}", code.as_str()));
        assert_eq!(answer.header("x-request-id"), problem["trace_id"].as_str());
        assert!(!problem["trace_id"].as_str().unwrap().is_empty());
        assert!(problem["errors"].is_array());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        for (name, present) in [
            ("www-authenticate", code.status() == 401),
            ("allow", code.status() == 405),
            ("retry-after", [429, 503].contains(&code.status())),
        ] {
            assert_eq!(answer.header(name).is_some(), present, "{name} with {}", code.as_str());
        }
        dressed(answer);
        self.seen.insert(code.as_str());
    }
}

/// Field and code of each fault.
fn faults(problem: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = problem["errors"].as_array().unwrap().iter();
    errors.map(|one| (text(&one["field"]), text(&one["code"]))).collect()
}

/// An operation as the contract has it.
fn described(id: &str) -> Value {
    let contract = serde_json::to_value(api::openapi()).unwrap();
    let items = contract["paths"].as_object().unwrap().values();
    let mut operations = items.flat_map(|item| item.as_object().unwrap().values());
    operations.find(|one| one["operationId"] == id).unwrap().clone()
}

/// Words of the implementation that a user would not know what to do with.
fn for_people(problem: &Value, language: &str) {
    let known: BTreeSet<&str> = api::http::FieldCode::ALL.iter().map(|one| one.as_str()).collect();
    for error in problem["errors"].as_array().unwrap() {
        let message = error["message"].as_str().unwrap();
        assert!(known.contains(error["code"].as_str().unwrap()), "{error}");
        for word in [
            "struct",
            "expected",
            "variant",
            "missing field",
            "at line",
            "column",
            "invalid type",
            "input",
            "tuple",
        ] {
            assert!(!message.contains(word), "{message}");
        }
        let chinese = message.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert_eq!(chinese, language == "zh", "{message}");
    }
}

/// Each object in a body, by its pointer, with a list of its values.
fn lists_for_objects(value: &Value, place: &str) -> Vec<(String, Value)> {
    match value {
        Value::Object(map) => {
            let list = Value::Array(map.values().cloned().collect());
            let below = map
                .iter()
                .flat_map(|(key, inner)| lists_for_objects(inner, &format!("{place}/{key}")));
            std::iter::once((place.to_owned(), list)).chain(below).collect()
        }
        Value::Array(list) => list
            .first()
            .map(|one| lists_for_objects(one, &format!("{place}/0")))
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The headers that every answer wears.
#[track_caller]
fn dressed(answer: &Answer) {
    let policy = answer.header("content-security-policy").expect("a content security policy");
    for rule in
        ["default-src 'self'", "object-src 'none'", "frame-ancestors 'none'", "base-uri 'self'"]
    {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(
        !policy.contains("http:") && !policy.contains("https:") && !policy.contains('*'),
        "{policy}"
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("referrer-policy").is_some());
    assert!(answer.header("x-request-id").is_some());
}

/// Sends bytes as they are and reads until the server closes.
async fn raw(app: &TestApp, request: &str) -> String {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn sweep_sign_in(app: &TestApp, sweep: &mut Sweep) {
    let anonymous = app.anonymous();
    sweep.saw(Code::UNAUTHENTICATED, &anonymous.get("/me").await);
    let wrong = |username: &str| json!({"township": "310116112", "username": username, "password": "wrong"});
    sweep.saw(Code::INVALID_CREDENTIALS, &anonymous.post("/sessions", &wrong("leader")).await);
    // A name that there is none of fails alike.
    let unknown = anonymous.post("/sessions", &wrong("nobody")).await;
    sweep.saw(Code::INVALID_CREDENTIALS, &unknown);
    for _ in 0..9 {
        anonymous.post("/sessions", &wrong("nobody")).await.problem(401, "invalid_credentials");
    }
    sweep.saw(Code::TOO_MANY_REQUESTS, &anonymous.post("/sessions", &wrong("nobody")).await);

    let setup = json!({"token": "no such token at all", "township_code": "310116101", "username": "first",
        "password": "long enough for now", "display_name": "管理员"});
    sweep.saw(
        api::township::codes::SETUP_TOKEN_INVALID,
        &anonymous.post("/public/setup", &setup).await,
    );
    let restore = json!({"township_code": "310116112", "token": "no such token at all", "username": "administrator",
        "password": "long enough for now", "display_name": "管理员"});
    sweep.saw(
        api::account::codes::RECOVERY_TOKEN_INVALID,
        &anonymous.post("/public/restore", &restore).await,
    );

    let leader = app.client(Who::Leader, Town::A).await;
    leader.delete("/sessions/current").await.ok(204);
    sweep.saw(Code::SESSION_ENDED, &leader.get("/me").await);

    let administrator = app.client(Who::Administrator, Town::A).await;
    let own = format!("/accounts/{}", app.town(Town::A).accounts[&Who::Administrator].id);
    sweep.saw(Code::IN_USE, &administrator.patch(&own, 1, &json!({"disabled": true})).await);
    let integrator = app.town(Town::A).accounts[&Who::Integrator].id;
    administrator
        .patch(&format!("/accounts/{integrator}"), 1, &json!({"disabled": true}))
        .await
        .ok(200);
    let fresh = json!({"username": "newcomer", "password": PASSWORD, "display_name": "新人", "roles": ["leader"]});
    administrator.post("/accounts", &fresh).await.ok(201);
    let fresh = json!({"township": "310116112", "username": "newcomer", "password": PASSWORD, "refresh_in": "body"});
    let fresh = anonymous.post("/sessions", &fresh).await.ok(201);
    let fresh = anonymous.with_token(fresh["access_token"].as_str().unwrap());
    sweep.saw(Code::PASSWORD_CHANGE_REQUIRED, &fresh.get("/members").await);
    let disabled = json!({"township": "310116112", "username": "integrator", "password": PASSWORD});
    sweep.saw(Code::ACCOUNT_DISABLED, &anonymous.post("/sessions", &disabled).await);
}

async fn sweep_requests(app: &TestApp, sweep: &mut Sweep) {
    let clerk = app.client(Who::Clerk, Town::A).await;
    let member = format!("/members/{}", app.town(Town::A).members.spare);
    let raw_body = |body: &str, media_type: &str| {
        clerk
            .request(Method::POST, "/members")
            .header("content-type", media_type)
            .body(body.to_owned())
    };
    sweep.saw(
        Code::MALFORMED_BODY,
        &clerk.send(raw_body("{\"number\": ", "application/json")).await,
    );
    sweep.saw(Code::UNSUPPORTED_MEDIA_TYPE, &clerk.send(raw_body("{}", "text/plain")).await);
    let large = format!("{{\"name\": \"{}\"}}", "长".repeat(1024 * 1024));
    sweep.saw(Code::PAYLOAD_TOO_LARGE, &clerk.send(raw_body(&large, "application/json")).await);
    let broken = raw(
        app,
        &format!(
            "POST /api/v1/members HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
             content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nnot a length\r\n",
            app.address(),
            clerk.token().unwrap()
        ),
    )
    .await;
    assert!(
        broken.starts_with("HTTP/1.1 400") && broken.contains("\"code\":\"bad_request\""),
        "{broken}"
    );
    sweep.seen.insert(Code::BAD_REQUEST.as_str());
    let large = format!(
        "GET / HTTP/1.1\r\nhost: {}\r\nx-filler: {}\r\n\r\n",
        app.address(),
        "a".repeat(100_000)
    );
    let large = raw(app, &large).await;
    assert!(
        large.starts_with("HTTP/1.1 431") && large.contains("\"code\":\"head_too_large\""),
        "{large}"
    );
    sweep.seen.insert(Code::HEAD_TOO_LARGE.as_str());

    sweep.saw(Code::INVALID_CURSOR, &clerk.get("/members?cursor=nonsense").await);
    let no_key = clerk.post_key("/members", &"k".repeat(129), &json!({})).await;
    sweep.saw(Code::INVALID_PARAMETER, &no_key);
    sweep.saw(Code::VALIDATION_FAILED, &clerk.patch(&member, 1, &json!({"name": ""})).await);
    sweep.saw(Code::PRECONDITION_FAILED, &clerk.patch(&member, 99, &json!({"name": "改名"})).await);
    let without = clerk.request(Method::PATCH, &member).json(&json!({"name": "改名"}));
    sweep.saw(Code::PRECONDITION_REQUIRED, &clerk.send(without).await);
    sweep.saw(Code::NOT_FOUND, &clerk.get("/members/not-an-id").await);
    sweep.saw(Code::NOT_FOUND, &clerk.get("/no-such-thing").await);
    sweep.saw(Code::METHOD_NOT_ALLOWED, &clerk.delete("/members").await);
    sweep.saw(Code::FORBIDDEN, &clerk.get("/accounts").await);

    let person = |number: &str| json!({"number": number, "name": "新人", "category": "resident"});
    clerk.post_key("/members", "one-key", &person("7001")).await.ok(201);
    sweep.saw(
        Code::IDEMPOTENCY_MISMATCH,
        &clerk.post_key("/members", "one-key", &person("7002")).await,
    );
    sweep.saw(Code::ALREADY_EXISTS, &clerk.post("/members", &person("7001")).await);
    let garbage = clerk.upload(
        "/imports/members?dry_run=true",
        "file",
        "roster.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        b"no workbook".to_vec(),
    );
    sweep.saw(Code::FILE_UNREADABLE, &garbage.await);

    let integrator = app.client(Who::Integrator, Town::B).await;
    sweep.saw(Code::NO_MEMBER, &integrator.get("/purses/mine").await);
}

async fn sweep_work(app: &TestApp, sweep: &mut Sweep) {
    let clerk = app.client(Who::Clerk, Town::A).await;
    let town = app.town(Town::A);
    let appointment = json!({"grid_id": town.grids.general, "member_id": town.members.spare, "kind": "general_head"});
    sweep.saw(api::grid::codes::POST_TAKEN, &clerk.post("/grid-posts", &appointment).await);

    let publish = async |id: &str, version: i64| {
        clerk.change(Method::POST, &format!("/checklists/{id}/publish"), version, &json!({})).await
    };
    let empty = json!({"kind": "responsibility", "title": "空清单", "items": []});
    let empty = clerk.post("/checklists", &empty).await.ok(201);
    let refused = publish(empty["id"].as_str().unwrap(), empty["version"].as_i64().unwrap()).await;
    sweep.saw(api::checklist::codes::CHECKLIST_EMPTY, &refused);
    let list = json!({"kind": "responsibility", "title": "清单", "items": [
        {"what": "开会", "role": "general_head", "frequency": "once", "evidence": "text", "limit_working_days": 3, "points": 1}]});
    let list = clerk.post("/checklists", &list).await.ok(201);
    let id = list["id"].as_str().unwrap();
    let published = publish(id, list["version"].as_i64().unwrap()).await.ok(200);
    let again = publish(id, published["checklist"]["version"].as_i64().unwrap()).await;
    sweep.saw(api::checklist::codes::NOTHING_TO_PUBLISH, &again);

    let head = app.client(Who::GridHead, Town::A).await;
    let inbox = head.get("/tasks/inbox").await.ok(200);
    let task = format!("/tasks/{}", inbox["items"][0]["id"].as_str().unwrap());
    sweep.saw(
        api::task::codes::EVIDENCE_MISSING,
        &head.post(&format!("{task}/submit"), &json!({})).await,
    );
    sweep.saw(Code::STATE_CONFLICT, &clerk.post(&format!("{task}/verify"), &json!({})).await);
    head.post(&format!("{task}/submit"), &json!({"text": "已开会"})).await.ok(200);
    sweep.saw(
        api::task::codes::SELF_VERIFICATION,
        &head.post(&format!("{task}/verify"), &json!({})).await,
    );

    let town = app.town(Town::A);
    let branch = Assignee::Organisation(town.orgs.branch);
    let due = app.clock.now() + chrono::TimeDelta::hours(48);
    open(app, vec![errand("走访", branch, due)]).await.unwrap();
    let inbox = head.get("/tasks/inbox").await.ok(200);
    let accept = format!("/tasks/{}/accept", inbox["items"][0]["id"].as_str().unwrap());
    head.post(&accept, &json!({})).await.ok(200);
    let worker = app.client(Who::Worker, Town::A).await;
    sweep.saw(api::task::codes::TASK_TAKEN, &worker.post(&accept, &json!({})).await);
}

async fn sweep_activities(app: &TestApp, sweep: &mut Sweep) {
    let clerk = app.client(Who::Clerk, Town::A).await;
    let steward = app.client(Who::Worker, Town::A).await;
    let member = app.client(Who::Member, Town::A).await;
    let create = async |in_hours: i64| {
        let from = app.clock.now() + chrono::TimeDelta::hours(in_hours);
        let activity = json!({
            "title": "河道清理", "place": "水库村", "capacity": 1, "steward_id": app.town(Town::A).members.worker,
            "starts_at": from.to_rfc3339(), "ends_at": (from + chrono::TimeDelta::hours(2)).to_rfc3339(),
        });
        let activity = clerk.post("/activities", &activity).await.ok(201);
        format!("/activities/{}", activity["id"].as_str().unwrap())
    };
    let code = async |activity: &str| {
        steward.get(&format!("{activity}/check-in-code")).await.ok(200)["code"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let now = create(0).await;
    let refused = member.get(&format!("{now}/check-in-code")).await;
    sweep.saw(api::presence::codes::NOT_STEWARD, &refused);
    let head = app.client(Who::GridHead, Town::A).await;
    head.act(&format!("{now}/sign-up")).await.ok(200);
    let shown = code(&now).await;
    sweep.saw(
        api::activity::codes::ACTIVITY_FULL,
        &member.post("/check-ins", &json!({"code": shown})).await,
    );
    let tomorrow = create(24).await;
    let early = json!({"code": code(&tomorrow).await});
    sweep.saw(api::presence::codes::CHECK_IN_CLOSED, &member.post("/check-ins", &early).await);
    clerk.post(&format!("{tomorrow}/cancel"), &json!({"reason": "下雨"})).await.ok(200);
    sweep.saw(
        api::activity::codes::ACTIVITY_CANCELLED,
        &member.act(&format!("{tomorrow}/sign-up")).await,
    );
    sweep.saw(
        api::presence::codes::CHECK_IN_CODE_INVALID,
        &member.post("/check-ins", &json!({"code": "nonsense"})).await,
    );
    let complete = async |client: &Client, who: &Value| {
        let body = json!({"checked_out_at": app.clock.now().to_rfc3339(), "reason": "忘记签退"});
        client.post(&format!("/check-ins/{}/complete", who["id"].as_str().unwrap()), &body).await
    };
    let arrived = head.post("/check-ins", &json!({"code": shown})).await.ok(201);
    sweep.saw(
        api::activity::codes::ACTIVITY_ATTENDED,
        &clerk.post(&format!("{now}/cancel"), &json!({"reason": "下雨"})).await,
    );
    sweep.saw(api::presence::codes::NOT_STEWARD, &complete(&member, &arrived).await);
    clerk.patch(&now, 1, &json!({"capacity": 2})).await.ok(200);
    let own = steward.post("/check-ins", &json!({"code": shown})).await.ok(201);
    sweep.saw(api::presence::codes::OWN_CHECK_IN, &complete(&steward, &own).await);
    app.clock.advance(chrono::TimeDelta::minutes(5));
    sweep.saw(
        api::presence::codes::CHECK_IN_CODE_EXPIRED,
        &member.post("/check-ins", &json!({"code": shown})).await,
    );

    app.clock.advance(chrono::TimeDelta::minutes(10));
    sweep.saw(Code::TOKEN_EXPIRED, &member.get("/me").await);
}

/// The database goes away under a running server.
async fn sweep_outage(app: &TestApp, sweep: &mut Sweep) {
    if app.db == Db::Postgres {
        let name = app.database_url.rsplit('/').next().unwrap();
        support::postgres::Postgres::get()
            .administer(
                "postgres",
                &[
                    format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS false"),
                    format!("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'"),
                ],
            )
            .await;
        let mut answer =
            app.anonymous().send(app.anonymous().outside(Method::GET, "/readyz")).await;
        // The first ping may still find the news that a connection of the pool was closed.
        for _ in 0..20 {
            if answer.status == 503 {
                break;
            }
            answer = app.anonymous().send(app.anonymous().outside(Method::GET, "/readyz")).await;
        }
        sweep.saw(Code::UNAVAILABLE, &answer);
        app.anonymous().send(app.anonymous().outside(Method::GET, "/healthz")).await.ok(200);
    } else {
        // Somebody else holds the file for longer than a writer waits.
        let (clerk, outside) = (app.client(Who::Clerk, Town::A).await, app.outside().await);
        outside.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
        let member = json!({"number": "X1", "name": "等待", "category": "resident"});
        let answer = clerk.post("/members", &member).await;
        outside.execute_unprepared("ROLLBACK").await.unwrap();
        sweep.saw(Code::UNAVAILABLE, &answer);
        clerk.post("/members", &member).await.ok(201);
    }
}

on_both! {
    /// Every code of the registry is answered by some request, in the form that is promised. A code that nothing answers
    /// does not belong into the registry.
    async fn every_error_of_the_registry_is_provoked(app: TestApp) {
        // A client that never finishes its request: told so after ten seconds, which the others use.
        let slow = actix_web::rt::spawn({
            let app = app.clone();
            async move { raw(&app, "GET /api/v1/me HTTP/1.1\r\nhost: slow\r\n").await }
        });
        let mut sweep = Sweep { seen: BTreeSet::new() };
        sweep_sign_in(&app, &mut sweep).await;
        sweep_requests(&app, &mut sweep).await;
        sweep_work(&app, &mut sweep).await;
        sweep_activities(&app, &mut sweep).await;
        let panicked = app.anonymous().send(app.anonymous().outside(Method::GET, "/test/panic")).await;
        sweep.saw(Code::INTERNAL, &panicked);
        let orphan = app.anonymous().send(app.anonymous().outside(Method::GET, "/test/conflict")).await;
        sweep.saw(Code::CONFLICT, &orphan);
        // The head of a request that never comes to its end is answered below the application.
        let slow = slow.await.unwrap();
        assert!(slow.starts_with("HTTP/1.1 408") && slow.contains("\"code\":\"request_timeout\""), "{slow}");
        sweep_outage(&app, &mut sweep).await;

        let mut promised: BTreeSet<&str> = api::codes().map(Code::as_str).collect();
        // A test of its own, on a server that waits for one second.
        promised.remove("request_timeout");
        // Tests of its own, on storage that fails.
        promised.remove("storage_full");
        // Tests of their own, with files that ask for too much.
        promised.remove("too_much_work");
        let missing: Vec<_> = promised.difference(&sweep.seen).collect();
        assert!(missing.is_empty(), "never answered: {missing:?}");
    }

    /// Who begins a body and does not end it is told so, in the form of every error.
    async fn a_body_that_does_not_come_is_a_timeout(app: TestApp) {
        let patient = TestApp::start_with(app.db, Furnished::Empty, |config| config.body_seconds = 1).await;
        let answer = raw(
            &patient,
            "POST /api/v1/sessions HTTP/1.1\r\nhost: slow\r\ncontent-type: application/json\r\n\
             accept-language: en\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{\"township\":",
        )
        .await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408"), "{head}");
        assert!(head.contains("application/problem+json") && head.contains("x-request-id"), "{head}");
        let problem: Value = serde_json::from_str(body).unwrap();
        assert_eq!(problem["code"], "request_timeout");
        assert_eq!(problem["title"], Code::REQUEST_TIMEOUT.title().in_language(Language::English));
        patient.stop().await;
    }

    /// A handler that panics answers 500 without a word of the inside, and the server goes on.
    async fn a_panic_is_an_error_like_any_other(app: TestApp) {
        let client = app.client(Who::Clerk, Town::A).await;
        for _ in 0..5 {
            let answer = client.send(client.outside(Method::GET, "/test/panic")).await;
            answer.problem(500, "internal");
            let text = String::from_utf8_lossy(&answer.bytes).into_owned();
            assert!(!text.contains("panics") && !text.contains(".rs"), "{text}");
            client.get("/me").await.ok(200);
        }
    }

    /// Texts are Chinese unless the client prefers English; fields are named by their path.
    async fn errors_speak_the_clients_language(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let body = json!({"kind": "responsibility", "title": "清单", "items": [
            {"what": "", "role": "worker", "frequency": "once", "evidence": "none", "limit_working_days": 0, "points": 1}]});
        let ask = async |language: &str| {
            let request = clerk.request(Method::POST, "/checklists").header("accept-language", language).json(&body);
            clerk.send(request).await.problem(422, "validation_failed")
        };
        let fields = |problem: &Value| -> BTreeSet<String> {
            problem["errors"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap().to_owned()).collect()
        };
        let expected = BTreeSet::from(["items[0].what".to_owned(), "items[0].limit_working_days".to_owned()]);
        let chinese = ask("zh-CN,zh;q=0.9,en;q=0.5").await;
        assert_eq!(fields(&chinese), expected);
        let english = ask("en-GB,en;q=0.9").await;
        assert_eq!(fields(&english), expected);
        let is_chinese = |value: &Value| value.as_str().unwrap().chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for (problem, wanted) in [(&chinese, true), (&english, false)] {
            assert_eq!(is_chinese(&problem["title"]), wanted, "{problem}");
            for error in problem["errors"].as_array().unwrap() {
                assert_eq!(is_chinese(&error["message"]), wanted, "{error}");
            }
        }
    }

    /// Every path of the contract, with every method it does not have: 405, and `Allow` names those it has.
    async fn a_wrong_method_is_told_the_right_ones(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let contract = serde_json::to_value(api::openapi()).unwrap();
        for (path, item) in contract["paths"].as_object().unwrap() {
            let mut methods: BTreeSet<String> =
                item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
            if methods.contains("GET") {
                methods.insert("HEAD".to_owned());
            }
            let path = path.replace("{id}", "00000000-0000-7000-8000-000000000000").replace("{code}", "x").replace("{link}", "x");
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                if methods.contains(method) {
                    continue;
                }
                let answer = clerk.send(clerk.outside(method.parse().unwrap(), &path)).await;
                answer.problem(405, "method_not_allowed");
                let allow: BTreeSet<String> =
                    answer.header("allow").unwrap().split(", ").map(str::to_owned).collect();
                assert_eq!(allow, methods, "{method} {path}");
            }
        }
    }

    /// What an operation does not name is refused, whoever asks, and by its name: query parameters, and bodies.
    async fn what_an_operation_does_not_name_is_refused(app: TestApp) {
        let furniture = app.furnish(Town::A).await;
        let anonymous = app.anonymous();
        for (operation, entry) in crate::authz::paired() {
            let path = operation.path(entry.filled(&furniture).0.as_deref());
            let odd = anonymous.request(operation.method.clone(), &format!("{path}?no_such=1&No_Such"));
            let answer = anonymous.send(odd).await;
            let fields = faults(&answer.problem(422, "validation_failed"));
            for name in ["no_such", "No_Such"] {
                assert!(fields.contains(&(name.to_owned(), "unknown_field".to_owned())), "{}: {fields:?}", operation.id);
            }
            if described(&operation.id)["requestBody"].is_null() {
                let with_body = anonymous.request(operation.method.clone(), &path).json(&json!({}));
                anonymous.send(with_body).await.problem(400, "bad_request");
                // An empty one is none.
                let empty = anonymous.request(operation.method.clone(), &path).header("content-length", "0");
                assert_ne!(anonymous.send(empty).await.json["code"], "bad_request", "{}", operation.id);
            }
        }
        let clerk = app.client(Who::Clerk, Town::A).await;
        let wrong = clerk.get("/tasks?state=late&late=perhaps&due_on=2026-13-01&limit=0&limit=2&colour=red&grid_id=1").await;
        let expected = [
            ("colour", "unknown_field"),
            ("due_on", "format"),
            ("grid_id", "format"),
            ("late", "wrong_type"),
            ("limit", "duplicate"),
            ("limit", "out_of_range"),
            ("state", "not_an_option"),
        ];
        let expected: BTreeSet<_> =
            expected.into_iter().map(|(field, code)| (field.to_owned(), code.to_owned())).collect();
        assert_eq!(faults(&wrong.problem(422, "validation_failed")), expected);
        for (query, field, code) in [
            ("/members?limit=201", "limit", "out_of_range"),
            ("/members?limit=99999999", "limit", "out_of_range"),
            ("/members?limit=x", "limit", "wrong_type"),
            ("/members?category=king", "category", "not_an_option"),
            ("/members?party_org_id=1", "party_org_id", "format"),
            ("/calendar/days?from=2026-01-01", "to", "required"),
            ("/calendar/days?from=2026-01-02&to=2026-01-01", "to", "invalid"),
            ("/calendar/days?from=1066-01-02&to=2026-01-01", "from", "format"),
            ("/leaderboard?quarter=2026Q5", "quarter", "format"),
        ] {
            let problem = clerk.get(query).await.problem(422, "validation_failed");
            let expected = BTreeSet::from([(field.to_owned(), code.to_owned())]);
            assert_eq!(faults(&problem), expected, "{query}");
        }
    }

    /// Every operation that takes JSON tells every fault of a body at its place, in words for people: what is missing, a list for
    /// an object at any depth, an object for a word, a field that there is none of.
    async fn every_fault_of_a_body_is_told_in_words_for_people(app: TestApp) {
        let furniture = app.furnish(Town::A).await;
        let mut bodies = 0;
        for (operation, entry) in crate::authz::paired() {
            let (named, Some(body)) = entry.filled(&furniture) else { continue };
            let client = match Who::ALL.into_iter().find(|who| entry.allows(*who)) {
                Some(who) if entry.open != crate::authz::Open::Everybody => app.client(who, Town::A).await,
                _ => app.anonymous(),
            };
            let path = operation.path(named.as_deref());
            let send = async |body: &Value, language: &str| {
                let request = client.request(operation.method.clone(), &path).header("if-match", "\"v1\"");
                client.send(request.header("accept-language", language).json(body)).await
            };
            bodies += 1;
            let schema = &described(&operation.id)["requestBody"]["content"]["application/json"]["schema"];
            let name = schema["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            let contract = serde_json::to_value(api::openapi()).unwrap();
            let required = contract["components"]["schemas"][&name]["required"].clone();
            let missing: BTreeSet<(String, String)> = required
                .as_array()
                .into_iter()
                .flatten()
                .map(|name| (name.as_str().unwrap().to_owned(), "required".to_owned()))
                .collect();
            for language in ["zh", "en"] {
                if !missing.is_empty() {
                    let answer = send(&json!({}), language).await;
                    let problem = answer.problem(422, "validation_failed");
                    assert_eq!(faults(&problem), missing, "{}", operation.id);
                    for_people(&problem, language);
                }
                // A list of its values in place of each object, the whole among them.
                for (place, list) in lists_for_objects(&body, "") {
                    if operation.id == "import_grids" && !place.is_empty() {
                        // GeoJSON's members are told as faults of the file.
                        continue;
                    }
                    let mut odd = body.clone();
                    *odd.pointer_mut(&place).unwrap() = list;
                    let answer = send(&odd, language).await;
                    let problem = answer.problem(422, "validation_failed");
                    let field = place.trim_start_matches('/').replace("/0", "[0]").replace('/', ".");
                    let expected = (field, "wrong_type".to_owned());
                    assert!(faults(&problem).contains(&expected), "{} {odd}: {problem}", operation.id);
                    for_people(&problem, language);
                }
                for whole in [json!("x"), json!(1), json!(true), json!(null), json!([])] {
                    let problem = send(&whole, language).await.problem(422, "validation_failed");
                    assert_eq!(faults(&problem), BTreeSet::from([(String::new(), "wrong_type".to_owned())]));
                    for_people(&problem, language);
                }
                if operation.id != "import_grids" {
                    let mut odd = body.clone();
                    odd["no_such"] = json!(1);
                    let problem = send(&odd, language).await.problem(422, "validation_failed");
                    let expected = BTreeSet::from([("no_such".to_owned(), "unknown_field".to_owned())]);
                    assert_eq!(faults(&problem), expected, "{}", operation.id);
                    for_people(&problem, language);
                }
            }
        }
        assert!(bodies > 15, "{bodies}");
        let clerk = app.client(Who::Clerk, Town::A).await;
        let odd = json!({"number": 7, "name": "长".repeat(51), "category": {"resident": null}, "phone": ["1"], "party_org_id": "x"});
        let expected = [
            ("category", "wrong_type"),
            ("name", "too_long"),
            ("number", "wrong_type"),
            ("party_org_id", "format"),
            ("phone", "wrong_type"),
        ];
        let expected: BTreeSet<_> =
            expected.into_iter().map(|(field, code)| (field.to_owned(), code.to_owned())).collect();
        let problem = clerk.post("/members", &odd).await.problem(422, "validation_failed");
        assert_eq!(faults(&problem), expected);
        // What rules find that no type refuses has codes of its own too.
        let odd = json!({"number": "a b", "name": "", "category": "resident", "phone": "1"});
        let expected = [("name", "too_short"), ("number", "format"), ("phone", "format")];
        let expected: BTreeSet<_> =
            expected.into_iter().map(|(field, code)| (field.to_owned(), code.to_owned())).collect();
        let problem = clerk.post("/members", &odd).await.problem(422, "validation_failed");
        assert_eq!(faults(&problem), expected);
        let nowhere = json!({"number": "7", "name": "甲", "category": "resident", "party_org_id": "019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77"});
        let problem = clerk.post("/members", &nowhere).await.problem(422, "validation_failed");
        assert_eq!(faults(&problem), BTreeSet::from([("party_org_id".to_owned(), "not_found".to_owned())]));
    }

    /// What a client has already is not sent again; what it has is marked by version and content.
    async fn what_has_not_changed_is_not_sent_again(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let leader = app.client(Who::Leader, Town::A).await;
        let path = format!("/members/{}", app.town(Town::A).members.spare);
        let read = async |client: &Client, etag: &str| {
            client.send(client.request(Method::GET, &path).header("if-none-match", etag)).await
        };
        let first = clerk.get(&path).await;
        let etag = first.header("etag").unwrap().to_owned();
        for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            let same = read(&clerk, &known).await;
            assert_eq!((same.status, same.bytes.len(), same.header("etag")), (304, 0, Some(&*etag)), "{known}");
            dressed(&same);
        }
        read(&clerk, "\"v1\"").await.ok(200);
        // Whoever sees less has another content under the same version.
        let phone = json!({"phone": "13800001234"});
        clerk.patch(&path, 1, &phone).await.ok(200);
        let changed = read(&clerk, &etag).await;
        changed.ok(200);
        let masked = read(&leader, changed.header("etag").unwrap()).await;
        assert!(masked.ok(200)["phone"].as_str().unwrap().contains('*'));
        // A change takes the whole mark or its version.
        let whole = clerk.get(&path).await.header("etag").unwrap().to_owned();
        let change = clerk.request(Method::PATCH, &path).header("if-match", &whole);
        clerk.send(change.json(&json!({"category": "volunteer"}))).await.ok(200);
        let old = clerk.request(Method::PATCH, &path).header("if-match", &whole);
        clerk.send(old.json(&json!({"category": "resident"}))).await.problem(412, "precondition_failed");
        // A HEAD is a GET without its body.
        let head = clerk.send(clerk.request(Method::HEAD, &path)).await;
        assert_eq!((head.status, head.bytes.len()), (200, 0));
        assert_eq!(head.header("etag"), clerk.get(&path).await.header("etag"));
    }

    /// A PATCH that changes nothing leaves version, record and mark as they were.
    async fn an_empty_change_changes_nothing(app: TestApp) {
        let town = app.town(Town::A);
        let (clerk, administrator) =
            (app.client(Who::Clerk, Town::A).await, app.client(Who::Administrator, Town::A).await);
        let auditor = app.client(Who::Auditor, Town::A).await;
        let activity = app.furnish(Town::A).await.id("activity").to_owned();
        let places = [
            (&clerk, format!("/members/{}", town.members.spare), vec!["name", "category", "phone"]),
            (&clerk, format!("/party-orgs/{}", town.orgs.branch), vec!["name", "kind", "parent_id"]),
            (&clerk, format!("/grids/{}", town.grids.general), vec!["name"]),
            (&administrator, format!("/accounts/{}", town.accounts[&Who::Leader].id), vec!["display_name", "disabled", "roles"]),
            (&clerk, format!("/activities/{activity}"), vec!["title", "description", "place", "starts_at", "ends_at", "capacity"]),
        ];
        let updates = async || {
            let entries = auditor.get("/audit-entries?limit=200").await.ok(200);
            let entries = entries["items"].as_array().unwrap().iter();
            let entries = entries.filter(|one| {
                let act = one["act"].as_str().unwrap();
                act.starts_with("update_") || act == "change_roles"
            });
            entries.count()
        };
        for (client, path, same) in places {
            let before = client.get(&path).await;
            let (shown, version) = (before.ok(200), before.json["version"].as_i64().unwrap());
            let recorded = updates().await;
            let same: serde_json::Map<String, Value> =
                same.into_iter().map(|name| (name.to_owned(), shown[name].clone())).collect();
            for nothing in [json!({}), Value::Object(same)] {
                let answer = client.patch(&path, version, &nothing).await;
                assert_eq!(answer.ok(200), shown, "{path} {nothing}");
                assert_eq!(answer.header("etag"), before.header("etag"));
                client.patch(&path, version + 1, &nothing).await.problem(412, "precondition_failed");
            }
            assert_eq!(updates().await, recorded, "{path}");
        }
    }

    /// Small things of the protocol that foreign clients stumble over.
    async fn the_protocol_is_kept(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let first = clerk.get("/members?limit=1").await.ok(200);
        assert_eq!(clerk.get("/members?limit=1&cursor=").await.ok(200), first, "an empty cursor is none");
        for (path, status) in
            [("/docs", 200), ("/docs/guide", 200), ("/docs/no-such-page", 404), ("/docs/", 404), ("/api/v2/me", 404), ("/api", 404)]
        {
            let answer = clerk.send(clerk.outside(Method::GET, path)).await;
            assert_eq!(answer.status, status, "{path}");
        }
        // Every list binds its cursor to its query and its order.
        app.furnish(Town::A).await;
        let page = clerk.get("/tasks?limit=1&sort=due_at").await.ok(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        clerk.get(&format!("/tasks?limit=1&sort=due_at&cursor={cursor}")).await.ok(200);
        clerk.get(&format!("/tasks?limit=1&sort=-due_at&cursor={cursor}")).await.problem(400, "invalid_cursor");
        // 1 and 0 are what some clients write for true and false.
        for (short, long) in [("1", "true"), ("0", "false")] {
            let [short, long] = [short, long].map(|word| format!("/tasks?late={word}"));
            assert_eq!(clerk.get(&short).await.ok(200), clerk.get(&long).await.ok(200));
        }
        let problem = clerk.get("/tasks?limit=99999999999999999999").await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["code"], "out_of_range");
        // What is exported can be imported as it is, and changes nothing.
        let exported = clerk.get("/grids/boundaries").await.ok(200);
        let count = exported["features"].as_array().unwrap().len();
        let report = clerk.post("/imports/grids", &exported).await.ok(200);
        assert_eq!((&report["fault_count"], &report["applied"]), (&json!(0), &json!(true)), "{report}");
        assert_eq!(clerk.get("/grids/boundaries").await.ok(200), exported);
        // The boundaries of the fixture were written otherwise than an import writes them; from now on nothing is changed.
        let report = clerk.post("/imports/grids", &exported).await.ok(200);
        assert_eq!(report["unchanged"], json!(count), "{report}");
        // A repetition of a refresh within half a minute gets the same successor; later it ends the session.
        let sign_in = json!({"township": "310116112", "username": "clerk", "password": PASSWORD, "refresh_in": "body"});
        let signed_in = app.anonymous().post("/sessions", &sign_in).await.ok(201);
        let refresh = json!({"refresh_token": signed_in["refresh_token"]});
        let once = app.anonymous().post("/sessions/refresh", &refresh).await.ok(200);
        app.clock.advance(chrono::TimeDelta::seconds(30));
        let again = app.anonymous().post("/sessions/refresh", &refresh).await.ok(200);
        assert_eq!(again["refresh_token"], once["refresh_token"]);
        app.clock.advance(chrono::TimeDelta::seconds(1));
        app.anonymous().post("/sessions/refresh", &refresh).await.problem(401, "session_ended");
        let successor = json!({"refresh_token": once["refresh_token"]});
        app.anonymous().post("/sessions/refresh", &successor).await.problem(401, "session_ended");
    }

    /// Pages of the origins that are named may call, and read what an answer's headers say; others may not.
    async fn pages_of_named_origins_may_call(app: TestApp) {
        let named = "https://portal.example.cn";
        let open = TestApp::start_with(app.db, Furnished::One, |config| {
            config.allowed_origins = vec!["https://other.example.cn:8443".to_owned(), named.to_owned()];
        })
        .await;
        let client = open.client(Who::Clerk, Town::A).await;
        let preflight = async |client: &Client, origin: &str, method: &str, headers: &str| {
            let request = client
                .request(Method::OPTIONS, "/members")
                .header("origin", origin)
                .header("access-control-request-method", method)
                .header("access-control-request-headers", headers);
            client.send(request).await
        };
        let asked = "authorization,content-type,idempotency-key,if-match,if-none-match,x-http-method-override";
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = preflight(&client, named, method, asked).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("access-control-allow-origin"), Some(named));
            assert!(answer.header("access-control-allow-methods").unwrap().contains(method));
            assert!(answer.header("access-control-allow-credentials").is_none());
            assert!(answer.header("vary").unwrap().to_lowercase().contains("origin"));
            dressed(&answer);
        }
        for (origin, method, headers) in [
            ("https://evil.example.cn", "GET", "authorization"),
            ("null", "GET", "authorization"),
            (named, "TRACE", "authorization"),
            (named, "GET", "x-something-else"),
        ] {
            let answer = preflight(&client, origin, method, headers).await;
            answer.problem(400, "bad_request");
        }
        let call = async |origin: &str, path: &str| {
            client.send(client.request(Method::GET, path).header("origin", origin)).await
        };
        let read = call(named, "/members?limit=1").await;
        read.ok(200);
        let refused = call(named, "/members?limit=0").await;
        refused.problem(422, "validation_failed");
        let missing = call(named, "/members/019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77").await;
        missing.problem(404, "not_found");
        for answer in [&read, &refused, &missing] {
            assert_eq!(answer.header("access-control-allow-origin"), Some(named));
            let exposed = answer.header("access-control-expose-headers").unwrap().to_lowercase();
            for name in ["etag", "location", "retry-after", "x-request-id"] {
                assert!(exposed.contains(name), "{exposed}");
            }
            assert!(answer.header("vary").unwrap().to_lowercase().contains("origin"));
            assert!(answer.header("access-control-allow-credentials").is_none());
        }
        // A page of another origin gets an answer that its browser does not give it; our own pages send their origin too.
        let other = call("https://evil.example.cn", "/members?limit=1").await;
        other.ok(200);
        assert!(other.header("access-control-allow-origin").is_none());
        open.stop().await;
        // Nobody is named: nobody is told anything.
        let clerk = app.client(Who::Clerk, Town::A).await;
        let answer = preflight(&clerk, named, "GET", "authorization").await;
        answer.problem(405, "method_not_allowed");
        assert!(answer.header("access-control-allow-origin").is_none());
    }

    /// A POST may say which method it means, for clients that have no other: rights, answer and record are that operation's.
    async fn a_post_may_mean_another_method(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let leader = app.client(Who::Leader, Town::A).await;
        let path = format!("/members/{}", app.town(Town::A).members.spare);
        let meant = |client: &Client, method: Method, path: &str, meant: &str| {
            client.request(method, path).header("x-http-method-override", meant).header("if-match", "\"v1\"")
        };
        let name = json!({"name": "改名"});
        leader.send(meant(&leader, Method::POST, &path, "PATCH").json(&name)).await.problem(403, "forbidden");
        let changed = clerk.send(meant(&clerk, Method::POST, &path, "PATCH").json(&name)).await.ok(200);
        assert_eq!((&changed["name"], &changed["version"]), (&json!("改名"), &json!(2)));
        clerk.send(meant(&clerk, Method::POST, &path, "PATCH").json(&name)).await.problem(412, "precondition_failed");
        let auditor = app.client(Who::Auditor, Town::A).await;
        let entries = auditor.get("/audit-entries?act=update_member").await.ok(200);
        assert_eq!(entries["items"].as_array().unwrap().len(), 1, "{entries}");
        for bad in ["GET", "patch", "CONNECT", "", "PATCH, PUT"] {
            clerk.send(meant(&clerk, Method::POST, &path, bad)).await.problem(400, "bad_request");
        }
        // A GET is a GET whatever it says.
        clerk.send(meant(&clerk, Method::GET, &path, "DELETE")).await.ok(200);
        clerk.send(meant(&clerk, Method::POST, "/sessions/current", "DELETE")).await.ok(204);
        clerk.get("/me").await.problem(401, "session_ended");
    }

    async fn the_server_tells_how_it_is(app: TestApp) {
        // Without a token there are no figures, whoever asks: a proxy on this machine asks for everybody.
        let closed = app.anonymous();
        closed.send(closed.outside(Method::GET, "/metrics")).await.problem(404, "not_found");

        let token = |config: &mut api::config::Config| config.metrics_token = Some("for the figures".to_owned());
        let told = TestApp::start_with(app.db, Furnished::Empty, token).await;
        let client = told.anonymous();
        let get = async |path: &str| client.send(client.outside(Method::GET, path)).await;
        for path in ["/healthz", "/readyz"] {
            let answer = get(path).await;
            answer.ok(200);
            dressed(&answer);
        }
        client.get("/public/site").await.ok(200);
        get("/metrics").await.problem(404, "not_found");
        let other = client.with_token("something else");
        other.send(other.outside(Method::GET, "/metrics")).await.problem(404, "not_found");
        let invented = client.outside("INVENTED".parse().unwrap(), "/healthz");
        client.send(invented).await;
        let watcher = client.with_token("for the figures");
        let metrics = watcher.send(watcher.outside(Method::GET, "/metrics")).await;
        metrics.ok(200);
        assert_eq!(metrics.header("cache-control"), Some("no-store"));
        let text = String::from_utf8_lossy(&metrics.bytes).into_owned();
        assert!(text.contains("gezhi_http_requests_total") && text.contains("/api/v1/public/site"), "{text}");
        // A label is one of a few.
        assert!(text.contains("method=\"OTHER\"") && !text.contains("INVENTED"), "{text}");
        told.stop().await;
    }
}

#[test]
fn the_database_s_refusals_are_told_by_kind() {
    let unavailable: api::http::ApiError =
        sea_orm::DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout).into();
    assert_eq!(unavailable.code(), Code::UNAVAILABLE);
    let internal: api::http::ApiError = sea_orm::DbErr::Custom("anything else".to_owned()).into();
    assert_eq!(internal.code(), Code::INTERNAL);
}
