//! Clients that hang up: 500 requests are cut off at random moments. No connection may be left inside a transaction, no
//! acknowledged write may be missing, and whatever was written must be whole.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use api::tenancy::Tx;
use entity::{idempotency_key, member};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use support::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CUT_OFF: u32 = 500;
/// Among them, requests that wait for their answer: what is acknowledged while others hang up must stay.
const PATIENT: u32 = 250;
const AT_ONCE: usize = 16;

/// What one request came to.
struct Outcome {
    number: String,
    acknowledged: bool,
}

/// Sends the creation of a member and hangs up: before the request is complete, or some time after.
///
/// `patience` is the longest it waits for the answer; without it, the answer is waited for.
async fn cut_off(
    address: String,
    token: String,
    number: String,
    seed: u64,
    patience: Option<Duration>,
) -> Outcome {
    let mut random = StdRng::seed_from_u64(seed);
    let body = json!({"number": number, "name": "路过的人", "category": "resident"}).to_string();
    let request = format!(
        "POST /api/v1/members HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\nidempotency-key: {number}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let torn = patience.is_some() && random.random_ratio(1, 10);
    let sent = if torn { random.random_range(0..request.len()) } else { request.len() };
    stream.write_all(&request.as_bytes()[..sent]).await.unwrap();
    let longest = patience.unwrap_or(Duration::from_secs(60));
    let wait =
        if patience.is_some() { longest.mul_f64(random.random_range(0.0..1.0)) } else { longest };
    let mut answer = Vec::new();
    let read = async {
        let mut buffer = [0_u8; 4096];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(read) => answer.extend_from_slice(&buffer[..read]),
            }
            if answer.starts_with(b"HTTP/1.1 ") && answer.len() >= 12 {
                break;
            }
        }
    };
    let ended = tokio::time::timeout(wait, read).await;
    assert!(
        patience.is_some() || answer.starts_with(b"HTTP/1.1 201"),
        "a request that nobody cut off: {ended:?}, {}",
        String::from_utf8_lossy(&answer)
    );
    // A reset, not a polite end.
    stream.set_zero_linger().unwrap();
    drop(stream);
    Outcome { number, acknowledged: answer.starts_with(b"HTTP/1.1 201") }
}

/// Connections of the server's role that are inside a transaction, once all work has come to rest.
pub async fn inside_a_transaction(app: &TestApp) -> i64 {
    let outside = app.outside().await;
    let sql = format!(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND usename = '{}' AND state <> 'idle'",
        support::postgres::RUNTIME
    );
    // Units that a client left behind are being finished: they have time, a stuck connection has none to hope for.
    // Each look is a trip to the database, which is wait enough between two.
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let row =
            outside.query_one_raw(Statement::from_string(DbBackend::Postgres, sql.as_str())).await;
        let busy = row.unwrap().unwrap().try_get("", "n").unwrap();
        if busy == 0 || Instant::now() > deadline {
            return busy;
        }
    }
}

on_both! {
    async fn five_hundred_requests_are_cut_off(app: TestApp) {
        let seed = support::seed();
        let mut random = StdRng::seed_from_u64(seed);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let token = clerk.token().unwrap().to_owned();

        // As long as answers take on this machine under this load: the cuts fall before, in the middle of and after them.
        let mut waves = tokio::task::JoinSet::new();
        let started = std::time::Instant::now();
        for number in 0..AT_ONCE * 4 {
            let clerk = clerk.clone();
            waves.spawn(async move {
                let person = json!({"number": format!("W{number:04}"), "name": "先来的人", "category": "resident"});
                clerk.post("/members", &person).await.ok(201);
            });
        }
        waves.join_all().await;
        let patience = started.elapsed() / 2;

        let mut outcomes = Vec::new();
        let mut running = tokio::task::JoinSet::new();
        for number in 0..CUT_OFF + PATIENT {
            if running.len() == AT_ONCE {
                outcomes.push(running.join_next().await.unwrap().unwrap());
            }
            running.spawn(cut_off(
                app.address().to_owned(),
                token.clone(),
                format!("C{number:04}"),
                random.random(),
                (number % 3 != 0).then_some(patience),
            ));
        }
        while let Some(outcome) = running.join_next().await {
            outcomes.push(outcome.unwrap());
        }
        let acknowledged: BTreeSet<String> =
            outcomes.iter().filter(|outcome| outcome.acknowledged).map(|outcome| outcome.number.clone()).collect();
        let cut = outcomes.len() - acknowledged.len();
        eprintln!("{} acknowledged, {cut} cut off", acknowledged.len());
        // The cuts must have fallen on both sides of the answer for this to say anything.
        assert!(cut >= 50, "only {cut} requests were cut off before their answer");
        assert!(acknowledged.len() >= 250, "only {} requests were answered", acknowledged.len());

        if app.db == Db::Postgres {
            assert_eq!(inside_a_transaction(&app).await, 0, "connections are left inside a transaction");
        }

        // Every connection of the pool still commits what it acknowledges.
        let mut later = BTreeSet::new();
        for number in 0..40 {
            let number = format!("L{number:04}");
            clerk.post("/members", &json!({"number": number, "name": "后来的人", "category": "resident"})).await.ok(201);
            later.insert(number);
        }
        let present: BTreeSet<String> = app
            .scope(Town::A)
            .read(async |tx: &Tx| tx.find::<member::Entity>().all().await)
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.number)
            .collect();
        let missing: Vec<_> = acknowledged.union(&later).filter(|number| !present.contains(*number)).collect();
        assert!(missing.is_empty(), "acknowledged and gone: {missing:?}");

        // A unit is whole: a member stands where its idempotency key stands, and nowhere else.
        let keys: BTreeSet<String> = app
            .scope(Town::A)
            .read(async |tx: &Tx| tx.find::<idempotency_key::Entity>().all().await)
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.key)
            .collect();
        let cut_off: BTreeSet<String> = present.into_iter().filter(|number| number.starts_with('C')).collect();
        assert_eq!(cut_off, keys);
    }
}
