//! Changing many rows, each to values of its own, in one statement.

use sea_orm::sea_query::{CaseStatement, Expr, SimpleExpr};
use sea_orm::{ColumnTrait, Value};
use uuid::Uuid;

/// Rows changed by one statement: two bound values for every row and column, far below what either database takes.
pub(crate) const CHUNK: usize = 200;

/// `CASE WHEN id = … THEN … ELSE column END`: the value that goes with each id; other rows keep theirs.
pub(crate) fn by_id<C: ColumnTrait>(
    id: C,
    column: C,
    values: impl Iterator<Item = (Uuid, Value)>,
) -> SimpleExpr {
    let mut case = CaseStatement::new();
    for (row, value) in values {
        case = case.case(id.eq(row), Expr::val(value));
    }
    case.finally(Expr::col(column)).into()
}
