//! What a room brings to the house, said in one place: everything that is listed anywhere is the sum of these.

use entity::kinds::Vocabulary;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::audit;
use crate::auth::Permission;
use crate::http::Code;
use crate::invariant::Invariant;
use crate::jobs;
use crate::sheet;
use crate::tenancy::{Shared, StartError};

/// A heading of the contract.
#[derive(Debug, Clone, Copy)]
pub struct Tag {
    /// Its name, as operations give it.
    pub name: &'static str,
    /// What is under it, in Chinese.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
}

/// Errors by operation.
pub type Answers = &'static [(&'static str, &'static [Code])];

/// Reads by operation: what answers otherwise after its success.
pub type Changes = &'static [(&'static str, &'static [&'static str])];

/// What a room brings. Each room exports one, `FEATURE`, and stands in the program's one list with it.
#[derive(Clone, Copy)]
pub struct Feature {
    /// The room's name, as its folder has it.
    pub name: &'static str,
    /// Its headings in the contract; none where its operations stand under another room's.
    pub tags: &'static [Tag],
    /// Its operations.
    pub routes: fn(&mut ServiceConfig),
    /// What roles may do in it.
    pub permissions: &'static [Permission],
    /// What the words of its kinds are called.
    pub words: &'static [Vocabulary],
    /// The errors that it alone answers.
    pub codes: &'static [Code],
    /// Which operation answers which errors, beyond those that follow from the operation's form: its own, and those of engines beneath
    /// that ask it whether they may go on.
    pub answers: Answers,
    /// Which reads answer otherwise after an operation has succeeded, beyond those that follow from its form: the reads of this room after
    /// acts of others, and what its own acts change elsewhere. Operations are named, and reads by theirs.
    pub changes: Changes,
    /// What it records of who did what.
    pub acts: &'static [&'static audit::Act],
    /// Its lists as tables, for the file and the paper.
    pub sheets: &'static [&'static dyn sheet::Told],
    /// What it does when it is due.
    pub jobs: &'static [jobs::Kind],
    /// What always holds of its rows.
    pub invariants: &'static [Invariant],
    /// What it does in the transactions of rooms beneath, and other things that these look for.
    pub hooks: fn(&mut Shared),
}

impl Feature {
    /// A room that brings nothing yet: what it does bring is said with `..Feature::of("name")`.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        Self {
            name,
            tags: &[],
            routes: |_| {},
            permissions: &[],
            words: &[],
            codes: &[],
            answers: &[],
            changes: &[],
            acts: &[],
            sheets: &[],
            jobs: &[],
            invariants: &[],
            hooks: |_| {},
        }
    }
}

/// Refuses what stands twice: a name that two rooms give would mean one thing here and another there.
///
/// # Errors
/// The first name that stands twice, with what it names.
pub fn check(features: &[Feature]) -> Result<(), StartError> {
    once("feature", features.iter().map(|one| one.name))?;
    once("tag", features.iter().flat_map(|one| one.tags).map(|tag| tag.name))?;
    once("permission", features.iter().flat_map(|one| one.permissions).map(|one| one.name()))?;
    once("vocabulary", features.iter().flat_map(|one| one.words).map(|words| words.name))?;
    // Several rooms may name errors of one operation, each its own.
    for feature in features {
        once("list of answers", feature.answers.iter().map(|(operation, _)| *operation))?;
        once("list of changes", feature.changes.iter().map(|(operation, _)| *operation))?;
    }
    let codes = Code::GROUND.iter().chain(features.iter().flat_map(|one| one.codes));
    once("error code", codes.map(|code| code.as_str()))?;
    once("sheet", features.iter().flat_map(|one| one.sheets).map(|sheet| sheet.operation()))?;
    once("invariant", features.iter().flat_map(|one| one.invariants).map(|one| one.id))?;
    once("act", features.iter().flat_map(|one| one.acts).map(|act| act.name))?;
    once("kind of job", features.iter().flat_map(|one| one.jobs).map(|kind| kind.name))
}

/// What these rooms bring, for one another to find.
///
/// # Errors
/// Those of [`check`], and what a room registers twice.
pub fn register(shared: &mut Shared, features: &[Feature]) -> Result<(), StartError> {
    check(features)?;
    for feature in features {
        feature.permissions.iter().for_each(|one| shared.add(*one));
        feature.acts.iter().for_each(|act| shared.add(*act));
        feature.jobs.iter().for_each(|kind| shared.add(*kind));
        feature.invariants.iter().for_each(|one| shared.add(*one));
        (feature.hooks)(shared);
    }
    Ok(())
}

/// Refuses a name that stands twice among these.
///
/// # Errors
/// The first such name, with what it names.
pub fn once<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> Result<(), StartError> {
    let mut seen = std::collections::HashSet::new();
    match names.into_iter().find(|name| !seen.insert(*name)) {
        Some(twice) => Err(StartError::Config(format!("two of {what} are called {twice}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_once() {
        const READ: Permission = Permission::new("a.read", "看", "See", &[]);
        const ONE: Feature = Feature { permissions: &[READ], ..Feature::of("one") };
        const TWO: Feature = Feature { permissions: &[READ], ..Feature::of("two") };
        assert!(check(&[ONE]).is_ok());
        let refused = check(&[ONE, ONE]).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|said| said.contains("feature") && said.contains("one")));
        let refused = check(&[ONE, TWO]).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|said| said.contains("permission") && said.contains("a.read")));
    }
}
