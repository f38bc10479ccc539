//! From whatever was uploaded to a picture that is safe to keep: a pure function of the bytes.
//!
//! A crate of its own, since it is optimised in every build: unoptimised, a photo of a telephone would take half a
//! minute.

#![warn(missing_docs, unreachable_pub)]

mod jpeg;
mod png;
mod shrink;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, RgbImage};

/// The longest edge of what is kept, in pixels.
pub const LONGEST_EDGE: u32 = 2048;
/// The most pixels that are decoded; what telephones take has fewer.
pub const MOST_PIXELS: u64 = 64_000_000;
/// Enough to read a door plate, a quarter of the size of the best.
const QUALITY: u8 = 82;
/// A picture ready to be kept: JPEG, upright, nothing embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// The file.
    pub bytes: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Why something cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Neither JPEG nor PNG.
    OtherFormat,
    /// More pixels or memory than is decoded.
    TooLarge,
    /// Broken, or not all there.
    Unreadable,
    /// More scans or segments than is decoded.
    TooMuch,
    /// Not known: decoding was stopped.
    Stopped,
}

/// Asked again and again while a picture is decoded: whether to go on.
pub type GoOn<'a> = &'a dyn Fn() -> bool;

fn check(go_on: GoOn<'_>) -> Result<(), Fault> {
    if go_on() { Ok(()) } else { Err(Fault::Stopped) }
}

/// Decodes, makes smaller, turns upright and encodes anew. What is not whole to its last mark is refused: part of a
/// photo is no evidence.
///
/// # Errors
/// See [`Fault`].
pub fn prepare(upload: &[u8], go_on: GoOn<'_>) -> Result<Photo, Fault> {
    let (picture, orientation) = if upload.starts_with(b"\xff\xd8\xff") {
        jpeg::decode(upload, go_on)?
    } else if upload.starts_with(b"\x89PNG\r\n\x1a\n") {
        png::decode(upload, go_on)?
    } else {
        return Err(Fault::OtherFormat);
    };
    let mut picture = DynamicImage::ImageRgb8(picture);
    picture.apply_orientation(orientation);
    let picture: RgbImage = picture.into_rgb8();
    check(go_on)?;
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(&picture)
        .map_err(|_| Fault::Unreadable)?;
    Ok(Photo { bytes, width: picture.width(), height: picture.height() })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, Rgb, Rgba};

    use super::*;

    fn prepare(upload: &[u8]) -> Result<Photo, Fault> {
        super::prepare(upload, &|| true)
    }

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |x, _| {
            if x < width / 2 { Rgb([200, 20, 20]) } else { Rgb([20, 20, 200]) }
        });
        let mut bytes = Vec::new();
        let written = JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&picture);
        assert!(written.is_ok());
        bytes
    }

    /// Puts an Exif segment behind the start of a JPEG: orientation 6 (turn right) and a GPS entry.
    fn with_exif(plain: &[u8]) -> Vec<u8> {
        let mut tiff: Vec<u8> = b"II*\0\x08\0\0\0".to_vec();
        tiff.extend(2_u16.to_le_bytes());
        // Orientation, SHORT, one value, 6.
        tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
        // GPS IFD at 38.
        tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
        tiff.extend([0; 4]);
        tiff.extend(1_u16.to_le_bytes());
        // GPSLatitudeRef "N".
        tiff.extend([1, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0]);
        tiff.extend([0; 4]);
        let mut segment = b"Exif\0\0".to_vec();
        segment.extend(tiff);
        let length = u16::try_from(segment.len() + 2).unwrap_or_default();
        let (start, rest) = plain.split_at(2);
        [start, &[0xff, 0xe1], &length.to_be_bytes(), &segment, rest].concat()
    }

    fn contains(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn a_photo_is_turned_upright_and_loses_what_was_embedded() {
        let upload = with_exif(&jpeg(64, 32));
        assert!(contains(&upload, b"Exif"));
        let photo = prepare(&upload);
        assert!(photo.as_ref().is_ok_and(|p| (p.width, p.height) == (32, 64)), "{photo:?}");
        assert!(
            photo.is_ok_and(|p| !contains(&p.bytes, b"Exif") && p.bytes.starts_with(&[0xff, 0xd8]))
        );
    }

    #[test]
    fn turning_right_brings_the_left_half_to_the_top() {
        let bytes = prepare(&with_exif(&jpeg(64, 32))).map(|p| p.bytes).unwrap_or_default();
        let picture =
            image::load_from_memory(&bytes).map(DynamicImage::into_rgb8).unwrap_or_default();
        assert!(picture.get_pixel(16, 4).0[0] > 150, "red on top");
        assert!(picture.get_pixel(16, 60).0[2] > 150, "blue below");
    }

    #[test]
    fn a_large_photo_is_made_smaller_in_proportion() {
        let photo = prepare(&jpeg(4096, 1024));
        assert!(photo.is_ok_and(|p| (p.width, p.height) == (2048, 512)));
    }

    #[test]
    fn a_small_photo_keeps_its_size() {
        assert!(prepare(&jpeg(40, 30)).is_ok_and(|p| (p.width, p.height) == (40, 30)));
    }

    #[test]
    fn transparency_becomes_white() {
        let picture = image::RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0]));
        let mut png = Cursor::new(Vec::new());
        assert!(picture.write_to(&mut png, ImageFormat::Png).is_ok());
        let bytes = prepare(&png.into_inner()).map(|p| p.bytes).unwrap_or_default();
        let kept = image::load_from_memory(&bytes).map(DynamicImage::into_rgb8).unwrap_or_default();
        assert!(kept.get_pixel(4, 4).0.iter().all(|c| *c > 250));
    }

    #[test]
    fn what_is_no_photo_is_refused() {
        assert_eq!(prepare(b"GIF89a\x01\0\x01\0\0\0\0;"), Err(Fault::OtherFormat));
        assert_eq!(prepare(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), Err(Fault::OtherFormat));
        assert_eq!(prepare(b""), Err(Fault::OtherFormat));
        let whole = jpeg(64, 64);
        let (half, _) = whole.split_at(30);
        assert_eq!(prepare(half), Err(Fault::Unreadable));
    }

    #[test]
    fn a_picture_of_a_billion_pixels_is_refused_before_it_is_decoded() {
        // The head of a PNG that claims 40,000 × 40,000 pixels, with its checksum.
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        png.extend(40_000_u32.to_be_bytes());
        png.extend(40_000_u32.to_be_bytes());
        png.extend([8, 2, 0, 0, 0]);
        png.extend(crc(png.get(12..).unwrap_or_default()).to_be_bytes());
        png.extend(b"\0\0\0\x01IDAT\0");
        png.extend(crc(b"IDAT\0").to_be_bytes());
        assert_eq!(prepare(&png), Err(Fault::TooLarge));
    }

    fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap_or_default().to_be_bytes();
        let named = [kind, content].concat();
        [&length[..], &named, &crc(&named).to_be_bytes()].concat()
    }

    fn zlib(content: &[u8]) -> Vec<u8> {
        use std::io::Write;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        assert!(encoder.write_all(content).is_ok());
        encoder.finish().unwrap_or_default()
    }

    fn png(width: u32, height: u32, kind: [u8; 5], beside: &[u8], rows: &[u8]) -> Vec<u8> {
        let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &kind].concat();
        [
            b"\x89PNG\r\n\x1a\n",
            &chunk(b"IHDR", &head)[..],
            beside,
            &chunk(b"IDAT", &zlib(rows)),
            &chunk(b"IEND", b""),
        ]
        .concat()
    }

    const RGB: [u8; 5] = [8, 2, 0, 0, 0];

    #[test]
    fn profiles_and_texts_are_not_unpacked() {
        let bomb = zlib(&vec![0; 100_000_000]);
        let profile = chunk(b"iCCP", &[b"p\0\0", &bomb[..]].concat());
        let text = chunk(b"zTXt", &[b"XML:com.adobe.xmp\0\0", &bomb[..]].concat());
        let words = chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\x01\0\0\0", &bomb[..]].concat());
        let beside = [profile, text.repeat(3), words].concat();
        let upload = png(2, 1, RGB, &beside, &[0, 1, 2, 3, 4, 5, 6]);
        // What is unpacked would be read in thousands of pieces; this many looks are enough for two pixels.
        let looks = std::cell::Cell::new(0);
        let photo = super::prepare(&upload, &|| {
            looks.set(looks.get() + 1);
            looks.get() < 20
        });
        assert!(photo.is_ok_and(|photo| (photo.width, photo.height) == (2, 1)));
    }

    #[test]
    fn a_part_of_a_png_is_no_photo() {
        let picture = RgbImage::from_fn(90, 50, |x, y| {
            Rgb([u8::try_from(x * 2).unwrap_or(0), u8::try_from(y).unwrap_or(0), 7])
        });
        let mut whole = Cursor::new(Vec::new());
        assert!(picture.write_to(&mut whole, ImageFormat::Png).is_ok());
        let whole = whole.into_inner();
        assert!(prepare(&whole).is_ok());
        for cut in 8..whole.len() {
            let part = whole.get(..cut).unwrap_or_default();
            assert_eq!(prepare(part), Err(Fault::Unreadable), "cut at {cut}");
        }
    }

    #[test]
    fn large_pngs_are_bounded_in_what_they_unpack_to() {
        let rows = |line: usize, lines: usize| vec![0; (line + 1) * lines];
        // Many pixels in rows: made smaller as they come.
        let large = png(3000, 3000, RGB, b"", &rows(9000, 3000));
        assert!(prepare(&large).is_ok_and(|photo| (photo.width, photo.height) == (2048, 2048)));
        // As many with 16 bits and transparency.
        let deep = png(6000, 6000, [16, 6, 0, 0, 0], b"", &rows(48_000, 10));
        assert_eq!(prepare(&deep), Err(Fault::TooLarge));
        // Rows out of order are held, so there may be fewer.
        let interlaced = png(6000, 6000, [8, 2, 0, 0, 1], b"", &rows(18_000, 10));
        assert_eq!(prepare(&interlaced), Err(Fault::TooLarge));
        // Fewer rows than claimed.
        let short = png(3000, 3000, RGB, b"", &rows(9000, 10));
        assert_eq!(prepare(&short), Err(Fault::Unreadable));
    }

    #[test]
    fn interlaced_and_palette_pngs_are_read() {
        let mut encoded = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut encoded, 2, 2);
        encoder.set_color(::png::ColorType::Indexed);
        encoder.set_depth(::png::BitDepth::One);
        encoder.set_palette(vec![255, 0, 0, 0, 0, 255]);
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&[0b0100_0000, 0b1000_0000]));
        assert!(written.is_ok());
        assert!(prepare(&encoded).is_ok_and(|photo| (photo.width, photo.height) == (2, 2)));
        // Seven passes over one pixel: the others are empty.
        let one = png(1, 1, [8, 2, 0, 0, 1], b"", &[0, 200, 100, 50]);
        assert!(prepare(&one).is_ok());
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
}
