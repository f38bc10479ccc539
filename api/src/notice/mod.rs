//! Notices 通知公告: what the office lets its people know, and who has read it.
//!
//! - A notice has a title and a text, goes to **roles** (NT2), and where it names a grid only to those of them who hold a post there or
//!   beneath it on the day. To whom it goes follows roles and posts as they are: whoever comes into a post finds what still stands.
//! - It stands until the end of its last day (有效期), or until it is withdrawn (撤回) with a reason; a withdrawn one can be put up
//!   again. Nothing moves it on: what it is follows from its row and the day.
//! - Whoever it goes to and who reads all notices see it, also when it stands no more; for anybody else it is not there.
//! - A **receipt** (回执) says that an account has read it: one for each account, made by opening it, and counted once however often it is
//!   opened (`notice::it_is_signed_for_once`). Only those it goes to give one. Nobody signs for a withdrawn one.
//! - A mistake is mended in the notice itself. Receipts stay, unless the office asks that it be read again (重新阅读): then those of
//!   earlier versions count no more ([`rules::counts`]), and everybody finds it unread.
//! - The number of receipts is kept with the notice and changes with them in one transaction, under the lock of its row (NT1).

mod acts;
mod audience;
mod changes;
pub mod codes;
mod create;
pub mod dto;
mod handlers;
mod invariants;
pub mod perm;
mod query;
mod read;
mod readers;
mod rules;
mod sheet;
mod update;
mod withdraw;

use crate::feature::{Feature, Tag};
use handlers::routes;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "notice", zh: "通知公告", en: "Notices and who has read them" }],
    routes,
    permissions: perm::ALL,
    codes: codes::ALL,
    acts: acts::ACTS,
    invariants: invariants::INVARIANTS,
    words: &[dto::PHASES],
    answers: codes::ANSWERS,
    changes: changes::CHANGES,
    sheets: sheet::SHEETS,
    ..Feature::of("notice")
};
