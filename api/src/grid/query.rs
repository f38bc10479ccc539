//! Grids as they are shown: the tree with its posts, one grid, the boundaries.

use std::collections::HashMap;

use entity::ids::GridId;
use entity::kinds::{GridKind, PostKind};
use entity::{grid, grid_post};
use sea_orm::{ColumnTrait, Condition, FromQueryResult, QueryFilter, QuerySelect};

use super::dto::{
    BoundaryCollection, BoundaryFeature, BoundaryGeometry, BoundaryProperties, Grid, GridList,
    HeldPost, LngLat,
};
use super::geometry::Point;
use super::holders::held;
use super::rules;
use crate::http::{ApiError, Code, Result};
use crate::member::dto::MemberRef;
use crate::member::tree;
use crate::tenancy::{Scope, Tx};

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

async fn load(tx: &Tx, only: Option<GridId>) -> Result<Vec<Grid>> {
    let (mut grids, mut posts) = (Condition::all(), Condition::all());
    if let Some(id) = only {
        grids = grids.add(grid::Column::Id.eq(id));
        posts = posts.add(grid_post::Column::GridId.eq(id));
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

/// All grids with the posts held today, parents first. Two statements.
///
/// # Errors
/// Those of the database.
pub async fn list(scope: &Scope) -> Result<GridList> {
    scope
        .read(async |tx: &Tx| Ok(GridList { items: load(tx, None).await?, next_cursor: None }))
        .await
}

/// One grid; two statements.
///
/// # Errors
/// `not_found` when the township has none such.
pub async fn get(scope: &Scope, id: GridId) -> Result<Grid> {
    scope.read(async |tx: &Tx| one(tx, id).await).await
}

/// One grid, in this transaction; 404 when the township has none such.
pub(super) async fn one(tx: &Tx, id: GridId) -> Result<Grid> {
    let found = load(tx, Some(id)).await?.pop();
    found.ok_or_else(|| ApiError::new(Code::NOT_FOUND))
}

/// All boundaries, parents first. One statement.
///
/// # Errors
/// Those of the database, and 500 for a boundary that is no GeoJSON.
pub async fn boundaries(scope: &Scope) -> Result<BoundaryCollection> {
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
