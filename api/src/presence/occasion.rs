//! What people are present at: features above bring their kinds of occasions, and are asked and told.

use chrono::{DateTime, Utc};
use entity::ids::{CheckInId, MemberId, Points};
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::dto::CheckInOccasion;
use super::rules::Window;
use crate::feature;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::{StartError, Tx};

/// Whether rows are locked while they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// They are not.
    No,
    /// Against other writers, until the end of the transaction.
    Yes,
}

/// A kind of occasion, brought by the feature that has them: added with `Shared::add` as a `Box<dyn Occasions>`.
pub trait Occasions: Send + Sync {
    /// A word in snake case, the feature's own; no other kind has it.
    fn kind(&self) -> &'static str;

    /// The ASCII letter with which the codes of this kind begin; no other kind has it.
    fn letter(&self) -> char;

    /// Those of these ids that the township has, in any order: one statement, however many. What happens to a check-in happens under
    /// the lock that is asked for here.
    fn find<'a>(
        &'a self,
        tx: &'a Tx,
        ids: &'a [Uuid],
        lock: Lock,
    ) -> LocalBoxFuture<'a, Result<Vec<Box<dyn Occasion>>>>;
}

/// What presence must know of an occasion.
#[derive(Debug, Clone)]
pub struct About {
    /// What it is, as it is shown to the account that acts.
    pub shown: CheckInOccasion,
    /// When it takes place.
    pub window: Window,
    /// What is answered where it was called off, in the feature's own words.
    pub cancelled: Option<Code>,
    /// Random bytes of its own, from which its codes are made.
    pub code_secret: Vec<u8>,
    /// Whether the account that acts looks after it: shows its code, closes what others forgot.
    pub steward: bool,
}

/// The time that somebody was present, closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// The check-in.
    pub id: CheckInId,
    /// Who.
    pub member: MemberId,
    /// When they left.
    pub left: DateTime<Utc>,
    /// Full minutes between the start and the end of the occasion.
    pub minutes: i32,
}

/// One occasion, as its feature found it.
pub trait Occasion {
    /// What presence must know of it.
    fn about(&self) -> &About;

    /// Gives a person who comes a place, or refuses with a code of the feature's own. Under the lock, and in the transaction that makes
    /// the check-in. Asked again for one who is in already, it lets them in again.
    fn admit<'a>(&'a self, tx: &'a Tx, member: MemberId) -> LocalBoxFuture<'a, Result<()>>;

    /// What being there from `came` to `left` is worth. Nothing is posted.
    fn worth<'a>(
        &'a self,
        tx: &'a Tx,
        came: DateTime<Utc>,
        left: DateTime<Utc>,
    ) -> LocalBoxFuture<'a, Result<Points>>;

    /// Told once of each stay, under the lock and in the transaction that closes it; posts what it was worth and says how much.
    fn left<'a>(&'a self, tx: &'a Tx, stay: Stay) -> LocalBoxFuture<'a, Result<Points>>;
}

/// Refuses kinds that could be taken for one another.
///
/// # Errors
/// Two of one word or of one letter, and a letter that is none.
pub fn check(kinds: &[Box<dyn Occasions>]) -> std::result::Result<(), StartError> {
    feature::once("kind of occasion", kinds.iter().map(|one| one.kind()))?;
    let letters: Vec<String> = kinds.iter().map(|one| one.letter().to_string()).collect();
    feature::once("letter of check-in codes", letters.iter().map(String::as_str))?;
    match kinds.iter().find(|one| !one.letter().is_ascii_alphabetic()) {
        None => Ok(()),
        Some(one) => {
            Err(StartError::Config(format!("codes of {} begin with no ASCII letter", one.kind())))
        }
    }
}

/// The kind of this word.
///
/// # Errors
/// 500 where no room has brought it.
pub(super) fn of_kind<'a>(tx: &'a Tx, kind: &str) -> Result<&'a dyn Occasions> {
    find_kind(tx, |one| one.kind() == kind)
        .ok_or_else(|| ApiError::internal(format!("no kind of occasion is called {kind}")))
}

/// The kind of this letter, if there is one.
pub(super) fn of_letter(tx: &Tx, letter: char) -> Option<&dyn Occasions> {
    find_kind(tx, |one| one.letter() == letter)
}

fn find_kind(tx: &Tx, is: impl Fn(&dyn Occasions) -> bool) -> Option<&dyn Occasions> {
    tx.all::<Box<dyn Occasions>>().iter().map(AsRef::as_ref).find(|one| is(*one))
}

/// The occasion of this kind and id, if the township has it; one statement.
pub(super) async fn find(
    tx: &Tx,
    kind: &dyn Occasions,
    id: Uuid,
    lock: Lock,
) -> Result<Option<Box<dyn Occasion>>> {
    Ok(kind.find(tx, &[id], lock).await?.pop())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Kind(&'static str, char);

    impl Occasions for Kind {
        fn kind(&self) -> &'static str {
            self.0
        }

        fn letter(&self) -> char {
            self.1
        }

        fn find<'a>(
            &'a self,
            _: &'a Tx,
            _: &'a [Uuid],
            _: Lock,
        ) -> LocalBoxFuture<'a, Result<Vec<Box<dyn Occasion>>>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    fn said(kinds: Vec<Kind>) -> Option<String> {
        let boxed = |kind| -> Box<dyn Occasions> { Box::new(kind) };
        let kinds: Vec<Box<dyn Occasions>> = kinds.into_iter().map(boxed).collect();
        check(&kinds).err().map(|error| error.to_string())
    }

    #[test]
    fn kinds_are_told_apart_by_word_and_letter() {
        assert_eq!(said(vec![Kind("activity", 'a'), Kind("meeting", 'm')]), None);
        let twice = said(vec![Kind("visit", 'a'), Kind("visit", 'v')]);
        assert!(twice.is_some_and(|said| said.contains("visit")));
        let twice = said(vec![Kind("visit", 'v'), Kind("vigil", 'v')]);
        assert!(twice.is_some_and(|said| said.contains("letter")));
        assert!(said(vec![Kind("visit", '访')]).is_some_and(|said| said.contains("visit")));
    }
}
