//! People, party organisations and the import of the roster.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::Workbook;
use support::prelude::*;

use crate::furniture::kind;
use crate::rooms::Open::To;
use crate::rooms::{Room, beside, op, violation};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room {
    rights: &[
        op("list_party_orgs", To("lcgi")),
        op("create_party_org", To("c")).with(|f| {
            json!({"parent_id": f.id("party_org"), "kind": "group", "code": "010101", "name": "第一党小组"})
        }),
        op("get_party_org", To("lcgi")).on("party_org"),
        op("update_party_org", To("c")).on("party_org").with(|_| json!({"name": "改名"})),
        op("list_members", To("lcgi")),
        op("create_member", To("c")).with(|f| {
            json!({"number": "7001", "name": "新人", "category": "resident", "party_org_id": f.id("party_org")})
        }),
        op("get_member", To("lcgi")).on("member"),
        op("update_member", To("c")).on("member").with(|_| json!({"name": "改名"})),
    ],
    kinds: &[kind("member"), kind("party_org")],
    furnish: |app, town, furniture| {
        Box::pin(async move {
            furniture.put("member", app.town(town).members.spare);
            furniture.put("party_org", app.town(town).orgs.branch);
        })
    },
    reads: &["/members?q=g&limit=2", "/members?category=resident", "/members?changed_since=2026-01-01T00:00:00Z"],
    beside: &[
        beside(Who::Clerk, "PATCH", |own, foreign| {
            (own.path("/members/{member}"), json!({"party_org_id": foreign.id("party_org")}))
        }),
        beside(Who::Clerk, "PATCH", |own, foreign| {
            (own.path("/party-orgs/{party_org}"), json!({"parent_id": foreign.id("party_org")}))
        }),
        beside(Who::Leader, "GET", |_, foreign| {
            (foreign.path("/members?party_org_id={party_org}"), Value::Null)
        }),
        beside(Who::Leader, "GET", |_, foreign| {
            (foreign.path("/members?grid_id={grid}"), Value::Null)
        }),
    ],
    tables: &["member", "party_org"],
    // Posts beside the people who hold them.
    foreign: &["grid", "grid_post"],
    violations: &[
        violation(
            "MB1",
            "UPDATE party_org SET parent_id = id WHERE parent_id IS NULL",
            "UPDATE party_org SET parent_id = NULL WHERE parent_id = id",
        ),
        violation(
            "MB2",
            "UPDATE member SET name_initials = name_initials || 'x'",
            "UPDATE member SET name_initials = substr(name_initials, 1, length(name_initials) - 1)",
        ),
    ],
    ..Room::of("member")
};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// More than the two hundred rows that one statement changes and the five hundred that one enters.
const LARGE: i32 = 520;
const HEADER: [&str; 7] = ["编号*", "姓名*", "类别*", "手机", "党组织编码", "网格编码", "岗位"];

fn workbook(rows: &[Vec<String>]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let page = workbook.add_worksheet();
    for (line, row) in (0_u32..).zip(rows) {
        for (column, text) in (0_u16..).zip(row) {
            if !text.is_empty() {
                page.write_string(line, column, text).unwrap();
            }
        }
    }
    workbook.save_to_buffer().unwrap()
}

fn roster(rows: &[[&str; 7]]) -> Vec<u8> {
    let mut all = vec![HEADER.map(str::to_owned).to_vec()];
    all.extend(rows.iter().map(|row| row.map(str::to_owned).to_vec()));
    workbook(&all)
}

async fn import(client: &Client, bytes: Vec<u8>) -> Value {
    client.upload("/imports/members", "file", "花名册.xlsx", XLSX, bytes).await.ok(200)
}

fn counts(import: &Value) -> [i64; 5] {
    ["rows", "created", "updated", "unchanged", "fault_count"]
        .map(|key| import[key].as_i64().unwrap())
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect()
}

fn places(import: &Value) -> Vec<(i64, &str)> {
    let faults = import["faults"].as_array().unwrap().iter();
    faults
        .map(|fault| (fault["row"].as_i64().unwrap(), fault["column"].as_str().unwrap()))
        .collect()
}

on_both! {
    /// Entering, reading and changing a person.
    async fn a_person_is_entered_and_changed(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let body = json!({ "number": "M-1", "name": " 曾  国华 ", "category": "volunteer",
            "phone": "+86 138-0000-9999", "party_org_id": town.orgs.branch });
        let created = clerk.post_key("/members", "once", &body).await;
        assert_eq!(created.etag(), "\"v1\"");
        let member = created.ok(201);
        let id = member["id"].as_str().unwrap();
        assert_eq!(created.header("location"), Some(format!("/api/v1/members/{id}").as_str()));
        assert_eq!(member, json!({ "id": id, "number": "M-1", "name": "曾 国华", "category": "volunteer",
            "phone": "13800009999", "party_org": { "id": town.orgs.branch, "name": "水库村党支部" }, "posts": [], "version": 1 }));
        assert_eq!(clerk.post_key("/members", "once", &body).await.ok(201), member);
        clerk.post("/members", &body).await.problem(409, "already_exists");

        let path = format!("/members/{id}");
        let changed = clerk.patch(&path, 1, &json!({ "phone": null, "category": "resident" })).await.ok(200);
        assert_eq!((&changed["phone"], &changed["category"], &changed["name"]), (&Value::Null, &json!("resident"), &json!("曾 国华")));
        assert_eq!(changed["party_org"]["name"], "水库村党支部", "a field left out stays");
        let changed = clerk.patch(&path, 2, &json!({ "party_org_id": null })).await.ok(200);
        assert_eq!((&changed["party_org"], &changed["version"]), (&Value::Null, &json!(3)));
        clerk.patch(&path, 2, &json!({ "name": "迟到" })).await.problem(412, "precondition_failed");
        clerk.send(clerk.request(Method::PATCH, &path).json(&json!({}))).await.problem(428, "precondition_required");
        for (bad, field) in [
            (json!({ "phone": "123" }), "phone"),
            (json!({ "name": "" }), "name"),
            (json!({ "party_org_id": app.town(Town::B).orgs.branch }), "party_org_id"),
        ] {
            let problem = clerk.patch(&path, 3, &bad).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], field);
        }
        let bad = json!({ "number": "M 2", "name": "", "category": "volunteer", "phone": "1" });
        let problem = clerk.post("/members", &bad).await.problem(422, "validation_failed");
        let mut fields: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["name", "number", "phone"]);
    }

    /// Who does not manage people sees no whole phone number, and another township sees nobody.
    async fn people_are_protected(app: TestApp) {
        let town = app.town(Town::A);
        let path = format!("/members/{}", town.members.head);
        let clerk = app.client(Who::Clerk, Town::A).await;
        assert_eq!(clerk.get(&path).await.ok(200)["phone"], "13812345678");
        for who in [Who::Leader, Who::GridHead, Who::Integrator] {
            let other = app.client(who, Town::A).await;
            assert_eq!(other.get(&path).await.ok(200)["phone"], "138****5678");
            let list = other.get("/members?q=gjg").await.ok(200);
            assert_eq!(list["items"][0]["phone"], "138****5678");
            other.post("/members", &json!({})).await.problem(403, "forbidden");
            other.get("/imports/members/template").await.problem(403, "forbidden");
        }
        app.client(Who::Worker, Town::A).await.get("/members").await.problem(403, "forbidden");
        let neighbour = app.client(Who::Clerk, Town::B).await;
        neighbour.get(&path).await.problem(404, "not_found");
        neighbour.patch(&path, 1, &json!({ "name": "改" })).await.problem(404, "not_found");
        neighbour.get(&format!("/party-orgs/{}", town.orgs.branch)).await.problem(404, "not_found");
        neighbour.patch(&format!("/party-orgs/{}", town.orgs.branch), 1, &json!({ "name": "改" })).await.problem(404, "not_found");
        assert_eq!(neighbour.get(&format!("/members?grid_id={}", town.grids.township)).await.ok(200)["items"], json!([]));
        assert_eq!(neighbour.get(&format!("/members?party_org_id={}", town.orgs.committee)).await.ok(200)["items"], json!([]));
    }

    /// People are found by the beginning of what one knows of them.
    async fn people_are_found(app: TestApp) {
        let town = app.town(Town::A);
        let leader = app.client(Who::Leader, Town::A).await;
        for (query, expected) in [
            ("q=%E9%A1%BE", vec!["顾建国"]),
            ("q=gj", vec!["顾建国"]),
            ("q=GJG", vec!["顾建国"]),
            ("q=5678", vec!["顾建国"]),
            ("q=0005", vec!["钱大伟"]),
            ("q=000", vec!["顾建国", "沈秀英", "陆小明", "周敏", "钱大伟"]),
            ("q=%25", vec![]),
            ("q=_", vec![]),
            ("q=%E5%BB%BA", vec![]),
            ("category=party_member", vec!["顾建国", "沈秀英"]),
            ("category=party_member&q=s", vec!["沈秀英"]),
        ] {
            assert_eq!(names(&leader.get(&format!("/members?{query}")).await.ok(200)), expected, "{query}");
        }
        for (grid, expected) in [
            (town.grids.township, vec!["顾建国", "沈秀英", "陆小明"]),
            (town.grids.sub, vec!["沈秀英", "陆小明"]),
            (town.grids.other_general, vec![]),
        ] {
            assert_eq!(names(&leader.get(&format!("/members?grid_id={grid}")).await.ok(200)), expected);
        }
        let by_org = leader.get(&format!("/members?party_org_id={}", town.orgs.committee)).await.ok(200);
        assert_eq!(names(&by_org).len(), 5, "an organisation stands for everything beneath it");

        let first = leader.get("/members?limit=2").await.ok(200);
        assert_eq!(names(&first), ["顾建国", "沈秀英"]);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = leader.get(&format!("/members?limit=2&cursor={cursor}")).await.ok(200);
        assert_eq!(names(&second), ["陆小明", "周敏"]);
        let cursor = second["next_cursor"].as_str().unwrap();
        let third = leader.get(&format!("/members?limit=2&cursor={cursor}")).await.ok(200);
        assert_eq!((names(&third), &third["next_cursor"]), (vec!["钱大伟"], &Value::Null));
        leader.get("/members?cursor=x").await.problem(400, "invalid_cursor");
        leader.get("/members?sort=age").await.problem(422, "validation_failed");
        leader.get("/members?limit=0").await.problem(422, "validation_failed");
    }

    /// The tree of party organisations stays a tree.
    async fn party_organisations_form_a_tree(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let all = clerk.get("/party-orgs").await.ok(200);
        let seen: Vec<(&str, i64)> = all["items"].as_array().unwrap().iter()
            .map(|o| (o["name"].as_str().unwrap(), o["member_count"].as_i64().unwrap())).collect();
        assert_eq!(seen, [("镇党委", 5), ("水库村党支部", 5)]);

        let body = json!({ "parent_id": town.orgs.branch, "kind": "group", "code": "010101", "name": "第一党小组" });
        let created = clerk.post("/party-orgs", &body).await;
        assert_eq!(created.etag(), "\"v1\"");
        let group = created.ok(201);
        assert_eq!((&group["parent_id"], &group["member_count"]), (&json!(town.orgs.branch), &json!(0)));
        clerk.post("/party-orgs", &body).await.problem(409, "already_exists");
        let upside_down = json!({ "parent_id": group["id"], "kind": "committee", "code": "X", "name": "倒置" });
        assert_eq!(clerk.post("/party-orgs", &upside_down).await.problem(422, "validation_failed")["errors"][0]["field"], "parent_id");
        let foreign = json!({ "parent_id": app.town(Town::B).orgs.committee, "kind": "branch", "code": "Y", "name": "外" });
        clerk.post("/party-orgs", &foreign).await.problem(422, "validation_failed");

        let branch = format!("/party-orgs/{}", town.orgs.branch);
        clerk.patch(&branch, 1, &json!({ "parent_id": group["id"] })).await.problem(422, "validation_failed");
        clerk.patch(&branch, 1, &json!({ "parent_id": town.orgs.branch })).await.problem(422, "validation_failed");
        clerk.patch(&branch, 1, &json!({ "kind": "household" })).await.problem(422, "validation_failed");
        let renamed = clerk.patch(&branch, 1, &json!({ "name": "水库村第一党支部" })).await.ok(200);
        assert_eq!((&renamed["parent_id"], &renamed["version"]), (&json!(town.orgs.committee), &json!(2)));
        clerk.patch(&branch, 1, &json!({ "name": "旧" })).await.problem(412, "precondition_failed");
        let top = clerk.patch(&branch, 2, &json!({ "parent_id": null, "kind": "general_branch" })).await.ok(200);
        assert_eq!((&top["parent_id"], &top["kind"], &top["member_count"]), (&Value::Null, &json!("general_branch"), &json!(5)));
        assert_eq!(clerk.get(&branch).await.ok(200), top);
    }

    /// Faults are named by row and column, nothing is written, and the workbook comes back marked.
    async fn a_faulty_roster_changes_nothing(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let (general, sub) = (format!("{}001", town.code), format!("{}00102", town.code));
        let bytes = roster(&[
            ["N1", "张三", "党员", "13812340001", "0101", sub.as_str(), "子网格长"],
            ["N2", "李四", "干部", "1381234", "0101", "", ""],
            ["N1", "", "群众", "", "", "", ""],
            ["N4", "赵六", "群众", "", "9999", sub.as_str(), ""],
            ["N5", "钱七", "群众", "", "水库村党支部", general.as_str(), "总网格长"],
            ["N6", "孙八", "群众", "", "", sub.as_str(), "子网格长"],
        ]);
        let import = import(&clerk, bytes).await;
        assert_eq!((&import["applied"], &import["kind"], &import["file_name"]), (&json!(false), &json!("members"), &json!("花名册.xlsx")));
        assert_eq!(places(&import), [(3, "类别*"), (3, "手机"), (4, "编号*"), (4, "姓名*"), (5, "党组织编码"), (5, "岗位"), (6, "岗位"), (7, "岗位")]);
        assert_eq!(counts(&import), [6, 0, 0, 0, 8]);
        assert_eq!(import["faults"][1]["value"], "1381234");
        assert!(import["faults"][6]["message"].as_str().unwrap().contains("顾建国"));
        let page = clerk.get("/members?q=N").await.ok(200);
        assert_eq!(page["items"], json!([]));
        let grid = clerk.get(&format!("/grids/{}", town.grids.other_sub)).await.ok(200);
        assert_eq!(grid["posts"], json!([]));

        let id = import["id"].as_str().unwrap();
        assert_eq!(clerk.get(&format!("/imports/{id}")).await.ok(200), import);
        let marked = clerk.get(&format!("/imports/{id}/marked-file")).await;
        assert_eq!(marked.status, 200);
        assert_eq!(marked.header("content-type"), Some(XLSX));
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(marked.bytes.clone())).unwrap();
        let range = book.worksheet_range_at(0).unwrap().unwrap();
        let text = |row: u32, column: u32| range.get_value((row, column)).map(ToString::to_string).unwrap_or_default();
        assert_eq!((text(0, 7), text(1, 1), text(2, 1)), ("导入问题".to_owned(), "张三".to_owned(), "李四".to_owned()));
        assert_eq!(text(1, 7), "");
        assert!(text(2, 7).contains("手机：") && text(2, 7).contains("类别*："), "{}", text(2, 7));
        assert!(matches!(range.get_value((3, 1)), None | Some(Data::Empty)));

        // The marked workbook, sent as it is, has the same faults and no second column of reasons.
        let again = clerk.upload("/imports/members", "file", "再次.xlsx", XLSX, marked.bytes.clone()).await.ok(200);
        assert_eq!(places(&again), places(&import));
        let neighbour = app.client(Who::Clerk, Town::B).await;
        neighbour.get(&format!("/imports/{id}")).await.problem(404, "not_found");
        neighbour.get(&format!("/imports/{id}/marked-file")).await.problem(404, "not_found");
    }

    /// 120 people arrive at once, with posts; again they change nothing; a change changes one.
    async fn a_clean_roster_is_taken_over(app: TestApp) {
        let town = app.town(Town::A);
        let clerk = app.client(Who::Clerk, Town::A).await;
        let sub = format!("{}00102", town.code);
        let people = |renamed: &str| -> Vec<u8> {
            let mut rows = vec![
                vec!["2026 年花名册".to_owned()],
                // Another order, other words, and a column of the township's own.
                ["姓名", "备注", "编号", "人员类别", "手机号码", "党组织", "所在网格", "岗位"].map(str::to_owned).to_vec(),
            ];
            for n in 1..=120 {
                let name = if n == 7 { renamed.to_owned() } else { format!("人员{n}") };
                let (grid, post) = match n {
                    1 => (sub.as_str(), "子网格长"),
                    2..=20 => ("水库村第2子网格", "网格员"),
                    _ => ("", ""),
                };
                rows.push(vec![name, "自留".to_owned(), format!("R{n:03}"), "志愿者".to_owned(),
                    format!("139{n:08}"), "水库村党支部".to_owned(), grid.to_owned(), post.to_owned()]);
            }
            workbook(&rows)
        };

        let trial = clerk.upload("/imports/members?dry_run=true", "file", "a.xlsx", XLSX, people("甲")).await.ok(200);
        assert_eq!((counts(&trial), &trial["applied"], &trial["dry_run"]), ([120, 120, 0, 0, 0], &json!(false), &json!(true)));
        assert_eq!(clerk.get("/members?q=R").await.ok(200)["items"], json!([]));

        let first = import(&clerk, people("甲")).await;
        assert_eq!((counts(&first), &first["applied"]), ([120, 120, 0, 0, 0], &json!(true)), "{first}");
        let page = clerk.get("/members?q=R&limit=200").await.ok(200);
        assert_eq!(page["items"].as_array().unwrap().len(), 120);
        assert_eq!(page["items"][0]["phone"], "13900000001");
        assert_eq!(page["items"][0]["posts"][0]["kind"], "sub_head");
        let grid = clerk.get(&format!("/grids/{}", town.grids.other_sub)).await.ok(200);
        assert_eq!(grid["posts"].as_array().unwrap().len(), 20);
        assert_eq!((&grid["posts"][0]["member"]["name"], &grid["vacant"]), (&json!("人员1"), &json!([])));

        let second = import(&clerk, people("甲")).await;
        assert_eq!(counts(&second), [120, 0, 0, 120, 0]);
        let third = import(&clerk, people("欧阳乙")).await;
        assert_eq!(counts(&third), [120, 0, 1, 119, 0]);
        let found = clerk.get("/members?q=oyy").await.ok(200);
        assert_eq!((&found["items"][0]["number"], &found["items"][0]["version"]), (&json!("R007"), &json!(2)));
        let untouched = clerk.get("/members?q=R008").await.ok(200);
        assert_eq!(untouched["items"][0]["version"], 1);
        let neighbour = app.client(Who::Clerk, Town::B).await;
        assert_eq!(neighbour.get("/members?q=R").await.ok(200)["items"], json!([]));
    }

    /// A roster larger than one statement takes: entered, and then changed as a whole.
    async fn a_large_roster_is_entered_and_changed(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let people = |category: &str| -> Vec<u8> {
            let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
            rows.extend((1..=LARGE).map(|n| vec![format!("L{n:05}"), format!("人员{n}"), category.to_owned(),
                format!("137{n:08}"), "0101".to_owned(), "水库村".to_owned(), "网格指导员".to_owned()]));
            workbook(&rows)
        };
        let total = i64::from(LARGE);
        let first = import(&clerk, people("群众")).await;
        assert_eq!((counts(&first), &first["applied"]), ([total, total, 0, 0, 0], &json!(true)));
        let second = import(&clerk, people("志愿者")).await;
        assert_eq!(counts(&second), [total, 0, total, 0, 0]);
        let last = clerk.get(&format!("/members?q=L{LARGE:05}")).await.ok(200);
        assert_eq!((&last["items"][0]["category"], &last["items"][0]["version"]), (&json!("volunteer"), &json!(2)));
        assert_eq!(last["items"][0]["phone"], format!("137{LARGE:08}"));
        assert_eq!(last["items"][0]["party_org"]["name"], "水库村党支部");
        assert_eq!(last["items"][0]["posts"][0]["kind"], "instructor");
        let grid = clerk.get(&format!("/grids/{}", app.town(Town::A).grids.general)).await.ok(200);
        assert_eq!(grid["posts"].as_array().unwrap().len(), usize::try_from(LARGE).unwrap() + 1);
    }

    /// Numbers that a spreadsheet took for numbers, blanks that leave what is known, the same key twice.
    async fn cells_are_read_as_meant(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let mut book = Workbook::new();
        let page = book.add_worksheet();
        for (column, title) in (0_u16..).zip(HEADER) {
            page.write_string(0, column, title).unwrap();
        }
        page.write_number(1, 0, 7001).unwrap();
        page.write_string(1, 1, "　王小二　").unwrap();
        page.write_string(1, 2, "群众").unwrap();
        page.write_number(1, 3, 13_812_345_000_f64).unwrap();
        // The head of the fixture: his phone and branch stay, though the cells are empty.
        page.write_string(3, 0, "０００１").unwrap();
        page.write_string(3, 1, "顾建国").unwrap();
        page.write_string(3, 2, "党员").unwrap();
        let bytes = book.save_to_buffer().unwrap();
        let part = || reqwest::multipart::Part::bytes(bytes.clone()).file_name("a.xlsx").mime_str(XLSX).unwrap();
        let request = || clerk.request(Method::POST, "/imports/members").header("idempotency-key", "roster-1")
            .multipart(reqwest::multipart::Form::new().part("file", part()));
        let first = clerk.send(request()).await.ok(200);
        assert_eq!(counts(&first), [2, 1, 0, 1, 0]);
        assert_eq!(clerk.send(request()).await.ok(200), first);
        let found = clerk.get("/members?q=7001").await.ok(200);
        assert_eq!((&found["items"][0]["name"], &found["items"][0]["phone"]), (&json!("王小二"), &json!("13812345000")));
        let head = clerk.get(&format!("/members/{}", app.town(Town::A).members.head)).await.ok(200);
        assert_eq!((&head["phone"], &head["version"]), (&json!("13812345678"), &json!(1)));
    }

    /// What cannot be a roster is refused; the template is one, and empty.
    async fn the_template_leads_the_way(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let template = clerk.get("/imports/members/template").await;
        assert_eq!(template.status, 200);
        assert!(template.header("content-disposition").unwrap().starts_with("attachment"));
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(template.bytes.clone())).unwrap();
        let names = book.sheet_names();
        assert_eq!(names, ["花名册", "填写说明"]);
        let range = book.worksheet_range_at(0).unwrap().unwrap();
        let header: Vec<String> = range.rows().next().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(header, HEADER);
        let empty = import(&clerk, template.bytes.clone()).await;
        assert_eq!((places(&empty), &empty["applied"]), (vec![(1, "编号*")], &json!(false)));

        let send = async |bytes: Vec<u8>| clerk.upload("/imports/members", "file", "a.xlsx", XLSX, bytes).await;
        send(b"hello".to_vec()).await.problem(422, "file_unreadable");
        send(workbook(&[vec!["随便".to_owned()]])).await.problem(422, "file_unreadable");
        send(vec![0; 6 * 1024 * 1024]).await.problem(413, "payload_too_large");
        clerk.upload("/imports/members", "other", "a.xlsx", XLSX, vec![1]).await.problem(422, "validation_failed");
        clerk.post("/imports/members", &json!({})).await.problem(415, "unsupported_media_type");
        clerk.get("/imports/00000000-0000-7000-8000-000000000000").await.problem(404, "not_found");
        let missing = workbook(&[vec!["编号".to_owned(), "姓名".to_owned()], vec!["1".to_owned(), "甲".to_owned()]]);
        let missing = import(&clerk, missing).await;
        assert_eq!(places(&missing), [(1, "类别*")]);
    }
}
