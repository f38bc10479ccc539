//! Attachments: photos that are evidence.
//!
//! - A JPEG or PNG photo of at most 8 MiB is told by its content, not by its name. It is decoded, turned upright, made no
//!   larger than 2048 pixels and written anew as JPEG: what the camera embedded (place, device, time, a thumbnail) does
//!   not survive, nor does anything that is no picture.
//! - It has to be whole: every block of every scan and the end mark. Part of a photo is no evidence.
//! - Pictures are decoded off the request's thread, one at a time per township (`crate::work`), in rows that are made
//!   smaller as they come: a few MiB of memory whatever the file claims, 40 MiB for a progressive JPEG.
//! - An account has at most 400 photos (and 400 MiB) that no submission has named: some days of work without a
//!   connection. More are taken when those are submitted (429).
//! - A photo is seen by who uploaded it, and by whoever sees a task to which it was submitted; for anybody else it does
//!   not exist.
//! - Who sees a photo gets an address at which it can be read for five minutes without a sign-in ([`link`]): for pictures that carry no
//!   token. It gives no more than that photo, and no longer.
//! - A photo that no submission has named within thirty days was taken in vain and is deleted.
//! - Photos are rows of the database: one backup, one transaction.

mod changes;
pub mod codes;
pub mod dto;
pub mod handlers;
pub mod link;
pub mod perm;
pub mod rules;
pub mod service;

pub use service::JOBS;

use crate::feature::Feature;

/// What this room brings.
pub const FEATURE: Feature = Feature {
    routes,
    permissions: perm::ALL,
    jobs: JOBS,
    answers: codes::ANSWERS,
    changes: changes::CHANGES,
    ..Feature::of("attachment")
};

/// The routes of this feature.
pub fn routes(cfg: &mut utoipa_actix_web::service_config::ServiceConfig) {
    cfg.service(handlers::upload_attachment)
        .service(handlers::get_attachment)
        .service(handlers::get_attachment_link)
        .service(handlers::get_attachment_by_link);
}
