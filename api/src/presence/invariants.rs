//! What always holds of check-ins.

use entity::check_in;
use entity::ids::CheckInId;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::http::Result;
use crate::invariant::{Invariant, SOUGHT};
use crate::tenancy::Tx;

/// What is promised of check-ins.
pub(super) const INVARIANTS: &[Invariant] = &[Invariant {
    id: "PR1",
    zh: "签退记录完整：时间不早于签到，有分钟数与积分；补办的有人有原因",
    en: "A check-in is closed whole: not before it began, with minutes and points, by somebody with a reason where it was completed",
    broken: |tx, _| Box::pin(half_closed(tx)),
}];

/// All of them, whatever is new: who completes a check-in dates it back by up to a month, so that neither of its moments tells when that
/// was; and no index begins with a moment, so that to look for the late ones were to read all of them too.
async fn half_closed(tx: &Tx) -> Result<Vec<String>> {
    use check_in::Column::{
        CheckedInAt, CheckedOutAt, CompletedBy, CompletionReason, Id, Minutes, Points,
    };
    let col = |column| Expr::col((check_in::Entity, column));
    let open = Condition::all().add(CheckedOutAt.is_null()).add(
        Condition::any()
            .add(Minutes.is_not_null())
            .add(Points.is_not_null())
            .add(CompletedBy.is_not_null()),
    );
    let closed = Condition::all().add(CheckedOutAt.is_not_null()).add(
        Condition::any()
            .add(Minutes.is_null())
            .add(Points.is_null())
            .add(Minutes.lt(0))
            .add(col(CheckedOutAt).lt(col(CheckedInAt))),
    );
    let unexplained = Condition::any()
        .add(Condition::all().add(CompletedBy.is_null()).add(CompletionReason.is_not_null()))
        .add(Condition::all().add(CompletedBy.is_not_null()).add(CompletionReason.is_null()));
    let found: Vec<CheckInId> = tx
        .find::<check_in::Entity>()
        .select_only()
        .column(Id)
        .filter(Condition::any().add(open).add(closed).add(unexplained))
        .order_by_asc(Id)
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    Ok(found.into_iter().map(|id| format!("check_in {id} is closed by half")).collect())
}
