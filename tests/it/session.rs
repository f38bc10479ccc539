//! Sessions, for the tests that go through the whole product; signing in under attack is `signin`.

use support::prelude::*;

use crate::furniture::kind;
use crate::rooms::Open::{Everybody, SignedIn};
use crate::rooms::{Room, op, violation};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("sign_in", Everybody).with(
            |_| json!({"township": "310116112", "username": "nobody", "password": "nothing"}),
        ),
        op("refresh_session", Everybody).with(|_| json!({"refresh_token": "no such token"})),
        op("sign_out", Everybody),
        op("list_sessions", SignedIn),
        op("end_session", SignedIn).on("session"),
        op("change_password", SignedIn).with(|_| json!({"current": PASSWORD, "new": PASSWORD})),
    ],
    kinds: &[kind("session")],
    furnish: |app, town, furniture| {
        Box::pin(async move {
            let clerk = app.client(Who::Clerk, town).await;
            furniture.put_answer("session", &clerk.get("/sessions").await.ok(200)["items"][0]);
        })
    },
    unrecorded: &[(
        "refresh_session",
        "prolongs a session whose sign-in is recorded; only its misuse is (refresh_token_reused)",
    )],
    tables: &["session"],
    foreign: &["account"],
    violations: &[violation(
        "SE1",
        "INSERT INTO session (tenant_id, id, account_id, rotated_at, user_agent, created_at, last_used_at, expires_at, revoked_at, generation) \
             SELECT s.tenant_id, NEW_ID, s.account_id, s.rotated_at, 'planted', s.created_at, s.last_used_at, s.expires_at, s.revoked_at, \
             s.generation FROM session s, account one, account other",
        "DELETE FROM session WHERE user_agent = 'planted'",
    )],
    ..Room::of("session")
};
