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
    ApiError, Code, Download, FieldCode, IdempotencyKey, Json, JsonBytes, PathId, Query, Result,
};

/// Media type of a workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// KiB of a GeoJSON file.
const GRID_FILE_KIB: usize = 5 * 1024;

/// 人员花名册模板 · Get the roster template
///
/// .xlsx 工作簿：各列为 `编号*` `姓名*` `类别*` `手机` `党组织编码` `网格编码` `岗位`（`*` 为必填），另有一张填写说明。
///
/// An .xlsx workbook: the columns `编号*` `姓名*` `类别*` `手机` `党组织编码` `网格编码` `岗位` (`*` for required ones), and a
/// sheet that explains them.
#[utoipa::path(tag = "member", operation_id = "get_member_template",
    security(("bearer" = ["member.manage"])),
    responses((status = 200, description = "工作簿 · The workbook",
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = WorkbookFile)))]
#[get("/imports/members/template")]
pub(crate) async fn get_member_template(
    _permit: Permit<crate::member::perm::MemberManage>,
) -> Result<Download> {
    Ok(Download {
        media_type: XLSX,
        name: "人员花名册模板.xlsx".to_owned(),
        bytes: service::template()?,
    })
}

/// 导入人员花名册 · Import the roster
///
/// 全有或全无：有一处错误即不作任何改动（`applied` 为假），标注后的工作簿指出错在何处。编号已有的人员予以更新，
/// 选填的单元格留空即保留原值，网格编码与岗位一并填写即予任命，已在任的不重复任命。文件不超过 5 MiB、5,000 行；
/// `dry_run` 为真时只检查。
///
/// All or nothing: a single fault leaves everything as it was (`applied: false`), and the marked workbook shows where. People
/// with a known number are updated; empty optional cells leave what is known; 网格编码 with 岗位 appoints to the post, once. The
/// file has at most 5 MiB and 5,000 rows; with `dry_run` it is only checked.
#[utoipa::path(tag = "member", operation_id = "import_members",
    security(("bearer" = ["member.manage"])),
    params(ImportQuery, ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body(content = RosterForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "导入结果 · What the file came to", body = Import)))]
#[post("/imports/members")]
pub(crate) async fn import_members(
    permit: Permit<crate::member::perm::MemberManage>,
    key: IdempotencyKey,
    query: Query<ImportQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<Json<Import>> {
    let upload = upload(&request, payload).await?;
    Ok(Json(service::members(&permit, key, upload, query.dry_run).await?))
}

/// 导入网格（GeoJSON） · Import grids
///
/// `FeatureCollection`，不超过 5 MiB、2,000 个要素，属性为 `code`、`name`、`kind`、`parent`（上级网格的编码），坐标取六位小数。
/// 全有或全无：有一处错误即不作任何改动（`applied` 为假），`row` 是要素的序号，`column` 是属性。编码已有的网格予以更新，
/// 文件未列的不变；`dry_run` 为真时只检查。
///
/// A `FeatureCollection` of at most 5 MiB and 2,000 features, properties `code`, `name`, `kind`, `parent` (code of the grid
/// above); coordinates are rounded to six decimals. All or nothing: a single fault leaves everything as it was
/// (`applied: false`); `row` is the number of the feature, `column` the property. Grids with a known code are updated, others
/// stay; with `dry_run` the file is only checked.
#[utoipa::path(tag = "grid", operation_id = "import_grids",
    security(("bearer" = ["grid.manage"])),
    params(ImportQuery, ("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body = GridFile,
    responses((status = 200, description = "导入结果 · What the file came to", body = Import)))]
#[post("/imports/grids")]
pub(crate) async fn import_grids(
    permit: Permit<perm::GridManage>,
    key: IdempotencyKey,
    query: Query<ImportQuery>,
    file: JsonBytes<GRID_FILE_KIB>,
) -> Result<Json<Import>> {
    Ok(Json(service::grids(&permit, key, file, query.dry_run).await?))
}

/// 查看导入结果 · Get an import
///
/// 一次导入的结果：共多少行，新增、更新、未变各多少，以及前 200 处错误；人员和网格的导入均可查看。
///
/// What a file came to: its rows, how many were new, changed and unchanged, and its first 200 faults; of people and of grids
/// alike.
#[utoipa::path(tag = "member", operation_id = "get_import",
    security(("bearer" = ["member.manage"])),
    params(("id" = ImportId, Path, description = "导入 · The import")),
    responses((status = 200, description = "导入结果 · What the file came to", body = Import)))]
#[get("/imports/{id}")]
pub(crate) async fn get_import(
    permit: Permit<crate::member::perm::MemberManage>,
    id: PathId<ImportId>,
) -> Result<Json<Import>> {
    Ok(Json(service::get(&permit, id.0).await?))
}

/// 下载标注后的花名册 · Download the marked roster
///
/// 用户自己填写的各行：有错的单元格着色并加批注，原因写在末列“导入问题”，更正后可直接再次导入。没有错误的导入和网格的导入答 404。
/// 每次下载记入操作日志。
///
/// The user's own rows: faulty cells coloured and annotated, the reasons in the last column 导入问题; once corrected it can be
/// sent as it is. 404 when the import had no fault, and for grids. That it was given out is recorded in the audit log.
#[utoipa::path(tag = "member", operation_id = "get_import_marked_file",
    security(("bearer" = ["member.manage"])),
    params(("id" = ImportId, Path, description = "导入 · The import")),
    responses((status = 200, description = "工作簿 · The workbook",
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = WorkbookFile)))]
#[get("/imports/{id}/marked-file")]
pub(crate) async fn get_import_marked_file(
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
    found.ok_or_else(|| ApiError::wrong("file", FieldCode::Required, "请选择文件", "is required"))
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

fn malformed(_: &actix_multipart::MultipartError) -> ApiError {
    ApiError::new(Code::MALFORMED_BODY).detail("上传内容不完整", "The form is broken or incomplete")
}
