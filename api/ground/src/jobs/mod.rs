//! Jobs 后台作业: what is due happens, once, whoever dies meanwhile.
//!
//! Rules:
//! - A job is a row, written in the transaction of the act that makes it due ([`plant()`]): no act without its job, no job without
//!   its act. What is due later is planted then too, so nothing walks the townships to look for it.
//! - The **bell** is a small table outside the townships with one row for each job that is not finished, written with it (JB2): a node
//!   asks it where something is due. A township where nothing is due costs nothing, at start and at any time.
//! - A job is claimed with a lease of a minute (JB1) and a fence, a number that grows with every claim. Whoever holds an older fence has
//!   lost the job: the end of his attempt is not written down, and with it goes what he did ([`Act::Inside`]), in one
//!   transaction. So what a job does in the township's rows happens once, on however many nodes
//!   (`jobs::each_job_is_done_once_on_however_many_nodes`). What it does outside
//!   ([`Act::Outside`]) happens at least once, with the job's id as the key by which the receiver tells a repetition
//!   (`jobs::workers_are_killed`).
//! - What fails is tried again after ten seconds, then twice as long each time up to an hour, with some chance in it. After twelve
//!   attempts it is given up, with the reason, and waits for somebody to run it again
//!   ([`dto::JobMay`]), who is the administrator. A schedule, on which the township's work depends, is never given up
//!   (`jobs::schedules_stay`). Storage that is away gives nothing up.
//! - Of a key there is one job among those that are not finished. Who asks for it again while it runs has it done once more
//!   (`jobs::no_wish_is_lost`).
//! - Long work is done in pieces, each in a transaction of its own ([`Next::More`]); others get their turn between.
//! - What is planned for a moment in the calendar is planned in Beijing time. What would be due for all townships at once is
//!   spread over half an hour.
//! - A server that is told to stop takes nothing up and finishes what it has in hand; what does not end within ten seconds
//!   is handed back, for another node to take at once.
//! - A clock that is more than a day from when the installation was seen last is not believed until the operator says so
//!   ([`crate::clock::Guard`]): nothing is done by it.
//! - The memory of a process only wakes it sooner: what other nodes have planted is begun a second later.

pub(crate) mod acts;
pub(crate) mod answers;
mod changes;
pub mod codes;
mod doubt;
pub mod dto;
mod handlers;
mod invariants;
mod kind;
mod node;
pub mod perm;
mod plant;
pub mod rules;
mod service;
mod sheet;
mod turn;
mod worker;

pub use answers::CleaningNight;
pub use doubt::believe_clock;
pub use handlers::routes;
pub use kind::{Act, Job, Kind, Next};
pub use node::Node;
pub use plant::{Pending, Plan, night_after, pending, plant, plant_ahead, ring_all};
pub use turn::Turn;
pub use worker::{Worker, round, township};

use invariants::INVARIANTS;

use crate::feature::{Feature, Tag};
use crate::tenancy::AnswerKept;
use entity::kinds::JobState;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag {
        name: "job",
        zh: "后台作业",
        en: "What the server does by itself when it is due",
    }],
    routes,
    permissions: perm::ALL,
    acts: acts::ACTS,
    jobs: answers::JOBS,
    hooks: |shared| shared.add(AnswerKept(|tx| Box::pin(answers::forget_later(tx)))),
    words: &[JobState::VOCABULARY],
    answers: codes::ANSWERS,
    invariants: INVARIANTS,
    changes: changes::CHANGES,
    sheets: sheet::SHEETS,
    ..Feature::of("jobs")
};
