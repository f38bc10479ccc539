//! Lists: counted, ordered, and taken away as files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use api::tenancy::Tx;
use calamine::{Reader, Xlsx};
use entity::ids::MemberId;
use entity::kinds::MemberCategory;
use entity::{audit_detail, audit_entry, member};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};
use support::prelude::*;

use crate::authz::{self, Operation};
use crate::furniture::{Furniture, furnish};
use crate::rooms::{Entry, Room};

/// What the room's tests bring.
pub(crate) const ROOM: Room = Room { foreign: &["account"], ..Room::of("sheet") };

const EXCEL: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const CSV: &str = "text/csv";

/// Lists that are no tables, each with the reason.
const NO_SHEET: &[(&str, &str)] = &[
    ("list_account_candidates", "the first twenty, for a field in which one is chosen"),
    ("list_days", "the calendar of the State Council, which is no record of the township's"),
    ("list_grid_boundaries", "a file already, GeoJSON"),
    ("list_roles", "the roles as they are shipped"),
    ("list_sessions", "where one is signed in oneself"),
];

/// A list of the contract.
struct List {
    operation: Operation,
    entry: Entry,
    /// Keys and headings of its file.
    columns: Vec<(String, String, String)>,
    /// The orders that it knows.
    orders: Vec<String>,
    parameters: BTreeSet<String>,
}

impl List {
    fn path(&self, furniture: &Furniture) -> String {
        let path = self.operation.path(self.entry.filled(furniture).0.as_deref());
        let first = if self.entry.query.is_empty() { "" } else { "&" };
        format!("{path}?{}{first}", self.entry.query)
    }

    /// Somebody who may read it, of the roster if there is one such.
    async fn reader(&self, app: &TestApp, path: &str) -> Client {
        let all = [Who::GridHead, Who::Worker].into_iter().chain(Who::ALL);
        for who in all.filter(|who| self.entry.allows(*who)) {
            let client = app.client(who, Town::A).await;
            if client.get(path).await.status == 200 {
                return client;
            }
        }
        panic!("nobody reads {path}");
    }
}

/// The lists, and the operations that answer `items` and are none.
fn lists() -> (Vec<List>, BTreeSet<String>) {
    let contract = serde_json::to_value(api::openapi()).unwrap();
    let mut told = BTreeMap::new();
    let mut others = BTreeSet::new();
    for item in contract["paths"].as_object().unwrap().values() {
        let get = &item["get"];
        let Some(id) = get["operationId"].as_str() else { continue };
        let schema = &get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        let Some(schema) = schema.as_str() else { continue };
        let schema = contract.pointer(schema.trim_start_matches('#')).unwrap();
        let properties = &schema["properties"];
        if properties["items"].is_null() && !id.starts_with("list_") {
            continue;
        }
        match get["x-columns"].as_array() {
            Some(_) => drop(told.insert(id.to_owned(), get.clone())),
            None => drop(others.insert(id.to_owned())),
        }
    }
    let lists = authz::paired().into_iter().filter_map(|(operation, entry)| {
        let get = told.remove(&operation.id)?;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let columns = get["x-columns"].as_array().unwrap().iter();
        let parameters = get["parameters"].as_array().unwrap();
        let orders = parameters.iter().find(|one| one["name"] == "sort");
        let orders = orders.into_iter().flat_map(|one| one["schema"]["enum"].as_array().unwrap());
        Some(List {
            columns: columns
                .map(|one| (text(&one["key"]), text(&one["zh"]), text(&one["en"])))
                .collect(),
            orders: orders.map(text).collect(),
            parameters: parameters.iter().map(|one| text(&one["name"])).collect(),
            operation,
            entry,
        })
    });
    let lists = lists.collect();
    assert!(told.is_empty(), "{told:?}");
    (lists, others)
}

/// The rows of a CSV file, headings first.
fn table(answer: &support::Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.status, 200, "{}", answer.without_trace());
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let text = answer.bytes.strip_prefix("\u{feff}".as_bytes()).expect("the mark of UTF-8");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

async fn taken(client: &Client, path: &str, kind: &str) -> support::Answer {
    client.send(client.request(Method::GET, path).header("accept", kind)).await
}

async fn csv_of(client: &Client, path: &str) -> Vec<Vec<String>> {
    table(&taken(client, path, CSV).await)
}

/// All rows of a list, page by page.
async fn all(client: &Client, path: &str, limit: u16) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = client.get(&format!("{path}limit={limit}{cursor}")).await.ok(200);
        rows.extend(answer["items"].as_array().unwrap().iter().cloned());
        match answer["next_cursor"].as_str() {
            None => return rows,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

/// People with names that are alike, in part and wholly.
async fn people(app: &TestApp, count: usize) {
    let mut random = StdRng::seed_from_u64(support::seed());
    let rows = (0..count).map(|number| {
        let (name, initials) = *[("王芳", "wf"), ("王飞", "wf"), ("安然", "ar"), ("张三", "zs")]
            .choose(&mut random)
            .unwrap();
        member::ActiveModel {
            id: Set(MemberId::new()),
            number: Set(format!("V{number:05}")),
            name: Set(name.to_owned()),
            name_initials: Set(initials.to_owned()),
            category: Set(*MemberCategory::ALL.choose(&mut random).unwrap()),
            phone: Set(None),
            phone_tail: Set(None),
            party_org_id: Set(None),
            created_at: Set(app.clock.now()),
            version: Set(1),
            ..Default::default()
        }
    });
    let rows: Vec<_> = rows.collect();
    let scope = app.scope(Town::A);
    scope
        .write(async move |tx: &Tx| tx.insert_many::<member::ActiveModel>(rows).await)
        .await
        .unwrap();
}

#[test]
fn every_list_is_a_table_or_says_why_not() {
    let (lists, others) = lists();
    let exempt: BTreeSet<String> = NO_SHEET.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(others, exempt);
    assert!(lists.len() >= 18, "{}", lists.len());
    for list in lists {
        let id = &list.operation.id;
        let keys: BTreeSet<&String> = list.columns.iter().map(|one| &one.0).collect();
        assert_eq!(keys.len(), list.columns.len(), "{id} has a column twice");
        let paged = list.parameters.contains("cursor");
        assert_eq!(paged, list.parameters.contains("total"), "{id} can be counted");
        assert_eq!(paged, !list.orders.is_empty(), "{id} can be ordered");
    }
}

on_both! {
    /// Whatever is listed: its number is that of its rows, each order has all of them and its reverse is the reverse, on pages of any size,
    /// and the file has the same rows in the same order.
    async fn a_list_its_number_its_orders_and_its_file_agree(app: TestApp) {
        let furniture = furnish(&app, Town::A).await;
        people(&app, 23).await;
        let mut random = StdRng::seed_from_u64(support::seed());
        let mut ordered = 0;
        for list in lists().0 {
            let id = &list.operation.id;
            let path = list.path(&furniture);
            let client = list.reader(&app, &path).await;
            let paged = list.parameters.contains("cursor");
            let rows = if paged {
                all(&client, &path, 200).await
            } else {
                client.get(&path).await.ok(200)["items"].as_array().unwrap().clone()
            };
            if paged {
                let counted = client.get(&format!("{path}limit=1&total=true")).await.ok(200);
                assert_eq!(counted["total"], json!(rows.len()), "{id}");
                assert!(client.get(&path).await.ok(200).get("total").is_none(), "{id} is not counted unasked");
            }
            // The log grows by what is read of it.
            let grows = id.contains("audit");
            let file = csv_of(&client, &path).await;
            let headings: Vec<&String> = list.columns.iter().map(|one| &one.1).collect();
            assert_eq!(file[0].iter().collect::<Vec<_>>(), headings, "{id}");
            assert!(grows || file.len() == rows.len() + 1, "{id}: {} of {}", file.len(), rows.len());

            let key = |row: &Value| row.to_string();
            let set = |rows: &[Value]| rows.iter().map(key).collect::<BTreeSet<_>>();
            for order in list.orders.iter().filter(|order| !order.starts_with('-')) {
                if grows {
                    continue;
                }
                ordered += 1;
                let limit = random.random_range(1..=7);
                let rising = all(&client, &format!("{path}sort={order}&"), limit).await;
                let mut falling = all(&client, &format!("{path}sort=-{order}&"), limit).await;
                assert_eq!(set(&rising), set(&rows), "{id} by {order}");
                falling.reverse();
                assert_eq!(rising, falling, "{id} by {order}, and the other way round");
                let file = csv_of(&client, &format!("{path}sort={order}")).await;
                assert_eq!(file.len(), rising.len() + 1, "{id} by {order}");
            }
        }
        assert!(ordered > 20, "{ordered} orders");
    }
}

on_both! {
    /// Names go by the initials of their pinyin, then by their characters, then by number; the file says what the page says.
    async fn people_are_ordered_as_they_are_looked_up(app: TestApp) {
        people(&app, 40).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let rows = all(&clerk, "/members?q=V&sort=name&", 7).await;
        let said: Vec<(&str, &str)> =
            rows.iter().map(|row| (row["name"].as_str().unwrap(), row["number"].as_str().unwrap())).collect();
        let initials = BTreeMap::from([("王芳", "wf"), ("王飞", "wf"), ("安然", "ar"), ("张三", "zs")]);
        let mut sorted = said.clone();
        sorted.sort_by_key(|(name, number)| (initials[name], *name, *number));
        assert_eq!((said.len(), &said), (40, &sorted));

        let file = csv_of(&clerk, "/members?q=V&sort=name&columns=name,number").await;
        assert_eq!(file[0], ["姓名", "编号"]);
        let filed: Vec<(&str, &str)> = file[1..].iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
        assert_eq!(filed, said);
    }
}

on_both! {
    /// JSON for whoever does not mind, a file for who prefers one; columns are the file's.
    async fn what_the_client_takes_says_what_is_answered(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        for (accept, kind) in [
            ("*/*", "application/json"),
            ("application/json", "application/json"),
            ("application/json, text/csv", "application/json"),
            (&format!("text/csv, {EXCEL}, application/json"), "application/json"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
            ("text/html", "application/json"),
            ("text/csv", "text/csv; charset=utf-8"),
            ("text/csv, application/json;q=0.9", "text/csv; charset=utf-8"),
            (EXCEL, EXCEL),
            (&format!("{EXCEL}, */*;q=0.1"), EXCEL),
        ] {
            let answer = taken(&clerk, "/members", accept).await;
            answer.ok(200);
            assert_eq!(answer.header("content-type"), Some(kind), "{accept}");
            let is_file = kind != "application/json";
            assert_eq!(answer.header("content-disposition").is_some(), is_file, "{accept}");
        }
        for (accept, query) in [(CSV, "columns=name,age"), (CSV, "columns=name,name"), (CSV, "columns=,"), ("*/*", "columns=name")] {
            let refused = taken(&clerk, &format!("/members?{query}"), accept).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["field"], "columns", "{query}");
        }
        taken(&clerk, "/members?colums=name", CSV).await.problem(422, "validation_failed");
        let english = clerk.request(Method::GET, "/members?columns=phone").header("accept", CSV).header("accept-language", "en");
        assert_eq!(table(&clerk.send(english).await)[0], ["Phone"]);
    }
}

on_both! {
    /// Title, who made it for whom and when, how many; then the headings and the rows, numbers as numbers and days as days.
    async fn a_workbook_says_what_it_is(app: TestApp) {
        people(&app, 3).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        let answer = taken(&clerk, "/members?q=V", EXCEL).await;
        answer.ok(200);
        assert!(answer.header("content-encoding").is_none_or(|one| one == "identity"));
        let name = answer.header("content-disposition").unwrap().to_owned();
        assert!(name.starts_with("attachment; filename*=UTF-8''%") && name.ends_with(".xlsx"), "{name}");
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.bytes)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let rows: Vec<Vec<String>> =
            sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(rows[0][0], "漕泾镇人员名册");
        let note = &rows[1][0];
        assert!(note.contains("单位：漕泾镇") && note.contains("制表人：") && note.contains("共 3 条"), "{note}");
        assert_eq!(rows[2], ["编号", "姓名", "类别", "手机", "党组织", "岗位"]);
        assert_eq!(rows.len(), 6);
        assert_eq!(rows[3][0], "V00000");
    }
}

on_both! {
    /// What people type is text in a file, whatever a spreadsheet would make of it.
    async fn a_cell_is_never_a_formula(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let typed = "=HYPERLINK(\"http://x\",\"y\")";
        let body = json!({"number": "F1", "name": typed, "category": "resident"});
        clerk.post("/members", &body).await.ok(201);
        let file = csv_of(&clerk, "/members?q=F1&columns=name").await;
        assert_eq!(file[1], [format!("'{typed}")]);
        let answer = taken(&clerk, "/members?q=F1&columns=name", EXCEL).await;
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.bytes)).unwrap();
        assert!(book.worksheet_formula("Sheet1").unwrap().is_empty());
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        assert_eq!(sheet.get_value((3, 0)).unwrap().to_string(), typed);
    }
}

on_both! {
    /// Whoever sees less has less in the file, and telephone numbers that are hidden on the page are hidden there.
    async fn a_file_shows_what_its_reader_sees(app: TestApp) {
        furnish(&app, Town::A).await;
        let mut seen = BTreeSet::new();
        for who in [Who::Clerk, Who::GridHead, Who::SubHead, Who::Worker] {
            let client = app.client(who, Town::A).await;
            let rows = all(&client, "/tasks?", 200).await;
            let file = csv_of(&client, "/tasks?columns=title").await;
            let titles: Vec<String> = rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect();
            assert_eq!(file[1..].concat(), titles, "{who:?}");
            seen.insert(rows.len());
        }
        assert!(seen.len() > 1, "all see the same: {seen:?}");
        let member = app.client(Who::GridHead, Town::A).await;
        let file = csv_of(&member, "/members?columns=phone").await;
        let open: Vec<_> = file[1..].concat().into_iter().filter(|one| !one.is_empty() && !one.contains("****")).collect();
        assert_eq!(open, Vec::<String>::new());
    }
}

on_both! {
    /// Who took which list, with which filters and columns, and how many rows; what was typed to search is masked.
    async fn who_takes_a_list_is_recorded(app: TestApp) {
        people(&app, 5).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        csv_of(&clerk, "/members?q=%E5%BC%A0%E4%B8%89&category=resident&columns=name").await;
        taken(&clerk, "/members?columns=none", CSV).await.problem(422, "validation_failed");
        clerk.get("/members").await.ok(200);
        let entries = app
            .scope(Town::A)
            .read(async |tx: &Tx| {
                let find = tx.find::<audit_entry::Entity>();
                let found = find.filter(audit_entry::Column::Act.eq("export_list")).order_by_asc(audit_entry::Column::Id).all().await?;
                let details = tx.find::<audit_detail::Entity>().all().await?;
                let content = |id| details.iter().find(|one| one.entry_id == id).unwrap().content.clone();
                Ok(found.into_iter().map(|one| (one.account_id, content(one.id))).collect::<Vec<_>>())
            })
            .await
            .unwrap();
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!(entries[0].0, Some(app.town(Town::A).accounts[&Who::Clerk].id));
        let content: Value = serde_json::from_str(&entries[0].1).unwrap();
        let said: BTreeMap<&str, &str> = content["changes"].as_array().unwrap().iter()
            .map(|one| (one["field"].as_str().unwrap(), one["after"].as_str().unwrap())).collect();
        assert_eq!((said["list"], said["form"], said["columns"], said["category"]), ("list_members", "csv", "name", "resident"));
        assert_eq!(said["q"], "张*");
        assert!(said["rows"].parse::<u64>().is_ok());
    }
}

on_both! {
    /// More rows than are read at once; and one among the last of them that cannot be read: then there is no file, and no entry of one.
    async fn what_fails_on_the_way_is_no_file(app: TestApp) {
        people(&app, 2_100).await;
        let clerk = app.client(Who::Clerk, Town::A).await;
        for kind in [CSV, EXCEL] {
            let whole = taken(&clerk, "/members?q=V", kind).await;
            whole.ok(200);
            if kind == CSV {
                let rows = table(&whole);
                let numbers: BTreeSet<&String> = rows[1..].iter().map(|row| &row[0]).collect();
                assert_eq!((rows.len(), numbers.len()), (2_101, 2_100));
            }
        }
        let outside = app.outside().await;
        outside.execute_unprepared("UPDATE member SET category = 'nobody' WHERE number = 'V02050'").await.unwrap();
        for kind in [CSV, EXCEL] {
            let broken = taken(&clerk, "/members?q=V", kind).await;
            assert!(broken.status >= 500, "{}", broken.status);
            assert_eq!(broken.header("content-type"), Some("application/problem+json"));
        }
        let exported = app
            .scope(Town::A)
            .read(async |tx: &Tx| {
                let find = tx.find::<audit_entry::Entity>();
                find.filter(audit_entry::Column::Act.eq("export_list")).count().await
            })
            .await
            .unwrap();
        assert_eq!(exported, 2);
        outside.execute_unprepared("UPDATE member SET category = 'resident' WHERE number = 'V02050'").await.unwrap();
        outside.close().await.unwrap();
    }
}
