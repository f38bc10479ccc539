//! The other side of the scale: handlers with nothing around the SQL. No sign-in, no permission, no row-level
//! security, no validation, no problem documents; the same statements, the same columns, JSON out.

use std::net::{Ipv4Addr, TcpListener};

use actix_web::{App, HttpResponse, HttpServer, web};
use entity::ids::ActivityId;
use support::{Db, TestApp};

const MEMBER: &str = "SELECT m.id, m.number, m.name, m.category, m.phone, m.party_org_id, m.version, p.name AS party_org_name \
    FROM member m LEFT JOIN party_org p ON p.tenant_id = m.tenant_id AND p.id = m.party_org_id \
    WHERE m.tenant_id = $1 AND m.id = $2 ORDER BY m.number";
const POSTS: &str = "SELECT gp.id, gp.member_id, gp.grid_id, gp.kind, gp.since, g.name AS grid_name \
    FROM grid_post gp JOIN grid g ON g.tenant_id = gp.tenant_id AND g.id = gp.grid_id \
    WHERE gp.tenant_id = $1 AND gp.member_id IN ($2) AND gp.since <= $3 AND (gp.until IS NULL OR gp.until > $3) \
    ORDER BY g.code, gp.kind";
const PAGE: &str = "SELECT m.id, m.number, m.name, m.category, m.phone, m.party_org_id, m.version, p.name AS party_org_name \
    FROM member m LEFT JOIN party_org p ON p.tenant_id = m.tenant_id AND p.id = m.party_org_id \
    WHERE m.tenant_id = $1 ORDER BY m.number LIMIT 51";
const POSTS_OF: &str = "SELECT gp.id, gp.member_id, gp.grid_id, gp.kind, gp.since, g.name AS grid_name \
    FROM grid_post gp JOIN grid g ON g.tenant_id = gp.tenant_id AND g.id = gp.grid_id \
    WHERE gp.tenant_id = $1 AND gp.since <= $2 AND (gp.until IS NULL OR gp.until > $2) AND gp.member_id IN ";
const ACTIVITY: &str = "SELECT id, title, description, grid_id, place, starts_at, ends_at, capacity, steward_id, \
    cancelled_at, cancel_reason, code_secret, created_at, version FROM activity WHERE tenant_id = $1 AND id = $2";
const STANDING: &str = "SELECT s.id, s.state FROM activity a LEFT JOIN activity_signup s \
    ON s.tenant_id = a.tenant_id AND s.activity_id = a.id AND s.member_id = $3 WHERE a.tenant_id = $1 AND a.id = $2";
const SIGN_UP: &str = "INSERT INTO activity_signup (tenant_id, id, activity_id, member_id, state, at) \
    VALUES ($1, $2, $3, $4, 'signed_up', $5)";
const ARRIVE: &str = "INSERT INTO check_in (tenant_id, id, occasion_kind, occasion_id, member_id, checked_in_at) \
    VALUES ($1, $2, 'activity', $3, $4, $5) ON CONFLICT DO NOTHING";

macro_rules! handlers {
    ($module:ident, $database:ty, $begin:literal, $lock:literal) => {
        pub mod $module {
            use actix_web::{HttpResponse, web};
            use serde_json::{Value, json};
            use sqlx::{Connection, Pool, Row};
            use uuid::Uuid;

            use super::{ACTIVITY, ARRIVE, MEMBER, PAGE, POSTS, POSTS_OF, SIGN_UP, STANDING};

            pub struct Pools {
                pub read: Pool<$database>,
                pub write: Pool<$database>,
            }

            pub async fn member(pools: web::Data<Pools>, path: web::Path<(Uuid, Uuid)>) -> HttpResponse {
                let (tenant, id) = path.into_inner();
                let mut connection = pools.read.acquire().await.expect("a connection");
                let row = sqlx::query(MEMBER)
                    .bind(tenant)
                    .bind(id)
                    .fetch_one(&mut *connection)
                    .await
                    .expect("the member");
                let posts = sqlx::query(POSTS)
                    .bind(tenant)
                    .bind(id)
                    .bind(support::start_of_tests().date_naive())
                    .fetch_all(&mut *connection)
                    .await
                    .expect("the posts");
                HttpResponse::Ok().json(person(&row, &posts))
            }

            fn person(row: &<$database as sqlx::Database>::Row, posts: &[<$database as sqlx::Database>::Row]) -> Value {
                let id: Uuid = row.get(0);
                let held = posts.iter().filter(|post| post.get::<Uuid, _>(1) == id);
                json!({
                    "id": id,
                    "number": row.get::<String, _>(1),
                    "name": row.get::<String, _>(2),
                    "category": row.get::<String, _>(3),
                    "phone": row.get::<Option<String>, _>(4),
                    "party_org": row.get::<Option<String>, _>(7),
                    "version": row.get::<i32, _>(6),
                    "posts": held.map(|post| post.get::<Uuid, _>(0)).collect::<Vec<_>>(),
                })
            }

            pub async fn page(pools: web::Data<Pools>, path: web::Path<Uuid>) -> HttpResponse {
                let tenant = path.into_inner();
                let mut connection = pools.read.acquire().await.expect("a connection");
                let rows = sqlx::query(PAGE)
                    .bind(tenant)
                    .fetch_all(&mut *connection)
                    .await
                    .expect("the page");
                let rows = &rows[..50];
                let of: Vec<String> = (3..53).map(|number| format!("${number}")).collect();
                let mut posts =
                    sqlx::query(sqlx::AssertSqlSafe(format!("{POSTS_OF}({})", of.join(", "))))
                        .bind(tenant)
                        .bind(support::start_of_tests().date_naive());
                for row in rows {
                    posts = posts.bind(row.get::<Uuid, _>(0));
                }
                let posts = posts.fetch_all(&mut *connection).await.expect("the posts");
                let items: Vec<Value> = rows.iter().map(|row| person(row, &posts)).collect();
                HttpResponse::Ok().json(json!({ "items": items }))
            }

            pub async fn check_in(
                pools: web::Data<Pools>,
                path: web::Path<(Uuid, Uuid, Uuid)>,
            ) -> HttpResponse {
                let (tenant, activity, member) = path.into_inner();
                let now = support::start_of_tests();
                let mut connection = pools.write.acquire().await.expect("a connection");
                let mut tx = connection.begin_with($begin).await.expect("a transaction");
                let row = sqlx::query(concat_lock($lock))
                    .bind(tenant)
                    .bind(activity)
                    .fetch_one(&mut *tx)
                    .await
                    .expect("the activity");
                let title: String = row.get(1);
                let found = sqlx::query(STANDING)
                    .bind(tenant)
                    .bind(activity)
                    .bind(member)
                    .fetch_one(&mut *tx)
                    .await
                    .expect("a look");
                assert!(found.get::<Option<Uuid>, _>(0).is_none());
                for statement in [SIGN_UP, ARRIVE] {
                    sqlx::query(statement)
                        .bind(tenant)
                        .bind(Uuid::now_v7())
                        .bind(activity)
                        .bind(member)
                        .bind(now)
                        .execute(&mut *tx)
                        .await
                        .expect("a row");
                }
                tx.commit().await.expect("the commit");
                HttpResponse::Created().json(json!({ "title": title, "checked_in_at": now }))
            }

            fn concat_lock(lock: &str) -> sqlx::AssertSqlSafe<String> {
                sqlx::AssertSqlSafe(format!("{ACTIVITY}{lock}"))
            }
        }
    };
}

handlers!(sqlite, sqlx::Sqlite, "BEGIN IMMEDIATE", "");
handlers!(postgres, sqlx::Postgres, "BEGIN", " FOR UPDATE");

/// Starts the bare server on the database of the product's; gives its address.
pub async fn start(app: &TestApp, _activity: ActivityId) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let server = match app.db {
        Db::Sqlite => {
            let options = |reader: bool| {
                let options: sqlx::sqlite::SqliteConnectOptions =
                    app.database_url.parse().expect("an address");
                let options = options
                    .pragma("journal_mode", "WAL")
                    .pragma("synchronous", "FULL")
                    .pragma("cache_size", "-4000")
                    .foreign_keys(true);
                if reader {
                    options.pragma("query_only", "ON")
                } else {
                    options.pragma("wal_autocheckpoint", "4000")
                }
            };
            let pools = web::Data::new(sqlite::Pools {
                read: sqlx::sqlite::SqlitePoolOptions::new()
                    .max_connections(4)
                    .test_before_acquire(false)
                    .connect_with(options(true))
                    .await
                    .expect("the database"),
                write: sqlx::sqlite::SqlitePoolOptions::new()
                    .max_connections(1)
                    .test_before_acquire(false)
                    .connect_with(options(false))
                    .await
                    .expect("the database"),
            });
            HttpServer::new(move || {
                App::new()
                    .app_data(pools.clone())
                    .route("/members/{tenant}/{id}", web::get().to(sqlite::member))
                    .route("/members/{tenant}", web::get().to(sqlite::page))
                    .route(
                        "/check-ins/{tenant}/{activity}/{member}",
                        web::post().to(sqlite::check_in),
                    )
                    .default_service(web::to(HttpResponse::NotFound))
            })
            .listen(listener)
            .expect("a listener")
            .disable_signals()
            .run()
        }
        Db::Postgres => {
            let database = app.database_url.rsplit('/').next().expect("a database");
            let pool = sqlx::postgres::PgPoolOptions::new()
                .max_connections(16)
                .test_before_acquire(false)
                .connect(&support::postgres::Postgres::get().url("postgres", database))
                .await
                .expect("the database");
            let pools = web::Data::new(postgres::Pools { read: pool.clone(), write: pool });
            HttpServer::new(move || {
                App::new()
                    .app_data(pools.clone())
                    .route("/members/{tenant}/{id}", web::get().to(postgres::member))
                    .route("/members/{tenant}", web::get().to(postgres::page))
                    .route(
                        "/check-ins/{tenant}/{activity}/{member}",
                        web::post().to(postgres::check_in),
                    )
                    .default_service(web::to(HttpResponse::NotFound))
            })
            .listen(listener)
            .expect("a listener")
            .disable_signals()
            .run()
        }
    };
    actix_web::rt::spawn(server);
    address
}
