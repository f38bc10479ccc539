//! The program itself, as a process of its own: for what a server in the test's own process cannot be made to suffer.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use crate::app::{Db, Furnished, Place, Template, TestApp};
use crate::client::Client;
use crate::fixture::{Town, Who};
use crate::{postgres, workplace};

/// The program as it was built; refuses one that is older than its sources.
pub fn path() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let tests = std::env::current_exe().expect("this test has a path");
        let folder = tests.parent().and_then(Path::parent).expect("target/debug");
        let program = folder.join("gezhi");
        let changed = |path: &Path| path.metadata().and_then(|found| found.modified()).ok();
        let sources = ["../api/src", "../api/ground/src"];
        let sources = sources.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
        let files = sources.iter().flat_map(|folder| files(folder));
        let newest = files.filter_map(|file| changed(&file)).max();
        assert!(
            changed(&program) >= newest,
            "{} is missing or older than its sources: cargo build --workspace --all-targets",
            program.display()
        );
        program
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of sources");
    let paths = entries.map(|entry| entry.expect("an entry of it").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The program on a database, with cheap passwords and none of the caller's own settings; the folder is the server's own.
pub fn command(url: &str, folder: &Path) -> Command {
    environment(path(), url, folder)
}

/// Any program that reads the settings, as [`command`].
pub fn environment(program: impl AsRef<std::ffi::OsStr>, url: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GEZHI_")) {
        command.env_remove(name);
    }
    command
        .env("GEZHI_DATABASE_URL", url)
        .env("GEZHI_DATA_DIR", folder)
        .env("GEZHI_LISTEN", "127.0.0.1:0")
        .env("GEZHI_WORKERS", "2")
        .env("GEZHI_SECURE_COOKIES", "false")
        .env("GEZHI_PASSWORD_COST__MEMORY_KIB", "8")
        .env("GEZHI_PASSWORD_COST__PASSES", "1")
        .stdin(Stdio::null());
    command
}

/// A database for the program, with the townships of the fixture.
pub struct Prepared {
    db: Db,
    place: Place,
}

impl Prepared {
    /// A fresh copy.
    pub async fn new(db: Db, furnished: Furnished) -> Self {
        let template = Template::get(db, furnished);
        Self { db, place: template.copy().await }
    }

    /// A database without a schema; on SQLite not even a file.
    pub async fn bare(db: Db) -> Self {
        Self { db, place: Place::bare(db).await }
    }

    /// The program with these arguments, run on it to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    /// The same with settings of its own.
    pub fn run_with(&self, arguments: &[&str], environment: &[(String, String)]) -> Output {
        std::fs::create_dir_all(self.dir()).expect("a folder for the program");
        let mut command = command(&self.url(), &self.dir());
        if self.db == Db::Postgres {
            command.env("GEZHI_OWNER_DATABASE_URL", self.place.url(self.db, postgres::OWNER));
        }
        command
            .envs(environment.iter().cloned())
            .args(arguments)
            .output()
            .expect("the program can be started")
    }

    /// The folder of the server's own files; on SQLite of its database too.
    pub fn dir(&self) -> PathBuf {
        self.place.dir()
    }

    /// Address of the database as the run-time role.
    pub fn url(&self) -> String {
        self.place.url(self.db, postgres::RUNTIME)
    }

    /// Starts the program on it.
    pub fn serve(&self, environment: &[(String, String)]) -> Program {
        self.try_serve(environment)
            .unwrap_or_else(|said| panic!("the program does not start: {said}"))
    }

    /// Starts the program on it, or gives what it said instead of listening.
    pub fn try_serve(&self, environment: &[(String, String)]) -> Result<Program, String> {
        std::fs::create_dir_all(self.dir()).expect("a folder for the server");
        Program::start(&self.url(), &self.dir(), environment)
    }
}

/// The program, serving. Killed when dropped.
pub struct Program {
    id: u32,
    /// None once its end was waited for.
    child: Option<Child>,
    origin: String,
    http: reqwest::Client,
    log: PathBuf,
}

impl Program {
    /// On the database of a test and at its clock, beside the test's own server.
    pub fn beside(app: &TestApp, settings: &[(&str, &str)]) -> Self {
        let mut environment = vec![("GEZHI_CLOCK".to_owned(), app.clock.now().to_rfc3339())];
        environment
            .extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::start(&app.database_url, &app.state.config().data_dir, &environment)
            .unwrap_or_else(|said| panic!("the program does not start: {said}"))
    }

    /// The folder is the server's own; there its log is kept too.
    fn start(url: &str, folder: &Path, environment: &[(String, String)]) -> Result<Self, String> {
        let log = folder.join("server.log");
        let errors = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&log)
            .expect("a file for the log");
        let mut command = command(url, folder);
        command
            .arg("serve")
            .envs(environment.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(errors);
        let mut child = command.spawn().expect("the program can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is a pipe")).lines();
        let origin = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let after = line.split_once("listens on ")?.1;
            Some(after.split_once("/ ").map_or(after, |(origin, _)| origin).to_owned())
        });
        let Some(origin) = origin else {
            child.wait().expect("it has ended");
            return Err(std::fs::read_to_string(log).unwrap_or_default());
        };
        // What it says later is nobody's concern, and must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Ok(Self { id: child.id(), child: Some(child), origin, http, log })
    }

    /// Host and port, for a connection made by hand.
    pub fn address(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    /// Address of a path on it.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// A client that is not signed in.
    pub fn anonymous(&self) -> Client {
        Client::new(self.http.clone(), self.origin.clone())
    }

    /// A client signed in by HTTP.
    pub async fn client(&self, who: Who, town: Town) -> Client {
        crate::app::sign_in(self.anonymous(), who, town).await
    }

    /// What it wrote to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn proc(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.id))
    }

    /// What it holds in memory, in KiB.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(self.proc("status")).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).expect("a number of KiB")
    }

    /// Files and sockets it has open.
    pub fn files(&self) -> usize {
        std::fs::read_dir(self.proc("fd")).expect("it runs").count()
    }

    /// Sends it a signal, by its name without SIG.
    pub fn signal(&self, name: &str) {
        workplace::run(Command::new("kill").args([&format!("-{name}"), &self.id.to_string()]));
    }

    /// Waits for its end, at most so long.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let mut child = self.child.take().expect("its end was not waited for");
        let end = tokio::task::spawn_blocking(move || child.wait());
        match tokio::time::timeout(within, end).await {
            Ok(status) => status.expect("a thread").expect("it has ended"),
            Err(_) => {
                self.signal("KILL");
                panic!("the program does not end");
            }
        }
    }

    /// Ends it at once, as a cut of power would end the process.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            child.wait().expect("the program ends");
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}
