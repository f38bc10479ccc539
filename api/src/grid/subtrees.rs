//! Grids and all beneath them, as a condition on rows that belong to a grid. The tree is not read for that: a grid's path is enough
//! ([`crate::member::path`]).

use entity::grid;
use entity::ids::GridId;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, SelectStatement};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use crate::http::{ApiError, Code, Result};
use crate::member::path;
use crate::tenancy::{Tx, nothing};

/// Grids that are named in a statement one by one, since then the database begins with the rows of each. Of more than that each row is
/// asked whether its grid is among them, since nearly every row is. (As a list that the database reads first, SQLite would go through
/// all rows of all these grids to find the first fifty.)
const NAMED: usize = 200;

/// Grids and all beneath them.
#[derive(Debug, Clone, Default)]
pub struct Subtrees {
    /// Their paths.
    roots: Vec<String>,
    /// Which grids these are; empty where there are no roots.
    grids: Grids,
}

#[derive(Debug, Clone)]
enum Grids {
    /// All that the township has.
    Every,
    Few(Vec<GridId>),
    Many(Box<SelectStatement>),
}

impl Default for Grids {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Subtrees {
    /// The subtrees of grids with these paths; one statement, which reads no more than [`NAMED`] grids and one, and looks whether there are
    /// others. None for no paths.
    pub(super) async fn of(tx: &Tx, roots: Vec<String>) -> Result<Self> {
        if roots.is_empty() {
            return Ok(Self::default());
        }
        let within = roots
            .iter()
            .map(|root| path::beneath(grid::Column::Path, root))
            .fold(Condition::any(), Condition::add);
        let beneath = || {
            tx.find::<grid::Entity>().select_only().column(grid::Column::Id).filter(within.clone())
        };
        let others = tx
            .find::<grid::Entity>()
            .select_only()
            .column(grid::Column::Id)
            .filter(within.clone().not());
        let most = u64::try_from(NAMED + 1).map_err(ApiError::internal)?;
        let found: Vec<(GridId, bool)> = beneath()
            .expr_as(Expr::exists(others.into_subquery()), "others")
            .limit(most)
            .into_tuple()
            .all()
            .await?;
        let grids = if found.len() <= NAMED {
            Grids::Few(found.into_iter().map(|(grid, _)| grid).collect())
        } else if found.iter().any(|(_, others)| *others) {
            Grids::Many(Box::new(beneath().into_subquery()))
        } else {
            Grids::Every
        };
        Ok(Self { roots, grids })
    }

    /// The subtree of one grid; two statements.
    ///
    /// # Errors
    /// `not_found` when the township has no such grid.
    pub async fn under(tx: &Tx, root: GridId) -> Result<Self> {
        let root = path_of(tx, root).await?.ok_or_else(|| ApiError::new(Code::NOT_FOUND))?;
        Self::of(tx, vec![root]).await
    }

    /// Whether there is no grid among them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Whether a grid of this path is among them.
    #[must_use]
    pub fn hold(&self, path: &str) -> bool {
        self.roots.iter().any(|root| path::lies_beneath(path, root))
    }

    /// The rows that belong to one of them, of a table in which this column says where; none where there is no grid.
    #[must_use]
    pub fn rows(&self, column: impl ColumnTrait) -> Condition {
        if self.is_empty() {
            return nothing();
        }
        Condition::all().add(match &self.grids {
            Grids::Every => column.is_not_null(),
            Grids::Few(grids) => column.is_in(grids.iter().copied()),
            Grids::Many(grids) => {
                let id = (grid::Entity, grid::Column::Id);
                let mut its = SelectStatement::clone(grids);
                its.and_where(Expr::col(id).eq(column.into_expr()));
                Expr::exists(its)
            }
        })
    }

    /// All other rows of such a table, those that belong to no grid among them.
    #[must_use]
    pub fn other_rows(&self, column: impl ColumnTrait) -> Condition {
        Condition::any().add(column.is_null()).add(self.rows(column).not())
    }

    /// The grids themselves.
    #[must_use]
    pub fn themselves(&self) -> Condition {
        let beneath = |root: &String| path::beneath(grid::Column::Path, root);
        if self.is_empty() {
            return nothing();
        }
        self.roots.iter().map(beneath).fold(Condition::any(), Condition::add)
    }
}

/// The path of a grid; none where the township has no such grid. One statement.
///
/// # Errors
/// Those of the database.
pub async fn path_of(tx: &Tx, grid: GridId) -> Result<Option<String>> {
    tx.find::<grid::Entity>()
        .select_only()
        .column(grid::Column::Path)
        .filter(grid::Column::Id.eq(grid))
        .into_tuple()
        .one()
        .await
}
