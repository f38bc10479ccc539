//! Storage that fails and storage that is watched: a small library (`shim.c`) preloaded into a server of the tests.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::workplace;

/// Calls that can fail; several are added.
pub mod call {
    /// Writing to a file.
    pub const WRITE: u32 = 1;
    /// fsync and fdatasync.
    pub const SYNC: u32 = 2;
    /// Opening a file.
    pub const OPEN: u32 = 4;
    /// Cutting a file to a length.
    pub const TRUNCATE: u32 = 8;
}

/// `errno` of a full disk.
pub const ENOSPC: i32 = 28;
/// `errno` of a disk that fails.
pub const EIO: i32 = 5;

/// What one server's storage does.
#[derive(Debug)]
pub struct Shim {
    control: File,
    control_path: PathBuf,
    trace_path: PathBuf,
    matching: String,
}

/// The library, compiled once a process.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("support/shim.c");
        let library = workplace::dir().join("shim.so");
        workplace::run(
            Command::new("cc")
                .args(["-O1", "-shared", "-fPIC", "-o"])
                .arg(&library)
                .arg(source)
                .args(["-ldl", "-pthread"]),
        );
        library
    })
}

impl Shim {
    /// For the files whose path holds `matching`.
    pub fn new(matching: impl Into<String>) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let control_path = workplace::dir().join(format!("shim-{number}"));
        let control = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&control_path)
            .expect("the shim's control file");
        control.set_len(4096).expect("the shim's control file has a page");
        // PostgreSQL runs as another user.
        let all = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        control.set_permissions(all).expect("the shim's control file is open to all");
        let trace_path = workplace::dir().join(format!("shim-{number}.trace"));
        Self { control, control_path, trace_path, matching: matching.into() }
    }

    /// The environment that preloads it.
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("LD_PRELOAD", library().display().to_string()),
            ("STORAGE_SHIM_CONTROL", self.control_path.display().to_string()),
            ("STORAGE_SHIM_MATCH", self.matching.clone()),
            ("STORAGE_SHIM_TRACE", self.trace_path.display().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    fn put(&self, offset: u64, value: i32) {
        self.control
            .write_all_at(&value.to_ne_bytes(), offset)
            .expect("the control file is written");
    }

    fn take(&self, offset: u64) -> u32 {
        let mut bytes = [0; 4];
        self.control.read_exact_at(&mut bytes, offset).expect("the control file is read");
        u32::from_ne_bytes(bytes)
    }

    /// Lets `after` of these calls pass, then fails `times` of them with `error`.
    pub fn fail(&self, calls: u32, error: i32, after: i32, times: i32) {
        self.put(8, 0);
        self.put(12, after);
        self.put(16, times);
        self.put(20, error);
        self.put(24, 0);
        self.put(8, i32::try_from(calls).expect("a few bits"));
    }

    /// Fails nothing more.
    pub fn calm(&self) {
        self.put(8, 0);
    }

    /// How many calls failed since [`Shim::fail`].
    pub fn failed(&self) -> u32 {
        self.take(24)
    }

    /// Records from now on what is written and synced.
    pub fn record(&self) {
        self.put(28, 1);
    }

    /// Syncs do nothing from now on.
    pub fn swallow_syncs(&self) {
        self.put(32, 1);
    }

    /// How many calls took effect so far.
    pub fn sequence(&self) -> u64 {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, 0).expect("the control file is read");
        u64::from_ne_bytes(bytes)
    }

    /// What was recorded, in the order in which it took effect.
    pub fn recorded(&self) -> Vec<Effect> {
        let bytes = std::fs::read(&self.trace_path).expect("the record is read");
        let mut effects = Vec::new();
        let mut rest = bytes.as_slice();
        let number = |at: usize, rest: &[u8]| {
            u64::from_ne_bytes(rest[at * 8..at * 8 + 8].try_into().expect("eight bytes"))
        };
        while rest.len() >= 40 {
            let (sequence, kind, file) = (number(0, rest), number(1, rest), number(2, rest));
            let (offset, length) = (number(3, rest), number(4, rest));
            let size = |number: u64| usize::try_from(number).expect("a size");
            rest = &rest[40..];
            let what = match u32::try_from(kind).expect("a kind") {
                call::WRITE => {
                    let (bytes, more) = rest.split_at(size(length));
                    rest = more;
                    What::Write { offset: size(offset), bytes: bytes.to_vec() }
                }
                call::SYNC => What::Sync,
                call::TRUNCATE => What::Truncate(size(length)),
                other => panic!("{other} is no kind of record"),
            };
            effects.push(Effect { sequence, file: u8::try_from(file).expect("a file"), what });
        }
        effects
    }
}

/// Something that happened to a file.
#[derive(Debug, Clone)]
pub struct Effect {
    /// Its place in the order.
    pub sequence: u64,
    /// 1 the database, 2 its write-ahead log.
    pub file: u8,
    /// What it was.
    pub what: What,
}

/// What happened to a file.
#[derive(Debug, Clone)]
pub enum What {
    /// Bytes written.
    Write {
        /// Where.
        offset: usize,
        /// What.
        bytes: Vec<u8>,
    },
    /// Everything before is on the disk.
    Sync,
    /// Cut, or grown, to a length.
    Truncate(usize),
}
