//! The people at an activity.

use chrono::{DateTime, Utc};
use entity::ids::{ActivityId, ActivitySignupId, MemberId};
use entity::kinds::SignupState;
use entity::{activity, activity_signup, member};
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait};

use super::dto;
use super::may::see_people;
use super::occasion::{KIND, about};
use crate::http::{Result, Sort};
use crate::member::dto::MemberRef;
use crate::presence;
use crate::tenancy::{Part, Rows, Scope, Sorting, Tx};

#[derive(FromQueryResult)]
struct Row {
    id: ActivitySignupId,
    state: SignupState,
    at: DateTime<Utc>,
    member_id: MemberId,
    name: String,
    name_initials: String,
}

fn sorting(sort: Sort<dto::ParticipantKey>) -> Sorting<Row> {
    use activity_signup::Column::{At, Id, State};
    let sorting = Sorting::<Row>::which(sort.falling);
    let sorting = match sort.key {
        // `signed_up` sorts before `waiting`.
        dto::ParticipantKey::SignedUp => sorting.by(State, |row| row.state.as_str().into()),
        dto::ParticipantKey::Name => sorting
            .by(member::Column::NameInitials, |row| row.name_initials.clone().into())
            .by(member::Column::Name, |row| row.name.clone().into()),
    };
    sorting.by(At, |row| row.at.into()).by(Id, |row| Part::id(row.id))
}

/// Who has a place or waits for one, and who came: places first, each in the order of sign-up.
///
/// # Errors
/// `not_steward` for anybody but its steward, the office, and who may see the people of all activities.
pub async fn participants(
    scope: &Scope,
    id: ActivityId,
    query: dto::ListParticipants,
) -> Result<dto::ParticipantPage> {
    use activity_signup::Column as Col;
    let reading = scope.reading("participants", &(id, query.sort), &query)?;
    scope
        .read(async |tx: &Tx| {
            let activity = tx.get::<activity::Entity>(id).await?;
            let about = about(tx, &activity);
            see_people(tx, &about)?;
            let find = tx
                .find::<activity_signup::Entity>()
                .join(JoinType::InnerJoin, activity_signup::Relation::Member.def())
                .select_only()
                .column(Col::State)
                .column(Col::At)
                .column(Col::Id)
                .column(Col::MemberId)
                .columns([member::Column::Name, member::Column::NameInitials])
                .filter(Col::ActivityId.eq(id))
                .filter(Col::State.ne(SignupState::Withdrawn));
            let rows = reading.rows(find, &sorting(query.sort.unwrap_or_default())).await?;
            let members = rows.items.iter().map(|row| row.member_id);
            let mut present = presence::check_ins(tx, KIND, &[about], members).await?;
            let Rows { items, next_cursor, total } = rows.map(|row| dto::Participant {
                check_in: present.remove(&(id.uuid(), row.member_id)),
                member: MemberRef { id: row.member_id, name: row.name },
                state: row.state,
            });
            Ok(dto::ParticipantPage { items, next_cursor, total })
        })
        .await
}
