//! HTTP for imports.

use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::{HttpRequest, get, post, web};
use entity::ids::ImportId;
use futures_util::StreamExt;

use super::dto::{GridFile, Import, ImportQuery, RosterForm, WorkbookFile};
use super::service::{self, Upload};
use super::sheet;
use crate::auth::Permit;
use crate::door;
use crate::grid::perm;
use crate::http::{
    ApiError, Code, Download, IdempotencyKey, Json, JsonBytes, PathId, Problems, Query, Result,
};

/// Media type of a workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// KiB of a GeoJSON file.
const GRID_FILE_KIB: usize = 5 * 1024;

/// The workbook to fill in with the roster.
#[utoipa::path(tag = "member", operation_id = "get_member_template", summary = "人员花名册模板",
    description = "An .xlsx workbook: the columns 编号* 姓名* 类别* 手机 党组织编码 网格编码 岗位, and a sheet that explains them.",
    security(("bearer" = ["member.manage"])),
    responses((status = 200, description = "The workbook.",
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = WorkbookFile), Problems))]
#[get("/imports/members/template")]
pub async fn get_member_template(
    _permit: Permit<crate::member::perm::MemberManage>,
) -> Result<Download> {
    Ok(Download {
        media_type: XLSX,
        name: "人员花名册模板.xlsx".to_owned(),
        bytes: service::template()?,
    })
}

/// Bring in the roster: all or nothing.
#[utoipa::path(tag = "member", operation_id = "import_members", summary = "导入人员花名册",
    description = "All or nothing: a single fault leaves everything as it was (`applied: false`), and the marked workbook shows where. \
        People with a known number are updated; empty optional cells leave what is known. 网格编码 with 岗位 appoints to the post, once.",
    security(("bearer" = ["member.manage"])),
    params(ImportQuery, ("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer.")),
    request_body(content = RosterForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "What the file came to.", body = Import), Problems))]
#[post("/imports/members")]
pub async fn import_members(
    permit: Permit<crate::member::perm::MemberManage>,
    key: IdempotencyKey,
    query: Query<ImportQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<Json<Import>> {
    let upload = upload(&request, payload).await?;
    Ok(Json(service::members(&permit, key, upload, query.dry_run).await?))
}

/// Bring in grids from GeoJSON: all or nothing.
#[utoipa::path(tag = "grid", operation_id = "import_grids", summary = "导入网格（GeoJSON）",
    description = "A FeatureCollection of at most 5 MiB and 2,000 features, properties `code`, `name`, `kind`, `parent` (code of the grid above). \
        All or nothing: a single fault leaves everything as it was (`applied: false`); `row` is the number of the feature, `column` the property. \
        Grids with a known code are updated; others stay. Coordinates are rounded to six decimals.",
    security(("bearer" = ["grid.manage"])),
    params(ImportQuery, ("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer.")),
    request_body = GridFile,
    responses((status = 200, description = "What the file came to.", body = Import), Problems))]
#[post("/imports/grids")]
pub async fn import_grids(
    permit: Permit<perm::GridManage>,
    key: IdempotencyKey,
    query: Query<ImportQuery>,
    file: JsonBytes<GRID_FILE_KIB>,
) -> Result<Json<Import>> {
    Ok(Json(service::grids(&permit, key, file.0, query.dry_run).await?))
}

/// One import.
#[utoipa::path(tag = "member", operation_id = "get_import", summary = "查看导入结果",
    security(("bearer" = ["member.manage"])),
    params(("id" = ImportId, Path, description = "Id of the import.")),
    responses((status = 200, description = "What the file came to.", body = Import), Problems))]
#[get("/imports/{id}")]
pub async fn get_import(
    permit: Permit<crate::member::perm::MemberManage>,
    id: PathId<ImportId>,
) -> Result<Json<Import>> {
    Ok(Json(service::get(&permit, id.0).await?))
}

/// The user's workbook with the faults marked.
#[utoipa::path(tag = "member", operation_id = "get_import_marked_file", summary = "下载标注后的花名册",
    description = "The user's own rows: faulty cells coloured and annotated, the reasons in the last column 导入问题. Once corrected it can be sent as it is. \
        404 when the import had no fault.",
    security(("bearer" = ["member.manage"])),
    params(("id" = ImportId, Path, description = "Id of the import.")),
    responses((status = 200, description = "The workbook.",
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = WorkbookFile), Problems))]
#[get("/imports/{id}/marked-file")]
pub async fn get_import_marked_file(
    permit: Permit<crate::member::perm::MemberManage>,
    id: PathId<ImportId>,
) -> Result<Download> {
    let (name, bytes) = service::marked_file(&permit, id.0).await?;
    Ok(Download { media_type: XLSX, name, bytes })
}

/// The field `file` of the form, with its name.
async fn upload(request: &HttpRequest, payload: web::Payload) -> Result<Upload> {
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("multipart/form-data"));
    if !is_form {
        return Err(ApiError::new(Code::UNSUPPORTED_MEDIA_TYPE)
            .detail("请求内容须为 multipart/form-data", "The body must be multipart/form-data"));
    }
    let mut form = Multipart::new(request.headers(), payload);
    let mut found = None;
    while let Some(part) = form.next().await {
        let mut part = part.map_err(|error| malformed(&error))?;
        if part.name() != Some("file") || found.is_some() {
            return Err(ApiError::invalid(
                "file",
                "表单只接受一个文件字段 file",
                "the form has one field, file",
            ));
        }
        let file_name = file_name(part.content_disposition().and_then(|d| d.get_filename()));
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|error| malformed(&error))?;
            if bytes.len().saturating_add(chunk.len()) > sheet::MAX_BYTES {
                return Err(ApiError::new(Code::PAYLOAD_TOO_LARGE)
                    .detail("文件不得超过 5 MiB", "The file must not exceed 5 MiB"));
            }
            bytes.extend_from_slice(&chunk);
        }
        found = Some(Upload { file_name, bytes });
    }
    found.ok_or_else(|| ApiError::invalid("file", "请选择文件", "required"))
}

/// The last part of the name that was sent, without control characters, at most 120 characters.
fn file_name(sent: Option<&str>) -> String {
    let last = sent.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    let printed: String = last.chars().filter(|c| !c.is_control()).take(120).collect();
    match door::clean(&printed, door::Kind::Line) {
        Ok(name) if !name.is_empty() => name.into_owned(),
        _ => "花名册.xlsx".to_owned(),
    }
}

fn malformed(error: &actix_multipart::MultipartError) -> ApiError {
    ApiError::new(Code::MALFORMED_BODY).detail("上传内容不完整", error.to_string())
}
