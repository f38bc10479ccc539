//! Changing accounts.

use entity::ids::AccountId;
use entity::kinds::Role;
use entity::{account, account_role};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::acts;
use super::create::{check_member, check_roles, put_roles};
use super::dto::{Account, UpdateAccount};
use super::query::one;
use crate::audit::{Record, record};
use crate::auth::revoke;
use crate::auth::strength::Known;
use crate::http::{ApiError, Code, IfMatch, Result};
use crate::session;
use crate::state::AppState;
use crate::tenancy::{Scope, Tx};

/// Changes an account; what it holds ends as the rules say.
///
/// # Errors
/// `not_found`; 412 when somebody else changed it meanwhile; 422 for roles of several spheres, an unknown member or a weak password;
/// `in_use` when nobody could administer the township afterwards.
pub(super) async fn update(
    state: &AppState,
    scope: &Scope,
    id: AccountId,
    seen: IfMatch,
    input: UpdateAccount,
) -> Result<Account> {
    let sphere = input.roles.as_deref().map(check_roles).transpose()?;
    let hash = match &input.password {
        Some(password) => {
            let known = scope
                .read(async |tx: &Tx| {
                    let row = tx.get::<account::Entity>(id).await?;
                    Known::of(tx, &row.username, &row.display_name, row.member_id).await
                })
                .await?;
            known.check("password", password)?;
            Some(state.passwords().hash(password.clone()).await?)
        }
        None => None,
    };
    scope
        .write(async move |tx: &Tx| {
            if input.roles.is_some() || input.disabled == Some(true) {
                lock_administrators(tx).await?;
            }
            let row = tx.get_locked::<account::Entity>(id).await?;
            seen.check(row.version)?;
            check_member(tx, input.member_id.flatten()).await?;
            let roles = roles_of(tx, &row, &input).await?;
            if changes_nothing(&row, &roles, &input) {
                return one(tx, id).await;
            }
            record_update(tx, &row, &roles, &input).await?;
            let ends = input.disabled == Some(true) || hash.is_some();
            // One's own password is one's own, whichever way it is set.
            let must_change = hash.is_some() && tx.actor() != Some(id);
            if input.roles.is_some() {
                tx.delete_many::<account_role::Entity>()
                    .filter(account_role::Column::AccountId.eq(id))
                    .exec()
                    .await?;
            }
            tx.update(account::ActiveModel {
                id: Unchanged(id),
                display_name: input.display_name.map_or(Unchanged(row.display_name), Set),
                member_id: input.member_id.map_or(Unchanged(row.member_id), Set),
                disabled: input.disabled.map_or(Unchanged(row.disabled), Set),
                password_hash: hash.map_or(Unchanged(row.password_hash), Set),
                sphere: sphere.map_or(Unchanged(row.sphere), Set),
                must_change_password: Set(row.must_change_password || must_change),
                version: Set(row.version + 1),
                ..Default::default()
            })
            .await?;
            if let Some(roles) = input.roles {
                put_roles(tx, id, roles).await?;
            }
            keep_an_administrator(tx).await?;
            if ends {
                session::end_all(tx, id, None).await?;
            } else {
                revoke(tx, id).await?;
            }
            one(tx, id).await
        })
        .await
}

/// The roles that it has, where they are to be changed.
async fn roles_of(tx: &Tx, row: &account::Model, input: &UpdateAccount) -> Result<Vec<Role>> {
    if input.roles.is_none() {
        return Ok(Vec::new());
    }
    let rows = tx
        .find::<account_role::Entity>()
        .filter(account_role::Column::AccountId.eq(row.id))
        .order_by_asc(account_role::Column::Role)
        .all()
        .await?;
    Ok(rows.iter().map(|row| row.role).collect())
}

/// One entry for each kind of change, so that each is found by its act.
async fn record_update(
    tx: &Tx,
    row: &account::Model,
    before: &[Role],
    input: &UpdateAccount,
) -> Result<()> {
    let entry = |act| Record::of(act).on("account", row.id);
    if input.display_name.is_some() || input.member_id.is_some() {
        let name = input.display_name.as_deref().unwrap_or(&row.display_name);
        let member = input.member_id.unwrap_or(row.member_id);
        let entry = entry(acts::UPDATE)
            .renamed("display_name", Some(&row.display_name), Some(name))
            .changed("member_id", row.member_id, member);
        record(tx, entry).await?;
    }
    if let Some(roles) = &input.roles {
        let changed = entry(acts::CHANGE_ROLES).changed(
            "roles",
            Some(Role::words(before)),
            Some(Role::words(roles)),
        );
        record(tx, changed).await?;
    }
    if input.password.is_some() {
        record(tx, entry(acts::RESET_PASSWORD)).await?;
    }
    match input.disabled {
        Some(disabled) if disabled != row.disabled => {
            record(tx, entry(if disabled { acts::DISABLE } else { acts::ENABLE })).await
        }
        _ => Ok(()),
    }
}

/// Locks what the rule about the last administrator reads, in one order, before anything is changed: of two administrators who
/// take each other out at the same moment the second sees what the first did.
async fn lock_administrators(tx: &Tx) -> Result<()> {
    let _locked: Vec<account_role::Model> = tx
        .find::<account_role::Entity>()
        .filter(account_role::Column::Role.eq(Role::Administrator))
        .order_by_asc(account_role::Column::AccountId)
        .locked()
        .all()
        .await?;
    Ok(())
}

/// Refuses what leaves no administrator who is not disabled.
async fn keep_an_administrator(tx: &Tx) -> Result<()> {
    if able_administrators(tx).await? == 0 {
        return Err(ApiError::new(Code::IN_USE).detail(
            "至少要保留一名未停用的系统管理员",
            "At least one administrator who is not disabled must remain",
        ));
    }
    Ok(())
}

/// Whether an account is what the input makes of it. A password that is named is set anew, whatever it was.
fn changes_nothing(row: &account::Model, held: &[Role], input: &UpdateAccount) -> bool {
    let same = |roles: &Vec<Role>| {
        roles.iter().all(|role| held.contains(role)) && held.iter().all(|role| roles.contains(role))
    };
    input.roles.as_ref().is_none_or(same)
        && input.password.is_none()
        && input.display_name.as_ref().is_none_or(|name| *name == row.display_name)
        && input.member_id.is_none_or(|member| member == row.member_id)
        && input.disabled.is_none_or(|disabled| disabled == row.disabled)
}

/// How many administrators are not disabled; two statements.
pub(super) async fn able_administrators(tx: &Tx) -> Result<u64> {
    let administrators: Vec<AccountId> = tx
        .find::<account_role::Entity>()
        .filter(account_role::Column::Role.eq(Role::Administrator))
        .all()
        .await?
        .into_iter()
        .map(|row| row.account_id)
        .collect();
    tx.find::<account::Entity>()
        .filter(account::Column::Id.is_in(administrators))
        .filter(account::Column::Disabled.eq(false))
        .count()
        .await
}
