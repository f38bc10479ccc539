//! A task with the names of its grid and its assignee, in one statement.

use chrono::{DateTime, Utc};
use entity::evidence::Requirements;
use entity::ids::{GridId, MemberId, PartyOrgId, Points, TaskId};
use entity::kinds::{AssigneeKind, PostKind, TaskState};
use entity::{grid, member, party_org, task};
use sea_orm::{FromQueryResult, JoinType, QuerySelect, RelationTrait};
use uuid::Uuid;

use super::dto::{TaskAssignee, TaskBrief, TaskFact, TaskSource};
use super::rules;
use super::source::source_of;
use super::visibility::{Standing, Visibility};
use crate::clock::beijing;
use crate::grid::dto::GridRef;
use crate::http::Result;
use crate::member::dto::{MemberRef, PartyOrgRef};
use crate::tenancy::{Find, Tx};

#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    pub(super) id: TaskId,
    source_kind: String,
    source_id: Uuid,
    source_title: String,
    source_detail: String,
    period: String,
    pub(super) title: String,
    grid_id: Option<GridId>,
    pub(super) grid_name: Option<String>,
    grid_path: Option<String>,
    assignee_kind: AssigneeKind,
    assignee_id: Uuid,
    member_id: Option<MemberId>,
    pub(super) member_name: Option<String>,
    post: Option<PostKind>,
    party_org_id: Option<PartyOrgId>,
    party_org_name: Option<String>,
    evidence: Requirements,
    points: Points,
    state: TaskState,
    pub(super) opened_at: DateTime<Utc>,
    opened_late: bool,
    pub(super) due_at: DateTime<Utc>,
    pub(super) accepted_at: Option<DateTime<Utc>>,
    pub(super) submitted_at: Option<DateTime<Utc>>,
    pub(super) changed_at: DateTime<Utc>,
    version: i32,
}

impl Row {
    fn standing(&self) -> Standing {
        Standing {
            state: self.state,
            grid: self.grid_id,
            path: self.grid_path.clone(),
            assignee_kind: self.assignee_kind,
            member: self.member_id,
            post: self.post,
            organisation: self.party_org_id,
            accepted: self.accepted_at.is_some(),
        }
    }

    /// As it is shown to an account that sees so far.
    pub(super) fn brief(self, tx: &Tx, sight: &Visibility) -> Result<TaskBrief> {
        let source = source_of(tx, &self.source_kind)?;
        let facts = source.facts(&self.source_detail).into_iter().map(|fact| TaskFact {
            zh: fact.zh.to_owned(),
            en: fact.en.to_owned(),
            text: fact.text,
        });
        Ok(TaskBrief {
            late: rules::late(self.state, self.due_at, self.submitted_at, tx.now()),
            may: sight.may(tx, &self.standing()),
            looks_right: rules::looks_right(self.state, self.due_at, self.submitted_at),
            id: self.id,
            title: self.title,
            grid: self.grid_id.zip(self.grid_name).map(|(id, name)| GridRef { id, name }),
            assignee: TaskAssignee {
                kind: self.assignee_kind,
                id: self.assignee_id,
                member: self
                    .member_id
                    .zip(self.member_name)
                    .map(|(id, name)| MemberRef { id, name }),
                post: self.post,
                organisation: self
                    .party_org_id
                    .zip(self.party_org_name)
                    .map(|(id, name)| PartyOrgRef { id, name }),
            },
            state: self.state,
            due_at: beijing(self.due_at),
            evidence: self.evidence.0,
            points: self.points,
            source: TaskSource {
                link: source.link(tx, self.source_id),
                facts: facts.collect(),
                kind: self.source_kind,
                id: self.source_id,
                title: self.source_title,
            },
            period: self.period,
            submissions: None,
            opened_late: self.opened_late,
            version: self.version,
        })
    }
}

/// Tasks, to be filtered and read as [`Row`]s.
pub(super) fn rows(tx: &Tx) -> Find<'_, task::Entity> {
    use task::Column;
    tx.find::<task::Entity>()
        .join(JoinType::LeftJoin, task::Relation::Grid.def())
        .join(JoinType::LeftJoin, task::Relation::Member.def())
        .join(JoinType::LeftJoin, task::Relation::PartyOrg.def())
        .select_only()
        .columns([
            Column::Id,
            Column::SourceKind,
            Column::SourceId,
            Column::SourceTitle,
            Column::SourceDetail,
            Column::Period,
            Column::Title,
            Column::GridId,
            Column::AssigneeKind,
            Column::AssigneeId,
            Column::MemberId,
            Column::Post,
            Column::PartyOrgId,
            Column::Evidence,
            Column::Points,
            Column::State,
            Column::OpenedAt,
            Column::OpenedLate,
            Column::DueAt,
            Column::AcceptedAt,
            Column::SubmittedAt,
            Column::ChangedAt,
            Column::Version,
        ])
        .column_as(grid::Column::Name, "grid_name")
        .column_as(grid::Column::Path, "grid_path")
        .column_as(member::Column::Name, "member_name")
        .column_as(party_org::Column::Name, "party_org_name")
}
