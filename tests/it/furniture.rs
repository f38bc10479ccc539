//! One of everything in a township, made over HTTP as its people would make it, by each room what is its own.

use std::collections::BTreeMap;

use support::prelude::*;
use uuid::Uuid;

use crate::rooms::ROOMS;

/// A kind of thing that paths name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// It is named by letters that only the server can make, not by an id.
    sealed: bool,
    /// What is answered where it names nothing.
    pub(crate) absent: u16,
}

/// What is named by an id.
pub(crate) const fn kind(name: &'static str) -> Kind {
    Kind { name, sealed: false, absent: 404 }
}

/// What is named by letters that only the server can make, and the status of those that it has not made.
pub(crate) const fn sealed(name: &'static str, absent: u16) -> Kind {
    Kind { name, sealed: true, absent }
}

/// Every kind of every room.
pub(crate) fn kinds() -> impl Iterator<Item = Kind> {
    ROOMS.iter().flat_map(|room| room.kinds).copied()
}

/// Ids (and sealed letters) by what they name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Furniture {
    ids: BTreeMap<&'static str, String>,
}

impl Furniture {
    /// The id of a thing.
    pub(crate) fn id(&self, kind: &str) -> &str {
        self.ids.get(kind).unwrap_or_else(|| panic!("no {kind} among the furniture"))
    }

    /// A thing is there.
    pub(crate) fn put(&mut self, kind: &'static str, id: impl ToString) {
        assert!(self.ids.insert(kind, id.to_string()).is_none(), "two of {kind}");
    }

    /// The thing that an answer tells of.
    pub(crate) fn put_answer(&mut self, kind: &'static str, answer: &Value) {
        self.put(kind, text(&answer["id"]));
    }

    /// Ids that name nothing anywhere, of the same form.
    pub(crate) fn absent() -> Self {
        let id =
            |kind: &Kind| if kind.sealed { "A".repeat(64) } else { Uuid::now_v7().to_string() };
        Self { ids: kinds().map(|kind| (kind.name, id(&kind))).collect() }
    }

    /// A text with every id of this furniture blanked, so that answers about different things can be compared.
    pub(crate) fn blanked(&self, text: &str) -> String {
        self.ids.values().fold(text.to_owned(), |text, id| text.replace(id.as_str(), "-"))
    }

    /// A path with the ids of this furniture: `/tasks/{task}`.
    pub(crate) fn path(&self, path: &str) -> String {
        self.ids
            .iter()
            .fold(path.to_owned(), |path, (kind, id)| path.replace(&format!("{{{kind}}}"), id))
    }
}

/// Text of an answer.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

/// Makes one of everything in a township, and says what it is called.
pub(crate) async fn furnish(app: &TestApp, town: Town) -> Furniture {
    let mut furniture = Furniture::default();
    for room in ROOMS {
        (room.furnish)(app, town, &mut furniture).await;
        for kind in room.kinds {
            furniture.id(kind.name);
        }
    }
    furniture
}
