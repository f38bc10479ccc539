//! Transactions: how many round trips they take, what travels in them, and what is left when nobody waits for them.

use std::pin::pin;

use api::http::{ApiError, Code};
use api::tenancy::Tx;
use entity::ids::PartyOrgId;
use entity::party_org;
use futures_util::FutureExt;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use support::Furnished;
use support::prelude::*;
use support::wire::Wire;

fn org(code: &str, name: &str) -> party_org::ActiveModel {
    party_org::ActiveModel {
        id: Set(PartyOrgId::new()),
        parent_id: Set(None),
        kind: Set(entity::kinds::PartyOrgKind::Branch),
        code: Set(code.to_owned()),
        name: Set(name.to_owned()),
        created_at: Set(support::start_of_tests()),
        version: Set(1),
        ..Default::default()
    }
}

/// A text of what quoting goes wrong with.
fn nasty(random: &mut StdRng) -> String {
    const PIECES: [&str; 16] = [
        "'", "''", "\\", "\\'", "\\\\", "$1", "$$", "--", "/*", ";", "E'", "\"", "王", "🀄", "\n",
        "%s",
    ];
    (0..random.random_range(1..12)).map(|_| PIECES[random.random_range(0..PIECES.len())]).collect()
}

async fn named(app: &TestApp, name: String) -> Result<Vec<party_org::Model>, ApiError> {
    app.scope(Town::A)
        .read_single(async |tx: &Tx| {
            tx.find::<party_org::Entity>().filter(party_org::Column::Name.eq(name)).all().await
        })
        .await
}

async fn insert(app: &TestApp, code: String, name: String) -> Result<party_org::Model, ApiError> {
    app.scope(Town::A).write(async move |tx: &Tx| tx.insert(org(&code, &name)).await).await
}

/// Texts arrive as they are, first and only statement or not.
async fn texts_arrive(app: &TestApp, random: &mut StdRng, from: usize) {
    let rounds = if support::soak() { 4_000 } else { 60 };
    for round in 0..rounds {
        let name = format!("{}{}{round}", nasty(random), from);
        let code = format!("{from}{round:06}");
        let kept = insert(app, code, name.clone()).await.unwrap();
        assert_eq!(kept.name, name);
        let found = named(app, name.clone()).await.unwrap();
        assert_eq!(found, [kept], "{name:?}");
    }
}

on_both! {
    async fn what_is_first_in_a_transaction_arrives_as_it_is(app: TestApp) {
        let mut random = StdRng::seed_from_u64(support::seed());
        texts_arrive(&app, &mut random, 1).await;
        if app.db == Db::Postgres {
            // The old reading of backslashes: a connection made from now on has it.
            let outside = app.outside().await;
            for sql in [
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET standard_conforming_strings = off', current_database()); END $$",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
            ] {
                outside.execute_unprepared(sql).await.unwrap();
            }
            texts_arrive(&app, &mut random, 2).await;
            let sql = "SELECT count(*) AS n FROM party_org WHERE code LIKE '2%'";
            let row = outside.query_one_raw(app.statement(sql)).await.unwrap().unwrap();
            assert!(row.try_get::<i64>("", "n").unwrap() >= 60);
            outside.close().await.unwrap();
        }
        // What no database keeps is refused, not cut short.
        let refused = named(&app, "a\0b".to_owned()).await;
        assert!(refused.is_err() || app.db == Db::Sqlite);
        assert_eq!(named(&app, "a".to_owned()).await.unwrap(), []);
    }

    async fn a_read_of_one_statement_has_one(app: TestApp) {
        let twice = app
            .scope(Town::A)
            .read_single(async |tx: &Tx| {
                let count = tx.find::<party_org::Entity>().count().await?;
                Ok(count + tx.find::<party_org::Entity>().count().await?)
            })
            .await;
        assert_eq!(twice.unwrap_err().code(), Code::INTERNAL);
    }

    async fn of_many_who_write_at_once_each_is_kept_or_undone_alone(app: TestApp) {
        let writes = (0..if support::soak() { 2_000 } else { 200 }).map(|number| {
            let scope = app.scope(Town::A);
            async move {
                scope
                    .write(async move |tx: &Tx| {
                        tx.insert(org(&format!("7{number:06}"), "一")).await?;
                        match number % 5 {
                            // Thinks better of it.
                            0 => Err(ApiError::new(Code::CONFLICT)),
                            // The database refuses: the code is taken, by himself.
                            1 => tx.insert(org(&format!("7{number:06}"), "二")).await.map(drop),
                            // The database cannot even do what it is asked.
                            2 => {
                                let overflows = Expr::cust("abs(-9223372036854775807 - 1) > 0");
                                tx.find::<party_org::Entity>().filter(overflows).count().await.map(drop)
                            }
                            _ => tx.insert(org(&format!("8{number:06}"), "三")).await.map(drop),
                        }
                    })
                    .await
                    .map_err(|error| error.code())
            }
        });
        let outcomes = futures_util::future::join_all(writes).await;
        let rows = app.scope(Town::A).read(async |tx: &Tx| tx.find::<party_org::Entity>().all().await).await.unwrap();
        for (number, outcome) in outcomes.iter().enumerate() {
            let kept = rows.iter().filter(|row| row.code[1..] == format!("{number:06}")).count();
            match number % 5 {
                0 => assert_eq!((outcome, kept), (&Err(Code::CONFLICT), 0)),
                1 => assert_eq!((outcome, kept), (&Err(Code::ALREADY_EXISTS), 0)),
                2 => assert_eq!((outcome, kept), (&Err(Code::INTERNAL), 0)),
                _ => assert_eq!((outcome, kept), (&Ok(()), 2)),
            }
        }
    }

    async fn what_takes_too_long_is_dropped_with_its_connection(app: TestApp) {
        let scope = app.scope(Town::A);
        let unavailable = |outcome: Result<(), ApiError>| {
            assert_eq!(outcome.unwrap_err().code(), Code::UNAVAILABLE);
        };
        // More of them than there are connections of a township; each has asked something, and never comes to an end.
        let reads = (0..3).map(|_| {
            scope.read(async |tx: &Tx| {
                tx.find::<party_org::Entity>().count().await?;
                std::future::pending::<()>().await;
                Ok(())
            })
        });
        let reads = async {
            futures_util::future::join_all(reads).await.into_iter().for_each(unavailable);
            assert_eq!(named(&app, "一".to_owned()).await.unwrap(), []);
        };
        let write = async {
            let outcome = scope.write(async move |tx: &Tx| {
                tx.insert(org("91", "一")).await?;
                std::future::pending::<()>().await;
                Ok(())
            });
            unavailable(outcome.await);
        };
        tokio::join!(reads, write);
        assert_eq!(named(&app, "一".to_owned()).await.unwrap(), []);
        insert(&app, "91".to_owned(), "一".to_owned()).await.unwrap();
    }

    async fn who_goes_away_leaves_no_transaction_behind(app: TestApp) {
        let scope = app.scope(Town::A);
        for looks in 0..40 {
            // Looked at a few times, and dropped wherever it has got to.
            let mut read = pin!(scope.read(async |tx: &Tx| {
                tx.find::<party_org::Entity>().all().await?;
                tx.find::<party_org::Entity>().all().await
            })
            .fuse());
            let one = scope.read_single(async |tx: &Tx| tx.find::<party_org::Entity>().all().await);
            let mut single = pin!(one.fuse());
            for _ in 0..looks {
                let _ = (&mut read).now_or_never();
                let _ = (&mut single).now_or_never();
                tokio::task::yield_now().await;
            }
        }
        // Whoever comes next reads and writes as ever, on all connections there are.
        let reads = (0..32).map(|_| scope.read(async |tx: &Tx| tx.find::<party_org::Entity>().count().await));
        for outcome in futures_util::future::join_all(reads).await {
            assert_eq!(outcome.unwrap(), 2);
        }
        insert(&app, "91".to_owned(), "一".to_owned()).await.unwrap();
        assert_eq!(named(&app, "一".to_owned()).await.unwrap().len(), 1);
        if app.db == Db::Postgres {
            let outside = app.outside().await;
            let sql = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
            let mut open = 1;
            // The last are rolled back off the path: each look is a trip, which is wait enough.
            for _ in 0..2_000 {
                let row = outside.query_one_raw(app.statement(sql)).await.unwrap().unwrap();
                open = row.try_get::<i64>("", "n").unwrap();
                if open == 0 {
                    break;
                }
            }
            assert_eq!(open, 0, "somebody's transaction is still open");
            outside.close().await.unwrap();
        }
    }
}

/// How often the server asks PostgreSQL for an answer, in what is asked most.
#[test]
fn round_trips() {
    actix_web::rt::System::new().block_on(async {
        let wire = Wire::to(support::postgres::Postgres::get().port()).await;
        let port = wire.port();
        let app = TestApp::start_with(Db::Postgres, Furnished::One, |config| {
            let (before, after) = config.database_url.split_once("127.0.0.1:").unwrap();
            let (_, database) = after.split_once('/').unwrap();
            config.database_url = format!("{before}127.0.0.1:{port}/{database}");
            // One connection of each kind: it knows its statements once each was asked.
            config.postgres_connections = 2;
        })
        .await;
        let scope = app.scope(Town::A);
        let single = async || {
            scope
                .read_single(async |tx: &Tx| tx.find::<party_org::Entity>().all().await)
                .await
                .unwrap()
        };
        let read = async || {
            scope
                .read(async |tx: &Tx| {
                    tx.find::<party_org::Entity>().count().await?;
                    tx.find::<party_org::Entity>().count().await
                })
                .await
                .unwrap()
        };
        let write =
            async |code: &str| insert(&app, code.to_owned(), "一".to_owned()).await.unwrap();
        read().await;
        // What rolls the former back off its path is waited for by whoever reads next.
        single().await;
        write("91").await;
        let before = wire.trips();
        single().await;
        assert_eq!(wire.trips() - before, 1, "a read of one statement, its beginning and its end");
        let before = wire.trips();
        write("92").await;
        assert_eq!(wire.trips() - before, 2, "a statement and the commit");
        let before = wire.trips();
        read().await;
        single().await;
        // The roll-back is off the path of whoever read, and done before the connection is anybody else's.
        assert_eq!(wire.trips() - before, 2 + 1 + 1, "two statements and the roll-back, then one");

        // Several statements in one message do not pass the distributed database: a server that finds it sends each by itself.
        let outside = app.outside().await;
        outside
            .execute_unprepared(
                "SET allow_system_table_mods = on; \
                 INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) \
                 VALUES (16000, 'citus', 10, 11, false, '0')",
            )
            .await
            .unwrap();
        outside.close().await.unwrap();
        let node = app.node(|_| {}).await;
        let scope = node.scope(Town::A);
        let read = async || {
            scope.read_single(async |tx: &Tx| tx.find::<party_org::Entity>().count().await).await.unwrap()
        };
        // What a server does while it starts may come between.
        let mut fewest = u32::MAX;
        for _ in 0..8 {
            let before = wire.trips();
            assert_eq!(read().await, 4);
            fewest = fewest.min(wire.trips() - before);
        }
        assert_eq!(fewest, 4, "BEGIN, the township, the statement, COMMIT");
        node.leave().await;
        app.stop().await;
    });
}
