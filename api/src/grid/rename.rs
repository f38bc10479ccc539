//! Renaming a grid.

use entity::grid;
use entity::ids::GridId;
use sea_orm::ActiveValue::Set;
use sea_orm::IntoActiveModel;

use super::acts;
use super::dto::{Grid, UpdateGrid};
use super::query::one;
use super::rules;
use crate::audit::{Record, record};
use crate::http::{IfMatch, Result};
use crate::tenancy::{Scope, Tx};

/// Renames a grid.
///
/// # Errors
/// `not_found`; 412 when somebody else changed it meanwhile.
pub(super) async fn rename(
    scope: &Scope,
    id: GridId,
    seen: IfMatch,
    input: UpdateGrid,
) -> Result<Grid> {
    scope
        .write(async move |tx: &Tx| {
            let before = tx.get_locked::<grid::Entity>(id).await?;
            seen.check(before.version)?;
            let (version, old) = (before.version, before.name.clone());
            let mut row = before.into_active_model();
            let name = input.name.as_deref();
            if let Some(name) = name.and_then(|n| crate::member::rules::name(n, rules::NAME_MAX)) {
                row.name = Set(name);
            }
            if row.name.as_ref() == &old {
                return one(tx, id).await;
            }
            row.version = Set(version + 1);
            let after = tx.update(row).await?;
            let entry = Record::of(acts::UPDATE).on("grid", id);
            record(tx, entry.changed("name", Some(old), Some(after.name))).await?;
            one(tx, id).await
        })
        .await
}
