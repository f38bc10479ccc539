//! From whatever was uploaded to a picture that is safe to keep: a pure function of the bytes.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage, Rgba};

/// The largest upload, in bytes.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;
/// The longest edge of what is kept, in pixels.
pub const LONGEST_EDGE: u32 = 2048;
/// The most pixels that are decoded; what telephones take has fewer.
const MOST_PIXELS: u64 = 64_000_000;
/// The most memory that decoding may take, in bytes.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
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
    /// Broken.
    Unreadable,
}

/// Decodes, makes smaller, turns upright and encodes anew.
///
/// # Errors
/// See [`Fault`].
pub fn prepare(upload: &[u8]) -> Result<Photo, Fault> {
    let mut reader = ImageReader::new(Cursor::new(upload))
        .with_guessed_format()
        .map_err(|_| Fault::Unreadable)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png)) {
        return Err(Fault::OtherFormat);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| fault(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY {
        return Err(Fault::TooLarge);
    }
    // A note about the orientation that cannot be read leaves the picture as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let decoded = DynamicImage::from_decoder(decoder).map_err(|error| fault(&error))?;
    let mut picture = if width.max(height) > LONGEST_EDGE {
        decoded.thumbnail(LONGEST_EDGE, LONGEST_EDGE)
    } else {
        decoded
    };
    picture.apply_orientation(orientation);
    let picture = on_white(picture);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(&picture)
        .map_err(|_| Fault::Unreadable)?;
    Ok(Photo { bytes, width: picture.width(), height: picture.height() })
}

fn fault(error: &image::ImageError) -> Fault {
    match error {
        image::ImageError::Limits(_) => Fault::TooLarge,
        _ => Fault::Unreadable,
    }
}

/// JPEG knows no transparency: what shines through is white.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let Rgba([red, green, blue, alpha]) = *picture.get_pixel(x, y);
        let mix = |channel: u8| {
            let alpha = u32::from(alpha);
            let mixed = (u32::from(channel) * alpha + 255 * (255 - alpha)) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Rgb([mix(red), mix(green), mix(blue)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
