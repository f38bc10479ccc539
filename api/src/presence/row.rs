//! Check-ins as they are read: with the name of whoever closed them in another's stead.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, CheckInId, MemberId, Points};
use entity::{account, check_in};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait};
use uuid::Uuid;

use super::occasion::About;
use super::{dto, may};
use crate::clock;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::{Find, Tx};

/// A check-in.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Row {
    pub(super) id: CheckInId,
    pub(super) occasion_kind: String,
    pub(super) occasion_id: Uuid,
    pub(super) member_id: MemberId,
    pub(super) checked_in_at: DateTime<Utc>,
    pub(super) checked_out_at: Option<DateTime<Utc>>,
    pub(super) minutes: Option<i32>,
    pub(super) points: Option<Points>,
    completed_by: Option<AccountId>,
    completed_by_name: Option<String>,
    completion_reason: Option<String>,
}

impl Row {
    /// One that has just been made.
    pub(super) fn fresh(
        (kind, occasion_id): (&str, Uuid),
        member_id: MemberId,
        checked_in_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id: CheckInId::new(),
            occasion_kind: kind.to_owned(),
            occasion_id,
            member_id,
            checked_in_at,
            checked_out_at: None,
            minutes: None,
            points: None,
            completed_by: None,
            completed_by_name: None,
            completion_reason: None,
        }
    }

    /// As it is shown to the account that acts.
    pub(super) fn shown(self, tx: &Tx, about: &About) -> dto::CheckIn {
        let may = may::may(tx, about, &self);
        let by = self.completed_by.zip(self.completed_by_name).zip(self.completion_reason);
        dto::CheckIn {
            id: self.id,
            occasion: about.shown.clone(),
            may,
            checked_in_at: clock::beijing(self.checked_in_at),
            checked_out_at: self.checked_out_at.map(clock::beijing),
            minutes: self.minutes,
            points: self.points,
            completion: by.map(|((account_id, name), reason)| dto::CheckInCompletion {
                account_id,
                name,
                reason,
            }),
        }
    }
}

/// All columns, with the name; to be filtered, ordered, and read as [`Row`].
pub(super) fn rows(tx: &Tx) -> Find<'_, check_in::Entity> {
    use check_in::Column as Col;
    tx.find::<check_in::Entity>()
        .join(JoinType::LeftJoin, check_in::Relation::Completer.def())
        .select_only()
        .columns([
            Col::Id,
            Col::OccasionKind,
            Col::OccasionId,
            Col::MemberId,
            Col::CheckedInAt,
            Col::CheckedOutAt,
            Col::Minutes,
            Col::Points,
            Col::CompletedBy,
            Col::CompletionReason,
        ])
        .column_as(account::Column::DisplayName, "completed_by_name")
}

/// One check-in.
///
/// # Errors
/// `not_found`.
pub(super) async fn get(tx: &Tx, id: CheckInId) -> Result<Row> {
    let row = rows(tx).filter(check_in::Column::Id.eq(id)).into_model::<Row>().one().await?;
    row.ok_or_else(|| ApiError::new(Code::NOT_FOUND))
}

/// The check-in of this member at this occasion.
pub(super) async fn of_member(
    tx: &Tx,
    kind: &str,
    occasion: Uuid,
    member: MemberId,
) -> Result<Option<Row>> {
    rows(tx)
        .filter(check_in::Column::OccasionKind.eq(kind))
        .filter(check_in::Column::OccasionId.eq(occasion))
        .filter(check_in::Column::MemberId.eq(member))
        .into_model::<Row>()
        .one()
        .await
}

/// How many people have checked in at each of these occasions; what nobody came to is left out. One statement.
///
/// # Errors
/// Those of the database.
pub async fn counts(
    tx: &Tx,
    kind: &str,
    occasions: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, u64>> {
    let rows: Vec<(Uuid, i64)> = tx
        .find::<check_in::Entity>()
        .select_only()
        .column(check_in::Column::OccasionId)
        .column_as(check_in::Column::Id.count(), "people")
        .filter(check_in::Column::OccasionKind.eq(kind))
        .filter(check_in::Column::OccasionId.is_in(occasions))
        .group_by(check_in::Column::OccasionId)
        .into_tuple()
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id, people)| (id, u64::try_from(people).unwrap_or(0))).collect())
}

/// The occasions of a kind at which somebody has come or left since a moment, as part of another's filter.
#[must_use]
pub fn changed_since(tx: &Tx, kind: &str, since: DateTime<Utc>) -> SelectStatement {
    use check_in::Column::{ChangedAt, OccasionId, OccasionKind};
    tx.find::<check_in::Entity>()
        .select_only()
        .column(OccasionId)
        .filter(OccasionKind.eq(kind))
        .filter(ChangedAt.gte(since))
        .into_subquery()
}

/// Whether this member has checked in at this occasion. One statement.
///
/// # Errors
/// Those of the database.
pub async fn has_come(tx: &Tx, kind: &str, occasion: Uuid, member: MemberId) -> Result<bool> {
    Ok(of_member(tx, kind, occasion, member).await?.is_some())
}

/// The check-ins of these members at these occasions of one kind, by occasion and member, as they are shown to the account that acts. One
/// statement, however many.
///
/// # Errors
/// Those of the database.
pub async fn check_ins(
    tx: &Tx,
    kind: &str,
    occasions: &[About],
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<(Uuid, MemberId), dto::CheckIn>> {
    let found = rows(tx)
        .filter(check_in::Column::OccasionKind.eq(kind))
        .filter(check_in::Column::OccasionId.is_in(occasions.iter().map(|one| one.shown.id)))
        .filter(check_in::Column::MemberId.is_in(members))
        .into_model::<Row>()
        .all()
        .await?;
    let occasions: HashMap<Uuid, &About> =
        occasions.iter().map(|one| (one.shown.id, one)).collect();
    let shown = found.into_iter().filter_map(|row| {
        let about = occasions.get(&row.occasion_id)?;
        Some(((row.occasion_id, row.member_id), row.shown(tx, about)))
    });
    Ok(shown.collect())
}
