//! What the caller reads of their own presence: what a scanned code says, and where they were.

use std::collections::{BTreeMap, HashMap};

use entity::check_in::Column as Col;
use entity::ids::Points;
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::dto::{self, CodeAction};
use super::may;
use super::occasion::{self, About, Lock};
use super::row::{self, Row};
use super::scan::{check_in_open, occasion_of};
use crate::clock;
use crate::http::{ApiError, Does, Result, Sort};
use crate::tenancy::{Part, Rows, Scope, Sorting, Tx};

/// What a scanned code says to the caller.
///
/// # Errors
/// `no_member`, `check_in_code_invalid`, `check_in_code_expired`, `check_in_closed`, what the occasion answers where it was called off.
pub async fn read(scope: &Scope, text: &str) -> Result<dto::CodeReading> {
    scope
        .read(async |tx: &Tx| {
            let me = tx.acting_member()?;
            let occasion = occasion_of(tx, text, Lock::No).await?;
            let (about, now) = (occasion.about(), tx.now());
            let shown = &about.shown;
            let mine = row::of_member(tx, &shown.kind, shown.id, me).await?;
            let (action, points_to_come) = match &mine {
                None => {
                    check_in_open(about, now)?;
                    let stay = occasion.worth(tx, now, about.window.ends_at).await?;
                    (CodeAction::CheckIn, stay)
                }
                Some(row) => match may::check_out(tx, about, row)? {
                    Does::Something => {
                        let leave = occasion.worth(tx, row.checked_in_at, now).await?;
                        (CodeAction::CheckOut, leave)
                    }
                    Does::Nothing => (CodeAction::Done, Points::ZERO),
                },
            };
            Ok(dto::CodeReading {
                occasion: shown.clone(),
                starts_at: clock::beijing(about.window.starts_at),
                ends_at: clock::beijing(about.window.ends_at),
                action,
                check_in: mine.map(|row| row.shown(tx, about)),
                points_to_come,
            })
        })
        .await
}

/// The caller's own check-ins, the latest first. One statement, and one for each kind of occasion among them.
///
/// # Errors
/// `no_member`, `invalid_cursor`.
pub async fn list(scope: &Scope, query: dto::ListCheckIns) -> Result<dto::CheckInPage> {
    let reading = scope.reading("check_ins", &(scope.member(), query.sort), &query)?;
    scope
        .read(async |tx: &Tx| {
            let me = tx.acting_member()?;
            let sort = query.sort.unwrap_or(Sort::falling(dto::CheckInKey::CheckedInAt));
            let sorting = Sorting::which(sort.falling)
                .by(Col::CheckedInAt, |row: &Row| row.checked_in_at.into())
                .by(Col::Id, |row| Part::id(row.id));
            let find = row::rows(tx).filter(Col::MemberId.eq(me));
            let Rows { items, next_cursor, total } = reading.rows(find, &sorting).await?;
            let occasions = occasions(tx, &items).await?;
            let items = items
                .into_iter()
                .map(|row| {
                    let key = (occasion::of_kind(tx, &row.occasion_kind)?.kind(), row.occasion_id);
                    let gone = || ApiError::internal(format!("{} has no occasion", row.id));
                    let about = occasions.get(&key).ok_or_else(gone)?;
                    Ok(row.shown(tx, about))
                })
                .collect::<Result<_>>()?;
            Ok(dto::CheckInPage { items, next_cursor, total })
        })
        .await
}

/// Those of these check-ins, by kind and id: two kinds may have rows of one id.
async fn occasions(tx: &Tx, rows: &[Row]) -> Result<HashMap<(&'static str, Uuid), About>> {
    let mut kinds: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
    for row in rows {
        kinds.entry(&row.occasion_kind).or_default().push(row.occasion_id);
    }
    let mut found = HashMap::with_capacity(rows.len());
    for (kind, ids) in kinds {
        let kind = occasion::of_kind(tx, kind)?;
        let those = kind.find(tx, &ids, Lock::No).await?;
        let abouts = those.iter().map(|one| one.about());
        found.extend(abouts.map(|about| ((kind.kind(), about.shown.id), about.clone())));
    }
    Ok(found)
}
