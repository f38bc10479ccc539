//! What always holds of accounts.

use entity::account;

use super::update::able_administrators;
use crate::http::Result;
use crate::invariant::Invariant;
use crate::tenancy::Tx;

/// What is promised of accounts.
pub(super) const INVARIANTS: &[Invariant] = &[Invariant {
    id: "AN1",
    zh: "至少有一名可登录的系统管理员",
    en: "There is an administrator who is not disabled",
    broken: |tx, _| Box::pin(locked_out(tx)),
}];

/// Where there are no accounts at all the township is still being founded.
async fn locked_out(tx: &Tx) -> Result<Vec<String>> {
    let locked_out =
        able_administrators(tx).await? == 0 && tx.find::<account::Entity>().count().await? > 0;
    Ok(locked_out
        .then(|| "no account can administer the township".to_owned())
        .into_iter()
        .collect())
}
