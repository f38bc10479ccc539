//! Who may do what to an occasion and to the check-ins at it, now: asked by the acts, and told beforehand to whoever reads.

use chrono::{DateTime, Utc};

use super::codes;
use super::dto::CheckInMay;
use super::occasion::About;
use super::perm::{PRESENCE_CHECK_IN, PRESENCE_STEWARD};
use super::row::Row;
use super::rules::CheckInWindow;
use crate::http::{Code, Does, Refusal};
use crate::tenancy::Tx;

/// Whether people come to this occasion now.
pub(super) fn check_in_open(about: &About, now: DateTime<Utc>) -> Result<(), Refusal> {
    if let Some(code) = about.cancelled {
        return Err(code.into());
    }
    match about.window.check_in(now) {
        CheckInWindow::Open => Ok(()),
        CheckInWindow::NotYet(_) => Err(codes::NOT_YET),
        CheckInWindow::Over => Err(codes::ENDED),
    }
}

/// Whether the account that acts may check in here with a good code, provided that the occasion admits it. Who has come has nothing left
/// to do.
///
/// # Errors
/// `forbidden`, `no_member`, `check_in_closed`, what the occasion answers where it was called off.
pub fn check_in(tx: &Tx, about: &About, has_come: bool) -> Result<Does, Refusal> {
    tx.permits(PRESENCE_CHECK_IN)?;
    tx.acting_member()?;
    if has_come {
        return Ok(Does::Nothing);
    }
    check_in_open(about, tx.now())?;
    Ok(Does::Something)
}

/// Whether the account that acts may show the code at the place.
///
/// # Errors
/// `forbidden`, `not_steward`, what the occasion answers where it was called off, `check_in_closed` once nobody can check out any more.
pub fn show_code(tx: &Tx, about: &About) -> Result<(), Refusal> {
    tx.permits(PRESENCE_STEWARD)?;
    if !about.steward {
        return Err(codes::NOT_STEWARD.into());
    }
    if let Some(code) = about.cancelled {
        return Err(code.into());
    }
    if about.window.check_out_open(tx.now()) { Ok(()) } else { Err(codes::LEFT_TOO_LATE) }
}

/// Whether this check-in is the acting account's own: of anybody else's it is told nothing.
pub(super) fn own(tx: &Tx, row: &Row) -> Result<(), Refusal> {
    tx.permits(PRESENCE_CHECK_IN)?;
    if row.member_id == tx.acting_member()? { Ok(()) } else { Err(Code::NOT_FOUND.into()) }
}

/// Whether the account that acts may close this check-in as its own, with a good code.
pub(super) fn check_out(tx: &Tx, about: &About, row: &Row) -> Result<Does, Refusal> {
    own(tx, row)?;
    if row.checked_out_at.is_some() {
        return Ok(Does::Nothing);
    }
    if about.window.check_out_open(tx.now()) {
        Ok(Does::Something)
    } else {
        Err(codes::LEFT_TOO_LATE)
    }
}

/// Whether the account that acts may close this check-in in its person's stead.
pub(super) fn complete(tx: &Tx, about: &About, row: &Row) -> Result<(), Refusal> {
    tx.permits(PRESENCE_STEWARD)?;
    if !about.steward {
        return Err(codes::NOT_STEWARD.into());
    }
    if tx.member() == Some(row.member_id) {
        return Err(codes::OWN_CHECK_IN.into());
    }
    if row.checked_out_at.is_some() {
        return Err(codes::OUT_ALREADY);
    }
    if about.window.completion_open(tx.now()) { Ok(()) } else { Err(codes::COMPLETION_CLOSED) }
}

/// What the account that acts may do to a check-in.
pub(super) fn may(tx: &Tx, about: &About, row: &Row) -> CheckInMay {
    CheckInMay {
        check_out: check_out(tx, about, row).into(),
        complete_check_in: complete(tx, about, row).into(),
    }
}
