//! HTTP for people and party organisations.

use actix_web::{get, patch, post};
use entity::ids::{MemberId, PartyOrgId};

use super::dto::{
    CreateMember, CreatePartyOrg, ListMembers, Member, MemberPage, PartyOrg, PartyOrgList,
    UpdateMember, UpdatePartyOrg,
};
use super::perm;
use super::service;
use crate::auth::Permit;
use crate::http::{
    Created, IdempotencyKey, IfMatch, Json, PathId, Problems, Query, Result, Tagged, Valid,
};

/// List the party organisations: the whole tree, parents first.
#[utoipa::path(tag = "member", operation_id = "list_party_orgs", summary = "党组织列表",
    security(("bearer" = ["member.read"])),
    responses((status = 200, description = "The whole tree, parents before their children.", body = PartyOrgList), Problems))]
#[get("/party-orgs")]
pub async fn list_party_orgs(permit: Permit<perm::MemberRead>) -> Result<Json<PartyOrgList>> {
    Ok(Json(service::list_orgs(&permit).await?))
}

/// Set up a party organisation.
#[utoipa::path(tag = "member", operation_id = "create_party_org", summary = "新建党组织",
    security(("bearer" = ["member.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer.")),
    request_body = CreatePartyOrg,
    responses((status = 201, description = "The organisation.", body = PartyOrg), Problems))]
#[post("/party-orgs")]
pub async fn create_party_org(
    permit: Permit<perm::MemberManage>,
    key: IdempotencyKey,
    input: Valid<CreatePartyOrg>,
) -> Result<Created<PartyOrg>> {
    let org = service::create_org_once(&permit, key, input.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/party-orgs/{}", org.id), org))
}

/// One party organisation.
#[utoipa::path(tag = "member", operation_id = "get_party_org", summary = "查看党组织",
    security(("bearer" = ["member.read"])),
    params(("id" = PartyOrgId, Path, description = "Id of the organisation.")),
    responses((status = 200, description = "The organisation.", body = PartyOrg), Problems))]
#[get("/party-orgs/{id}")]
pub async fn get_party_org(
    permit: Permit<perm::MemberRead>,
    id: PathId<PartyOrgId>,
) -> Result<Tagged<PartyOrg>> {
    Ok(Tagged(service::get_org(&permit, id.0).await?))
}

/// Change a party organisation.
#[utoipa::path(tag = "member", operation_id = "update_party_org", summary = "修改党组织",
    description = "A field left out stays; `parent_id: null` puts it at the top. A circle or an upside-down level is refused (422).",
    security(("bearer" = ["member.manage"])),
    params(("id" = PartyOrgId, Path, description = "Id of the organisation."),
        ("If-Match" = String, Header, description = "The ETag that was seen.", example = "\"v1\"")),
    request_body = UpdatePartyOrg,
    responses((status = 200, description = "The organisation.", body = PartyOrg), Problems))]
#[patch("/party-orgs/{id}")]
pub async fn update_party_org(
    permit: Permit<perm::MemberManage>,
    id: PathId<PartyOrgId>,
    seen: IfMatch,
    input: Valid<UpdatePartyOrg>,
) -> Result<Tagged<PartyOrg>> {
    Ok(Tagged(service::update_org(&permit, id.0, seen, input.into_inner()).await?))
}

/// List people by number.
#[utoipa::path(tag = "member", operation_id = "list_members", summary = "人员列表",
    description = "People in the order of their numbers. `q` finds by the beginning of the name, of its pinyin initials or of the number, \
        or by the last four digits of the phone.",
    security(("bearer" = ["member.read"])), params(ListMembers),
    responses((status = 200, description = "A page of people.", body = MemberPage), Problems))]
#[get("/members")]
pub async fn list_members(
    permit: Permit<perm::MemberRead>,
    query: Query<ListMembers>,
) -> Result<Json<MemberPage>> {
    Ok(Json(service::list(&permit, query.into_inner()).await?))
}

/// Enter a person on the roster.
#[utoipa::path(tag = "member", operation_id = "create_member", summary = "登记人员",
    security(("bearer" = ["member.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer.")),
    request_body = CreateMember,
    responses((status = 201, description = "The person.", body = Member), Problems))]
#[post("/members")]
pub async fn create_member(
    permit: Permit<perm::MemberManage>,
    key: IdempotencyKey,
    input: Valid<CreateMember>,
) -> Result<Created<Member>> {
    let member = service::create_once(&permit, key, input.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/members/{}", member.id), member))
}

/// One person.
#[utoipa::path(tag = "member", operation_id = "get_member", summary = "查看人员",
    security(("bearer" = ["member.read"])),
    params(("id" = MemberId, Path, description = "Id of the person.")),
    responses((status = 200, description = "The person.", body = Member), Problems))]
#[get("/members/{id}")]
pub async fn get_member(
    permit: Permit<perm::MemberRead>,
    id: PathId<MemberId>,
) -> Result<Tagged<Member>> {
    Ok(Tagged(service::get(&permit, id.0).await?))
}

/// Change a person.
#[utoipa::path(tag = "member", operation_id = "update_member", summary = "修改人员",
    description = "A field left out stays; `null` clears phone or party organisation.",
    security(("bearer" = ["member.manage"])),
    params(("id" = MemberId, Path, description = "Id of the person."),
        ("If-Match" = String, Header, description = "The ETag that was seen.", example = "\"v1\"")),
    request_body = UpdateMember,
    responses((status = 200, description = "The person.", body = Member), Problems))]
#[patch("/members/{id}")]
pub async fn update_member(
    permit: Permit<perm::MemberManage>,
    id: PathId<MemberId>,
    seen: IfMatch,
    input: Valid<UpdateMember>,
) -> Result<Tagged<Member>> {
    Ok(Tagged(service::update(&permit, id.0, seen, input.into_inner()).await?))
}
