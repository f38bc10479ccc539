use std::io::Cursor;

use calamine::{Data, DataRef, Reader as _, Xlsx};
use proptest::prelude::*;

use super::super::archive::MAX_UNPACKED;
use super::super::archive::make::{Packed, pack, packed};
use super::*;

const HEADER: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>编号*</t></is></c></row>"#;

fn is_header(row: &Row) -> bool {
    row.cells.values().any(|cell| cell.text() == "编号*")
}

fn code(bytes: &[u8]) -> Option<Code> {
    read(bytes, is_header, &Budget::unbounded()).err().map(|error| error.code())
}

fn relations(targets: &[(&str, &str, &str)]) -> String {
    let each = targets.iter().map(|(id, kind, target)| {
        format!(r#"<Relationship Id="{id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>"#)
    });
    format!("<Relationships>{}</Relationships>", each.collect::<String>())
}

/// The parts of a workbook of one sheet.
fn parts(sheet: String, strings: Option<String>) -> Vec<Packed> {
    let mut parts = vec![
        packed("[Content_Types].xml", "<Types/>"),
        packed("_rels/.rels", relations(&[("r", "officeDocument", "xl/workbook.xml")])),
        packed(
            "xl/workbook.xml",
            r#"<workbook xmlns:r="x"><sheets><sheet name="一" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        packed(
            "xl/_rels/workbook.xml.rels",
            relations(&[
                ("rId1", "worksheet", "worksheets/sheet1.xml"),
                ("rId2", "sharedStrings", "sharedStrings.xml"),
            ]),
        ),
        packed("xl/worksheets/sheet1.xml", sheet),
    ];
    parts.extend(strings.map(|strings| packed("xl/sharedStrings.xml", strings)));
    parts
}

fn sheet(rows: &str) -> String {
    format!(r#"<worksheet><dimension ref="A1"/><sheetData>{HEADER}{rows}</sheetData></worksheet>"#)
}

fn book(rows: &str, strings: Option<&str>) -> Vec<u8> {
    pack(&parts(sheet(rows), strings.map(|strings| format!("<sst>{strings}</sst>"))))
}

fn rows(bytes: &[u8]) -> Vec<Row> {
    match read(bytes, is_header, &Budget::unbounded()) {
        Ok(Some(sheet)) => sheet.rows,
        other => panic!("{other:?}"),
    }
}

/// A column of the first row.
fn cell(cell: &str, strings: Option<&str>) -> Option<Cell> {
    let rows = rows(&book(&format!(r#"<row r="2">{cell}</row>"#), strings));
    rows.first().and_then(|row| row.cells.get(&0)).cloned()
}

#[test]
fn cells_are_read_as_they_are_meant() {
    let text = |text: &str| Some(Cell::Text(text.to_owned()));
    let strings = "<si><t>零</t></si><si><r><t>一</t></r><r><rPr/><t xml:space=\"preserve\"> b</t></r>\
        <rPh sb=\"0\" eb=\"1\"><t>hint</t></rPh></si><si/><si><t>a&amp;&#x4e2d;_x000A_b_x005F_x</t></si>";
    for (xml, expected) in [
        (r#"<c r="A2"><v>12.5</v></c>"#, Some(Cell::Number(12.5))),
        (r#"<c r="A2" s="4" t="n"><f>A1+1</f><v>45000</v></c>"#, Some(Cell::Number(45000.0))),
        (r#"<c r="A2" t="s"><v>0</v></c>"#, text("零")),
        (r#"<c r="A2" t="s"><v>1</v></c>"#, text("一 b")),
        (r#"<c r="A2" t="s"><v>3</v></c>"#, text("a&中\nb_x")),
        (r#"<c r="A2" t="str"><v>&lt;b&gt;</v></c>"#, text("<b>")),
        (r#"<c r="A2" t="b"><v>1</v></c>"#, text("TRUE")),
        (r##"<c r="A2" t="e"><v>#N/A</v></c>"##, text("#N/A")),
        (r#"<c r="A2" t="d"><v>2026-01-01</v></c>"#, text("2026-01-01")),
        (r#"<c r="A2"><v>十二</v></c>"#, text("十二")),
        (r#"<c r="A2" t="inlineStr"><is><t> 张三 </t></is><v>1</v></c>"#, text("张三")),
        (r#"<c><v>7</v></c>"#, Some(Cell::Number(7.0))),
    ] {
        assert_eq!(cell(xml, Some(strings)), expected, "{xml}");
    }
    for xml in [
        r#"<c r="A2" s="1"/><c r="B2"><v>1</v></c>"#,
        r#"<c r="A2" t="s"><v>2</v></c><c r="B2"><v>1</v></c>"#,
    ] {
        assert_eq!(cell(xml, Some(strings)), None, "{xml}");
    }
    let long = "长".repeat(3000);
    let kept = cell(&format!(r#"<c r="A2" t="inlineStr"><is><t>{long}</t></is></c>"#), None);
    assert_eq!(kept.map(|cell| cell.text().chars().count()), Some(MAX_CELL));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for rows in [
        r#"<row r="2"><c r="A2" t="s"><v>9</v></c></row>"#,
        r#"<row r="2"><c r="A2" t="s"><v>-1</v></c></row>"#,
        r#"<row r="2"><c r="A2" t="b"><v>2</v></c></row>"#,
        r#"<row r="2"><c r="A2" t="n"><v>x</v></c></row>"#,
        r#"<row r="2"><c r="A2" t="other"><v>1</v></c></row>"#,
        r#"<row r="2"><c r="A0"><v>1</v></c></row>"#,
        r#"<row r="2"><c r="2"><v>1</v></c></row>"#,
        r#"<row r="2"><c r="ZZZZZZZZ2"><v>1</v></c></row>"#,
        r#"<row r="2"><c r="XFE2"><v>1</v></c></row>"#,
        r#"<row r="2"><c r="A1048577"><v>1</v></c></row>"#,
        r#"<row r="99999999999"/>"#,
        r#"<row r="2"><c r="A2" t="inlineStr"><is><t>&bomb;</t></is></c></row>"#,
        "<row r=\"2\"><c r=\"A2\"><v>1",
    ] {
        assert_eq!(
            code(&book(rows, Some("<si><t>a</t></si>"))),
            Some(Code::FILE_UNREADABLE),
            "{rows}"
        );
    }
}

#[test]
fn what_is_no_workbook_is_refused() {
    let ods = pack(&[
        packed("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        packed("content.xml", "<a/>"),
    ]);
    let binary = pack(&[
        packed("_rels/.rels", relations(&[("r", "officeDocument", "xl/workbook.bin")])),
        packed("xl/workbook.bin", "\u{1}\u{2}"),
        packed("xl/_rels/workbook.bin.rels", relations(&[])),
    ]);
    let old = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 3000]].concat();
    for bytes in [
        &b""[..],
        b"hello",
        &[0; 5000],
        b"PK\x05\x06",
        &ods,
        &old,
        &[b"PK\x05\x06".as_slice(), &[0; 18]].concat(),
    ] {
        assert_eq!(code(bytes), Some(Code::FILE_UNREADABLE));
    }
    // A binary workbook has no sheets that are read.
    assert!(matches!(read(&binary, is_header, &Budget::unbounded()), Ok(None) | Err(_)));
}

#[test]
fn a_damaged_part_is_refused() {
    let mut parts = parts(sheet(r#"<row r="2"><c r="A2"><v>1</v></c></row>"#), None);
    assert_eq!(rows(&pack(&parts)).len(), 1);
    for part in &mut parts {
        part.checksum ^= 1;
    }
    assert_eq!(code(&pack(&parts)), Some(Code::FILE_UNREADABLE));
}

#[test]
fn names_may_be_written_otherwise_but_not_twice() {
    let mut some = parts(sheet(r#"<row r="2"><c r="A2"><v>1</v></c></row>"#), None);
    for part in &mut some {
        part.name = part.name.replace('/', "\\").to_uppercase();
    }
    assert_eq!(rows(&pack(&some)).len(), 1);
    some.push(packed("xl/worksheets/sheet1.xml", sheet("")));
    // Which of the two is meant nobody can say: the sheet is passed over, and there is no other.
    assert!(matches!(read(&pack(&some), is_header, &Budget::unbounded()), Ok(None)));
}

#[test]
fn work_is_bounded_whatever_is_multiplied() {
    let many = |text: &str, n: usize| text.repeat(n);
    let with = |rows: String| book(&rows, None);
    let mut sheets = parts(sheet(""), None);
    let named: String =
        (0..5000).map(|n| format!(r#"<sheet name="{n}" sheetId="{n}" r:id="rId1"/>"#)).collect();
    sheets.retain(|part| part.name != "xl/workbook.xml");
    sheets
        .push(packed("xl/workbook.xml", format!("<workbook><sheets>{named}</sheets></workbook>")));
    let mut related = parts(sheet(""), None);
    let many_relations: Vec<(String, &str, &str)> =
        (0..50_000).map(|n| (format!("r{n}"), "worksheet", "worksheets/sheet1.xml")).collect();
    let borrowed: Vec<(&str, &str, &str)> =
        many_relations.iter().map(|(id, kind, target)| (id.as_str(), *kind, *target)).collect();
    related.retain(|part| part.name != "xl/_rels/workbook.xml.rels");
    related.push(packed("xl/_rels/workbook.xml.rels", relations(&borrowed)));

    let too_much: Vec<(&str, Vec<u8>)> = vec![
        ("shared strings", book("", Some(&many("<si><t>a</t></si>", 300_000)))),
        ("empty shared strings", book("", Some(&many("<si/>", 300_000)))),
        (
            "one shared string in pieces",
            book("", Some(&format!("<si>{}</si>", many("<r><t>a</t></r>", 1_000_000)))),
        ),
        (
            "one long shared string",
            book("", Some(&format!("<si><t>{}</t></si>", many("a", 1 << 20)))),
        ),
        (
            "text of shared strings",
            book("", Some(&many(&format!("<si><t>{}</t></si>", many("长", 1000)), 3000))),
        ),
        (
            "one string in many cells",
            book(
                &(2..5000)
                    .map(|row| {
                        format!(r#"<row r="{row}">{}</row>"#, many(r#"<c t="s"><v>0</v></c>"#, 40))
                    })
                    .collect::<String>(),
                Some(&format!("<si><t>{}</t></si>", many("长", 1000))),
            ),
        ),
        ("sheets", pack(&sheets)),
        ("relations", pack(&related)),
        (
            "cells",
            with(
                (2..4000)
                    .map(|row| format!(r#"<row r="{row}">{}</row>"#, many("<c><v>1</v></c>", 60)))
                    .collect(),
            ),
        ),
        ("blank cells", with(many(r#"<row><c s="1"/></row>"#, 800_000))),
        (
            "the same cell",
            with(format!(r#"<row r="2">{}</row>"#, many(r#"<c r="A2"><v>1</v></c>"#, 400_000))),
        ),
        ("depth", with(format!("<row>{}", many("<a>", 100)))),
        ("attributes", with(format!(r#"<row {}/>"#, many(r#"a="" "#, 100_000)))),
        ("a comment", with(format!("<!--{}-->", many("x", 1 << 20)))),
        ("a name", with(format!("<{}/>", many("x", 1 << 20)))),
    ];
    for (what, bytes) in too_much {
        assert!(bytes.len() < super::super::sheet::MAX_BYTES, "{what}");
        assert_eq!(code(&bytes), Some(Code::TOO_MUCH_WORK), "{what}");
    }
    let blanks = with(many(" ", MAX_UNPACKED + 1));
    assert!(
        matches!(code(&blanks), Some(Code::PAYLOAD_TOO_LARGE | Code::TOO_MUCH_WORK)),
        "{:?}",
        code(&blanks)
    );
    let comments = with(many(&format!("<!--{}-->", many("x", 1000)), MAX_UNPACKED / 1000));
    assert_eq!(code(&comments), Some(Code::PAYLOAD_TOO_LARGE));
}

#[test]
fn what_is_not_asked_for_costs_nothing() {
    let mut some = parts(sheet(r#"<row r="2"><c r="A2" s="3"><v>1</v></c></row>"#), None);
    some.push(packed(
        "xl/styles.xml",
        format!("<styleSheet><cellXfs>{}</cellXfs></styleSheet>", "<xf/>".repeat(500_000)),
    ));
    some.push(packed("xl/comments1.xml", "<c/>".repeat(20_000_000)));
    some.push(packed("xl/theme/theme1.xml", "<broken"));
    let bytes = pack(&some);
    let work = Budget::of(300_000_000);
    assert_eq!(
        read(&bytes, is_header, &work).ok().flatten().map(|sheet| sheet.rows.len()),
        Some(1)
    );
}

#[test]
fn reading_stops_when_its_time_is_up() {
    let bytes = book(&r#"<row><c s="1"/></row>"#.repeat(700_000), None);
    let work = Budget::of(1_000_000);
    let code = read(&bytes, is_header, &work).err().map(|error| error.code());
    assert_eq!(code, Some(Code::TOO_MUCH_WORK));
}

#[test]
fn what_the_directory_says_about_sizes_is_not_believed() {
    let mut some = parts(sheet(&format!("<!--{}-->", "x".repeat(200_000)).repeat(400)), None);
    for part in &mut some {
        part.said = 10;
    }
    assert_eq!(code(&pack(&some)), Some(Code::PAYLOAD_TOO_LARGE));
}

#[test]
fn numbers_in_the_long_extra_field_are_read() {
    let mut some = parts(sheet(r#"<row r="2"><c r="A2"><v>1</v></c></row>"#), None);
    for part in &mut some {
        part.long = true;
    }
    assert_eq!(rows(&pack(&some)).len(), 1);
}

/// As calamine reads it, the library that was used before.
fn as_before(bytes: &[u8]) -> Vec<Row> {
    let mut workbook: Xlsx<_> =
        Xlsx::new(Cursor::new(bytes)).unwrap_or_else(|error| panic!("{error}"));
    let mut rows: Vec<Row> = Vec::new();
    for name in workbook.sheet_names() {
        let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else { continue };
        while let Ok(Some(cell)) = cells.next_cell() {
            let (row, column) = cell.get_position();
            let value = match cell.get_value() {
                DataRef::Empty => None,
                DataRef::Bool(value) => text(if *value { "TRUE" } else { "FALSE" }),
                data => match Data::from(data.clone()) {
                    Data::Float(value) => Some(Cell::Number(value)),
                    Data::DateTime(value) => Some(Cell::Number(value.as_f64())),
                    Data::String(value) => text(&value),
                    other => text(&other.to_string()),
                },
            };
            let Some(value) = value else { continue };
            match rows.last_mut() {
                Some(last) if last.number == row + 1 => _ = last.cells.insert(column, value),
                _ => rows.push(Row { number: row + 1, cells: [(column, value)].into() }),
            }
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Whatever rust_xlsxwriter writes is read as calamine reads it.
    #[test]
    fn real_workbooks_are_read_as_before(
        table in prop::collection::vec(prop::collection::vec(prop_oneof![
            any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Cell::Number),
            (0..100_000_u32).prop_map(|n| Cell::Number(f64::from(n))),
            "[ a-z0-9_x<>&\"'张三李四\n]{0,12}".prop_map(Cell::Text),
            "\\PC{0,6}".prop_map(Cell::Text),
        ], 0..8), 0..12)
    ) {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let page = workbook.add_worksheet();
        let written = |result: std::result::Result<&mut rust_xlsxwriter::Worksheet, _>| result.is_ok();
        prop_assert!(written(page.write_string(0, 0, "编号*")));
        for (row, cells) in (1_u32..).zip(&table) {
            for (column, cell) in (0_u16..).zip(cells) {
                let well = match cell {
                    Cell::Number(number) => written(page.write_number(row, column, *number)),
                    Cell::Text(text) => written(page.write_string(row, column, text)),
                };
                prop_assert!(well);
            }
        }
        let bytes = workbook.save_to_buffer().unwrap_or_default();
        let mut before = as_before(&bytes);
        before.remove(0);
        prop_assert_eq!(rows(&bytes), before);
    }

    #[test]
    fn any_cells_are_answered(rows in "(<row>|</row>|<c r=\"[A-C][0-9]\">|</c>|<v>|</v>|<is>|</is>|<t>|</t>|[0-9a&;]|<f/>){0,30}") {
        let _either = read(&book(&rows, None), is_header, &Budget::unbounded());
    }

    #[test]
    fn any_bytes_are_answered(at in 0..3000_usize, byte in any::<u8>(), cut in 0..3000_usize) {
        let mut bytes = book(r#"<row r="2"><c r="A2"><v>1</v></c></row>"#, Some("<si><t>a</t></si>"));
        if let Some(one) = bytes.get_mut(at) {
            *one = byte;
        }
        bytes.truncate(cut.max(200));
        let _either = read(&bytes, is_header, &Budget::unbounded());
    }
}
