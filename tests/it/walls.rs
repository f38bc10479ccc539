//! That the walls cannot be climbed is a matter of types: these programs must not compile. Each is one function put into
//! the same frame; the frame with a permitted function must compile, so that a refusal means what it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FRAME: &str = include_str!("walls/frame.rs");

/// What a feature may do.
const PERMITTED: &str = r"
pub async fn act(scope: &Scope) -> Result<u64> {
    scope.read(async |tx: &Tx| tx.find::<member::Entity>().count().await).await
}";

/// What it must not be able to do, and what the compiler says to it.
const REFUSED: &[(&str, &str, &str)] = &[
    ("the pools in a scope", "pub fn act(scope: &Scope) { let _ = &scope.db; }", "E0616"),
    ("the transaction in a tx, by its field", "pub fn act(tx: &Tx) { let _ = &tx.txn; }", "E0616"),
    (
        "the transaction in a tx, by its method",
        "pub fn act(tx: &Tx) { let _ = tx.txn(); }",
        "E0624",
    ),
    (
        "the select in a find",
        "pub fn act(find: Find<'_, member::Entity>) { let _ = find.select; }",
        "E0616",
    ),
    ("the reading pool", "pub fn act(db: &Db) { let _ = &db.read; }", "E0616"),
    ("the writing pool", "pub fn act(db: &Db) { let _ = &db.write; }", "E0616"),
    (
        "a transaction of one's own",
        "pub async fn act(db: &Db) { let _ = db.begin_write(None, false).await; }",
        "E0624",
    ),
    (
        "a snapshot of one's own",
        "pub async fn act(db: &Db) { let _ = db.begin_read(None).await; }",
        "E0624",
    ),
    ("the state's pools", "pub fn act(state: &AppState) { let _ = &state.inner; }", "E0616"),
    ("a scope made by hand", "pub fn act() { let _ = Scope::new; }", "E0624"),
    ("a tx made by hand", "pub fn act() { let _ = Tx::new; }", "E0624"),
    (
        "another township for a scope",
        "pub fn act(scope: &mut Scope, other: TenantId) { scope.tenant = other; }",
        "E0616",
    ),
    (
        "a permit made by hand",
        "pub fn act(scope: Scope) -> Permit<perm::GridRead> { Permit { scope, permission: std::marker::PhantomData } }",
        "E0451",
    ),
    (
        "a scope as a connection",
        "pub async fn act(scope: &Scope) { let _ = member::Entity::find().all(scope).await; }",
        "E0277",
    ),
    (
        "a tx as a connection",
        "pub async fn act(tx: &Tx) { let _ = member::Entity::find().all(tx).await; }",
        "E0277",
    ),
    (
        "a table outside the townships",
        "pub fn act(tx: &Tx) { let _ = tx.find::<tenant::Entity>(); }",
        "E0277",
    ),
    (
        "a transaction kept for later",
        "pub async fn act(scope: &Scope) -> Result<()> { let mut kept: Option<&Tx> = None; scope.read(async |tx: &Tx| { kept = Some(tx); Ok(()) }).await?; let _ = kept; Ok(()) }",
        "lifetime may not live long enough|E0521",
    ),
];

/// What compiles, since sea-orm is there to be used, but is refused by the lints of `clippy.toml`.
const LINTED: &[(&str, &str, &str)] = &[
    (
        "a connection opened by hand",
        "pub async fn act() { let _ = sea_orm::Database::connect(\"sqlite::memory:\").await; }",
        "disallowed_methods",
    ),
    (
        "a connection passed around",
        "pub fn act(db: &sea_orm::DatabaseConnection) { let _ = db; }",
        "disallowed_types",
    ),
    (
        "a transaction passed around",
        "pub fn act(db: &sea_orm::DatabaseTransaction) { let _ = db; }",
        "disallowed_types",
    ),
    (
        "a statement past the scope",
        "pub async fn act<C: sea_orm::ConnectionTrait>(db: &C) { let _ = member::Entity::find().all(db).await; }",
        "disallowed_methods",
    ),
    (
        "an insertion past the scope",
        "pub async fn act<C: sea_orm::ConnectionTrait>(db: &C, row: member::ActiveModel) { let _ = sea_orm::ActiveModelTrait::insert(row, db).await; }",
        "disallowed_methods",
    ),
    (
        "SQL past the scope",
        "pub async fn act<C: sea_orm::ConnectionTrait>(db: &C) { let _ = db.execute_unprepared(\"DELETE FROM member\").await; }",
        "disallowed_methods",
    ),
];

fn program(body: &str) -> String {
    FRAME.replace("// BODY", body)
}

/// The folder of the compiled crates that this very test was linked from.
fn deps() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

/// The newest build of a crate.
fn newest(deps: &Path, name: &str) -> PathBuf {
    let prefix = format!("lib{name}-");
    std::fs::read_dir(deps)
        .unwrap()
        .flatten()
        .filter(|entry| {
            let file = entry.file_name().into_string().unwrap_or_default();
            file.starts_with(&prefix) && file.ends_with(".rlib")
        })
        .max_by_key(|entry| entry.metadata().unwrap().modified().unwrap())
        .unwrap_or_else(|| panic!("{name} was not compiled"))
        .path()
}

fn compile(compiler: &str, source: &str, name: &str) -> Output {
    let deps = deps();
    let dir = support::temporary_dir();
    let file = dir.join(format!("{name}.rs"));
    std::fs::write(&file, source).unwrap();
    let mut command = Command::new(compiler);
    command.env("CLIPPY_CONF_DIR", Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    // Cargo's own variables would make the compiler look for cargo's wrappers.
    command.env_remove("RUSTC_WRAPPER").env_remove("RUSTC_WORKSPACE_WRAPPER");
    command.args([
        "--edition",
        "2024",
        "--crate-type",
        "lib",
        "--emit",
        "metadata",
        "--crate-name",
        name,
    ]);
    command.arg("--out-dir").arg(dir).arg("-L").arg(format!("dependency={}", deps.display()));
    // By way of the support crate, whose own dependencies are found by their exact build.
    command.arg("--extern").arg(format!("support={}", newest(&deps, "support").display()));
    command.arg(&file).output().unwrap()
}

fn refuses(compiler: &str, cases: &[(&str, &str, &str)], prefix: &str) {
    let permitted = compile(compiler, &program(PERMITTED), &format!("{prefix}_permitted"));
    assert!(permitted.status.success(), "{}", String::from_utf8_lossy(&permitted.stderr));
    for (number, (what, body, expected)) in cases.iter().enumerate() {
        let output = compile(compiler, &program(body), &format!("{prefix}_{number}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{what}: this compiles");
        assert!(
            expected.split('|').any(|one| said.contains(one)),
            "{what}: refused for another reason than {expected}:\n{said}"
        );
    }
}

#[test]
fn no_feature_holds_a_raw_connection() {
    refuses("rustc", REFUSED, "refused");
}

#[test]
fn no_feature_makes_a_connection_of_its_own() {
    refuses("clippy-driver", LINTED, "linted");
}
