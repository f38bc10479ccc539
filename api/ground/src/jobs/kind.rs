//! What can be done by a job: each room registers its own.

use chrono::{DateTime, Utc};
use entity::ids::JobId;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::turn::Turn;
use crate::http::Result;
use crate::tenancy::{Scope, Tx};

/// Something that a room does when it is due.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its name: the room's, and what is done.
    pub name: &'static str,
    /// What it is called on the screens.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// The township's work depends on it: it is never given up, and cannot be cancelled.
    pub schedule: bool,
    /// Whether those that are done are kept for a month, to be looked at.
    pub kept: bool,
    /// How it is done.
    pub act: Act,
}

/// How something is done.
#[derive(Clone, Copy)]
pub enum Act {
    /// In the township's rows alone: in one transaction with the word that it is done, so once, however often it is tried.
    Inside(for<'a> fn(&'a Tx, &'a Job) -> LocalBoxFuture<'a, Result<Next>>),
    /// Outside as well: at least once. What is asked of others carries [`Turn::key`], by which they tell a repetition.
    Outside(fn(Turn) -> LocalBoxFuture<'static, Result<Next>>),
}

/// What is known of a job when it is done.
#[derive(Debug, Clone)]
pub struct Job {
    /// Which.
    pub id: JobId,
    /// What it is to be done with.
    pub payload: Value,
    /// The moment it was planned for: long ago, perhaps, when the server stood still.
    pub planned_at: DateTime<Utc>,
    /// The how manieth attempt this is, from 1.
    pub attempt: i32,
    /// How much of it is done already.
    pub done: i32,
}

/// What is left of a job after an attempt that succeeded.
#[derive(Debug, Clone)]
pub enum Next {
    /// Nothing.
    Done,
    /// It is to be done once more, at this moment.
    Again(DateTime<Utc>),
    /// The rest, at once, in a transaction of its own: others get their turn between.
    More {
        /// What the rest is to be done with.
        payload: Value,
        /// How much is done.
        done: i32,
        /// Of how much, where that is known.
        total: Option<i32>,
    },
}

/// The kind of a name among those that rooms have added.
pub(super) fn kind_of<'a>(scope: &'a Scope, name: &str) -> Option<&'a Kind> {
    scope.all::<Kind>().iter().find(|kind| kind.name == name)
}
