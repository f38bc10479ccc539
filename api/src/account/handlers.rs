//! Operations on accounts.

use actix_web::{HttpRequest, get, patch, post, web};
use entity::ids::AccountId;

use super::dto::{
    Account, AccountPage, CandidateList, CreateAccount, ListAccounts, ListCandidates, Me,
    RestoreAdministrator, Restored, RoleList, UpdateAccount,
};
use super::perm;
use super::{create, query, recovery, sheet, update};
use crate::auth::{self, Permit, SignedIn};
use crate::http::{Created, IdempotencyKey, IfMatch, Json, PathId, Query, Result, Tagged, Valid};
use crate::sheet::{Answer, Asked};
use crate::state::AppState;

/// 角色 · List roles
///
/// 系统自带的全部角色，及各角色拥有的权限名称；不分页。
///
/// The shipped roles and what they may do: all of them at once, each with the names of its permissions.
#[utoipa::path(tag = "account", operation_id = "list_roles", security(("bearer" = ["account.read"])),
    responses((status = 200, description = "全部角色 · All roles", body = RoleList)))]
#[get("/roles")]
pub(crate) async fn list_roles(permit: Permit<perm::AccountRead>) -> Json<RoleList> {
    Json(query::roles(&permit))
}

/// 账号列表 · List accounts
///
/// 按用户名排列；`q` 按用户名的开头查找；`changed_since` 只列该时刻以来有变更的。每页 `limit` 条（1–200，缺省 50），下一页以 `next_cursor` 作翻页标记。
///
/// Accounts by user name; `q` finds by the beginning of the user name; with `changed_since` those that have changed since
/// then. A page has `limit` rows (1–200, 50 when absent); its
/// `next_cursor` leads to the next one.
#[utoipa::path(tag = "account", operation_id = "list_accounts", security(("bearer" = ["account.read"])),
    params(ListAccounts),
    responses((status = 200, description = "一页账号 · A page of accounts", body = AccountPage)))]
#[get("/accounts")]
pub(crate) async fn list_accounts(
    permit: Permit<perm::AccountRead>,
    asked: Asked<ListAccounts>,
) -> Result<Answer<AccountPage>> {
    asked.pages(&permit, &sheet::ACCOUNTS, query::list).await
}

/// 新建账号 · Create an account
///
/// 用户名存为小写，已被使用的答 409 `already_exists`。系统管理员、审计管理员兼任其他角色的，密码易被猜中的，答 422。
/// 密码由他人设定，本人登录后须先修改，才能使用其他功能。
///
/// The user name is kept in lower case; a taken one answers 409 `already_exists`. An administrator or auditor with any other
/// role, and a password that is guessed too easily, answer 422. Somebody else chose the password: its owner has to change it
/// before anything else.
#[utoipa::path(tag = "account", operation_id = "create_account", security(("bearer" = ["account.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once", max_length = 128)),
    request_body = CreateAccount,
    responses((status = 201, description = "已新建 · Made", body = Account)))]
#[post("/accounts")]
pub(crate) async fn create_account(
    permit: Permit<perm::AccountManage>,
    state: web::Data<AppState>,
    key: IdempotencyKey,
    body: Valid<CreateAccount>,
) -> Result<Created<Account>> {
    let account = create::create(&state, &permit, key, body.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/accounts/{}", account.id), account))
}

/// 可开通账号的人员 · List people without an account
///
/// 花名册上尚无账号的人员，供关联，按编号排列，最多 20 名。只显示姓名、编号和建议的用户名：管理账号的人不管理人员。
///
/// People of the roster without an account, to link one to: at most 20, by number. Name, number and a suggested user name alone
/// are shown: who manages accounts does not manage people.
#[utoipa::path(tag = "account", operation_id = "list_account_candidates", security(("bearer" = ["account.manage"])),
    params(ListCandidates),
    responses((status = 200, description = "最多 20 名，按编号排列 · At most 20, by number", body = CandidateList)))]
#[get("/account-candidates")]
pub(crate) async fn list_candidates(
    permit: Permit<perm::AccountManage>,
    input: Query<ListCandidates>,
) -> Result<Json<CandidateList>> {
    Ok(Json(query::candidates(&permit, input.into_inner()).await?))
}

/// 账号 · Get an account
///
/// 一个账号，附其角色和所关联的人员。修改时须以其 `ETag` 作 `If-Match`。
///
/// One account with its roles and the person it is linked to. A change needs its `ETag` as `If-Match`.
#[utoipa::path(tag = "account", operation_id = "get_account", security(("bearer" = ["account.read"])),
    params(("id" = AccountId, Path, description = "账号 · The account")),
    responses((status = 200, description = "账号 · The account", body = Account)))]
#[get("/accounts/{id}")]
pub(crate) async fn get_account(
    permit: Permit<perm::AccountRead>,
    id: PathId<AccountId>,
) -> Result<Tagged<Account>> {
    Ok(Tagged(query::get(&permit, id.0).await?))
}

/// 修改账号 · Change an account
///
/// 未给的字段不变。停用账号或设新密码，其登录随即全部结束；只调整角色的，登录不结束。最后一名未停用的系统管理员不能停用，
/// 也不能改任其他角色（409 `in_use`）。
///
/// A field left out stays. Disabling an account or giving it a new password ends its sessions; a mere change of roles does not.
/// The last administrator who is not disabled cannot be disabled or lose that role (409 `in_use`).
#[utoipa::path(tag = "account", operation_id = "update_account", security(("bearer" = ["account.manage"])),
    params(("id" = AccountId, Path, description = "账号 · The account"), ("If-Match" = String, Header, description = "所见版本，即 ETag 的值 · The version seen, as in the ETag", example = "\"v1\"")),
    request_body = UpdateAccount,
    responses((status = 200, description = "已修改 · Changed", body = Account)))]
#[patch("/accounts/{id}")]
pub(crate) async fn update_account(
    permit: Permit<perm::AccountManage>,
    state: web::Data<AppState>,
    id: PathId<AccountId>,
    seen: IfMatch,
    body: Valid<UpdateAccount>,
) -> Result<Tagged<Account>> {
    Ok(Tagged(update::update(&state, &permit, id.0, seen, body.into_inner()).await?))
}

/// 我 · Get the caller
///
/// 当前登录的账号，及其镇街、角色、权限、对应人员和今日在任的网格岗位。`must_change_password` 为真时，须先修改密码，
/// 本账号以外的操作一律答 403 `password_change_required`。
///
/// Who is signed in, with township, roles, permissions, the linked person and the grid posts held today. While
/// `must_change_password` is true, what does not concern the caller's own account answers 403 `password_change_required`.
#[utoipa::path(tag = "session", operation_id = "get_me", security(("bearer" = [])),
    responses((status = 200, description = "当前账号 · The caller", body = Me)))]
#[get("/me")]
pub(crate) async fn get_me(caller: SignedIn) -> Result<Json<Me>> {
    Ok(Json(query::me(&caller).await?))
}

/// 恢复系统管理员 · Restore an administrator
///
/// 凭运维人员生成的一次性令牌，新建系统管理员，或为已有的重设密码并结束其登录。
/// 令牌错误、已用或超过一天的答 403 `recovery_token_invalid`；用户名属于其他角色账号的答 409 `already_exists`。
///
/// Makes an administrator, or gives one a new password and ends the account's sessions, against the one-time token that the
/// operator printed. 403 `recovery_token_invalid` when the token is wrong, was used, or is older than a day; 409 `already_exists`
/// when the user name is that of an account with other roles.
#[utoipa::path(tag = "public", operation_id = "restore_administrator", security(()),
    request_body = RestoreAdministrator,
    responses((status = 200, description = "该系统管理员可以登录 · The administrator can sign in", body = Restored)))]
#[post("/public/restore")]
pub(crate) async fn restore_administrator(
    req: HttpRequest,
    from: auth::From,
    state: web::Data<AppState>,
    body: Valid<RestoreAdministrator>,
) -> Result<Json<Restored>> {
    let source = state.proxies().source(&req);
    Ok(Json(recovery::restore(&state, body.into_inner(), source, from.0).await?))
}
