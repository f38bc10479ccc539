//! Attachments: photos that are evidence.
//!
//! - A JPEG or PNG photo of at most 8 MiB is told by its content, not by its name. It is decoded, turned upright, made no
//!   larger than 2048 pixels and written anew as JPEG: what the camera embedded (place, device, time, a thumbnail) does
//!   not survive, nor does anything that is no picture.
//! - Pictures are decoded off the request's thread, two at a time, within limits of size and memory.
//! - A photo is seen by who uploaded it, and by whoever sees a task to which it was submitted; for anybody else it does
//!   not exist.
//! - A photo that no submission has named within thirty days was taken in vain and is deleted.
//! - Photos are rows of the database: one backup, one transaction.

pub mod dto;
pub mod handlers;
pub mod rules;
pub mod service;

/// The routes of this feature.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(handlers::upload_attachment).service(handlers::get_attachment);
}
