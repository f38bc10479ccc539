//! What a task is for: features above open tasks and are told what becomes of them.

use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use crate::http::{ApiError, Result};
use crate::tenancy::Tx;

/// What happens to a task, as its source is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// It has come into being.
    Opened,
    /// It was cancelled, and is owed again.
    Reopened,
    /// Somebody has accepted it.
    Accepted,
    /// It was handed in.
    Submitted,
    /// It was found well done.
    Verified,
    /// It was sent back.
    Returned,
    /// Nobody owes it any more.
    Cancelled,
    /// Its deadline has passed, and it is still owed.
    Late,
}

/// Something that a source says about a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is, in Chinese.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// The fact.
    pub text: String,
}

/// A feature that opens tasks.
pub trait Source: Send + Sync {
    /// The kind of thing that its tasks arise from: a word in snake case, the feature's own.
    fn kind(&self) -> &'static str;

    /// What it is told of. What is not named here costs nothing.
    fn heeds(&self) -> &'static [Event];

    /// Called once when something happens to tasks of its own, in the same transaction, after they have changed: an error undoes
    /// what happened. What is opened or cancelled together comes together; everything else comes singly.
    fn happened<'a>(
        &'a self,
        tx: &'a Tx,
        event: Event,
        tasks: &'a [entity::task::Model],
    ) -> LocalBoxFuture<'a, Result<()>>;

    /// The path under which the account that acts reads the thing a task arose from; nothing where it cannot. Asked for each row of a
    /// list: it reads nothing.
    fn link(&self, tx: &Tx, source_id: Uuid) -> Option<String>;

    /// What is to be shown of what the source has kept with a task. Asked for each row of a list, as above.
    fn facts(&self, detail: &str) -> Vec<Fact>;

    /// What of its things asks for tasks with this text in their title, where it knows without reading its tasks; otherwise these are
    /// looked through.
    fn asking<'a>(
        &'a self,
        _tx: &'a Tx,
        _text: &'a str,
    ) -> LocalBoxFuture<'a, Result<Option<Vec<Uuid>>>> {
        Box::pin(async { Ok(None) })
    }
}

/// The kinds of those who are told of an event.
pub(super) fn heeding(tx: &Tx, event: Event) -> Vec<&'static str> {
    let all = tx.all::<Box<dyn Source>>().iter();
    all.filter(|source| source.heeds().contains(&event)).map(|source| source.kind()).collect()
}

/// The source of a kind.
///
/// # Errors
/// 500 where no room has added one.
pub(super) fn source_of<'a>(tx: &'a Tx, kind: &str) -> Result<&'a dyn Source> {
    tx.all::<Box<dyn Source>>()
        .iter()
        .map(AsRef::as_ref)
        .find(|source| source.kind() == kind)
        .ok_or_else(|| ApiError::internal(format!("no source of tasks is called {kind}")))
}

/// Tells the source of a task what happened to it.
pub(super) async fn tell(tx: &Tx, event: Event, task: &entity::task::Model) -> Result<()> {
    let source = source_of(tx, &task.source_kind)?;
    if !source.heeds().contains(&event) {
        return Ok(());
    }
    source.happened(tx, event, std::slice::from_ref(task)).await
}
