//! Data scope 数据范围: which rows of a township an account sees.

use chrono::NaiveDate;
use entity::ids::{GridId, MemberId, PartyOrgId};
use entity::kinds::PostKind;
use entity::{grid, grid_post, member};
use sea_orm::sea_query::{Condition, IntoCondition, SimpleExpr};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationDef, RelationTrait,
};

use super::subtrees::Subtrees;
use crate::auth::Permission;
use crate::http::Result;
use crate::member::{held_on, path};
use crate::tenancy::{Tx, nothing};

/// The posts whose holder sees what happens in the grid and beneath it.
const HEADS: [PostKind; 3] = [PostKind::Supervisor, PostKind::GeneralHead, PostKind::SubHead];
/// Those of them who judge it, too.
const JUDGES: [PostKind; 2] = [PostKind::Supervisor, PostKind::GeneralHead];

/// Which rows of its township an account sees: all of them, where its roles say so; otherwise its own, its organisation's, those
/// of the posts that its person holds today, and those in the grids that the person heads and beneath them.
#[derive(Debug, Clone, Default)]
pub struct RowScope {
    /// Every row.
    pub all: bool,
    /// The account's person.
    pub member: Option<MemberId>,
    /// The organisation that the person belongs to.
    pub organisation: Option<PartyOrgId>,
    /// The posts that the person holds today.
    pub posts: Vec<(GridId, PostKind)>,
    /// The grids of these posts and all above them.
    pub above: Vec<GridId>,
    /// The grids that the person heads and all beneath them.
    pub grids: Subtrees,
    /// The part of these in which the person judges what others do.
    pub judged: Subtrees,
}

#[derive(FromQueryResult)]
struct Held {
    party_org_id: Option<PartyOrgId>,
    grid_id: Option<GridId>,
    kind: Option<PostKind>,
    path: Option<String>,
}

impl RowScope {
    /// The scope of the account that acts, which sees every row with the permission `all`; at most three statements: two for who
    /// judges wherever he sees, and one for who sees and judges everything (what is his own he does, and does not judge).
    pub async fn of(tx: &Tx, all: Permission, judges_all: Permission) -> Result<Self> {
        let all = tx.has(all);
        let (own, held) = Self::held(tx).await?;
        let mut scope = Self { all, ..own };
        if all && tx.has(judges_all) {
            return Ok(scope);
        }
        let (seen, judged) = (headed(&held, &HEADS), headed(&held, &JUDGES));
        scope.judged = Subtrees::of(tx, judged.clone()).await?;
        scope.grids =
            if seen == judged { scope.judged.clone() } else { Subtrees::of(tx, seen).await? };
        Ok(scope)
    }

    /// What is the account's own alone: its person's, the posts' and the organisation's. One statement; none for an account without a
    /// person.
    pub async fn own(tx: &Tx) -> Result<Self> {
        Ok(Self::held(tx).await?.0)
    }

    async fn held(tx: &Tx) -> Result<(Self, Vec<Held>)> {
        let Some(member) = tx.member() else {
            return Ok((Self::default(), Vec::new()));
        };
        let rows = tx
            .find::<member::Entity>()
            .join(JoinType::LeftJoin, posts_today(tx.today()))
            .join(JoinType::LeftJoin, grid_post::Relation::Grid.def())
            .select_only()
            .column(member::Column::PartyOrgId)
            .columns([grid_post::Column::GridId, grid_post::Column::Kind])
            .column(grid::Column::Path)
            .filter(member::Column::Id.eq(member))
            .into_model::<Held>()
            .all()
            .await?;
        let own = Self {
            member: Some(member),
            organisation: rows.first().and_then(|row| row.party_org_id),
            posts: rows.iter().filter_map(|row| row.grid_id.zip(row.kind)).collect(),
            above: rows
                .iter()
                .filter_map(|row| row.path.as_deref())
                .flat_map(path::nodes)
                .map(GridId::from)
                .collect(),
            ..Self::default()
        };
        Ok((own, rows))
    }

    /// The rows that are seen, of a table in which `grid` says where a row belongs: these, and what `own` says of the account's own.
    /// Without either there is none.
    pub fn rows(
        &self,
        grid: impl ColumnTrait,
        own: impl IntoIterator<Item = SimpleExpr>,
    ) -> Condition {
        if self.all {
            return Condition::all();
        }
        let mut seen = Condition::any();
        if !self.grids.is_empty() {
            seen = seen.add(self.grids.rows(grid));
        }
        for own in own {
            seen = seen.add(own);
        }
        if seen.is_empty() { nothing() } else { seen }
    }

    /// The same rows in parts that have none in common, so that each is counted by an index of its own: those in the grids that are seen,
    /// and what is the account's own elsewhere.
    pub fn parts(
        &self,
        grid: impl ColumnTrait,
        own: impl IntoIterator<Item = SimpleExpr>,
    ) -> Vec<Condition> {
        if self.all {
            return vec![Condition::all()];
        }
        let own = own.into_iter().fold(Condition::any(), Condition::add);
        let mut parts = Vec::new();
        if !self.grids.is_empty() {
            parts.push(self.grids.rows(grid));
        }
        if !own.is_empty() {
            parts.push(Condition::all().add(own).add(self.grids.other_rows(grid)));
        }
        if parts.is_empty() { vec![nothing()] } else { parts }
    }

    /// The grids whose rows are seen, of the table of grids itself.
    pub fn seen_grids(&self) -> Condition {
        if self.all { Condition::all() } else { self.grids.themselves() }
    }

    /// The rows in the grids in which the person judges; none where there is no such grid.
    pub fn judged_rows(&self, grid: impl ColumnTrait) -> Condition {
        self.judged.rows(grid)
    }
}

/// The paths of the grids in which a post of these kinds is held. A grid without a path has none beneath it, and is left out: an empty
/// one must not stand for all.
fn headed(held: &[Held], kinds: &[PostKind]) -> Vec<String> {
    held.iter()
        .filter(|post| post.kind.is_some_and(|kind| kinds.contains(&kind)))
        .filter_map(|post| post.path.clone().filter(|path| !path.is_empty()))
        .collect()
}

fn posts_today(today: NaiveDate) -> RelationDef {
    grid_post::Relation::Member
        .def()
        .rev()
        .on_condition(move |_, _| held_on(today).into_condition())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_heads_a_grid_without_a_path_sees_no_other() {
        let post = |kind, path: &str| Held {
            party_org_id: None,
            grid_id: Some(GridId::new()),
            kind: Some(kind),
            path: Some(path.to_owned()),
        };
        let held = [
            post(PostKind::GeneralHead, ""),
            post(PostKind::SubHead, "a/b/"),
            post(PostKind::Worker, "a/"),
        ];
        assert_eq!(headed(&held, &HEADS), ["a/b/"]);
        assert!(headed(&held, &JUDGES).is_empty());
    }
}
