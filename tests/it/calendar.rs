//! The working calendar over HTTP.

use support::prelude::*;

use crate::rooms::Open::To;
use crate::rooms::{Room, op};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[op("list_days", To("lcgwi")).asking("from=2026-11-01&to=2026-11-30")],
    ..Room::of("calendar")
};

on_both! {
    /// National Day 2026 with the Saturday that is worked for it, and a year whose notice is not out.
    async fn days_are_listed(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let list = clerk.get("/calendar/days?from=2026-09-30&to=2026-10-11").await.ok(200);
        let days = list["items"].as_array().unwrap();
        assert_eq!(days.len(), 12);
        assert_eq!(days[0], json!({"date": "2026-09-30", "working": true, "kind": "working", "name": null, "official": true}));
        assert_eq!(days[1], json!({"date": "2026-10-01", "working": false, "kind": "holiday", "name": "国庆节", "official": true}));
        assert_eq!(days[10], json!({"date": "2026-10-10", "working": true, "kind": "make_up", "name": "国庆节", "official": true}));
        assert_eq!(days[11]["kind"], "weekend");

        let later = clerk.get("/calendar/days?from=2030-10-01&to=2030-10-01").await.ok(200);
        assert_eq!(later["items"][0], json!({"date": "2030-10-01", "working": true, "kind": "working", "name": null, "official": false}));
    }

    async fn what_is_asked_wrongly_is_refused(app: TestApp) {
        let leader = app.client(Who::Leader, Town::A).await;
        leader.get("/calendar/days?from=2026-01-02&to=2026-01-01").await.problem(422, "validation_failed");
        leader.get("/calendar/days?from=2026-01-01&to=2027-02-05").await.problem(422, "validation_failed");
        leader.get("/calendar/days?from=2026-01-01&to=2027-02-04").await.ok(200);
        leader.get("/calendar/days?from=2026-01-01").await.problem(422, "validation_failed");
        leader.get("/calendar/days?from=2026-02-30&to=2026-03-01").await.problem(422, "validation_failed");
        app.client(Who::Member, Town::A).await
            .get("/calendar/days?from=2026-01-01&to=2026-01-02").await.problem(403, "forbidden");
        app.anonymous().get("/calendar/days?from=2026-01-01&to=2026-01-02").await.problem(401, "unauthenticated");
    }
}
