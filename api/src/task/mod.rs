//! Tasks 任务(待办): one obligation, one clock.
//!
//! - A task says who owes what, where, by when, and what must be shown for it. It does not know what it is for: its
//!   [`Source`] (a feature above) opens it and is called, in the same transaction, when it is verified.
//! - `open → submitted → verified`, and `submitted → returned → submitted`. A return names its reason; the deadline
//!   stays as it was. Of two who act at once one wins, the other is told that the state has changed (409).
//! - What is no longer owed its source cancels ([`service::cancel`]), with the reason: `open | returned → cancelled`. If it
//!   is owed again, the same task opens again with a new deadline.
//! - The deadline is 17:30 Beijing of the last working day of the limit ([`rules::due_at`]); nobody is handed a task that
//!   is late already ([`rules::due_when_opened`]). Whether a task is late follows from the deadline and the moment
//!   ([`rules::late`]); nothing stores it.
//! - Only the assignee hands in, with the evidence that the duty asks for. What was done without a network carries its
//!   own moment, which counts against the deadline; it lies neither in the future (clocks may differ by two minutes)
//!   nor before the task was handed over.
//!   A place is recorded once, if the person gives it, for this task alone.
//! - Nobody verifies or returns his own task. The office verifies any; a supervisor or general head verifies in the
//!   subtree of his grids. A sub-grid head sees his grids' tasks but does not verify.
//! - What was handed in in time looks right ([`rules::looks_right`]) and can be verified together with others
//!   ([`service::verify_many`]): exactly those that were seen, each as it was seen, by the rules of a single one and in a
//!   transaction of its own. What was handed in since, or anew, is never among them.
//! - One sees one's own tasks and those in the subtrees of the grids one heads; with `task.read_all` the township's.
//!   What one does not see does not exist (404).
//! - Photos are evidence once uploaded (room `attachment`) and named in a submission; the newest submission counts, the
//!   earlier ones are kept.

pub(crate) mod acts;
pub mod dto;
pub mod handlers;
pub mod rules;
pub mod service;

use entity::kinds::TaskSourceKind;
use futures_util::future::LocalBoxFuture;

use crate::http::Result;
use crate::tenancy::Tx;

/// A feature that opens tasks, and what it does when one of them is settled.
pub trait Source: Send + Sync {
    /// The tasks that are its own.
    fn kind(&self) -> TaskSourceKind;

    /// Called once when a task is verified, in the same transaction: an error undoes the verification.
    fn verified<'a>(
        &'a self,
        tx: &'a Tx,
        task: &'a entity::task::Model,
    ) -> LocalBoxFuture<'a, Result<()>>;
}

/// The sources of the application, registered at start.
#[derive(Default)]
pub struct Sources(Vec<Box<dyn Source>>);

impl Sources {
    /// These sources.
    #[must_use]
    pub fn new(sources: Vec<Box<dyn Source>>) -> Self {
        Self(sources)
    }

    fn of(&self, kind: TaskSourceKind) -> Option<&dyn Source> {
        self.0.iter().map(AsRef::as_ref).find(|source| source.kind() == kind)
    }
}

/// The routes of this feature.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    // Fixed words before `{id}`.
    cfg.service(handlers::list_inbox)
        .service(handlers::list_to_verify)
        .service(handlers::get_to_verify)
        .service(handlers::verify_tasks)
        .service(handlers::list_tasks)
        .service(handlers::get_task)
        .service(handlers::submit_task)
        .service(handlers::verify_task)
        .service(handlers::return_task);
}
