//! What lies on the server's own disk: nobody else of the machine reads it.
//!
//! Rules:
//! - Keys, tokens and the database of SQLite are files of mode 600 in folders of mode 700, from their first moment.
//! - What an earlier version or a copy left wider is closed at start, with a word in the log; where that is refused, so is
//!   the start.
//! - A folder that is not the server's alone (the working directory, the place of a database beside other things) is left as
//!   it is, unless others could put files of theirs in the place of ours.
//! - A private file is written whole or not at all.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::tenancy::StartError;

#[cfg(unix)]
const FILE: u32 = 0o600;
#[cfg(unix)]
const FOLDER: u32 = 0o700;
/// What group and others may do.
#[cfg(unix)]
const OTHERS: u32 = 0o077;
/// Everybody may write, and take away what is not theirs. A group is as often as not the user's own.
#[cfg(unix)]
const OTHERS_WRITE: u32 = 0o002;
#[cfg(unix)]
const STICKY: u32 = 0o1000;

fn failed(path: &Path) -> impl Fn(io::Error) -> StartError {
    move |error| StartError::File(path.display().to_string(), error)
}

/// Makes a folder, with those above it, for the owner alone; one that is there stays as it is.
///
/// # Errors
/// [`StartError::File`].
pub fn folder(path: &Path) -> Result<(), StartError> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER);
    builder.create(path).map_err(failed(path))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE);
    options
}

/// Makes a file that its owner alone can read, whole or not at all; its place must be free.
///
/// # Errors
/// Those of the file system; `AlreadyExists` where the place is taken.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Made under another name: whoever is killed in between leaves no half of it.
    let mut making = path.as_os_str().to_owned();
    making.push(format!(".{:016x}", rand::random::<u64>()));
    let mut file = private().create_new(true).open(&making)?;
    let written = io::Write::write_all(&mut file, bytes)
        .and_then(|()| file.sync_all())
        // A link is refused where its name is taken, which a renaming is not.
        .and_then(|()| std::fs::hard_link(&making, path));
    std::fs::remove_file(&making).and(written)?;
    // The name too is to be there after a loss of power: what a lost key has signed verifies never again.
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    File::open(above.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())
}

/// What a file holds, which is made where there is none. Of several that begin at once one makes it.
///
/// # Errors
/// [`StartError::File`] when it can be neither read nor made; those of `make`.
pub fn read_or_make(
    path: &Path,
    make: impl FnOnce() -> Result<Vec<u8>, StartError>,
) -> Result<Vec<u8>, StartError> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        outcome => return outcome.map_err(failed(path)),
    }
    if let Some(above) = path.parent() {
        folder(above)?;
    }
    let made = make()?;
    match write(path, &made) {
        Ok(()) => Ok(made),
        // Another server of this folder was faster: what it wrote counts.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            std::fs::read(path).map_err(failed(path))
        }
        Err(error) => Err(failed(path)(error)),
    }
}

/// A file that somebody holds while he does what only one may do at a time; it stays behind, empty.
///
/// Waits for whoever holds it. Let go when dropped, or when the process ends, however it ends.
///
/// # Errors
/// [`StartError::File`].
pub fn hold(path: &Path) -> Result<File, StartError> {
    let file = private().create(true).truncate(false).open(path).map_err(failed(path))?;
    file.lock().map_err(failed(path))?;
    Ok(file)
}

/// Makes the place of SQLite's database, so that its first moment is private too.
///
/// # Errors
/// [`StartError::File`].
pub fn place_of_database(path: &Path) -> Result<(), StartError> {
    if let Some(above) = path.parent() {
        folder(above)?;
    }
    private().create(true).truncate(false).open(path).map(drop).map_err(failed(path))
}

/// Closes to others what is the server's own, and says what it closed.
///
/// # Errors
/// [`StartError::OpenToOthers`] where that is refused, or a folder would let others change what is in it.
pub fn close(config: &Config) -> Result<(), StartError> {
    folder(&config.data_dir)?;
    #[cfg(unix)]
    close_all(config)?;
    Ok(())
}

#[cfg(unix)]
fn close_all(config: &Config) -> Result<(), StartError> {
    let database = config.sqlite_path();
    let mut files = Vec::new();
    let mut folders = vec![config.data_dir.as_path()];
    if let Some(database) = database {
        for end in ["", "-wal", "-shm", "-journal", "-migrate"] {
            let mut path = database.as_os_str().to_owned();
            path.push(end);
            files.push(PathBuf::from(path));
        }
        folders.extend(database.parent());
    }
    for name in PRIVATE_FILES {
        files.push(config.data_dir.join(name));
    }
    for path in &folders {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let own = same(path, &config.data_dir) && !same(path, Path::new("."));
        let Some(mode) = mode(path)? else { continue };
        if own && mode & OTHERS != 0 {
            narrow(path, mode, FOLDER)?;
        } else if !own && mode & OTHERS_WRITE != 0 && mode & STICKY == 0 {
            return Err(StartError::OpenToOthers {
                path: path.display().to_string(),
                mode: mode & 0o7777,
            });
        }
    }
    for path in &files {
        match mode(path)? {
            Some(mode) if mode & OTHERS != 0 => narrow(path, mode, FILE)?,
            _ => {}
        }
    }
    Ok(())
}

/// The files of `data_dir` that hold a secret.
pub const PRIVATE_FILES: &[&str] =
    &["token-key.der", "audit-key.der", WALL_KEY, "setup-token", "demo-accounts.txt"];

/// The key by which transactions prove their township to PostgreSQL.
pub const WALL_KEY: &str = "wall-key";

#[cfg(unix)]
fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(unix)]
fn mode(path: &Path) -> Result<Option<u32>, StartError> {
    match path.metadata() {
        Ok(found) => Ok(Some(std::os::unix::fs::PermissionsExt::mode(&found.permissions()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path)(error)),
    }
}

#[cfg(unix)]
fn narrow(path: &Path, mode: u32, to: u32) -> Result<(), StartError> {
    let narrowed = std::os::unix::fs::PermissionsExt::from_mode(to);
    let shown = mode & 0o7777;
    std::fs::set_permissions(path, narrowed)
        .map_err(|_| StartError::OpenToOthers { path: path.display().to_string(), mode: shown })?;
    tracing::warn!(path = %path.display(), was = %format!("{shown:o}"), "closed to the other users of this machine");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_begin_at_once_there_is_one() {
        let folder = std::env::temp_dir().join(format!("gezhi-key-{:016x}", rand::random::<u64>()));
        let path = folder.join("key.der");
        let make = || Ok(rand::random::<[u8; 32]>().to_vec());
        let keys: Vec<_> = std::thread::scope(|scope| {
            let began: Vec<_> =
                (0..8).map(|_| scope.spawn(|| read_or_make(&path, make).unwrap())).collect();
            began.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(write(&path, b"another").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read_or_make(&path, make).unwrap(), keys[0]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
