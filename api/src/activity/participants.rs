//! The people at an activity.

use chrono::{DateTime, Utc};
use entity::ids::{ActivityId, ActivitySignupId, MemberId};
use entity::kinds::SignupState;
use entity::{activity, activity_signup, member};
use sea_orm::{
    ColumnTrait, Condition, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};

use super::dto;
use super::may::see_people;
use super::occasion::{KIND, about};
use crate::http::{Page, Result};
use crate::member::dto::MemberRef;
use crate::presence;
use crate::tenancy::{Scope, Tx};

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
    type Key = (SignupState, DateTime<Utc>, ActivitySignupId);
    let page = Page::of(scope.seal("participants", &id)?, query.limit);
    let after = page.after::<Key>(query.cursor.as_deref())?;
    scope
        .read(async |tx: &Tx| {
            let activity = tx.get::<activity::Entity>(id).await?;
            let about = about(tx, &activity);
            see_people(tx, &about)?;
            let mut find = tx
                .find::<activity_signup::Entity>()
                .join(JoinType::InnerJoin, activity_signup::Relation::Member.def())
                .select_only()
                .column(Col::State)
                .column(Col::At)
                .column(Col::Id)
                .column(Col::MemberId)
                .column(member::Column::Name)
                .filter(Col::ActivityId.eq(id))
                .filter(Col::State.ne(SignupState::Withdrawn));
            if let Some((state, at, signup)) = after {
                find = find.filter(
                    Condition::any()
                        .add(Col::State.gt(state))
                        .add(Condition::all().add(Col::State.eq(state)).add(Col::At.gt(at)))
                        .add(
                            Condition::all()
                                .add(Col::State.eq(state))
                                .add(Col::At.eq(at))
                                .add(Col::Id.gt(signup)),
                        ),
                );
            }
            // `signed_up` sorts before `waiting`.
            let rows = find
                .order_by_asc(Col::State)
                .order_by_asc(Col::At)
                .order_by_asc(Col::Id)
                .limit(page.fetch())
                .into_tuple::<(SignupState, DateTime<Utc>, ActivitySignupId, MemberId, String)>()
                .all()
                .await?;
            let (rows, next_cursor) = page.cut(rows, |row| (row.0, row.1, row.2))?;
            let members = rows.iter().map(|row| row.3);
            let mut present = presence::check_ins(tx, KIND, &[about], members).await?;
            let items = rows
                .into_iter()
                .map(|(state, _, _, member, name)| dto::Participant {
                    member: MemberRef { id: member, name },
                    state,
                    check_in: present.remove(&(id.uuid(), member)),
                })
                .collect();
            Ok(dto::ParticipantPage { items, next_cursor })
        })
        .await
}
