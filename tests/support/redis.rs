//! A private Redis: started once by the test process on a free port, nothing kept on disk.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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
    let dir = workplace::dir().join("redis");
    let port = workplace::free_port();
    let mut server = serve(&dir, port);
    assert!(server.try_wait().is_ok_and(|ended| ended.is_none()), "Redis does not start");
    port
}

/// A Redis of a test's own, to be killed, stopped and started again at the same address.
#[derive(Debug)]
pub struct Own {
    port: u16,
    server: Child,
}

impl Own {
    /// Starts it.
    #[must_use]
    pub fn start() -> Self {
        let port = workplace::free_port();
        Self { port, server: serve(&own_dir(), port) }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As when the machine is switched off.
    pub fn kill(&mut self) {
        self.server.kill().expect("it can be killed");
        self.server.wait().expect("it has ended");
    }

    /// It hangs: connections are taken, nothing is answered.
    pub fn hang(&self) {
        self.signal("-STOP");
    }

    /// It goes on after it hung.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        workplace::run(Command::new("kill").arg(signal).arg(self.server.id().to_string()));
    }

    /// Starts it again after it was killed.
    pub fn again(&mut self) {
        self.server = serve(&own_dir(), self.port);
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn own_dir() -> PathBuf {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    workplace::dir().join(format!("own_redis_{}", COUNTER.fetch_add(1, Ordering::Relaxed)))
}

fn serve(dir: &Path, port: u16) -> Child {
    let program = workplace::find("redis-server", &[]).unwrap_or_else(|| {
        panic!("Redis 7 is not installed (no redis-server): run tests/prerequisites.sh, or apt-get install redis-server")
    });
    std::fs::create_dir(dir).expect("a directory for Redis");
    let mut server = Command::new(program)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
        .args(["--appendonly", "no", "--logfile", ""])
        .args(["--databases", &DATABASES.to_string()])
        .arg("--dir")
        .arg(dir)
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
    server
}
