use std::collections::BTreeMap;

use super::super::sheet::Cell;
use super::*;
use proptest::prelude::*;

fn line(number: u32, cells: &[&str]) -> Row {
    let cells = (0_u32..)
        .zip(cells)
        .filter(|(_, text)| !text.is_empty())
        .map(|(column, text)| (column, Cell::Text((*text).to_owned())))
        .collect::<BTreeMap<_, _>>();
    Row { number, cells }
}

fn sheet(rows: &[&[&str]]) -> Sheet {
    let titles: Vec<&str> = Column::ALL.iter().map(|column| column.title()).collect();
    Sheet {
        header: line(1, &titles),
        rows: (2_u32..).zip(rows).map(|(number, row)| line(number, row)).collect(),
    }
}

fn township() -> Known {
    let org = |code: &str, name: &str| (PartyOrgId::new(), code.to_owned(), name.to_owned());
    let grid =
        |code: &str, name: &str, kind| (GridId::new(), code.to_owned(), name.to_owned(), kind);
    Known {
        orgs: vec![org("D1", "镇党委"), org("D2", "第一支部"), org("D3", "第一支部")],
        grids: vec![
            grid("G1", "水库村", GridKind::General),
            grid("S1", "第1子网格", GridKind::Sub),
            grid("S2", "第2子网格", GridKind::Sub),
        ],
        ..Known::default()
    }
}

fn faults(rows: &[&[&str]]) -> Vec<(u32, String)> {
    let plan = plan(&sheet(rows), &township());
    assert!(plan.faults.is_empty() || (plan.create.is_empty() && plan.appoint.is_empty()));
    plan.faults.into_iter().map(|fault| (fault.row, fault.column)).collect()
}

#[test]
fn headers_as_people_write_them() {
    for (text, column) in [
        (" 编 号 * ", Some(Column::Number)),
        ("姓名＊", Some(Column::Name)),
        ("手机（必填）", Some(Column::Phone)),
        ("所属党组织", Some(Column::PartyOrg)),
        ("导入问题", None),
        ("备注", None),
    ] {
        assert_eq!(Column::of_header(text), column, "{text}");
    }
    for column in Column::ALL {
        assert_eq!(Column::of_header(column.title()), Some(column));
    }
}

#[test]
fn every_fault_has_its_row_and_column() {
    let title = |column: Column| column.title().to_owned();
    let found = faults(&[
        &["M1", "张三", "党员", "13812345678", "D1", "G1", "总网格长"],
        &["", "李四", "党员"],
        &["M1", "王五", "党员"],
        &["M 4", "", "干部", "123"],
        &["M5", "赵六", "群众", "", "第一支部", "S9", "村长"],
        &["M6", "钱七", "群众", "", "D9", "S1"],
        &["M7", "孙八", "群众", "", "", "", "网格员"],
        &["M8", "周九", "群众", "", "", "S1", "总网格长"],
        &["M9", "吴十", "群众", "", "", "G1", "总网格长"],
    ]);
    let expected = [
        (3, Column::Number),
        (4, Column::Number),
        (5, Column::Number),
        (5, Column::Name),
        (5, Column::Category),
        (5, Column::Phone),
        (6, Column::PartyOrg),
        (6, Column::Grid),
        (6, Column::Post),
        (7, Column::PartyOrg),
        (7, Column::Post),
        (8, Column::Grid),
        (9, Column::Post),
        (10, Column::Post),
    ];
    assert_eq!(found, expected.map(|(row, column)| (row, title(column))));
}

#[test]
fn names_serve_where_they_are_unique() {
    let plan =
        plan(&sheet(&[&["M1", "张三", "党员", "", "镇党委", "水库村", "总网格长"]]), &township());
    assert!(plan.faults.is_empty(), "{:?}", plan.faults);
    assert_eq!((plan.create.len(), plan.appoint.len()), (1, 1));
}

#[test]
fn empty_cells_leave_what_is_known() {
    let mut there = township();
    let old = KnownMember {
        id: MemberId::new(),
        number: "M1".to_owned(),
        name: "张三".to_owned(),
        category: MemberCategory::PartyMember,
        phone: Some("13812345678".to_owned()),
        party_org_id: there.orgs.first().map(|(id, ..)| *id),
    };
    there.members.push(old.clone());
    let same = plan(&sheet(&[&["M1", "张三", "党员"]]), &there);
    assert_eq!((same.unchanged, same.updated, same.update.len()), (1, 0, 0));
    let renamed = plan(&sheet(&[&["M1", "张叁", "党员"]]), &there);
    let expected = KnownMember { name: "张叁".to_owned(), ..old };
    assert_eq!((renamed.updated, renamed.update), (1, vec![expected]));
}

#[test]
fn a_missing_column_is_told_once() {
    let mut broken = sheet(&[&["M1", "张三", "党员"], &["M2", "李四", "党员"]]);
    broken.header.cells.remove(&2);
    let found = plan(&broken, &township()).faults;
    assert!(
        matches!(found.as_slice(), [fault] if fault.row == 1 && fault.column == "类别*"),
        "{found:?}"
    );
}

proptest! {
    #[test]
    fn a_second_reading_changes_nothing(rows in prop::collection::vec(
            ("[A-C][0-9]", "[张王李赵]{1,3}", prop::sample::select(MemberCategory::ALL),
                prop::sample::select(&["", "G1", "S1", "S2"][..]), prop::sample::select(PostKind::ALL)), 1..12)) {
        let mut there = township();
        let lines: Vec<Vec<String>> = rows.iter().map(|(number, name, category, grid, post)| vec![
            number.clone(), name.clone(), category.zh().to_owned(), String::new(), String::new(),
            (*grid).to_owned(), if grid.is_empty() { String::new() } else { post.zh().to_owned() }]).collect();
        let lines: Vec<Vec<&str>> = lines.iter().map(|line| line.iter().map(String::as_str).collect()).collect();
        let lines: Vec<&[&str]> = lines.iter().map(Vec::as_slice).collect();
        let file = sheet(&lines);
        let first = plan(&file, &there);
        prop_assert_eq!(first.rows, rows.len());
        if first.faults.is_empty() {
            prop_assert_eq!(first.create.len(), rows.len());
            there.members = first.create.iter().map(|new| KnownMember {
                id: new.id, number: new.number.clone(), name: new.name.clone(), category: new.category,
                phone: new.phone.clone(), party_org_id: new.party_org_id }).collect();
            there.posts = first.appoint.iter().map(|post| KnownPost {
                grid_id: post.grid_id, member_id: post.member_id, member_name: String::new(), kind: post.kind,
                since: post.since, until: None }).collect();
            let second = plan(&file, &there);
            prop_assert!(second.faults.is_empty(), "{:?}", second.faults);
            prop_assert_eq!(second.unchanged, rows.len());
            prop_assert!(second.create.is_empty() && second.update.is_empty() && second.appoint.is_empty());
            // No post that one person holds went to two.
            let mut single = HashSet::new();
            for post in first.appoint.iter().filter(|post| crate::grid::rules::single(post.kind)) {
                prop_assert!(single.insert((post.grid_id, post.kind)));
            }
        } else {
            prop_assert!(first.create.is_empty() && first.appoint.is_empty());
        }
    }
}
