//! The grids as a tree: which there are, what lies beneath one, what they are called.

use std::collections::HashMap;

use entity::grid;
use entity::ids::GridId;
use entity::kinds::GridKind;
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use crate::http::{ApiError, FieldCode, Result};
use crate::member::tree as pairs;
use crate::tenancy::Tx;

/// Rows asked for by id in one statement.
const CHUNK: usize = 1000;

/// A grid without its boundary.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Node {
    /// Which grid.
    pub id: GridId,
    /// The grid above it; none at the top.
    pub parent_id: Option<GridId>,
    /// Code, unique in the township.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: GridKind,
    /// The grids above it and itself ([`crate::member::path`]).
    pub path: String,
}

/// The whole tree without boundaries, parents first, siblings by code. One statement.
///
/// # Errors
/// Those of the database.
pub async fn tree(tx: &Tx) -> Result<Vec<Node>> {
    let rows = tx
        .find::<grid::Entity>()
        .select_only()
        .columns([
            grid::Column::Id,
            grid::Column::ParentId,
            grid::Column::Code,
            grid::Column::Name,
            grid::Column::Kind,
            grid::Column::Path,
        ])
        .into_model::<Node>()
        .all()
        .await?;
    Ok(pairs::in_order(rows, |n| n.id, |n| n.parent_id, |n| n.code.clone()))
}

/// Refuses a grid that the township does not have; one statement where one is named.
///
/// # Errors
/// `validation_failed` at `grid_id`.
pub async fn must_be_there(tx: &Tx, grid: Option<GridId>) -> Result<()> {
    if let Some(id) = grid
        && tx.try_get::<grid::Entity>(id).await?.is_none()
    {
        return Err(ApiError::wrong(
            "grid_id",
            FieldCode::NotFound,
            "没有这个网格",
            "there is no such grid",
        ));
    }
    Ok(())
}

/// Names by id; ids that are not the township's are left out. One statement for every thousand ids.
///
/// # Errors
/// Those of the database.
pub async fn names(tx: &Tx, ids: &[GridId]) -> Result<HashMap<GridId, String>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(GridId, String)> = tx
            .find::<grid::Entity>()
            .select_only()
            .columns([grid::Column::Id, grid::Column::Name])
            .filter(grid::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all()
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Locks grids against appointments by others until the end of this transaction; one statement for every
/// thousand grids.
///
/// # Errors
/// Those of the database.
pub async fn lock(tx: &Tx, mut grids: Vec<GridId>) -> Result<()> {
    // Everybody locks in the same order, so that nobody waits in a circle.
    grids.sort_unstable();
    grids.dedup();
    for chunk in grids.chunks(CHUNK) {
        let _locked: Vec<GridId> = tx
            .find::<grid::Entity>()
            .select_only()
            .column(grid::Column::Id)
            .filter(grid::Column::Id.is_in(chunk.iter().copied()))
            .order_by_asc(grid::Column::Id)
            .locked()
            .into_tuple()
            .all()
            .await?;
    }
    Ok(())
}
