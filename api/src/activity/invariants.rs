//! What always holds of activities.

use std::collections::BTreeMap;

use entity::ids::ActivityId;
use entity::kinds::SignupState;
use entity::{activity, activity_signup};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};
use uuid::Uuid;

use super::occasion::KIND;
use super::rules::free_places;
use crate::http::Result;
use crate::invariant::{Invariant, Span};
use crate::presence;
use crate::tenancy::Tx;

/// What is promised of activities.
pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "AC1",
        zh: "有空余名额时无人候补",
        en: "Nobody waits while a place is free",
        broken: |tx, span| Box::pin(waiting_in_vain(tx, span)),
    },
    Invariant {
        id: "AC2",
        zh: "有人签到的活动不被取消",
        en: "Nobody has checked in at what was called off",
        broken: |tx, span| Box::pin(called_off(tx, span)),
    },
];

async fn waiting_in_vain(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use activity_signup::Column as Signup;
    // Nobody joins, leaves or changes what is over; who does it all the same leaves a moment.
    let lately =
        Condition::any().add(span.since(activity::Column::EndsAt)).add(span.since(Signup::At));
    let waited_for = tx
        .find::<activity_signup::Entity>()
        .join(JoinType::InnerJoin, activity_signup::Relation::Activity.def())
        .select_only()
        .column(Signup::ActivityId)
        .filter(lately)
        .filter(Signup::State.eq(SignupState::Waiting));
    let counts: Vec<(ActivityId, Option<i32>, SignupState, i64)> = tx
        .find::<activity_signup::Entity>()
        .join(JoinType::InnerJoin, activity_signup::Relation::Activity.def())
        .select_only()
        .column(Signup::ActivityId)
        .column(activity::Column::Capacity)
        .column(Signup::State)
        .expr(Signup::Id.count())
        .filter(Signup::ActivityId.in_subquery(waited_for.into_subquery()))
        .filter(activity::Column::CancelledAt.is_null())
        .group_by(Signup::ActivityId)
        .group_by(activity::Column::Capacity)
        .group_by(Signup::State)
        .into_tuple()
        .all()
        .await?;
    let mut taken: BTreeMap<ActivityId, (Option<i32>, u64)> = BTreeMap::new();
    for (id, capacity, state, people) in counts {
        let (_, taken) = taken.entry(id).or_insert((capacity, 0));
        if state == SignupState::SignedUp {
            *taken = u64::try_from(people).unwrap_or_default();
        }
    }
    let free =
        taken.into_iter().filter(|(_, (capacity, taken))| free_places(*capacity, *taken) > 0);
    Ok(free.map(|(id, _)| format!("activity {id} has a free place and a queue")).collect())
}

async fn called_off(tx: &Tx, span: Span) -> Result<Vec<String>> {
    // Nobody checks in at what is over.
    let lately = Condition::any()
        .add(span.since(activity::Column::CancelledAt))
        .add(span.since(activity::Column::EndsAt));
    let cancelled: Vec<Uuid> = tx
        .find::<activity::Entity>()
        .select_only()
        .column(activity::Column::Id)
        .filter(lately)
        .filter(activity::Column::CancelledAt.is_not_null())
        .order_by_asc(activity::Column::Id)
        .into_tuple()
        .all()
        .await?;
    let mut wrong = Vec::new();
    for cancelled in cancelled.chunks(500) {
        let came = presence::counts(tx, KIND, cancelled.iter().copied()).await?;
        wrong.extend(
            came.into_keys()
                .map(|id| format!("activity {id} was called off and people were there")),
        );
    }
    Ok(wrong)
}
