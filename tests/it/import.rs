//! Bringing in files, for the tests that go through the whole product; the imports themselves are in `member`, `grid` and `heavy`.

use api::http::Code;
use support::prelude::*;

use crate::furniture::kind;
use crate::rooms::Open::To;
use crate::rooms::{Room, op};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("get_member_template", To("c")),
        op("import_members", To("c")).asking("dry_run=true").picture(),
        op("get_import", To("c")).on("import"),
        op("get_import_marked_file", To("c")).on("import"),
    ],
    kinds: &[kind("import")],
    furnish: |app, town, furniture| {
        Box::pin(async move {
            let clerk = app.client(Who::Clerk, town).await;
            let import = clerk.upload(
                "/imports/members?dry_run=true",
                "file",
                "roster.xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                support::faulty_roster(),
            );
            furniture.put_answer("import", &import.await.ok(200));
        })
    },
    provoke: |app, sweep| {
        Box::pin(async move {
            let clerk = app.client(Who::Clerk, Town::A).await;
            let garbage = clerk.upload(
                "/imports/members?dry_run=true",
                "file",
                "roster.xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                b"no workbook".to_vec(),
            );
            sweep.saw(Code::FILE_UNREADABLE, &garbage.await);
        })
    },
    tables: &["import"],
    foreign: &["grid"],
    ..Room::of("import")
};
