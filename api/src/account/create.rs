//! Making accounts.

use std::collections::BTreeSet;

use super::acts;
use super::dto::{Account, CreateAccount};
use super::query::one;
use super::rules;
use crate::audit::{Record, record};
use crate::auth;
use crate::auth::strength::Known;
use crate::http::{ApiError, FieldCode, IdempotencyKey, Result};
use crate::state::AppState;
use crate::tenancy::{Scope, Tx};
use entity::ids::{AccountId, MemberId};
use entity::kinds::{Role, Sphere};
use entity::{account, account_role, member};
use sea_orm::ActiveValue::Set;

/// Makes an account, once for each key.
///
/// # Errors
/// Those of [`insert`], 422 for a password that is guessed too easily, `idempotency_mismatch` for a key that came with another input.
pub(super) async fn create(
    state: &AppState,
    scope: &Scope,
    key: IdempotencyKey,
    input: CreateAccount,
) -> Result<Account> {
    check_roles(&input.roles)?;
    let known = scope
        .read(async |tx| Known::of(tx, &input.username, &input.display_name, input.member_id).await)
        .await?;
    known.check("password", &input.password)?;
    let hash = state.passwords().hash(input.password.clone()).await?;
    let copy = input.clone();
    scope
        .write_once(key, "create_account", &input, async move |tx: &Tx| {
            let id = insert(tx, copy, hash, true).await?;
            one(tx, id).await
        })
        .await
}

/// Makes an account in the caller's transaction; `hash` is its password's, `must_change` whether somebody else chose it.
///
/// # Errors
/// 422 for roles of several spheres and for an unknown member; `already_exists` when the user name is taken.
pub async fn insert(
    tx: &Tx,
    input: CreateAccount,
    hash: String,
    must_change: bool,
) -> Result<AccountId> {
    let sphere = check_roles(&input.roles)?;
    let username = auth::username(&input.username);
    check_member(tx, input.member_id).await?;
    let id = AccountId::new();
    let entry = Record::of(acts::CREATE).on("account", id);
    let entry = entry.with("username", &username).with("roles", Role::words(&input.roles));
    let entry = match input.member_id {
        Some(member) => entry.with("member_id", member),
        None => entry,
    };
    record(tx, entry).await?;
    tx.insert(account::ActiveModel {
        id: Set(id),
        username: Set(username.clone()),
        password_hash: Set(hash),
        display_name: Set(input.display_name),
        member_id: Set(input.member_id),
        disabled: Set(false),
        sphere: Set(sphere),
        must_change_password: Set(must_change),
        created_at: Set(tx.now()),
        version: Set(1),
        ..Default::default()
    })
    .await
    .map_err(|error| {
        error.if_taken(
            format!("用户名 {username} 已被使用"),
            format!("The user name {username} is taken"),
        )
    })?;
    put_roles(tx, id, input.roles).await?;
    Ok(id)
}

/// 422 for roles of several spheres.
pub(super) fn check_roles(roles: &[Role]) -> Result<Sphere> {
    rules::sphere(roles).ok_or_else(|| {
        ApiError::invalid(
            "roles",
            "系统管理员、审计管理员须单独设账号，不能兼任其他角色（三员分立）",
            "an administrator and an auditor hold no other role: give those to an account of their own",
        )
    })
}

/// 422 when the township has no such member.
pub(super) async fn check_member(tx: &Tx, member: Option<MemberId>) -> Result<()> {
    match member {
        Some(id) if tx.try_get::<member::Entity>(id).await?.is_none() => Err(ApiError::wrong(
            "member_id",
            FieldCode::NotFound,
            "没有这名人员",
            "there is no such member",
        )),
        _ => Ok(()),
    }
}

/// Gives an account these roles; it has none.
pub(super) async fn put_roles(tx: &Tx, account: AccountId, roles: Vec<Role>) -> Result<()> {
    let roles: BTreeSet<Role> = roles.into_iter().collect();
    let rows = roles
        .into_iter()
        .map(|role| account_role::ActiveModel {
            account_id: Set(account),
            role: Set(role),
            sphere: Set(role.sphere()),
            ..Default::default()
        })
        .collect();
    tx.insert_many(rows).await
}
