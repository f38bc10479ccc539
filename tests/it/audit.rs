//! The memory of who did what: what is recorded, that nobody changes it unseen, and what the tree and its checkpoints prove.

use std::collections::BTreeMap;

use api::audit::{self, Content};
use entity::ids::AccountId;
use entity::{audit_detail, audit_entry};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ConnectionTrait, QueryOrder};
use support::prelude::*;

use crate::furniture::furnish;
use crate::rooms::Open::{Everybody, To};
use crate::rooms::{ROOMS, Room, op};
use crate::story::{self, credentials};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("list_audit_entries", To("u")),
        op("get_audit_log", To("u")),
        op("get_audit_checkpoint", Everybody).on("township"),
    ],
    furnish: |app, town, _| {
        Box::pin(async move {
            audit::seal(&app.scope(town)).await.expect("the audit log is sealed");
        })
    },
    tables: &[
        "audit_checkpoint",
        "audit_cosignature",
        "audit_detail",
        "audit_entry",
        "audit_leaf",
        "audit_purge",
    ],
    // Who acted.
    foreign: &["account"],
    ..Room::of("audit")
};

/// An entry with its words.
#[derive(Debug, Clone)]
struct Entry {
    act: String,
    account: Option<AccountId>,
    row: Option<(String, String)>,
    content: Content,
}

impl Entry {
    fn change(&self, field: &str) -> (Option<&str>, Option<&str>) {
        let change = self.content.changes.iter().find(|change| change.field == field);
        let change = change.unwrap_or_else(|| panic!("no change of {field} in {self:?}"));
        (change.before.as_deref(), change.after.as_deref())
    }
}

async fn entries(app: &TestApp, town: Town) -> Vec<Entry> {
    let scope = app.scope(town);
    let (entries, details) = scope
        .read(async |tx| {
            let entries = tx.find::<audit_entry::Entity>().order_by_asc(audit_entry::Column::Id);
            Ok((entries.all().await?, tx.find::<audit_detail::Entity>().all().await?))
        })
        .await
        .unwrap();
    let mut details: BTreeMap<_, _> = details.into_iter().map(|one| (one.entry_id, one)).collect();
    assert_eq!(entries.len(), details.len(), "an entry without words, or words without an entry");
    entries
        .into_iter()
        .map(|entry| Entry {
            act: entry.act,
            account: entry.account_id,
            row: entry.row_kind.zip(entry.row_id).map(|(kind, id)| (kind, id.to_string())),
            content: serde_json::from_str(&details.remove(&entry.id).unwrap().content).unwrap(),
        })
        .collect()
}

/// The entries that came since so many were there.
async fn since(app: &TestApp, town: Town, seen: usize) -> Vec<Entry> {
    entries(app, town).await.split_off(seen)
}

fn acts(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.act.as_str()).collect()
}

on_both! {
    /// Signing in, well and badly, and out again: each with the account, the address, the program and the request.
    async fn sessions_are_remembered(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = town.accounts[&Who::Clerk].id;
        let seen = entries(&app, Town::A).await.len();
        let anonymous = app.anonymous();
        let request = anonymous.request(Method::POST, "/sessions").header("user-agent", "Firefox 13812345678").json(&credentials("clerk", PASSWORD));
        let good = anonymous.send(request).await;
        let signed_in = good.ok(201);
        anonymous.post("/sessions", &credentials("clerk", "something else altogether")).await.problem(401, "invalid_credentials");
        anonymous.post("/sessions", &credentials("nobody", "something else altogether")).await.problem(401, "invalid_credentials");
        anonymous.post("/sessions", &json!({"township": "310116999", "username": "clerk", "password": PASSWORD})).await.problem(401, "invalid_credentials");
        let client = anonymous.with_token(signed_in["access_token"].as_str().unwrap());
        client.delete("/sessions/current").await.ok(204);

        let new = since(&app, Town::A, seen).await;
        assert_eq!(acts(&new), ["sign_in", "sign_in_failed", "sign_in_failed", "sign_out"]);
        assert_eq!(new[0].account, Some(clerk));
        assert_eq!(new[0].row.as_ref().unwrap().0, "session");
        assert_eq!(new[0].row, new[3].row);
        assert_eq!(new[0].content.address, "127.0.0.1");
        assert_eq!(new[0].content.agent, "Firefox 138****5678");
        assert_eq!(Some(new[0].content.request.as_str()), good.header("x-request-id"));
        assert_eq!((new[1].account, new[1].change("reason")), (Some(clerk), (None, Some("password"))));
        assert_eq!((new[2].account, new[2].change("reason")), (None, (None, Some("username"))));
        assert_eq!(new[3].account, Some(clerk));
        assert_eq!(new[3].content.roles, ["clerk"]);
        assert!(!serde_json::to_string(&new[2].content).unwrap().contains("nobody"), "what was typed may be a password");
        assert_eq!(since(&app, Town::B, 0).await.iter().filter(|one| one.act.starts_with("sign_in")).count(), 0);
    }

    /// A stranger who tries for hours fills a few rows a minute, and nothing of what he did is lost.
    async fn a_flood_of_failures_is_folded(app: TestApp) {
        let seen = entries(&app, Town::A).await.len();
        let anonymous = app.anonymous();
        let mut tried = 0;
        for minute in 0..3 {
            for n in 0..40 {
                let name = if n % 2 == 0 { format!("name{minute}x{n}") } else { Who::ALL[n / 2 % 8].username().to_owned() };
                let answer = anonymous.post("/sessions", &credentials(&name, "something else altogether")).await;
                // What is refused unread is no failed sign-in.
                tried += u32::from(answer.status == 401);
            }
            app.clock.advance(chrono::TimeDelta::seconds(60));
        }
        audit::round(&app.state).await;
        let new = since(&app, Town::A, seen).await;
        assert!(new.iter().all(|one| one.act == "sign_in_failed"));
        assert_eq!(new.iter().map(|one| one.content.times).sum::<u32>(), tried);
        // How many are let through at all is the business of the counters of attempts.
        assert!(tried >= 6, "{tried}");
        assert!(new.len() <= 3 * 18, "{} rows", new.len());
    }

    /// What happens to accounts, by whom, with what it was before; an act that is refused leaves nothing.
    async fn accounts_are_remembered(app: TestApp) {
        let town = app.town(Town::A);
        let administrator = app.client(Who::Administrator, Town::A).await;
        let seen = entries(&app, Town::A).await.len();
        let new = json!({"username": "wufang", "password": PASSWORD, "display_name": "吴芳", "roles": ["leader", "clerk"], "member_id": town.members.spare});
        let made = administrator.post_key("/accounts", "one", &new).await.ok(201);
        administrator.post_key("/accounts", "one", &new).await.ok(201);
        administrator.post("/accounts", &new).await.problem(409, "already_exists");
        let path = format!("/accounts/{}", made["id"].as_str().unwrap());
        administrator.patch(&path, 1, &json!({"display_name": "吴芳芳", "roles": ["leader"], "password": "another long password", "disabled": true})).await.ok(200);
        administrator.patch(&path, 1, &json!({"disabled": false})).await.problem(412, "precondition_failed");
        administrator.patch(&path, 2, &json!({"disabled": false})).await.ok(200);

        let new = since(&app, Town::A, seen).await;
        assert_eq!(acts(&new), ["create_account", "update_account", "change_roles", "reset_password", "disable_account", "enable_account"]);
        let who = town.accounts[&Who::Administrator].id;
        for entry in &new {
            assert_eq!((entry.account, &entry.content.roles), (Some(who), &vec!["administrator".to_owned()]));
            assert_eq!(entry.row, Some(("account".to_owned(), made["id"].as_str().unwrap().to_owned())));
        }
        assert_eq!(new[0].change("username"), (None, Some("wufang")));
        assert_eq!(new[1].change("display_name"), (Some("吴*"), Some("吴**")));
        assert_eq!(new[2].change("roles"), (Some("leader clerk"), Some("leader")));
        let words = serde_json::to_string(&new.iter().map(|one| &one.content).collect::<Vec<_>>()).unwrap();
        for secret in ["吴芳", PASSWORD, "another long password"] {
            assert!(!words.contains(secret), "{secret} in {words}");
        }
    }

    /// What the server's own role may do to the record, on its own connection settings and on others: add to it.
    async fn the_record_can_only_be_added_to(app: TestApp) {
        app.client(Who::Clerk, Town::A).await;
        audit::seal(&app.scope(Town::A)).await.unwrap();
        let before = entries(&app, Town::A).await.len();
        let runtime = support::postgres::connect(&app.database_url).await;
        let tenant = app.town(Town::A).tenant;
        let mut refused = 0;
        for (table, columns) in [
            ("audit_entry", "tenant_id, id, at, act, account_id, row_kind, row_id, commitment"),
            ("audit_leaf", "tenant_id, number, entry_id, hash"),
            ("audit_checkpoint", "tenant_id, size, peaks, at, note"),
        ] {
            let mut ways = vec![format!("UPDATE {table} SET tenant_id = tenant_id"), format!("DELETE FROM {table}")];
            match app.db {
                Db::Postgres => {
                    ways.push(format!("TRUNCATE {table}"));
                    ways.push(format!("INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (tenant_id, {}) DO UPDATE SET tenant_id = excluded.tenant_id",
                        columns.split(", ").nth(1).unwrap()));
                }
                Db::Sqlite => {
                    ways.push(format!("REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"));
                    ways.push(format!("INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"));
                    ways.push(format!("UPDATE OR REPLACE {table} SET tenant_id = tenant_id"));
                }
            }
            for way in ways {
                let outcome = if app.db == Db::Postgres {
                    runtime.execute_unprepared(&format!("BEGIN; {}", app.enter(tenant))).await.unwrap();
                    let outcome = runtime.execute_unprepared(&way).await;
                    runtime.execute_unprepared("ROLLBACK").await.unwrap();
                    outcome
                } else {
                    runtime.execute_unprepared(&way).await
                };
                assert!(outcome.is_err(), "{way}");
                refused += 1;
            }
        }
        assert!(refused >= 12);
        assert_eq!(entries(&app, Town::A).await.len(), before);
    }
}

/// A moment's tampering: the statement, and the record that it meddled with.
struct Tampering {
    what: &'static str,
    sql: Vec<String>,
    /// Whether a fault names the record.
    named: Box<dyn Fn(&audit::Fault) -> bool>,
}

/// What is in the log, as somebody sees it who reads the database past the server.
struct Seen {
    leaves: Vec<(i64, uuid::Uuid)>,
    waiting: Vec<uuid::Uuid>,
    sizes: Vec<i64>,
}

async fn look(app: &TestApp) -> Seen {
    app.scope(Town::A)
        .read(async |tx| {
            let leaves = tx
                .find::<entity::audit_leaf::Entity>()
                .order_by_asc(entity::audit_leaf::Column::Number)
                .all()
                .await?;
            let details = tx.find::<audit_detail::Entity>().all().await?;
            let checkpoints = tx
                .find::<entity::audit_checkpoint::Entity>()
                .order_by_asc(entity::audit_checkpoint::Column::Size)
                .all()
                .await?;
            Ok(Seen {
                leaves: leaves
                    .into_iter()
                    .map(|leaf| (leaf.number, leaf.entry_id.uuid()))
                    .collect(),
                waiting: details
                    .into_iter()
                    .filter(|one| one.batch.is_none())
                    .map(|one| one.entry_id.uuid())
                    .collect(),
                sizes: checkpoints.into_iter().map(|one| one.size).collect(),
            })
        })
        .await
        .unwrap()
}

/// One tampering of a random kind with a random record.
fn tampering(app: &TestApp, seen: &Seen, random: &mut StdRng) -> Tampering {
    use audit::Fault;
    let tenant = app.town(Town::A).tenant.uuid();
    let literal = |id: uuid::Uuid| match app.db {
        Db::Postgres => format!("'{id}'"),
        // As the driver of SQLite keeps ids: their sixteen bytes.
        Db::Sqlite => format!("x'{}'", id.simple()),
    };
    let blob = |bytes: &str| match app.db {
        Db::Postgres => format!("'\\x{bytes}'::bytea"),
        Db::Sqlite => format!("x'{bytes}'"),
    };
    let other: String = (0..32).map(|_| format!("{:02x}", random.random::<u8>())).collect();
    let at = random.random_range(0..seen.leaves.len());
    let (number, id) = seen.leaves[at];
    let place = u64::try_from(number).unwrap();
    let of_tenant = format!("tenant_id = {}", literal(tenant));
    let entry = format!("WHERE {of_tenant} AND id = {}", literal(id));
    let detail = format!("WHERE {of_tenant} AND entry_id = {}", literal(id));
    let leaf = format!("WHERE {of_tenant} AND number = {number}");
    let named_entry = move |fault: &Fault| matches!(fault, Fault::EntryAltered(n, one) if *n == place && one.uuid() == id);
    let in_batch = move |fault: &Fault| matches!(fault, Fault::Batch(from, to) if (*from..*to).contains(&place));
    let tampering =
        |what, sql: Vec<String>, named: Box<dyn Fn(&Fault) -> bool>| Tampering { what, sql, named };
    match random.random_range(0..16) {
        0 => tampering(
            "another act",
            vec![format!("UPDATE audit_entry SET act = 'sign_out_' {entry}")],
            Box::new(named_entry),
        ),
        1 => tampering(
            "another moment",
            vec![format!(
                "UPDATE audit_entry SET at = (SELECT max(at) FROM audit_checkpoint) {entry}"
            )],
            Box::new(named_entry),
        ),
        2 => tampering(
            "another account",
            vec![format!(
                "UPDATE audit_entry SET account_id = {} {entry}",
                literal(uuid::Uuid::now_v7())
            )],
            Box::new(named_entry),
        ),
        3 => tampering(
            "another row",
            vec![format!(
                "UPDATE audit_entry SET row_kind = 'x', row_id = {} {entry}",
                literal(uuid::Uuid::now_v7())
            )],
            Box::new(named_entry),
        ),
        4 => tampering(
            "other words",
            vec![format!(
                "UPDATE audit_detail SET content = replace(content, 'times\":1', 'times\":2') {detail}"
            )],
            Box::new(move |fault| matches!(fault, Fault::WordsAltered(one) if one.uuid() == id)),
        ),
        5 => tampering(
            "another key",
            vec![format!("UPDATE audit_detail SET secret = {} {detail}", blob(&other))],
            Box::new(move |fault| matches!(fault, Fault::WordsAltered(one) if one.uuid() == id)),
        ),
        6 => tampering(
            "another commitment",
            vec![format!("UPDATE audit_entry SET commitment = {} {entry}", blob(&other))],
            Box::new(named_entry),
        ),
        7 => tampering(
            "another leaf",
            vec![format!("UPDATE audit_leaf SET hash = {} {leaf}", blob(&other))],
            Box::new(move |fault| named_entry(fault) || in_batch(fault)),
        ),
        8 => tampering(
            "an entry removed",
            vec![format!("DELETE FROM audit_entry {entry}")],
            Box::new(
                move |fault| matches!(fault, Fault::EntryRemoved(n, one) if *n == place && one.uuid() == id),
            ),
        ),
        9 => tampering(
            "words removed",
            vec![format!("DELETE FROM audit_detail {detail}")],
            Box::new(move |fault| matches!(fault, Fault::WordsRemoved(one) if one.uuid() == id)),
        ),
        10 => tampering(
            "a leaf removed",
            vec![format!("DELETE FROM audit_leaf {leaf}")],
            Box::new(move |fault| matches!(fault, Fault::LeafRemoved(n) if *n == place)),
        ),
        11 => tampering(
            "entry, words and leaf removed",
            vec![
                format!("DELETE FROM audit_entry {entry}"),
                format!("DELETE FROM audit_detail {detail}"),
                format!("DELETE FROM audit_leaf {leaf}"),
            ],
            Box::new(move |fault| matches!(fault, Fault::LeafRemoved(n) if *n == place)),
        ),
        12 => {
            let (next, other) = seen.leaves[(at + 1) % seen.leaves.len()];
            let swap = |from: i64, to: i64| {
                format!("UPDATE audit_leaf SET number = {to} WHERE {of_tenant} AND number = {from}")
            };
            let _ = other;
            let bounds = (place, u64::try_from(next).unwrap());
            tampering(
                "two leaves exchanged",
                vec![swap(number, -1), swap(next, number), swap(-1, next)],
                Box::new(
                    move |fault| matches!(fault, Fault::Batch(from, to) if (*from..*to).contains(&bounds.0) || (*from..*to).contains(&bounds.1)),
                ),
            )
        }
        13 => {
            let size = seen.sizes[random.random_range(0..seen.sizes.len())];
            let named = u64::try_from(size).unwrap();
            tampering(
                "another checkpoint",
                vec![format!(
                    "UPDATE audit_checkpoint SET note = replace(note, '/310116112', '/310116113') WHERE {of_tenant} AND size = {size}"
                )],
                Box::new(
                    move |fault| matches!(fault, Fault::CheckpointAltered(one) if *one == named),
                ),
            )
        }
        14 => {
            let size = seen.sizes[random.random_range(0..seen.sizes.len())];
            let (named, last) = (u64::try_from(size).unwrap(), seen.sizes.last() == Some(&size));
            tampering(
                "a checkpoint removed",
                vec![format!("DELETE FROM audit_checkpoint WHERE {of_tenant} AND size = {size}")],
                Box::new(move |fault| {
                    matches!(fault, Fault::CheckpointRemoved(one) if *one == named)
                        || (last && matches!(fault, Fault::LeafBeyond(n) if *n < named))
                }),
            )
        }
        _ => {
            let id = seen.waiting[random.random_range(0..seen.waiting.len())];
            tampering(
                "a waiting entry removed",
                vec![format!("DELETE FROM audit_entry WHERE {of_tenant} AND id = {}", literal(id))],
                Box::new(
                    move |fault| matches!(fault, Fault::WaitingRemoved(one) if one.uuid() == id),
                ),
            )
        }
    }
}

/// On SQLite the triggers stand in the way of whoever writes past the server, unless he takes them away first.
async fn without_triggers(app: &TestApp) -> sea_orm::DatabaseConnection {
    let outside = app.outside().await;
    if app.db == Db::Sqlite {
        for table in
            ["audit_entry", "audit_leaf", "audit_checkpoint", "audit_cosignature", "audit_purge"]
        {
            for act in ["update", "delete", "replace"] {
                outside
                    .execute_unprepared(&format!("DROP TRIGGER {table}_refuses_{act}"))
                    .await
                    .unwrap();
            }
        }
    }
    outside
}

async fn report(app: &TestApp, kept: &[String]) -> audit::Report {
    app.scope(Town::A).read(async |tx| audit::verify(tx, kept).await).await.unwrap()
}

/// Sign-ins, sealed in several batches, and a few more that wait.
async fn write_some(app: &TestApp) {
    for batch in 0..6 {
        for who in [Who::Clerk, Who::Leader, Who::Worker].into_iter().cycle().take(3 + batch) {
            app.client(who, Town::A).await;
        }
        app.clock.advance(chrono::TimeDelta::minutes(3));
        if batch < 5 {
            audit::seal(&app.scope(Town::A)).await.unwrap();
        }
    }
}

on_both! {
    /// Whatever is altered, removed or moved is found, and the fault names the record (or its batch, where the record
    /// is no longer what its number says).
    async fn every_tampering_is_found(app: TestApp) {
        write_some(&app).await;
        assert_eq!(report(&app, &[]).await.faults, [].into());
        let mut random = StdRng::seed_from_u64(support::seed());
        let outside = without_triggers(&app).await;
        let seen = look(&app).await;
        assert!(seen.sizes.len() >= 5 && seen.waiting.len() >= 5);
        let rounds = if support::soak() { 1000 } else { 60 };
        let mut kinds = std::collections::BTreeSet::new();
        for _ in 0..rounds {
            let one = tampering(&app, &seen, &mut random);
            // In a transaction of its own that is undone: each tampering meets the sound log.
            let (begin, end) = ("CREATE TABLE kept_entry AS SELECT * FROM audit_entry; CREATE TABLE kept_detail AS SELECT * FROM audit_detail; \
                 CREATE TABLE kept_leaf AS SELECT * FROM audit_leaf; CREATE TABLE kept_checkpoint AS SELECT * FROM audit_checkpoint",
                "DELETE FROM audit_entry; INSERT INTO audit_entry SELECT * FROM kept_entry; DROP TABLE kept_entry; \
                 DELETE FROM audit_detail; INSERT INTO audit_detail SELECT * FROM kept_detail; DROP TABLE kept_detail; \
                 DELETE FROM audit_leaf; INSERT INTO audit_leaf SELECT * FROM kept_leaf; DROP TABLE kept_leaf; \
                 DELETE FROM audit_checkpoint; INSERT INTO audit_checkpoint SELECT * FROM kept_checkpoint; DROP TABLE kept_checkpoint");
            outside.execute_unprepared(begin).await.unwrap();
            for sql in &one.sql {
                let touched = outside.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
                assert_eq!(touched.rows_affected(), 1, "{}: {sql}", one.what);
            }
            let faults = report(&app, &[]).await.faults;
            assert!(faults.iter().any(|fault| (one.named)(fault)), "{}: {:?} gives {faults:?}", one.what, one.sql);
            kinds.insert(one.what);
            outside.execute_unprepared(end).await.unwrap();
        }
        assert!(kinds.len() >= 12, "{kinds:?}");
        assert_eq!(report(&app, &[]).await.faults, [].into());
    }

    /// A log cut off at its end, with everything that told of it, looks sound by itself; a checkpoint that was kept
    /// elsewhere tells. So it does of a history that was written anew with the right key.
    async fn what_was_kept_elsewhere_tells_of_a_cut_and_of_a_fork(app: TestApp) {
        write_some(&app).await;
        let notes = async || -> Vec<String> {
            let scope = app.scope(Town::A);
            let rows = scope.read(async |tx| {
                tx.find::<entity::audit_checkpoint::Entity>().order_by_asc(entity::audit_checkpoint::Column::Size).all().await
            });
            rows.await.unwrap().into_iter().map(|row| row.note).collect()
        };
        let kept = notes().await;
        assert_eq!(report(&app, &kept).await.faults, [].into());
        let outside = without_triggers(&app).await;
        let seen = look(&app).await;
        let size = seen.sizes[2];
        let last = format!("(SELECT entry_id FROM audit_leaf WHERE number >= {size})");
        for sql in [
            "DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_detail WHERE batch IS NULL)".to_owned(),
            "DELETE FROM audit_detail WHERE batch IS NULL".to_owned(),
            format!("DELETE FROM audit_entry WHERE id IN {last}"),
            format!("DELETE FROM audit_detail WHERE entry_id IN {last}"),
            format!("DELETE FROM audit_leaf WHERE number >= {size}"),
            format!("DELETE FROM audit_checkpoint WHERE size > {size}"),
        ] {
            outside.execute_unprepared(&sql).await.unwrap();
        }
        assert_eq!(report(&app, &[]).await.faults, [].into(), "what cannot be found from inside");
        let (here, signed) = (u64::try_from(size).unwrap(), u64::try_from(*seen.sizes.last().unwrap()).unwrap());
        assert_eq!(report(&app, &kept[..3]).await.faults, [].into());
        assert_eq!(report(&app, &kept[4..]).await.faults, [audit::Fault::Cut(here, signed)].into());
        // The log goes on, with other acts under the old numbers: another history.
        for _ in 0..30 {
            app.client(Who::Member, Town::A).await;
        }
        audit::seal(&app.scope(Town::A)).await.unwrap();
        let faults = report(&app, &kept[4..]).await.faults;
        assert_eq!(faults, [audit::Fault::Forked(signed)].into());
        // The other township's log is another log.
        let foreign = app.scope(Town::B).read(async |tx| audit::verify(tx, &kept[..1]).await).await;
        assert!(foreign.is_err());
    }

    /// Erasing a person's words leaves every proof as it was, and says that it was done.
    async fn words_are_erased_and_every_proof_holds(app: TestApp) {
        write_some(&app).await;
        let seen = look(&app).await;
        let gone: Vec<_> = seen.leaves.iter().take(7).map(|(_, id)| entity::ids::AuditEntryId::from_uuid(*id)).collect();
        let waiting = entity::ids::AuditEntryId::from_uuid(seen.waiting[0]);
        let (ids, scope) = (gone.clone(), app.scope(Town::A));
        let erased = scope.write(async move |tx| {
            let waits = audit::erase(tx, &[waiting], "本人要求删除").await?;
            Ok((waits, audit::erase(tx, &ids, "本人要求删除").await?))
        });
        assert_eq!(erased.await.unwrap(), (0, 7), "what waits to be sealed is not erased");
        let counted = report(&app, &[]).await;
        assert_eq!((counted.erased, counted.faults), (7, [].into()));
        audit::seal(&app.scope(Town::A)).await.unwrap();
        assert_eq!(report(&app, &[]).await.faults, [].into());
    }

    /// Many who write at once, with sealers running against each other: nobody waits for a number, nothing is lost, and
    /// the tree fits.
    async fn sealing_beside_writers_loses_nothing(app: TestApp) {
        let seen = entries(&app, Town::A).await.len();
        let writers = (0..6).map(|n| {
            let app = app.clone();
            async move {
                for _ in 0..8 {
                    app.client(Who::ALL[n % 8], Town::A).await;
                }
            }
        });
        let sealers = (0..3).map(|_| {
            let app = app.clone();
            async move {
                for _ in 0..8 {
                    audit::seal(&app.scope(Town::A)).await.unwrap();
                    actix_web::rt::task::yield_now().await;
                }
            }
        });
        let tasks: Vec<_> = writers.map(actix_web::rt::spawn).chain(sealers.map(actix_web::rt::spawn)).collect();
        for task in tasks {
            task.await.unwrap();
        }
        audit::seal(&app.scope(Town::A)).await.unwrap();
        let counted = report(&app, &[]).await;
        assert_eq!(entries(&app, Town::A).await.len(), seen + 48);
        assert_eq!((counted.unsealed, counted.leaves, counted.faults), (0, counted.entries, [].into()));
    }
}

/// Operations that change something and record nothing, each with the reason.
fn unrecorded() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROOMS.iter().flat_map(|room| room.unrecorded).copied()
}

/// Operations of the contract that change something, by their ids.
fn changing() -> Vec<String> {
    let contract = serde_json::to_value(api::openapi()).unwrap();
    let mut found = Vec::new();
    for item in contract["paths"].as_object().unwrap().values() {
        for (method, operation) in item.as_object().unwrap() {
            if method != "get" {
                found.push(operation["operationId"].as_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn every_changing_operation_records_or_is_exempted() {
    let acts: Vec<_> = api::acts().collect();
    let recorded: Vec<&str> = acts.iter().flat_map(|act| act.operations.iter().copied()).collect();
    let exempt: Vec<&str> = unrecorded().map(|(operation, _)| operation).collect();
    let changing = changing();
    for operation in &changing {
        let (recorded, exempt) =
            (recorded.contains(&operation.as_str()), exempt.contains(&operation.as_str()));
        assert!(
            recorded || exempt,
            "{operation} changes something, records nothing and has no exemption"
        );
    }
    for (operation, reason) in unrecorded() {
        assert!(changing.iter().any(|one| one == operation), "{operation} is exempted and gone");
        assert!(!reason.is_empty());
    }
    let mut names = std::collections::BTreeSet::new();
    for act in &acts {
        assert!(names.insert(act.name), "{} is registered twice", act.name);
        assert!(!act.zh.is_empty() && !act.en.is_empty(), "{}", act.name);
        assert!(
            act.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{}",
            act.name
        );
    }
}

/// The version of what stands at a path.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

on_both! {
    /// Each operation that is said to record something is done once, and its entry is there: the registry cannot say what
    /// the code does not do.
    async fn every_recording_operation_leaves_its_entry(app: TestApp) {
        let furniture = furnish(&app, Town::A).await;
        let anonymous = app.anonymous();
        let mut left: BTreeMap<&str, std::collections::BTreeSet<&str>> = BTreeMap::new();
        for act in api::acts() {
            for operation in act.operations {
                left.entry(operation).or_default().insert(act.name);
            }
        }
        let mut seen = entries(&app, Town::A).await.len();
        // After each step: what is new, struck off the list.
        story::every_recorded_act(&app, &furniture, async |operation| {
            let new = since(&app, Town::A, seen).await;
            seen += new.len();
            assert!(!new.is_empty(), "{operation} left no entry");
            if operation == story::COMMAND {
                return;
            }
            if operation == "update_member" {
                let changed = &new.last().unwrap().content;
                assert_eq!(changed.changes.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["name", "category", "phone"]);
                let words = serde_json::to_string(changed).unwrap();
                assert!(!words.contains("13812345678") && !words.contains("13812355678") && !words.contains("郑刚"), "{words}");
            }
            let acts = left.get_mut(operation).unwrap_or_else(|| panic!("no act names {operation}"));
            for entry in new {
                assert!(acts.remove(entry.act.as_str()) || entry.act == "sign_in", "{operation} left {}", entry.act);
            }
        })
        .await;

        // A township that is only just founded has its own log.
        let token = api::township::service::new_setup_token(&app.state).await.unwrap();
        let founding = json!({"token": token, "township_code": "310116101", "username": "first", "password": "another horse with 6 batteries", "display_name": "管理员"});
        anonymous.post("/public/setup", &founding).await.ok(201);
        let tenant = app.state.platform().find("310116101").await.unwrap().unwrap();
        let founded = app.state.scope_of(tenant.id).read(async |tx| tx.find::<audit_entry::Entity>().all().await).await.unwrap();
        let acts: Vec<&str> = founded.iter().map(|one| one.act.as_str()).collect();
        assert_eq!(acts, ["found_township", "create_account"]);
        left.get_mut("set_up").unwrap().remove("found_township");

        assert!(seen > 30, "{seen} entries");
        left.retain(|_, acts| !acts.is_empty());
        assert!(left.is_empty(), "said to be recorded, and not seen: {left:?}");
    }

    /// The auditor's page: by person, act, row and day, page by page, and as a file; nobody else's business.
    async fn the_auditor_finds_what_was_done(app: TestApp) {
        let town = app.town(Town::A);
        let administrator = app.client(Who::Administrator, Town::A).await;
        let account = json!({"username": "wufang", "password": "another horse with 8 batteries", "display_name": "吴芳", "roles": ["leader"]});
        let made = administrator.post("/accounts", &account).await.ok(201);
        app.clock.advance(chrono::TimeDelta::days(1));
        let auditor = app.client(Who::Auditor, Town::A).await;
        administrator.get("/audit-entries").await.problem(401, "token_expired");
        app.client(Who::Administrator, Town::A).await.get("/audit-entries").await.problem(403, "forbidden");
        let ask = async |query: &str| -> Vec<Value> {
            auditor.get(&format!("/audit-entries?{query}")).await.ok(200)["items"].as_array().unwrap().clone()
        };
        let words = |found: &[Value]| found.iter().map(|one| text(&one["act"])).collect::<Vec<_>>();
        assert_eq!(words(&ask("act=create_account").await), ["create_account"]);
        let id = town.accounts[&Who::Administrator].id;
        let of_person = ask(&format!("account_id={id}")).await;
        assert_eq!(words(&of_person), ["sign_in", "create_account", "sign_in"]);
        assert_eq!(of_person, ask("username=Administrator").await);
        let on_row = ask(&format!("row_id={}", text(&made["id"]))).await;
        assert_eq!(words(&on_row), ["create_account"]);
        assert_eq!(on_row[0]["account"]["username"], "administrator");
        assert_eq!(on_row[0]["changes"][0], json!({"field": "username", "before": null, "after": "wufang"}));
        assert!(ask("since=2026-11-24&until=2026-11-24").await.iter().all(|one| text(&one["at"]).starts_with("2026-11-24")));
        assert!(!words(&ask("since=2026-11-24").await).contains(&"create_account".to_owned()));
        assert!(words(&ask("until=2026-11-23").await).contains(&"create_account".to_owned()));
        assert_eq!(ask(&format!("account_id={}", app.town(Town::B).accounts[&Who::Clerk].id)).await, Vec::<Value>::new());

        // Page by page the same as at once.
        let whole = ask("limit=200").await;
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = auditor.get(&format!("/audit-entries?limit=2{cursor}")).await.ok(200);
            paged.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(paged, whole);

        let state = auditor.get("/audit-log").await.ok(200);
        assert_eq!(state["unsealed"].as_u64().unwrap() + state["sealed"].as_u64().unwrap(), u64::try_from(whole.len()).unwrap());
        audit::seal(&app.scope(Town::A)).await.unwrap();
        let state = auditor.get("/audit-log").await.ok(200);
        assert_eq!((&state["unsealed"], &state["waiting_since"]), (&json!(0), &Value::Null));
        let public = app.anonymous().get("/public/audit-checkpoints/310116112").await;
        public.ok(200);
        assert_eq!(String::from_utf8(public.bytes).unwrap(), text(&state["checkpoint"]));
        let note = audit::note::Note::parse(&text(&state["checkpoint"])).unwrap();
        let verifier = audit::note::Verifier::parse(&text(&state["verifier"])).unwrap();
        let head = note.checked_by(&verifier).unwrap();
        assert_eq!((head.origin.as_str(), head.size), ("gezhi/310116112", u64::try_from(whole.len()).unwrap()));
        for absent in ["310116999", "漕泾镇", "%00"] {
            app.anonymous().get(&format!("/public/audit-checkpoints/{absent}")).await.problem(404, "not_found");
        }

        let file = auditor.request(Method::GET, "/audit-entries?act=create_account").header("accept", "text/csv");
        let file = auditor.send(file).await;
        assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
        let lines: Vec<String> = String::from_utf8(file.bytes).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].contains("新建账号") && lines[1].contains("username: — → wufang"), "{lines:?}");
        assert_eq!(words(&ask("limit=1").await), ["export_list"]);
    }
}

on_both! {
    /// What was kept long enough goes, closed by a checkpoint; the proofs hold, and what goes early is found.
    async fn old_entries_are_purged_and_the_log_stays_sound(app: TestApp) {
        write_some(&app).await;
        let kept = app.anonymous().get("/public/audit-checkpoints/310116112").await;
        let kept = String::from_utf8(kept.bytes).unwrap();
        let before = report(&app, &[]).await;
        app.clock.advance(chrono::TimeDelta::days(399));
        assert_eq!(audit::purge(&app.state).await.unwrap(), 0, "nothing is old enough");
        app.clock.advance(chrono::TimeDelta::days(2));
        assert_eq!(audit::purge(&app.state).await.unwrap(), before.leaves, "what was never sealed stays");
        assert_eq!(audit::purge(&app.state).await.unwrap(), 0);
        let after = report(&app, &[kept]).await;
        assert_eq!((after.purged, &after.faults), (before.leaves, &[].into()));
        assert_eq!(after.entries, before.entries - before.leaves + 1, "and the purge itself is an entry");
        assert_eq!(entries(&app, Town::A).await.last().unwrap().act, "purge_audit");
        // The record is as closed as before.
        let runtime = support::postgres::connect(&app.database_url).await;
        let tenant = app.town(Town::A).tenant;
        if app.db == Db::Postgres {
            runtime.execute_unprepared(&format!("BEGIN; {}", app.enter(tenant))).await.unwrap();
        }
        assert!(runtime.execute_unprepared("DELETE FROM audit_entry").await.is_err());

        // Somebody who removes entries early and puts a mark there himself.
        app.client(Who::Clerk, Town::A).await;
        audit::seal(&app.scope(Town::A)).await.unwrap();
        let outside = without_triggers(&app).await;
        for sql in [
            "INSERT INTO audit_purge (tenant_id, upto, checkpoint_size, at) SELECT tenant_id, max(size), max(size), max(at) FROM audit_checkpoint GROUP BY tenant_id",
            "DELETE FROM audit_detail WHERE entry_id IN (SELECT entry_id FROM audit_leaf)",
            "DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_leaf)",
        ] {
            outside.execute_unprepared(sql).await.unwrap();
        }
        let faults = report(&app, &[]).await.faults;
        let size = u64::try_from(*look(&app).await.sizes.last().unwrap()).unwrap();
        assert!(faults.contains(&audit::Fault::PurgedEarly(size)), "{faults:?}");
        assert!(faults.iter().any(|fault| matches!(fault, audit::Fault::EntryRemoved(..))), "{faults:?}");
    }
}

on_both! {
    /// A cosignature is kept with the checkpoint it belongs to, when the key that is named made it, and nothing else is.
    async fn a_cosigned_checkpoint_is_given_out_with_its_line(app: TestApp) {
        write_some(&app).await;
        let get = async || String::from_utf8(app.anonymous().get("/public/audit-checkpoints/310116112").await.bytes).unwrap();
        let ours = get().await;
        let auditor = app.state.auditor();
        let log = auditor.key().verifier("gezhi/310116112");
        let folder = support::temporary_dir().join(format!("county-{}", uuid::Uuid::now_v7()));
        let county = audit::note::Key::load(&folder.join("key.der")).unwrap();
        let both = audit::cosign::cosign(&county, "county.example", &log, None, &ours, &[], app.clock.now()).unwrap();
        let keep = async |note: String, key: audit::note::Verifier| {
            app.scope(Town::A).write(async move |tx| audit::cosign::keep(tx, &note, &key).await).await
        };
        assert!(keep(ours.clone(), county.cosigner("county.example")).await.is_err(), "not cosigned");
        assert!(keep(both.clone(), auditor.key().cosigner("county.example")).await.is_err(), "by another key");
        assert!(keep(both.clone(), county.cosigner("elsewhere.example")).await.is_err(), "under another name");
        keep(both.clone(), county.cosigner("county.example")).await.unwrap();
        assert_eq!(get().await, both);
        assert_eq!(entries(&app, Town::A).await.last().unwrap().act, "keep_cosignature");

        // The log goes on: what proves it between the two sizes is taken by whoever looked before.
        audit::seal(&app.scope(Town::A)).await.unwrap();
        let next = get().await;
        let size = |note: &str| note.split('\n').nth(1).unwrap().parse::<u64>().unwrap();
        let (from, to) = (size(&ours), size(&next));
        assert!(to > from);
        let proof = app.scope(Town::A).read(async |tx| audit::cosign::proof(tx, from, to).await).await.unwrap();
        let proof = audit::cosign::read_proof(&proof).unwrap();
        audit::cosign::cosign(&county, "county.example", &log, Some(&ours), &next, &proof, app.clock.now()).unwrap();
        assert!(app.scope(Town::A).read(async |tx| audit::cosign::proof(tx, from, to + 1).await).await.is_err());
    }
}
