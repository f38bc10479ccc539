//! Keeping a copy in step: what has changed since a moment, and that nothing of it is missed.

mod story;

use std::collections::BTreeSet;

use api::points::{self, Post};
use api::tenancy::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{MemberId, Points};
use entity::kinds::{MemberCategory, PostingSourceKind};
use entity::{TenantEntity, VersionedEntity};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, IntoActiveModel, ModelTrait, QueryFilter, QueryOrder,
};
use support::prelude::*;

use crate::furniture::{furnish, text};

/// The rows of a list, page by page, and `as_of`, which is the same on all pages.
async fn read(client: &Client, path: &str) -> (Vec<Value>, String) {
    let (mut rows, mut cursor, mut moment) = (Vec::new(), String::new(), None);
    loop {
        let answer = client.get(&format!("{path}{cursor}")).await.ok(200);
        let as_of = text(&answer["as_of"]);
        assert_eq!(moment.get_or_insert(as_of.clone()), &as_of, "{path}");
        rows.extend(answer["items"].as_array().unwrap().iter().cloned());
        match answer["next_cursor"].as_str() {
            None => return (rows, as_of),
            Some(next) => {
                let first = if path.contains('?') { '&' } else { '?' };
                cursor = format!("{first}cursor={next}");
            }
        }
    }
}

/// A moment as a query parameter carries it.
fn since(moment: &str) -> String {
    format!("changed_since={}", moment.replace('+', "%2B"))
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// When the rows of a table were written, each.
async fn stamps<E: TenantEntity>(tx: &Tx) -> Vec<DateTime<Utc>>
where
    E::Model: ModelTrait<Entity = E>,
{
    let changed = E::changed_column().unwrap();
    let rows = tx.find::<E>().all().await.unwrap();
    assert!(!rows.is_empty(), "{} has a row", E::default().table_name());
    rows.iter().map(|row| row.get(changed).unwrap()).collect()
}

/// Each way in which a row of a table is changed says when, whatever the caller says.
async fn changed_rows_are_stamped<E>(app: &TestApp, seen: &mut BTreeSet<String>)
where
    E: TenantEntity,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel> + Send + Sync,
    E::ActiveModel: ActiveModelTrait<Entity = E> + 'static,
{
    let scope = app.scope(Town::A);
    let (changed, forged) = (E::changed_column().unwrap(), Expr::value(support::start_of_tests()));
    let table = E::default().table_name().to_owned();
    for way in 0..3 {
        app.clock.advance(TimeDelta::seconds(1));
        let (table, forged) = (table.clone(), forged.clone());
        scope
            .write(async move |tx: &Tx| {
                let rows = tx.find::<E>().all().await?;
                match way {
                    // One row, as it is, and with a forged moment.
                    0 => {
                        for row in rows {
                            let mut row = row.into_active_model();
                            row.set(changed, support::start_of_tests().into());
                            tx.update(row).await?;
                        }
                    }
                    // Many, by an expression.
                    1 => {
                        let update = tx.update_many::<E>().col_expr(changed, forged);
                        assert_ne!(update.exec().await?, 0, "{table}");
                    }
                    // Many, by a model.
                    _ => {
                        let mut model = E::ActiveModel::default();
                        model.set(changed, support::start_of_tests().into());
                        assert_ne!(tx.update_many::<E>().set(model).exec().await?, 0, "{table}");
                    }
                }
                let now = tx.now();
                assert!(stamps::<E>(tx).await.iter().all(|at| *at == now), "{table} {way}");
                Ok(())
            })
            .await
            .unwrap();
    }
    seen.insert(table);
}

/// Likewise where each row gets values of its own.
async fn rows_changed_each_are_stamped<E>(app: &TestApp)
where
    E: VersionedEntity,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel> + Send + Sync,
    E::ActiveModel: ActiveModelTrait<Entity = E> + 'static,
{
    app.clock.advance(TimeDelta::seconds(1));
    let changed = E::changed_column().unwrap();
    app.scope(Town::A)
        .write(async move |tx: &Tx| {
            let rows = tx.find::<E>().all().await?;
            let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
            tx.update_each::<E::ActiveModel>(rows.collect(), &[changed]).await?;
            let now = tx.now();
            assert!(stamps::<E>(tx).await.iter().all(|at| *at == now));
            Ok(())
        })
        .await
        .unwrap();
}

fn person(number: &str) -> entity::member::ActiveModel {
    entity::member::ActiveModel {
        id: Set(MemberId::new()),
        number: Set(number.to_owned()),
        name: Set("新人".to_owned()),
        name_initials: Set("xr".to_owned()),
        category: Set(MemberCategory::Resident),
        phone: Set(None),
        phone_tail: Set(None),
        party_org_id: Set(None),
        created_at: Set(support::start_of_tests()),
        version: Set(1),
        changed_at: Set(support::start_of_tests()),
        ..Default::default()
    }
}

/// The tables whose rows say when they were written last.
fn stamped() -> BTreeSet<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../entity/src");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| std::fs::read_to_string(path).unwrap().contains("pub changed_at:"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

on_both! {
    async fn every_way_of_writing_stamps(app: TestApp) {
        furnish(&app, Town::A).await;
        let mut seen = BTreeSet::new();
        macro_rules! changed {
            ($($table:ident)*) => {
                $(changed_rows_are_stamped::<entity::$table::Entity>(&app, &mut seen).await;)*
            };
        }
        changed!(member account grid grid_post checklist task activity activity_signup check_in notice);
        rows_changed_each_are_stamped::<entity::member::Entity>(&app).await;
        rows_changed_each_are_stamped::<entity::grid::Entity>(&app).await;
        rows_changed_each_are_stamped::<entity::task::Entity>(&app).await;

        // What is put in, one by one and in bulk.
        app.clock.advance(TimeDelta::seconds(1));
        let now = app.clock.now();
        let member = app.town(Town::A).members.worker;
        app.scope(Town::A)
            .write(async move |tx: &Tx| {
                assert_eq!(tx.insert(person("8001")).await?.changed_at, now);
                tx.insert_many(vec![person("8002"), person("8003")]).await?;
                assert!(tx.insert_if_absent(person("8004")).await?);
                assert_eq!(tx.insert_many_if_absent(vec![person("8004"), person("8005")]).await?, 1);
                let fresh = tx.find::<entity::member::Entity>();
                let fresh = fresh.filter(entity::member::Column::ChangedAt.eq(now)).count().await?;
                assert_eq!(fresh, 5);

                let post = Post {
                    source_kind: PostingSourceKind::Task,
                    source_id: uuid::Uuid::now_v7(),
                    rule: points::rules::TASK_ITEM.to_owned(),
                    reason: "完成“走访”，计 1 分".to_owned(),
                    member_id: member,
                    amount: Points::whole(1),
                    // Earned long ago, posted now.
                    at: now - TimeDelta::days(3),
                };
                points::post(tx, post).await?;
                let last = tx.find::<entity::points_entry::Entity>();
                let last = last.order_by_desc(entity::points_entry::Column::Id).one().await?;
                assert_eq!(last.unwrap().changed_at, now);
                Ok(())
            })
            .await
            .unwrap();
        seen.insert("points_entry".to_owned());
        assert_eq!(seen, stamped(), "each table that says when it was written is tried");
    }

    /// A write that began before a reading and ended after it was stamped before it: the next reading, asked from the `as_of` of this
    /// one, has it, however long the write took within its deadline.
    async fn what_was_under_way_is_found_by_the_next_reading(app: TestApp) {
        // Whoever signs in writes, which on SQLite waits for the one who does.
        let clerk = app.client(Who::Clerk, Town::A).await;
        let head = app.town(Town::A).members.head;
        let id = head.uuid().to_string();
        let (stamped, is_stamped) = tokio::sync::oneshot::channel();
        let (go_on, may_go_on) = tokio::sync::oneshot::channel::<()>();
        let scope = app.scope(Town::A);
        let write = tokio::task::spawn_local(async move {
            scope
                .write(async move |tx: &Tx| {
                    let change = entity::member::ActiveModel {
                        id: Set(head),
                        name: Set("改名".to_owned()),
                        name_initials: Set("gm".to_owned()),
                        ..Default::default()
                    };
                    tx.update(change).await?;
                    stamped.send(()).unwrap();
                    may_go_on.await.unwrap();
                    Ok(())
                })
                .await
        });
        is_stamped.await.unwrap();
        // Nearly as long as the longest write may take.
        app.clock.advance(TimeDelta::seconds(9 * 60 + 59));
        let began = api::clock::beijing(app.clock.now()).to_rfc3339();
        let (rows, as_of) = read(&clerk, "/members?limit=2").await;
        assert!(rows.iter().all(|row| row["name"] != "改名"), "it is not there yet");
        go_on.send(()).unwrap();
        write.await.unwrap().unwrap();

        app.clock.advance(TimeDelta::hours(1));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let next = read(&clerk, &format!("/members?{}", since(&as_of))).await.0;
        assert!(next.iter().any(|row| row["id"] == id.as_str() && row["name"] == "改名"));
        // Asked from the moment at which the reading began, it would be missed.
        let naive = read(&clerk, &format!("/members?{}", since(&began))).await.0;
        assert!(naive.iter().all(|row| row["id"] != id.as_str()));
    }

    /// However long a reading takes: all its pages say the same moment, and it lies before the first of them.
    async fn a_reading_has_one_moment(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let began = app.clock.now();
        let first = clerk.get("/members?limit=1").await.ok(200);
        assert!(moment(&text(&first["as_of"])) < began - TimeDelta::minutes(10));
        app.clock.advance(TimeDelta::hours(3));
        let clerk = app.client(Who::Clerk, Town::A).await;
        let cursor = text(&first["next_cursor"]);
        let second = clerk.get(&format!("/members?limit=1&cursor={cursor}")).await.ok(200);
        assert_eq!(second["as_of"], first["as_of"]);
        // A cursor is good for the moment it was made for.
        let other = since(&text(&first["as_of"]));
        let other = clerk.get(&format!("/members?limit=1&cursor={cursor}&{other}")).await;
        other.problem(400, "invalid_cursor");
    }

    /// What has changed is told within what the account sees, and everybody's points to who may see them.
    async fn a_copy_holds_what_its_reader_may_see(app: TestApp) {
        furnish(&app, Town::A).await;
        let all = "/tasks?limit=200&changed_since=2026-01-01T00:00:00Z&include=submissions";
        let integrator = app.client(Who::Integrator, Town::A).await;
        let township = read(&integrator, all).await.0;
        for who in [Who::SubHead, Who::Worker] {
            let client = app.client(who, Town::A).await;
            let ids = |rows: Vec<Value>| -> BTreeSet<String> {
                rows.iter().map(|row| text(&row["id"])).collect()
            };
            let (told, seen) = (read(&client, all).await.0, read(&client, "/tasks?limit=200").await.0);
            assert!(!told.is_empty() && told.len() < township.len(), "{who:?}");
            assert_eq!(ids(told), ids(seen), "{who:?}");
        }
        let everybody = "/points-entries?everybody=true";
        assert!(!read(&integrator, everybody).await.0.is_empty());
        let worker = app.client(Who::Worker, Town::A).await;
        worker.get(everybody).await.problem(403, "forbidden");
        let own = app.town(Town::A).members.worker.uuid();
        let lines = read(&worker, &format!("{everybody}&member_id={own}")).await.0;
        assert!(lines.iter().all(|line| line["member"]["id"] == own.to_string()));
        assert!(!lines.is_empty());

        let sorted = integrator.get("/tasks?changed_since=2026-01-01T00:00:00Z&sort=due_at").await;
        sorted.problem(422, "validation_failed");
        integrator.get("/tasks?changed_since=yesterday").await.problem(422, "validation_failed");
        integrator.get("/tasks?include=photos").await.problem(422, "validation_failed");
        integrator.get("/party-orgs?changed_since=2026-01-01T00:00:00Z").await.problem(422, "validation_failed");
    }
}
