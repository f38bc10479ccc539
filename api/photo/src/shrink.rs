//! Making a picture smaller row by row, so that only the small one is ever in memory.

use image::RgbImage;

use super::LONGEST_EDGE;

/// A picture that takes rows from above and keeps the mean of what falls on each of its pixels.
pub(super) struct Shrink {
    width: u32,
    height: u32,
    /// Pixels that fall on each column.
    columns: Vec<u32>,
    /// Pixels that fall on the row being filled, and on those after it.
    row: u32,
    rows: std::vec::IntoIter<u32>,
    /// Rows still to come before it is full.
    left: u32,
    sums: Vec<u32>,
    pixels: Vec<u8>,
}

impl Shrink {
    /// For a picture of so many pixels; none when it has none.
    pub(super) fn new(width: usize, height: usize) -> Option<Self> {
        let (from_width, from_height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
        let longest = from_width.max(from_height);
        let fit = |edge: u32| {
            if longest <= LONGEST_EDGE {
                return edge;
            }
            let (edge, longest) = (u64::from(edge), u64::from(longest));
            let rounded = (edge * u64::from(LONGEST_EDGE) + longest / 2) / longest;
            u32::try_from(rounded).unwrap_or(LONGEST_EDGE).max(1)
        };
        let (width, height) = (fit(from_width), fit(from_height));
        let spread = |from: u32, to: u32| -> Vec<u32> {
            let edge = |n: u32| u64::from(n) * u64::from(from) / u64::from(to).max(1);
            (0..to).filter_map(|n| u32::try_from(edge(n + 1) - edge(n)).ok()).collect()
        };
        let columns = spread(from_width, width);
        let mut rows = spread(from_height, height).into_iter();
        let row = rows.next()?;
        let size = usize::try_from(u64::from(width) * u64::from(height) * 3).ok()?;
        Some(Self {
            width,
            height,
            sums: vec![0; columns.len().checked_mul(3).filter(|sums| *sums > 0)?],
            columns,
            row,
            rows,
            left: row,
            pixels: Vec::with_capacity(size),
        })
    }

    /// The next row. What is too much is left out.
    pub(super) fn push(&mut self, mut row: impl Iterator<Item = [u8; 3]>) {
        if self.left == 0 {
            return;
        }
        for (sums, count) in self.sums.chunks_exact_mut(3).zip(&self.columns) {
            for _ in 0..*count {
                let Some(pixel) = row.next() else { break };
                for (sum, channel) in sums.iter_mut().zip(pixel) {
                    *sum += u32::from(channel);
                }
            }
        }
        self.left -= 1;
        if self.left == 0 {
            for (sums, count) in self.sums.chunks_exact_mut(3).zip(&self.columns) {
                let count = (count * self.row).max(1);
                for sum in sums {
                    let mean = (std::mem::take(sum) + count / 2) / count;
                    self.pixels.push(u8::try_from(mean).unwrap_or(u8::MAX));
                }
            }
            self.row = self.rows.next().unwrap_or_default();
            self.left = self.row;
        }
    }

    /// The picture, once all its rows have come.
    pub(super) fn picture(self) -> Option<RgbImage> {
        RgbImage::from_raw(self.width, self.height, self.pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn one_colour_stays_one_colour(width in 1..9000_usize, height in 1..9_usize, colour in any::<[u8; 3]>(), turn in any::<bool>()) {
            let (width, height) = if turn { (height, width) } else { (width, height) };
            let picture = Shrink::new(width, height).and_then(|mut shrink| {
                for _ in 0..height {
                    shrink.push(std::iter::repeat_n(colour, width));
                }
                shrink.picture()
            });
            let picture = picture.unwrap_or_default();
            let longest = width.max(height);
            prop_assert_eq!(usize::try_from(picture.width().max(picture.height())).ok(), Some(longest.min(2048)));
            prop_assert!(picture.pixels().all(|pixel| pixel.0 == colour));
        }
    }

    #[test]
    fn the_mean_of_four_is_taken() {
        let mut shrink = Shrink::new(4096, 2).unwrap_or_else(|| panic!("a size"));
        shrink.push((0..4096).map(|n| [if n % 2 == 0 { 10 } else { 20 }, 0, 0]));
        shrink.push((0..4096).map(|_| [40, 0, 255]));
        let picture = shrink.picture().unwrap_or_default();
        assert_eq!(picture.dimensions(), (2048, 1));
        assert!(picture.pixels().all(|pixel| pixel.0 == [28, 0, 128]));
    }
}
