//! What roles may do here.

use crate::auth::permissions;

permissions! {
    ATTACHMENT_READ AttachmentRead = "attachment.read", "查看照片", "See photos",
        [Leader, Clerk, GridHead, Worker, Integrator];
    ATTACHMENT_CREATE AttachmentCreate = "attachment.create", "上传照片", "Upload photos",
        [Clerk, GridHead, Worker];
}
