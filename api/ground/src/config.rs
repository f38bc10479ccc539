//! Configuration: defaults, then `gezhi.toml`, then `GEZHI_*` from the environment.

use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::door::in_reach;
use crate::tenancy::StartError;

/// The work of one password hash (argon2id, one lane).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

/// All settings. Each is `GEZHI_` and its name in capitals in the environment (`GEZHI_DATABASE_URL`);
/// a double underscore goes into a table (`GEZHI_PASSWORD_COST__PASSES`).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port the server listens on.
    pub listen: String,
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`; on PostgreSQL the run-time role's.
    pub database_url: String,
    /// The owner's address on PostgreSQL, used by `gezhi migrate` alone.
    pub owner_database_url: Option<String>,
    /// `redis://HOST:PORT`: failed sign-ins are then counted by all nodes together. Optional at any time.
    pub redis_url: Option<String>,
    /// Folder of the token key and of what the demonstration leaves.
    pub data_dir: PathBuf,
    /// Nine-digit code of the township the sign-in page starts with.
    #[serde(deserialize_with = "digits")]
    pub default_township: Option<String>,
    /// Whether TLS stands in front: cookies are marked Secure and browsers told to come by TLS only (HSTS). On unless the
    /// server is tried without.
    pub secure_cookies: bool,
    /// Addresses and networks of the proxies in front, as `127.0.0.1` or `10.0.0.0/8`; in the environment a list with
    /// commas. From them alone `X-Forwarded-For` is believed, since anybody can send that header.
    #[serde(deserialize_with = "list")]
    pub trusted_proxies: Vec<String>,
    /// Origins whose pages may call the API in a browser, as `https://portal.example.cn`; in the environment a list with commas.
    /// None: only the pages of this server.
    #[serde(deserialize_with = "list")]
    pub allowed_origins: Vec<String>,
    /// Seconds a client may take to send a body, of whatever kind.
    pub body_seconds: u64,
    /// Seconds a client may take to read an answer.
    pub answer_seconds: u64,
    /// Connections at once; fewer where the system lets the process open fewer files.
    pub connections: usize,
    /// Connections at once from one address (of IPv6: from one network of 64 bits); 0 for no bound. Not counted on the
    /// loopback and with `trusted_proxies`.
    pub connections_per_address: usize,
    /// Bearer token of `/metrics`; without it there is no such page.
    pub metrics_token: Option<String>,
    /// Work of a password hash. The default is 19 MiB and two passes, the least that OWASP's password storage cheat sheet asks for.
    pub password_cost: PasswordCost,
    /// Days that entries of the audit log are kept; at least 180.
    pub audit_days: u32,
    /// Name of this installation in the checkpoints of its audit logs, such as its domain; without spaces or plus signs.
    pub audit_name: String,
    /// Connections for reading on SQLite.
    pub sqlite_readers: u32,
    /// Connections on PostgreSQL.
    pub postgres_connections: u32,
    /// On PostgreSQL, whether each transaction proves its township by a key that the serving role cannot read: told to the database
    /// by `gezhi migrate`, kept in `data_dir/wall-key`. Off for a distributed database, on which it was not tried.
    pub tenant_proof: bool,
    /// Threads that serve requests; as many as cores when 0.
    pub workers: usize,
    /// Tasks that one transaction opens, about: that takes some tenths of a second, for which others wait. More are opened in slices.
    pub slice_tasks: usize,
    /// `text` or `json`.
    pub log_format: LogFormat,
    /// For tests and training alone: the moment (RFC 3339, 1900 to 2199) that the clock shows at start; it goes on from there.
    /// Nothing falls due and no session ends as it really would, so it is refused where others could connect.
    pub clock: Option<DateTime<FixedOffset>>,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For a person.
    Text,
    /// For a collector.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            database_url: "sqlite://data/gezhi.db".to_owned(),
            owner_database_url: None,
            redis_url: None,
            data_dir: PathBuf::from("data"),
            default_township: None,
            secure_cookies: true,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            body_seconds: 60,
            answer_seconds: 60,
            connections: 2048,
            connections_per_address: 256,
            metrics_token: None,
            password_cost: PasswordCost { memory_kib: 19 * 1024, passes: 2 },
            audit_days: 400,
            audit_name: "gezhi".to_owned(),
            sqlite_readers: 4,
            postgres_connections: 16,
            tenant_proof: true,
            workers: 0,
            slice_tasks: 1000,
            log_format: LogFormat::Text,
            clock: None,
        }
    }
}

/// A code of digits alone reads as a number from the environment and from an unquoted setting.
fn digits<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
    }
    Ok(Option::<Either>::deserialize(deserializer)?.map(|either| match either {
        Either::Number(number) => number.to_string(),
        Either::Text(text) => text,
    }))
}

/// A list, or its entries in one text with commas, as the environment has it.
fn list<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::List(entries) => entries,
        Either::Text(text) => text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

impl Config {
    /// Reads the settings; an unknown one is an error that names it.
    pub fn load(file: &Path) -> Result<Self, StartError> {
        Figment::from(Serialized::defaults(Self::default()))
            .merge(Toml::file(file))
            // `GEZHI_LOG` is the filter of the log, read before there are settings; `GEZHI_SOAK` asks the tests for more.
            .merge(Env::prefixed("GEZHI_").ignore(&["log", "soak"]).split("__"))
            .extract()
            .map_err(|error| StartError::Config(error.to_string()))
    }

    /// The clock that the settings ask for: the machine's, or one that is set.
    ///
    /// # Errors
    /// A clock that is set where clients of other machines could connect, directly or through a proxy, or out of reach.
    pub fn clock(&self) -> Result<Clock, StartError> {
        let Some(start) = self.clock else { return Ok(Clock::system()) };
        let only_here = self
            .listen
            .to_socket_addrs()
            .is_ok_and(|mut all| all.all(|address| address.ip().is_loopback()));
        if !only_here || !self.trusted_proxies.is_empty() {
            return Err(StartError::Config(format!(
                "clock: a clock that is set serves this machine only, for tests and training, but listen is {} and trusted_proxies {:?}",
                self.listen, self.trusted_proxies
            )));
        }
        if !in_reach(start.naive_utc().date()) {
            return Err(StartError::Config("clock: must lie between 2000 and 2199".to_owned()));
        }
        tracing::warn!(%start, "the clock is set, for tests and training: it does not show the real time");
        Ok(Clock::running_from(start.to_utc()))
    }

    /// The path of a SQLite database; none on PostgreSQL.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        self.database_url
            .strip_prefix("sqlite://")
            .or_else(|| self.database_url.strip_prefix("sqlite:"))
            .map(|path| path.split('?').next().unwrap_or(path))
            .map(Path::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(listen: &str, behind_proxy: bool, start: &str) -> Config {
        Config {
            listen: listen.to_owned(),
            trusted_proxies: behind_proxy.then(|| "127.0.0.1".to_owned()).into_iter().collect(),
            clock: Some(start.parse().unwrap()),
            ..Config::default()
        }
    }

    #[test]
    fn a_clock_is_set_for_this_machine_alone() {
        let noon = "2027-01-01T12:00:00+08:00";
        for here in ["127.0.0.1:0", "[::1]:8080", "localhost:8080"] {
            let now = set(here, false, noon).clock().unwrap().now();
            assert!(now >= "2027-01-01T04:00:00Z".parse::<DateTime<FixedOffset>>().unwrap());
            assert!(now < "2027-01-01T04:05:00Z".parse::<DateTime<FixedOffset>>().unwrap());
        }
        for (listen, proxy) in [("0.0.0.0:8080", false), ("[::]:80", false), ("127.0.0.1:80", true)]
        {
            assert!(set(listen, proxy, noon).clock().is_err(), "{listen} {proxy}");
            let machine = Config { clock: None, ..set(listen, proxy, noon) };
            assert!(machine.clock().is_ok());
        }
        assert!(set("127.0.0.1:0", false, "1899-12-31T12:00:00Z").clock().is_err());
        assert!(set("127.0.0.1:0", false, "+12000-01-01T12:00:00Z").clock().is_err());
    }
}
