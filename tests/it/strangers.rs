//! Strangers at the edge: who reads nothing, ends nothing, invents methods or sends garbage holds neither memory nor users.
//!
//! `GEZHI_SOAK=1` makes the crowds as large as they are promised to be borne.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use support::prelude::*;
use support::program::Program;
use support::soak;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Memory that any crowd of strangers may cost, in KiB.
const MOST_KIB: u64 = 64 * 1024;

const FIGURES: &str = "for the figures";

/// The program beside the test.
fn start(app: &TestApp, settings: &[(&str, &str)]) -> Program {
    let own = [("GEZHI_METRICS_TOKEN", FIGURES), ("GEZHI_LOG", "warn")];
    Program::beside(app, &[&own, settings].concat())
}

/// Somebody signed in, with a connection for each request: one that is kept may be closed, idle, in the moment in which
/// it is used again.
fn user(token: &str) -> reqwest::Client {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    reqwest::Client::builder().default_headers(headers).pool_max_idle_per_host(0).build().unwrap()
}

async fn token(program: &Program, who: Who) -> String {
    program.client(who, Town::A).await.token().unwrap().to_owned()
}

/// What is kept for all who ask is made.
async fn warm(program: &Program) {
    for encoding in ["", "accept-encoding: gzip\r\n"] {
        let ask = format!(
            "GET /docs/scalar.js HTTP/1.1\r\nhost: x\r\n{encoding}connection: close\r\n\r\n"
        );
        assert!(raw(program.address(), ask.as_bytes()).await.starts_with("HTTP/1.1 200 "));
    }
}

async fn figures(program: &Program) -> String {
    let request = reqwest::Client::new().get(program.url("/metrics")).bearer_auth(FIGURES);
    request.send().await.unwrap().text().await.unwrap()
}

/// Sends bytes as they are and reads until the server closes.
async fn raw(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // What is refused early may not be taken whole.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// The problem document of an answer as it came, with the headers that every answer wears.
#[track_caller]
fn problem(answer: &str, status: u16, code: &str) {
    let (head, body) =
        answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    for header in [
        "content-type: application/problem+json",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'self'",
        "x-request-id: ",
        "date: ",
    ] {
        assert!(head.contains(header), "{header} is missing: {head}");
    }
    let problem: Value =
        serde_json::from_str(body).unwrap_or_else(|_| panic!("no problem: {body:?}"));
    assert_eq!(problem["code"], code);
    assert_eq!(problem["status"], status);
    assert!(head.contains(problem["trace_id"].as_str().unwrap()));
}

/// The time within which 99 of 100 requests of a user are answered, in milliseconds.
async fn p99(program: &Program, user: &reqwest::Client, requests: usize) -> f64 {
    let mut times = Vec::new();
    for _ in 0..requests {
        let started = Instant::now();
        let answer = user.get(program.url("/api/v1/members?limit=20")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap();
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}

/// Connections that ask for something large and read nothing, and bodies that are never ended: of strangers, and of
/// somebody who has signed in.
async fn crowd(program: &Program, token: &str, readers: usize, bodies: usize) -> Vec<TcpStream> {
    let mut coming = JoinSet::new();
    let mut join = |request: Vec<u8>| {
        let address = program.address().to_owned();
        coming.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // Taken as far as the server takes it: who does not want a body leaves it where it is.
            let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(&request)).await;
            stream
        });
    };
    for number in 0..readers {
        let encoding = if number % 2 == 0 { "accept-encoding: gzip\r\n" } else { "" };
        // Twice, so that an answer waits behind the answer.
        let ask = format!("GET /docs/scalar.js HTTP/1.1\r\nhost: x\r\n{encoding}\r\n");
        join(ask.repeat(2).into_bytes());
    }
    for number in 0..bodies {
        let part =
            "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n";
        let head = match number % 4 {
            0 => "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n".to_owned(),
            1 => "POST /api/v1/public/setup HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n".to_owned(),
            _ => format!("POST /api/v1/attachments HTTP/1.1\r\nhost: x\r\n{token}content-type: multipart/form-data; boundary=x\r\n"),
        };
        let start = if number % 4 < 2 { "{\"township\": \"" } else { part };
        let mut request = format!("{head}content-length: 1000000\r\n\r\n{start}").into_bytes();
        let so_far = request.len() - head.len();
        request.resize(request.len() + 999_000 - so_far, b'a');
        join(request);
    }
    coming.join_all().await
}

/// Requests with methods that nobody has heard of, one after the other.
async fn inventor(address: String, from: usize, count: usize) {
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let mut buffer = vec![0_u8; 16 * 1024];
    for number in from..from + count {
        let ask = format!("M{number:06} /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut came = Vec::new();
        // Head and body come in one piece or two; the body of a problem ends with a brace.
        while !came.ends_with(b"}") {
            let read = stream.read(&mut buffer).await.unwrap();
            assert_ne!(read, 0, "{}", String::from_utf8_lossy(&came));
            came.extend_from_slice(&buffer[..read]);
        }
        assert!(came.starts_with(b"HTTP/1.1 404") || came.starts_with(b"HTTP/1.1 405"));
    }
}

on_both! {
    /// Silent readers, unfinished bodies and invented methods, all at once: what they cost in memory is bounded, they end
    /// within their time, and a user beside them is served all the while.
    async fn a_crowd_costs_neither_memory_nor_users(app: TestApp) {
        const ROUNDS: usize = 3;
        // Noise, in milliseconds: twice as long as alone is measured in the long run, which has the machine to itself.
        // Beside other tests only a user who is held up is found.
        let floor = if soak() { 40.0 } else { 1_000.0 };
        let (readers, bodies, methods) = if soak() { (600, 200, 50_000) } else { (150, 50, 3_000) };
        let program = start(&app, &[("GEZHI_ANSWER_SECONDS", "4"), ("GEZHI_BODY_SECONDS", "4")]);
        let user = user(&token(&program, Who::Clerk).await);
        let token = token(&program, Who::Worker).await;
        let header = format!("authorization: Bearer {token}\r\n");

        // Everything once.
        warm(&program).await;
        inventor(program.address().to_owned(), 0, 50).await;
        p99(&program, &user, 50).await;
        let (before, files) = (program.resident(), program.files());

        let mut highest = before;
        let mut excess = Vec::new();
        for round in 0..ROUNDS {
            let alone = p99(&program, &user, 200).await;
            let strangers = crowd(&program, &header, readers, bodies).await;
            let came = Instant::now();
            highest = highest.max(program.resident());
            let share = methods / ROUNDS;
            let flood = tokio::spawn(inventor(program.address().to_owned(), 1000 + round * share, share));
            let beside = p99(&program, &user, 200).await;
            highest = highest.max(program.resident());
            flood.await.unwrap();
            highest = highest.max(program.resident());
            eprintln!("p99 alone {alone:.1} ms, beside {beside:.1} ms; resident {before} → {highest} KiB");
            excess.push(beside - 2.0 * alone);
            // None of them does anything more. Each look is a request of a user, which is wait enough between two.
            while program.files() > files + 8 {
                assert!(came.elapsed() < Duration::from_secs(15), "{} files are open, {files} before", program.files());
                p99(&program, &user, 1).await;
            }
            drop(strangers);
        }
        // Whatever else the machine does makes a round worse and never better: one good round shows what is possible.
        let least = excess.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(least < floor, "beside strangers a user waits longer: {excess:?} ms beyond twice");
        assert!(highest - before <= MOST_KIB, "strangers took {} KiB", highest - before);

        let figures = figures(&program).await;
        assert!(figures.contains("method=\"OTHER\"") && !figures.contains("M0"), "{figures}");
        assert!(figures.len() < 256 * 1024, "{} bytes of figures", figures.len());
    }

    /// What sign-in does not ask for is not read: an operation that needs one refuses before the body has come, and without
    /// one no body is larger than a sign-in's.
    async fn bodies_of_strangers_are_not_awaited(app: TestApp) {
        let contract = serde_json::to_value(api::openapi()).unwrap();
        let mut asked = 0;
        for (path, item) in contract["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
                let media_type = match content.keys().next().unwrap().as_str() {
                    "multipart/form-data" => "multipart/form-data; boundary=x",
                    other => other,
                };
                let path = path.replace("{id}", "00000000-0000-7000-8000-000000000000");
                let head = format!(
                    "{} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {media_type}\r\ncontent-length: 1000000\r\n\r\n{{",
                    method.to_uppercase()
                );
                // The body never comes, and would be awaited for a minute.
                let answer = tokio::time::timeout(Duration::from_secs(5), raw(app.address(), head.as_bytes()));
                let answer = answer.await.unwrap_or_else(|_| panic!("{method} {path} waits for a stranger's body"));
                let open = operation["security"].as_array().is_some_and(|all| all.iter().any(|one| one.as_object().unwrap().is_empty()));
                if open {
                    problem(&answer, 413, "payload_too_large");
                } else {
                    problem(&answer, 401, "unauthenticated");
                }
                asked += 1;
            }
        }
        assert!(asked >= 20, "{asked} operations take a body");
    }

    /// A body that stops half-way is told so in time, of whatever kind it is and whoever reads it.
    async fn every_body_has_its_time(app: TestApp) {
        let patient = TestApp::start_with(app.db, Furnished::One, |config| config.body_seconds = 1).await;
        let clerk = patient.client(Who::Clerk, Town::A).await;
        let token = format!("authorization: Bearer {}\r\n", clerk.token().unwrap());
        let part = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\nabc";
        let form = "content-type: multipart/form-data; boundary=x\r\n";
        let json = "content-type: application/json\r\n";
        let mut coming = JoinSet::new();
        for (path, head, body) in [
            ("POST /api/v1/sessions", json, "{\"township\":"),
            ("POST /api/v1/members", json, "{\"name\":"),
            ("POST /api/v1/imports/grids?dry_run=true", "content-type: application/geo+json\r\n", "{\"type\":"),
            ("POST /api/v1/attachments", form, part),
            ("POST /api/v1/imports/members?dry_run=true", form, part),
        ] {
            for length in ["content-length: 50000\r\n", "transfer-encoding: chunked\r\n"] {
                // A stranger's body may announce less.
                let stranger = path.ends_with("/sessions");
                let length = if stranger && length.starts_with('c') { "content-length: 500\r\n" } else { length };
                let body = if length.starts_with('t') { format!("{:x}\r\n{body}\r\n", body.len()) } else { body.to_owned() };
                let token = if stranger { "" } else { &token };
                let request = format!("{path} HTTP/1.1\r\nhost: x\r\n{token}{head}{length}\r\n{body}");
                let address = patient.address().to_owned();
                coming.spawn(async move { (request.clone(), raw(&address, request.as_bytes()).await) });
            }
        }
        let ended = tokio::time::timeout(Duration::from_secs(10), coming.join_all()).await;
        for (request, answer) in ended.expect("a body that does not come is awaited for longer than a second") {
            assert!(answer.starts_with("HTTP/1.1 408 "), "{request}: {answer}");
            problem(&answer, 408, "request_timeout");
        }
        patient.stop().await;
    }

    /// What the HTTP library answers by itself is told in the form of every error: garbage, heads that are too large, heads
    /// that do not come to their end, the first of a connection and the second.
    async fn refusals_below_the_application_are_problems(app: TestApp) {
        let slow_first = actix_web::rt::spawn({
            let address = app.address().to_owned();
            async move { raw(&address, b"GET /healthz HTTP/1.1\r\nhost: slow\r\n").await }
        });
        let slow_second = actix_web::rt::spawn({
            let address = app.address().to_owned();
            async move {
                let mut stream = TcpStream::connect(&address).await.unwrap();
                stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
                let mut first = Vec::new();
                while !first.ends_with(b"ok\n") {
                    assert_ne!(stream.read_buf(&mut first).await.unwrap(), 0);
                }
                stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: sl").await.unwrap();
                let mut second = String::new();
                stream.read_to_string(&mut second).await.unwrap();
                second
            }
        });
        for garbage in [
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "\u{1}\u{2}\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
            "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            problem(&raw(app.address(), garbage.as_bytes()).await, 400, "bad_request");
        }
        // Behind an answer of the application, in the same packet.
        let both = raw(app.address(), b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nnonsense\r\n\r\n").await;
        let (first, second) = both.split_once("ok\n").unwrap_or_else(|| panic!("{both}"));
        assert!(first.starts_with("HTTP/1.1 200 OK"), "{both}");
        problem(second, 400, "bad_request");

        for large in [
            format!("GET / HTTP/1.1\r\nhost: x\r\nx-filler: {}\r\n\r\n", "a".repeat(200_000)),
            format!("{} / HTTP/1.1\r\nhost: x\r\n\r\n", "M".repeat(60_000)),
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "p".repeat(1_000_000)),
        ] {
            problem(&raw(app.address(), large.as_bytes()).await, 431, "head_too_large");
        }
        problem(&slow_first.await.unwrap(), 408, "request_timeout");
        problem(&slow_second.await.unwrap(), 408, "request_timeout");
    }

    /// A bare line feed ends a line of a head, which RFC 9112 allows; nothing can be smuggled by it: where a body ends is
    /// said once, and whatever could be read in two ways is refused.
    async fn line_feeds_smuggle_nothing(app: TestApp) {
        let answers = |text: &str| text.matches("HTTP/1.1 ").count();
        let plain = raw(app.address(), b"GET /healthz HTTP/1.1\nhost: x\nconnection: close\n\n").await;
        assert!(plain.starts_with("HTTP/1.1 200 ") && answers(&plain) == 1, "{plain}");
        // What stands in a body is a body, however it looks.
        let inner = "GET /docs/errors HTTP/1.1\nhost: x\n\n";
        let hidden = format!(
            "POST /api/v1/sessions HTTP/1.1\nhost: x\nconnection: close\ncontent-type: application/json\ncontent-length: {}\n\n{inner}",
            inner.len()
        );
        let answer = raw(app.address(), hidden.as_bytes()).await;
        problem(&answer, 400, "malformed_body");
        assert_eq!(answers(&answer), 1, "{answer}");
        let json = "content-type: application/json";
        for twofold in [
            format!("POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\n{json}\r\ncontent-length: 2\ncontent-length: 40\r\n\r\n{{}}{inner}"),
            format!("POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\n{json}\r\ncontent-length: 2\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
            format!("POST /api/v1/sessions HTTP/1.1\nhost: x\n{json}\ntransfer-encoding: chunked\n\n2\n{{}}\n0\n\n{inner}"),
            format!("POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\n{json}\r\ntransfer-encoding: chunked\r\n\r\n2;a\nb\r\n{{}}\r\n0\r\n\r\n{inner}"),
            format!("POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\n{json}\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\n0\r\n\r\n{inner}"),
        ] {
            let answer = raw(app.address(), twofold.as_bytes()).await;
            problem(&answer, 400, "bad_request");
            assert_eq!(answers(&answer), 1, "{twofold}: {answer}");
        }
    }

    /// HEAD says what GET would, without the body.
    async fn head_is_get_without_the_body(app: TestApp) {
        let client = app.client(Who::Clerk, Town::A).await;
        for path in ["/docs", "/docs/scalar.js", "/docs/openapi.json", "/healthz", "/api/v1/me", "/api/v1/members/no-id"] {
            let get = client.send(client.outside(Method::GET, path)).await;
            let head = client.send(client.outside(Method::HEAD, path)).await;
            assert_eq!(head.status, get.status, "{path}");
            assert!(head.bytes.is_empty(), "{path}");
            let length = get.bytes.len().to_string();
            assert_eq!(head.header("content-length"), Some(length.as_str()), "{path}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        }
        // And the connection goes on behind it.
        let two = raw(app.address(), b"HEAD /docs HTTP/1.1\r\nhost: x\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert_eq!(two.matches("HTTP/1.1 200 OK").count(), 2, "{two}");
    }

    /// Behind TLS browsers are told to stay there, and keep the refresh token for this host alone; nothing about people
    /// stays on their disks; a photo is no page.
    async fn browsers_are_told_what_to_keep(app: TestApp) {
        let secure = TestApp::start_with(app.db, Furnished::One, |config| config.secure_cookies = true).await;
        let town = Town::A.directory().0;
        let sign_in = json!({"township": town, "username": Who::Clerk.username(), "password": PASSWORD});
        let answer = secure.anonymous().post("/sessions", &sign_in).await;
        answer.ok(201);
        let cookie = answer.header("set-cookie").unwrap();
        let (pair, rules) = cookie.split_once("; ").unwrap();
        assert!(pair.starts_with("__Host-gezhi_refresh="), "{cookie}");
        let rules: BTreeSet<&str> = rules.split("; ").collect();
        for rule in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
            assert!(rules.contains(rule), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
        // The other name, which anybody under the same domain could set, is not looked at.
        let refresh = async |cookie: &str| {
            let client = secure.anonymous();
            client.send(client.request(Method::POST, "/sessions/refresh").header("cookie", cookie).json(&json!({}))).await
        };
        refresh(&pair.replace("__Host-", "")).await.problem(401, "unauthenticated");
        refresh(pair).await.ok(200);

        let clerk = secure.client(Who::Clerk, Town::A).await;
        let photo = clerk.upload("/attachments", "file", "a.png", "image/png", support::picture()).await.ok(201);
        let photo = clerk.get(&format!("/attachments/{}", photo["id"].as_str().unwrap())).await;
        photo.ok(200);
        assert_eq!(photo.header("content-security-policy"), Some("sandbox; default-src 'none'"));
        assert_eq!(photo.header("cache-control"), Some("private, no-store"));
        let member = format!("/members/{}", secure.town(Town::A).members.spare);
        for path in ["/me", "/members", &member, "/tasks", "/sessions", "/public/site", "/no-such-thing"] {
            let answer = clerk.get(path).await;
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
            assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
        }
        let plain = app.anonymous().get("/public/site").await;
        assert_eq!(plain.header("strict-transport-security"), None, "without TLS there is nothing to stay with");
        secure.stop().await;
    }

    /// Who is silent makes room for who comes; nobody who is being served does.
    async fn the_silent_make_room(app: TestApp) {
        let small = TestApp::start_with(app.db, Furnished::One, |config| config.connections = 6).await;
        let mut silent = Vec::new();
        for _ in 0..6 {
            let mut stream = TcpStream::connect(small.address()).await.unwrap();
            stream.write_all(b"GET /docs/scalar.js HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            silent.push(stream);
        }
        // Refused with a word as long as nobody has been silent for a second, let in afterwards.
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let answer = raw(small.address(), b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
            if answer.starts_with("HTTP/1.1 200 ") {
                break;
            }
            if !answer.is_empty() {
                problem(&answer, 503, "unavailable");
            }
            assert!(Instant::now() < deadline, "six silent readers keep everybody out");
        }
        small.stop().await;
    }

    /// Told to stop under load, the server answers every request that has come, and is not held by who stands still.
    async fn nobody_is_cut_at_the_end(app: TestApp) {
        for round in 0..if soak() { 20 } else { 2 } {
            let mut program = start(&app, &[]);
            let token = token(&program, Who::Clerk).await;
            warm(&program).await;
            // Whom nobody waits for.
            let header = format!("authorization: Bearer {token}\r\n");
            let silent = crowd(&program, &header, 3, 8).await;
            let mut clients = JoinSet::new();
            for number in 0..8 {
                clients.spawn(asks_until_refused(program.address().to_owned(), token.clone(), number % 2 == 0));
            }
            // Under way.
            while figures(&program).await.matches("/api/v1/members").count() == 0 {}
            program.signal("TERM");
            let told = Instant::now();
            let status = program.ended(Duration::from_secs(12)).await;
            assert!(status.success(), "{status}");
            let mut answered = 0;
            for outcome in clients.join_all().await {
                answered += outcome.unwrap_or_else(|cut| panic!("round {round}: {cut}"));
            }
            eprintln!("{answered} answered, ended {:?} after it was told to", told.elapsed());
            assert!(answered > 8, "{answered}");
            drop(silent);
        }
    }
}

/// Asks again and again, on one connection as long as the server keeps it or on a new one each time, until nobody listens
/// any more. How many requests were answered; an error when one that was sent was not.
async fn asks_until_refused(address: String, token: String, keeps: bool) -> Result<usize, String> {
    let mut answered = 0;
    loop {
        let Ok(mut stream) = TcpStream::connect(&address).await else {
            return Ok(answered);
        };
        loop {
            let ask = format!(
                "GET /api/v1/members HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
            );
            if stream.write_all(ask.as_bytes()).await.is_err() {
                return Err(format!(
                    "after {answered}: a connection broke off that nobody had closed"
                ));
            }
            let mut answer = Vec::new();
            let mut buffer = vec![0_u8; 64 * 1024];
            let (head, length) = loop {
                let read = stream
                    .read(&mut buffer)
                    .await
                    .map_err(|error| format!("after {answered}: {error}"))?;
                if read == 0 {
                    return Err(format!(
                        "after {answered} (kept: {keeps}): cut, {} bytes came",
                        answer.len()
                    ));
                }
                answer.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&answer).into_owned();
                if let Some((head, _)) = text.split_once("\r\n\r\n") {
                    let length =
                        head.lines().find_map(|line| line.strip_prefix("content-length: "));
                    break (head.to_owned(), length.unwrap().parse::<usize>().unwrap());
                }
            };
            while answer.len() < head.len() + 4 + length {
                let read = stream.read(&mut buffer).await.map_err(|error| error.to_string())?;
                if read == 0 {
                    return Err(format!("after {answered}: the answer broke off"));
                }
                answer.extend_from_slice(&buffer[..read]);
            }
            assert!(
                head.starts_with("HTTP/1.1 200 ") || head.starts_with("HTTP/1.1 503 "),
                "{head}"
            );
            answered += 1;
            if !keeps || head.contains("connection: close") {
                break;
            }
        }
    }
}
