//! What always holds of sessions.

use entity::ids::AccountId;
use entity::session;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::sign_in::SESSIONS_OPEN;
use crate::http::Result;
use crate::invariant::{Invariant, SOUGHT};
use crate::tenancy::Tx;

/// What is promised of sessions.
pub(super) const INVARIANTS: &[Invariant] = &[Invariant {
    id: "SE1",
    zh: "每个账号同时至多二十次登录",
    en: "An account has at most twenty sessions open",
    broken: |tx, _| Box::pin(crowded(tx)),
}];

/// Those that are open now are few, however old they are.
async fn crowded(tx: &Tx) -> Result<Vec<String>> {
    let most = i64::try_from(SESSIONS_OPEN).unwrap_or(i64::MAX);
    let found: Vec<AccountId> = tx
        .find::<session::Entity>()
        .select_only()
        .column(session::Column::AccountId)
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(tx.now()))
        .group_by(session::Column::AccountId)
        .having(session::Column::Id.count().gt(most))
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    Ok(found.into_iter().map(|id| format!("account {id} has too many sessions open")).collect())
}
