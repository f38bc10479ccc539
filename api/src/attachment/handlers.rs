//! `/attachments`.

use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use entity::attachment;
use entity::ids::AttachmentId;
use futures_util::StreamExt;

use super::dto::{Attachment, AttachmentLink, PhotoFile, UploadAttachment};
use super::perm;
use super::{rules, service};
use crate::auth::Permit;
use crate::http::{ApiError, Code, Created, FieldCode, IdempotencyKey, Json, PathId, Result};
use crate::state::AppState;

/// 上传照片 · Upload a photo
///
/// 接受不超过 8 MiB 的 JPEG 或 PNG 照片，转正后重新编码为 JPEG，最长边不超过 2048 像素，不保留内嵌的位置和相机信息。
/// 每个账号未随任务提交的照片，最多 400 张、400 MiB，超过的答 429；上传 30 天仍未提交的，予以删除。
///
/// Keeps a JPEG or PNG photo of at most 8 MiB: written anew as JPEG, upright, at most 2048 pixels on its longest edge, without
/// embedded place and camera data. An account has at most 400 photos and 400 MiB that no submission has named, then 429; one that
/// none has named within 30 days is deleted.
#[utoipa::path(
    tag = "task",
    operation_id = "upload_attachment",
    security(("bearer" = ["attachment.create"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "同一键重复提交只生效一次 · The same key takes effect once")),
    request_body(content = UploadAttachment, content_type = "multipart/form-data"),
    responses((status = 201, description = "照片 · The photo", body = Attachment))
)]
#[post("/attachments")]
pub(crate) async fn upload_attachment(
    permit: Permit<perm::AttachmentCreate>,
    key: IdempotencyKey,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<Created<Attachment>> {
    let bytes = file(&req, payload).await?;
    let photo = service::upload(&permit, key, bytes).await?;
    Ok(Created::at(format!("/api/v1/attachments/{}", photo.id), photo))
}

/// 查看照片 · Get a photo
///
/// 照片本身，为 JPEG。上传者本人，以及能看到照片所属任务的人可以查看；对其他人视为不存在（404）。
///
/// The photo itself, a JPEG, for who uploaded it and whoever sees a task it belongs to; for anybody else it does not exist (404).
#[utoipa::path(
    tag = "task",
    operation_id = "get_attachment",
    security(("bearer" = ["attachment.read"])),
    params(("id" = AttachmentId, Path, description = "照片 · The photo")),
    responses((status = 200, description = "照片 · The photo", content_type = "image/jpeg", body = PhotoFile,
        headers(("ETag" = String))))
)]
#[get("/attachments/{id}")]
pub(crate) async fn get_attachment(
    permit: Permit<perm::AttachmentRead>,
    id: PathId<AttachmentId>,
) -> Result<HttpResponse> {
    let mut answer = shown(service::read(&permit, id.0).await?);
    answer.headers_mut().insert(header::VARY, header::HeaderValue::from_static("Authorization"));
    Ok(answer)
}

/// 取得照片的临时地址 · Get an address for a photo
///
/// 供不能携带令牌的图片控件使用（如微信小程序的 `image`）：五分钟内无须登录即可由此地址读取该照片。能查看照片的人才能取得。
///
/// For what shows pictures and sends no token, such as the `image` of a mini-program: for five minutes the photo can be read at this
/// address without a sign-in. Whoever may see the photo can get one.
#[utoipa::path(
    tag = "task",
    operation_id = "get_attachment_link",
    security(("bearer" = ["attachment.read"])),
    params(("id" = AttachmentId, Path, description = "照片 · The photo")),
    responses((status = 200, description = "临时地址及其期限 · The address and until when it is good", body = AttachmentLink))
)]
#[get("/attachments/{id}/link")]
pub(crate) async fn get_attachment_link(
    permit: Permit<perm::AttachmentRead>,
    state: web::Data<AppState>,
    id: PathId<AttachmentId>,
) -> Result<Json<AttachmentLink>> {
    Ok(Json(service::link(&state, &permit, id.0).await?))
}

/// 凭临时地址查看照片 · Get a photo by its address
///
/// 照片本身，为 JPEG；地址由 `get_attachment_link` 给出，五分钟内有效。伪造、过期的地址，或照片已删除的，答 404。
///
/// The photo itself, a JPEG, at an address that `get_attachment_link` gave, for five minutes; what is made up, too old, or of a photo
/// that was deleted, answers 404.
#[utoipa::path(
    tag = "public",
    operation_id = "get_attachment_by_link",
    security(()),
    params(("link" = String, Path, description = "地址的最后一段 · The last part of the address", max_length = 200)),
    responses((status = 200, description = "照片 · The photo", content_type = "image/jpeg", body = PhotoFile,
        headers(("ETag" = String))))
)]
#[get("/public/attachments/{link}")]
pub(crate) async fn get_attachment_by_link(
    state: web::Data<AppState>,
    link: PathId<String>,
) -> Result<HttpResponse> {
    Ok(shown(service::read_by_link(&state, &link.0).await?))
}

/// A photo as an answer.
fn shown(photo: attachment::Model) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(photo.media_type)
        // A photo may show people: no copy stays on the machine on which it was looked at. And whatever it holds, nothing
        // in it runs as a page of this server.
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((header::ETAG, format!("\"{}\"", photo.sha256)))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_DISPOSITION, "inline"))
        .body(photo.content)
}

/// The field `file` of the form.
async fn file(req: &HttpRequest, payload: web::Payload) -> Result<Vec<u8>> {
    let is_form = req
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("multipart/form-data"));
    if !is_form {
        return Err(ApiError::new(Code::UNSUPPORTED_MEDIA_TYPE)
            .detail("请求内容须为 multipart/form-data", "The body must be multipart/form-data"));
    }
    let mut form = Multipart::new(req.headers(), payload);
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
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|error| malformed(&error))?;
            if bytes.len() + chunk.len() > rules::MOST_BYTES {
                return Err(ApiError::new(Code::PAYLOAD_TOO_LARGE)
                    .detail("照片不得超过 8 MiB", "A photo must not exceed 8 MiB"));
            }
            bytes.extend_from_slice(&chunk);
        }
        found = Some(bytes);
    }
    found.ok_or_else(|| ApiError::wrong("file", FieldCode::Required, "请选择照片", "is required"))
}

fn malformed(_: &actix_multipart::MultipartError) -> ApiError {
    ApiError::new(Code::MALFORMED_BODY).detail("上传内容不完整", "The form is broken or incomplete")
}
