//! A source of tasks of the tests' own: errands. It is nothing like a list: it gives its tasks to organisations and posts too, asks
//! for several things at once, and wants to know everything that happens.

use std::pin::Pin;

use api::feature::Feature;
use api::http::{ApiError, Result};
use api::task::{Event, Fact, Source};
use api::tenancy::Tx;
use entity::{task, task_submission};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::kinds::leave;

/// The number that an errand does not take.
pub const REFUSED: f64 = 13.0;

/// The kind of its tasks.
pub const ERRAND: &str = "errand";

/// What it adds to the product.
pub const FEATURE: Feature = Feature {
    hooks: |shared| shared.add::<Box<dyn Source>>(Box::new(Errands)),
    ..Feature::of("test_errands")
};

struct Errands;

impl Source for Errands {
    fn kind(&self) -> &'static str {
        ERRAND
    }

    fn heeds(&self) -> &'static [Event] {
        &[
            Event::Opened,
            Event::Reopened,
            Event::Accepted,
            Event::Submitted,
            Event::Verified,
            Event::Returned,
            Event::Cancelled,
            Event::Late,
        ]
    }

    fn happened<'a>(
        &'a self,
        tx: &'a Tx,
        event: Event,
        tasks: &'a [task::Model],
    ) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>> {
        Box::pin(async move {
            for task in tasks {
                leave(tx, &format!("{event:?} {}", task.title)).await?;
                if event == Event::Submitted && newest_number(tx, task).await? == Some(REFUSED) {
                    return Err(ApiError::invalid("number", "这个数量不对", "not this number"));
                }
            }
            Ok(())
        })
    }

    fn link(&self, _: &Tx, _: Uuid) -> Option<String> {
        None
    }

    fn facts(&self, detail: &str) -> Vec<Fact> {
        vec![Fact { zh: "来文单位", en: "Asked by", text: detail.to_owned() }]
    }
}

async fn newest_number(tx: &Tx, task: &task::Model) -> Result<Option<f64>> {
    let newest = tx
        .find::<task_submission::Entity>()
        .filter(task_submission::Column::TaskId.eq(task.id))
        .order_by_desc(task_submission::Column::Id)
        .one()
        .await?;
    Ok(newest.and_then(|submission| submission.number_value))
}
