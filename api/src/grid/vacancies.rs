//! Where nobody is in a post that must be held. The database looks for it, grid by grid in its indexes: neither the tree nor who holds what
//! is read for that.

use entity::ids::GridId;
use entity::kinds::{GridKind, PostKind};
use entity::{grid, grid_post};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, IntoIden, UnionType};
use sea_orm::{ColumnTrait, FromQueryResult, Order, QueryFilter, QuerySelect};

use super::rules;
use crate::http::{ApiError, Result};
use crate::member::held_on;
use crate::tenancy::{Find, Tx};

/// A head that is missing.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Vacancy {
    /// Where.
    pub grid_id: GridId,
    /// The grid's code.
    pub grid_code: String,
    /// What the grid is called.
    pub grid_name: String,
    /// The head it needs.
    pub kind: PostKind,
}

/// A post, and the grids that need somebody in it.
pub type Needed = (PostKind, Vec<GridKind>);

/// The heads that grids must have ([`rules::needed`]).
#[must_use]
pub fn heads() -> Vec<Needed> {
    let of = |post: PostKind| -> Needed {
        let kinds = GridKind::ALL.iter().copied();
        (post, kinds.filter(|kind| rules::needed(*kind) == Some(post)).collect())
    };
    PostKind::ALL.iter().copied().map(of).filter(|(_, kinds)| !kinds.is_empty()).collect()
}

/// Where one of these posts is needed and held by nobody today, among the grids of a condition: by code, the posts of a grid from the
/// highest down. The first so many alone where that is said. One statement, and none where nothing is needed.
///
/// # Errors
/// Those of the database.
pub async fn vacancies(
    tx: &Tx,
    needed: &[Needed],
    among: &Condition,
    first: Option<usize>,
) -> Result<Vec<Vacancy>> {
    let of = |need: &Needed| {
        without(tx, need, among)
            .column_as(grid::Column::Id, "grid_id")
            .column_as(grid::Column::Code, CODE)
            .column_as(grid::Column::Name, "grid_name")
            .expr_as(Expr::val(need.0), "kind")
    };
    let Some((one, others)) = needed.split_first() else { return Ok(Vec::new()) };
    let mut all = of(one);
    let query = QuerySelect::query(&mut all);
    for other in others {
        query.union(UnionType::All, of(other).into_subquery());
    }
    query.order_by(Alias::new(CODE).into_iden(), Order::Asc);
    if let Some(first) = first {
        query.limit(u64::try_from(first).map_err(ApiError::internal)?);
    }
    let mut found = all.into_model::<Vacancy>().all().await?;
    found.sort_by(|one, other| (&one.grid_code, one.kind).cmp(&(&other.grid_code, other.kind)));
    Ok(found)
}

const CODE: &str = "grid_code";

/// How many there are; one statement, and none where nothing is needed.
///
/// # Errors
/// Those of the database.
pub async fn vacancy_count(tx: &Tx, needed: &[Needed], among: &Condition) -> Result<i64> {
    let of =
        |need: &Needed| without(tx, need, among).expr_as(grid::Column::Id.count(), "vacancies");
    let Some((one, others)) = needed.split_first() else { return Ok(0) };
    let mut all = of(one);
    for other in others {
        QuerySelect::query(&mut all).union(UnionType::All, of(other).into_subquery());
    }
    Ok(all.into_tuple::<i64>().all().await?.into_iter().sum())
}

/// The grids that need somebody in a post and have nobody.
fn without<'a>(tx: &'a Tx, (post, kinds): &Needed, among: &Condition) -> Find<'a, grid::Entity> {
    let grid = (grid::Entity, grid::Column::Id);
    let held = tx
        .find::<grid_post::Entity>()
        .select_only()
        .column(grid_post::Column::Id)
        .filter(grid_post::Column::GridId.into_expr().eq(Expr::col(grid)))
        .filter(grid_post::Column::Kind.eq(*post))
        .filter(held_on(tx.today()));
    tx.find::<grid::Entity>()
        .select_only()
        .filter(grid::Column::Kind.is_in(kinds.iter().copied()))
        .filter(among.clone())
        .filter(Expr::exists(held.into_subquery()).not())
}
