//! Grids as they are shown: the tree with its posts, one grid, the boundaries.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::GridId;
use entity::kinds::{GridKind, PostKind};
use entity::{grid, grid_post};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, Condition, FromQueryResult, QueryFilter, QuerySelect};

use super::dto::{
    BoundaryCollection, BoundaryFeature, BoundaryGeometry, BoundaryProperties, Grid, GridList,
    HeldPost, ListGrids, LngLat,
};
use super::geometry::Point;
use super::holders::held;
use super::rules;
use crate::clock::beijing;
use crate::http::{ApiError, Code, Result, all};
use crate::member::dto::MemberRef;
use crate::member::{posts_changed_since, tree};
use crate::tenancy::{Scope, Tx, either};

#[derive(FromQueryResult)]
struct Row {
    id: GridId,
    parent_id: Option<GridId>,
    code: String,
    name: String,
    kind: GridKind,
    centre_lng: i32,
    centre_lat: i32,
    area_m2: i64,
    version: i32,
}

/// Which grids are read.
#[derive(Clone, Copy)]
enum Which {
    All,
    One(GridId),
    /// Those that have changed, or whose posts have.
    ChangedSince(DateTime<Utc>),
}

async fn load(tx: &Tx, which: Which) -> Result<Vec<Grid>> {
    let (mut grids, mut posts) = (Condition::all(), Condition::all());
    match which {
        Which::All => {}
        Which::One(id) => {
            grids = grids.add(grid::Column::Id.eq(id));
            posts = posts.add(grid_post::Column::GridId.eq(id));
        }
        Which::ChangedSince(since) => {
            let changed = changed_since(tx, since);
            grids = grids.add(grid::Column::Id.in_subquery(changed.clone()));
            posts = posts.add(grid_post::Column::GridId.in_subquery(changed));
        }
    }
    let rows = tx
        .find::<grid::Entity>()
        .select_only()
        .columns([
            grid::Column::Id,
            grid::Column::ParentId,
            grid::Column::Code,
            grid::Column::Name,
            grid::Column::Kind,
            grid::Column::CentreLng,
            grid::Column::CentreLat,
            grid::Column::AreaM2,
            grid::Column::Version,
        ])
        .filter(grids)
        .into_model::<Row>()
        .all()
        .await?;
    let mut by_grid: HashMap<GridId, Vec<HeldPost>> = HashMap::new();
    for holder in held(tx, posts).await? {
        by_grid.entry(holder.grid_id).or_default().push(HeldPost {
            id: holder.post_id,
            kind: holder.kind,
            member: MemberRef { id: holder.member_id, name: holder.member_name },
            since: holder.since,
        });
    }
    let sorted = tree::in_order(rows, |r| r.id, |r| r.parent_id, |r| r.code.clone());
    Ok(sorted
        .into_iter()
        .map(|row| {
            let mut posts = by_grid.remove(&row.id).unwrap_or_default();
            // From the highest post down, as the kinds are declared.
            posts.sort_by_key(|post| post.kind);
            let kinds: Vec<PostKind> = posts.iter().map(|post| post.kind).collect();
            let centre = Point { lng: row.centre_lng, lat: row.centre_lat };
            Grid {
                id: row.id,
                parent_id: row.parent_id,
                code: row.code,
                name: row.name,
                kind: row.kind,
                centre: LngLat { lng: centre.lng_degrees(), lat: centre.lat_degrees() },
                area_m2: row.area_m2,
                vacant: rules::vacant(row.kind, &kinds),
                posts,
                version: row.version,
            }
        })
        .collect())
}

fn changed_since(tx: &Tx, since: DateTime<Utc>) -> SelectStatement {
    let grids = tx
        .find::<grid::Entity>()
        .select_only()
        .column(grid::Column::Id)
        .filter(grid::Column::ChangedAt.gte(since));
    let held = posts_changed_since(tx, since).select_only().column(grid_post::Column::GridId);
    either(grids.into_subquery(), [held.into_subquery()])
}

/// All grids with the posts held today, parents first, or those that have changed. Two statements.
///
/// # Errors
/// Those of the database.
pub(super) async fn list(scope: &Scope, query: ListGrids) -> Result<GridList> {
    let as_of = beijing(scope.settled()?);
    let which = query.changed_since.map_or(Which::All, |since| Which::ChangedSince(since.utc()));
    scope
        .read(async |tx: &Tx| {
            let items = load(tx, which).await?;
            Ok(GridList { total: all(&items), items, next_cursor: None, as_of })
        })
        .await
}

/// One grid; two statements.
///
/// # Errors
/// `not_found` when the township has none such.
pub(super) async fn get(scope: &Scope, id: GridId) -> Result<Grid> {
    scope.read(async |tx: &Tx| one(tx, id).await).await
}

/// One grid, in this transaction; 404 when the township has none such.
pub(super) async fn one(tx: &Tx, id: GridId) -> Result<Grid> {
    let found = load(tx, Which::One(id)).await?.pop();
    found.ok_or_else(|| ApiError::new(Code::NOT_FOUND))
}

/// All boundaries, parents first. One statement.
///
/// # Errors
/// Those of the database, and 500 for a boundary that is no GeoJSON.
pub(super) async fn boundaries(scope: &Scope) -> Result<BoundaryCollection> {
    let rows = scope.read_single(async |tx: &Tx| tx.find::<grid::Entity>().all().await).await?;
    let codes: HashMap<GridId, String> =
        rows.iter().map(|row| (row.id, row.code.clone())).collect();
    let features = tree::in_order(rows, |r| r.id, |r| r.parent_id, |r| r.code.clone())
        .into_iter()
        .map(|row| {
            let geometry: BoundaryGeometry =
                serde_json::from_str(&row.boundary).map_err(ApiError::internal)?;
            Ok(BoundaryFeature {
                r#type: "Feature".to_owned(),
                properties: BoundaryProperties {
                    id: row.id,
                    code: row.code,
                    name: row.name,
                    kind: row.kind,
                    parent_id: row.parent_id,
                    parent: row.parent_id.and_then(|id| codes.get(&id).cloned()),
                },
                geometry,
            })
        })
        .collect::<Result<_>>()?;
    Ok(BoundaryCollection { r#type: "FeatureCollection".to_owned(), features })
}
