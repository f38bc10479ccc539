//! Bringing in grids from a file: what it is compared with, and what is written.

use std::collections::HashMap;

use entity::grid;
use entity::ids::GridId;
use entity::kinds::PostKind;
use sea_orm::ActiveValue::Set;
use sea_orm::{QueryOrder, QuerySelect};
use serde::Deserialize;

use super::collection::{self, Drafts, Known, Plan};
use super::feature::Feature;
use super::holders::posts_from_today;
use crate::http::{ApiError, Code, Result};
use crate::member::path;
use crate::tenancy::Tx;
use crate::work::Budget;

/// What the township has, for comparison with a file. Three statements.
async fn known(tx: &Tx) -> Result<Vec<Known>> {
    // Locked before anything is read: what came first is seen, also what was made while the locks were waited for, and what comes
    // later waits.
    let _locked: Vec<GridId> = tx
        .find::<grid::Entity>()
        .select_only()
        .column(grid::Column::Id)
        .order_by_asc(grid::Column::Id)
        .locked()
        .into_tuple()
        .all()
        .await?;
    let rows = tx.find::<grid::Entity>().order_by_asc(grid::Column::Id).all().await?;
    let mut posts: HashMap<GridId, Vec<PostKind>> = HashMap::new();
    for post in posts_from_today(tx).await? {
        posts.entry(post.grid_id).or_default().push(post.kind);
    }
    Ok(rows
        .into_iter()
        .map(|row| Known {
            posts: posts.remove(&row.id).unwrap_or_default(),
            id: row.id,
            parent_id: row.parent_id,
            code: row.code,
            name: row.name,
            kind: row.kind,
            boundary: row.boundary,
            path: row.path,
        })
        .collect())
}

/// Compares a file with the township's grids and, unless there is a fault or it is only tried out, writes it.
///
/// # Errors
/// Those of the database.
pub async fn import(tx: &Tx, drafts: &Drafts, dry_run: bool) -> Result<Plan> {
    let known = known(tx).await?;
    let plan = collection::plan(drafts, &known);
    if !dry_run && plan.faults.is_empty() {
        write(tx, &plan, &known).await?;
    }
    Ok(plan)
}

/// Reads and writes a GeoJSON FeatureCollection, for the demonstration data.
///
/// # Errors
/// `file_unreadable` for what is no FeatureCollection.
pub async fn import_collection(tx: &Tx, collection: &serde_json::Value) -> Result<Plan> {
    let features = collection
        .get("features")
        .and_then(serde_json::Value::as_array)
        .ok_or_else(|| ApiError::new(Code::FILE_UNREADABLE))?;
    let features = features.iter().map(Feature::deserialize).collect::<Result<Vec<_>, _>>();
    let features = features.map_err(ApiError::internal)?;
    import(tx, &collection::drafts(&features, &Budget::unbounded())?, false).await
}

/// Writes what is new and what has changed, and the paths of what was moved with it; the grids are locked since they were read. Each is
/// written once, so that its version is counted up once.
async fn write(tx: &Tx, plan: &Plan, known: &[Known]) -> Result<()> {
    use grid::Column;
    let mut parents: HashMap<GridId, Option<GridId>> =
        known.iter().map(|grid| (grid.id, grid.parent_id)).collect();
    let written = plan.create.iter().chain(&plan.update);
    parents.extend(written.map(|entry| (entry.id, entry.parent_id)));
    let mut paths = path::paths(&parents.into_iter().collect::<Vec<_>>());
    let rows = plan
        .create
        .iter()
        .map(|entry| grid::ActiveModel {
            id: Set(entry.id),
            parent_id: Set(entry.parent_id),
            path: Set(paths.remove(&entry.id).unwrap_or_default()),
            code: Set(entry.code.clone()),
            name: Set(entry.name.clone()),
            kind: Set(entry.kind),
            boundary: Set(entry.shape.boundary.clone()),
            centre_lng: Set(entry.shape.centre.lng),
            centre_lat: Set(entry.shape.centre.lat),
            area_m2: Set(entry.shape.area_m2),
            created_at: Set(tx.now()),
            version: Set(1),
            ..Default::default()
        })
        .collect();
    tx.insert_many::<grid::ActiveModel>(rows).await?;
    let rows = plan
        .update
        .iter()
        .map(|entry| grid::ActiveModel {
            id: Set(entry.id),
            parent_id: Set(entry.parent_id),
            path: Set(paths.remove(&entry.id).unwrap_or_default()),
            name: Set(entry.name.clone()),
            kind: Set(entry.kind),
            boundary: Set(entry.shape.boundary.clone()),
            centre_lng: Set(entry.shape.centre.lng),
            centre_lat: Set(entry.shape.centre.lat),
            area_m2: Set(entry.shape.area_m2),
            ..Default::default()
        })
        .collect();
    let columns = [
        Column::ParentId,
        Column::Path,
        Column::Name,
        Column::Kind,
        Column::Boundary,
        Column::CentreLng,
        Column::CentreLat,
        Column::AreaM2,
    ];
    tx.update_each::<grid::ActiveModel>(rows, &columns).await?;
    // Without those that are written already.
    let moved = known.iter().filter_map(|grid| {
        let path = paths.remove(&grid.id).filter(|path| *path != grid.path)?;
        Some(grid::ActiveModel { id: Set(grid.id), path: Set(path), ..Default::default() })
    });
    tx.update_each::<grid::ActiveModel>(moved.collect(), &[Column::Path]).await
}
