//! What the tests of each room bring to those that go through the whole product: rights, things, errors, tables. A room's module says it
//! once, in its `ROOM`; here they are gathered, and nowhere else. What is written here a second time on purpose (the rights, the tables)
//! is never taken from the product.

use api::http::Code;
use futures_util::future::LocalBoxFuture;
use support::prelude::*;

use crate::furniture::{Furniture, Kind};
use crate::http::Sweep;
use crate::{
    account, activity, attachment, audit, board, calendar, checklist, grid, import, jobs, member,
    notice, points, presence, promises, session, sheet, task, township,
};

/// Every room, in the order in which they furnish a township: what a room builds on comes before it.
pub(crate) const ROOMS: &[Room] = &[
    township::ROOM,
    session::ROOM,
    account::ROOM,
    audit::ROOM,
    jobs::ROOM,
    calendar::ROOM,
    sheet::ROOM,
    member::ROOM,
    grid::ROOM,
    import::ROOM,
    checklist::ROOM,
    task::ROOM,
    attachment::ROOM,
    activity::ROOM,
    presence::ROOM,
    points::ROOM,
    notice::ROOM,
    board::ROOM,
    promises::ROOM,
];

type Furnishing = for<'a> fn(&'a TestApp, Town, &'a mut Furniture) -> LocalBoxFuture<'a, ()>;
type Provoking = for<'a> fn(&'a TestApp, &'a mut Sweep) -> LocalBoxFuture<'a, ()>;

/// What a room's tests bring.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    /// The room's name, as its folder has it.
    pub(crate) name: &'static str,
    /// Who may call its operations, and how they are called (`authz`, `door`, `noninterference`).
    pub(crate) rights: &'static [Entry],
    /// What its paths name.
    pub(crate) kinds: &'static [Kind],
    /// Makes one of each of its kinds in a township, over HTTP, as its people would.
    pub(crate) furnish: Furnishing,
    /// What is read of it beside that (`noninterference`): filters and orders read other indexes than the plain list does. `{kind}` is
    /// the id of a thing.
    pub(crate) reads: &'static [&'static str],
    /// Ids of another township inside an otherwise good request (`authz`).
    pub(crate) beside: &'static [Beside],
    /// Provokes every error that it alone answers (`http`).
    pub(crate) provoke: Provoking,
    /// Operations that change something and record nothing, each with the reason (`audit`).
    pub(crate) unrecorded: &'static [(&'static str, &'static str)],
    /// One violation for each of its promises (`promises`).
    pub(crate) violations: &'static [Violation],
    /// Its tables (`house`). They are also read by the roof.
    pub(crate) tables: &'static [&'static str],
    /// Whose tables it reads beside its own. Another room's way in is better where there is one: what stands here is what there is, and
    /// what is added wants a reason.
    pub(crate) foreign: &'static [&'static str],
}

impl Room {
    /// A room that brings nothing yet: what it does bring is said with `..Room::of("name")`.
    pub(crate) const fn of(name: &'static str) -> Self {
        Self {
            name,
            rights: &[],
            kinds: &[],
            furnish: |_, _, _| Box::pin(async {}),
            reads: &[],
            beside: &[],
            provoke: |_, _| Box::pin(async {}),
            unrecorded: &[],
            violations: &[],
            tables: &[],
            foreign: &[],
        }
    }

    /// The errors that it alone answers, as the product registers them.
    pub(crate) fn codes(&self) -> impl Iterator<Item = Code> {
        let mine = api::FEATURES.iter().filter(|feature| feature.name == self.name);
        mine.flat_map(|feature| feature.codes).copied()
    }
}

/// How a promise is broken past the server, and mended again; in both `NEW_ID` is an id that nothing has.
#[derive(Clone, Copy)]
pub(crate) struct Violation {
    /// Of which promise.
    pub(crate) id: &'static str,
    pub(crate) breaks: &'static str,
    pub(crate) mends: &'static str,
}

/// A violation of a promise.
pub(crate) const fn violation(
    id: &'static str,
    breaks: &'static str,
    mends: &'static str,
) -> Violation {
    Violation { id, breaks, mends }
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    /// Without signing in.
    Everybody,
    /// Whoever is signed in.
    SignedIn,
    /// These roles, by letter: **a**dministrator, **l**eader, **c**lerk, **g**rid head, **w**orker, **m**ember, **i**ntegrator,
    /// a**u**ditor.
    To(&'static str),
}

/// How an operation is called.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) operation: &'static str,
    pub(crate) open: Open,
    /// What the parameter in the path names, if there is one.
    pub(crate) names: Option<&'static str>,
    /// The query that it cannot do without.
    pub(crate) query: &'static str,
    /// The body, with ids from the furniture.
    pub(crate) body: Body,
}

#[derive(Clone, Copy)]
pub(crate) enum Body {
    None,
    Json(fn(&Furniture) -> Value),
    /// A file in the multipart field `file`.
    Picture,
}

/// An operation, and who may call it.
pub(crate) const fn op(operation: &'static str, open: Open) -> Entry {
    Entry { operation, open, names: None, query: "", body: Body::None }
}

impl Entry {
    /// What its path names, and the body it takes where that is JSON.
    pub(crate) fn filled(&self, furniture: &Furniture) -> (Option<String>, Option<Value>) {
        let body = match self.body {
            Body::Json(body) => Some(body(furniture)),
            Body::None | Body::Picture => None,
        };
        (self.names.map(|kind| furniture.id(kind).to_owned()), body)
    }

    pub(crate) const fn on(self, kind: &'static str) -> Self {
        Self { names: Some(kind), ..self }
    }

    pub(crate) const fn asking(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    pub(crate) const fn with(self, body: fn(&Furniture) -> Value) -> Self {
        Self { body: Body::Json(body), ..self }
    }

    pub(crate) const fn picture(self) -> Self {
        Self { body: Body::Picture, ..self }
    }
}

/// A request in which something of one's own stands beside something of somebody else.
#[derive(Clone, Copy)]
pub(crate) struct Beside {
    pub(crate) who: Who,
    pub(crate) method: &'static str,
    /// Path and body, from one's own furniture and the foreign one.
    pub(crate) ask: fn(&Furniture, &Furniture) -> (String, Value),
}

/// A request in a body or a query of which somebody else's thing is named.
pub(crate) const fn beside(
    who: Who,
    method: &'static str,
    ask: fn(&Furniture, &Furniture) -> (String, Value),
) -> Beside {
    Beside { who, method, ask }
}
