//! Use cases of check-in and check-out.

use chrono::{DateTime, Utc};
use entity::ids::{ActivityId, CheckInId, MemberId, Points};
use entity::kinds::{PostingSourceKind, SignupState};
use entity::{activity, check_in};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, NotSet, Order, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait, Set,
};

use super::code::{self, Refused};
use super::codes;
use super::dto::{self, CodeAction};
use crate::activity::rules::CheckInWindow;
use crate::activity::service as activities;
use crate::auth::{Shower, Throttle};
use crate::clock;
use crate::http::{ApiError, Code, IdempotencyKey, Page, Result};
use crate::points;
use crate::tenancy::{Scope, Tx, beyond};

/// Least width and height of the QR picture; it scales, being SVG.
const PICTURE_PIXELS: u32 = 320;

/// The code to show at the place now, with its picture. `origin` is the address under which the caller reached this
/// server, as `https://host`: a phone at the same place reaches it there too.
///
/// # Errors
/// `not_found`, `not_steward`, `activity_cancelled`, `check_in_closed` once nobody can check out any more.
pub async fn show(scope: &Scope, id: ActivityId, origin: &str) -> Result<dto::CheckInCode> {
    let (activity, now) = scope
        .read(async |tx: &Tx| {
            let activity = tx.get::<activity::Entity>(id).await?;
            if !activities::is_steward(tx, &activity) {
                return Err(ApiError::new(crate::activity::codes::NOT_STEWARD));
            }
            Ok((activity, tx.now()))
        })
        .await?;
    if activity.cancelled_at.is_some() {
        return Err(ApiError::new(crate::activity::codes::ACTIVITY_CANCELLED));
    }
    if !activities::times(&activity).check_out_open(now) {
        return Err(check_out_over());
    }
    let code = code::make(&activity.code_secret, activity.tenant_id.uuid(), id.uuid(), now);
    let url = format!("/c/{code}");
    Ok(dto::CheckInCode {
        svg: picture(&format!("{origin}{url}"))?,
        url,
        code,
        valid_until: clock::beijing(code::shown_until(now)),
        rotates_every: code::WINDOW_SECONDS,
    })
}

fn picture(address: &str) -> Result<String> {
    let code =
        QrCode::with_error_correction_level(address, EcLevel::M).map_err(ApiError::internal)?;
    let picture = code
        .render::<svg::Color<'_>>()
        .min_dimensions(PICTURE_PIXELS, PICTURE_PIXELS)
        .quiet_zone(true)
        .build();
    // Without the XML declaration the picture can stand inside a page.
    Ok(picture.find("<svg").and_then(|start| picture.get(start..)).unwrap_or(&picture).to_owned())
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self::new(match refused {
            Refused::Forged => codes::CHECK_IN_CODE_INVALID,
            Refused::Expired => codes::CHECK_IN_CODE_EXPIRED,
        })
    }
}

/// Counts a code that nobody made for the account that shows it: beyond a hundred it is answered 429. Genuine codes
/// pass whatever was counted.
pub fn counted<T>(scope: &Scope, outcome: Result<T>) -> Result<T> {
    if let Err(error) = &outcome
        && error.code() == codes::CHECK_IN_CODE_INVALID
        && let (Some(throttle), Some(account)) = (scope.shared::<Throttle>(), scope.actor())
    {
        throttle.wrong_secret("check-in code", Shower::Account(account))?;
    }
    outcome
}

/// Whether the caller locks the activity's row while it is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lock {
    No,
    Yes,
}

/// The activity of a genuine code whose time is not over.
async fn activity_of_code(tx: &Tx, text: &str, lock: Lock) -> Result<activity::Model> {
    let parsed = code::parse(text)?;
    // Another township's code is told nothing that a forged one is not told.
    if parsed.tenant != tx.tenant().uuid() {
        return Err(Refused::Forged.into());
    }
    let mut find = tx.find::<activity::Entity>().filter(activity::Column::Id.eq(parsed.activity));
    if lock == Lock::Yes {
        find = find.locked();
    }
    let activity = find.one().await?.ok_or(Refused::Forged)?;
    parsed.check(&activity.code_secret, tx.now())?;
    Ok(activity)
}

async fn check_in_of(
    tx: &Tx,
    activity: ActivityId,
    member: MemberId,
) -> Result<Option<check_in::Model>> {
    tx.find::<check_in::Entity>()
        .filter(check_in::Column::ActivityId.eq(activity))
        .filter(check_in::Column::MemberId.eq(member))
        .one()
        .await
}

fn check_in_open(activity: &activity::Model, now: DateTime<Utc>) -> Result<()> {
    if activity.cancelled_at.is_some() {
        return Err(ApiError::new(crate::activity::codes::ACTIVITY_CANCELLED));
    }
    match activities::times(activity).check_in(now) {
        CheckInWindow::Open => Ok(()),
        CheckInWindow::NotYet(opens) => {
            let opens = clock::beijing(opens).format("%m-%d %H:%M");
            Err(ApiError::new(codes::CHECK_IN_CLOSED).detail(
                format!("签到从 {opens} 开始"),
                format!("Check-in opens at {opens} (Beijing time)"),
            ))
        }
        CheckInWindow::Over => {
            Err(ApiError::new(codes::CHECK_IN_CLOSED)
                .detail("活动已经结束", "The activity has ended"))
        }
    }
}

fn check_out_over() -> ApiError {
    ApiError::new(codes::CHECK_IN_CLOSED).detail(
        "活动结束已超过 12 小时，不能再签退",
        "The activity ended more than 12 hours ago; check-out is over",
    )
}

/// What a scanned code says to the caller.
///
/// # Errors
/// `no_member`, `check_in_code_invalid`, `check_in_code_expired`, `activity_cancelled`, `check_in_closed`.
pub async fn read(scope: &Scope, text: &str) -> Result<dto::CodeReading> {
    scope
        .read(async |tx: &Tx| {
            let me = activities::acting_member(tx)?;
            let activity = activity_of_code(tx, text, Lock::No).await?;
            let now = tx.now();
            let times = activities::times(&activity);
            let history = points::rule_history(tx, points::rules::ACTIVITY_HOUR).await?;
            let (per_hour, cap) = activities::hour_rule(&history, &activity);
            let (action, points_to_come) = match check_in_of(tx, activity.id, me).await? {
                None => {
                    check_in_open(&activity, now)?;
                    let stay = times.earned(now, times.ends_at, per_hour, cap);
                    (CodeAction::CheckIn, stay.amount)
                }
                Some(row) if row.checked_out_at.is_none() => {
                    if !times.check_out_open(now) {
                        return Err(check_out_over());
                    }
                    let leave = times.earned(row.checked_in_at, now, per_hour, cap);
                    (CodeAction::CheckOut, leave.amount)
                }
                Some(_) => (CodeAction::Done, Points::ZERO),
            };
            let activity = activities::view(tx, activity).await?;
            Ok(dto::CodeReading { activity, action, points_to_come })
        })
        .await
}

/// Checks the caller in; one who had not signed up gets a free place on the spot.
///
/// # Errors
/// `no_member`, `check_in_code_invalid`, `check_in_code_expired`, `activity_cancelled`, `check_in_closed`,
/// `activity_full`.
pub async fn check_in(
    scope: &Scope,
    key: IdempotencyKey,
    input: dto::ScannedCode,
) -> Result<dto::Arrival> {
    let fingerprint = input.clone();
    scope
        .write_once(key, "check_in", &fingerprint, async move |tx: &Tx| {
            let me = activities::acting_member(tx)?;
            let activity = activity_of_code(tx, &input.code, Lock::Yes).await?;
            let (row, fresh) = match check_in_of(tx, activity.id, me).await? {
                Some(row) => (row, false),
                None => (arrive(tx, &activity, me).await?, true),
            };
            let check_in = activities::check_in_view(row, &activity.title, &activity.place);
            Ok(dto::Arrival { fresh, check_in })
        })
        .await
}

async fn arrive(tx: &Tx, activity: &activity::Model, member: MemberId) -> Result<check_in::Model> {
    let now = tx.now();
    check_in_open(activity, now)?;
    if activities::take_place(tx, activity, member).await? != SignupState::SignedUp {
        return Err(ApiError::new(crate::activity::codes::ACTIVITY_FULL));
    }
    tx.insert(check_in::ActiveModel {
        tenant_id: NotSet,
        id: Set(CheckInId::new()),
        activity_id: Set(activity.id),
        member_id: Set(member),
        checked_in_at: Set(now),
        checked_out_at: Set(None),
        minutes: Set(None),
        points: Set(None),
    })
    .await
}

/// Checks the caller out and posts the points. Repeated, it answers the same.
///
/// # Errors
/// `not_found` for anybody's check-in but one's own, `check_in_code_invalid` (also for another activity's code),
/// `check_in_code_expired`, `check_in_closed`.
pub async fn check_out(
    scope: &Scope,
    id: CheckInId,
    input: dto::ScannedCode,
) -> Result<dto::CheckIn> {
    scope
        .write(async move |tx: &Tx| {
            let me = activities::acting_member(tx)?;
            let seen = own(tx, id, me).await?;
            let activity = tx.get_locked::<activity::Entity>(seen.activity_id).await?;
            // Read again under the lock: another request may have closed it meanwhile.
            let row = own(tx, id, me).await?;
            if row.checked_out_at.is_some() {
                return Ok(activities::check_in_view(row, &activity.title, &activity.place));
            }
            let parsed = code::parse(&input.code)?;
            if parsed.tenant != tx.tenant().uuid() || parsed.activity != activity.id.uuid() {
                return Err(Refused::Forged.into());
            }
            let now = tx.now();
            parsed.check(&activity.code_secret, now)?;
            let row = leave(tx, &activity, row, now).await?;
            Ok(activities::check_in_view(row, &activity.title, &activity.place))
        })
        .await
}

async fn own(tx: &Tx, id: CheckInId, me: MemberId) -> Result<check_in::Model> {
    let row = tx.get::<check_in::Entity>(id).await?;
    if row.member_id == me { Ok(row) } else { Err(ApiError::new(Code::NOT_FOUND)) }
}

/// Closes the time of a check-in at `left` and posts what it was worth. The caller holds the lock of the activity.
async fn leave(
    tx: &Tx,
    activity: &activity::Model,
    row: check_in::Model,
    left: DateTime<Utc>,
) -> Result<check_in::Model> {
    let times = activities::times(activity);
    if !times.check_out_open(left) {
        return Err(check_out_over());
    }
    let history = points::rule_history(tx, points::rules::ACTIVITY_HOUR).await?;
    let (per_hour, cap) = activities::hour_rule(&history, activity);
    let minutes = times.counted_minutes(row.checked_in_at, left);
    let earned = points::rules::for_minutes(minutes, per_hour, cap);
    let closed = tx
        .update(check_in::ActiveModel {
            tenant_id: Set(tx.tenant()),
            id: Set(row.id),
            checked_out_at: Set(Some(left)),
            minutes: Set(Some(minutes)),
            points: Set(Some(earned.amount)),
            ..Default::default()
        })
        .await?;
    points::post(
        tx,
        points::Post {
            source_kind: PostingSourceKind::CheckIn,
            source_id: row.id.uuid(),
            rule: points::rules::ACTIVITY_HOUR.to_owned(),
            reason: points::rules::service_reason(&activity.title, minutes, per_hour, earned),
            member_id: row.member_id,
            amount: earned.amount,
            at: left,
        },
    )
    .await?;
    Ok(closed)
}

#[derive(Debug, FromQueryResult)]
struct Row {
    id: CheckInId,
    activity_id: ActivityId,
    title: String,
    place: String,
    checked_in_at: DateTime<Utc>,
    checked_out_at: Option<DateTime<Utc>>,
    minutes: Option<i32>,
    points: Option<Points>,
}

/// The caller's own check-ins, the latest first.
///
/// # Errors
/// `no_member`, `invalid_cursor`.
pub async fn list(scope: &Scope, query: dto::ListCheckIns) -> Result<dto::CheckInPage> {
    use check_in::Column as Col;
    let page = Page::of(scope.seal("check_ins", &scope.member())?, query.limit);
    let after = page.after::<(DateTime<Utc>, CheckInId)>(query.cursor.as_deref())?;
    scope
        .read(async |tx: &Tx| {
            let me = activities::acting_member(tx)?;
            let mut find = tx
                .find::<check_in::Entity>()
                .join(JoinType::InnerJoin, check_in::Relation::Activity.def())
                .select_only()
                .columns([
                    Col::Id,
                    Col::ActivityId,
                    Col::CheckedInAt,
                    Col::CheckedOutAt,
                    Col::Minutes,
                    Col::Points,
                ])
                .column(activity::Column::Title)
                .column(activity::Column::Place)
                .filter(Col::MemberId.eq(me));
            if let Some(key) = after {
                find = find.filter(beyond([Col::CheckedInAt, Col::Id], key, &Order::Desc));
            }
            let rows = find
                .order_by_desc(Col::CheckedInAt)
                .order_by_desc(Col::Id)
                .limit(page.fetch())
                .into_model::<Row>()
                .all()
                .await?;
            let (rows, next_cursor) = page.cut(rows, |row| (row.checked_in_at, row.id))?;
            let items = rows
                .into_iter()
                .map(|row| dto::CheckIn {
                    id: row.id,
                    activity_id: row.activity_id,
                    activity_title: row.title,
                    place: row.place,
                    checked_in_at: clock::beijing(row.checked_in_at),
                    checked_out_at: row.checked_out_at.map(clock::beijing),
                    minutes: row.minutes,
                    points: row.points,
                })
                .collect();
            Ok(dto::CheckInPage { items, next_cursor })
        })
        .await
}
