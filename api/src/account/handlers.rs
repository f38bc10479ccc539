//! Operations on accounts.

use actix_web::{HttpRequest, get, patch, post, web};
use entity::ids::AccountId;

use super::dto::{
    Account, AccountPage, CandidateList, CreateAccount, ListAccounts, ListCandidates, Me,
    RestoreAdministrator, Restored, RoleList, UpdateAccount,
};
use super::perm;
use super::{recovery, service};
use crate::auth::{self, Permit, SignedIn};
use crate::http::{
    Created, IdempotencyKey, IfMatch, Json, PathId, Problems, Query, Result, Tagged, Valid,
};
use crate::state::AppState;

/// The shipped roles and what they may do.
#[utoipa::path(tag = "account", operation_id = "list_roles", summary = "角色", security(("bearer" = ["account.read"])),
    responses((status = 200, description = "All roles", body = RoleList), Problems))]
#[get("/roles")]
pub async fn list_roles(permit: Permit<perm::AccountRead>) -> Json<RoleList> {
    Json(service::roles(&permit))
}

/// Accounts by user name.
#[utoipa::path(tag = "account", operation_id = "list_accounts", summary = "账号列表", security(("bearer" = ["account.read"])),
    params(ListAccounts),
    responses((status = 200, description = "One page", body = AccountPage), Problems))]
#[get("/accounts")]
pub async fn list_accounts(
    permit: Permit<perm::AccountRead>,
    query: Query<ListAccounts>,
) -> Result<Json<AccountPage>> {
    Ok(Json(service::list(&permit, query.into_inner()).await?))
}

/// Makes an account. A taken user name answers 409 `already_exists`.
#[utoipa::path(tag = "account", operation_id = "create_account", summary = "新建账号", security(("bearer" = ["account.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key does nothing twice", max_length = 128)),
    request_body = CreateAccount,
    responses((status = 201, description = "Made", body = Account, headers(("Location" = String, description = "Its address"), ("ETag" = String, description = "Its version"))), Problems))]
#[post("/accounts")]
pub async fn create_account(
    permit: Permit<perm::AccountManage>,
    state: web::Data<AppState>,
    key: IdempotencyKey,
    body: Valid<CreateAccount>,
) -> Result<Created<Account>> {
    let account = service::create(&state, &permit, key, body.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/accounts/{}", account.id), account))
}

/// People of the roster without an account, to link one to. Name and number alone are shown: who manages accounts
/// does not manage people.
#[utoipa::path(tag = "account", operation_id = "list_account_candidates", summary = "可开通账号的人员", security(("bearer" = ["account.manage"])),
    params(ListCandidates),
    responses((status = 200, description = "At most 20, by number", body = CandidateList), Problems))]
#[get("/account-candidates")]
pub async fn list_candidates(
    permit: Permit<perm::AccountManage>,
    query: Query<ListCandidates>,
) -> Result<Json<CandidateList>> {
    Ok(Json(service::candidates(&permit, query.into_inner()).await?))
}

/// One account.
#[utoipa::path(tag = "account", operation_id = "get_account", summary = "账号", security(("bearer" = ["account.read"])),
    params(("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "The account", body = Account, headers(("ETag" = String, description = "Its version"))), Problems))]
#[get("/accounts/{id}")]
pub async fn get_account(
    permit: Permit<perm::AccountRead>,
    id: PathId<AccountId>,
) -> Result<Tagged<Account>> {
    Ok(Tagged(service::get(&permit, id.0).await?))
}

/// Changes an account. Disabling it or giving it a new password ends its sessions.
#[utoipa::path(tag = "account", operation_id = "update_account", summary = "修改账号", security(("bearer" = ["account.manage"])),
    params(("id" = AccountId, Path, description = "The account"), ("If-Match" = String, Header, description = "The version seen, as in the ETag", example = "\"v1\"")),
    request_body = UpdateAccount,
    responses((status = 200, description = "Changed", body = Account, headers(("ETag" = String, description = "Its new version"))), Problems))]
#[patch("/accounts/{id}")]
pub async fn update_account(
    permit: Permit<perm::AccountManage>,
    state: web::Data<AppState>,
    id: PathId<AccountId>,
    seen: IfMatch,
    body: Valid<UpdateAccount>,
) -> Result<Tagged<Account>> {
    Ok(Tagged(service::update(&state, &permit, id.0, seen, body.into_inner()).await?))
}

/// Who is signed in, with township, roles, permissions and grid posts.
#[utoipa::path(tag = "session", operation_id = "get_me", summary = "我", security(("bearer" = [])),
    responses((status = 200, description = "The caller", body = Me), Problems))]
#[get("/me")]
pub async fn get_me(caller: SignedIn) -> Result<Json<Me>> {
    Ok(Json(service::me(&caller).await?))
}

/// Makes an administrator or gives one a new password, against the one-time token that the operator printed. 403
/// `recovery_token_invalid` when the token is wrong, was used, or is older than a day.
#[utoipa::path(tag = "public", operation_id = "restore_administrator", summary = "恢复系统管理员", security(()),
    request_body = RestoreAdministrator,
    responses((status = 200, description = "The administrator can sign in", body = Restored), Problems))]
#[post("/public/restore")]
pub async fn restore_administrator(
    req: HttpRequest,
    from: auth::From,
    state: web::Data<AppState>,
    body: Valid<RestoreAdministrator>,
) -> Result<Json<Restored>> {
    let source = state.proxies().source(&req);
    Ok(Json(recovery::restore(&state, body.into_inner(), source, from.0).await?))
}
