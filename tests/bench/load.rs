//! A client that costs little: written requests over kept connections, answers read to their last byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn request(
    method: &str,
    host: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
    if let Some(token) = token {
        text.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    } else {
        text.push_str("\r\n");
    }
    text
}

pub fn get(host: &str, path: &str, token: Option<&str>) -> String {
    request("GET", host, path, token, None)
}

pub fn post(host: &str, path: &str, token: Option<&str>, body: &str) -> String {
    request("POST", host, path, token, Some(body))
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(host: &str) -> Self {
        let stream = TcpStream::connect(host).await.expect("the server listens");
        stream.set_nodelay(true).expect("no delay");
        Self { stream, buffer: Vec::with_capacity(8192) }
    }

    /// Sends one request; the answer must be a success.
    async fn ask(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).await.expect("the request goes out");
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.expect("the answer comes");
            assert!(read > 0, "the server closed the connection");
            let Some(head) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let text =
                String::from_utf8_lossy(self.buffer.get(..head).unwrap_or_default()).to_lowercase();
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .and_then(|value| value.trim().parse().ok())
                .expect("a length");
            if self.buffer.len() >= head + 4 + length {
                assert!(
                    text.starts_with("http/1.1 2"),
                    "{}",
                    String::from_utf8_lossy(&self.buffer)
                );
                return;
            }
        }
    }
}

fn rate(requests: usize, spent: Duration) -> f64 {
    f64::from(u32::try_from(requests).expect("fewer than four thousand million"))
        / spent.as_secs_f64()
}

/// Requests a second of one request, repeated on every connection for a while.
pub async fn for_a_while(host: &str, connections: usize, request: &str, lasting: Duration) -> f64 {
    let started = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (host, request) = (host.to_owned(), request.to_owned());
            actix_web::rt::spawn(async move {
                let mut connection = Connection::open(&host).await;
                let mut asked = 0_usize;
                while started.elapsed() < lasting {
                    connection.ask(&request).await;
                    asked += 1;
                }
                asked
            })
        })
        .collect();
    let mut asked = 0;
    for task in tasks {
        asked += task.await.expect("a connection's task");
    }
    rate(asked, started.elapsed())
}

/// Requests a second of many requests, each sent once.
pub async fn each_once(host: &str, connections: usize, requests: Vec<String>) -> f64 {
    let count = requests.len();
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (host, requests, next) = (host.to_owned(), requests.clone(), next.clone());
            actix_web::rt::spawn(async move {
                let mut connection = Connection::open(&host).await;
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    connection.ask(request).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a connection's task");
    }
    rate(count, started.elapsed())
}
