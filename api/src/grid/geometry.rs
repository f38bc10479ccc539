//! Boundaries on the map, computed in integers.
//!
//! Every coordinate is a whole number of micro-degrees (1e-6 degree, about 0.1 m): two neighbouring grids
//! share exactly the same corner points, and whether a point lies inside is a question without rounding.
//! A file with more decimals is rounded on the way in; all grids of a file are rounded alike, so a common
//! border stays common.
//!
//! What is checked takes n log n steps (see `planar`), and looks at its budget while it does.

use std::collections::HashMap;

use serde::Serialize;

use super::feature::{Geometry, Nested};
use super::planar::{self, Locator, Place, difference, side_of, sides};
use crate::work::{Budget, Stop};

/// Micro-degrees in a degree.
const MICRO: f64 = 1_000_000.0;
/// Radius in metres of the sphere that has the Earth's surface (authalic radius, GRS 80).
const EARTH_RADIUS: f64 = 6_371_007.2;
/// Corner points that one ring may have.
const MAX_RING: usize = 10_000;
/// Separate parts that one grid may have.
const MAX_PARTS: usize = 100;
/// China with its seas, in micro-degrees: a point outside is a mistake, mostly latitude before longitude.
const LNG: std::ops::RangeInclusive<i32> = 73_000_000..=136_000_000;
const LAT: std::ops::RangeInclusive<i32> = 3_000_000..=54_000_000;

/// A place, in micro-degrees (WGS 84 or the official map's own datum: the file's is kept).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    /// Longitude east.
    pub lng: i32,
    /// Latitude north.
    pub lat: i32,
}

impl Point {
    /// Longitude in degrees.
    pub fn lng_degrees(self) -> f64 {
        f64::from(self.lng) / MICRO
    }

    /// Latitude in degrees.
    pub fn lat_degrees(self) -> f64 {
        f64::from(self.lat) / MICRO
    }

    /// The place at so many degrees, rounded; none outside China.
    pub(super) fn of_degrees(lng: f64, lat: f64) -> Option<Self> {
        let point = Self { lng: micro(lng)?, lat: micro(lat)? };
        (LNG.contains(&point.lng) && LAT.contains(&point.lat)).then_some(point)
    }
}

/// Corner points without the repeated last one.
type Ring = Vec<Point>;

/// One connected part with its holes. The outer ring runs counter-clockwise, holes run clockwise (RFC 7946).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    rings: Vec<Ring>,
}

/// The boundary of a grid: a valid GeoJSON `Polygon` or `MultiPolygon`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Boundary {
    parts: Vec<Part>,
}

/// What is wrong with a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Neither a polygon nor a multi-polygon.
    Kind,
    /// `coordinates` is not nested as GeoJSON wants it.
    Shape,
    /// A coordinate outside China.
    Outside,
    /// A ring that does not return to its first point.
    Open,
    /// Fewer than three different corners, or no surface.
    Flat,
    /// Too many corners or parts.
    TooLarge,
    /// The line crosses itself.
    Crossing,
    /// A hole outside its part, or parts that overlap.
    Nesting,
    /// Not known: the check was stopped.
    Stopped(Stop),
}

impl From<Stop> for Flaw {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl Flaw {
    /// The reason in the user's words.
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Kind => "边界须为 Polygon 或 MultiPolygon",
            Self::Shape => "坐标格式不正确，每个点应为 [经度, 纬度]",
            Self::Outside => "坐标超出我国范围，请检查经度、纬度是否颠倒",
            Self::Open => "边界没有闭合，最后一点应与第一点相同",
            Self::Flat => "边界至少要有三个不在一条直线上的点",
            Self::TooLarge => "边界过于复杂：每圈不超过 10000 个点，不超过 100 块",
            Self::Crossing => "边界线与自身相交",
            Self::Nesting => "内环不在外环之内，或各块相互重叠",
            Self::Stopped(_) => "没有检查完",
        }
    }
}

impl Boundary {
    /// Understands and checks a GeoJSON geometry.
    ///
    /// # Errors
    /// What is wrong with it, or [`Flaw::Stopped`] when the budget is used up.
    pub(super) fn read(geometry: &Geometry, work: &Budget) -> Result<Self, Flaw> {
        let coordinates = geometry.coordinates.as_ref().ok_or(Flaw::Shape)?;
        let parts = match geometry.kind.as_deref() {
            Some("Polygon") => vec![read_part(coordinates, work)?],
            Some("MultiPolygon") => coordinates
                .list(MAX_PARTS)?
                .iter()
                .map(|part| read_part(part, work))
                .collect::<Result<_, _>>()?,
            _ => return Err(Flaw::Kind),
        };
        if parts.is_empty() {
            return Err(Flaw::Shape);
        }
        let all = parts.iter().flat_map(|part| &part.rings).flat_map(|ring| sides(ring));
        if planar::crosses(all, work)? {
            return Err(Flaw::Crossing);
        }
        if !well_nested(&parts, work)? {
            return Err(Flaw::Nesting);
        }
        Ok(Self { parts })
    }

    /// The GeoJSON geometry as it is kept: `Polygon` for one part, `MultiPolygon` for several, members by alphabet.
    pub(super) fn to_geojson(&self) -> String {
        #[derive(Serialize)]
        struct Written<T> {
            coordinates: T,
            r#type: &'static str,
        }
        let mut parts: Vec<_> = self.parts.iter().map(Part::degrees).collect();
        let written = match (parts.pop(), parts.is_empty()) {
            (Some(coordinates), true) => {
                serde_json::to_string(&Written { coordinates, r#type: "Polygon" })
            }
            (last, _) => {
                parts.extend(last);
                serde_json::to_string(&Written { coordinates: parts, r#type: "MultiPolygon" })
            }
        };
        // Lists of finite numbers always can be written.
        written.unwrap_or_default()
    }

    /// Surface in whole square metres.
    ///
    /// On the sphere of equal surface, each side from (λ₁, φ₁) to (λ₂, φ₂) counts
    /// R²/2 · (λ₂ − λ₁) · (sin φ₁ + sin φ₂), R = 6,371,007.2 m. A side counts the same with opposite sign for the
    /// neighbour across it, so the parts of a tiling add up to the whole.
    pub(super) fn area_m2(&self) -> i64 {
        let surface: f64 = self.parts.iter().map(Part::surface).sum();
        whole(surface)
    }

    /// Where the label goes: the centroid of the largest part when it lies inside, otherwise the middle of the
    /// widest stretch inside along a parallel.
    pub(super) fn label_point(&self) -> Point {
        let largest = self.parts.iter().max_by(|a, b| a.surface().total_cmp(&b.surface()));
        largest.map_or(Point { lng: 0, lat: 0 }, Part::label_point)
    }
}

impl Part {
    /// Its rings, each closed by its first corner.
    fn degrees(&self) -> Vec<Vec<[f64; 2]>> {
        let closed = |ring: &Ring| {
            ring.iter().chain(ring.first()).map(|p| [p.lng_degrees(), p.lat_degrees()]).collect()
        };
        self.rings.iter().map(closed).collect()
    }

    fn surface(&self) -> f64 {
        // Orientation gives holes the opposite sign. Sines are taken relative to the first corner: the constant
        // cancels around a ring, and the small differences keep their digits.
        let reference = self
            .rings
            .first()
            .and_then(|ring| ring.first())
            .map_or(0.0, |p| p.lat_degrees().to_radians().sin());
        let sum: f64 = self
            .rings
            .iter()
            .flat_map(|ring| sides(ring))
            .map(|(a, b)| {
                let width = (b.lng_degrees() - a.lng_degrees()).to_radians();
                let height = a.lat_degrees().to_radians().sin() - reference
                    + b.lat_degrees().to_radians().sin()
                    - reference;
                width * height
            })
            .sum();
        // Counter-clockwise rings come out negative by this formula.
        -sum * EARTH_RADIUS * EARTH_RADIUS / 2.0
    }

    fn locate(&self, point: Point) -> Place {
        let mut inside = false;
        for ring in &self.rings {
            match planar::look_through(ring, point) {
                Place::Edge => return Place::Edge,
                Place::Inside => inside = !inside,
                Place::Outside => {}
            }
        }
        if inside { Place::Inside } else { Place::Outside }
    }

    fn label_point(&self) -> Point {
        if let Some(centroid) = self.centroid()
            && self.locate(centroid) == Place::Inside
        {
            return centroid;
        }
        let corners = || self.rings.iter().flatten();
        let low = i64::from(corners().map(|p| p.lat).min().unwrap_or_default());
        let high = i64::from(corners().map(|p| p.lat).max().unwrap_or_default());
        (1..32)
            .filter_map(|step| i32::try_from(low + (high - low) * step / 32).ok())
            .filter_map(|lat| self.widest_stretch(lat))
            .filter(|(_, point)| self.locate(*point) == Place::Inside)
            .max_by_key(|(width, _)| *width)
            .map(|(_, point)| point)
            .or_else(|| corners().next().copied())
            .unwrap_or(Point { lng: 0, lat: 0 })
    }

    fn centroid(&self) -> Option<Point> {
        let origin = *self.rings.first()?.first()?;
        let (mut area, mut lng, mut lat) = (0_i128, 0_i128, 0_i128);
        for (a, b) in self.rings.iter().flat_map(|ring| sides(ring)) {
            let (ax, ay) = difference(origin, a);
            let (bx, by) = difference(origin, b);
            let cross = i128::from(ax * by - ay * bx);
            area += cross;
            lng += cross * i128::from(ax + bx);
            lat += cross * i128::from(ay + by);
        }
        // Rounded down, so that the result does not depend on the corner one begins with.
        let divisor = area.checked_mul(3).filter(|d| *d != 0)?;
        Some(Point {
            lng: i32::try_from(i128::from(origin.lng) + lng.div_euclid(divisor)).ok()?,
            lat: i32::try_from(i128::from(origin.lat) + lat.div_euclid(divisor)).ok()?,
        })
    }

    /// Width and middle of the widest stretch inside at this latitude.
    fn widest_stretch(&self, lat: i32) -> Option<(i64, Point)> {
        let mut crossings: Vec<i64> = self
            .rings
            .iter()
            .flat_map(|ring| sides(ring))
            .filter(|(a, b)| (a.lat > lat) != (b.lat > lat))
            .map(|(a, b)| {
                let (width, height) = difference(a, b);
                i64::from(a.lng) + width * (i64::from(lat) - i64::from(a.lat)) / height
            })
            .collect();
        crossings.sort_unstable();
        crossings
            .chunks_exact(2)
            .filter_map(|pair| match pair {
                [west, east] => Some((east - west, west + (east - west) / 2)),
                _ => None,
            })
            .max_by_key(|(width, _)| *width)
            .and_then(|(width, middle)| {
                Some((width, Point { lng: i32::try_from(middle).ok()?, lat }))
            })
    }
}

fn read_part(value: &Nested, work: &Budget) -> Result<Part, Flaw> {
    let rings = value.list(usize::MAX)?;
    if rings.is_empty() {
        return Err(Flaw::Shape);
    }
    let mut read = Vec::with_capacity(rings.len());
    for (position, ring) in rings.iter().enumerate() {
        work.check()?;
        let mut ring = read_ring(ring)?;
        let surface = twice_surface(&ring);
        if surface == 0 {
            return Err(Flaw::Flat);
        }
        let counter_clockwise = surface > 0;
        if counter_clockwise != (position == 0) {
            ring.reverse();
        }
        read.push(ring);
    }
    Ok(Part { rings: read })
}

fn read_ring(value: &Nested) -> Result<Ring, Flaw> {
    let points = value.list(MAX_RING)?;
    let mut ring: Ring = Vec::with_capacity(points.len());
    for point in points {
        let point = point.position()?;
        // Rounding can make neighbours equal.
        if ring.last() != Some(&point) {
            ring.push(point);
        }
    }
    if points.len() > 1 && ring.len() == 1 {
        return Err(Flaw::Flat);
    }
    match (ring.first(), ring.last()) {
        (Some(first), Some(last)) if first == last && ring.len() > 1 => {
            ring.pop();
        }
        _ => return Err(Flaw::Open),
    }
    if ring.len() < 3 {
        return Err(Flaw::Flat);
    }
    Ok(ring)
}

/// Degrees to micro-degrees, to the nearest; nothing beyond a full turn.
pub(super) fn micro(degrees: f64) -> Option<i32> {
    if degrees.is_finite() && degrees.abs() <= 360.0 {
        i32::try_from(whole(degrees * MICRO)).ok()
    } else {
        None
    }
}

#[expect(
    clippy::as_conversions,
    reason = "no checked conversion from f64 exists; the cast saturates and the values stay below 1e15"
)]
fn whole(value: f64) -> i64 {
    value.round() as i64
}

fn twice_surface(ring: &[Point]) -> i128 {
    let Some(origin) = ring.first().copied() else {
        return 0;
    };
    sides(ring).map(|(a, b)| i128::from(side_of(origin, a, b))).sum()
}

/// Whether holes lie inside their outer ring and parts outside each other. Lines do not cross any more, so one
/// corner that is not on the other's edge decides.
fn well_nested(parts: &[Part], work: &Budget) -> Result<bool, Stop> {
    // Parts with the same outer ring count as one: what lies in a hole of any of them lies outside.
    let mut same: HashMap<Option<&Ring>, usize> = HashMap::new();
    let class: Vec<usize> = parts
        .iter()
        .map(|part| {
            let next = same.len();
            *same.entry(part.rings.first()).or_insert(next)
        })
        .collect();
    // Which outer rings lie inside which: fine when they lie in one of its holes.
    let mut islands: Vec<Vec<&[Point]>> = vec![Vec::new(); parts.len()];
    for (position, part) in parts.iter().enumerate() {
        let Some((ring, holes)) = part.rings.split_first() else {
            return Ok(false);
        };
        let locator = Locator::new(ring);
        for hole in holes {
            if locator.side_of_ring(hole, work)? != Some(Place::Inside) {
                return Ok(false);
            }
        }
        let class = class.get(position).copied().unwrap_or_default();
        for (other, island) in parts.iter().enumerate() {
            if other != position
                && let Some(island) = island.rings.first()
                && locator.side_of_ring(island, work)? == Some(Place::Inside)
                && let Some(islands) = islands.get_mut(class)
            {
                islands.push(island);
            }
        }
    }
    for (position, part) in parts.iter().enumerate() {
        let Some(islands) = class.get(position).and_then(|class| islands.get_mut(*class)) else {
            continue;
        };
        for hole in part.rings.iter().skip(1) {
            if islands.is_empty() {
                break;
            }
            let locator = Locator::new(hole);
            let mut outside = Vec::new();
            for island in islands.drain(..) {
                if locator.side_of_ring(island, work)? == Some(Place::Outside) {
                    outside.push(island);
                }
            }
            *islands = outside;
        }
    }
    Ok(islands.iter().all(Vec::is_empty))
}

#[cfg(test)]
mod tests;
