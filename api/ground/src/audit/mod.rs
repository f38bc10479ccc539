//! Who did what: the township's memory of acts, which nobody changes unseen.
//!
//! Rules:
//! - An act that matters is recorded in the transaction that does it: no act without its entry, no entry without its act.
//!   What is recorded each room names itself ([`Act`], `ACTS` in its `acts.rs`), with the operations that do it; a test
//!   fails for an operation that changes something and neither records it nor is exempted with a reason. A failed sign-in
//!   changes nothing and has a transaction of its own.
//! - An entry says who (account and roles, or the operator's command, or the system itself), what (the act's word), which
//!   row, from where (address, program, request), when, and what changed (field: before → after), with the purpose where
//!   one was given. Telephone and identity numbers in it are masked whoever wrote them, names by [`mask::name`]; secrets are never in
//!   it (`door::no_secret_stays_in_the_database`).
//! - Strangers cannot fill it: failed sign-ins are folded ([`Failures`]) into one entry for the first and one with the
//!   count of all further ones, for each account or address and minute, and for at most twenty of those a minute and
//!   township on each node; the others are counted together. What a crash loses is the running minute's counts.
//!   A sign-in that names no township there is has no township to be recorded in.
//! - An entry is two rows. `audit_entry` names no person in words and can only be added to, on both databases: the serving
//!   role of PostgreSQL lacks the privileges, on SQLite triggers refuse. `audit_detail` holds the words and a random key.
//!   The entry commits to the words by their HMAC under the key, so that deleting key and words leaves nothing to guess
//!   the words from, while the entry, its leaf and every proof stay valid (GB/T 35273, erasure; 等保 8.1.4 c/d, the trail).
//! - Entries become the leaves of a Merkle tree for each township (RFC 6962, [`merkle`]), in the order in which the sealer
//!   finds them committed. Writers take no number and no lock for it: they only add rows. Two sealers cannot both
//!   seal: the second finds the number taken and starts again. A township that wrote is sealed within a minute, at the
//!   latest within an hour by any node after a crash; how much waits is in the metrics, the API and on the page.
//! - Each sealing ends with a checkpoint, signed with the installation's key (`audit-key.der`) in the form of C2SP
//!   ([`note`]): whoever has the verifier key, which is public, checks it with any program. Checkpoints are open to
//!   everybody, so that others keep them; two that do not fit together tell of a forked history.
//! - Entries are kept for `audit_days` (at least 180 days, 网络安全法 第二十一条). `gezhi admin purge-audit` then removes them
//!   as the owner of the tables, up to the last checkpoint of that time, which closes them; their leaves stay (forty bytes
//!   each), so that no proof breaks. That it was done is an entry, and a mark that is younger than the law allows is a fault.
//! - Others may cosign ([`cosign`]): another township or the county checks that the log only grew since they last looked and
//!   adds a line of their own key, which is given out with the checkpoint. A log that shows two people two histories finds
//!   nobody who signs both.
//! - `gezhi verify` counts everything again and names what was altered, removed, reordered or cut off.
//!   What it cannot find: an entry altered or removed before it was sealed by somebody who writes to the database past
//!   the server, and a history rewritten as a whole by somebody who also has the signing key — unless a checkpoint
//!   was kept elsewhere: that one will not fit.

pub mod acts;
pub mod cosign;
pub mod dto;
mod failures;
mod handlers;
pub mod mask;
pub mod merkle;
pub mod note;
pub mod perm;
mod purge;
mod query;
mod record;
mod seal;
mod sheet;
mod verify;

pub use failures::Failures;
pub use purge::purge;
pub use record::{Change, Content, Record, leaf_data, record};
pub use seal::{Auditor, JOBS, Unsealed, erase, record_failed, round, run, seal, seal_batch};
pub use verify::{Fault, Report, verify};

use crate::feature::{Feature, Tag};
use utoipa_actix_web::service_config::ServiceConfig;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "audit", zh: "操作日志", en: "Who did what, and the proofs of it" }],
    routes,
    permissions: perm::ALL,
    acts: acts::ACTS,
    jobs: JOBS,
    sheets: sheet::SHEETS,
    ..Feature::of("audit")
};

/// Its routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list_audit_entries)
        .service(handlers::get_audit_log)
        .service(handlers::get_audit_checkpoint);
}

/// What reads the log: after whatever is recorded it answers otherwise.
pub const READS: &[&str] = &["get_audit_log", "list_audit_entries"];

/// One thing that can be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// Its stable word, snake_case.
    pub name: &'static str,
    /// What it is called.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// The operations of the contract that record it.
    pub operations: &'static [&'static str],
    /// Whether it is recorded of what was refused.
    pub refused: bool,
}

impl Act {
    /// An act by its word, its names and the operations that record it.
    #[must_use]
    pub const fn new(
        name: &'static str,
        zh: &'static str,
        en: &'static str,
        operations: &'static [&'static str],
    ) -> Self {
        Self { name, zh, en, operations, refused: false }
    }

    /// The same, recorded where the operation is refused.
    #[must_use]
    pub const fn when_refused(self) -> Self {
        Self { refused: true, ..self }
    }
}

/// The act of a word among those that rooms have added.
fn act_of(tx: &crate::tenancy::Tx, name: &str) -> Option<&'static Act> {
    tx.all::<&'static Act>().iter().copied().find(|act| act.name == name)
}
