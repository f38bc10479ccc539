//! JPEG as evidence: decoded in a stream of rows, and only when it is whole.
//!
//! The usual decoders are made for showing as much as there is: where data are missing they go on in grey. A photo of
//! which a tenth has arrived must not count as evidence, so here every block of every scan, every bit of precision and
//! the end mark have to be there. And the usual decoders hold the whole picture in memory. Here a row of blocks is
//! decoded, made smaller at once (the cosine transform can do that while it is computed) and forgotten; only where a
//! file spreads its picture over several scans (progressive) its coefficients are kept, and those are bounded.
//!
//! Supported is what cameras and programs write: sequential and progressive Huffman coding of 8 bits (ITU-T T.81,
//! SOF0, SOF1, SOF2) in grey, YCbCr, RGB, CMYK and YCCK.

use image::RgbImage;
use image::metadata::Orientation;

use super::shrink::Shrink;
use super::{Fault, GoOn, LONGEST_EDGE, MOST_PIXELS, check};

/// Coefficients that are kept for a picture spread over several scans, two bytes each: 13 million pixels with the
/// usual half resolution of colour.
const MOST_KEPT: usize = 20_000_000;
/// Scans of a picture: programs write about ten, the most careful twenty.
const MOST_SCANS: usize = 40;
/// Segments of a file: cameras write some dozens.
const MOST_SEGMENTS: usize = 1000;
/// The precision of a coefficient that no scan has brought yet.
const NOT_YET: u8 = u8::MAX;

/// Place in a block, row by row, of the coefficient that comes k-th.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

type Block = [i16; 64];

/// Decodes a JPEG file to a picture of at most the longest edge, as it lies, and how it is to be turned.
///
/// # Errors
/// See [`Fault`].
pub(super) fn decode(bytes: &[u8], go_on: GoOn<'_>) -> Result<(RgbImage, Orientation), Fault> {
    let mut file = File {
        bytes,
        at: 2,
        go_on,
        dc: [const { None }; 4],
        ac: [const { None }; 4],
        quantization: [None; 4],
        restart: 0,
        adobe: None,
        orientation: Orientation::NoTransforms,
        frame: None,
        rows: None,
        scans: 0,
    };
    for _ in 0..MOST_SEGMENTS {
        check(go_on)?;
        if let Some(picture) = file.segment()? {
            return Ok((picture, file.orientation));
        }
    }
    Err(Fault::TooMuch)
}

struct File<'a> {
    bytes: &'a [u8],
    at: usize,
    go_on: GoOn<'a>,
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    quantization: [Option<[u16; 64]>; 4],
    /// Units between two restart marks; 0 without.
    restart: usize,
    /// The colour transform that Adobe's segment names.
    adobe: Option<u8>,
    orientation: Orientation,
    frame: Option<Frame>,
    rows: Option<Rows>,
    scans: usize,
}

struct Frame {
    width: usize,
    height: usize,
    progressive: bool,
    /// Units of blocks that are coded together, across and down.
    across: usize,
    down: usize,
    /// The largest factors of sampling.
    most_h: usize,
    most_v: usize,
    components: Vec<Component>,
}

struct Component {
    id: u8,
    /// Blocks of a unit, across and down.
    h: usize,
    v: usize,
    table: usize,
    quantization: [u16; 64],
    /// Blocks that hold picture, across and down, when the component is coded alone.
    own_across: usize,
    own_down: usize,
    /// To how many bits each coefficient is known yet.
    precision: [u8; 64],
    /// All of them, or those of one row of units.
    kept: Vec<i16>,
    last: i32,
}

/// One component in a scan: which, and its tables.
#[derive(Clone, Copy)]
struct Part {
    component: usize,
    dc: usize,
    ac: usize,
}

/// The coefficients that a scan brings, and to which bits.
#[derive(Clone, Copy)]
struct Band {
    from: usize,
    to: usize,
    high: u8,
    low: u8,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(usize::from(u16::from_be_bytes(pair)))
}

impl File<'_> {
    /// Reads a segment; gives the picture at the end of the file.
    fn segment(&mut self) -> Result<Option<RgbImage>, Fault> {
        let marker = self.marker().ok_or(Fault::Unreadable)?;
        if matches!(marker, 0x01 | 0xD0..=0xD7) {
            return Ok(None);
        }
        if marker == 0xD9 {
            return self.finish().map(Some);
        }
        let length = u16_at(self.bytes, self.at).ok_or(Fault::Unreadable)?;
        let bytes = self.bytes;
        let from = self.at + 2;
        let end = self.at + length;
        let segment = bytes.get(from..end).ok_or(Fault::Unreadable)?;
        self.at = end;
        match marker {
            0xC0..=0xC2 => self.frame(segment, marker == 0xC2)?,
            0xC4 => self.huffman(segment).ok_or(Fault::Unreadable)?,
            0xDB => self.quantization(segment).ok_or(Fault::Unreadable)?,
            0xDD => self.restart = u16_at(segment, 0).ok_or(Fault::Unreadable)?,
            0xDA => self.scan(segment)?,
            0xE1 => {
                // A note about the orientation that cannot be read leaves the picture as it lies.
                if let Some(exif) = segment.strip_prefix(b"Exif\0\0")
                    && let Some(orientation) = Orientation::from_exif_chunk(exif)
                {
                    self.orientation = orientation;
                }
            }
            0xEE if segment.starts_with(b"Adobe") => self.adobe = segment.get(11).copied(),
            0xE0..=0xEF | 0xFE => {}
            // Lossless, hierarchical, arithmetic coding; a second beginning.
            _ => return Err(Fault::Unreadable),
        }
        Ok(None)
    }

    /// The next marker; what lies before it is passed over.
    fn marker(&mut self) -> Option<u8> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += rest.iter().position(|byte| *byte == 0xFF)? + 1;
            let rest = self.bytes.get(self.at..)?;
            self.at += rest.iter().position(|byte| *byte != 0xFF)? + 1;
            let marker = *self.bytes.get(self.at - 1)?;
            if marker != 0 {
                return Some(marker);
            }
        }
    }

    fn quantization(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((head, rest)) = segment.split_first() {
            let mut table = [1_u16; 64];
            let wide = *head >= 16;
            let size = if wide { 128 } else { 64 };
            let values = rest.get(..size)?;
            segment = rest.get(size..)?;
            for (k, place) in ZIGZAG.iter().enumerate() {
                let value =
                    if wide { u16_at(values, 2 * k)? } else { usize::from(*values.get(k)?) };
                *table.get_mut(usize::from(*place))? = u16::try_from(value).ok()?;
            }
            *self.quantization.get_mut(usize::from(head & 15))? = Some(table);
        }
        Some(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((head, rest)) = segment.split_first() {
            let counts = rest.get(..16)?;
            let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let values = rest.get(16..16 + total)?;
            segment = rest.get(16 + total..)?;
            let tables = if *head < 16 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(head & 15))? = Some(Huffman::new(counts, values)?);
        }
        Some(())
    }

    fn frame(&mut self, segment: &[u8], progressive: bool) -> Result<(), Fault> {
        if self.frame.is_some() {
            return Err(Fault::Unreadable);
        }
        let frame = Frame::read(segment, progressive).ok_or(Fault::Unreadable)?;
        if u64::try_from(frame.width * frame.height).map_or(true, |pixels| pixels > MOST_PIXELS) {
            return Err(Fault::TooLarge);
        }
        self.frame = Some(frame);
        Ok(())
    }

    fn scan(&mut self, segment: &[u8]) -> Result<(), Fault> {
        self.scans += 1;
        if self.scans > MOST_SCANS {
            return Err(Fault::TooMuch);
        }
        let mut frame = self.frame.take().ok_or(Fault::Unreadable)?;
        let (parts, band) = frame.scan(segment).ok_or(Fault::Unreadable)?;
        for part in &parts {
            let component = frame.components.get_mut(part.component).ok_or(Fault::Unreadable)?;
            component.bring(band, frame.progressive).ok_or(Fault::Unreadable)?;
            component.quantization = (*self.quantization.get(component.table).unwrap_or(&None))
                .ok_or(Fault::Unreadable)?;
        }
        // Brought in one piece, the picture need not be kept.
        let whole = !frame.progressive && parts.len() == frame.components.len();
        if !whole {
            let blocks = |c: &Component| c.h * c.v * frame.across * frame.down * 64;
            if frame.components.iter().map(blocks).sum::<usize>() > MOST_KEPT {
                return Err(Fault::TooLarge);
            }
        }
        let rows = if whole { 1 } else { frame.down };
        for component in &mut frame.components {
            let size = component.h * component.v * frame.across * rows * 64;
            component.kept.resize(size, 0);
            component.last = 0;
        }
        if whole {
            self.rows = Some(Rows::new(&frame, self.adobe)?);
        }
        Scan { file: self, frame: &mut frame, parts: &parts, band, run: 0 }.read(whole)?;
        self.frame = Some(frame);
        Ok(())
    }

    /// The end of the file: was all there?
    fn finish(&mut self) -> Result<RgbImage, Fault> {
        let frame = self.frame.take().ok_or(Fault::Unreadable)?;
        if frame.components.iter().any(|c| c.precision.iter().any(|bits| *bits != 0)) {
            return Err(Fault::Unreadable);
        }
        let rows = match self.rows.take() {
            Some(rows) => rows,
            None => {
                let mut rows = Rows::new(&frame, self.adobe)?;
                for down in 0..frame.down {
                    check(self.go_on)?;
                    rows.push(&frame, down)?;
                }
                rows
            }
        };
        rows.shrink.picture().ok_or(Fault::Unreadable)
    }
}

impl Frame {
    fn read(segment: &[u8], progressive: bool) -> Option<Self> {
        let [8, .., count] = segment.get(..6)? else { return None };
        let (height, width) = (u16_at(segment, 1)?, u16_at(segment, 3)?);
        if !matches!(count, 1 | 3 | 4) || width == 0 || height == 0 {
            return None;
        }
        let alone = *count == 1;
        let factors = |byte: u8| match (usize::from(byte >> 4), usize::from(byte & 15)) {
            // For a single component the factors say nothing.
            (h @ 1..=4, v @ 1..=4) => Some(if alone { (1, 1) } else { (h, v) }),
            _ => None,
        };
        let listed = segment.get(6..6 + 3 * usize::from(*count))?;
        let mut components = Vec::new();
        for entry in listed.chunks_exact(3) {
            let [id, sampling, table] = entry else { return None };
            let (h, v) = factors(*sampling)?;
            components.push(Component {
                id: *id,
                h,
                v,
                table: usize::from(*table),
                quantization: [1; 64],
                own_across: 0,
                own_down: 0,
                precision: [NOT_YET; 64],
                kept: Vec::new(),
                last: 0,
            });
        }
        let most_h = components.iter().map(|c| c.h).max()?;
        let most_v = components.iter().map(|c| c.v).max()?;
        for c in &mut components {
            // Rows are widened by repeating whole samples.
            if !most_h.is_multiple_of(c.h) || !most_v.is_multiple_of(c.v) {
                return None;
            }
            c.own_across = (width * c.h).div_ceil(most_h).div_ceil(8);
            c.own_down = (height * c.v).div_ceil(most_v).div_ceil(8);
        }
        let (across, down) = (width.div_ceil(8 * most_h), height.div_ceil(8 * most_v));
        Some(Self { width, height, progressive, across, down, most_h, most_v, components })
    }

    /// The header of a scan.
    fn scan(&self, segment: &[u8]) -> Option<(Vec<Part>, Band)> {
        let (count, rest) = segment.split_first()?;
        let count = usize::from(*count);
        let mut parts: Vec<Part> = Vec::new();
        for entry in rest.get(..2 * count)?.chunks_exact(2) {
            let [id, tables] = entry else { return None };
            let component = self.components.iter().position(|c| c.id == *id)?;
            if parts.iter().any(|part| part.component == component) {
                return None;
            }
            let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            parts.push(Part { component, dc, ac });
        }
        let [from, to, bits] = rest.get(2 * count..2 * count + 3)? else { return None };
        let (from, to) = (usize::from(*from), usize::from(*to));
        let band = match self.progressive {
            true => Band { from, to, high: bits >> 4, low: bits & 15 },
            false => Band { from: 0, to: 63, high: 0, low: 0 },
        };
        // The first coefficients come by themselves; the others of one component at a time.
        let right = !self.progressive
            || band.low < 14
                && if from == 0 { to == 0 } else { from <= to && to < 64 && count == 1 };
        (right && !parts.is_empty() && parts.len() <= 4).then_some((parts, band))
    }
}

impl Component {
    /// Notes what a scan brings; none when it comes twice or before what it refines.
    fn bring(&mut self, band: Band, progressive: bool) -> Option<()> {
        let first = *self.precision.first()?;
        if band.from > 0 && first == NOT_YET {
            return None;
        }
        for bits in self.precision.get_mut(band.from..=band.to)? {
            let right = match band.high {
                0 => *bits == NOT_YET,
                high => *bits == high && band.low.checked_add(1) == Some(high),
            };
            if !right || (!progressive && band.low != 0) {
                return None;
            }
            *bits = band.low;
        }
        Some(())
    }
}

/// A scan being read.
struct Scan<'s, 'f> {
    file: &'s mut File<'f>,
    frame: &'s mut Frame,
    parts: &'s [Part],
    band: Band,
    /// Blocks that the last code left without coefficients in the band.
    run: u32,
}

impl Scan<'_, '_> {
    fn read(&mut self, whole: bool) -> Result<(), Fault> {
        let bytes = self.file.bytes;
        let mut bits = Bits { bytes, at: self.file.at, hold: 0, count: 0 };
        let mut left = self.file.restart;
        let mut mark = 0_u8;
        let alone = match self.parts {
            [part] if !whole => self.frame.components.get(part.component),
            _ => None,
        };
        let (down, across) = match alone {
            Some(component) => (component.own_down, component.own_across),
            None => (self.frame.down, self.frame.across),
        };
        let alone = alone.is_some();
        for y in 0..down {
            for x in 0..across {
                check(self.file.go_on)?;
                if self.file.restart > 0 {
                    if left == 0 {
                        bits.restart(mark).ok_or(Fault::Unreadable)?;
                        mark = (mark + 1) % 8;
                        left = self.file.restart;
                        self.run = 0;
                        self.frame.components.iter_mut().for_each(|c| c.last = 0);
                    }
                    left -= 1;
                }
                let kept = if whole { 0 } else { y };
                self.unit(&mut bits, alone, x, kept).ok_or(Fault::Unreadable)?;
            }
            if whole && let Some(mut rows) = self.file.rows.take() {
                rows.push(self.frame, y)?;
                self.file.rows = Some(rows);
                self.frame.components.iter_mut().for_each(|c| c.kept.fill(0));
            }
        }
        self.file.at = bits.at;
        Ok(())
    }

    /// The blocks that are coded together at a place, or the one block of a component that is coded alone.
    fn unit(&mut self, bits: &mut Bits<'_>, alone: bool, x: usize, y: usize) -> Option<()> {
        for part in self.parts {
            let component = self.frame.components.get_mut(part.component)?;
            let (h, v) = if alone { (1, 1) } else { (component.h, component.v) };
            let stride = self.frame.across * component.h;
            for row in 0..v {
                for column in 0..h {
                    let number = (y * v + row) * stride + x * h + column;
                    let block = component.kept.get_mut(number * 64..)?.first_chunk_mut()?;
                    let dc = self.file.dc.get(part.dc)?.as_ref();
                    let ac = self.file.ac.get(part.ac)?.as_ref();
                    match (self.frame.progressive, self.band) {
                        (false, _) => {
                            first_dc(bits, dc?, block, &mut component.last, 0)?;
                            let band = Band { from: 1, ..self.band };
                            first_ac(bits, ac?, block, band, &mut self.run)?;
                        }
                        (true, Band { from: 0, high: 0, low, .. }) => {
                            first_dc(bits, dc?, block, &mut component.last, low)?;
                        }
                        (true, Band { from: 0, low, .. }) => {
                            let bit = i16::try_from(bits.take(1)?).ok()?;
                            block[0] |= bit << low;
                        }
                        (true, Band { high: 0, .. }) => {
                            first_ac(bits, ac?, block, self.band, &mut self.run)?;
                        }
                        (true, _) => refine_ac(bits, ac?, block, self.band, &mut self.run)?,
                    }
                }
            }
        }
        Some(())
    }
}

fn coefficient(block: &mut Block, k: usize) -> Option<&mut i16> {
    block.get_mut(usize::from(*ZIGZAG.get(k)?))
}

/// A broken file can sum up or shift beyond 16 bits.
fn short(value: i32) -> i16 {
    i16::try_from(value).unwrap_or(if value < 0 { i16::MIN } else { i16::MAX })
}

fn first_dc(
    bits: &mut Bits<'_>,
    table: &Huffman,
    block: &mut Block,
    last: &mut i32,
    low: u8,
) -> Option<()> {
    let size = table.read(bits)?;
    if size > 11 {
        return None;
    }
    *last = last.checked_add(bits.signed(size)?)?;
    block[0] = short(last.checked_mul(1 << low)?);
    Some(())
}

/// Sequential coding is a band of all coefficients at full precision without runs of blocks.
fn first_ac(
    bits: &mut Bits<'_>,
    table: &Huffman,
    block: &mut Block,
    band: Band,
    run: &mut u32,
) -> Option<()> {
    if *run > 0 {
        *run -= 1;
        return Some(());
    }
    let mut k = band.from;
    while k <= band.to {
        let code = table.read(bits)?;
        let (zeros, size) = (code >> 4, code & 15);
        if size == 0 {
            if zeros < 15 {
                *run = (1_u32 << zeros) - 1 + bits.take(zeros)?;
                break;
            }
            k += 16;
        } else {
            k += usize::from(zeros);
            if k > band.to {
                return None;
            }
            *coefficient(block, k)? = short(bits.signed(size)? << band.low);
            k += 1;
        }
    }
    Some(())
}

/// One more bit of coefficients that are known, and new ones of that bit alone.
fn refine_ac(
    bits: &mut Bits<'_>,
    table: &Huffman,
    block: &mut Block,
    band: Band,
    run: &mut u32,
) -> Option<()> {
    let (plus, minus) = (1_i16 << band.low, -1_i16 << band.low);
    let refine = |bits: &mut Bits<'_>, known: &mut i16| -> Option<()> {
        if bits.take(1)? == 1 && *known & plus == 0 {
            *known = known.saturating_add(if *known >= 0 { plus } else { minus });
        }
        Some(())
    };
    let mut k = band.from;
    if *run == 0 {
        while k <= band.to {
            let code = table.read(bits)?;
            let (mut zeros, size) = (code >> 4, code & 15);
            let value = match size {
                0 if zeros < 15 => {
                    *run = (1_u32 << zeros) + bits.take(zeros)?;
                    break;
                }
                0 => 0,
                1 if bits.take(1)? == 1 => plus,
                1 => minus,
                _ => return None,
            };
            while k <= band.to {
                let known = coefficient(block, k)?;
                if *known != 0 {
                    refine(bits, known)?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                k += 1;
            }
            if value != 0 {
                if k > band.to {
                    return None;
                }
                *coefficient(block, k)? = value;
            }
            k += 1;
        }
    }
    if *run > 0 {
        while k <= band.to {
            let known = coefficient(block, k)?;
            if *known != 0 {
                refine(bits, known)?;
            }
            k += 1;
        }
        *run -= 1;
    }
    Some(())
}

/// Coded bits up to the next marker. There are never more than there are: what is missing is none.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits, from the top.
    hold: u64,
    count: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match self.bytes.get(self.at..) {
                // A byte of ones is followed by one of zeros, or it begins a marker.
                Some([0xFF, 0, ..]) => {
                    self.at += 2;
                    0xFF
                }
                Some([0xFF, ..] | []) | None => return,
                Some([byte, ..]) => {
                    self.at += 1;
                    *byte
                }
            };
            self.hold |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next sixteen bits, with zeros behind the last.
    fn peek(&mut self) -> u16 {
        if self.count < 16 {
            self.fill();
        }
        u16::try_from(self.hold >> 48).unwrap_or_default()
    }

    fn skip(&mut self, bits: u32) -> Option<()> {
        self.count = self.count.checked_sub(bits)?;
        self.hold <<= bits;
        Some(())
    }

    /// At most sixteen bits.
    fn take(&mut self, bits: u8) -> Option<u32> {
        let bits = u32::from(bits);
        let value = u32::from(self.peek()).checked_shr(16_u32.checked_sub(bits)?)?;
        self.skip(bits)?;
        Some(value)
    }

    /// A number of so many bits; those that begin with a zero are negative.
    fn signed(&mut self, bits: u8) -> Option<i32> {
        let value = i32::try_from(self.take(bits)?).ok()?;
        let half = match bits.checked_sub(1) {
            Some(bits) => 1_i32 << bits,
            None => return Some(0),
        };
        Some(if value < half { value - 2 * half + 1 } else { value })
    }

    /// The restart mark of that number, which must come now.
    fn restart(&mut self, number: u8) -> Option<()> {
        (self.hold, self.count) = (0, 0);
        let ones = self.bytes.get(self.at..)?.iter().take_while(|byte| **byte == 0xFF).count();
        let mark = *self.bytes.get(self.at + ones)?;
        self.at += ones + 1;
        (ones > 0 && mark == 0xD0 + number).then_some(())
    }
}

/// A table of codes: the short ones looked up, the long ones found by their length.
struct Huffman {
    /// By the next nine bits: length and value of the code; 0 when it is longer.
    short: Vec<(u8, u8)>,
    /// By length less one: the first sixteen bits that are beyond its codes, its first code, and where its values begin.
    long: [(u32, u32, usize); 16],
    values: Vec<u8>,
}

impl Huffman {
    fn new(counts: &[u8], values: &[u8]) -> Option<Self> {
        let mut table =
            Self { short: vec![(0, 0); 512], long: [(0, 0, 0); 16], values: values.to_vec() };
        let (mut code, mut begin) = (0_u32, 0_usize);
        for ((length, count), long) in (1_u8..).zip(counts).zip(&mut table.long) {
            let beyond = code + u32::from(*count);
            // More codes than there are of this length.
            if beyond > 1 << length {
                return None;
            }
            *long = (beyond << (16 - length), code, begin);
            for value in values.get(begin..begin + usize::from(*count))? {
                if length <= 9 {
                    let from = usize::try_from(code << (9 - length)).ok()?;
                    table.short.get_mut(from..from + (1 << (9 - length)))?.fill((length, *value));
                }
                code += 1;
            }
            begin += usize::from(*count);
            code <<= 1;
        }
        Some(table)
    }

    fn read(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let next = bits.peek();
        let (length, value) = *self.short.get(usize::from(next >> 7))?;
        if length > 0 {
            bits.skip(u32::from(length))?;
            return Some(value);
        }
        let next = u32::from(next);
        for (length, (beyond, first, begin)) in (1_u32..).zip(&self.long).skip(9) {
            if next < *beyond {
                bits.skip(length)?;
                let number = (next >> (16 - length)).checked_sub(*first)?;
                return self.values.get(begin + usize::try_from(number).ok()?).copied();
            }
        }
        None
    }
}

/// How the components make a colour.
#[derive(Clone, Copy, PartialEq)]
enum Colour {
    Grey,
    Rgb,
    YCbCr,
    Cmyk,
    Ycck,
}

/// From coefficients to rows of pixels, a row of units at a time.
struct Rows {
    /// Samples that a block of eight comes to, across and down: 1, 2, 4 or 8.
    size: usize,
    /// The transform: sample by coefficient.
    cosines: Vec<f32>,
    /// A component's samples of this row of units.
    planes: Vec<Vec<u8>>,
    colour: Colour,
    height: usize,
    shrink: Shrink,
}

impl Rows {
    fn new(frame: &Frame, adobe: Option<u8>) -> Result<Self, Fault> {
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        let colour = match (ids.as_slice(), adobe) {
            ([_], _) => Colour::Grey,
            ([_, _, _], Some(0)) | (b"RGB", None) => Colour::Rgb,
            ([_, _, _], _) => Colour::YCbCr,
            (_, Some(2)) => Colour::Ycck,
            _ => Colour::Cmyk,
        };
        let longest = usize::try_from(LONGEST_EDGE).unwrap_or(usize::MAX);
        let scaled = |edge: usize, size: usize| (edge * size).div_ceil(8);
        let edge = frame.width.max(frame.height);
        let size = [1, 2, 4].into_iter().find(|size| scaled(edge, *size) >= longest).unwrap_or(8);
        let (width, height) = (scaled(frame.width, size), scaled(frame.height, size));
        let planes =
            frame.components.iter().map(|c| vec![0; frame.across * c.h * c.v * size * size]);
        Ok(Self {
            size,
            cosines: cosines(size),
            planes: planes.collect(),
            colour,
            height,
            shrink: Shrink::new(width, height).ok_or(Fault::Unreadable)?,
        })
    }

    /// The row of units of that number.
    fn push(&mut self, frame: &Frame, down: usize) -> Result<(), Fault> {
        let size = self.size;
        for (component, plane) in frame.components.iter().zip(&mut self.planes) {
            let blocks = frame.across * component.h;
            let each = blocks * component.v * 64;
            // Kept are all rows, or this one alone.
            let from = if component.kept.len() > each { down * each } else { 0 };
            let kept = component.kept.get(from..from + each).ok_or(Fault::Unreadable)?;
            let lines = plane.chunks_exact_mut(blocks * size * size);
            for (line, row) in lines.zip(kept.chunks_exact(blocks * 64)) {
                for (number, block) in row.chunks_exact(64).enumerate() {
                    let samples = samples(&self.cosines, size, block, &component.quantization);
                    let targets = line.chunks_exact_mut(blocks * size);
                    for (target, samples) in targets.zip(samples.chunks_exact(size)) {
                        if let Some(target) = target.get_mut(number * size..(number + 1) * size) {
                            target.copy_from_slice(samples);
                        }
                    }
                }
            }
        }
        let first = down * frame.most_v * size;
        for y in 0..(frame.most_v * size).min(self.height.saturating_sub(first)) {
            let row = |number: usize| -> Option<Vec<u8>> {
                let component = frame.components.get(number)?;
                let line = y * component.v / frame.most_v;
                let width = frame.across * component.h * size;
                let samples = self.planes.get(number)?.get(line * width..(line + 1) * width)?;
                let times = frame.most_h / component.h;
                Some(if times == 1 {
                    samples.to_vec()
                } else {
                    samples.iter().flat_map(|sample| std::iter::repeat_n(*sample, times)).collect()
                })
            };
            let rows: Vec<Vec<u8>> = (0..frame.components.len()).filter_map(row).collect();
            match (rows.as_slice(), self.colour) {
                ([grey], _) => self.shrink.push(grey.iter().map(|grey| [*grey; 3])),
                ([a, b, c], colour) => {
                    let pixels = a.iter().zip(b).zip(c).map(|((a, b), c)| [*a, *b, *c]);
                    if colour == Colour::Rgb {
                        self.shrink.push(pixels);
                    } else {
                        self.shrink.push(pixels.map(rgb));
                    }
                }
                ([a, b, c, k], colour) => {
                    let pixels = a.iter().zip(b).zip(c).zip(k).map(|(((a, b), c), k)| {
                        let colours = [*a, *b, *c];
                        let colours = if colour == Colour::Ycck { rgb(colours) } else { colours };
                        // Ink is written as what it leaves of the paper.
                        colours.map(|colour| {
                            let product = u16::from(colour) * u16::from(*k) / 255;
                            u8::try_from(product).unwrap_or(u8::MAX)
                        })
                    });
                    self.shrink.push(pixels);
                }
                _ => return Err(Fault::Unreadable),
            }
        }
        Ok(())
    }
}

/// By ITU-R BT.601, in 16 bits of fraction.
fn rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y) << 16, i32::from(cb) - 128, i32::from(cr) - 128);
    let byte = |value: i32| u8::try_from(((value + (1 << 15)) >> 16).clamp(0, 255)).unwrap_or(0);
    [byte(y + 91_881 * cr), byte(y - 22_554 * cb - 46_802 * cr), byte(y + 116_130 * cb)]
}

/// The inverse cosine transform from the first coefficients to as many samples, so that a picture comes out smaller.
fn cosines(size: usize) -> Vec<f32> {
    let float = |n: usize| f32::from(u16::try_from(n).unwrap_or_default());
    let scale = |u: usize| if u == 0 { (1.0 / 8.0_f32).sqrt() } else { (2.0 / 8.0_f32).sqrt() };
    (0..size)
        .flat_map(|x| (0..size).map(move |u| (x, u)))
        .map(|(x, u)| {
            let angle = float((2 * x + 1) * u) * std::f32::consts::PI / float(2 * size);
            scale(u) * angle.cos()
        })
        .collect()
}

fn samples(cosines: &[f32], size: usize, block: &[i16], quantization: &[u16; 64]) -> [u8; 64] {
    let flat = block.iter().skip(1).all(|coefficient| *coefficient == 0);
    let value = |(coefficient, step): (&i16, &u16)| f32::from(*coefficient) * f32::from(*step);
    if flat {
        let mean = block.iter().zip(quantization).next().map_or(0.0, value) / 8.0;
        return [byte(mean); 64];
    }
    // Rows first: half of them are empty, mostly.
    let mut across = [[0.0_f32; 8]; 8];
    let rows = block.chunks_exact(8).zip(quantization.chunks_exact(8)).take(size);
    for (sums, (row, steps)) in across.iter_mut().zip(rows) {
        if row.iter().all(|coefficient| *coefficient == 0) {
            continue;
        }
        let mut values = [0.0_f32; 8];
        for (into, from) in values.iter_mut().zip(row.iter().zip(steps)) {
            *into = value(from);
        }
        for (sum, cosines) in sums.iter_mut().zip(cosines.chunks_exact(size)) {
            *sum = cosines.iter().zip(&values).map(|(cosine, value)| cosine * value).sum();
        }
    }
    let mut samples = [0_u8; 64];
    for (line, cosines) in samples.chunks_exact_mut(size).zip(cosines.chunks_exact(size)) {
        let mut sums = [0.0_f32; 8];
        for (cosine, across) in cosines.iter().zip(&across) {
            for (sum, value) in sums.iter_mut().zip(across) {
                *sum += cosine * value;
            }
        }
        for (sample, sum) in line.iter_mut().zip(&sums) {
            *sample = byte(*sum);
        }
    }
    samples
}

/// A sample around the middle as a byte.
#[expect(
    clippy::as_conversions,
    reason = "no checked conversion from f32 exists; the value is between 0 and 255"
)]
fn byte(value: f32) -> u8 {
    (value + 128.5).clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb};
    use proptest::prelude::*;

    use super::*;

    /// 83 × 61 pixels, written by libjpeg in the ways cameras and programs write.
    const SAMPLES: [(&str, &[u8]); 9] = [
        ("baseline, half colour", include_bytes!("samples/baseline-420.jpg")),
        ("baseline, restart marks", include_bytes!("samples/baseline-422-restart.jpg")),
        ("baseline, own tables", include_bytes!("samples/baseline-444-optimised.jpg")),
        ("baseline, grey", include_bytes!("samples/baseline-grey.jpg")),
        ("progressive, half colour", include_bytes!("samples/progressive-420.jpg")),
        ("progressive, full colour", include_bytes!("samples/progressive-444.jpg")),
        ("progressive, grey", include_bytes!("samples/progressive-grey.jpg")),
        ("progressive, restart marks", include_bytes!("samples/progressive-restart.jpg")),
        ("red, green, blue", include_bytes!("samples/rgb.jpg")),
    ];

    fn decode(bytes: &[u8]) -> Result<RgbImage, Fault> {
        super::decode(bytes, &|| true).map(|(picture, _)| picture)
    }

    /// The mean distance of two pictures' channels.
    fn distance(one: &RgbImage, other: &RgbImage) -> f64 {
        assert_eq!(one.dimensions(), other.dimensions());
        let sum: u64 =
            one.as_raw().iter().zip(other.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let count = u32::try_from(one.as_raw().len()).unwrap_or(1);
        f64::from(u32::try_from(sum).unwrap_or(u32::MAX)) / f64::from(count)
    }

    fn oracle(bytes: &[u8]) -> RgbImage {
        image::load_from_memory_with_format(bytes, ImageFormat::Jpeg)
            .map(image::DynamicImage::into_rgb8)
            .unwrap_or_default()
    }

    #[test]
    fn pictures_are_what_another_decoder_sees() {
        for (what, bytes) in SAMPLES {
            let picture = decode(bytes).unwrap_or_else(|fault| panic!("{what}: {fault:?}"));
            let distance = distance(&picture, &oracle(bytes));
            // Where colour comes in half the resolution it is repeated, not interpolated.
            let most = if what.contains("full") || what.contains("grey") { 1.0 } else { 3.5 };
            assert!(distance < most, "{what}: {distance}");
        }
        let cmyk: &[u8] = include_bytes!("samples/cmyk.jpg");
        let distance = distance(&decode(cmyk).unwrap_or_default(), &oracle(cmyk));
        assert!(distance < 2.5, "cyan, magenta, yellow, black: {distance}");
    }

    #[test]
    fn a_part_of_a_photo_is_no_photo() {
        for (what, bytes) in SAMPLES {
            // Each of the last, and some of the others: every cut decodes what is before it.
            let steps = (0..bytes.len()).filter(|cut| cut % 37 == 0 || cut + 20 > bytes.len());
            for cut in steps {
                let part = bytes.get(..cut).unwrap_or_default();
                assert!(decode(part).is_err(), "{what}, cut at {cut}");
                // Not even when its end is forged.
                if cut + 2 < bytes.len() {
                    let forged = [part, &[0xFF, 0xD9]].concat();
                    assert!(decode(&forged).is_err(), "{what}, cut at {cut}, with an end");
                }
            }
            // What follows the end (a second picture, a film) does not matter.
            assert!(decode(&[bytes, b"and more".as_slice()].concat()).is_ok());
        }
    }

    /// The places of the markers of a kind.
    fn markers(bytes: &[u8], marker: u8) -> Vec<usize> {
        let pairs = bytes.windows(2).enumerate();
        pairs.filter(|(_, pair)| *pair == [0xFF, marker]).map(|(at, _)| at).collect()
    }

    #[test]
    fn a_scan_that_is_left_out_or_comes_twice_is_noticed() {
        let bytes: &[u8] = include_bytes!("samples/progressive-420.jpg");
        let scans = markers(bytes, 0xDA);
        assert!(scans.len() >= 6, "{}", scans.len());
        for (number, from) in scans.iter().enumerate() {
            let tables = markers(bytes, 0xC4);
            let end = scans.get(number + 1).copied().unwrap_or(bytes.len() - 2);
            // The tables of the next scan stand before it.
            let to = tables.iter().find(|at| **at > *from && **at < end).copied().unwrap_or(end);
            let without =
                [bytes.get(..*from), bytes.get(to..)].map(Option::unwrap_or_default).concat();
            assert_eq!(decode(&without).err(), Some(Fault::Unreadable), "without scan {number}");
            let twice =
                [bytes.get(..to), bytes.get(*from..)].map(Option::unwrap_or_default).concat();
            assert_eq!(decode(&twice).err(), Some(Fault::Unreadable), "scan {number} twice");
        }
    }

    /// A progressive picture of this size whose scans are those, without their data.
    fn claims(kind: u8, width: u16, height: u16, scans: usize) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
        file.extend([1; 64]);
        file.extend([0xFF, kind, 0, 17, 8]);
        file.extend(height.to_be_bytes());
        file.extend(width.to_be_bytes());
        file.extend([3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
        // One code of one bit: nothing.
        file.extend([0xFF, 0xC4, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.extend([0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for _ in 0..scans {
            file.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
            file.extend([0; 40]);
        }
        file.extend([0xFF, 0xD9]);
        file
    }

    #[test]
    fn claims_without_data_are_refused_at_once() {
        let looks = std::cell::Cell::new(0);
        let few = || {
            looks.set(looks.get() + 1);
            looks.get() < 100_000
        };
        for (bytes, fault) in [
            (claims(0xC0, 8000, 8000, 1), Fault::Unreadable),
            (claims(0xC0, 65_500, 900, 1), Fault::Unreadable),
            (claims(0xC0, 65_500, 65_500, 1), Fault::TooLarge),
            (claims(0xC0, 0, 1, 1), Fault::Unreadable),
            (claims(0xC0, 16, 16, 0), Fault::Unreadable),
        ] {
            assert_eq!(super::decode(&bytes, &few).err(), Some(fault));
        }
        let mut progressive = claims(0xC2, 65_500, 900, 1);
        let scan = progressive.len() - 2 - 40 - 3;
        for (place, value) in [(scan, 0), (scan + 1, 0), (scan + 2, 0)] {
            progressive.get_mut(place).into_iter().for_each(|byte| *byte = value);
        }
        assert_eq!(super::decode(&progressive, &few).err(), Some(Fault::TooLarge));
    }

    #[test]
    fn scans_and_segments_are_counted() {
        let bytes: &[u8] = include_bytes!("samples/progressive-grey.jpg");
        let end = bytes.len() - 2;
        let head = bytes.get(..end).unwrap_or_default();
        let many = [head, &[0xFF, 0xFE, 0, 2].repeat(MOST_SEGMENTS), &[0xFF, 0xD9]].concat();
        assert_eq!(decode(&many).err(), Some(Fault::TooMuch));
        // A picture whose coefficients come one by one, again and again with one more bit.
        let mut file = claims(0xC2, 8, 8, 0);
        file.truncate(file.len() - 2);
        let dc = |bits: u8| {
            [&[0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, bits][..], &[0; 4]].concat()
        };
        file.extend(dc(13));
        for low in (0..13).rev() {
            file.extend(dc(((low + 1) << 4) | low));
        }
        for component in 1..=3 {
            for k in 1..64 {
                file.extend([0xFF, 0xDA, 0, 8, 1, component, 0, k, k, 0, 0, 0]);
            }
        }
        file.extend([0xFF, 0xD9]);
        assert_eq!(decode(&file).err(), Some(Fault::TooMuch));
    }

    #[test]
    fn decoding_stops_when_it_is_told_to() {
        let picture = RgbImage::from_fn(600, 400, |x, y| {
            let noise = u8::try_from((x * 7919 + y * 104_729) % 251).unwrap_or_default();
            Rgb([noise, noise / 2, 255 - noise])
        });
        let mut bytes = Vec::new();
        assert!(image::codecs::jpeg::JpegEncoder::new(&mut bytes).encode_image(&picture).is_ok());
        let looks = std::cell::Cell::new(0);
        let some = || {
            looks.set(looks.get() + 1);
            looks.get() < 300
        };
        assert_eq!(super::decode(&bytes, &some).err(), Some(Fault::Stopped));
        assert!(decode(&bytes).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn noise_is_what_another_decoder_sees(width in 1..70_u32, height in 1..70_u32, quality in 30..100_u8, seed in any::<u32>()) {
            let mut state = seed | 1;
            let picture = RgbImage::from_fn(width, height, |_, _| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let [a, b, c, _] = state.to_be_bytes();
                Rgb([a, b, c])
            });
            let mut bytes = Vec::new();
            prop_assert!(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&picture).is_ok());
            let (ours, theirs) = (decode(&bytes).unwrap_or_default(), oracle(&bytes));
            prop_assert!(distance(&ours, &theirs) < 1.5);
        }

    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// A large picture is made smaller by the transform; the same large areas have the same colours.
        #[test]
        fn reduced_pictures_keep_their_colours(width in 2100..9300_u32, left in any::<[u8; 3]>(), right in any::<[u8; 3]>()) {
            let picture = RgbImage::from_fn(width, 24, |x, _| Rgb(if x < width / 2 { left } else { right }));
            let mut bytes = Vec::new();
            prop_assert!(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(&picture).is_ok());
            let ours = decode(&bytes).unwrap_or_default();
            prop_assert_eq!(ours.width(), 2048);
            let theirs = image::DynamicImage::ImageRgb8(oracle(&bytes)).thumbnail(2048, 2048).into_rgb8();
            for x in [100, 1000, 1060, 1900] {
                let (a, b) = (ours.get_pixel(x, ours.height() / 2), theirs.get_pixel(x, theirs.height() / 2));
                prop_assert!(a.0.iter().zip(b.0).all(|(a, b)| a.abs_diff(b) < 9), "{:?} {:?} at {}", a, b, x);
            }
        }

        #[test]
        fn any_bytes_are_answered(sample in 0..9_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
            let mut bytes = SAMPLES.get(sample).map_or_else(Vec::new, |(_, bytes)| bytes.to_vec());
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes.get_mut(at).into_iter().for_each(|byte| *byte = value);
            }
            let _either = super::decode(&bytes, &|| true);
        }
    }
}
