//! Use cases of accounts.

use std::collections::{BTreeSet, HashMap};

use entity::ids::{AccountId, MemberId};
use entity::kinds::{Role, Sphere};
use entity::{account, account_role, member};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ColumnTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::acts;
use super::dto::{
    Account, AccountMember, AccountPage, Candidate, CandidateList, CreateAccount, ListAccounts,
    ListCandidates, Me, MeAccount, MePost, MeTownship, RoleList, RoleView, UpdateAccount,
};
use super::rules;
use crate::audit::{Record, record};
use crate::auth::strength::Known;
use crate::auth::{Permission, revoke};
use crate::clock::beijing;
use crate::http::{ApiError, Code, IdempotencyKey, IfMatch, Page, Result};
use crate::session;
use crate::state::AppState;
use crate::tenancy::{Scope, Tx, like};

/// People offered at once for a new account.
const CANDIDATES: u64 = 20;

/// The names of what these roles may do, in the order of the features.
fn permissions_of(scope: &Scope, roles: &[Role]) -> Vec<String> {
    let all = scope.all::<Permission>().iter();
    all.filter(|one| one.is_held_by(roles)).map(|one| one.name().to_owned()).collect()
}

/// The shipped roles.
#[must_use]
pub fn roles(scope: &Scope) -> RoleList {
    RoleList {
        items: Role::ALL
            .iter()
            .map(|role| RoleView {
                role: *role,
                name: role.zh().to_owned(),
                permissions: permissions_of(scope, &[*role]),
            })
            .collect(),
    }
}

/// One page of accounts by user name.
pub async fn list(scope: &Scope, input: ListAccounts) -> Result<AccountPage> {
    let page = Page::of(scope.seal("accounts", &input)?, input.limit);
    let after: Option<String> = page.after(input.cursor.as_deref())?;
    scope
        .read(async |tx| {
            let mut find = tx
                .find::<account::Entity>()
                .order_by_asc(account::Column::Username)
                .limit(page.fetch());
            if let Some(q) = input.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
                find =
                    find.filter(account::Column::Username.like(like::beginning(&q.to_lowercase())));
            }
            if let Some(after) = &after {
                find = find.filter(account::Column::Username.gt(after.as_str()));
            }
            let (rows, next_cursor) = page.cut(find.all().await?, |row| row.username.clone())?;
            Ok(AccountPage { items: views(tx, rows).await?, next_cursor })
        })
        .await
}

/// One account.
pub async fn get(scope: &Scope, id: AccountId) -> Result<Account> {
    scope.read(async |tx| one(tx, id).await).await
}

async fn one(tx: &Tx, id: AccountId) -> Result<Account> {
    let row = tx.get::<account::Entity>(id).await?;
    views(tx, vec![row]).await?.pop().ok_or_else(|| ApiError::new(Code::NOT_FOUND))
}

/// Roles and members of a page in two statements.
async fn views(tx: &Tx, rows: Vec<account::Model>) -> Result<Vec<Account>> {
    let ids: Vec<AccountId> = rows.iter().map(|row| row.id).collect();
    let members: Vec<MemberId> = rows.iter().filter_map(|row| row.member_id).collect();
    let mut roles: HashMap<AccountId, Vec<Role>> = HashMap::new();
    for row in tx
        .find::<account_role::Entity>()
        .filter(account_role::Column::AccountId.is_in(ids))
        .all()
        .await?
    {
        roles.entry(row.account_id).or_default().push(row.role);
    }
    let names: HashMap<MemberId, String> = if members.is_empty() {
        HashMap::new()
    } else {
        tx.find::<member::Entity>()
            .filter(member::Column::Id.is_in(members))
            .all()
            .await?
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect()
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut roles = roles.remove(&row.id).unwrap_or_default();
            roles.sort_unstable();
            let member = row
                .member_id
                .and_then(|id| names.get(&id).map(|name| AccountMember { id, name: name.clone() }));
            Account {
                id: row.id,
                username: row.username,
                display_name: row.display_name,
                roles,
                member,
                disabled: row.disabled,
                created_at: beijing(row.created_at),
                version: row.version,
            }
        })
        .collect())
}

/// Makes an account. 409 `already_exists` when the user name is taken.
pub async fn create(
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

/// 422 for roles of several spheres.
fn check_roles(roles: &[Role]) -> Result<Sphere> {
    rules::sphere(roles).ok_or_else(|| {
        ApiError::invalid(
            "roles",
            "系统管理员、审计管理员须单独设账号，不能兼任其他角色（三员分立）",
            "an administrator and an auditor hold no other role: give those to an account of their own",
        )
    })
}

/// Makes an account in the caller's transaction; `hash` is its password's, `must_change` whether somebody else chose it.
pub async fn insert(
    tx: &Tx,
    input: CreateAccount,
    hash: String,
    must_change: bool,
) -> Result<AccountId> {
    let sphere = check_roles(&input.roles)?;
    let username = input.username.trim().to_lowercase();
    check_member(tx, input.member_id).await?;
    let taken = tx
        .find::<account::Entity>()
        .filter(account::Column::Username.eq(username.as_str()))
        .one()
        .await?;
    if taken.is_some() {
        return Err(ApiError::new(Code::ALREADY_EXISTS).detail(
            format!("用户名 {username} 已被使用"),
            format!("The user name {username} is taken"),
        ));
    }
    let id = AccountId::new();
    let entry = Record::of(acts::CREATE).on("account", id);
    let entry = entry.with("username", &username).with("roles", words(&input.roles));
    let entry = match input.member_id {
        Some(member) => entry.with("member_id", member),
        None => entry,
    };
    record(tx, entry).await?;
    tx.insert(account::ActiveModel {
        id: Set(id),
        username: Set(username),
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
    .await?;
    put_roles(tx, id, input.roles).await?;
    Ok(id)
}

async fn check_member(tx: &Tx, member: Option<MemberId>) -> Result<()> {
    match member {
        Some(id) if tx.try_get::<member::Entity>(id).await?.is_none() => {
            Err(ApiError::invalid("member_id", "没有这名人员", "there is no such member"))
        }
        _ => Ok(()),
    }
}

/// People whom no account is linked to, by number; one statement.
pub async fn candidates(scope: &Scope, input: ListCandidates) -> Result<CandidateList> {
    use member::Column;
    scope
        .read(async |tx| {
            let found = tx
                .find::<member::Entity>()
                .join(JoinType::LeftJoin, account::Relation::Member.def().rev())
                .filter(account::Column::Id.is_null())
                .filter(crate::member::search(input.q.as_deref().unwrap_or_default()))
                .order_by_asc(Column::Number)
                .limit(CANDIDATES)
                .all()
                .await?;
            let items = found
                .into_iter()
                .map(|row| Candidate {
                    username: rules::username(&row.name_initials, &row.number),
                    id: row.id,
                    number: row.number,
                    name: row.name,
                })
                .collect();
            Ok(CandidateList { items })
        })
        .await
}

/// Roles in one order, as an entry shows them.
fn words(roles: &[Role]) -> String {
    let mut roles: Vec<Role> = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

/// One entry for each kind of change, so that each is found by its act.
async fn record_update(tx: &Tx, row: &account::Model, input: &UpdateAccount) -> Result<()> {
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
        let before: Vec<Role> = tx
            .find::<account_role::Entity>()
            .filter(account_role::Column::AccountId.eq(row.id))
            .all()
            .await?
            .iter()
            .map(|row| row.role)
            .collect();
        let changed =
            entry(acts::CHANGE_ROLES).changed("roles", Some(words(&before)), Some(words(roles)));
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

async fn put_roles(tx: &Tx, account: AccountId, roles: Vec<Role>) -> Result<()> {
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

/// Changes an account.
pub async fn update(
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
            record_update(tx, &row, &input).await?;
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
                session::service::end_all(tx, id, None).await?;
            } else {
                revoke(tx, id).await?;
            }
            one(tx, id).await
        })
        .await
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

async fn keep_an_administrator(tx: &Tx) -> Result<()> {
    let administrators: Vec<AccountId> = tx
        .find::<account_role::Entity>()
        .filter(account_role::Column::Role.eq(Role::Administrator))
        .all()
        .await?
        .into_iter()
        .map(|row| row.account_id)
        .collect();
    let able = tx
        .find::<account::Entity>()
        .filter(account::Column::Id.is_in(administrators))
        .filter(account::Column::Disabled.eq(false))
        .count()
        .await?;
    if able == 0 {
        return Err(ApiError::new(Code::IN_USE).detail(
            "至少要保留一名可登录的系统管理员",
            "At least one administrator must be able to sign in",
        ));
    }
    Ok(())
}

/// Who is signed in, with the posts held today.
pub async fn me(scope: &Scope) -> Result<Me> {
    let principal = scope.principal().ok_or_else(|| ApiError::new(Code::UNAUTHENTICATED))?;
    let roles = principal.roles.clone();
    let permissions = permissions_of(scope, &roles);
    let id = principal.account;
    scope
        .read(async |tx| {
            let township = tx.township().await?;
            let account = tx.get::<account::Entity>(id).await?;
            let (member, posts) = match account.member_id {
                Some(id) => {
                    (tx.try_get::<member::Entity>(id).await?, crate::grid::posts_of(tx, id).await?)
                }
                None => (None, Vec::new()),
            };
            Ok(Me {
                account: MeAccount {
                    id: account.id,
                    username: account.username,
                    display_name: account.display_name,
                    must_change_password: account.must_change_password,
                },
                township: MeTownship { code: township.code, name: township.name },
                roles,
                permissions,
                member: member.map(|member| AccountMember { id: member.id, name: member.name }),
                posts: posts
                    .into_iter()
                    .map(|post| MePost {
                        grid_id: post.grid_id,
                        grid_name: post.grid_name,
                        kind: post.kind,
                    })
                    .collect(),
            })
        })
        .await
}
