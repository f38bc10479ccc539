//! PNG as evidence: decoded row by row, and only when it is whole. Profiles and texts, which unpack to whatever their
//! author likes, are passed over.

use std::io::Cursor;

use ::png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Transformations};
use image::RgbImage;
use image::metadata::Orientation;

use super::shrink::Shrink;
use super::{Fault, GoOn, MOST_PIXELS, check};

/// Bytes of all rows once unpacked: 64 million pixels of three.
const MOST_UNPACKED: u64 = 192_000_000;
/// Bytes of a picture whose rows do not come in order (interlaced), which is held as a whole.
const MOST_HELD: usize = 40_000_000;
/// Bytes of whatever else the decoder must hold: a few rows, a note about the orientation.
const MOST_BESIDE: usize = 9_000_000;

/// Decodes a PNG file to a picture of at most the longest edge, as it lies, and how it is to be turned.
///
/// # Errors
/// See [`Fault`].
pub(super) fn decode(bytes: &[u8], go_on: GoOn<'_>) -> Result<(RgbImage, Orientation), Fault> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MOST_BESIDE });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let header = decoder.read_header_info().map_err(|error| fault(&error))?;
    let (width, height) = (header.width, header.height);
    let line = u64::try_from(header.raw_row_length()).unwrap_or(u64::MAX);
    if u64::from(width) * u64::from(height) > MOST_PIXELS
        || line.saturating_mul(u64::from(height)) > MOST_UNPACKED
    {
        return Err(Fault::TooLarge);
    }
    let mut reader = decoder.read_info().map_err(|error| fault(&error))?;
    let exif = reader.info().exif_metadata.as_deref();
    let orientation = exif.and_then(Orientation::from_exif_chunk);
    let (colour, depth) = reader.output_color_type();
    if depth != BitDepth::Eight {
        return Err(Fault::Unreadable);
    }
    let size = |edge: u32| usize::try_from(edge).map_err(|_| Fault::TooLarge);
    let mut shrink = Shrink::new(size(width)?, size(height)?).ok_or(Fault::Unreadable)?;
    if reader.info().interlaced {
        let size = reader.output_buffer_size().filter(|size| *size <= MOST_HELD);
        let mut picture = vec![0; size.ok_or(Fault::TooLarge)?];
        let frame = reader.next_frame(&mut picture).map_err(|error| fault(&error))?;
        for row in picture.chunks_exact(frame.line_size.max(1)) {
            check(go_on)?;
            push(&mut shrink, colour, row);
        }
    } else {
        while let Some(row) = reader.next_row().map_err(|error| fault(&error))? {
            check(go_on)?;
            push(&mut shrink, colour, row.data());
        }
    }
    // The end mark has to be there.
    reader.finish().map_err(|error| fault(&error))?;
    let picture = shrink.picture().ok_or(Fault::Unreadable)?;
    Ok((picture, orientation.unwrap_or(Orientation::NoTransforms)))
}

fn push(shrink: &mut Shrink, colour: ColorType, row: &[u8]) {
    match colour {
        ColorType::Grayscale => shrink.push(row.iter().map(|grey| [*grey; 3])),
        ColorType::GrayscaleAlpha => {
            shrink.push(row.as_chunks().0.iter().map(|[grey, alpha]| [on_white(*grey, *alpha); 3]));
        }
        ColorType::Rgb => shrink.push(row.as_chunks().0.iter().copied()),
        ColorType::Rgba => {
            shrink.push(row.as_chunks().0.iter().map(|[red, green, blue, alpha]| {
                [*red, *green, *blue].map(|channel| on_white(channel, *alpha))
            }))
        }
        // Expanded to colours.
        ColorType::Indexed => {}
    }
}

/// JPEG knows no transparency: what shines through is white.
fn on_white(channel: u8, alpha: u8) -> u8 {
    let (channel, alpha) = (u32::from(channel), u32::from(alpha));
    u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

fn fault(error: &DecodingError) -> Fault {
    match error {
        DecodingError::LimitsExceeded => Fault::TooLarge,
        _ => Fault::Unreadable,
    }
}
