//! The walls of the house: nothing reads or writes a township's rows except through [`Scope`].
//!
//! Rules:
//! - `Scope` is the only holder of a connection. Its fields are private, and clippy refuses the raw types
//!   and the raw execution methods everywhere else.
//! - Every statement carries `tenant_id = …` itself, whatever the database does underneath. On PostgreSQL
//!   row-level security stands underneath as a second wall: every transaction, read or write, first sets its tenant, and
//!   proves by a key that the serving role cannot read that the server meant it ([`wall`]): a statement slipped into one of
//!   ours stays within the township it is in.
//! - A read is one snapshot, or one statement; a write is one transaction in a task of its own, so that a client that hangs
//!   up cannot cancel it half way. There are no autocommit writes.
//! - A transaction begins with its first statement, in the same message ([`txn`], [`message`]): n statements are n round trips to
//!   PostgreSQL and one for the commit, a read of one statement ([`Scope::read_single`]) is one.
//! - A unit of work has a deadline, reads ten seconds, writes thirty: what takes longer is answered 503, and its connection is closed.
//! - Nothing acknowledged is lost: a transaction in which a statement failed is never committed
//!   (`tenancy::what_failed_is_never_committed`), a connection that failed
//!   in a way that leaves its state in doubt is closed and not used again, and goes back only outside any transaction. What could not
//!   be stored is answered 503 (507 where the disk is full), and the next write finds a new
//!   connection.
//! - Of the tables that lists are made of each row says when it was written last (`changed_at`). It is set here, whichever way the row is
//!   written, and nowhere else (`changed_since::every_way_of_writing_stamps`, `house::nobody_else_stamps`); a list that is read again is asked
//!   for what has changed since ([`Reading`]).
//! - SQLite has one writer, and a write begins IMMEDIATE; readers have a pool of their own. Writes that wait for it share a commit
//!   ([`writer`]), each undone alone or kept with the others.
//! - A township has no more than its share of the connections at a time ([`shares`]): who asks for more waits for his own neighbours.
//! - Rows outside any township (the townships themselves, the set-up token) are reached through [`Platform`] only.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this room is the one that holds connections and runs statements"
)]

mod bell;
mod bulk;
mod connection;
mod db;
mod distribute;
mod find;
mod keys;
pub mod like;
mod message;
mod news;
mod once;
mod origin;
mod platform;
mod pool;
mod purge;
mod reading;
mod schema;
mod scope;
mod shared;
mod shares;
mod trust;
mod tx;
mod txn;
mod wall;
mod writer;

pub use db::{Db, StartError};
pub use distribute::{Report, distribute};
pub use find::{DeleteMany, Find, Selected, UpdateMany, either, nothing};
pub use keys::Keys;
pub use news::News;
pub use once::AnswerKept;
pub(crate) use once::KEPT_HOURS;
pub use origin::Origin;
pub use platform::{Platform, makes_tokens, put_setup_token};
pub(crate) use purge::remove_audit_entries;
pub use reading::{Part, Reading, Rows, Sorting, or_blank};
pub use schema::migrate;
pub use scope::Scope;
pub use shared::{Hook, Shared};
pub use tx::Tx;
