//! The parts of a ZIP file, unpacked as they are read and counted while they are.
//!
//! What the directory says about sizes is not believed: it can say what it likes. Only the parts that are asked for are
//! unpacked, so that a picture, a style sheet or a thousand comments cost nothing; what they come to together is
//! bounded, and so is the length of a single piece (a tag, a text) that the reader of a part must hold in memory.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::http::{ApiError, Code};
use crate::work::{Budget, Stop, too_much};

/// Parts a file may have: a workbook has some dozens, one full of pictures some hundreds.
const MAX_PARTS: usize = 10_000;
/// Bytes of all parts that are read, once unpacked. Five thousand rows come to 2 MiB, and blank cells with a frame
/// down to the sixty-thousandth row to 20.
pub(super) const MAX_UNPACKED: usize = 48 * 1024 * 1024;
/// Bytes of one tag or text. A cell holds at most 32,767 characters.
const MAX_PIECE: usize = 256 * 1024;
/// Bytes unpacked at once.
const CHUNK: usize = 16 * 1024;

/// Why a file is not read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Unpacked,
    Piece,
    Stopped(Stop),
}

/// A ZIP file whose directory was read.
pub(super) struct Archive<'a> {
    bytes: Numbers<'a>,
    /// By name in small letters; none where a name stands twice.
    parts: HashMap<String, Option<Entry>>,
    work: &'a Budget,
    unpacked: Cell<usize>,
    piece: Cell<usize>,
    refusal: Cell<Option<Refusal>>,
}

#[derive(Clone, Copy)]
struct Entry {
    /// Place of its entry in the directory.
    at: usize,
    method: usize,
    checksum: usize,
    encrypted: bool,
}

impl<'a> Archive<'a> {
    /// None when it is no ZIP file, or one with far too many parts.
    pub(super) fn open(bytes: &'a [u8], work: &'a Budget) -> Option<Self> {
        let bytes = Numbers(bytes);
        // The end record is 22 bytes and a comment of at most 65,535.
        let last = bytes.0.len().checked_sub(22)?;
        let end = (last.saturating_sub(65_535)..=last)
            .rev()
            .find(|at| bytes.0.get(*at..*at + 4) == Some(b"PK\x05\x06"))?;
        let count = bytes.u16(end + 10)?;
        let mut at = bytes.u32(end + 16)?;
        if count > MAX_PARTS {
            return None;
        }
        let mut parts = HashMap::new();
        for _ in 0..count {
            if bytes.0.get(at..at.checked_add(4)?) != Some(b"PK\x01\x02") {
                return None;
            }
            let name_length = bytes.u16(at + 28)?;
            let name = bytes.0.get(at + 46..(at + 46).checked_add(name_length)?)?;
            let entry = Entry {
                at,
                method: bytes.u16(at + 10)?,
                checksum: bytes.u32(at + 16)?,
                encrypted: !bytes.u16(at + 8)?.is_multiple_of(2),
            };
            // What is not written in UTF-8 is none of the parts that are asked for.
            if let Ok(name) = std::str::from_utf8(name) {
                parts.entry(normal(name)).and_modify(|twice| *twice = None).or_insert(Some(entry));
            }
            let variable = name_length + bytes.u16(at + 30)? + bytes.u16(at + 32)?;
            at = at.checked_add(46 + variable)?;
        }
        Some(Self {
            bytes,
            parts,
            work,
            unpacked: Cell::new(0),
            piece: Cell::new(0),
            refusal: Cell::new(None),
        })
    }

    /// Whether there is a part of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.contains_key(&normal(name))
    }

    /// A part, to be read from its beginning. None when it is not there, there twice, encrypted or packed otherwise
    /// than spreadsheets are.
    pub(super) fn part(&self, name: &str) -> Option<Unpacked<'_>> {
        let entry = (*self.parts.get(&normal(name))?)?;
        let packed = self.bytes.part(entry.at)?;
        let source = match entry.method {
            _ if entry.encrypted => return None,
            0 => Source::Stored(packed),
            8 => Source::Deflated(Box::new(DeflateDecoder::new(packed))),
            _ => return None,
        };
        Some(Unpacked {
            archive: self,
            source,
            checksum: entry.checksum,
            crc: Crc::new(),
            chunk: vec![0; CHUNK].into_boxed_slice(),
            from: 0,
            to: 0,
        })
    }

    /// A new piece begins.
    pub(super) fn begin_piece(&self) {
        self.piece.set(0);
    }

    /// Why reading failed.
    pub(super) fn error(&self) -> ApiError {
        match self.refusal.get() {
            None => unreadable(),
            Some(Refusal::Unpacked) => ApiError::new(Code::PAYLOAD_TOO_LARGE).detail(
                "工作簿解压后过大，请只保留花名册一张表",
                "The workbook is too large once unpacked",
            ),
            Some(Refusal::Piece) => too_much("有单元格内容过长", "a cell is too long"),
            Some(Refusal::Stopped(stop)) => stop.into(),
        }
    }

    fn refuse(&self, refusal: Refusal) -> io::Error {
        self.refusal.set(Some(refusal));
        io::Error::from(io::ErrorKind::QuotaExceeded)
    }
}

/// No workbook, or a broken one.
pub(super) fn unreadable() -> ApiError {
    ApiError::new(Code::FILE_UNREADABLE).detail(
        "请上传 Excel 工作簿（.xlsx），旧的 .xls 文件请先另存为 .xlsx",
        "Send an Excel workbook (.xlsx); save an old .xls as .xlsx first",
    )
}

/// Some programs write backslashes, some capital letters.
fn normal(name: &str) -> String {
    name.replace('\\', "/").to_ascii_lowercase()
}

enum Source<'a> {
    Stored(&'a [u8]),
    Deflated(Box<DeflateDecoder<&'a [u8]>>),
}

/// A part as it is unpacked. Its end is an error when the checksum says that it is not what was packed.
pub(super) struct Unpacked<'a> {
    archive: &'a Archive<'a>,
    source: Source<'a>,
    checksum: usize,
    crc: Crc,
    chunk: Box<[u8]>,
    from: usize,
    to: usize,
}

impl Unpacked<'_> {
    fn unpack(&mut self) -> io::Result<()> {
        self.archive.work.check().map_err(|stop| self.archive.refuse(Refusal::Stopped(stop)))?;
        let read = match &mut self.source {
            Source::Stored(bytes) => bytes.read(&mut self.chunk)?,
            Source::Deflated(decoder) => decoder.read(&mut self.chunk)?,
        };
        let unpacked = self.archive.unpacked.get() + read;
        self.archive.unpacked.set(unpacked);
        if unpacked > MAX_UNPACKED {
            return Err(self.archive.refuse(Refusal::Unpacked));
        }
        self.crc.update(self.chunk.get(..read).unwrap_or_default());
        (self.from, self.to) = (0, read);
        if read == 0 && usize::try_from(self.crc.sum()) != Ok(self.checksum) {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        Ok(())
    }

    /// Reads on to the end, for the checksum's sake.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        loop {
            self.archive.begin_piece();
            match self.fill_buf()?.len() {
                0 => return Ok(()),
                n => self.consume(n),
            }
        }
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(into)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Unpacked<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.archive.piece.get() > MAX_PIECE {
            return Err(self.archive.refuse(Refusal::Piece));
        }
        if self.from == self.to {
            self.unpack()?;
        }
        Ok(self.chunk.get(self.from..self.to).unwrap_or_default())
    }

    fn consume(&mut self, n: usize) {
        self.from = self.from.saturating_add(n).min(self.to);
        self.archive.piece.set(self.archive.piece.get().saturating_add(n));
    }
}

/// Numbers in a ZIP file, little-endian.
struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    fn bytes<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn u16(&self, at: usize) -> Option<usize> {
        self.bytes(at).map(u16::from_le_bytes).map(usize::from)
    }

    fn u32(&self, at: usize) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.bytes(at)?)).ok()
    }

    /// The packed bytes of the part that the directory entry at `at` names. Some writers give the numbers in the
    /// 64-bit extra field (id 1) even where they are small: unpacked size, packed size, place, as far as the entry
    /// itself says "see there".
    fn part(&self, at: usize) -> Option<&'a [u8]> {
        const SEE_THERE: usize = 0xFFFF_FFFF;
        let mut extra = at.checked_add(46)?.checked_add(self.u16(at + 28)?)?;
        let extras = extra.checked_add(self.u16(at + 30)?)?;
        let mut long = None;
        while extra < extras {
            if self.u16(extra)? == 1 {
                long = Some(extra + 4);
            }
            extra = extra.checked_add(4)?.checked_add(self.u16(extra + 2)?)?;
        }
        let mut number = |field: usize| {
            let short = self.u32(at + field)?;
            if short != SEE_THERE {
                return Some(short);
            }
            let place = long?;
            long = Some(place + 8);
            usize::try_from(u64::from_le_bytes(self.bytes(place)?)).ok()
        };
        let (_, packed, local) = (number(24)?, number(20)?, number(42)?);
        let names = self.u16(local.checked_add(26)?)? + self.u16(local.checked_add(28)?)?;
        let begin = local.checked_add(30)?.checked_add(names)?;
        self.0.get(begin..begin.checked_add(packed)?)
    }
}

/// ZIP files as tests want them.
#[cfg(test)]
pub(super) mod make {
    use std::io::Write;

    use flate2::write::DeflateEncoder;
    use flate2::{Compression, Crc};

    /// A part, packed, and what the directory says of it.
    #[derive(Clone)]
    pub(in crate::import) struct Packed {
        pub(in crate::import) name: String,
        pub(in crate::import) bytes: Vec<u8>,
        pub(in crate::import) checksum: u32,
        /// Its size once unpacked.
        pub(in crate::import) said: u32,
        /// Whether its numbers stand in the long extra field.
        pub(in crate::import) long: bool,
    }

    pub(in crate::import) fn packed(name: &str, content: impl Into<String>) -> Packed {
        let content = content.into();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        assert!(encoder.write_all(content.as_bytes()).is_ok());
        let mut crc = Crc::new();
        crc.update(content.as_bytes());
        Packed {
            name: name.to_owned(),
            bytes: encoder.finish().unwrap_or_default(),
            checksum: crc.sum(),
            said: u32::try_from(content.len()).unwrap_or_default(),
            long: false,
        }
    }

    pub(in crate::import) fn pack(parts: &[Packed]) -> Vec<u8> {
        let (mut file, mut directory) = (Vec::new(), Vec::new());
        let n16 = |n: usize| u16::try_from(n).unwrap_or_default().to_le_bytes();
        let n32 = |n: usize| u32::try_from(n).unwrap_or_default().to_le_bytes();
        for part in parts {
            let place = file.len();
            let sizes = [n32(part.bytes.len()), part.said.to_le_bytes()].concat();
            let about = [&[8, 0, 0, 0, 0, 0][..], &part.checksum.to_le_bytes(), &sizes].concat();
            file.extend(
                [b"PK\x03\x04\x14\0\0\0", &about[..], &n16(part.name.len()), &[0, 0]].concat(),
            );
            file.extend(part.name.as_bytes());
            file.extend(&part.bytes);
            let extra = if part.long {
                let long = |n: usize| u64::try_from(n).unwrap_or_default().to_le_bytes();
                let said = u64::from(part.said).to_le_bytes();
                [&[1, 0, 24, 0][..], &said, &long(part.bytes.len()), &long(place)].concat()
            } else {
                Vec::new()
            };
            let (about, place) = if part.long {
                let about =
                    [&[8, 0, 0, 0, 0, 0][..], &part.checksum.to_le_bytes(), &[0xFF; 8]].concat();
                (about, [0xFF; 4])
            } else {
                (about, n32(place))
            };
            directory.extend(
                [
                    b"PK\x01\x02\x14\0\x14\0\0\0",
                    &about[..],
                    &n16(part.name.len()),
                    &n16(extra.len()),
                    &[0; 10],
                    &place,
                    part.name.as_bytes(),
                    &extra,
                ]
                .concat(),
            );
        }
        let count = n16(parts.len());
        let (size, begin) = (n32(directory.len()), n32(file.len()));
        file.extend(directory);
        file.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &begin, &[0, 0]].concat());
        file
    }
}
