//! A kind of occasion of the tests' own: patrols of a grid. It is nothing like an activity: nobody signs up, whoever comes may stay, it is
//! worth nothing, and nobody can read it.

use std::pin::Pin;

use api::feature::Feature;
use api::http::Result;
use api::presence::dto::CheckInOccasion;
use api::presence::rules::Window;
use api::presence::{About, Lock, Occasion, Occasions, Stay};
use api::tenancy::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use entity::grid;
use entity::ids::{MemberId, Points};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use crate::kinds::leave;
use crate::start_of_tests;

/// The word of its kind.
pub const PATROL: &str = "patrol";

/// What it adds to the product.
pub const FEATURE: Feature = Feature {
    hooks: |shared| shared.add::<Box<dyn Occasions>>(Box::new(Patrols)),
    ..Feature::of("test_patrols")
};

type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

struct Patrols;

/// Each grid is walked through in the first hour of the tests.
struct Patrol(About);

impl Occasions for Patrols {
    fn kind(&self) -> &'static str {
        PATROL
    }

    fn letter(&self) -> char {
        'P'
    }

    fn find<'a>(
        &'a self,
        tx: &'a Tx,
        ids: &'a [Uuid],
        lock: Lock,
    ) -> Later<'a, Vec<Box<dyn Occasion>>> {
        Box::pin(async move {
            let find = tx.find::<grid::Entity>();
            let find = find.filter(grid::Column::Id.is_in(ids.iter().copied()));
            let rows = if lock == Lock::Yes { find.locked() } else { find }.all().await?;
            let patrol = |row: grid::Model| -> Box<dyn Occasion> {
                Box::new(Patrol(About {
                    shown: CheckInOccasion {
                        kind: PATROL.to_owned(),
                        id: row.id.uuid(),
                        title: format!("{}巡查", row.name),
                        place: row.name,
                        link: None,
                    },
                    window: Window {
                        starts_at: start_of_tests(),
                        ends_at: start_of_tests() + TimeDelta::hours(1),
                    },
                    cancelled: None,
                    code_secret: row.code.into_bytes(),
                    steward: true,
                }))
            };
            Ok(rows.into_iter().map(patrol).collect())
        })
    }
}

impl Occasion for Patrol {
    fn about(&self) -> &About {
        &self.0
    }

    fn admit<'a>(&'a self, tx: &'a Tx, _: MemberId) -> Later<'a, ()> {
        Box::pin(leave(tx, "came to a patrol"))
    }

    fn worth<'a>(&'a self, _: &'a Tx, _: DateTime<Utc>, _: DateTime<Utc>) -> Later<'a, Points> {
        Box::pin(async { Ok(Points::ZERO) })
    }

    fn left<'a>(&'a self, tx: &'a Tx, stay: Stay) -> Later<'a, Points> {
        Box::pin(async move {
            leave(tx, &format!("patrolled for {} minutes", stay.minutes)).await?;
            Ok(Points::ZERO)
        })
    }
}
