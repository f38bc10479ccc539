//! A place for everything a test process starts: a temporary directory and the servers in it.
//!
//! Statics are not dropped when a test process ends, and a panic or a kill must not leave servers
//! behind. So a keeper (a small shell) waits on a pipe that only this process holds. However the process
//! ends, the pipe closes, and the keeper stops the servers and removes the directory.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

const KEEPER: &str = r#"
trap '' INT TERM HUP
dir=$1
echo ready
cat >/dev/null
for pid in "$dir"/postgres*/data/postmaster.pid; do
    [ -s "$pid" ] && kill -QUIT "$(head -n 1 "$pid")" 2>/dev/null
done
if [ -s "$dir/redis/redis.pid" ]; then
    kill -KILL "$(cat "$dir/redis/redis.pid")" 2>/dev/null
fi
tries=0
while ls "$dir"/postgres*/data/postmaster.pid >/dev/null 2>&1 && [ "$tries" -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
rm -rf "$dir"
"#;

/// The temporary directory of this process and the keeper that clears it away.
struct Workplace {
    dir: PathBuf,
    _keeper: Child,
}

static WORKPLACE: OnceLock<Workplace> = OnceLock::new();

/// The directory of this process; gone soon after the process has ended.
pub fn dir() -> &'static Path {
    &WORKPLACE
        .get_or_init(|| {
            let dir = std::env::temp_dir().join(format!(
                "gezhi-tests-{}-{:08x}",
                std::process::id(),
                rand::random::<u32>()
            ));
            std::fs::create_dir(&dir).expect("the temporary directory can be made");
            open_to_all(&dir);
            let mut keeper = Command::new("sh")
                .args(["-c", KEEPER, "keeper"])
                .arg(&dir)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .process_group(0)
                .spawn()
                .expect("sh can be started");
            let mut ready = [0_u8; 6];
            keeper
                .stdout
                .as_mut()
                .expect("the keeper's output is a pipe")
                .read_exact(&mut ready)
                .expect("the keeper answers");
            Workplace { dir, _keeper: keeper }
        })
        .dir
}

/// PostgreSQL refuses to run as root, so its own user must be able to pass through.
fn open_to_all(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))
        .expect("the temporary directory can be opened");
}

/// A port of the loopback address that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

/// Finds a program on the PATH or in one of the further places.
pub fn find(program: &str, places: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    places
        .iter()
        .cloned()
        .chain(std::env::split_paths(&path))
        .chain([PathBuf::from("/usr/bin"), PathBuf::from("/usr/sbin")])
        .map(|place| place.join(program))
        .find(|candidate| candidate.is_file())
}

/// Runs a program to its end; its output is shown when it fails.
pub fn run(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
