//! Coming: a check-in is made, once.

use entity::check_in;
use entity::ids::MemberId;
use sea_orm::{NotSet, Set};

use super::dto;
use super::occasion::{Lock, Occasion};
use super::row::{self, Row};
use super::scan::{check_in_open, occasion_of};
use crate::http::{ApiError, IdempotencyKey, Result};
use crate::tenancy::{Scope, Tx};

/// Checks the caller in; the occasion gives those a place who had none. Two statements beside what the place takes: the occasion under its
/// lock, and the check-in, inserted unless it is there. Of somebody who is in already it is read besides.
///
/// # Errors
/// `no_member`, `check_in_code_invalid`, `check_in_code_expired`, `check_in_closed`, what the occasion refuses in words of its own.
pub async fn check_in(
    scope: &Scope,
    key: IdempotencyKey,
    input: dto::ScannedCode,
) -> Result<dto::Arrival> {
    let fingerprint = input.clone();
    scope
        .write_once(key, "check_in", &fingerprint, async move |tx: &Tx| {
            let me = tx.acting_member()?;
            let occasion = occasion_of(tx, &input.code, Lock::Yes).await?;
            let (row, fresh) = arrive(tx, occasion.as_ref(), me).await?;
            Ok(dto::Arrival { fresh, check_in: row.shown(tx, occasion.about()) })
        })
        .await
}

/// The check-in, and whether it was made now. The caller holds the lock of the occasion. It is `may::check_in` in another order, with a
/// statement less for who comes anew: who has come keeps his place, so that the occasion admits him and the row that is there is found.
async fn arrive(tx: &Tx, occasion: &dyn Occasion, member: MemberId) -> Result<(Row, bool)> {
    let (about, now) = (occasion.about(), tx.now());
    let (kind, id) = (about.shown.kind.as_str(), about.shown.id);
    if let Err(closed) = check_in_open(about, now) {
        // Who is in finds the same check-in at any time.
        let there = row::of_member(tx, kind, id, member).await?;
        return there.map(|row| (row, false)).ok_or(closed);
    }
    occasion.admit(tx, member).await?;
    let row = Row::fresh((kind, id), member, now);
    let fresh = tx
        .insert_if_absent(check_in::ActiveModel {
            tenant_id: NotSet,
            id: Set(row.id),
            occasion_kind: Set(row.occasion_kind.clone()),
            occasion_id: Set(row.occasion_id),
            member_id: Set(member),
            checked_in_at: Set(now),
            checked_out_at: Set(None),
            minutes: Set(None),
            points: Set(None),
            completed_by: Set(None),
            completion_reason: Set(None),
            changed_at: NotSet,
        })
        .await?;
    if fresh {
        return Ok((row, true));
    }
    let there = row::of_member(tx, kind, id, member).await?;
    let there = there.ok_or_else(|| ApiError::internal("a check-in that is there is not there"))?;
    Ok((there, false))
}
