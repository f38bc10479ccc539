//! Operations of the audit log.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};

use super::dto::{AuditEntryPage, AuditLog, ListAuditEntries};
use super::perm;
use super::query;
use crate::auth::Permit;
use crate::http::{Download, Json, PathId, Problems, Query, Result};
use crate::state::AppState;

/// The log, the latest first: who did what, on which row, from where, and what changed.
#[utoipa::path(tag = "audit", operation_id = "list_audit_entries", summary = "操作日志", security(("bearer" = ["audit.read"])),
    params(ListAuditEntries),
    responses((status = 200, description = "One page", body = AuditEntryPage), Problems))]
#[get("/audit-entries")]
pub async fn list_audit_entries(
    permit: Permit<perm::AuditRead>,
    query: Query<ListAuditEntries>,
) -> Result<Json<AuditEntryPage>> {
    Ok(Json(query::list(&permit, query.into_inner()).await?))
}

/// The same as a table of text (CSV, UTF-8) for a spreadsheet: at most 50,000 entries, the latest first; `limit` and `cursor`
/// mean nothing here. That it was made is an entry itself.
#[utoipa::path(tag = "audit", operation_id = "export_audit_entries", summary = "导出操作日志", security(("bearer" = ["audit.read"])),
    params(ListAuditEntries),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv"), Problems))]
#[get("/audit-entries/export")]
pub async fn export_audit_entries(
    permit: Permit<perm::AuditRead>,
    query: Query<ListAuditEntries>,
) -> Result<Download> {
    let bytes = query::export(&permit, query.into_inner()).await?;
    Ok(Download {
        media_type: "text/csv; charset=utf-8", name: "操作日志.csv".to_owned(), bytes
    })
}

/// The state of the log: the acts that are recorded, how much is sealed and how much waits, the latest checkpoint and the key
/// that checks it.
#[utoipa::path(tag = "audit", operation_id = "get_audit_log", summary = "操作日志的状态", security(("bearer" = ["audit.read"])),
    responses((status = 200, description = "The log", body = AuditLog), Problems))]
#[get("/audit-log")]
pub async fn get_audit_log(
    permit: Permit<perm::AuditRead>,
    state: web::Data<AppState>,
) -> Result<Json<AuditLog>> {
    Ok(Json(query::state(&state, &permit).await?))
}

/// The latest signed checkpoint of a township's log (C2SP tlog-checkpoint), for whoever keeps it elsewhere. It tells how many
/// entries there are and nothing of what is in them.
#[utoipa::path(tag = "public", operation_id = "get_audit_checkpoint", summary = "操作日志的检查点", security(()),
    params(("code" = String, Path, description = "Nine-digit code of the township", example = "310116112", max_length = 64)),
    responses((status = 200, description = "The checkpoint, a signed note", body = String, content_type = "text/plain"), Problems))]
#[get("/public/audit-checkpoints/{code}")]
pub async fn get_audit_checkpoint(
    state: web::Data<AppState>,
    code: PathId<String>,
) -> Result<HttpResponse> {
    let note = query::checkpoint(&state, &code.0).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(note))
}
