//! `Scope` and `Tx`: what is found is filtered, what is written is stamped, what is written at once is exact.

use api::http::{ApiError, Code};
use api::tenancy::Tx;
use entity::ids::{MemberId, PartyOrgId};
use entity::{account, grid, member, party_org};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, RelationTrait};
use support::prelude::*;

fn code<T>(outcome: Result<T, ApiError>) -> Option<Code> {
    outcome.err().map(|error| error.code())
}

fn org(code: &str) -> party_org::ActiveModel {
    party_org::ActiveModel {
        id: Set(PartyOrgId::new()),
        parent_id: Set(None),
        kind: Set(entity::kinds::PartyOrgKind::Branch),
        code: Set(code.to_owned()),
        name: Set("支部".to_owned()),
        created_at: Set(support::start_of_tests()),
        version: Set(1),
        ..Default::default()
    }
}

on_both! {
    async fn what_is_found_is_the_townships_own(app: TestApp) {
        let (a, b) = (app.town(Town::A), app.town(Town::B));
        app.scope(Town::A)
            .read(async |tx: &Tx| {
                assert_eq!(tx.find::<member::Entity>().count().await?, 5);
                for row in tx.find::<member::Entity>().all().await? {
                    assert_eq!(row.tenant_id, a.tenant);
                }
                // However wide the filter: it narrows what is one's own.
                let wide = Condition::any()
                    .add(member::Column::TenantId.eq(b.tenant))
                    .add(Expr::value(true));
                assert_eq!(tx.find::<member::Entity>().filter(wide).count().await?, 5);
                // A join keeps the township.
                let joined = tx
                    .find::<member::Entity>()
                    .join(sea_orm::JoinType::InnerJoin, member::Relation::PartyOrg.def())
                    .filter(party_org::Column::Code.eq("0101"))
                    .order_by_asc(member::Column::Number)
                    .all()
                    .await?;
                assert_eq!(joined.len(), 5);

                // By id: another township's row is as absent as one that never was.
                assert!(tx.try_get::<member::Entity>(a.members.head).await?.is_some());
                assert!(tx.try_get::<member::Entity>(b.members.head).await?.is_none());
                assert_eq!(code(tx.get::<grid::Entity>(b.grids.general).await), Some(Code::NOT_FOUND));
                Ok(())
            })
            .await
            .unwrap();
        let foreign = app.town(Town::B).accounts[&Who::Clerk].id;
        let locked = app.scope(Town::A).write(async move |tx: &Tx| tx.get_locked::<account::Entity>(foreign).await).await;
        assert_eq!(code(locked), Some(Code::NOT_FOUND));
    }

    async fn what_is_written_is_stamped(app: TestApp) {
        let (a, b) = (app.town(Town::A), app.town(Town::B));
        let foreign = b.tenant;
        let foreign_org = b.orgs.branch;
        app.scope(Town::A)
            .write(async move |tx: &Tx| {
                // A forged tenant is overwritten, one by one and in bulk.
                let one = tx.insert(party_org::ActiveModel { tenant_id: Set(foreign), ..org("91") }).await?;
                assert_eq!(one.tenant_id, tx.tenant());
                tx.insert_many(vec![
                    party_org::ActiveModel { tenant_id: Set(foreign), ..org("92") },
                    party_org::ActiveModel { tenant_id: Set(foreign), ..org("93") },
                ])
                .await?;
                assert!(tx.insert_if_absent(party_org::ActiveModel { tenant_id: Set(foreign), ..org("94") }).await?);
                assert!(!tx.insert_if_absent(party_org::ActiveModel { tenant_id: Set(foreign), ..org("94") }).await?);

                // A change moves no row to another township and reaches none there.
                let all = tx
                    .update_many::<party_org::Entity>()
                    .col_expr(party_org::Column::TenantId, Expr::value(foreign.uuid()))
                    .col_expr(party_org::Column::Name, Expr::value("改名"))
                    .exec()
                    .await?;
                assert_eq!(all, 6);
                let forged = party_org::ActiveModel {
                    tenant_id: Set(foreign),
                    id: Set(foreign_org),
                    name: Set("越界".to_owned()),
                    ..Default::default()
                };
                assert_eq!(code(tx.update(forged).await), Some(Code::NOT_FOUND));
                let none = tx
                    .delete_many::<party_org::Entity>()
                    .filter(party_org::Column::Id.eq(foreign_org))
                    .exec()
                    .await?;
                assert_eq!(none, 0);
                Ok(())
            })
            .await
            .unwrap();
        app.scope(Town::B)
            .read(async |tx: &Tx| {
                let rows = tx.find::<party_org::Entity>().all().await?;
                assert_eq!(rows.len(), 2);
                assert!(rows.iter().all(|row| row.name != "改名" && row.name != "越界"));
                Ok(())
            })
            .await
            .unwrap();
        let kept = app
            .scope(Town::A)
            .read(async |tx: &Tx| tx.find::<party_org::Entity>().filter(party_org::Column::Name.eq("改名")).count().await)
            .await
            .unwrap();
        assert_eq!(kept, 6);
        assert_eq!(a.tenant, app.scope(Town::A).tenant());
    }

    async fn a_reference_to_another_townships_row_is_refused(app: TestApp) {
        let parent = app.town(Town::B).orgs.committee;
        let outcome = app
            .scope(Town::A)
            .write(async move |tx: &Tx| {
                tx.insert(party_org::ActiveModel { parent_id: Set(Some(parent)), ..org("91") }).await
            })
            .await;
        assert_eq!(code(outcome), Some(Code::CONFLICT));
    }

    async fn an_error_leaves_nothing_behind(app: TestApp) {
        let scope = app.scope(Town::A);
        let outcome: Result<(), _> = scope
            .write(async move |tx: &Tx| {
                tx.insert(org("91")).await?;
                Err(ApiError::new(Code::STATE_CONFLICT))
            })
            .await;
        assert_eq!(code(outcome), Some(Code::STATE_CONFLICT));
        let outcome = scope
            .write(async move |tx: &Tx| {
                tx.insert(org("92")).await?;
                tx.insert(org("92")).await
            })
            .await;
        assert_eq!(code(outcome), Some(Code::ALREADY_EXISTS));
        let left = scope.read(async |tx: &Tx| tx.find::<party_org::Entity>().count().await).await.unwrap();
        assert_eq!(left, 2);
    }

    /// A reader sees one moment, whatever is written meanwhile.
    async fn a_read_is_one_snapshot(app: TestApp) {
        let scope = app.scope(Town::A);
        let writer = scope.clone();
        let (before, after) = scope
            .read(async |tx: &Tx| {
                let before = tx.find::<party_org::Entity>().count().await?;
                writer.write(async move |tx: &Tx| tx.insert(org("91")).await).await?;
                Ok((before, tx.find::<party_org::Entity>().count().await?))
            })
            .await
            .unwrap();
        assert_eq!((before, after), (2, 2));
    }

    /// The caller goes away in the middle: the unit of writing is finished all the same.
    async fn a_write_outlives_its_caller(app: TestApp) {
        let scope = app.scope(Town::A);
        let (entered, inside) = tokio::sync::oneshot::channel::<()>();
        let (go_on, gone) = tokio::sync::oneshot::channel::<()>();
        let (done, finished) = tokio::sync::oneshot::channel::<()>();
        {
            let writing = scope.write(async move |tx: &Tx| {
                tx.insert(org("91")).await?;
                let _ = entered.send(());
                let _ = gone.await;
                tx.insert(org("92")).await?;
                tx.after_commit(move || {
                    let _ = done.send(());
                });
                Ok(())
            });
            tokio::select! {
                _ = writing => panic!("the writer waits for us"),
                _ = inside => {}
            }
        }
        go_on.send(()).unwrap();
        finished.await.unwrap();
        let count = scope.read(async |tx: &Tx| tx.find::<party_org::Entity>().count().await).await.unwrap();
        assert_eq!(count, 4);
    }

    /// A statement that failed is not got over: who overlooks it is told, and nothing of the transaction stays. Nor is one
    /// that was never waited for.
    async fn what_failed_is_never_committed(app: TestApp) {
        let scope = app.scope(Town::A);
        let overlooked = scope
            .write(async |tx: &Tx| {
                tx.insert(org("93")).await?;
                assert_eq!(code(tx.insert(org("93")).await), Some(Code::ALREADY_EXISTS));
                // Neither does a further statement make it good.
                assert!(tx.insert(org("94")).await.is_err());
                Ok(())
            })
            .await;
        assert_eq!(code(overlooked), Some(Code::INTERNAL));
        let dropped = scope
            .write(async |tx: &Tx| {
                tx.insert(org("95")).await?;
                // Begun, and left before its answer, which takes a while; where it is there at once all the same (the machine was
                // busy with others meanwhile), the next one.
                let mut answers = Vec::new();
                for next in 0..30 {
                    let many = (0..500).map(|row| org(&format!("96{next:02}{row:03}"))).collect();
                    let mut asked = Box::pin(tx.insert_many::<party_org::ActiveModel>(many));
                    let begun = std::future::poll_fn(|context| std::task::Poll::Ready(asked.as_mut().poll(context)));
                    match begun.await {
                        std::task::Poll::Pending => return Ok(()),
                        std::task::Poll::Ready(answer) => answers.push(answer.err()),
                    }
                }
                panic!("every answer was there at once: {answers:?}")
            })
            .await;
        assert_eq!(code(dropped), Some(Code::INTERNAL));
        let kept = scope
            .read(async |tx: &Tx| {
                tx.find::<party_org::Entity>().filter(party_org::Column::Code.starts_with("9")).count().await
            })
            .await
            .unwrap();
        assert_eq!(kept, 0);
        scope.write(async |tx: &Tx| tx.insert(org("97")).await).await.unwrap();
    }

    /// 8 writers, 100 times each: read a row, count it up, write it back. Two servers on the same database, as
    /// after a careless second start.
    /// Eight of one township hold on to what they began: another township is served all the same, and they are when they let go.
    async fn one_township_does_not_take_all_connections(app: TestApp) {
        let (let_go, wait) = tokio::sync::watch::channel(false);
        let busy: Vec<_> = (0..8)
            .map(|_| {
                let (scope, mut wait) = (app.scope(Town::A), wait.clone());
                actix_web::rt::spawn(async move {
                    let hold = async |tx: &Tx| {
                        let people = tx.find::<member::Entity>().count().await?;
                        wait.wait_for(|gone| *gone).await.unwrap();
                        Ok(people)
                    };
                    scope.read(hold).await
                })
            })
            .collect();
        let slow: Vec<_> = (0..8)
            // SQLite has one writer for all.
            .filter(|_| app.db == Db::Postgres)
            .map(|n| {
                let (scope, mut wait) = (app.scope(Town::A), wait.clone());
                actix_web::rt::spawn(async move {
                    let hold = async move |tx: &Tx| {
                        tx.insert(org(&format!("slow {n}"))).await?;
                        wait.wait_for(|gone| *gone).await.unwrap();
                        Ok(())
                    };
                    scope.write(hold).await
                })
            })
            .collect();
        // Each of the eight has had its turn to ask for a connection before the neighbour does.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let other = app.scope(Town::B);
        assert_eq!(other.read(async |tx: &Tx| tx.find::<member::Entity>().count().await).await.unwrap(), 5);
        let write = async |tx: &Tx| tx.insert(org("neighbour")).await.map(|_| ());
        other.write(write).await.unwrap();
        let_go.send(true).unwrap();
        for one in busy {
            assert_eq!(one.await.unwrap().unwrap(), 5);
        }
        for one in slow {
            one.await.unwrap().unwrap();
        }
    }

    async fn eight_writers_lose_nothing(app: TestApp) {
        const WRITERS: usize = 8;
        const TIMES: usize = 100;
        let tenant = app.town(Town::A).tenant;
        let row: MemberId = app.town(Town::A).members.spare;
        let second = api::start(app.state.config().clone(), app.clock.clone()).await.unwrap();
        // A connection lives in the runtime it was made in: all runtimes stay until everything is read.
        let (stay, staying) = tokio::sync::watch::channel(());
        let (finish, mut finished) = tokio::sync::mpsc::unbounded_channel();
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let state = if number % 2 == 0 { app.state.clone() } else { second.clone() };
                let (mut staying, finish) = (staying.clone(), finish.clone());
                std::thread::spawn(move || {
                    actix_web::rt::System::new().block_on(async move {
                        let scope = state.scope_of(tenant);
                        for _ in 0..TIMES {
                            scope
                                .write(async move |tx: &Tx| {
                                    let seen = tx.get_locked::<member::Entity>(row).await?;
                                    tx.update(member::ActiveModel {
                                        tenant_id: Set(seen.tenant_id),
                                        id: Set(seen.id),
                                        version: Set(seen.version + 1),
                                        ..Default::default()
                                    })
                                    .await
                                })
                                .await
                                .unwrap();
                        }
                        finish.send(()).unwrap();
                        drop(finish);
                        let _ = staying.changed().await;
                    });
                })
            })
            .collect();
        drop(finish);
        let mut done = 0;
        while finished.recv().await.is_some() {
            done += 1;
        }
        assert_eq!(done, WRITERS, "a writer stopped early");
        let seen = app.scope(Town::A).read(async |tx: &Tx| tx.get::<member::Entity>(row).await).await.unwrap();
        assert_eq!(usize::try_from(seen.version).unwrap(), 1 + WRITERS * TIMES);
        drop(stay);
        for writer in writers {
            tokio::task::spawn_blocking(move || writer.join()).await.unwrap().unwrap();
        }
    }
}
