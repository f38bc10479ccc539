//! Which tasks an account sees, owes and may verify: the data scope, applied to tasks.

use chrono::{DateTime, Utc};
use entity::ids::{GridId, MemberId, PartyOrgId};
use entity::kinds::{AssigneeKind, PostKind, TaskState};
use entity::{member, task};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Condition, ExprTrait, SimpleExpr};
use uuid::Uuid;

use super::dto::TaskMay;
use super::perm;
use super::rules::{self, Act, Assignee, Facts};
use crate::grid::{self, RowScope};
use crate::http::{ApiError, Code, Result};
use crate::tenancy::{Tx, nothing};

/// What of a task decides who may do what to it.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) state: TaskState,
    pub(super) grid: Option<GridId>,
    /// The path of the grid.
    pub(super) path: Option<String>,
    pub(super) assignee_kind: AssigneeKind,
    pub(super) member: Option<MemberId>,
    pub(super) post: Option<PostKind>,
    pub(super) organisation: Option<PartyOrgId>,
    pub(super) accepted: bool,
}

impl Standing {
    fn of(task: &task::Model, path: Option<String>) -> Self {
        Self {
            state: task.state,
            grid: task.grid_id,
            path,
            assignee_kind: task.assignee_kind,
            member: task.member_id,
            post: task.post,
            organisation: task.party_org_id,
            accepted: task.accepted_at.is_some(),
        }
    }
}

/// How far an account sees into the township's tasks.
#[derive(Debug, Clone)]
pub struct Visibility {
    rows: RowScope,
    verifies_all: bool,
}

impl Visibility {
    /// That of the account that acts; at most two statements.
    pub async fn of(tx: &Tx) -> Result<Self> {
        Ok(Self {
            rows: RowScope::of(tx, perm::TASK_READ_ALL, perm::TASK_VERIFY_ALL).await?,
            verifies_all: tx.has(perm::TASK_VERIFY_ALL),
        })
    }

    /// The same, where only what the account owes itself is asked for; at most one statement.
    pub(super) async fn own(tx: &Tx) -> Result<Self> {
        Ok(Self { rows: RowScope::own(tx).await?, verifies_all: false })
    }

    /// The tasks that exist for this account.
    #[must_use]
    pub fn visible(&self) -> Condition {
        self.rows.rows(task::Column::GridId, self.own_tasks())
    }

    /// The same tasks in parts that have none in common ([`RowScope::parts`]).
    #[must_use]
    pub fn parts(&self) -> Vec<Condition> {
        self.rows.parts(task::Column::GridId, self.own_tasks())
    }

    /// Done by the person, or given to him.
    fn own_tasks(&self) -> impl Iterator<Item = SimpleExpr> {
        let member = self.rows.member.map(|member| task::Column::MemberId.eq(member));
        member.into_iter().chain(self.assigned())
    }

    /// Given to the person, a post of his or his organisation.
    fn assigned(&self) -> Option<SimpleExpr> {
        let posts = self.rows.posts.iter().map(|(grid, post)| Assignee::Post(*grid, *post).id());
        let organisation = self.rows.organisation.map(PartyOrgId::uuid);
        let ids: Vec<Uuid> = self
            .rows
            .member
            .map(MemberId::uuid)
            .into_iter()
            .chain(posts)
            .chain(organisation)
            .collect();
        (!ids.is_empty()).then(|| task::Column::AssigneeId.is_in(ids))
    }

    /// What the person still owes: his own, that of the posts he holds, and what of his organisation nobody or he himself has
    /// accepted, or somebody who has left it since. Of tasks that are joined with their people.
    pub(super) fn owed(&self) -> Condition {
        let (Some(member), Some(assigned)) = (self.rows.member, self.assigned()) else {
            return nothing();
        };
        let by_him = Condition::any()
            .add(task::Column::AssigneeKind.ne(AssigneeKind::Organisation))
            .add(task::Column::MemberId.is_null())
            .add(task::Column::MemberId.eq(member))
            .add(member::Column::PartyOrgId.is_null())
            .add(member::Column::PartyOrgId.into_expr().ne(task::Column::PartyOrgId.into_expr()));
        Condition::all().add(assigned).add(task::Column::State.is_in(rules::OWED)).add(by_him)
    }

    /// What a colleague has accepted and still owes: of the organisation's owed tasks exactly those that [`Self::owed`] leaves out.
    /// Of tasks that are joined with their people.
    pub(super) fn with_colleagues(&self) -> Condition {
        let (Some(member), Some(organisation)) = (self.rows.member, self.rows.organisation) else {
            return nothing();
        };
        Condition::all()
            .add(task::Column::AssigneeKind.eq(AssigneeKind::Organisation))
            .add(task::Column::AssigneeId.eq(organisation.uuid()))
            .add(task::Column::State.is_in(rules::OWED))
            .add(task::Column::MemberId.ne(member))
            .add(member::Column::PartyOrgId.eq(organisation))
    }

    /// The submitted tasks that this account may verify, provided that its roles let it verify at all.
    #[must_use]
    pub fn to_verify(&self) -> Condition {
        let mut found = Condition::all().add(task::Column::State.eq(TaskState::Submitted));
        if !self.verifies_all {
            found = found.add(self.rows.judged_rows(task::Column::GridId));
        }
        if let Some(member) = self.rows.member {
            found = found.add(
                Condition::any()
                    .add(task::Column::MemberId.is_null())
                    .add(task::Column::MemberId.ne(member)),
            );
        }
        if let Some(assigned) = self.assigned() {
            found = found.add(assigned.not());
        }
        found
    }

    /// The grids in which everything is seen, of the table of grids.
    #[must_use]
    pub fn grids(&self) -> Condition {
        self.rows.seen_grids()
    }

    fn owes(&self, task: &Standing) -> bool {
        match task.assignee_kind {
            AssigneeKind::Person => self.is_member(task.member),
            AssigneeKind::Post => {
                task.grid.zip(task.post).is_some_and(|held| self.rows.posts.contains(&held))
            }
            AssigneeKind::Organisation => {
                task.organisation.is_some() && task.organisation == self.rows.organisation
            }
        }
    }

    fn is_member(&self, member: Option<MemberId>) -> bool {
        member.is_some() && member == self.rows.member
    }

    fn sees(&self, task: &Standing) -> bool {
        self.rows.all
            || self.is_member(task.member)
            || self.owes(task)
            || task.path.as_deref().is_some_and(|path| self.rows.grids.hold(path))
    }

    fn facts(&self, tx: &Tx, task: &Standing) -> Facts {
        Facts {
            state: task.state,
            owes: self.owes(task),
            did: self.is_member(task.member),
            accepted: task.accepted,
            to_be_accepted: task.assignee_kind == AssigneeKind::Organisation,
            submits: tx.has(perm::TASK_SUBMIT),
            verifies: tx.has(perm::TASK_VERIFY),
            verifies_all: self.verifies_all,
            verifying_head: task.path.as_deref().is_some_and(|path| self.rows.judged.hold(path)),
        }
    }

    /// What the account may do to a task that it sees.
    pub(super) fn may(&self, tx: &Tx, task: &Standing) -> TaskMay {
        let facts = self.facts(tx, task);
        let may = |act| rules::allowed(act, &facts).map(drop).into();
        TaskMay {
            accept_task: may(Act::Accept),
            submit_task: may(Act::Submit),
            verify_task: may(Act::Verify),
            return_task: may(Act::Return),
        }
    }

    /// The task, locked, if the account sees it, and how it stands; one statement, and one more for a head.
    pub(super) async fn locked(
        &self,
        tx: &Tx,
        id: impl Into<Uuid>,
    ) -> Result<(task::Model, Standing)> {
        let found = tx.get_locked::<task::Entity>(id).await?;
        let path = match found.grid_id {
            Some(grid) if !self.rows.grids.is_empty() => grid::path_of(tx, grid).await?,
            _ => None,
        };
        let standing = Standing::of(&found, path);
        if self.sees(&standing) {
            Ok((found, standing))
        } else {
            Err(ApiError::new(Code::NOT_FOUND))
        }
    }

    /// The state that follows the act, or the reason why it is refused.
    pub(super) fn allowed(&self, tx: &Tx, task: &Standing, act: Act) -> Result<TaskState> {
        Ok(rules::allowed(act, &self.facts(tx, task))?)
    }
}

/// Tasks that are still owed. That they are not closed says nothing more (TK2), but leads to the index that holds what is not.
pub(super) fn owed() -> Condition {
    Condition::all()
        .add(task::Column::ClosedAt.is_null())
        .add(task::Column::State.is_in(rules::OWED))
}

/// Late tasks, as [`rules::late`] tells them; of a moment to come, those that are late then if nothing is done until then. (What was handed
/// in after its deadline had one that has passed.)
#[must_use]
pub fn late(moment: DateTime<Utc>) -> Condition {
    let too_late = Condition::all()
        .add(task::Column::State.eq(TaskState::Submitted))
        .add(task::Column::SubmittedAt.into_expr().gt(task::Column::DueAt.into_expr()));
    Condition::all()
        .add(task::Column::ClosedAt.is_null())
        .add(task::Column::DueAt.lt(moment))
        .add(Condition::any().add(task::Column::State.is_in(rules::OWED)).add(too_late))
}

/// Tasks that look right, as [`rules::looks_right`] tells them.
pub(super) fn looking_right() -> Condition {
    Condition::all()
        .add(task::Column::State.eq(TaskState::Submitted))
        .add(task::Column::SubmittedAt.into_expr().lte(task::Column::DueAt.into_expr()))
}
