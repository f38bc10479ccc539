//! What the account that acts may do in an activity now: the rules that the acts ask, told beforehand.

use entity::activity;
use entity::kinds::SignupState;

use super::dto::ActivityMay;
use super::perm::{ACTIVITY_MANAGE, ACTIVITY_READ_PEOPLE, ACTIVITY_SIGN_UP};
use super::row::times;
use super::rules;
use crate::http::{Does, Refusal};
use crate::presence::codes::NOT_STEWARD;
use crate::presence::{self, About};
use crate::tenancy::Tx;

/// What is known of an activity besides its row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Where the person of the account stands with it.
    pub(super) mine: Option<SignupState>,
    /// Whether that person has checked in.
    pub(super) has_come: bool,
    /// How many people have a place.
    pub(super) taken: u64,
    /// How many people have checked in.
    pub(super) present: u64,
}

/// Whether the account that acts sees who signed up and came.
///
/// # Errors
/// `not_steward` for anybody but its steward, the office, and who may see the people of all activities.
pub(super) fn see_people(tx: &Tx, about: &About) -> Result<(), Refusal> {
    if about.steward || tx.has(ACTIVITY_READ_PEOPLE) { Ok(()) } else { Err(NOT_STEWARD.into()) }
}

/// All of it.
pub(super) fn may(tx: &Tx, activity: &activity::Model, about: &About, known: Known) -> ActivityMay {
    let moment = times(activity).moment(tx.now());
    let manages = tx.permits(ACTIVITY_MANAGE);
    let joins = tx.permits(ACTIVITY_SIGN_UP).and_then(|()| tx.acting_member().map(drop));
    let placed = rules::has_place(known.mine);
    let sign_up = joins.and_then(|()| rules::sign_up(moment)).map(|()| Does::when(!placed));
    let withdraw = joins.and_then(|()| rules::withdraw(moment, known.has_come));
    let check_in = presence::may::check_in(tx, about, known.has_come).and_then(|does| match does {
        Does::Nothing => Ok(does),
        Does::Something => rules::admit(known.mine, activity.capacity, known.taken).map(|_| does),
    });
    ActivityMay {
        update_activity: manages.and_then(|()| rules::update(moment)).into(),
        cancel_activity: manages.and_then(|()| rules::cancel(moment, known.present)).into(),
        sign_up: sign_up.into(),
        withdraw: withdraw.map(|()| Does::when(placed)).into(),
        check_in: check_in.into(),
        get_check_in_code: presence::may::show_code(tx, about).into(),
        list_participants: see_people(tx, about).into(),
    }
}
