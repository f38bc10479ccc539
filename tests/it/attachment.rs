//! Photos, for the tests that go through the whole product; what becomes of them is told in `task` and `heavy`.

use support::prelude::*;

use crate::furniture::{kind, sealed, text};
use crate::rooms::Open::{Everybody, To};
use crate::rooms::{Room, op};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("upload_attachment", To("cgw")).picture(),
        op("get_attachment", To("lcgwi")).on("attachment"),
        op("get_attachment_link", To("lcgwi")).on("attachment"),
        op("get_attachment_by_link", Everybody).on("attachment_link"),
    ],
    kinds: &[kind("attachment"), sealed("attachment_link", 404)],
    // Handed in with a task.
    furnish: |app, town, furniture| {
        Box::pin(async move {
            let sub_head = app.client(Who::SubHead, town).await;
            let photo = sub_head.upload(
                "/attachments",
                "file",
                "photo.png",
                "image/png",
                support::picture(),
            );
            let photo = photo.await.ok(201);
            furniture.put_answer("attachment", &photo);
            let inbox = sub_head.get("/tasks/inbox").await.ok(200);
            let submit = format!("/tasks/{}/submit", text(&inbox["items"][0]["id"]));
            let proof =
                json!({"attachment_ids": [photo["id"]], "place": {"lng": 121.41, "lat": 30.8}});
            sub_head.post(&submit, &proof).await.ok(200);
            let link = furniture.path("/attachments/{attachment}/link");
            let url = text(&sub_head.get(&link).await.ok(200)["url"]);
            furniture.put("attachment_link", url.rsplit('/').next().unwrap_or_default());
        })
    },
    unrecorded: &[(
        "upload_attachment",
        "the attachment's row says who and when; it shows in what it is attached to",
    )],
    tables: &["attachment"],
    // Whose photo it is, and which submissions name it.
    foreign: &["account", "submission_attachment", "task_submission"],
    ..Room::of("attachment")
};
