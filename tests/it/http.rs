//! The ground of HTTP: every error of the registry is provoked, every unknown method is told which ones there are, a panic is
//! answered like any other error.

use std::collections::BTreeSet;

use api::http::{Code, Language};
use sea_orm::ConnectionTrait;
use support::Answer;
use support::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
    sweep.saw(Code::INVALID_PARAMETER, &clerk.get("/members?nonsense=1").await);
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
            let methods: BTreeSet<String> = item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
            let path = path.replace("{id}", "00000000-0000-7000-8000-000000000000").replace("{code}", "x");
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
