//! What lies on the disk is the server's own, and its schema is changed by one at a time.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use support::prelude::*;
use support::program::Prepared;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The files of a folder that are the server's: all but the log, which the test made.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_none_or(|end| end != "log")).collect()
}

fn settings(values: &[(&str, String)]) -> Vec<(String, String)> {
    values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// The program is started under the usual umask, which lets everybody read.
#[test]
fn the_files_are_the_servers_alone() {
    actix_web::rt::System::new().block_on(async {
        let prepared = Prepared::bare(Db::Sqlite).await;
        let folder = prepared.dir().join("made").join("below");
        let url = format!("sqlite://{}", folder.join("gezhi.db").display());
        let own = settings(&[
            ("GEZHI_DATABASE_URL", url.clone()),
            ("GEZHI_DATA_DIR", folder.display().to_string()),
        ]);
        let migrated = prepared.run_with(&["migrate"], &own);
        assert!(migrated.status.success(), "{migrated:?}");
        let program = prepared.serve(&own);
        let expected = [
            "gezhi.db",
            "gezhi.db-wal",
            "gezhi.db-shm",
            "token-key.der",
            "audit-key.der",
            "setup-token",
        ];
        for name in expected {
            assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
        }
        for path in files(&folder) {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(folder.parent().unwrap()), 0o700);
        program.kill();

        // As earlier versions left them, the log of what was written included.
        for path in files(&folder) {
            set(&path, 0o644);
        }
        set(&folder, 0o755);
        let program = prepared.serve(&own);
        for path in files(&folder) {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
        assert_eq!(mode(&folder), 0o700);
        assert!(program.log().contains("closed to the other users of this machine"));
        drop(program);

        // The database beside things that are not the server's: the folder is left as it is, the file is closed.
        let keys = prepared.dir().join("keys");
        let apart = settings(&[
            ("GEZHI_DATABASE_URL", url),
            ("GEZHI_DATA_DIR", keys.display().to_string()),
        ]);
        set(&folder, 0o755);
        set(&folder.join("gezhi.db"), 0o640);
        drop(prepared.serve(&apart));
        assert_eq!(mode(&folder), 0o755);
        assert_eq!(mode(&folder.join("gezhi.db")), 0o600);
        assert_eq!(mode(&keys), 0o700);
        // Where others could put a file of theirs in its place, the server does not start.
        set(&folder, 0o777);
        let refused = prepared.try_serve(&apart).err().unwrap();
        assert!(refused.contains("open to others") && refused.contains("777"), "{refused}");
    });
}

/// Whoever comes second waits, and finds nothing left to do.
async fn migrations_at_once(db: Db) {
    let prepared = Prepared::bare(db).await;
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let begun: Vec<_> = (0..4).map(|_| scope.spawn(|| prepared.run(&["migrate"]))).collect();
        begun.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for outcome in outcomes {
        assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
    }
    drop(prepared.serve(&[]));
}

#[test]
fn migrations_at_once_on_sqlite() {
    actix_web::rt::System::new().block_on(migrations_at_once(Db::Sqlite));
}

#[test]
fn migrations_at_once_on_postgres() {
    actix_web::rt::System::new().block_on(migrations_at_once(Db::Postgres));
}

#[test]
fn a_server_without_a_database_says_what_to_do() {
    actix_web::rt::System::new().block_on(async {
        let prepared = Prepared::bare(Db::Sqlite).await;
        let refused = prepared.try_serve(&[]).err().unwrap();
        assert!(refused.contains("gezhi migrate"), "{refused}");
        assert!(!prepared.dir().join("gezhi.db").exists());
    });
}
