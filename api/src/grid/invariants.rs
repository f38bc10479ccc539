//! What always holds of grids and the posts in them.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use entity::ids::{GridId, GridPostId, MemberId};
use entity::kinds::{GridKind, PostKind};
use entity::{grid, grid_post};
use sea_orm::{JoinType, QueryOrder, QuerySelect, RelationTrait};

use super::rules::{self, Term};
use crate::http::Result;
use crate::invariant::Invariant;
use crate::member::path;
use crate::member::tree::cyclic;
use crate::tenancy::Tx;

/// What is promised of grids.
pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "GR1",
        zh: "督导员、总网格长、子网格长同一时间各只有一人，同一人不重复任同一岗位",
        en: "Supervisor and heads are one person at a time, and nobody holds a post twice on a day",
        broken: |tx, _| Box::pin(overlapping(tx)),
    },
    Invariant {
        id: "GR2",
        zh: "岗位与网格类别相符",
        en: "A post is one that its grid has",
        broken: |tx, _| Box::pin(unsuited(tx)),
    },
    Invariant {
        id: "GR3",
        zh: "网格按类别逐级隶属，不成环",
        en: "Grids form a tree of their kinds",
        broken: |tx, _| Box::pin(misplaced(tx)),
    },
    Invariant {
        id: "GR4",
        zh: "网格路径与隶属关系一致",
        en: "A grid's path is its parent's path and its own id",
        broken: |tx, _| Box::pin(astray(tx)),
    },
];

/// A term, and whose it is.
type Held = (GridPostId, MemberId, Term);

/// All posts, whatever is new: one of long ago ends or is prolonged today, and a township has some thousand.
async fn overlapping(tx: &Tx) -> Result<Vec<String>> {
    use grid_post::Column::{GridId as Of, Id, Kind, MemberId as Who, Since, Until};
    let rows: Vec<(GridPostId, GridId, PostKind, MemberId, NaiveDate, Option<NaiveDate>)> = tx
        .find::<grid_post::Entity>()
        .select_only()
        .columns([Id, Of, Kind, Who, Since, Until])
        .order_by_asc(Id)
        .into_tuple()
        .all()
        .await?;
    let mut posts: BTreeMap<(GridId, &str), Vec<Held>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (id, grid, kind, member, since, until) in rows {
        let held = posts.entry((grid, kind.as_str())).or_default();
        let term = Term { since, until };
        let both = |(_, other, theirs): &&Held| {
            (rules::single(kind) || *other == member) && theirs.overlaps(term)
        };
        if let Some((other, ..)) = held.iter().find(both) {
            wrong.push(format!("grid_post {id} is held at the same time as {other}"));
        }
        held.push((id, member, term));
    }
    Ok(wrong)
}

/// All posts, as in [`overlapping`]: an import may make a grid one of another kind.
async fn unsuited(tx: &Tx) -> Result<Vec<String>> {
    let posts: Vec<(GridPostId, PostKind, GridKind)> = tx
        .find::<grid_post::Entity>()
        .join(JoinType::InnerJoin, grid_post::Relation::Grid.def())
        .select_only()
        .columns([grid_post::Column::Id, grid_post::Column::Kind])
        .column(grid::Column::Kind)
        .order_by_asc(grid_post::Column::Id)
        .into_tuple()
        .all()
        .await?;
    let unsuited = posts.into_iter().filter(|(_, post, grid)| !rules::suits(*post, *grid));
    Ok(unsuited
        .map(|(id, post, grid)| format!("grid_post {id} is {post} in a {grid} grid"))
        .collect())
}

/// The whole tree is read, whatever is new: a township has some thousand grids at most.
async fn misplaced(tx: &Tx) -> Result<Vec<String>> {
    let rows: Vec<(GridId, Option<GridId>, GridKind)> = tx
        .find::<grid::Entity>()
        .select_only()
        .columns([grid::Column::Id, grid::Column::ParentId, grid::Column::Kind])
        .order_by_asc(grid::Column::Id)
        .into_tuple()
        .all()
        .await?;
    let parents: Vec<(GridId, Option<GridId>)> =
        rows.iter().map(|(id, parent, _)| (*id, *parent)).collect();
    let kinds: HashMap<GridId, GridKind> = rows.iter().map(|(id, _, kind)| (*id, *kind)).collect();
    let circle = cyclic(&parents);
    let mut wrong = Vec::new();
    for (id, parent, kind) in rows {
        let above = parent.and_then(|parent| kinds.get(&parent).copied());
        if circle.contains(&id) {
            wrong.push(format!("grid {id} is beneath itself"));
        } else if !rules::may_hang(kind, above) {
            wrong.push(format!("grid {id}, {kind}, hangs where it may not"));
        }
    }
    Ok(wrong)
}

/// The whole tree, as in [`misplaced`]. What is beneath itself has no path, and is named there.
async fn astray(tx: &Tx) -> Result<Vec<String>> {
    let rows: Vec<(GridId, Option<GridId>, String)> = tx
        .find::<grid::Entity>()
        .select_only()
        .columns([grid::Column::Id, grid::Column::ParentId, grid::Column::Path])
        .order_by_asc(grid::Column::Id)
        .into_tuple()
        .all()
        .await?;
    let parents: Vec<(GridId, Option<GridId>)> =
        rows.iter().map(|(id, parent, _)| (*id, *parent)).collect();
    let circle = cyclic(&parents);
    let told = path::paths(&parents);
    let astray = rows.into_iter().filter(|(id, _, path)| {
        !circle.contains(id) && told.get(id).is_none_or(|told| told != path)
    });
    Ok(astray
        .map(|(id, ..)| format!("grid {id} has another path than its place in the tree"))
        .collect())
}
