//! Use cases of activities.

use std::collections::HashMap;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use entity::ids::{ActivityId, ActivitySignupId, GridId, MemberId, Points};
use entity::kinds::SignupState;
use entity::{activity, activity_signup, check_in, grid, member};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, JoinType, NotSet, Order, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait, Set,
};

use super::dto::{self, ListedPhase, MySignup};
use super::perm;
use super::rules::{self, Moment, Times};
use super::{acts, codes};
use crate::audit::{Record, record};
use crate::clock;
use crate::door;
use crate::grid::dto::GridRef;
use crate::http::{ApiError, Code, IdempotencyKey, IfMatch, Page, Result};
use crate::member::dto::MemberRef;
use crate::points;
use crate::tenancy::{Scope, Tx, beyond};

/// The times of an activity, for the rules.
#[must_use]
pub fn times(activity: &activity::Model) -> Times {
    Times {
        starts_at: activity.starts_at,
        ends_at: activity.ends_at,
        cancelled: activity.cancelled_at.is_some(),
    }
}

/// The rule by which an activity's minutes are counted: the one in force on the Beijing day of its start.
/// Points for one hour, and the cap; nothing before the township's first rule.
pub(crate) fn hour_rule(
    history: &points::RuleHistory,
    activity: &activity::Model,
) -> (Points, Option<Points>) {
    history
        .on(clock::beijing(activity.starts_at).date_naive())
        .map_or((Points::ZERO, None), |rule| (rule.points, rule.cap_per_activity))
}

/// Activities as the caller sees them, in the order given. A fixed number of statements, however many they are.
///
/// # Errors
/// Those of the database.
pub async fn views(tx: &Tx, activities: Vec<activity::Model>) -> Result<Vec<dto::Activity>> {
    if activities.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ActivityId> = activities.iter().map(|activity| activity.id).collect();
    let places: HashMap<(ActivityId, SignupState), i64> = tx
        .find::<activity_signup::Entity>()
        .select_only()
        .column(activity_signup::Column::ActivityId)
        .column(activity_signup::Column::State)
        .column_as(activity_signup::Column::Id.count(), "people")
        .filter(activity_signup::Column::ActivityId.is_in(ids.clone()))
        .filter(activity_signup::Column::State.ne(SignupState::Withdrawn))
        .group_by(activity_signup::Column::ActivityId)
        .group_by(activity_signup::Column::State)
        .into_tuple::<(ActivityId, SignupState, i64)>()
        .all()
        .await?
        .into_iter()
        .map(|(id, state, people)| ((id, state), people))
        .collect();
    let present: HashMap<ActivityId, i64> = tx
        .find::<check_in::Entity>()
        .select_only()
        .column(check_in::Column::ActivityId)
        .column_as(check_in::Column::Id.count(), "people")
        .filter(check_in::Column::ActivityId.is_in(ids.clone()))
        .group_by(check_in::Column::ActivityId)
        .into_tuple::<(ActivityId, i64)>()
        .all()
        .await?
        .into_iter()
        .collect();
    let (mut my_signups, mut my_check_ins) = (HashMap::new(), HashMap::new());
    if let Some(me) = tx.member() {
        my_signups = tx
            .find::<activity_signup::Entity>()
            .filter(activity_signup::Column::ActivityId.is_in(ids.clone()))
            .filter(activity_signup::Column::MemberId.eq(me))
            .all()
            .await?
            .into_iter()
            .map(|row| (row.activity_id, row.state))
            .collect();
        my_check_ins = tx
            .find::<check_in::Entity>()
            .filter(check_in::Column::ActivityId.is_in(ids))
            .filter(check_in::Column::MemberId.eq(me))
            .all()
            .await?
            .into_iter()
            .map(|row| (row.activity_id, row))
            .collect();
    }
    let grids: Vec<GridId> = activities.iter().filter_map(|activity| activity.grid_id).collect();
    let grids = crate::grid::names(tx, &grids).await?;
    let stewards: Vec<MemberId> =
        activities.iter().filter_map(|activity| activity.steward_id).collect();
    let stewards = crate::member::names(tx, &stewards).await?;
    let history = points::rule_history(tx, points::rules::ACTIVITY_HOUR).await?;
    let now = tx.now();

    let people =
        |count: Option<&i64>| count.map_or(0, |people| u64::try_from(*people).unwrap_or(0));
    Ok(activities
        .into_iter()
        .map(|activity| {
            let times = times(&activity);
            let moment = times.moment(now);
            let (per_hour, cap) = hour_rule(&history, &activity);
            dto::Activity {
                grid: activity
                    .grid_id
                    .and_then(|id| grids.get(&id).map(|name| GridRef { id, name: name.clone() })),
                steward: activity.steward_id.and_then(|id| {
                    stewards.get(&id).map(|name| MemberRef { id, name: name.clone() })
                }),
                starts_at: clock::beijing(activity.starts_at),
                ends_at: clock::beijing(activity.ends_at),
                phase: moment.into(),
                signed_up: people(places.get(&(activity.id, SignupState::SignedUp))),
                waiting: people(places.get(&(activity.id, SignupState::Waiting))),
                checked_in: people(present.get(&activity.id)),
                points_to_come: times.worth(per_hour, cap).amount,
                mine: dto::MyActivity {
                    state: match my_signups.get(&activity.id) {
                        Some(SignupState::SignedUp) => MySignup::SignedUp,
                        Some(SignupState::Waiting) => MySignup::Waiting,
                        Some(SignupState::Withdrawn) | None => MySignup::None,
                    },
                    check_in: my_check_ins
                        .remove(&activity.id)
                        .map(|row| check_in_view(row, &activity.title, &activity.place)),
                },
                may: dto::ActivityMay {
                    steward: tx.has(perm::ACTIVITY_STEWARD) && is_steward(tx, &activity),
                    manage: tx.has(perm::ACTIVITY_MANAGE)
                        && matches!(moment, Moment::Upcoming | Moment::Running),
                },
                id: activity.id,
                title: activity.title,
                description: activity.description,
                place: activity.place,
                capacity: activity.capacity,
                cancel_reason: activity.cancel_reason,
                version: activity.version,
            }
        })
        .collect())
}

/// One activity as the caller sees it.
///
/// # Errors
/// Those of the database.
pub async fn view(tx: &Tx, activity: activity::Model) -> Result<dto::Activity> {
    views(tx, vec![activity])
        .await?
        .pop()
        .ok_or_else(|| ApiError::internal("a view of one activity is one activity"))
}

/// A check-in as it is shown.
#[must_use]
pub fn check_in_view(row: check_in::Model, title: &str, place: &str) -> dto::CheckIn {
    dto::CheckIn {
        id: row.id,
        activity_id: row.activity_id,
        activity_title: title.to_owned(),
        place: place.to_owned(),
        checked_in_at: clock::beijing(row.checked_in_at),
        checked_out_at: row.checked_out_at.map(clock::beijing),
        minutes: row.minutes,
        points: row.points,
    }
}

/// Whether the caller looks after this activity: as its steward, or from the office.
#[must_use]
pub fn is_steward(tx: &Tx, activity: &activity::Model) -> bool {
    tx.has(perm::ACTIVITY_MANAGE)
        || (activity.steward_id.is_some() && activity.steward_id == tx.member())
}

/// A page of activities.
///
/// # Errors
/// `invalid_cursor`.
pub async fn list(scope: &Scope, query: dto::ListActivities) -> Result<dto::ActivityPage> {
    let page = Page::of(scope.seal("activities", &query)?, query.limit);
    let after = page.after::<(DateTime<Utc>, ActivityId)>(query.cursor.as_deref())?;
    let mine = query.mine.unwrap_or(false);
    scope
        .read(async |tx: &Tx| {
            use activity::Column as Col;
            let now = tx.now();
            let mut find = tx.find::<activity::Entity>();
            if query.phase.is_some() {
                find = find.filter(Col::CancelledAt.is_null());
            }
            find = match query.phase {
                None => find,
                Some(ListedPhase::Upcoming) => find.filter(Col::StartsAt.gt(now)),
                Some(ListedPhase::Running) => {
                    find.filter(Col::StartsAt.lte(now)).filter(Col::EndsAt.gt(now))
                }
                Some(ListedPhase::Ended) => find.filter(Col::EndsAt.lte(now)),
            };
            if let Some(day) = query.on {
                let (from, to) = clock::day(day.date());
                find = find
                    .filter(Col::CancelledAt.is_null())
                    .filter(Col::StartsAt.lt(to))
                    .filter(Col::EndsAt.gt(from));
            }
            if mine {
                let Some(me) = tx.member() else {
                    return Ok(dto::ActivityPage { items: Vec::new(), next_cursor: None });
                };
                let signed_up = tx
                    .find::<activity_signup::Entity>()
                    .select_only()
                    .column(activity_signup::Column::ActivityId)
                    .filter(activity_signup::Column::MemberId.eq(me))
                    .filter(activity_signup::Column::State.ne(SignupState::Withdrawn));
                find = find.filter(
                    Condition::any()
                        .add(Col::StewardId.eq(me))
                        .add(Col::Id.in_subquery(signed_up.into_subquery())),
                );
            }
            let latest_first =
                query.on.is_none() && matches!(query.phase, None | Some(ListedPhase::Ended));
            let order = if latest_first { Order::Desc } else { Order::Asc };
            if let Some(key) = after {
                find = find.filter(beyond([Col::StartsAt, Col::Id], key, &order));
            }
            find = find.order_by(Col::StartsAt, order.clone()).order_by(Col::Id, order);
            let rows = find.limit(page.fetch()).all().await?;
            let (rows, next_cursor) = page.cut(rows, |row| (row.starts_at, row.id))?;
            Ok(dto::ActivityPage { items: views(tx, rows).await?, next_cursor })
        })
        .await
}

/// One activity.
///
/// # Errors
/// `not_found`.
pub async fn get(scope: &Scope, id: ActivityId) -> Result<dto::Activity> {
    scope.read(async |tx: &Tx| view(tx, tx.get::<activity::Entity>(id).await?).await).await
}

/// Times as they are kept, to the second.
fn second(at: door::Moment) -> DateTime<Utc> {
    let at = at.utc();
    at.duration_trunc(TimeDelta::seconds(1)).unwrap_or(at)
}

fn check_times(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Result<()> {
    if ends_at <= starts_at {
        return Err(ApiError::invalid("ends_at", "须晚于开始时间", "must be after the start"));
    }
    if ends_at - starts_at > TimeDelta::days(rules::LONGEST_DAYS) {
        return Err(ApiError::invalid(
            "ends_at",
            format!("一次活动最长 {} 天", rules::LONGEST_DAYS),
            format!("an activity lasts {} days at most", rules::LONGEST_DAYS),
        ));
    }
    Ok(())
}

async fn check_steward(tx: &Tx, steward: Option<MemberId>) -> Result<()> {
    if let Some(id) = steward
        && tx.try_get::<member::Entity>(id).await?.is_none()
    {
        return Err(ApiError::invalid("steward_id", "没有这个人员", "there is no such member"));
    }
    Ok(())
}

/// Publishes an activity.
///
/// # Errors
/// `validation_failed` for times out of order, in the past (unless the system itself records what was), or for a grid
/// or a steward that the township does not have.
pub async fn create(
    scope: &Scope,
    key: IdempotencyKey,
    input: dto::CreateActivity,
) -> Result<dto::Activity> {
    let fingerprint = input.clone();
    scope
        .write_once(key, "create_activity", &fingerprint, async move |tx: &Tx| {
            let activity = insert(tx, input).await?;
            let entry = Record::of(acts::CREATE).on("activity", activity.id);
            record(tx, entry.with("title", &activity.title).with("starts_at", activity.starts_at))
                .await?;
            view(tx, activity).await
        })
        .await
}

/// Publishes an activity in the caller's transaction.
///
/// # Errors
/// As [`create`].
pub async fn insert(tx: &Tx, input: dto::CreateActivity) -> Result<activity::Model> {
    let (starts_at, ends_at) = (second(input.starts_at), second(input.ends_at));
    check_times(starts_at, ends_at)?;
    if ends_at <= tx.now() && tx.actor().is_some() {
        return Err(ApiError::invalid("ends_at", "不能早于现在", "must not lie in the past"));
    }
    if let Some(id) = input.grid_id
        && tx.try_get::<grid::Entity>(id).await?.is_none()
    {
        return Err(ApiError::invalid("grid_id", "没有这个网格", "there is no such grid"));
    }
    check_steward(tx, input.steward_id).await?;
    tx.insert(activity::ActiveModel {
        tenant_id: NotSet,
        id: Set(ActivityId::new()),
        title: Set(input.title.trim().to_owned()),
        description: Set(input.description.unwrap_or_default().into_inner()),
        grid_id: Set(input.grid_id),
        place: Set(input.place.trim().to_owned()),
        starts_at: Set(starts_at),
        ends_at: Set(ends_at),
        capacity: Set(input.capacity),
        steward_id: Set(input.steward_id),
        cancelled_at: Set(None),
        cancel_reason: Set(None),
        code_secret: Set(rand::random::<[u8; 32]>().to_vec()),
        created_at: Set(tx.now()),
        version: Set(1),
    })
    .await
}

/// Changes an activity.
///
/// # Errors
/// `precondition_failed`, `activity_cancelled`, `state_conflict` after its end or for the start of a running one,
/// `validation_failed`.
pub async fn update(
    scope: &Scope,
    id: ActivityId,
    if_match: IfMatch,
    input: dto::UpdateActivity,
) -> Result<dto::Activity> {
    scope
        .write(async move |tx: &Tx| {
            let old = tx.get_locked::<activity::Entity>(id).await?;
            if_match.check(old.version)?;
            let now = tx.now();
            let moment = times(&old).moment(now);
            changeable(moment)?;
            let starts_at = input.starts_at.map_or(old.starts_at, second);
            let ends_at = input.ends_at.map_or(old.ends_at, second);
            if moment == Moment::Running && starts_at != old.starts_at {
                return Err(ApiError::new(Code::STATE_CONFLICT).detail(
                    "活动已经开始，不能再改开始时间",
                    "The activity has begun; its start stays",
                ));
            }
            check_times(starts_at, ends_at)?;
            if ends_at != old.ends_at && ends_at < now {
                return Err(ApiError::invalid(
                    "ends_at",
                    "不能早于现在",
                    "must not lie in the past",
                ));
            }
            if let Some(steward) = input.steward_id {
                check_steward(tx, steward).await?;
            }
            let trimmed = |text: String| text.trim().to_owned();
            let before = old.clone();
            let activity = tx
                .update(activity::ActiveModel {
                    tenant_id: Set(tx.tenant()),
                    id: Set(id),
                    title: Set(input.title.map_or(old.title, trimmed)),
                    description: Set(input.description.map_or(old.description, String::from)),
                    place: Set(input.place.map_or(old.place, trimmed)),
                    starts_at: Set(starts_at),
                    ends_at: Set(ends_at),
                    capacity: Set(input.capacity.unwrap_or(old.capacity)),
                    steward_id: Set(input.steward_id.unwrap_or(old.steward_id)),
                    version: Set(old.version + 1),
                    ..Default::default()
                })
                .await?;
            let entry = Record::of(acts::UPDATE)
                .on("activity", id)
                .changed("title", Some(&before.title), Some(&activity.title))
                .changed("place", Some(&before.place), Some(&activity.place))
                .changed("starts_at", Some(before.starts_at), Some(activity.starts_at))
                .changed("ends_at", Some(before.ends_at), Some(activity.ends_at))
                .changed("capacity", before.capacity, activity.capacity)
                .changed("steward_id", before.steward_id, activity.steward_id);
            let described = before.description != activity.description;
            record(tx, if described { entry.touched("description") } else { entry }).await?;
            move_up(tx, &activity).await?;
            view(tx, activity).await
        })
        .await
}

fn changeable(moment: Moment) -> Result<()> {
    match moment {
        Moment::Upcoming | Moment::Running => Ok(()),
        Moment::Cancelled => Err(ApiError::new(codes::ACTIVITY_CANCELLED)),
        Moment::Ended => Err(ApiError::new(Code::STATE_CONFLICT)
            .detail("活动已经结束，不能再改", "The activity has ended and stays as it was")),
    }
}

/// Calls an activity off. Once is as good as twice; the first reason stays.
///
/// # Errors
/// `state_conflict` after its end, or when somebody has checked in.
pub async fn cancel(
    scope: &Scope,
    id: ActivityId,
    input: dto::CancelActivity,
) -> Result<dto::Activity> {
    scope
        .write(async move |tx: &Tx| {
            let old = tx.get_locked::<activity::Entity>(id).await?;
            if old.cancelled_at.is_some() {
                return view(tx, old).await;
            }
            changeable(times(&old).moment(tx.now()))?;
            let present = tx
                .find::<check_in::Entity>()
                .filter(check_in::Column::ActivityId.eq(id))
                .count()
                .await?;
            if present > 0 {
                return Err(ApiError::new(Code::STATE_CONFLICT).detail(
                    format!("已有 {present} 人签到，不能取消；可以提前结束时间"),
                    format!("{present} people have checked in; move the end forward instead"),
                ));
            }
            let activity = tx
                .update(activity::ActiveModel {
                    tenant_id: Set(tx.tenant()),
                    id: Set(id),
                    cancelled_at: Set(Some(tx.now())),
                    cancel_reason: Set(Some(input.reason.into_inner())),
                    version: Set(old.version + 1),
                    ..Default::default()
                })
                .await?;
            let entry = Record::of(acts::CANCEL).on("activity", id);
            record(tx, entry.for_purpose(activity.cancel_reason.as_deref().unwrap_or_default()))
                .await?;
            view(tx, activity).await
        })
        .await
}

/// The caller's member, for what only people on the roster do.
///
/// # Errors
/// `no_member`.
pub fn acting_member(tx: &Tx) -> Result<MemberId> {
    tx.member().ok_or_else(|| ApiError::new(Code::NO_MEMBER))
}

fn open_for_sign_up(activity: &activity::Model, now: DateTime<Utc>) -> Result<()> {
    if activity.cancelled_at.is_some() {
        return Err(ApiError::new(codes::ACTIVITY_CANCELLED));
    }
    if times(activity).sign_up_open(now) {
        Ok(())
    } else {
        Err(ApiError::new(Code::STATE_CONFLICT).detail("活动已经结束", "The activity has ended"))
    }
}

/// Signs the caller up: a place, or the end of the waiting list.
///
/// # Errors
/// `no_member`, `activity_cancelled`, `state_conflict` after the end.
pub async fn sign_up(scope: &Scope, key: IdempotencyKey, id: ActivityId) -> Result<dto::Activity> {
    scope
        .write_once(key, "sign_up", &id, async move |tx: &Tx| {
            let me = acting_member(tx)?;
            let activity = tx.get_locked::<activity::Entity>(id).await?;
            open_for_sign_up(&activity, tx.now())?;
            take_place(tx, &activity, me).await?;
            view(tx, activity).await
        })
        .await
}

async fn signup_of(
    tx: &Tx,
    activity: ActivityId,
    member: MemberId,
) -> Result<Option<activity_signup::Model>> {
    tx.find::<activity_signup::Entity>()
        .filter(activity_signup::Column::ActivityId.eq(activity))
        .filter(activity_signup::Column::MemberId.eq(member))
        .one()
        .await
}

async fn people(tx: &Tx, activity: ActivityId, state: SignupState) -> Result<u64> {
    tx.find::<activity_signup::Entity>()
        .filter(activity_signup::Column::ActivityId.eq(activity))
        .filter(activity_signup::Column::State.eq(state))
        .count()
        .await
}

/// Gives the member a place, or a place in the queue; whoever has one keeps it. Says which it is.
/// The caller holds the lock of the activity's row.
///
/// # Errors
/// Those of the database.
pub async fn take_place(
    tx: &Tx,
    activity: &activity::Model,
    member: MemberId,
) -> Result<SignupState> {
    let old = signup_of(tx, activity.id, member).await?;
    if let Some(old) = &old
        && old.state != SignupState::Withdrawn
    {
        return Ok(old.state);
    }
    let taken = people(tx, activity.id, SignupState::SignedUp).await?;
    let state = if rules::free_places(activity.capacity, taken) > 0 {
        SignupState::SignedUp
    } else {
        SignupState::Waiting
    };
    match old {
        // Whoever comes back stands at the end of the queue.
        Some(old) => {
            tx.update(activity_signup::ActiveModel {
                tenant_id: Set(tx.tenant()),
                id: Set(old.id),
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
            })
            .await?;
        }
    }
    Ok(state)
}

/// Gives free places to those who have waited longest. The caller holds the lock of the activity's row.
async fn move_up(tx: &Tx, activity: &activity::Model) -> Result<()> {
    let taken = people(tx, activity.id, SignupState::SignedUp).await?;
    let free = rules::free_places(activity.capacity, taken);
    if free == 0 {
        return Ok(());
    }
    let mut waiting = tx
        .find::<activity_signup::Entity>()
        .select_only()
        .column(activity_signup::Column::Id)
        .filter(activity_signup::Column::ActivityId.eq(activity.id))
        .filter(activity_signup::Column::State.eq(SignupState::Waiting))
        .order_by_asc(activity_signup::Column::At)
        .order_by_asc(activity_signup::Column::Id);
    if activity.capacity.is_some() {
        waiting = waiting.limit(free);
    }
    let next: Vec<ActivitySignupId> = waiting.into_tuple().all().await?;
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

/// Gives the caller's place back; the first who waits moves up. Without a place nothing happens.
///
/// # Errors
/// `no_member`, `activity_cancelled`, `state_conflict` after the end or after checking in.
pub async fn withdraw(scope: &Scope, id: ActivityId) -> Result<dto::Activity> {
    scope
        .write(async move |tx: &Tx| {
            let me = acting_member(tx)?;
            let activity = tx.get_locked::<activity::Entity>(id).await?;
            open_for_sign_up(&activity, tx.now())?;
            let present = tx
                .find::<check_in::Entity>()
                .filter(check_in::Column::ActivityId.eq(id))
                .filter(check_in::Column::MemberId.eq(me))
                .count()
                .await?;
            if present > 0 {
                return Err(ApiError::new(Code::STATE_CONFLICT).detail(
                    "已经签到，不能再取消报名",
                    "Checked in already; the place is taken up",
                ));
            }
            if let Some(signup) = signup_of(tx, id, me).await?
                && signup.state != SignupState::Withdrawn
            {
                tx.update(activity_signup::ActiveModel {
                    tenant_id: Set(tx.tenant()),
                    id: Set(signup.id),
                    state: Set(SignupState::Withdrawn),
                    at: Set(tx.now()),
                    ..Default::default()
                })
                .await?;
                move_up(tx, &activity).await?;
            }
            view(tx, activity).await
        })
        .await
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
    type Key = (SignupState, DateTime<Utc>, ActivitySignupId);
    let page = Page::of(scope.seal("participants", &id)?, query.limit);
    let after = page.after::<Key>(query.cursor.as_deref())?;
    scope
        .read(async |tx: &Tx| {
            let activity = tx.get::<activity::Entity>(id).await?;
            if !is_steward(tx, &activity) && !tx.has(perm::ACTIVITY_READ_PEOPLE) {
                return Err(ApiError::new(codes::NOT_STEWARD));
            }
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
            let mut present: HashMap<MemberId, check_in::Model> = tx
                .find::<check_in::Entity>()
                .filter(check_in::Column::ActivityId.eq(id))
                .filter(check_in::Column::MemberId.is_in(rows.iter().map(|row| row.3)))
                .all()
                .await?
                .into_iter()
                .map(|row| (row.member_id, row))
                .collect();
            let items = rows
                .into_iter()
                .map(|(state, _, _, id, name)| dto::Participant {
                    check_in: present
                        .remove(&id)
                        .map(|row| check_in_view(row, &activity.title, &activity.place)),
                    member: MemberRef { id, name },
                    state,
                })
                .collect();
            Ok(dto::ParticipantPage { items, next_cursor })
        })
        .await
}
