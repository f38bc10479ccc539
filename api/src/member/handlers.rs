//! HTTP for people and party organisations.

use actix_web::{get, patch, post};
use entity::ids::{MemberId, PartyOrgId};

use super::dto::{
    CreateMember, CreatePartyOrg, ListMembers, Member, MemberPage, PartyOrg, PartyOrgList,
    UpdateMember, UpdatePartyOrg,
};
use super::{create, create_org, org_query, perm, query, sheet, update, update_org};
use crate::auth::Permit;
use crate::http::{Created, IdempotencyKey, IfMatch, PathId, Result, Tagged, Valid};
use crate::sheet::{Answer, Asked, NoQuery};
use crate::tenancy::Scope;

/// 党组织列表 · List party organisations
///
/// 完整的党组织树：上级在前，同级按编码排列；人数包括全部下级；不分页。
///
/// The whole tree at once, every parent before its children, siblings by code; the number of people counts everything beneath.
#[utoipa::path(tag = "member", operation_id = "list_party_orgs",
    security(("bearer" = ["member.read"])),
    responses((status = 200, description = "全部党组织，上级在前 · All party organisations, parents first", body = PartyOrgList)))]
#[get("/party-orgs")]
pub(crate) async fn list_party_orgs(
    permit: Permit<perm::MemberRead>,
    asked: Asked<NoQuery>,
) -> Result<Answer<PartyOrgList>> {
    let list = async |scope: &Scope, _: &NoQuery| org_query::list_orgs(scope).await;
    asked.whole(&permit, &sheet::PARTY_ORGS, list, |all| all.items).await
}

/// 新建党组织 · Create a party organisation
///
/// 编码在本镇街唯一，已有的答 409 `already_exists`；上级不存在，或层级低于本组织的，答 422。同一幂等键重复提交返回首次结果。
///
/// Its code is unique in the township: a taken one answers 409 `already_exists`; a parent that does not exist or is of a lower
/// level answers 422. A repetition with the same `Idempotency-Key` gets the first answer.
#[utoipa::path(tag = "member", operation_id = "create_party_org",
    security(("bearer" = ["member.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body = CreatePartyOrg,
    responses((status = 201, description = "党组织 · The party organisation", body = PartyOrg)))]
#[post("/party-orgs")]
pub(crate) async fn create_party_org(
    permit: Permit<perm::MemberManage>,
    key: IdempotencyKey,
    input: Valid<CreatePartyOrg>,
) -> Result<Created<PartyOrg>> {
    let org = create_org::create_org_once(&permit, key, input.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/party-orgs/{}", org.id), org))
}

/// 查看党组织 · Get a party organisation
///
/// 一个党组织；人数包括全部下级。修改时须以其 `ETag` 作 `If-Match`。
///
/// One party organisation; its number of people counts everything beneath. A change needs its `ETag` as `If-Match`.
#[utoipa::path(tag = "member", operation_id = "get_party_org",
    security(("bearer" = ["member.read"])),
    params(("id" = PartyOrgId, Path, description = "党组织 · The party organisation")),
    responses((status = 200, description = "党组织 · The party organisation", body = PartyOrg)))]
#[get("/party-orgs/{id}")]
pub(crate) async fn get_party_org(
    permit: Permit<perm::MemberRead>,
    id: PathId<PartyOrgId>,
) -> Result<Tagged<PartyOrg>> {
    Ok(Tagged(org_query::get_org(&permit, id.0).await?))
}

/// 修改党组织 · Change a party organisation
///
/// 未给的字段不变，`parent_id` 为 `null` 即置于最上级；编码不能修改。自成循环或上下级颠倒的答 422；他人已改过的答 412。
///
/// A field left out stays; `parent_id: null` puts it at the top; the code cannot be changed. A circle or an upside-down level is
/// refused (422); 412 when somebody else changed it meanwhile.
#[utoipa::path(tag = "member", operation_id = "update_party_org",
    security(("bearer" = ["member.manage"])),
    params(("id" = PartyOrgId, Path, description = "党组织 · The party organisation"),
        ("If-Match" = String, Header, description = "所见版本，即 ETag 的值 · The version seen, as in the ETag", example = "\"v1\"")),
    request_body = UpdatePartyOrg,
    responses((status = 200, description = "党组织 · The party organisation", body = PartyOrg)))]
#[patch("/party-orgs/{id}")]
pub(crate) async fn update_party_org(
    permit: Permit<perm::MemberManage>,
    id: PathId<PartyOrgId>,
    seen: IfMatch,
    input: Valid<UpdatePartyOrg>,
) -> Result<Tagged<PartyOrg>> {
    Ok(Tagged(update_org::update_org(&permit, id.0, seen, input.into_inner()).await?))
}

/// 人员列表 · List people
///
/// 按编号排列；`q` 按姓名、姓名拼音首字母或编号的开头，或手机号末四位查找。没有 `member.manage` 权限的，手机号中间四位隐去。
/// `changed_since` 只列该时刻以来本人信息或岗位有变更的。
/// 每页 `limit` 条（1–200，缺省 50），下一页以 `next_cursor` 作翻页标记。
///
/// People in the order of their numbers; `q` finds by the beginning of the name, of its pinyin initials or of the number, or by
/// the last four digits of the phone. Without `member.manage` the middle digits of the phone are hidden. With `changed_since` those
/// who have changed since then, or whose posts have. A page has `limit` rows (1–200, 50 when absent); its `next_cursor` leads to the
/// next one.
#[utoipa::path(tag = "member", operation_id = "list_members",
    security(("bearer" = ["member.read"])), params(ListMembers),
    responses((status = 200, description = "一页人员 · A page of people", body = MemberPage)))]
#[get("/members")]
pub(crate) async fn list_members(
    permit: Permit<perm::MemberRead>,
    asked: Asked<ListMembers>,
) -> Result<Answer<MemberPage>> {
    asked.pages(&permit, &sheet::MEMBERS, query::list).await
}

/// 登记人员 · Enter a person on the roster
///
/// 编号在本镇街唯一，已有的答 409 `already_exists`；手机号有误或党组织不存在的答 422。同一幂等键重复提交返回首次结果。
///
/// The number is unique in the township: a taken one answers 409 `already_exists`; a phone that is no mainland mobile number, or
/// a party organisation that does not exist, answers 422. A repetition with the same `Idempotency-Key` gets the first answer.
#[utoipa::path(tag = "member", operation_id = "create_member",
    security(("bearer" = ["member.manage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body = CreateMember,
    responses((status = 201, description = "人员 · The person", body = Member)))]
#[post("/members")]
pub(crate) async fn create_member(
    permit: Permit<perm::MemberManage>,
    key: IdempotencyKey,
    input: Valid<CreateMember>,
) -> Result<Created<Member>> {
    let member = create::create_once(&permit, key, input.into_inner()).await?;
    Ok(Created::tagged(format!("/api/v1/members/{}", member.id), member))
}

/// 查看人员 · Get a person
///
/// 一名人员，附所属党组织和今日在任的岗位；没有 `member.manage` 权限的，手机号中间四位隐去。修改时须以其 `ETag` 作 `If-Match`。
///
/// One person with the party organisation and the posts held today; without `member.manage` the middle digits of the phone are
/// hidden. A change needs its `ETag` as `If-Match`.
#[utoipa::path(tag = "member", operation_id = "get_member",
    security(("bearer" = ["member.read"])),
    params(("id" = MemberId, Path, description = "人员 · The person")),
    responses((status = 200, description = "人员 · The person", body = Member)))]
#[get("/members/{id}")]
pub(crate) async fn get_member(
    permit: Permit<perm::MemberRead>,
    id: PathId<MemberId>,
) -> Result<Tagged<Member>> {
    Ok(Tagged(query::get(&permit, id.0).await?))
}

/// 修改人员 · Change a person
///
/// 未给的字段不变，手机或党组织为 `null` 即清除；编号不能修改。他人已改过的答 412。
///
/// A field left out stays; `null` clears phone or party organisation; the number cannot be changed. 412 when somebody else
/// changed the person meanwhile.
#[utoipa::path(tag = "member", operation_id = "update_member",
    security(("bearer" = ["member.manage"])),
    params(("id" = MemberId, Path, description = "人员 · The person"),
        ("If-Match" = String, Header, description = "所见版本，即 ETag 的值 · The version seen, as in the ETag", example = "\"v1\"")),
    request_body = UpdateMember,
    responses((status = 200, description = "人员 · The person", body = Member)))]
#[patch("/members/{id}")]
pub(crate) async fn update_member(
    permit: Permit<perm::MemberManage>,
    id: PathId<MemberId>,
    seen: IfMatch,
    input: Valid<UpdateMember>,
) -> Result<Tagged<Member>> {
    Ok(Tagged(update::update(&permit, id.0, seen, input.into_inner()).await?))
}
