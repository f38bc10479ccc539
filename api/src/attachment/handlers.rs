//! `/attachments`.

use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use entity::ids::AttachmentId;
use futures_util::StreamExt;

use super::dto::{Attachment, PhotoFile, UploadAttachment};
use super::perm;
use super::{rules, service};
use crate::auth::Permit;
use crate::http::{ApiError, Code, Created, FieldCode, IdempotencyKey, PathId, Result};

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
pub async fn upload_attachment(
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
    responses((status = 200, description = "照片 · The photo", content_type = "image/jpeg", body = PhotoFile))
)]
#[get("/attachments/{id}")]
pub async fn get_attachment(
    permit: Permit<perm::AttachmentRead>,
    id: PathId<AttachmentId>,
) -> Result<HttpResponse> {
    let photo = service::read(&permit, id.0).await?;
    Ok(HttpResponse::Ok()
        .content_type(photo.media_type)
        // A photo may show people: no copy stays on the machine on which it was looked at. And whatever it holds, nothing
        // in it runs as a page of this server.
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((header::VARY, "Authorization"))
        .insert_header((header::ETAG, format!("\"{}\"", photo.sha256)))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_DISPOSITION, "inline"))
        .body(photo.content))
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
