//! Many lines in the plane at once, in n log n steps and in whole numbers.
//!
//! Two questions are answered here for a boundary of any number of rings: whether any two sides cross, and where a
//! point lies. Both are exact, and both accept what real files hold: sides that touch, that lie on each other or that
//! stand upright, rings that meet themselves in a corner. The tests compare them with the plain way of looking at
//! every pair.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};
use std::ops::Bound;

use super::geometry::Point;
use crate::work::{Budget, Stop};

/// A ring of no more sides is looked through from end to end.
const SMALL: usize = 16;

/// Where a point lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Inside,
    Edge,
    Outside,
}

/// The sides of a ring, the closing one included.
pub(super) fn sides(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

pub(super) fn difference(from: Point, to: Point) -> (i64, i64) {
    (i64::from(to.lng) - i64::from(from.lng), i64::from(to.lat) - i64::from(from.lat))
}

/// Positive when `c` lies left of the line from `a` to `b`. Differences stay below 2^28, so i64 is ample.
pub(super) fn side_of(a: Point, b: Point, c: Point) -> i64 {
    let (bx, by) = difference(a, b);
    let (cx, cy) = difference(a, c);
    bx * cy - by * cx
}

/// Whether two sides cross in their interiors; touching is not crossing.
fn cross(one: &Side, other: &Side) -> bool {
    let opposite = |x: i64, y: i64| (x > 0 && y < 0) || (x < 0 && y > 0);
    opposite(side_of(one.from, one.to, other.from), side_of(one.from, one.to, other.to))
        && opposite(side_of(other.from, other.to, one.from), side_of(other.from, other.to, one.to))
}

/// A side from its western end to its eastern; an upright one runs from south to north.
///
/// Sides that the line of the sweep meets are in order from south to north. Where two of them begin decides: as long
/// as none cross, they stay in that order until one ends.
#[derive(Clone, Copy, Debug)]
struct Side {
    from: Point,
    to: Point,
    number: usize,
}

impl Ord for Side {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.number == other.number {
            return Ordering::Equal;
        }
        // Positive: the other lies north. When it begins on this side's line, where it goes decides.
        let north = |low: &Self, high: &Self| match side_of(low.from, low.to, high.from) {
            0 => side_of(low.from, low.to, high.to),
            side => side,
        };
        let side = if self.from <= other.from { north(self, other) } else { -north(other, self) };
        // On one line: any order will do, as long as it is one.
        0.cmp(&side).then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Side {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Side {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Side {}

/// Whether any two sides cross in their interiors (Shamos and Hoey, 1976).
///
/// A line sweeps from west to east and keeps the sides it meets in order. Two sides that cross are neighbours just
/// before they do: whatever lay between them ended there, at the latest in the very point. So only neighbours are
/// compared, when a side comes in between or goes. At one point sides end before others begin; upright sides count as
/// leaning a little to the east, so that their southern end comes first.
///
/// # Errors
/// When the budget is used up.
pub(super) fn crosses(
    all: impl Iterator<Item = (Point, Point)>,
    work: &Budget,
) -> Result<bool, Stop> {
    let all: Vec<Side> = all
        .enumerate()
        .map(|(number, (a, b))| Side { from: a.min(b), to: a.max(b), number })
        .collect();
    // `false` sorts first: ends before beginnings.
    let mut events: Vec<(Point, bool, usize)> = Vec::with_capacity(2 * all.len());
    for side in &all {
        events.push((side.from, true, side.number));
        events.push((side.to, false, side.number));
    }
    events.sort_unstable();

    let mut met: BTreeSet<Side> = BTreeSet::new();
    for (_, begins, number) in events {
        work.check()?;
        let Some(side) = all.get(number) else { continue };
        let south = met.range(..side).next_back();
        let north = met.range((Bound::Excluded(side), Bound::Unbounded)).next();
        if begins {
            if south.is_some_and(|s| cross(s, side)) || north.is_some_and(|n| cross(side, n)) {
                return Ok(true);
            }
            met.insert(*side);
        } else {
            if south.zip(north).is_some_and(|(south, north)| cross(south, north)) {
                return Ok(true);
            }
            met.remove(side);
        }
    }
    Ok(false)
}

/// Where a point lies against a ring, side by side.
pub(super) fn look_through(ring: &[Point], point: Point) -> Place {
    let mut inside = false;
    for (a, b) in sides(ring) {
        let side = side_of(a, b, point);
        let within =
            |from: i32, to: i32, value: i32| from.min(to) <= value && value <= from.max(to);
        if side == 0 && within(a.lng, b.lng, point.lng) && within(a.lat, b.lat, point.lat) {
            return Place::Edge;
        }
        if (a.lat > point.lat) != (b.lat > point.lat) && (side > 0) == (b.lat > a.lat) {
            inside = !inside;
        }
    }
    if inside { Place::Inside } else { Place::Outside }
}

/// A ring prepared to be asked many times where a point lies; its sides must not cross each other.
pub(super) struct Locator<'a> {
    ring: &'a [Point],
    south_west: Point,
    north_east: Point,
    strips: Option<Strips>,
}

impl<'a> Locator<'a> {
    pub(super) fn new(ring: &'a [Point]) -> Self {
        let lng = || ring.iter().map(|p| p.lng);
        let lat = || ring.iter().map(|p| p.lat);
        let corner = |lng: Option<i32>, lat: Option<i32>| Point {
            lng: lng.unwrap_or_default(),
            lat: lat.unwrap_or_default(),
        };
        Self {
            ring,
            south_west: corner(lng().min(), lat().min()),
            north_east: corner(lng().max(), lat().max()),
            strips: (ring.len() > SMALL).then(|| Strips::new(ring)),
        }
    }

    pub(super) fn locate(&self, point: Point) -> Place {
        let beyond = point.lng < self.south_west.lng
            || point.lat < self.south_west.lat
            || point.lng > self.north_east.lng
            || point.lat > self.north_east.lat;
        match &self.strips {
            _ if beyond => Place::Outside,
            None => look_through(self.ring, point),
            Some(strips) => strips.locate(point),
        }
    }

    /// Where the first corner of a ring lies that is not on this one's edge; none when all are.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(super) fn side_of_ring(
        &self,
        other: &[Point],
        work: &Budget,
    ) -> Result<Option<Place>, Stop> {
        for corner in other {
            work.check()?;
            match self.locate(*corner) {
                Place::Edge => {}
                place => return Ok(Some(place)),
            }
        }
        Ok(None)
    }
}

/// The plane cut along the latitude of every corner. A side spans many strips; it stands in the few knots of a binary
/// tree over the strips that together make up its span (a segment tree). All sides of a knot span the whole of its
/// strips and do not cross, so they have an order from west to east, and a binary search tells how many of them lie
/// east of a point.
struct Strips {
    corners: HashSet<Point>,
    /// Level sides as stretches that do not overlap, by latitude and western end.
    level: Vec<(i32, i32, i32)>,
    /// Between the first and the second lies strip 0.
    latitudes: Vec<i32>,
    /// The leaves are the strips, from `leaves` on; the knot above `i` is `i / 2`.
    knots: Vec<Vec<(Point, Point)>>,
    leaves: usize,
}

impl Strips {
    fn new(ring: &[Point]) -> Self {
        let mut latitudes: Vec<i32> = ring.iter().map(|p| p.lat).collect();
        latitudes.sort_unstable();
        latitudes.dedup();
        let leaves = latitudes.len().next_power_of_two();
        let mut knots = vec![Vec::new(); 2 * leaves];
        let strip = |lat: i32| latitudes.partition_point(|l| *l < lat);
        let mut stretches = Vec::new();
        for (a, b) in sides(ring) {
            if a.lat == b.lat {
                stretches.push((a.lat, a.lng.min(b.lng), a.lng.max(b.lng)));
                continue;
            }
            let (low, high) = if a.lat < b.lat { (a, b) } else { (b, a) };
            let (mut from, mut to) = (leaves + strip(low.lat), leaves + strip(high.lat));
            while from < to {
                if !from.is_multiple_of(2) {
                    knots.get_mut(from).into_iter().for_each(|knot| knot.push((low, high)));
                    from += 1;
                }
                if !to.is_multiple_of(2) {
                    to -= 1;
                    knots.get_mut(to).into_iter().for_each(|knot| knot.push((low, high)));
                }
                (from, to) = (from / 2, to / 2);
            }
        }
        for knot in &mut knots {
            knot.sort_unstable_by(|one, other| west_to_east(*one, *other));
        }
        stretches.sort_unstable();
        let mut level: Vec<(i32, i32, i32)> = Vec::new();
        for (lat, west, east) in stretches {
            match level.last_mut() {
                Some(last) if last.0 == lat && west <= last.2 => last.2 = last.2.max(east),
                _ => level.push((lat, west, east)),
            }
        }
        Self { corners: ring.iter().copied().collect(), level, latitudes, knots, leaves }
    }

    fn locate(&self, point: Point) -> Place {
        if self.corners.contains(&point) {
            return Place::Edge;
        }
        let before =
            self.level.partition_point(|(lat, west, _)| (*lat, *west) <= (point.lat, point.lng));
        if let Some((lat, _, east)) = before.checked_sub(1).and_then(|last| self.level.get(last))
            && *lat == point.lat
            && point.lng <= *east
        {
            return Place::Edge;
        }
        let south = self.latitudes.partition_point(|lat| *lat <= point.lat);
        if south == 0 || south == self.latitudes.len() {
            return Place::Outside;
        }
        let mut inside = false;
        let mut at = self.leaves + south - 1;
        while at > 0 {
            let knot = self.knots.get(at).map_or(&[][..], Vec::as_slice);
            let not_east = knot.partition_point(|(low, high)| side_of(*low, *high, point) <= 0);
            if let Some((low, high)) = not_east.checked_sub(1).and_then(|last| knot.get(last))
                && side_of(*low, *high, point) == 0
            {
                return Place::Edge;
            }
            inside ^= !(knot.len() - not_east).is_multiple_of(2);
            at /= 2;
        }
        if inside { Place::Inside } else { Place::Outside }
    }
}

/// The order of two rising sides with a latitude in common.
fn west_to_east(one: (Point, Point), other: (Point, Point)) -> Ordering {
    // Negative: the second lies east of the first.
    let east = |west: (Point, Point), east: (Point, Point)| match side_of(west.0, west.1, east.0) {
        0 => side_of(west.0, west.1, east.1),
        side => side,
    };
    if one.0.lat <= other.0.lat { east(one, other).cmp(&0) } else { 0.cmp(&east(other, one)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every pair, as it was before.
    fn naive(all: &[(Point, Point)]) -> bool {
        let side =
            |(number, (from, to)): (usize, &(Point, Point))| Side { from: *from, to: *to, number };
        let all: Vec<Side> = all.iter().enumerate().map(side).collect();
        all.iter().enumerate().any(|(n, one)| all.iter().skip(n + 1).any(|two| cross(one, two)))
    }

    /// On a small grid sides touch, overlap and stand upright all the time.
    fn point(size: i32) -> impl Strategy<Value = Point> {
        (0..size, 0..size).prop_map(|(lng, lat)| Point { lng, lat })
    }

    fn ring(size: i32, corners: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Point>> {
        prop::collection::vec(point(size), corners).prop_map(|mut ring| {
            ring.dedup();
            ring
        })
    }

    /// Sides on so few places that they meet.
    fn folded(sides: impl IntoIterator<Item = (Point, Point)>, size: i32) -> Vec<(Point, Point)> {
        let fold = |p: Point| Point { lng: p.lng % size, lat: p.lat % size };
        sides.into_iter().map(|(a, b)| (fold(a), fold(b))).filter(|(a, b)| a != b).collect()
    }

    fn sweep(all: &[(Point, Point)]) -> bool {
        crosses(all.iter().copied(), &Budget::unbounded()).unwrap_or_default()
    }

    proptest! {
        // Three of four random rings cross themselves, and are passed over where they may not.
        #![proptest_config(ProptestConfig { cases: 2_000, max_global_rejects: 100_000, ..ProptestConfig::default() })]
        #[test]
        fn the_sweep_finds_what_every_pair_finds(
            size in 2..12_i32, rings in prop::collection::vec(ring(12, 2..9), 1..5)) {
            let all = folded(rings.iter().flat_map(|ring| sides(ring)), size);
            prop_assert_eq!(sweep(&all), naive(&all));
        }

        #[test]
        fn loose_sides_too(size in 2..9_i32, pairs in prop::collection::vec((point(9), point(9)), 1..9)) {
            let all = folded(pairs, size);
            prop_assert_eq!(sweep(&all), naive(&all));
        }

        #[test]
        fn strips_say_what_looking_through_says(ring in ring(7, 3..14)) {
            let all: Vec<_> = sides(&ring).collect();
            prop_assume!(ring.len() > 2 && !naive(&all));
            let strips = Strips::new(&ring);
            for lng in -1..8 {
                for lat in -1..8 {
                    let point = Point { lng, lat };
                    prop_assert_eq!(strips.locate(point), look_through(&ring, point), "{:?}", point);
                }
            }
        }
    }
}
