//! One of everything in a township, made over HTTP as its people would make it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;
use crate::client::Client;
use crate::fixture::{Town, Who};

/// Ids (and a check-in code) by what they name.
#[derive(Debug, Clone)]
pub struct Furniture {
    ids: BTreeMap<&'static str, String>,
}

/// What a furnished township has.
pub const KINDS: [&str; 17] = [
    "account",
    "activity",
    "attachment",
    "attachment_link",
    "check_in",
    "checklist",
    "code",
    "draft",
    "grid",
    "grid_post",
    "import",
    "job",
    "member",
    "party_org",
    "session",
    "task",
    "township",
];

impl Furniture {
    /// The id of a thing.
    #[must_use]
    pub fn id(&self, kind: &str) -> &str {
        self.ids.get(kind).unwrap_or_else(|| panic!("no {kind} among the furniture"))
    }

    /// Ids that name nothing anywhere, of the same form.
    #[must_use]
    pub fn absent() -> Self {
        let code = "A".repeat(64);
        let ids = KINDS.into_iter().map(|kind| {
            let sealed = ["attachment_link", "code"].contains(&kind);
            (kind, if sealed { code.clone() } else { Uuid::now_v7().to_string() })
        });
        Self { ids: ids.collect() }
    }

    /// A text with every id of this furniture blanked, so that answers about different things can be compared.
    #[must_use]
    pub fn blanked(&self, text: &str) -> String {
        self.ids.values().fold(text.to_owned(), |text, id| text.replace(id.as_str(), "-"))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

/// A picture of 2 × 2 pixels.
#[must_use]
pub fn picture() -> Vec<u8> {
    // A PNG written by hand: header, one stored block of image data, end; checksums included.
    const PNG: &[u8] = &[
        0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0,
        0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0, 0xfd, 0xd4, 0x9a, 0x73,
    ];
    let rows: [u8; 14] = [0, 200, 30, 30, 30, 200, 30, 0, 30, 30, 200, 200, 200, 30];
    let mut data = vec![0x78, 0x01, 0x01, 14, 0, !14, 0xff];
    data.extend_from_slice(&rows);
    data.extend_from_slice(&adler(&rows).to_be_bytes());
    let mut png = PNG.to_vec();
    chunk(&mut png, b"IDAT", &data);
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend_from_slice(&u32::try_from(data.len()).expect("small").to_be_bytes());
    let from = png.len();
    png.extend_from_slice(kind);
    png.extend_from_slice(data);
    let checksum = crc(png.get(from..).unwrap_or_default());
    png.extend_from_slice(&checksum.to_be_bytes());
}

fn adler(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    (b << 16) | a
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// A roster with a fault in its second row of data: a category that there is none of.
#[must_use]
pub fn faulty_roster() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let rows = [
        ["编号*", "姓名*", "类别*", "手机", "党组织编码", "网格编码", "岗位"],
        ["9001", "吴芳", "群众", "", "", "", ""],
        ["9002", "郑强", "路人", "", "", "", ""],
    ];
    for (row, cells) in (0_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            sheet.write_string(row, column, cell).expect("a cell");
        }
    }
    book.save_to_buffer().expect("a workbook")
}

impl TestApp {
    /// Makes one of everything in a township: a published checklist with tasks open, submitted and verified, a second
    /// one as a draft, an activity with a check-in, an import with a fault, an appointment.
    pub async fn furnish(&self, town: Town) -> Furniture {
        let township = self.town(town);
        let clerk = self.client(Who::Clerk, town).await;
        let mut ids = BTreeMap::new();
        ids.insert("account", township.accounts[&Who::Leader].id.to_string());
        ids.insert("grid", township.grids.general.to_string());
        ids.insert("member", township.members.spare.to_string());
        ids.insert("party_org", township.orgs.branch.to_string());
        ids.insert("township", township.code.to_owned());
        api::audit::seal(&self.scope(town)).await.expect("the audit log is sealed");
        let administrator = self.client(Who::Administrator, town).await;
        let jobs = administrator.get("/jobs?kind=session.forget_ended").await.ok(200);
        ids.insert("job", text(&jobs["items"][0]["id"]));
        ids.insert("session", text(&clerk.get("/sessions").await.ok(200)["items"][0]["id"]));

        let appointed = clerk
            .post(
                "/grid-posts",
                &json!({"grid_id": township.grids.other_general, "member_id": township.members.spare, "kind": "general_head"}),
            )
            .await
            .ok(201);
        ids.insert("grid_post", text(&appointed["id"]));

        let import = clerk
            .upload(
                "/imports/members?dry_run=true",
                "file",
                "roster.xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                faulty_roster(),
            )
            .await
            .ok(200);
        ids.insert("import", text(&import["id"]));

        self.checklists(town, &clerk, &mut ids).await;
        self.activities(town, &clerk, &mut ids).await;
        Furniture { ids }
    }

    async fn checklists(
        &self,
        town: Town,
        clerk: &Client,
        ids: &mut BTreeMap<&'static str, String>,
    ) {
        let item = |what: &str, role: &str, evidence: &str| json!({"what": what, "role": role, "frequency": "monthly", "evidence": evidence, "limit_working_days": 5, "points": 2});
        let list = clerk
            .post(
                "/checklists",
                &json!({"kind": "responsibility", "title": "网格责任清单", "items": [
                    item("召开一次网格会议", "general_head", "text"),
                    item("走访一次党员中心户", "sub_head", "photo"),
                    item("巡查一次网格", "worker", "none"),
                ]}),
            )
            .await
            .ok(201);
        let id = text(&list["id"]);
        let version = list["version"].as_i64().expect("a version");
        clerk
            .change(
                reqwest::Method::POST,
                &format!("/checklists/{id}/publish"),
                version,
                &json!({}),
            )
            .await
            .ok(200);
        let draft = clerk
            .post(
                "/checklists",
                &json!({"kind": "responsibility", "title": "待发布的清单", "items": [item("整理台账", "sub_head", "none")]}),
            )
            .await
            .ok(201);
        ids.insert("checklist", id);
        ids.insert("draft", text(&draft["id"]));

        let first = async |client: &Client| {
            text(&client.get("/tasks/inbox").await.ok(200)["items"][0]["id"])
        };
        let head = self.client(Who::GridHead, town).await;
        ids.insert("task", first(&head).await);

        let sub_head = self.client(Who::SubHead, town).await;
        let photo = sub_head
            .upload("/attachments", "file", "photo.png", "image/png", picture())
            .await
            .ok(201);
        let photographed = first(&sub_head).await;
        sub_head
            .post(
                &format!("/tasks/{photographed}/submit"),
                &json!({"attachment_ids": [photo["id"]], "place": {"lng": 121.41, "lat": 30.8}}),
            )
            .await
            .ok(200);
        let link = format!("/attachments/{}/link", text(&photo["id"]));
        let url = text(&sub_head.get(&link).await.ok(200)["url"]);
        ids.insert("attachment_link", url.rsplit('/').next().unwrap_or_default().to_owned());
        ids.insert("attachment", text(&photo["id"]));

        let worker = self.client(Who::Worker, town).await;
        let patrol = first(&worker).await;
        worker.post(&format!("/tasks/{patrol}/submit"), &json!({})).await.ok(200);
        clerk.post(&format!("/tasks/{patrol}/verify"), &json!({})).await.ok(200);
    }

    async fn activities(
        &self,
        town: Town,
        clerk: &Client,
        ids: &mut BTreeMap<&'static str, String>,
    ) {
        let township = self.town(town);
        let now = api::clock::beijing(self.clock.now());
        let later = api::clock::beijing(self.clock.now() + chrono::TimeDelta::hours(2));
        let activity = clerk
            .post(
                "/activities",
                &json!({
                    "title": "河道清理",
                    "description": "请自带手套。",
                    "grid_id": township.grids.general,
                    "place": "水库村党群服务站",
                    "starts_at": now.to_rfc3339(),
                    "ends_at": later.to_rfc3339(),
                    "capacity": 20,
                    "steward_id": township.members.worker,
                }),
            )
            .await
            .ok(201);
        let id = text(&activity["id"]);
        let member = self.client(Who::Member, town).await;
        member.act(&format!("/activities/{id}/sign-up")).await.ok(200);
        let steward = self.client(Who::Worker, town).await;
        let code = steward.get(&format!("/activities/{id}/check-in-code")).await.ok(200);
        let check_in = member.post("/check-ins", &json!({"code": code["code"]})).await.ok(201);
        ids.insert("activity", id);
        ids.insert("code", text(&code["code"]));
        ids.insert("check_in", text(&check_in["id"]));
    }
}
