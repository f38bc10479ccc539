//! What can be published.

use super::super::codes;
use crate::http::Refusal;

/// The draft of a list that has one.
///
/// # Errors
/// `nothing_to_publish`.
pub(in crate::checklist) fn drafted<T>(draft: Option<T>) -> Result<T, Refusal> {
    draft.ok_or_else(|| codes::NOTHING_TO_PUBLISH.into())
}

/// Whether a draft of so many items can come into force.
///
/// # Errors
/// `checklist_empty`.
pub(in crate::checklist) fn publishable(items: usize) -> Result<(), Refusal> {
    if items == 0 { Err(codes::CHECKLIST_EMPTY.into()) } else { Ok(()) }
}
