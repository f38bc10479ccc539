//! The operations of points.

use actix_web::get;

use super::{dto, entries, perm, query, sheet};
use crate::auth::Permit;
use crate::http::{Json, Result};
use crate::sheet::{Answer, Asked, NoQuery};
use crate::tenancy::Scope;

/// 我的积分 · Get my points
///
/// 本账号对应人员的积分余额，及其本季度得分和名次；尚未得分的，余额为 0，没有名次。账号没有对应人员的答 409 `no_member`。
///
/// Balance of the person behind the account, with score and rank of the running quarter; who has earned nothing yet has 0 and no
/// rank. 409 `no_member` for an account without a person.
#[utoipa::path(
    tag = "points",
    operation_id = "get_my_purse",
    security(("bearer" = ["points.read"])),
    responses((status = 200, description = "本人积分 · The caller's purse", body = dto::Purse))
)]
#[get("/purses/mine")]
pub(crate) async fn get_my_purse(permit: Permit<perm::PointsRead>) -> Result<Json<dto::Purse>> {
    Ok(Json(query::my_purse(&permit).await?))
}

/// 查询积分明细 · List points entries
///
/// 积分明细，最后入账的在前，每条附一句事由。不填 `member_id` 为本人的；`everybody` 为真时为全部人员的；查看他人的须有
/// `points.read_all` 权限（403）。`changed_since` 只列该时刻以来入账的，先入账的在前。
/// 每页 `limit` 条（1–200，缺省 50），下一页以 `next_cursor` 作翻页标记。
///
/// The lines of a purse, each with the sentence that explains it, the last posted first. Without `member_id` the caller's own, with
/// `everybody` those of all people; those of others need `points.read_all` (403). With `changed_since` those that have been posted since
/// then, the first posted first. A page has `limit` rows (1–200, 50 when absent); its `next_cursor` leads to the next one.
#[utoipa::path(
    tag = "points",
    operation_id = "list_points_entries",
    security(("bearer" = ["points.read"])),
    params(dto::ListPointsEntries),
    responses((status = 200, description = "一页积分明细 · A page of points entries", body = dto::PointsEntryPage))
)]
#[get("/points-entries")]
pub(crate) async fn list_points_entries(
    permit: Permit<perm::PointsRead>,
    asked: Asked<dto::ListPointsEntries>,
) -> Result<Answer<dto::PointsEntryPage>> {
    asked.pages(&permit, &sheet::ENTRIES, entries::list_entries).await
}

/// 查询积分规则 · List points rules
///
/// 积分按哪些规则取得，每条附文字公式；包括现行的和以往的，按代码排列，新的在前；不分页。
///
/// By what rules points are earned, each with its formula in words; those in force and those before them, by code, the newest
/// first.
#[utoipa::path(
    tag = "points",
    operation_id = "list_points_rules",
    security(("bearer" = ["points.read"])),
    responses((status = 200, description = "全部规则 · All rules", body = dto::PointsRuleList))
)]
#[get("/points-rules")]
pub(crate) async fn list_points_rules(
    permit: Permit<perm::PointsRead>,
    asked: Asked<NoQuery>,
) -> Result<Answer<dto::PointsRuleList>> {
    let list = async |scope: &Scope, _: &NoQuery| query::list_rules(scope).await;
    asked.whole(&permit, &sheet::RULES, list, |all| all.items).await
}

/// 查询季度积分榜 · Get the leaderboard of a quarter
///
/// 某季度得分最高的人员，不填为本季度；得分相同的名次并列。`limit` 为 1–200，缺省 50；不分页。
///
/// Who earned most in a quarter, the running one when absent. Equal scores share a rank. `limit` is 1–200, 50 when absent; there
/// are no further pages.
#[utoipa::path(
    tag = "points",
    operation_id = "get_leaderboard",
    security(("bearer" = ["points.read"])),
    params(dto::GetLeaderboard),
    responses((status = 200, description = "前列名次 · The first places", body = dto::Leaderboard))
)]
#[get("/leaderboard")]
pub(crate) async fn get_leaderboard(
    permit: Permit<perm::PointsRead>,
    asked: Asked<dto::GetLeaderboard>,
) -> Result<Answer<dto::Leaderboard>> {
    let list = async |scope: &Scope, query: &dto::GetLeaderboard| {
        query::leaderboard(scope, query.clone()).await
    };
    asked.whole(&permit, &sheet::LEADERBOARD, list, |all| all.items).await
}
