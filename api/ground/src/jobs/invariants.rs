//! What always holds of jobs.

use std::collections::BTreeMap;

use entity::ids::JobId;
use entity::job;
use entity::kinds::JobState;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rules::Standing;
use crate::http::Result;
use crate::invariant::{Invariant, SOUGHT};
use crate::tenancy::Tx;

/// What is promised of jobs.
pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "JB1",
        zh: "执行中的作业有租约，结束的作业有结束时间",
        en: "A job that runs has a lease, one that is finished its moment, and no other",
        broken: |tx, _| Box::pin(inconsistent(tx)),
    },
    Invariant {
        id: "JB2",
        zh: "每项未结束的作业有一次叫醒，时间相符",
        en: "The bell has a row for each job that is not finished, with its moment, and no other",
        broken: |tx, _| Box::pin(unheard(tx)),
    },
];

/// What is not finished.
const OPEN: [JobState; 2] = [JobState::Waiting, JobState::Running];

/// All of them, whatever is new: one that is done now may have been planted weeks ago, and those that are done are kept for a month.
async fn inconsistent(tx: &Tx) -> Result<Vec<String>> {
    use job::Column::{FinishedAt, Id, LeaseUntil, State};
    let wrong = Condition::any()
        .add(Condition::all().add(State.eq(JobState::Running)).add(LeaseUntil.is_null()))
        .add(Condition::all().add(State.ne(JobState::Running)).add(LeaseUntil.is_not_null()))
        .add(Condition::all().add(State.is_in(OPEN)).add(FinishedAt.is_not_null()))
        .add(Condition::all().add(State.is_not_in(OPEN)).add(FinishedAt.is_null()));
    let found: Vec<(JobId, JobState)> = tx
        .find::<job::Entity>()
        .select_only()
        .columns([Id, State])
        .filter(wrong)
        .order_by_asc(Id)
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    let say = |(id, state)| format!("job {id} is {state} and its moments say otherwise");
    Ok(found.into_iter().map(say).collect())
}

/// Whatever is new: what is not finished is little. A demonstration whose story is still being told rings no bell.
async fn unheard(tx: &Tx) -> Result<Vec<String>> {
    if tx.township().await?.demo {
        return Ok(Vec::new());
    }
    let open = tx.find::<job::Entity>().filter(job::Column::State.is_in(OPEN)).all().await?;
    let mut rung: BTreeMap<_, _> = tx.rung().await?.into_iter().collect();
    let mut wrong = Vec::new();
    for job in open {
        if rung.remove(&job.id) != Standing::of(&job).due_at() {
            wrong.push(format!("job {} is not rung for when it is due", job.id));
        }
    }
    wrong.extend(rung.into_keys().map(|id| format!("bell {id} rings for no job that is open")));
    Ok(wrong)
}
