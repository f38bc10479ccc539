//! Activities as they are read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::{ActivityId, GridId, MemberId};
use entity::kinds::SignupState;
use entity::{activity, activity_signup};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect};

use super::dto::{self, ListedPhase, MySignup};
use super::may::{Known, may};
use super::occasion::{KIND, about};
use super::row::{rate, times};
use crate::clock;
use crate::grid::dto::GridRef;
use crate::http::{ApiError, Result, Sort};
use crate::member::dto::MemberRef;
use crate::points;
use crate::presence::{self, About};
use crate::tenancy::{Part, Rows, Scope, Sorting, Tx, either};

fn sorting(sort: Sort<dto::ActivityKey>) -> Sorting<activity::Model> {
    use activity::Column::{Id, StartsAt, Title};
    let sorting = Sorting::<activity::Model>::which(sort.falling);
    let sorting = match sort.key {
        dto::ActivityKey::StartsAt => sorting,
        dto::ActivityKey::Title => sorting.by(Title, |row| row.title.clone().into()),
    };
    sorting.by(StartsAt, |row| row.starts_at.into()).by(Id, |row| Part::id(row.id))
}

/// A page of activities.
///
/// # Errors
/// `invalid_cursor`.
pub async fn list(scope: &Scope, query: dto::ListActivities) -> Result<dto::ActivityPage> {
    let reading = scope.reading("activities", &query, &query)?;
    let as_of = reading.as_of();
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
                    let Rows { items, next_cursor, total } = reading.nothing();
                    return Ok(dto::ActivityPage { items, next_cursor, total, as_of });
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
            if let Some(since) = query.changed_since {
                find = find.filter(Col::Id.in_subquery(changed_since(tx, since.utc())));
            }
            let latest_first =
                query.on.is_none() && matches!(query.phase, None | Some(ListedPhase::Ended));
            let usual = Sort { key: dto::ActivityKey::StartsAt, falling: latest_first };
            let Rows { items, next_cursor, total } =
                reading.rows(find, &sorting(query.sort.unwrap_or(usual))).await?;
            Ok(dto::ActivityPage { items: views(tx, items).await?, next_cursor, total, as_of })
        })
        .await
}

/// Activities that have changed, or whose people have signed up, withdrawn, come or left.
fn changed_since(tx: &Tx, since: DateTime<Utc>) -> SelectStatement {
    let own = tx
        .find::<activity::Entity>()
        .select_only()
        .column(activity::Column::Id)
        .filter(activity::Column::ChangedAt.gte(since));
    let places = tx
        .find::<activity_signup::Entity>()
        .select_only()
        .column(activity_signup::Column::ActivityId)
        .filter(activity_signup::Column::ChangedAt.gte(since));
    let present = presence::changed_since(tx, KIND, since);
    either(own.into_subquery(), [places.into_subquery(), present])
}

/// One activity.
///
/// # Errors
/// `not_found`.
pub async fn get(scope: &Scope, id: ActivityId) -> Result<dto::Activity> {
    scope.read(async |tx: &Tx| view(tx, tx.get::<activity::Entity>(id).await?).await).await
}

/// Activities as the caller sees them, in the order given. A fixed number of statements, however many they are.
///
/// # Errors
/// Those of the database.
async fn views(tx: &Tx, activities: Vec<activity::Model>) -> Result<Vec<dto::Activity>> {
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
    let present = presence::counts(tx, KIND, ids.iter().map(|id| id.uuid())).await?;
    let abouts: Vec<About> = activities.iter().map(|one| about(tx, one)).collect();
    let (mut my_signups, mut my_check_ins) = (HashMap::new(), HashMap::new());
    if let Some(me) = tx.member() {
        my_signups = tx
            .find::<activity_signup::Entity>()
            .filter(activity_signup::Column::ActivityId.is_in(ids))
            .filter(activity_signup::Column::MemberId.eq(me))
            .all()
            .await?
            .into_iter()
            .map(|row| (row.activity_id, row.state))
            .collect();
        my_check_ins = presence::check_ins(tx, KIND, &abouts, [me])
            .await?
            .into_iter()
            .map(|((activity, _), check_in)| (activity, check_in))
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
        .zip(&abouts)
        .map(|(activity, about)| {
            let times = times(&activity);
            let check_in = my_check_ins.remove(&activity.id.uuid());
            let known = Known {
                mine: my_signups.get(&activity.id).copied(),
                has_come: check_in.is_some(),
                taken: people(places.get(&(activity.id, SignupState::SignedUp))),
                present: present.get(&activity.id.uuid()).copied().unwrap_or(0),
            };
            dto::Activity {
                grid: activity
                    .grid_id
                    .and_then(|id| grids.get(&id).map(|name| GridRef { id, name: name.clone() })),
                steward: activity.steward_id.and_then(|id| {
                    stewards.get(&id).map(|name| MemberRef { id, name: name.clone() })
                }),
                starts_at: clock::beijing(activity.starts_at),
                ends_at: clock::beijing(activity.ends_at),
                phase: times.moment(now).into(),
                signed_up: known.taken,
                waiting: people(places.get(&(activity.id, SignupState::Waiting))),
                checked_in: known.present,
                points_to_come: times.worth(rate(&history, &activity)).amount,
                mine: dto::MyActivity {
                    state: match known.mine {
                        Some(SignupState::SignedUp) => MySignup::SignedUp,
                        Some(SignupState::Waiting) => MySignup::Waiting,
                        Some(SignupState::Withdrawn) | None => MySignup::None,
                    },
                    check_in,
                },
                may: may(tx, &activity, about, known),
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
pub(super) async fn view(tx: &Tx, activity: activity::Model) -> Result<dto::Activity> {
    views(tx, vec![activity])
        .await?
        .pop()
        .ok_or_else(|| ApiError::internal("a view of one activity is one activity"))
}
