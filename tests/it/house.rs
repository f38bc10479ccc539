//! The house as it is drawn: every room stands on its floor, nobody climbs, and whose tables a room reads is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::rooms::{ROOMS, Room};

/// The tables of the ground, which has no feature, and those beside them that it reads.
const GROUND: &[Room] = &[
    Room {
        tables: &["bell", "idempotency_key", "probe", "revocation", "setup_token", "tenant"],
        ..Room::of("tenancy")
    },
    // Who asks: read with every token that is not remembered.
    Room { foreign: &["account", "account_role", "member", "session"], ..Room::of("auth") },
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The rooms from the roof down, as the head of `api/src/lib.rs` draws them, each with its place in its floor.
fn picture() -> BTreeMap<String, (i32, usize)> {
    let lib = std::fs::read_to_string(root().join("api/src/lib.rs")).unwrap();
    let mut rooms = BTreeMap::new();
    for line in lib.lines().filter_map(|line| line.strip_prefix("//! ")) {
        let floor = match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["roof", ..] => 5,
            ["floor", number, ..] => number.parse().unwrap(),
            _ => continue,
        };
        // Three spaces and more part the rooms from the remark; two part one room from the next.
        let rooms_of_it = line.split_once("   ").unwrap().1.trim_start();
        let rooms_of_it = rooms_of_it.split("   ").next().unwrap();
        for (place, room) in rooms_of_it.split_whitespace().enumerate() {
            assert!(rooms.insert(room.to_owned(), (floor, place)).is_none(), "{room} stands twice");
        }
    }
    rooms
}

/// Where the rooms of a floor stand: those of the first in the crate that cannot see the others.
fn place(floor: i32) -> PathBuf {
    root().join(if floor == 1 { "api/ground/src" } else { "api/src" })
}

/// The sources of a room without their tests.
fn sources(room: &str, floor: i32) -> Vec<String> {
    let file = place(floor).join(format!("{room}.rs"));
    let mut found = Vec::new();
    let mut folders = vec![place(floor).join(room)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            // Tests beside what they test, and not what calls itself so.
            if path.file_stem().is_some_and(|name| name == "tests") && is_tests(&folder) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    found.extend(file.exists().then_some(file));
    assert!(!found.is_empty(), "{room} has no sources on floor {floor}");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap().to_owned();
        // Comments name what they like.
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    found.into_iter().map(read).collect()
}

/// Whether the module of this folder declares its `tests` for tests alone.
fn is_tests(folder: &Path) -> bool {
    [folder.join("mod.rs"), folder.with_extension("rs")]
        .iter()
        .filter_map(|module| std::fs::read_to_string(module).ok())
        .any(|text| text.contains("#[cfg(test)]\nmod tests;"))
}

/// The names that follow a prefix in a text, those in braces among them: `entity::{task, task_log}`, `entity::task::Model`.
fn named(text: &str, prefix: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices(prefix) {
        let part_of_another =
            text[..at].chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        if part_of_another {
            continue;
        }
        let rest = &text[at + prefix.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let (mut depth, mut item) = (0, String::new());
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    found.insert(word(&std::mem::take(&mut item)));
                    continue;
                }
                _ => {}
            }
            item.push(c);
        }
        found.insert(word(&item));
    }
    found
}

#[test]
fn the_picture_shows_every_room() {
    let declared = |floor: i32| -> BTreeSet<String> {
        let lib = std::fs::read_to_string(place(floor).join("lib.rs")).unwrap();
        lib.lines()
            .filter_map(|line| line.strip_prefix("pub mod ").or_else(|| line.strip_prefix("mod ")))
            .map(|line| line.trim_end_matches(';').to_owned())
            .collect()
    };
    let (ground, upper): (Vec<_>, Vec<_>) =
        picture().into_iter().partition(|(_, (floor, _))| *floor == 1);
    let names = |rooms: Vec<(String, _)>| -> BTreeSet<String> {
        rooms.into_iter().map(|(room, _)| room).collect()
    };
    let (first, others) = (declared(1), declared(2));
    assert_eq!(names(ground), first);
    assert_eq!(names(upper), others);
    for feature in api::FEATURES {
        let known = first.contains(feature.name) || others.contains(feature.name);
        assert!(known, "{} is no room", feature.name);
    }
}

/// Whether a room may know of another: it stands on it.
fn stands_on((floor, place): (i32, usize), (below, left): (i32, usize)) -> bool {
    let sideways =
        below == floor && (floor == 1 || floor == 5 || ([2, 3].contains(&floor) && left < place));
    below < floor || sideways
}

#[test]
fn nobody_climbs() {
    let picture = picture();
    let mut wrong = Vec::new();
    for (room, own) in &picture {
        for used in sources(room, own.0).iter().flat_map(|text| named(text, "crate::")) {
            let Some(other) = picture.get(&used) else { continue };
            if used != *room && !stands_on(*own, *other) {
                wrong.push(format!("{room} uses {used}"));
            }
        }
    }
    wrong.sort_unstable();
    wrong.dedup();
    assert_eq!(wrong, Vec::<String>::new());
}

/// What an act changes is told by a room that knows both, the act and the read: they are its own, or those of rooms it stands on.
#[test]
fn a_room_tells_of_changes_that_it_knows() {
    let picture = picture();
    let entries =
        ROOMS.iter().flat_map(|room| room.rights.iter().map(|one| (one.operation, room.name)));
    let rooms: BTreeMap<&str, &str> = entries.collect();
    let mut wrong = Vec::new();
    for feature in api::FEATURES {
        for (act, reads) in feature.changes {
            for named in std::iter::once(act).chain(*reads) {
                let Some(room) = rooms.get(named) else {
                    wrong.push(format!("{}: there is no {named}", feature.name));
                    continue;
                };
                if *room != feature.name && !stands_on(picture[feature.name], picture[*room]) {
                    wrong.push(format!("{} tells of {named}, which is of {room}", feature.name));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_ground_depends_on_no_other_crate_of_ours_but_the_tables() {
    let manifest = std::fs::read_to_string(root().join("api/ground/Cargo.toml")).unwrap();
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let ours = workspace.lines().filter(|line| line.contains("{ path = "));
    let ours = ours.filter_map(|line| line.split_whitespace().next());
    let used: Vec<&str> =
        ours.filter(|name| manifest.contains(&format!("\n{name}.workspace"))).collect();
    assert_eq!(used, ["entity", "migration"]);
}

#[test]
fn whose_tables_a_room_reads_is_written_down() {
    let tables: BTreeSet<String> = std::fs::read_dir(root().join("entity/src"))
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            text.contains("DeriveEntityModel")
                .then(|| path.file_stem().unwrap().to_str().unwrap().to_owned())
        })
        .collect();
    let rooms: Vec<&Room> = ROOMS.iter().chain(GROUND).collect();
    let owned: BTreeSet<&str> = rooms.iter().flat_map(|room| room.tables).copied().collect();
    assert_eq!(owned, tables.iter().map(String::as_str).collect(), "each table has its room");
    let of = |room: &str, tables: fn(&Room) -> &'static [&'static str]| -> BTreeSet<String> {
        let mine = rooms.iter().filter(|one| one.name == room);
        mine.flat_map(|one| tables(one)).map(|table| (*table).to_owned()).collect()
    };
    for (room, (floor, _)) in picture() {
        if floor == 5 {
            continue;
        }
        let read: BTreeSet<String> = sources(&room, floor)
            .iter()
            .flat_map(|text| named(text, "entity::"))
            .filter(|name| tables.contains(name))
            .collect();
        let own = of(&room, |one| one.tables);
        let foreign: BTreeSet<String> = read.difference(&own).cloned().collect();
        assert_eq!(foreign, of(&room, |one| one.foreign), "{room}");
    }
}

/// What says when a row was written is set by `tenancy` alone: a room that set it could write past those who keep a copy.
#[test]
fn nobody_else_stamps() {
    for (room, (floor, _)) in picture() {
        for text in sources(&room, floor) {
            let set = text.lines().filter(|line| {
                let line = line.trim();
                line.contains("changed_at: Set(")
                    || line.contains("changed_at = ")
                    || (line.contains("col_expr(") && line.contains("ChangedAt"))
            });
            assert_eq!(set.collect::<Vec<_>>(), Vec::<&str>::new(), "{room}");
        }
    }
}

/// What was once listed goes on being listed and ends by its state: of what is ever removed there is this, and nothing else. A copy that
/// is kept in step learns of no removal, so whatever is added here is said in `openapi/README.md`.
#[test]
fn hardly_anything_is_ever_removed() {
    let mut removed = BTreeSet::new();
    for (room, (floor, _)) in picture() {
        for text in sources(&room, floor) {
            let text = text.replace([' ', '\n'], "");
            for table in named(&text, "delete_many::<") {
                removed.insert(format!("{room} {table}"));
            }
        }
    }
    let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
    assert_eq!(
        removed,
        [
            // The roles of an account, which are written anew.
            "account account_role",
            // Photos that nobody handed in.
            "attachment attachment",
            // The words of a person, where they are to be erased; whole entries go after `audit_days`, as their owner.
            "audit audit_detail",
            // A draft's items, which are written anew.
            "checklist checklist_item",
            // Answers to repetitions; jobs that are done.
            "jobs idempotency_key",
            "jobs job",
            // Whom a notice goes to, written anew.
            "notice notice_role",
            // Sessions that have ended.
            "session session",
        ]
    );
}

/// Every feature of the product has its module here, and every module its feature.
#[test]
fn every_feature_has_its_tests() {
    let tested: Vec<&str> = ROOMS.iter().map(|room| room.name).collect();
    let features: Vec<&str> = api::FEATURES.iter().map(|feature| feature.name).collect();
    let sorted =
        |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&tested), sorted(&features));
}
