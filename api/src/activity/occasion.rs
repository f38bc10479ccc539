//! What activities are to those who come: occasions of presence.

use chrono::{DateTime, Utc};
use entity::activity;
use entity::ids::{MemberId, Points};
use entity::kinds::PostingSourceKind;
use futures_util::future::LocalBoxFuture;
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::places::admit;
use super::row::{is_steward, rate, times};
use super::rules::Rate;
use super::{codes, perm};
use crate::http::Result;
use crate::points;
use crate::presence::dto::CheckInOccasion;
use crate::presence::{About, Lock, Occasion, Occasions, Stay};
use crate::tenancy::Tx;

/// The word by which presence knows activities.
pub(super) const KIND: &str = "activity";

/// Activities, as presence finds them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Activities;

impl Occasions for Activities {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn letter(&self) -> char {
        'a'
    }

    fn find<'a>(
        &'a self,
        tx: &'a Tx,
        ids: &'a [Uuid],
        lock: Lock,
    ) -> LocalBoxFuture<'a, Result<Vec<Box<dyn Occasion>>>> {
        Box::pin(async move {
            let find = tx.find::<activity::Entity>();
            let find = find.filter(activity::Column::Id.is_in(ids.iter().copied()));
            let rows = if lock == Lock::Yes { find.locked() } else { find }.all().await?;
            let boxed = |row| -> Box<dyn Occasion> { Box::new(Dated::of(tx, row)) };
            Ok(rows.into_iter().map(boxed).collect())
        })
    }
}

/// An activity, as presence knows it and shows it to the account that acts.
pub(super) fn about(tx: &Tx, activity: &activity::Model) -> About {
    About {
        shown: CheckInOccasion {
            kind: KIND.to_owned(),
            id: activity.id.uuid(),
            title: activity.title.clone(),
            place: activity.place.clone(),
            link: tx.has(perm::ACTIVITY_READ).then(|| format!("/activities/{}", activity.id)),
        },
        window: times(activity).window,
        cancelled: activity.cancelled_at.map(|_| codes::ACTIVITY_CANCELLED),
        code_secret: activity.code_secret.clone(),
        steward: is_steward(tx, activity),
    }
}

/// One of them.
struct Dated {
    activity: activity::Model,
    about: About,
}

impl Dated {
    fn of(tx: &Tx, activity: activity::Model) -> Self {
        Self { about: about(tx, &activity), activity }
    }

    /// The rule by which its minutes are counted; one statement.
    async fn rate(&self, tx: &Tx) -> Result<Rate> {
        let history = points::rule_history(tx, points::rules::ACTIVITY_HOUR).await?;
        Ok(rate(&history, &self.activity))
    }
}

impl Occasion for Dated {
    fn about(&self) -> &About {
        &self.about
    }

    /// Whoever comes without having signed up gets a place on the spot if one is free.
    fn admit<'a>(&'a self, tx: &'a Tx, member: MemberId) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(admit(tx, &self.activity, member))
    }

    fn worth<'a>(
        &'a self,
        tx: &'a Tx,
        came: DateTime<Utc>,
        left: DateTime<Utc>,
    ) -> LocalBoxFuture<'a, Result<Points>> {
        Box::pin(async move {
            let rate = self.rate(tx).await?;
            Ok(times(&self.activity).earned(came, left, rate).amount)
        })
    }

    fn left<'a>(&'a self, tx: &'a Tx, stay: Stay) -> LocalBoxFuture<'a, Result<Points>> {
        Box::pin(async move {
            let rate = self.rate(tx).await?;
            let earned = rate.of(stay.minutes);
            let (title, per_hour) = (&self.activity.title, rate.per_hour);
            points::post(
                tx,
                points::Post {
                    source_kind: PostingSourceKind::CheckIn,
                    source_id: stay.id.uuid(),
                    rule: points::rules::ACTIVITY_HOUR.to_owned(),
                    reason: points::rules::service_reason(title, stay.minutes, per_hour, earned),
                    member_id: stay.member,
                    amount: earned.amount,
                    at: stay.left,
                },
            )
            .await?;
            Ok(earned.amount)
        })
    }
}
