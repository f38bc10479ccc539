//! Files that people bring: a picture, a roster.

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

/// A roster of people: number, name, category, telephone, organisation, grid and post of each.
#[must_use]
pub fn roster(people: &[[&str; 7]]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let head = ["编号*", "姓名*", "类别*", "手机", "党组织编码", "网格编码", "岗位"];
    for (row, cells) in (0_u32..).zip(std::iter::once(&head).chain(people)) {
        for (column, cell) in (0_u16..).zip(cells) {
            sheet.write_string(row, column, *cell).expect("a cell");
        }
    }
    book.save_to_buffer().expect("a workbook")
}

/// A roster with a fault in its second row of data: a category that there is none of.
#[must_use]
pub fn faulty_roster() -> Vec<u8> {
    roster(&[["9001", "吴芳", "群众", "", "", "", ""], ["9002", "郑强", "路人", "", "", "", ""]])
}
