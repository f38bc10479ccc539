//! Operations of the audit log.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};

use super::dto::{AuditEntryPage, AuditLog, ListAuditEntries};
use super::perm;
use super::query;
use super::sheet;
use crate::auth::Permit;
use crate::http::{Json, PathId, Result};
use crate::sheet::{Answer, Asked};
use crate::state::AppState;
use crate::tenancy::Scope;

/// 操作日志 · List the audit log
///
/// 最近的在前：谁、何时、从何处、对哪条记录做了什么，改了哪些内容。其中的电话、证件号码和姓名已作遮盖。
/// 每页 `limit` 条（1–200，缺省 50），下一页以 `next_cursor` 作翻页标记。
///
/// The log, the latest first: who did what, on which row, from where, and what changed. Telephone and identity numbers and names
/// of people in it are masked. A page has `limit` rows (1–200, 50 when absent); its `next_cursor` leads to the next one.
#[utoipa::path(tag = "audit", operation_id = "list_audit_entries", security(("bearer" = ["audit.read"])),
    params(ListAuditEntries),
    responses((status = 200, description = "一页操作日志 · A page of the audit log", body = AuditEntryPage)))]
#[get("/audit-entries")]
pub(crate) async fn list_audit_entries(
    permit: Permit<perm::AuditRead>,
    asked: Asked<ListAuditEntries>,
) -> Result<Answer<AuditEntryPage>> {
    let language = asked.language();
    let list = async |scope: &Scope, query| query::list(scope, query, language).await;
    asked.pages(&permit, &sheet::ENTRIES, list).await
}

/// 操作日志的状态 · Get the state of the audit log
///
/// 记录哪些事项，保存多少天，已封存多少条，待封存多少条，以及最近的检查点和核对用的公钥。
///
/// The state of the log: the acts that are recorded, how long entries are kept, how much is sealed and how much waits, the latest
/// checkpoint and the public key that checks it.
#[utoipa::path(tag = "audit", operation_id = "get_audit_log", security(("bearer" = ["audit.read"])),
    responses((status = 200, description = "操作日志的状态 · The state of the audit log", body = AuditLog)))]
#[get("/audit-log")]
pub(crate) async fn get_audit_log(
    permit: Permit<perm::AuditRead>,
    state: web::Data<AppState>,
) -> Result<Json<AuditLog>> {
    Ok(Json(query::state(&state, &permit).await?))
}

/// 操作日志的检查点 · Get the checkpoint of an audit log
///
/// 某镇街操作日志最近一次签名的检查点（C2SP tlog-checkpoint），供他人另行留存；只说明共有多少条，不涉及其中内容。没有该镇街，
/// 或尚未封存的，答 404。
///
/// The latest signed checkpoint of a township's log (C2SP tlog-checkpoint), for whoever keeps it elsewhere. It tells how many
/// entries there are and nothing of what is in them. 404 where there is no such township or nothing is sealed yet.
#[utoipa::path(tag = "public", operation_id = "get_audit_checkpoint", security(()),
    params(("code" = String, Path, description = "镇街九位代码 · Nine-digit code of the township", example = "310116112", max_length = 64)),
    responses((status = 200, description = "检查点，签名文本 · The checkpoint, a signed note", body = String, content_type = "text/plain")))]
#[get("/public/audit-checkpoints/{code}")]
pub(crate) async fn get_audit_checkpoint(
    state: web::Data<AppState>,
    code: PathId<String>,
) -> Result<HttpResponse> {
    let note = query::checkpoint(&state, &code.0).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(note))
}
