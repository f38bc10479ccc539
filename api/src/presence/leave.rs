//! Leaving: a check-in is closed, once, by its person or by who looks after the occasion, and what it was worth is posted.

use chrono::{DateTime, Utc};
use entity::check_in;
use entity::ids::{AccountId, CheckInId};
use sea_orm::Set;

use super::code::{self, Refused};
use super::occasion::{self, Lock, Occasion, Occasions, Stay};
use super::row::{self, Row};
use super::{acts, dto, may};
use crate::audit::{Record, record};
use crate::http::{ApiError, Code, Does, Result};
use crate::tenancy::{Scope, Tx};

/// Checks the caller out and posts the points. Repeated, it answers the same.
///
/// # Errors
/// `not_found` for anybody's check-in but one's own, `check_in_code_invalid` (also for another occasion's code),
/// `check_in_code_expired`, `check_in_closed`.
pub async fn check_out(
    scope: &Scope,
    id: CheckInId,
    input: dto::ScannedCode,
) -> Result<dto::CheckIn> {
    scope
        .write(async move |tx: &Tx| {
            tx.acting_member()?;
            let seen = row::get(tx, id).await?;
            // Before anybody is made to wait for it.
            may::own(tx, &seen)?;
            let (kind, occasion, row) = locked(tx, seen).await?;
            let about = occasion.about();
            if may::check_out(tx, about, &row)? == Does::Nothing {
                return Ok(row.shown(tx, about));
            }
            let parsed = code::parse(&input.code)?;
            let belongs = parsed.tenant == tx.tenant().uuid()
                && parsed.letter == kind.letter()
                && parsed.occasion == about.shown.id;
            if !belongs {
                return Err(Refused::Forged.into());
            }
            let now = tx.now();
            parsed.check(&about.code_secret, now)?;
            let row = close(tx, occasion.as_ref(), row, now, None).await?;
            Ok(row.shown(tx, about))
        })
        .await
}

/// Closes somebody else's check-in that they forgot to close, at the moment they are said to have left, and posts the points.
///
/// # Errors
/// `not_found`, `not_steward`, `own_check_in`, `state_conflict` where it is closed, `check_in_closed` before the start and from 30 days
/// after the end on, `validation_failed` for a moment before the check-in, after the end or after now.
pub async fn complete(
    scope: &Scope,
    id: CheckInId,
    input: dto::CompleteCheckIn,
) -> Result<dto::CheckIn> {
    scope
        .write(async move |tx: &Tx| {
            let actor = tx.actor().ok_or_else(|| ApiError::new(Code::FORBIDDEN))?;
            let seen = row::get(tx, id).await?;
            let (_, occasion, row) = locked(tx, seen).await?;
            let about = occasion.about();
            may::complete(tx, about, &row)?;
            let now = tx.now();
            let (left, came) = (input.checked_out_at.utc(), row.checked_in_at);
            if left < came || left > about.window.latest_leaving(came, now) {
                return Err(ApiError::invalid(
                    "checked_out_at",
                    "须在签到之后，不晚于结束时间，也不晚于现在",
                    "must be after the check-in, and not after the end or now",
                ));
            }
            let reason = input.reason.trim().to_owned();
            let member = row.member_id;
            let by = Some((actor, reason.clone()));
            let row = close(tx, occasion.as_ref(), row, left, by).await?;
            let entry = Record::of(acts::COMPLETE).on("check_in", id).with("member_id", member);
            record(tx, entry.with("checked_out_at", left).for_purpose(&reason)).await?;
            Ok(row.shown(tx, about))
        })
        .await
}

/// The occasion under its lock with its kind, and the row as it is now: another request may have closed it meanwhile.
async fn locked(tx: &Tx, seen: Row) -> Result<(&dyn Occasions, Box<dyn Occasion>, Row)> {
    let kind = occasion::of_kind(tx, &seen.occasion_kind)?;
    let occasion = occasion::find(tx, kind, seen.occasion_id, Lock::Yes).await?;
    let occasion =
        occasion.ok_or_else(|| ApiError::internal(format!("{} has no occasion", seen.id)))?;
    Ok((kind, occasion, row::get(tx, seen.id).await?))
}

/// Closes the time of a check-in at `left`; the occasion posts what it was worth. The caller holds the lock of the occasion.
async fn close(
    tx: &Tx,
    occasion: &dyn Occasion,
    mut row: Row,
    left: DateTime<Utc>,
    by: Option<(AccountId, String)>,
) -> Result<Row> {
    let minutes = occasion.about().window.counted_minutes(row.checked_in_at, left);
    let stay = Stay { id: row.id, member: row.member_id, left, minutes };
    let points = occasion.left(tx, stay).await?;
    let (completed_by, completion_reason) = by.unzip();
    let completed = completed_by.is_some();
    tx.update(check_in::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(row.id),
        checked_out_at: Set(Some(left)),
        minutes: Set(Some(minutes)),
        points: Set(Some(points)),
        completed_by: Set(completed_by),
        completion_reason: Set(completion_reason),
        ..Default::default()
    })
    .await?;
    if completed {
        // With the name of whoever closed it.
        return row::get(tx, row.id).await;
    }
    (row.checked_out_at, row.minutes, row.points) = (Some(left), Some(minutes), Some(points));
    Ok(row)
}
