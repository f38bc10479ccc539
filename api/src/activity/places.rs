//! Who has a place and who waits for one. All here is done under the lock of the activity's row.

use entity::ids::{ActivitySignupId, MemberId};
use entity::kinds::SignupState;
use entity::{activity, activity_signup};
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, NotSet, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait, Set,
};

use super::rules;
use crate::http::{ApiError, Code, Does, Result};
use crate::tenancy::Tx;

/// Where a person stands with an activity, and how many places are taken.
#[derive(Debug, FromQueryResult)]
struct Standing {
    id: Option<ActivitySignupId>,
    state: Option<SignupState>,
    /// Counted only where it matters: for one who has neither place nor number in the queue, where places are limited.
    taken: i64,
}

impl Standing {
    fn taken(&self) -> u64 {
        u64::try_from(self.taken).unwrap_or(0)
    }
}

async fn standing(tx: &Tx, activity: &activity::Model, member: MemberId) -> Result<Standing> {
    use activity_signup::Column as Col;
    let taken = if activity.capacity.is_some() {
        let places = tx
            .find::<activity_signup::Entity>()
            .select_only()
            .column_as(Col::Id.count(), "taken")
            .filter(Col::ActivityId.eq(activity.id))
            .filter(Col::State.eq(SignupState::SignedUp))
            .into_subquery();
        let has_one = Col::State.is_in([SignupState::SignedUp, SignupState::Waiting]);
        Expr::case(has_one, 0_i64).finally(Expr::from(places)).into()
    } else {
        Expr::val(0_i64)
    };
    let mine = activity_signup::Relation::Activity.def().rev().on_condition(move |_, signup| {
        Expr::col((signup, Col::MemberId)).eq(member).into_condition()
    });
    tx.find::<activity::Entity>()
        .join(JoinType::LeftJoin, mine)
        .select_only()
        .column(Col::Id)
        .column(Col::State)
        .expr_as(taken, "taken")
        .filter(activity::Column::Id.eq(activity.id))
        .into_model::<Standing>()
        .one()
        .await?
        .ok_or_else(|| ApiError::new(Code::NOT_FOUND))
}

/// Gives the member a place, or a place in the queue; whoever has one keeps it. One statement for one who has a place, two for anybody
/// else.
pub(super) async fn take_place(
    tx: &Tx,
    activity: &activity::Model,
    member: MemberId,
) -> Result<()> {
    let old = standing(tx, activity, member).await?;
    if rules::has_place(old.state) {
        return Ok(());
    }
    let state = if rules::free_places(activity.capacity, old.taken()) > 0 {
        SignupState::SignedUp
    } else {
        SignupState::Waiting
    };
    put(tx, activity, member, &old, state).await
}

/// Gives a member who has come a place, unless they have one. As many statements as [`take_place`].
///
/// # Errors
/// `activity_full`.
pub(super) async fn admit(tx: &Tx, activity: &activity::Model, member: MemberId) -> Result<()> {
    let old = standing(tx, activity, member).await?;
    match rules::admit(old.state, activity.capacity, old.taken())? {
        Does::Nothing => Ok(()),
        Does::Something => put(tx, activity, member, &old, SignupState::SignedUp).await,
    }
}

/// Writes where a member stands from now on who had neither place nor number in the queue.
async fn put(
    tx: &Tx,
    activity: &activity::Model,
    member: MemberId,
    old: &Standing,
    state: SignupState,
) -> Result<()> {
    match old.id {
        // Whoever comes back stands at the end of the queue.
        Some(id) => {
            tx.update(activity_signup::ActiveModel {
                tenant_id: Set(tx.tenant()),
                id: Set(id),
                state: Set(state),
                at: Set(tx.now()),
                ..Default::default()
            })
            .await?;
        }
        None => {
            tx.insert(activity_signup::ActiveModel {
                tenant_id: NotSet,
                id: Set(ActivitySignupId::new()),
                activity_id: Set(activity.id),
                member_id: Set(member),
                state: Set(state),
                at: Set(tx.now()),
                changed_at: NotSet,
            })
            .await?;
        }
    }
    Ok(())
}

/// Takes the member's place or number in the queue back; the first who waits moves up. Without either nothing happens.
pub(super) async fn give_back(tx: &Tx, activity: &activity::Model, member: MemberId) -> Result<()> {
    let given = tx
        .update_many::<activity_signup::Entity>()
        .col_expr(activity_signup::Column::State, Expr::value(SignupState::Withdrawn))
        .col_expr(activity_signup::Column::At, Expr::value(tx.now()))
        .filter(activity_signup::Column::ActivityId.eq(activity.id))
        .filter(activity_signup::Column::MemberId.eq(member))
        .filter(activity_signup::Column::State.ne(SignupState::Withdrawn))
        .exec()
        .await?;
    if given > 0 { move_up(tx, activity).await } else { Ok(()) }
}

/// Gives free places to those who have waited longest. The caller holds the lock of the activity's row.
pub(super) async fn move_up(tx: &Tx, activity: &activity::Model) -> Result<()> {
    let mut free = None;
    if activity.capacity.is_some() {
        let taken = tx
            .find::<activity_signup::Entity>()
            .filter(activity_signup::Column::ActivityId.eq(activity.id))
            .filter(activity_signup::Column::State.eq(SignupState::SignedUp))
            .count()
            .await?;
        let left = rules::free_places(activity.capacity, taken);
        if left == 0 {
            return Ok(());
        }
        free = Some(left);
    }
    let next: Vec<ActivitySignupId> = tx
        .find::<activity_signup::Entity>()
        .select_only()
        .column(activity_signup::Column::Id)
        .filter(activity_signup::Column::ActivityId.eq(activity.id))
        .filter(activity_signup::Column::State.eq(SignupState::Waiting))
        .order_by_asc(activity_signup::Column::At)
        .order_by_asc(activity_signup::Column::Id)
        .limit(free)
        .into_tuple()
        .all()
        .await?;
    if next.is_empty() {
        return Ok(());
    }
    tx.update_many::<activity_signup::Entity>()
        .col_expr(activity_signup::Column::State, Expr::value(SignupState::SignedUp))
        .filter(activity_signup::Column::Id.is_in(next))
        .exec()
        .await?;
    Ok(())
}
