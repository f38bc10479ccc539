//! Grids and posts: the tree, its boundaries, the import of the real file, appointments.

use api::tenancy::Tx;
use sea_orm::{ColumnTrait, QueryFilter};
use support::prelude::*;

use crate::furniture::kind;
use crate::rooms::Open::To;
use crate::rooms::{Room, op, violation};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("list_grids", To("lcgwi")),
        op("list_grid_boundaries", To("lcgwi")),
        op("get_grid", To("lcgwi")).on("grid"),
        op("update_grid", To("c")).on("grid").with(|_| json!({"name": "改名"})),
        op("import_grids", To("c"))
            .asking("dry_run=true")
            .with(|_| json!({"type": "FeatureCollection", "features": []})),
        op("appoint", To("c")).with(
            |f| json!({"grid_id": f.id("grid"), "member_id": f.id("member"), "kind": "worker"}),
        ),
        op("end_grid_post", To("c")).on("grid_post").with(|_| json!({})),
    ],
    kinds: &[kind("grid"), kind("grid_post")],
    furnish: |app, town, furniture| {
        Box::pin(async move {
            let (clerk, township) = (app.client(Who::Clerk, town).await, app.town(town));
            furniture.put("grid", township.grids.general);
            let post = json!({"grid_id": township.grids.other_general, "member_id": township.members.spare, "kind": "general_head"});
            furniture.put_answer("grid_post", &clerk.post("/grid-posts", &post).await.ok(201));
        })
    },
    reads: &["/grids?changed_since=2026-01-01T00:00:00Z"],
    provoke: |app, sweep| {
        Box::pin(async move {
            let (clerk, town) = (app.client(Who::Clerk, Town::A).await, app.town(Town::A));
            let post = json!({"grid_id": town.grids.general, "member_id": town.members.spare, "kind": "general_head"});
            sweep.saw(api::grid::codes::POST_TAKEN, &clerk.post("/grid-posts", &post).await);
        })
    },
    tables: &["grid", "grid_post"],
    // Names in the posts, and what a search finds.
    foreign: &["member"],
    violations: &[
        violation(
            "GR1",
            "INSERT INTO grid_post (tenant_id, id, grid_id, member_id, kind, since, until, created_at) \
             SELECT tenant_id, NEW_ID, grid_id, member_id, kind, since, '2999-01-01', created_at FROM grid_post WHERE kind = 'sub_head'",
            "DELETE FROM grid_post WHERE until = '2999-01-01'",
        ),
        violation(
            "GR2",
            "UPDATE grid_post SET kind = 'sub_head' WHERE kind = 'general_head'",
            "UPDATE grid_post SET kind = 'general_head' WHERE kind = 'sub_head' AND grid_id IN (SELECT id FROM grid WHERE kind = 'general')",
        ),
        violation(
            "GR3",
            "UPDATE grid SET kind = 'micro' WHERE kind = 'sub'",
            "UPDATE grid SET kind = 'sub' WHERE kind = 'micro'",
        ),
        violation(
            "GR4",
            "UPDATE grid SET path = 'x' || path WHERE kind = 'sub'",
            "UPDATE grid SET path = substr(path, 2) WHERE kind = 'sub'",
        ),
    ],
    ..Room::of("grid")
};

/// 1 township grid, 14 general grids, 89 sub-grids.
const REAL: &str = include_str!("../../api/src/demo/data/grids.geojson");

fn real() -> Value {
    serde_json::from_str(REAL).unwrap()
}

fn rows(value: &Value) -> &Vec<Value> {
    value["items"].as_array().unwrap()
}

async fn grid(client: &Client, code: &str) -> Value {
    let all = client.get("/grids").await.ok(200);
    rows(&all)
        .iter()
        .find(|grid| grid["code"] == code)
        .unwrap_or_else(|| panic!("no grid {code}"))
        .clone()
}

pub(crate) fn square(code: &str, kind: &str, parent: &str) -> Value {
    json!({ "type": "Feature",
        "properties": { "code": code, "name": format!("网格{code}"), "kind": kind, "parent": parent },
        "geometry": { "type": "Polygon", "coordinates":
            [[[121.40, 30.79], [121.41, 30.79], [121.41, 30.80], [121.40, 30.80], [121.40, 30.79]]] } })
}

pub(crate) fn collection(features: &[Value]) -> Value {
    json!({ "type": "FeatureCollection", "features": features })
}

on_both! {
    /// The whole tree comes at once: parents first, with holders and vacancies.
    async fn the_tree_shows_who_is_there_and_who_is_missing(app: TestApp) {
        let town = app.town(Town::A);
        let worker = app.client(Who::Worker, Town::A).await;
        let all = worker.get("/grids").await.ok(200);
        assert_eq!(all["next_cursor"], Value::Null);
        let ids: Vec<String> = rows(&all).iter().map(|g| g["id"].as_str().unwrap().to_owned()).collect();
        let grids = &town.grids;
        let expected = [grids.township, grids.general, grids.sub, grids.other_sub, grids.other_general];
        assert_eq!(ids, expected.map(|id| id.to_string()));

        let general = &rows(&all)[1];
        assert_eq!(general["posts"][0]["kind"], "general_head");
        assert_eq!(general["posts"][0]["member"]["id"], town.members.head.to_string());
        assert_eq!(general["posts"][0]["since"], "2026-01-01");
        assert_eq!(general["vacant"], json!([]));
        assert_eq!(general["centre"], json!({ "lng": 121.41, "lat": 30.8 }));
        let sub = &rows(&all)[2];
        let kinds: Vec<&str> = sub["posts"].as_array().unwrap().iter().map(|p| p["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["sub_head", "worker"]);
        assert_eq!(rows(&all)[3]["vacant"], json!(["sub_head"]));
        assert_eq!(rows(&all)[4]["vacant"], json!(["general_head"]));
        assert_eq!(rows(&all)[0]["vacant"], json!([]));

        let one = worker.get(&format!("/grids/{}", grids.sub)).await;
        assert_eq!(one.etag(), "\"v1\"");
        assert_eq!(&one.ok(200), sub);

        let map = worker.get("/grids/boundaries").await.ok(200);
        assert_eq!(map["type"], "FeatureCollection");
        assert_eq!(map["features"].as_array().unwrap().len(), 5);
        assert_eq!(map["features"][1]["properties"], json!({ "id": grids.general, "code": general["code"],
            "name": "水库村", "kind": "general", "parent_id": grids.township, "parent": "310116112" }));
        assert_eq!(map["features"][1]["geometry"]["coordinates"][0][0], json!([121.4, 30.79]));
    }

    /// The 104 grids of the real file arrive, again they change nothing, and a trial changes nothing either.
    async fn the_real_file_is_imported(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::B).await;
        let file = real();

        let trial = clerk.post("/imports/grids?dry_run=true", &file).await.ok(200);
        assert_eq!((&trial["applied"], &trial["dry_run"], &trial["created"]), (&json!(false), &json!(true), &json!(104)));
        assert_eq!(rows(&clerk.get("/grids").await.ok(200)).len(), 5);

        let first = clerk.post_key("/imports/grids", "the-file", &file).await.ok(200);
        assert_eq!(first["kind"], "grids");
        assert_eq!(first["applied"], true);
        assert_eq!(first["faults"], json!([]));
        let counts = |import: &Value| ["rows", "created", "updated", "unchanged", "fault_count"].map(|k| import[k].as_i64().unwrap());
        assert_eq!(counts(&first), [104, 104, 0, 0, 0]);
        assert_eq!(clerk.post_key("/imports/grids", "the-file", &file).await.ok(200), first, "a repetition gets the first answer");
        let id = first["id"].as_str().unwrap();
        assert_eq!(clerk.get(&format!("/imports/{id}")).await.ok(200), first);
        clerk.get(&format!("/imports/{id}/marked-file")).await.problem(404, "not_found");

        let all = clerk.get("/grids").await.ok(200);
        assert_eq!(rows(&all).len(), 109);
        let village = grid(&clerk, "310116112216").await;
        assert_eq!(village["name"], "水库村党建总网格");
        assert_eq!(village["vacant"], json!(["general_head"]));
        let parent = rows(&all).iter().position(|g| g["id"] == village["parent_id"]).unwrap();
        let own = rows(&all).iter().position(|g| g["id"] == village["id"]).unwrap();
        assert!(parent < own);
        // Surfaces of the 14 add up to the whole, each rounded to a square metre.
        let area = |kind: &str| -> i64 {
            let ours = |g: &&Value| g["kind"] == kind && g["code"].as_str().unwrap().starts_with("310116112");
            rows(&all).iter().filter(ours).map(|g| g["area_m2"].as_i64().unwrap()).sum()
        };
        assert!((area("township") - area("general")).abs() <= 15);
        assert!((area("township") - area("sub")).abs() <= 90);

        let again = clerk.post("/imports/grids", &file).await.ok(200);
        assert_eq!(counts(&again), [104, 0, 0, 104, 0]);

        let mut changed = file.clone();
        changed["features"][0]["properties"]["name"] = json!("漕泾镇大网格");
        let changed = clerk.post("/imports/grids", &changed).await.ok(200);
        assert_eq!(counts(&changed), [104, 0, 1, 103, 0]);
        let top = grid(&clerk, "310116112").await;
        assert_eq!((&top["name"], &top["version"]), (&json!("漕泾镇大网格"), &json!(2)));

        // What goes out can come in again: the boundaries are kept exactly.
        let map = clerk.get("/grids/boundaries").await.ok(200);
        let feature = map["features"].as_array().unwrap().iter().find(|f| f["properties"]["code"] == "310116112").unwrap();
        let sent = &file["features"][0]["geometry"]["coordinates"][0];
        let kept = &feature["geometry"]["coordinates"][0];
        assert_eq!(sent.as_array().unwrap().len(), kept.as_array().unwrap().len());
        for point in kept.as_array().unwrap() {
            assert!(sent.as_array().unwrap().contains(point));
        }
        // The fixture's own five grids are written as an import writes them by the first of these.
        clerk.post("/imports/grids", &map).await.ok(200);
        let again = clerk.post("/imports/grids", &map).await.ok(200);
        assert_eq!(counts(&again), [109, 0, 0, 109, 0], "{again}");
    }

    /// A grid that an import renames and moves is another version once, and so is one that moves with it.
    async fn an_import_counts_a_version_once(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let [from, to] = ["001", "002"].map(|tail| format!("{}{tail}", town.code));
        let with = async |above: &str, name: &str| {
            let mut one = square("M1", "sub", above);
            one["properties"]["name"] = json!(name);
            let import = clerk.post("/imports/grids", &collection(&[one, square("M2", "micro", "M1")])).await.ok(200);
            assert_eq!(import["applied"], true, "{import}");
        };
        with(&from, "一片").await;
        with(&to, "二片").await;
        let one = grid(&clerk, "M1").await;
        assert_eq!((&one["name"], &one["version"]), (&json!("二片"), &json!(2)));
        assert_eq!(grid(&clerk, "M2").await["version"], 2);
        // Beneath its new grid it is seen, so its path has gone with it.
        let path = async |code: &'static str| {
            let by_code = async move |tx: &Tx| {
                tx.find::<entity::grid::Entity>().filter(entity::grid::Column::Code.eq(code)).one().await
            };
            app.scope(Town::A).read(by_code).await.unwrap().unwrap().path
        };
        assert!(path("M2").await.starts_with(&path("M1").await));
    }

    /// The other township sees nothing of it.
    async fn an_import_stays_in_its_township(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::B).await;
        let import = clerk.post("/imports/grids", &real()).await.ok(200);
        let neighbour = app.client(Who::Clerk, Town::A).await;
        assert_eq!(rows(&neighbour.get("/grids").await.ok(200)).len(), 5);
        neighbour.get(&format!("/imports/{}", import["id"].as_str().unwrap())).await.problem(404, "not_found");
        let foreign = grid(&clerk, "310116112216").await;
        let id = foreign["id"].as_str().unwrap();
        neighbour.get(&format!("/grids/{id}")).await.problem(404, "not_found");
        neighbour.patch(&format!("/grids/{id}"), 1, &json!({ "name": "我的" })).await.problem(404, "not_found");
        let spare = app.town(Town::A).members.spare;
        let appointment = json!({ "grid_id": id, "member_id": spare, "kind": "worker" });
        let problem = neighbour.post("/grid-posts", &appointment).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "grid_id");
        let own = json!({ "grid_id": id, "member_id": spare, "kind": "worker" });
        let problem = clerk.post("/grid-posts", &own).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "member_id");
    }

    /// One fault, and nothing is written; every fault says where it is.
    async fn a_faulty_file_changes_nothing(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let general = format!("{}001", town.code);
        let mut bow_tie = square("X1", "sub", &general);
        bow_tie["geometry"]["coordinates"] = json!([[[121.0, 30.0], [121.1, 30.1], [121.1, 30.0], [121.0, 30.05], [121.0, 30.0]]]);
        let features = [
            square("N1", "sub", &general),
            square("N2", "sub", town.code),
            square("N1", "sub", &general),
            bow_tie,
            square("N5", "sub", "nowhere"),
            json!({ "type": "Feature", "properties": { "code": "坏 码" } }),
        ];
        let import = clerk.post("/imports/grids", &collection(&features)).await.ok(200);
        assert_eq!(import["applied"], false);
        let found: Vec<(i64, &str)> = import["faults"].as_array().unwrap().iter()
            .map(|f| (f["row"].as_i64().unwrap(), f["column"].as_str().unwrap())).collect();
        assert_eq!(found, [(2, "parent"), (3, "code"), (4, "geometry"), (5, "parent"),
            (6, "code"), (6, "name"), (6, "kind"), (6, "geometry")]);
        assert_eq!(import["fault_count"], 8);
        assert_eq!(import["created"], 0);
        assert_eq!(rows(&clerk.get("/grids").await.ok(200)).len(), 5);

        // A grid with a head cannot become something that has none.
        let changed = square(&general, "dedicated", town.code);
        let import = clerk.post("/imports/grids", &collection(&[changed])).await.ok(200);
        assert_eq!((&import["faults"][0]["row"], &import["faults"][0]["column"]), (&json!(1), &json!("kind")));

        clerk.post("/imports/grids", &json!({ "type": "FeatureCollection", "features": [] })).await.problem(422, "validation_failed");
        clerk.post("/imports/grids", &json!({ "type": "Topology", "features": [1] })).await.problem(422, "validation_failed");
        let leader = app.client(Who::Leader, Town::A).await;
        leader.post("/imports/grids", &collection(&[])).await.problem(403, "forbidden");
    }

    /// Renaming needs the version that was seen.
    async fn renaming_follows_the_version(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let path = format!("/grids/{}", app.town(Town::A).grids.general);
        clerk.send(clerk.request(Method::PATCH, &path).json(&json!({ "name": "新" }))).await.problem(428, "precondition_required");
        let renamed = clerk.patch(&path, 1, &json!({ "name": " 水库村  总网格 " })).await;
        assert_eq!(renamed.etag(), "\"v2\"");
        let renamed = renamed.ok(200);
        assert_eq!((&renamed["name"], &renamed["version"]), (&json!("水库村 总网格"), &json!(2)));
        clerk.patch(&path, 1, &json!({ "name": "旧" })).await.problem(412, "precondition_failed");
        clerk.patch(&path, 2, &json!({ "name": "" })).await.problem(422, "validation_failed");
        clerk.patch(&path, 2, &json!({ "code": "x" })).await.problem(422, "validation_failed");
        let head = app.client(Who::GridHead, Town::A).await;
        head.patch(&path, 2, &json!({ "name": "我的" })).await.problem(403, "forbidden");
    }

    /// One head at a time; the successor begins on the day the predecessor ends.
    async fn a_post_changes_hands(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let succeed = json!({ "grid_id": town.grids.general, "member_id": town.members.spare, "kind": "general_head" });
        let problem = clerk.post("/grid-posts", &succeed).await.problem(409, "post_taken");
        assert!(problem["detail"].as_str().unwrap().contains("顾建国"), "{problem}");

        let general = clerk.get(&format!("/grids/{}", town.grids.general)).await.ok(200);
        let post = general["posts"][0]["id"].as_str().unwrap();
        let ended = clerk.post(&format!("/grid-posts/{post}/end"), &json!({})).await.ok(200);
        assert_eq!((&ended["until"], &ended["member"]["name"]), (&json!("2026-11-23"), &json!("顾建国")));
        clerk.post(&format!("/grid-posts/{post}/end"), &json!({})).await.problem(409, "state_conflict");
        let general = clerk.get(&format!("/grids/{}", town.grids.general)).await.ok(200);
        assert_eq!((&general["posts"], &general["vacant"]), (&json!([]), &json!(["general_head"])));

        let appointed = clerk.post_key("/grid-posts", "k1", &succeed).await.ok(201);
        assert_eq!((&appointed["since"], &appointed["until"]), (&json!("2026-11-23"), &Value::Null));
        assert_eq!(appointed["member"], json!({ "id": town.members.spare, "name": "钱大伟" }));
        assert_eq!(clerk.post_key("/grid-posts", "k1", &succeed).await.ok(201), appointed);
        clerk.post("/grid-posts", &succeed).await.problem(409, "already_exists");

        // A worker's post has room for several.
        let worker = json!({ "grid_id": town.grids.sub, "member_id": town.members.spare, "kind": "worker", "since": "2026-11-01" });
        clerk.post("/grid-posts", &worker).await.ok(201);
        let member = clerk.get(&format!("/members/{}", town.members.spare)).await.ok(200);
        let kinds: Vec<&str> = member["posts"].as_array().unwrap().iter().map(|p| p["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["general_head", "worker"]);
    }

    /// Two offices appoint at the same moment: one of them is told that the post is taken.
    async fn a_post_goes_to_one_of_two_at_once(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let body = |member| json!({ "grid_id": town.grids.other_general, "member_id": member, "kind": "general_head" });
        let (first, second) = (body(town.members.spare), body(town.members.member));
        let (one, other) = tokio::join!(clerk.post("/grid-posts", &first), clerk.post("/grid-posts", &second));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
        let grid = clerk.get(&format!("/grids/{}", town.grids.other_general)).await.ok(200);
        assert_eq!(grid["posts"].as_array().unwrap().len(), 1);
    }

    /// An end announced for a later day, and a successor after it.
    async fn a_term_can_end_later(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let general = clerk.get(&format!("/grids/{}", town.grids.general)).await.ok(200);
        let path = format!("/grid-posts/{}/end", general["posts"][0]["id"].as_str().unwrap());
        clerk.post(&path, &json!({ "until": "2025-12-31" })).await.problem(422, "validation_failed");
        clerk.post(&path, &json!({ "until": "2028-01-01" })).await.problem(422, "validation_failed");
        clerk.post(&path, &json!({ "until": "2026-12-01" })).await.ok(200);
        let mut next = json!({ "grid_id": town.grids.general, "member_id": town.members.spare, "kind": "general_head", "since": "2026-11-30" });
        clerk.post("/grid-posts", &next).await.problem(409, "post_taken");
        next["since"] = json!("2026-12-01");
        clerk.post("/grid-posts", &next).await.ok(201);
        clerk.post(&path, &json!({ "until": "2026-12-02" })).await.problem(409, "post_taken");
        let head = |grid: &Value| grid["posts"][0]["member"]["name"].as_str().unwrap().to_owned();
        let grid = format!("/grids/{}", town.grids.general);
        assert_eq!(head(&clerk.get(&grid).await.ok(200)), "顾建国");
        app.clock.advance(chrono::Duration::days(8));
        let clerk = app.client(Who::Clerk, Town::A).await;
        assert_eq!(head(&clerk.get(&grid).await.ok(200)), "钱大伟");
    }

    /// Posts belong to the grids that have them.
    async fn a_post_suits_its_grid(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        for (grid, kind, status) in [
            (town.grids.township, "supervisor", 201),
            (town.grids.other_general, "supervisor", 201),
            (town.grids.sub, "supervisor", 422),
            (town.grids.township, "general_head", 422),
            (town.grids.other_sub, "general_head", 422),
            (town.grids.other_general, "sub_head", 422),
            (town.grids.other_sub, "sub_head", 201),
            (town.grids.township, "instructor", 201),
            (town.grids.township, "worker", 201),
        ] {
            let body = json!({ "grid_id": grid, "member_id": town.members.spare, "kind": kind });
            let answer = clerk.post("/grid-posts", &body).await;
            assert_eq!(answer.status, status, "{kind} in {grid}");
            if status == 422 {
                assert_eq!(answer.problem(422, "validation_failed")["errors"][0]["field"], "kind");
            }
        }
        let elsewhere = app.client(Who::Clerk, Town::B).await;
        let all = clerk.get(&format!("/grids/{}", town.grids.township)).await.ok(200);
        let post = all["posts"][0]["id"].as_str().unwrap();
        elsewhere.post(&format!("/grid-posts/{post}/end"), &json!({})).await.problem(404, "not_found");
        let worker = app.client(Who::Worker, Town::A).await;
        worker.post(&format!("/grid-posts/{post}/end"), &json!({})).await.problem(403, "forbidden");
    }

    /// What other features ask: holders, vacancies, subtrees, heads.
    async fn other_features_get_their_answers(app: TestApp) {
        use api::grid;
        use entity::kinds::PostKind;
        let town = app.town(Town::A).clone();
        let scope = app.scope(Town::A);
        scope.read(async |tx: &api::tenancy::Tx| {
            let heads = grid::holders(tx, &[PostKind::GeneralHead, PostKind::SubHead]).await?;
            let found: Vec<_> = heads.iter().map(|h| (h.grid_id, h.member_id, h.kind)).collect();
            assert_eq!(found, [(town.grids.general, town.members.head, PostKind::GeneralHead),
                (town.grids.sub, town.members.sub_head, PostKind::SubHead)]);
            assert_eq!(grid::holders(tx, &[]).await?.len(), 3);
            let missing: Vec<_> = grid::vacancies(tx, &grid::heads(), &sea_orm::Condition::all(), None).await?.iter().map(|v| (v.grid_id, v.kind)).collect();
            assert_eq!(missing, [(town.grids.other_sub, PostKind::SubHead), (town.grids.other_general, PostKind::GeneralHead)]);
            let path = grid::path_of(tx, town.grids.general).await?.expect("the grid has a path");
            let beneath = grid::tree(tx).await?.into_iter().filter(|node| node.path.starts_with(&path));
            let beneath: Vec<_> = beneath.map(|node| node.id).collect();
            assert_eq!(beneath.first(), Some(&town.grids.general));
            assert_eq!(beneath.len(), 3);
            let names = grid::names(tx, &[town.grids.sub]).await?;
            assert_eq!(names[&town.grids.sub], "水库村第1子网格");
            assert_eq!(grid::tree(tx).await?.len(), 5);
            assert_eq!(grid::posts_of(tx, town.members.worker).await?.len(), 1);
            Ok(())
        }).await.unwrap();
        let other = app.town(Town::B).grids.general;
        let foreign = scope.read(async |tx: &api::tenancy::Tx| grid::Subtrees::under(tx, other).await).await;
        assert_eq!(foreign.unwrap_err().code(), api::http::Code::NOT_FOUND);
    }

    /// Wherever grids are moved by import, with what lies beneath them in the file or not, the path of each is what the tree says.
    async fn paths_follow_the_tree(app: TestApp) {
        use rand::rngs::StdRng;
        use rand::seq::IndexedRandom;
        use rand::{RngExt, SeedableRng};
        let mut random = StdRng::seed_from_u64(support::seed());
        let scope = app.scope(Town::A);
        let top = app.town(Town::A).code;
        let mut places: Vec<(String, &str, String)> = vec![
            ("G1".into(), "general", top.into()), ("G2".into(), "general", top.into()), ("G3".into(), "general", top.into()),
        ];
        for n in 0..6 {
            places.push((format!("S{n}"), "sub", format!("G{}", n % 3 + 1)));
            places.push((format!("M{n}"), "micro", format!("S{n}")));
        }
        for turn in 0..if support::soak() { 200 } else { 20 } {
            let named: Vec<Value> = places.iter()
                .filter(|_| turn == 0 || random.random_bool(0.3))
                .map(|(code, kind, parent)| square(code, kind, parent))
                .collect();
            let file = collection(&named);
            scope.write(async move |tx: &api::tenancy::Tx| api::grid::import_collection(tx, &file).await).await.unwrap();
            let tree = scope.read(async |tx: &api::tenancy::Tx| api::grid::tree(tx).await).await.unwrap();
            let parents: Vec<_> = tree.iter().map(|node| (node.id, node.parent_id)).collect();
            for node in &tree {
                let beneath: std::collections::BTreeSet<_> = api::member::tree::subtree(&parents, node.id).into_iter().collect();
                let of_path: std::collections::BTreeSet<_> =
                    tree.iter().filter(|other| other.path.starts_with(&node.path)).map(|other| other.id).collect();
                assert_eq!(of_path, beneath, "{} in turn {turn}", node.code);
            }
            // Sub-grids go to another general grid, micro-grids to another sub-grid.
            for _ in 0..2 {
                let general = format!("G{}", random.random_range(1..=3));
                let sub = format!("S{}", random.random_range(0..6));
                let all: Vec<usize> = (0..places.len()).filter(|n| places[*n].1 != "general").collect();
                let moved = *all.choose(&mut random).unwrap();
                places[moved].2 = if places[moved].1 == "sub" { general } else { sub };
            }
        }
    }

    /// Who heads hundreds of grids sees what he saw when they were few: they are not named one by one then.
    async fn hundreds_of_grids_are_seen_as_a_few_are(app: TestApp) {
        use crate::checklist::{published, three_duties};
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        published(&clerk, "网格长责任清单", &three_duties()).await;
        let head = app.client(Who::GridHead, Town::A).await;
        let sub_head = app.client(Who::SubHead, Town::A).await;
        let task = sub_head.get("/tasks/inbox").await.ok(200)["items"][0]["id"].as_str().unwrap().to_owned();
        sub_head.post(&format!("/tasks/{task}/submit"), &json!({"text": "已开会"})).await.ok(200);
        let general = town.grids.general;
        let seen = async || {
            let mut seen = Vec::new();
            for path in ["/tasks".to_owned(), "/tasks/to-verify".to_owned(), format!("/tasks?grid_id={general}"), format!("/tasks/{task}")] {
                let mut answer = head.get(&path).await.ok(200);
                answer.as_object_mut().unwrap().remove("next_cursor");
                seen.push(answer);
            }
            let home = head.get("/home").await.ok(200);
            seen.push(json!([home["tasks_late"], home["tasks_due_today"], home["tasks_to_verify"], home["late_by_grid"]]));
            seen.push(clerk.get(&format!("/members?grid_id={general}")).await.ok(200)["items"].clone());
            seen
        };
        let few = seen().await;
        assert_eq!(few[1]["items"].as_array().unwrap().len(), 1);
        let more: Vec<Value> = (0..300).map(|n| square(&format!("{}001{n:03}X", town.code), "micro", &format!("{}00101", town.code))).collect();
        clerk.post("/imports/grids", &collection(&more)).await.ok(200);
        assert_eq!(seen().await, few);
        let worker = app.client(Who::Worker, Town::A).await;
        worker.get(&format!("/tasks/{task}")).await.problem(404, "not_found");
        head.post(&format!("/tasks/{task}/verify"), &json!({})).await.ok(200);
    }
}
