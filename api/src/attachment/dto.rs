//! Attachments over HTTP.

use entity::ids::AttachmentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Time;

/// The form of an upload.
#[derive(Debug, ToSchema)]
pub struct UploadAttachment {
    /// A JPEG or PNG photo, at most 8 MiB.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    pub file: Vec<u8>,
}

/// The photo itself.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct PhotoFile(pub Vec<u8>);

/// An address at which a photo can be read without a sign-in, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentLink {
    /// The address, on this server.
    #[schema(
        format = "uri-reference",
        example = "/api/v1/public/attachments/AZqlwnr0fEGdKz9rHA5adwGapcJ6PnxBnSs_axwOWndqFCKAq1bGkq0R8R0kqHq1d1c0hw"
    )]
    pub url: String,
    /// The moment after which it answers 404.
    pub valid_until: Time,
}

/// A stored photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attachment {
    /// The photo; read it at `/attachments/{id}`.
    pub id: AttachmentId,
    /// Always `image/jpeg`.
    #[schema(example = "image/jpeg")]
    pub media_type: String,
    /// Bytes.
    #[schema(example = 184_320)]
    pub size: i64,
    /// Pixels.
    #[schema(example = 1536)]
    pub width: i32,
    /// Pixels.
    #[schema(example = 2048)]
    pub height: i32,
    /// When it was uploaded.
    pub created_at: Time,
}
