//! To whom a notice goes, asked from either side.

use entity::ids::GridId;
use entity::kinds::Role;
use entity::{account, account_role, notice, notice_receipt, notice_role};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::perm;
use crate::grid::{self, RowScope, holders_beneath};
use crate::http::{ApiError, Result};
use crate::tenancy::{Find, Tx, nothing};

/// The notices that go to the account that acts. One statement, for its posts; none for an account without a person.
pub(super) async fn addressed(tx: &Tx) -> Result<Condition> {
    let Some(account) = tx.actor() else { return Ok(nothing()) };
    let mine = tx
        .find::<account_role::Entity>()
        .select_only()
        .column(account_role::Column::Role)
        .filter(account_role::Column::AccountId.eq(account));
    let sent = tx
        .find::<notice_role::Entity>()
        .select_only()
        .column(notice_role::Column::NoticeId)
        .filter(notice_role::Column::Role.in_subquery(mine.into_subquery()));
    let above = RowScope::own(tx).await?.above;
    let mut place = Condition::any().add(notice::Column::GridId.is_null());
    if !above.is_empty() {
        place = place.add(notice::Column::GridId.is_in(above));
    }
    Ok(Condition::all().add(notice::Column::Id.in_subquery(sent.into_subquery())).add(place))
}

/// The accounts that a notice goes to today and whose receipt does not count, or is not there. A disabled account reads nothing. At most
/// two statements, for the grids beneath.
pub(super) async fn unread<'a>(
    tx: &'a Tx,
    notice: &notice::Model,
) -> Result<Find<'a, account::Entity>> {
    let roles = tx
        .find::<notice_role::Entity>()
        .select_only()
        .column(notice_role::Column::Role)
        .filter(notice_role::Column::NoticeId.eq(notice.id));
    let having = tx
        .find::<account_role::Entity>()
        .select_only()
        .column(account_role::Column::AccountId)
        .filter(account_role::Column::Role.in_subquery(roles.into_subquery()));
    let receipts = tx
        .find::<notice_receipt::Entity>()
        .select_only()
        .column(notice_receipt::Column::AccountId)
        .filter(notice_receipt::Column::NoticeId.eq(notice.id))
        .filter(notice_receipt::Column::Version.gte(notice.read_since));
    let mut find = tx
        .find::<account::Entity>()
        .filter(account::Column::Disabled.eq(false))
        .filter(account::Column::Id.in_subquery(having.into_subquery()))
        .filter(account::Column::Id.not_in_subquery(receipts.into_subquery()));
    if let Some(grid) = notice.grid_id {
        find = find.filter(account::Column::MemberId.in_subquery(holders_beneath(tx, grid).await?));
    }
    Ok(find)
}

/// Refuses roles that read no notices, and a grid that the township does not have; gives the roles in their order, each once.
pub(super) async fn checked(tx: &Tx, roles: &[Role], grid: Option<GridId>) -> Result<Vec<Role>> {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    if !roles.iter().all(|role| perm::NOTICE_READ.is_held_by(&[*role])) {
        return Err(ApiError::invalid(
            "roles",
            "只能发给能查看通知的角色",
            "a notice goes to roles that read notices",
        ));
    }
    grid::must_be_there(tx, grid).await?;
    Ok(roles)
}
