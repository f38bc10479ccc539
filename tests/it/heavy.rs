//! Files that cost more than they weigh: bounded in processor time and memory, one at a time per township, stopped when
//! the client goes, and never in the way of people who read and write rows.

use std::io::Write;
use std::time::{Duration, Instant};

use api::work::{Lane, Places};
use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};
use support::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

// ---- places ------------------------------------------------------------------------------------

/// A request for work without an end (a handler of the tests), on a connection of its own.
async fn endless(app: &TestApp) -> TcpStream {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let request = format!("GET /test/endless HTTP/1.1\r\nhost: {}\r\n\r\n", app.address());
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Waits until a number is reached; each look is a request, which is wait enough between two. Gives the time it took.
async fn until(app: &TestApp, what: &str, reached: impl Fn(&Places) -> bool) -> Duration {
    let scope = app.scope(Town::A);
    let places: &Places = scope.shared().unwrap();
    let begin = Instant::now();
    while !reached(places) {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{what}: {} run",
            places.running(Lane::File)
        );
        let client = app.anonymous();
        client.send(client.outside(Method::GET, "/healthz")).await;
    }
    begin.elapsed()
}

/// The status line and headers of an answer.
async fn head(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut buffer = [0_u8; 4096];
    while !answer.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the server hung up");
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&answer).to_ascii_lowercase()
}

on_both! {
    /// One file of a township at a time, two wait, the next is told when to come again; who hangs up makes room within
    /// a moment, be it politely or not; small requests are answered all the while.
    async fn heavy_work_has_one_place_and_stops_with_its_client(app: TestApp) {
        let clerk = app.client(Who::Clerk, Town::A).await;
        let first = endless(&app).await;
        until(&app, "it runs", |places| places.running(Lane::File) == 1).await;
        let second = endless(&app).await;
        until(&app, "one waits", |places| places.waiting(Lane::File) == 1).await;
        let third = endless(&app).await;
        until(&app, "two wait", |places| places.waiting(Lane::File) == 2).await;
        let refused = head(&mut endless(&app).await).await;
        assert!(refused.starts_with("http/1.1 429") && refused.contains("retry-after: 5"), "{refused}");
        clerk.get("/members").await.ok(200);

        // A reset, and a polite end.
        first.set_zero_linger().unwrap();
        drop(first);
        until(&app, "the next runs", |places| places.waiting(Lane::File) == 1 && places.running(Lane::File) == 1).await;
        drop(third);
        until(&app, "who waited has gone", |places| places.waiting(Lane::File) == 0).await;
        drop(second);
        let took = until(&app, "all have gone", |places| places.running(Lane::File) == 0).await;
        assert!(took < Duration::from_secs(2), "it went on for {took:?}");
        let file = json!({ "type": "FeatureCollection", "features": [{ "type": "Feature" }] });
        clerk.post("/imports/grids", &file).await.ok(200);
    }

    /// Photos that no submission names are bounded; once submitted they no longer count.
    async fn photos_that_are_not_submitted_are_bounded(app: TestApp) {
        use sea_orm::ActiveValue::Set;
        let worker = app.client(Who::Worker, Town::A).await;
        let account = app.town(Town::A).accounts[&Who::Worker].id;
        let scope = app.scope(Town::A);
        let most = api::attachment::rules::MOST_UNSUBMITTED;
        let now = scope.now();
        scope.write(async move |tx| {
            tx.insert_many((0..most - 1).map(|_| entity::attachment::ActiveModel {
                id: Set(entity::ids::AttachmentId::new()),
                media_type: Set("image/jpeg".to_owned()),
                size_bytes: Set(1),
                width: Set(1),
                height: Set(1),
                sha256: Set(String::new()),
                content: Set(vec![0]),
                account_id: Set(account),
                created_at: Set(now),
                ..Default::default()
            }).collect()).await
        }).await.unwrap();
        let upload = |client: Client| async move {
            client.upload("/attachments", "file", "a.png", "image/png", support::picture()).await
        };
        upload(worker.clone()).await.ok(201);
        let refused = upload(worker.clone()).await;
        assert_eq!(refused.header("retry-after"), Some("3600"));
        refused.problem(429, "too_many_requests");
        // Another account is not concerned.
        upload(app.client(Who::GridHead, Town::A).await).await.ok(201);
        // What a month has passed over is deleted, and there is room again.
        app.clock.advance(chrono::Duration::days(31));
        api::jobs::township(&app.scope(Town::A)).await.unwrap();
        upload(app.client(Who::Worker, Town::A).await).await.ok(201);
    }
}

/// What has no end is ended: 422, and the place is free again. No database has a part in it.
#[test]
fn heavy_work_is_ended_when_its_time_is_up() {
    support::run(Db::Sqlite, support::Furnished::Two, |app| async move {
        let ended = head(&mut endless(&app).await).await;
        assert!(ended.starts_with("http/1.1 422"), "{ended}");
        until(&app, "it is over", |places| places.running(Lane::File) == 0).await;
    });
}

// ---- samples -----------------------------------------------------------------------------------

fn deflated(compression: Compression, pieces: impl Iterator<Item = Vec<u8>>) -> (Vec<u8>, u32) {
    let mut encoder = DeflateEncoder::new(Vec::new(), compression);
    let mut crc = flate2::Crc::new();
    for piece in pieces {
        crc.update(&piece);
        encoder.write_all(&piece).unwrap();
    }
    (encoder.finish().unwrap(), crc.sum())
}

/// A ZIP file of these parts.
fn zip(parts: Vec<(&str, (Vec<u8>, u32))>) -> Vec<u8> {
    let (mut file, mut directory, count) = (Vec::new(), Vec::new(), parts.len());
    let n16 = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    let n32 = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    for (name, (packed, crc)) in parts {
        let place = n32(file.len());
        let about =
            [&[8, 0, 0, 0, 0, 0][..], &crc.to_le_bytes(), &n32(packed.len()), &[0; 4]].concat();
        file.extend([b"PK\x03\x04\x14\0\0\0", &about[..], &n16(name.len()), &[0, 0]].concat());
        file.extend(name.as_bytes());
        file.extend(packed);
        directory.extend(
            [b"PK\x01\x02\x14\0\x14\0\0\0", &about[..], &n16(name.len()), &[0; 12], &place]
                .concat(),
        );
        directory.extend(name.as_bytes());
    }
    let (size, begin) = (n32(directory.len()), n32(file.len()));
    file.extend(directory);
    file.extend(
        [b"PK\x05\x06\0\0\0\0", &n16(count)[..], &n16(count), &size, &begin, &[0, 0]].concat(),
    );
    file
}

/// A workbook whose sheet and shared strings are these, and whose one sheet has so many names.
fn workbook(
    names: usize,
    sheet: impl Iterator<Item = Vec<u8>>,
    strings: impl Iterator<Item = Vec<u8>>,
) -> Vec<u8> {
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let best = Compression::best();
    let part = |text: String| deflated(best, std::iter::once(text.into_bytes()));
    let around = |from: &str, pieces: &mut dyn Iterator<Item = Vec<u8>>, to: &str| {
        let (from, to) = (from.as_bytes().to_vec(), to.as_bytes().to_vec());
        deflated(best, std::iter::once(from).chain(pieces).chain(std::iter::once(to)))
    };
    let relation = |id: &str, kind: &str, target: &str| {
        format!(r#"<Relationship Id="{id}" Type="{RELATIONS}/{kind}" Target="{target}"/>"#)
    };
    let named: String =
        (0..names).map(|n| format!(r#"<sheet name="{n}" sheetId="{n}" r:id="r1"/>"#)).collect();
    let (mut sheet, mut strings) = (sheet, strings);
    zip(vec![
        (
            "_rels/.rels",
            part(format!(
                "<Relationships>{}</Relationships>",
                relation("r", "officeDocument", "xl/workbook.xml")
            )),
        ),
        ("xl/workbook.xml", part(format!("<workbook><sheets>{named}</sheets></workbook>"))),
        (
            "xl/_rels/workbook.xml.rels",
            part(format!(
                "<Relationships>{}{}</Relationships>",
                relation("r1", "worksheet", "worksheets/sheet1.xml"),
                relation("r2", "sharedStrings", "sharedStrings.xml")
            )),
        ),
        ("xl/styles.xml", part("<styleSheet/>".to_owned())),
        ("xl/sharedStrings.xml", around("<sst>", &mut strings, "</sst>")),
        (
            "xl/worksheets/sheet1.xml",
            around("<worksheet><sheetData>", &mut sheet, "</sheetData></worksheet>"),
        ),
    ])
}

/// A PNG of one pixel whose colour profile unpacks to so many MiB.
fn png_with_profile(mib: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..mib {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let mut profile = b"\0\0\0\0iCCPp\0\0".to_vec();
    profile.extend(encoder.finish().unwrap());
    let length = u32::try_from(profile.len() - 8).unwrap().to_be_bytes();
    profile[..4].copy_from_slice(&length);
    let mut crc = flate2::Crc::new();
    crc.update(&profile[4..]);
    profile.extend(crc.sum().to_be_bytes());
    let mut png = support::picture();
    // Behind the head.
    png.splice(33..33, profile);
    png
}

/// The head of a JPEG of this size, and next to nothing behind it.
fn jpeg_that_claims(width: u16, height: u16) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    file.extend([1; 64]);
    file.extend([0xFF, 0xC0, 0, 17, 8]);
    file.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    file.extend([3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
    for kind in [0, 0x10] {
        file.extend([0xFF, 0xC4, 0, 20, kind, 1]);
        file.extend([0; 16]);
    }
    file.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    file.extend([0; 2400]);
    file.extend([0xFF, 0xD9]);
    file
}

/// A grid with so many holes, each as wide as it: 3.6 MB for fifty thousand.
fn slivers(holes: u32) -> String {
    let ring = |south: f64, north: f64, west: f64, east: f64| {
        format!(
            "[[{west:.4},{south:.6}],[{east:.4},{south:.6}],[{east:.4},{north:.6}],[{west:.4},{south:.6}]]"
        )
    };
    let mut rings = vec!["[[121,30],[122,30],[122,31],[121,31],[121,30]]".to_owned()];
    rings.extend((0..holes).map(|n| {
        let south = 30.0001 + f64::from(n) * 0.000_003;
        ring(south, south + 0.000_001, 121.0001, 121.9999)
    }));
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"code":"T1","name":"全镇","kind":"township"}},"geometry":{{"type":"Polygon","coordinates":[{}]}}}}]}}"#,
        rings.join(",")
    )
}

/// Processor time of this process in hundredths of a second, and the pages of it that have been in memory at once.
struct Cost {
    ticks: u64,
    base: u64,
}

impl Cost {
    fn kib(field: &str) -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn ticks() -> u64 {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let fields = stat.rsplit(')').next().unwrap();
        fields.split_whitespace().skip(11).take(2).map(|n| n.parse::<u64>().unwrap()).sum()
    }

    fn begin() -> Self {
        // From now on the peak is counted anew.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        Self { ticks: Self::ticks(), base: Self::kib("VmRSS") }
    }

    /// Seconds and MiB.
    fn end(&self) -> (f64, u64) {
        let seconds = f64::from(u32::try_from(Self::ticks() - self.ticks).unwrap()) / 100.0;
        (seconds, Self::kib("VmHWM").saturating_sub(self.base) / 1024)
    }
}

const CHILD: &str = "GEZHI_TEST_MEASURES_ITSELF";
/// MiB that one request may add, with what the test holds of it.
const MIB: u64 = 64;
/// Seconds of processor time, with what the test takes; not optimised, everything is slower by some factor.
const SECONDS: f64 = if cfg!(debug_assertions) { 12.0 } else { 2.0 };

/// Every file that was found to cost minutes or gigabytes, sent to a server that measures itself. It runs as a process of
/// its own: beside other tests neither time nor memory would mean anything.
#[test]
fn files_that_ask_for_too_much_cost_little() {
    if std::env::var_os(CHILD).is_none() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "heavy::files_that_ask_for_too_much_cost_little", "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{said}\n{}", String::from_utf8_lossy(&child.stdout));
        eprintln!("{said}");
        return;
    }
    support::run(Db::Sqlite, support::Furnished::Two, measure);
}

async fn measure(app: TestApp) {
    let clerk = app.client(Who::Clerk, Town::A).await;
    let worker = app.client(Who::Worker, Town::A).await;
    let mut too_dear = Vec::new();
    let mut report = |what: &str, cost: &Cost| {
        let (seconds, mib) = cost.end();
        eprintln!("{what}: {seconds:.2} s, +{mib} MiB");
        if seconds > SECONDS || mib > MIB {
            too_dear.push(what.to_owned());
        }
    };
    let repeated = |piece: &'static str, times: usize| {
        let thousand = piece.repeat(1000).into_bytes();
        std::iter::repeat_n(thousand, times / 1000)
    };
    let none = || std::iter::empty::<Vec<u8>>();
    let header = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>编号</t></is></c><c r="B1" t="inlineStr"><is><t>姓名</t></is></c></row>"#;
    let headed = || std::iter::once(header.as_bytes().to_vec());

    let strings = workbook(1, headed(), repeated("<si><t>a</t></si>", 5_000_000));
    let sheets = workbook(5000, repeated(r#"<row><c s="1"/></row>"#, 200_000), none());
    let blanks =
        workbook(1, headed().chain(repeated(r#"<row><c s="1"/></row>"#, 4_000_000)), none());
    let cells =
        workbook(1, headed().chain(repeated(r#"<c r="A2"><v>1</v></c>"#, 4_000_000)), none());
    let long = workbook(
        1,
        headed(),
        std::iter::once(b"<si><t>".to_vec()).chain(repeated("aaaaaaaaaa", 9_000_000)),
    );
    let import = async |bytes: &[u8]| {
        clerk.upload("/imports/members", "file", "a.xlsx", XLSX, bytes.to_vec()).await
    };
    for (what, bytes) in [
        ("5,000,000 shared strings", &strings),
        ("5,000 names of one sheet", &sheets),
        ("4,000,000 blank cells", &blanks),
        ("4,000,000 times the same cell", &cells),
        ("one string of 90 MB", &long),
    ] {
        let cost = Cost::begin();
        import(bytes).await.problem(422, "too_much_work");
        report(&format!("{what} in {} kB", bytes.len() / 1000), &cost);
    }
    let cost = Cost::begin();
    let eight = futures_util::future::join_all((0..8).map(|_| import(&strings))).await;
    assert!(eight.iter().all(|answer| matches!(answer.status, 422 | 429)));
    report("5,000,000 shared strings, eight at once", &cost);

    let slivers = slivers(50_000);
    let cost = Cost::begin();
    let request = clerk.request(Method::POST, "/imports/grids?dry_run=true");
    let request = request.header("content-type", "application/geo+json").body(slivers.clone());
    let answer = clerk.send(request).await.ok(200);
    assert_eq!((&answer["fault_count"], &answer["created"]), (&json!(0), &json!(1)), "{answer}");
    report(&format!("50,000 holes in {} kB", slivers.len() / 1000), &cost);
    for piece in ["[],", "{},", "[[1,2]],", "[1,2],"] {
        let nested = piece.repeat(4_900_000 / piece.len());
        let body = format!(
            r#"{{"type":"FeatureCollection","features":[{{"geometry":{{"type":"Polygon","coordinates":[{nested}[]]}}}}]}}"#
        );
        let cost = Cost::begin();
        let request = clerk.request(Method::POST, "/imports/grids?dry_run=true");
        let request = request.header("content-type", "application/json").body(body);
        assert_ne!(clerk.send(request).await.ok(200)["fault_count"], json!(0));
        report(&format!("coordinates of {piece}"), &cost);
    }

    // What the type refuses is not read as a tree of values, however it is made.
    for (path, start, piece, bytes) in [
        ("/imports/grids?dry_run=true", r#"{"type":1,"features":["#, r#"{"":0},"#, 4_900_000),
        ("/imports/grids?dry_run=true", r#"{"type":1,"features":["#, "[[]],", 4_900_000),
        ("/tasks/verify", r#"{"tasks":["#, "1,", 900_000),
        ("/tasks/verify", r#"{"tasks":["#, r#"{"":0},"#, 60_000),
    ] {
        let body = format!("{start}{}0]}}", piece.repeat(bytes / piece.len()));
        let cost = Cost::begin();
        let request = clerk.request(Method::POST, path).header("content-type", "application/json");
        clerk.send(request.body(body)).await.problem(422, "validation_failed");
        report(&format!("{bytes} bytes of {piece} at {path}"), &cost);
    }

    let upload = async |bytes: Vec<u8>| {
        worker.upload("/attachments", "file", "a", "image/jpeg", bytes).await
    };
    let mib = if support::soak() { 1024 } else { 256 };
    let profile = png_with_profile(mib);
    let cost = Cost::begin();
    upload(profile).await.ok(201);
    report(&format!("a profile of {mib} MiB"), &cost);
    let photo: &[u8] = include_bytes!("photo-with-place.jpg");
    for (what, bytes) in [
        ("8000 × 8000 pixels in 2.6 kB", jpeg_that_claims(8000, 8000)),
        ("65,500 × 65,500 pixels in 2.6 kB", jpeg_that_claims(65_500, 65_500)),
        ("the first tenth of a photo", photo[..photo.len() / 10].to_vec()),
        ("nine tenths of a photo", photo[..photo.len() / 10 * 9].to_vec()),
    ] {
        let cost = Cost::begin();
        upload(bytes).await.problem(422, "file_unreadable");
        report(what, &cost);
    }
    upload(photo.to_vec()).await.ok(201);
    assert!(too_dear.is_empty(), "too dear: {too_dear:?}");
}
