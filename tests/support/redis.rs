//! A private Redis: started once by the test process on a free port, nothing kept on disk.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::workplace;

const DATABASES: u32 = 1000;

static PORT: OnceLock<u16> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Address of an empty database of its own.
pub fn fresh_url() -> String {
    let port = *PORT.get_or_init(start);
    let number = NEXT.fetch_add(1, Ordering::Relaxed) % DATABASES;
    format!("redis://127.0.0.1:{port}/{number}")
}

fn start() -> u16 {
    let program = workplace::find("redis-server", &[]).unwrap_or_else(|| {
        panic!("Redis 7 is not installed (no redis-server): run tests/prerequisites.sh, or apt-get install redis-server")
    });
    let dir = workplace::dir().join("redis");
    std::fs::create_dir(&dir).expect("a directory for Redis");
    let port = workplace::free_port();
    let mut server = Command::new(program)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
        .args(["--appendonly", "no", "--logfile", ""])
        .args(["--databases", &DATABASES.to_string()])
        .arg("--dir")
        .arg(&dir)
        .arg("--pidfile")
        .arg(dir.join("redis.pid"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server can be started");
    // It says itself when it takes connections; what it says later is read too, or it would wait for a reader.
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    let said: Vec<String> = lines
        .by_ref()
        .map_while(Result::ok)
        .take_while(|line| !line.contains("Ready to accept connections"))
        .collect();
    assert!(
        server.try_wait().is_ok_and(|ended| ended.is_none()),
        "Redis does not start: {said:#?}"
    );
    std::thread::spawn(move || lines.for_each(drop));
    port
}
