//! What lists are to the tasks that they open.

use entity::kinds::PostingSourceKind;
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::perm;
use super::query::duties_asking;
use super::rules::duty;
use super::rules::period::in_words;
use crate::http::{ApiError, Result};
use crate::points;
use crate::task::{Event, Fact, Source};
use crate::tenancy::Tx;

/// What lists are to their tasks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TaskSource;

impl Source for TaskSource {
    fn kind(&self) -> &'static str {
        duty::SOURCE
    }

    fn heeds(&self) -> &'static [Event] {
        &[Event::Verified]
    }

    fn happened<'a>(
        &'a self,
        tx: &'a Tx,
        _: Event,
        tasks: &'a [entity::task::Model],
    ) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            for task in tasks {
                reward(tx, task).await?;
            }
            Ok(())
        })
    }

    fn link(&self, tx: &Tx, source_id: Uuid) -> Option<String> {
        tx.has(perm::CHECKLIST_READ).then(|| format!("/checklists/{source_id}"))
    }

    /// What is kept with a task is the number of the version under which it arose.
    fn facts(&self, detail: &str) -> Vec<Fact> {
        vec![Fact { zh: "清单版本", en: "Version of the list", text: detail.to_owned() }]
    }

    fn asking<'a>(
        &'a self,
        tx: &'a Tx,
        text: &'a str,
    ) -> LocalBoxFuture<'a, Result<Option<Vec<Uuid>>>> {
        Box::pin(async move { duties_asking(tx, text).await.map(Some) })
    }
}

/// Posts the points of a verified duty to whoever owed it. They count for the quarter of the verification, so that the
/// ledger grows in one order.
async fn reward(tx: &Tx, task: &entity::task::Model) -> Result<()> {
    let member_id =
        task.member_id.ok_or_else(|| ApiError::internal("a duty of a list that nobody owes"))?;
    let period = in_words(&task.period);
    points::post(
        tx,
        points::Post {
            source_kind: PostingSourceKind::Task,
            source_id: task.id.into(),
            rule: points::rules::TASK_ITEM.to_owned(),
            reason: format!("完成“{}”（{period}），经核验得 {} 分", task.title, task.points),
            member_id,
            amount: task.points,
            at: tx.now(),
        },
    )
    .await?;
    Ok(())
}
