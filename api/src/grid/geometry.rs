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
pub struct Boundary {
    parts: Vec<Part>,
}

/// What is wrong with a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
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
    pub fn message(self) -> &'static str {
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
    pub fn read(geometry: &Geometry, work: &Budget) -> Result<Self, Flaw> {
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
    pub fn to_geojson(&self) -> String {
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
    pub fn area_m2(&self) -> i64 {
        let surface: f64 = self.parts.iter().map(Part::surface).sum();
        whole(surface)
    }

    /// Where the label goes: the centroid of the largest part when it lies inside, otherwise the middle of the
    /// widest stretch inside along a parallel.
    pub fn label_point(&self) -> Point {
        let largest = self.parts.iter().max_by(|a, b| a.surface().total_cmp(&b.surface()));
        largest.map_or(Point { lng: 0, lat: 0 }, Part::label_point)
    }

    /// Whether the point lies inside; the edge is not inside.
    pub fn contains(&self, point: Point) -> bool {
        self.parts.iter().any(|part| part.locate(point) == Place::Inside)
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
pub fn micro(degrees: f64) -> Option<i32> {
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// Boundaries as they were checked before: every pair of sides, every pair of rings.
    mod naive {
        use serde_json::Value;

        use super::super::{
            Flaw, LAT, LNG, MAX_PARTS, MAX_RING, Part, Point, Ring, micro, twice_surface,
        };
        use crate::grid::planar::{Place, side_of, sides};

        /// What was wrong, before.
        pub(super) fn flaw(geometry: &Value) -> Option<Flaw> {
            let parts = || -> Result<Vec<Part>, Flaw> {
                let coordinates = geometry.get("coordinates").ok_or(Flaw::Shape)?;
                let parts = match geometry.get("type").and_then(Value::as_str) {
                    Some("Polygon") => vec![read_part(coordinates)?],
                    Some("MultiPolygon") => {
                        let parts = coordinates.as_array().ok_or(Flaw::Shape)?;
                        if parts.len() > MAX_PARTS {
                            return Err(Flaw::TooLarge);
                        }
                        parts.iter().map(read_part).collect::<Result<_, _>>()?
                    }
                    _ => return Err(Flaw::Kind),
                };
                if parts.is_empty() {
                    return Err(Flaw::Shape);
                }
                if crosses(&parts) {
                    return Err(Flaw::Crossing);
                }
                if !well_nested(&parts) {
                    return Err(Flaw::Nesting);
                }
                Ok(parts)
            };
            parts().err()
        }

        fn read_part(value: &Value) -> Result<Part, Flaw> {
            let rings = value.as_array().ok_or(Flaw::Shape)?;
            if rings.is_empty() {
                return Err(Flaw::Shape);
            }
            let mut read = Vec::with_capacity(rings.len());
            for (position, ring) in rings.iter().enumerate() {
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

        fn read_ring(value: &Value) -> Result<Ring, Flaw> {
            let points = value.as_array().ok_or(Flaw::Shape)?;
            if points.len() > MAX_RING {
                return Err(Flaw::TooLarge);
            }
            let mut ring: Ring = Vec::with_capacity(points.len());
            for point in points {
                let point = read_point(point)?;
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

        fn read_point(value: &Value) -> Result<Point, Flaw> {
            // A third number, the height, is allowed by GeoJSON and of no use here.
            let (lng, lat) = match value.as_array().map(Vec::as_slice) {
                Some([lng, lat] | [lng, lat, _]) => (lng.as_f64(), lat.as_f64()),
                _ => return Err(Flaw::Shape),
            };
            let (Some(lng), Some(lat)) = (lng, lat) else {
                return Err(Flaw::Shape);
            };
            let point = Point {
                lng: micro(lng).ok_or(Flaw::Outside)?,
                lat: micro(lat).ok_or(Flaw::Outside)?,
            };
            if LNG.contains(&point.lng) && LAT.contains(&point.lat) {
                Ok(point)
            } else {
                Err(Flaw::Outside)
            }
        }

        fn locate(ring: &[Point], point: Point) -> Place {
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

        /// Whether any two sides cross in their interiors. Sides are swept from west to east, so that only those
        /// whose longitudes overlap are compared.
        fn crosses(parts: &[Part]) -> bool {
            let mut all: Vec<(Point, Point)> = parts
                .iter()
                .flat_map(|part| &part.rings)
                .flat_map(|ring| sides(ring))
                .map(|(a, b)| if a.lng <= b.lng { (a, b) } else { (b, a) })
                .collect();
            all.sort_unstable_by_key(|(west, _)| west.lng);
            let mut rest = all.as_slice();
            while let Some(((a, b), later)) = rest.split_first() {
                let (low, high) = (a.lat.min(b.lat), a.lat.max(b.lat));
                let cross = later
                    .iter()
                    .take_while(|(c, _)| c.lng <= b.lng)
                    .filter(|(c, d)| c.lat.min(d.lat) <= high && low <= c.lat.max(d.lat))
                    .any(|(c, d)| {
                        let opposite = |x: i64, y: i64| (x > 0 && y < 0) || (x < 0 && y > 0);
                        opposite(side_of(*a, *b, *c), side_of(*a, *b, *d))
                            && opposite(side_of(*c, *d, *a), side_of(*c, *d, *b))
                    });
                if cross {
                    return true;
                }
                rest = later;
            }
            false
        }

        /// Whether holes lie inside their outer ring and parts outside each other. Lines do not cross any more, so one
        /// corner that is not on the other's edge decides.
        fn well_nested(parts: &[Part]) -> bool {
            let side_against = |ring: &[Point], other: &[Point]| {
                ring.iter().map(|p| locate(other, *p)).find(|place| *place != Place::Edge)
            };
            for (position, part) in parts.iter().enumerate() {
                let Some((outer, holes)) = part.rings.split_first() else {
                    return false;
                };
                let holes_inside =
                    holes.iter().all(|hole| side_against(hole, outer) == Some(Place::Inside));
                let apart = parts
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != position)
                    .filter_map(|(_, other)| other.rings.first())
                    .all(|other| {
                        side_against(outer, other) != Some(Place::Inside) || {
                            // Inside the other's outer ring is fine when it is one of its holes.
                            parts.iter().any(|p| {
                                p.rings.first() == Some(other)
                                    && p.rings.iter().skip(1).any(|hole| {
                                        side_against(outer, hole) != Some(Place::Outside)
                                    })
                            })
                        }
                    });
                if !holes_inside || !apart {
                    return false;
                }
            }
            true
        }
    }

    fn square(west: f64, south: f64, size: f64) -> Value {
        json!([
            [west, south],
            [west + size, south],
            [west + size, south + size],
            [west, south + size],
            [west, south]
        ])
    }

    fn polygon(rings: &[Value]) -> Value {
        json!({ "type": "Polygon", "coordinates": rings })
    }

    fn verdict(value: &Value) -> Result<Boundary, Flaw> {
        let geometry: Geometry = serde_json::from_value(value.clone()).unwrap_or_default();
        Boundary::read(&geometry, &Budget::unbounded())
    }

    fn read(value: &Value) -> Boundary {
        match verdict(value) {
            Ok(boundary) => boundary,
            Err(flaw) => panic!("{flaw:?}: {value}"),
        }
    }

    /// A ring around (121.4, 30.8) whose corner k lies in direction k: it never crosses itself.
    fn star(radii: &[i32]) -> Vec<Point> {
        let step = std::f64::consts::TAU / f64::from(u32::try_from(radii.len()).unwrap_or(1));
        (0_u32..)
            .zip(radii)
            .map(|(k, radius)| {
                let angle = step * f64::from(k);
                let offset = |x: f64| i32::try_from(whole(f64::from(*radius) * x)).unwrap_or(0);
                Point {
                    lng: 121_400_000 + offset(angle.cos()),
                    lat: 30_800_000 + offset(angle.sin()),
                }
            })
            .collect()
    }

    fn json_of(ring: &[Point]) -> Value {
        let closed: Vec<[f64; 2]> =
            ring.iter().chain(ring.first()).map(|p| [p.lng_degrees(), p.lat_degrees()]).collect();
        polygon(&[json!(closed)])
    }

    #[test]
    fn a_square_has_its_surface_and_its_middle() {
        let boundary = read(&polygon(&[square(121.0, 30.0, 0.01)]));
        // R² · 0.01° · (sin 30.01° − sin 30°)
        let expected = EARTH_RADIUS.powi(2)
            * 0.01_f64.to_radians()
            * (30.01_f64.to_radians().sin() - 30_f64.to_radians().sin());
        assert_eq!(boundary.area_m2(), whole(expected));
        assert_eq!(boundary.label_point(), Point { lng: 121_005_000, lat: 30_005_000 });
    }

    #[test]
    fn a_hole_is_taken_off_and_never_labelled() {
        let whole_square = read(&polygon(&[square(121.0, 30.0, 0.03)]));
        let hole = read(&polygon(&[square(121.01, 30.01, 0.01)]));
        let ring = read(&polygon(&[square(121.0, 30.0, 0.03), square(121.01, 30.01, 0.01)]));
        let difference = whole_square.area_m2() - hole.area_m2() - ring.area_m2();
        assert!(difference.abs() <= 1);
        assert!(ring.contains(ring.label_point()));
        assert!(!ring.contains(hole.label_point()));
    }

    #[test]
    fn faults_are_told_apart() {
        let flaw = |value: Value| verdict(&value).err();
        assert_eq!(
            flaw(json!({ "type": "Point", "coordinates": [121.0, 30.0] })),
            Some(Flaw::Kind)
        );
        assert_eq!(flaw(json!({ "type": "Polygon" })), Some(Flaw::Shape));
        assert_eq!(flaw(polygon(&[])), Some(Flaw::Shape));
        assert_eq!(flaw(polygon(&[json!([[121.0, "30"]])])), Some(Flaw::Shape));
        assert_eq!(
            flaw(polygon(&[json!([[30.0, 121.0], [30.1, 121.0], [30.1, 121.1], [30.0, 121.0]])])),
            Some(Flaw::Outside)
        );
        assert_eq!(
            flaw(polygon(&[json!([[121.0, 30.0], [121.1, 30.0], [121.1, 30.1]])])),
            Some(Flaw::Open)
        );
        assert_eq!(
            flaw(polygon(&[json!([[121.0, 30.0], [121.1, 30.0], [121.2, 30.0], [121.0, 30.0]])])),
            Some(Flaw::Flat)
        );
        let bow_tie =
            json!([[121.0, 30.0], [121.1, 30.1], [121.1, 30.0], [121.0, 30.05], [121.0, 30.0]]);
        assert_eq!(flaw(polygon(&[bow_tie])), Some(Flaw::Crossing));
        assert_eq!(
            flaw(polygon(&[square(121.0, 30.0, 0.1), square(121.5, 30.0, 0.1)])),
            Some(Flaw::Nesting)
        );
        assert_eq!(
            flaw(json!({ "type": "MultiPolygon",
                "coordinates": [[square(121.0, 30.0, 0.1)], [square(121.02, 30.02, 0.01)]] })),
            Some(Flaw::Nesting)
        );
    }

    #[test]
    fn an_island_in_a_hole_is_fine() {
        let value = json!({ "type": "MultiPolygon", "coordinates": [
            [square(121.0, 30.0, 0.1), square(121.02, 30.02, 0.05)], [square(121.03, 30.03, 0.01)]] });
        let boundary = read(&value);
        assert!(boundary.contains(Point { lng: 121_035_000, lat: 30_035_000 }));
        assert!(!boundary.contains(Point { lng: 121_025_000, lat: 30_025_000 }));
    }

    #[test]
    fn the_real_file_is_valid_and_adds_up() {
        let file: Value = match serde_json::from_str(include_str!("../demo/data/grids.geojson")) {
            Ok(file) => file,
            Err(error) => panic!("{error}"),
        };
        let mut sums = std::collections::BTreeMap::<String, i64>::new();
        let features = file.get("features").and_then(Value::as_array);
        for feature in features.into_iter().flatten() {
            let boundary = read(feature.get("geometry").unwrap_or(&Value::Null));
            assert!(boundary.contains(boundary.label_point()));
            let kind =
                feature.pointer("/properties/kind").and_then(Value::as_str).unwrap_or_default();
            *sums.entry(kind.to_owned()).or_default() += boundary.area_m2();
        }
        let whole_township = sums.get("township").copied().unwrap_or_default();
        for kind in ["general", "sub"] {
            let sum = sums.get(kind).copied().unwrap_or_default();
            // Each of up to 89 surfaces is rounded to a square metre.
            assert!((sum - whole_township).abs() <= 60, "{kind}: {sum} against {whole_township}");
        }
    }

    proptest! {
        #[test]
        fn a_star_is_valid_and_labelled_inside(radii in prop::collection::vec(200..40_000_i32, 5..40)) {
            let boundary = read(&json_of(&star(&radii)));
            prop_assert!(boundary.area_m2() > 0);
            prop_assert!(boundary.contains(boundary.label_point()));
        }

        #[test]
        fn start_and_direction_do_not_matter(radii in prop::collection::vec(200..40_000_i32, 5..40), turn in 0..40_usize) {
            let ring = star(&radii);
            let mut turned = ring.clone();
            turned.rotate_left(turn % ring.len());
            turned.reverse();
            let (a, b) = (read(&json_of(&ring)), read(&json_of(&turned)));
            prop_assert!((a.area_m2() - b.area_m2()).abs() <= 1);
            prop_assert_eq!(a.label_point(), b.label_point());
        }

        #[test]
        fn writing_and_reading_changes_nothing(radii in prop::collection::vec(200..40_000_i32, 5..40)) {
            let boundary = read(&json_of(&star(&radii)));
            let text = boundary.to_geojson();
            let again: Value = serde_json::from_str(&text).unwrap_or_default();
            prop_assert_eq!(&read(&again), &boundary);
            // What is kept is compared as text with what comes again.
            prop_assert_eq!(again.to_string(), text);
        }

        #[test]
        fn two_halves_make_the_whole(west in 100_000_000..120_000_000_i32, south in 20_000_000..40_000_000_i32,
                width in 10..100_000_i32, height in 10..100_000_i32, cut in 1..9_i32) {
            let ring = |from: i32, to: i32| vec![
                Point { lng: from, lat: south }, Point { lng: to, lat: south },
                Point { lng: to, lat: south + height }, Point { lng: from, lat: south + height }];
            let middle = west + width * cut / 10;
            let area = |from, to| read(&json_of(&ring(from, to))).area_m2();
            let difference = area(west, west + width) - area(west, middle) - area(middle, west + width);
            prop_assert!(difference.abs() <= 1);
        }

        #[test]
        fn any_input_is_answered(numbers in prop::collection::vec((-200.0..200.0_f64, -100.0..100.0_f64), 0..8)) {
            let ring: Vec<[f64; 2]> = numbers.into_iter().map(|(a, b)| [a, b]).collect();
            let _either = verdict(&polygon(&[json!(ring)]));
        }

        /// On a small grid rings touch, overlap, cross, nest and repeat each other all the time.
        #[test]
        fn verdicts_are_those_of_the_plain_way(size in 3..9_i32, parts in prop::collection::vec(
                prop::collection::vec(prop::collection::vec((0..9_i32, 0..9_i32), 3..7), 1..4), 1..4)) {
            let value = multi_polygon(&parts, |(x, y)| (x % size, y % size));
            prop_assert_eq!(verdict(&value).err(), naive::flaw(&value), "{}", value);
        }

        /// Rectangles, mostly valid: holes, islands, islands in holes of holes, one on the other.
        #[test]
        fn nested_rectangles_too(parts in prop::collection::vec(
                prop::collection::vec((0..12_i32, 0..12_i32, 1..12_i32, 1..12_i32), 1..5), 1..5)) {
            let parts: Vec<Vec<Vec<(i32, i32)>>> = parts.iter().map(|rings| rings.iter()
                .map(|(x, y, w, h)| vec![(*x, *y), (x + w, *y), (x + w, y + h), (*x, y + h)]).collect()).collect();
            let value = multi_polygon(&parts, |place| place);
            prop_assert_eq!(verdict(&value).err(), naive::flaw(&value), "{}", value);
        }

        /// Whatever stands where coordinates should.
        #[test]
        fn odd_nesting_too(value in nested(), many in any::<bool>()) {
            let kind = if many { "MultiPolygon" } else { "Polygon" };
            let value = json!({ "type": kind, "coordinates": value });
            prop_assert_eq!(verdict(&value).err(), naive::flaw(&value), "{}", value);
        }
    }

    /// Processor seconds for boundaries as large as a file can be; not optimised, everything is slower by some factor.
    const SECONDS: u64 = if cfg!(debug_assertions) { 20 } else { 2 };

    fn within_its_time(what: &str, parts: &[Vec<Vec<(i32, i32)>>]) -> Option<Flaw> {
        let degrees = |n: i32, from: f64| from + f64::from(n) / 1_000_000.0;
        let text = |rings: &Vec<Vec<(i32, i32)>>| {
            let ring = |ring: &Vec<(i32, i32)>| {
                let points = ring.iter().chain(ring.first());
                let points: Vec<String> = points
                    .map(|(x, y)| format!("[{:.6},{:.6}]", degrees(*x, 121.0), degrees(*y, 30.0)))
                    .collect();
                format!("[{}]", points.join(","))
            };
            format!("[{}]", rings.iter().map(ring).collect::<Vec<_>>().join(","))
        };
        let parts: Vec<String> = parts.iter().map(text).collect();
        let text = format!(r#"{{"type":"MultiPolygon","coordinates":[{}]}}"#, parts.join(","));
        assert!(text.len() < 5 * 1024 * 1024, "{what}: {} bytes", text.len());
        let work = Budget::of(SECONDS * 1_000_000_000);
        let geometry: Geometry = serde_json::from_str(&text).unwrap_or_default();
        let boundary = Boundary::read(&geometry, &work);
        if let Ok(boundary) = &boundary {
            let _all = (boundary.label_point(), boundary.area_m2(), boundary.to_geojson());
        }
        assert!(work.check_now().is_ok(), "{what} takes longer than {SECONDS} s");
        boundary.err()
    }

    fn rectangle(x: i32, y: i32, width: i32, height: i32) -> Vec<(i32, i32)> {
        vec![(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    }

    #[test]
    fn fifty_thousand_holes_are_checked_in_their_time() {
        let whole = rectangle(0, 0, 400_000, 400_000);
        let with = |holes: &mut dyn Iterator<Item = Vec<(i32, i32)>>| {
            vec![std::iter::once(whole.clone()).chain(holes).collect()]
        };
        let lying = with(
            &mut (0..50_000)
                .map(|n| vec![(9, 9 + 3 * n), (399_000, 9 + 3 * n), (399_000, 10 + 3 * n)]),
        );
        let upright = with(
            &mut (0..50_000)
                .map(|n| vec![(9 + 3 * n, 9), (9 + 3 * n, 399_000), (10 + 3 * n, 399_000)]),
        );
        let sloping =
            with(&mut (0..50_000).map(|n| {
                vec![(9, 9 + 3 * n), (200_000, 200_000 + 3 * n), (200_000, 200_001 + 3 * n)]
            }));
        let one_line = with(&mut (0..40_000).map(|n| rectangle(1000, 1 + 9 * n, 1, 9)));
        let nested = with(
            &mut (0..20_000).map(|n| rectangle(n + 1, n + 1, 399_000 - 2 * n, 399_000 - 2 * n)),
        );
        let repeated = with(&mut (0..40_000).map(|_| rectangle(5, 5, 9, 9)));
        for (what, parts) in [
            ("lying", lying),
            ("upright", upright),
            ("sloping", sloping),
            ("on one line", one_line),
            ("nested", nested),
            ("repeated", repeated),
        ] {
            assert_eq!(within_its_time(what, &parts), None, "{what}");
        }
        let mut late = with(
            &mut (0..50_000)
                .map(|n| vec![(9, 9 + 3 * n), (399_000, 9 + 3 * n), (399_000, 10 + 3 * n)]),
        );
        late.iter_mut()
            .for_each(|rings| rings.push(vec![(398_000, 1), (398_001, 399_999), (398_002, 1)]));
        assert_eq!(within_its_time("crossed", &late), Some(Flaw::Crossing));
        let beyond = with(
            &mut (0..50_000)
                .map(|n| vec![(9, 9 + 8 * n), (399_000, 9 + 8 * n), (399_000, 10 + 8 * n)]),
        );
        assert_eq!(within_its_time("one beyond", &beyond), Some(Flaw::Nesting));
    }

    /// Teeth to the north, as many as the corners of a ring allow.
    fn comb(x: i32, y: i32, teeth: i32) -> Vec<(i32, i32)> {
        let mut ring: Vec<(i32, i32)> =
            (0..teeth).flat_map(|n| [(x + 4 * n, y + 100_000), (x + 4 * n + 2, y + 10)]).collect();
        ring.extend([(x + 4 * teeth, y + 100_000), (x + 4 * teeth, y), (x, y)]);
        ring
    }

    #[test]
    fn long_rings_and_many_parts_are_checked_in_their_time() {
        let holes = (0..30_000).map(|n| {
            let (tooth, level) = (n % 4000, n / 4000);
            vec![
                (4 * tooth + 4, 20_000 + 100 * level),
                (4 * tooth + 4, 20_050 + 100 * level),
                (4 * tooth + 3, 90_000 + 100 * level),
            ]
        });
        let combed = vec![std::iter::once(comb(0, 0, 4990)).chain(holes).collect()];
        // Each part on top of the other, and each hole filled by a part of its own.
        let same = |n: i32| -> Vec<Vec<(i32, i32)>> {
            let mut ring: Vec<(i32, i32)> = (0..500).map(|x| (x * 7 + n % 5, 0)).collect();
            ring.extend((0..500).map(|y| (3600, y * 7 + n % 5)));
            ring.extend([(3600, 3600), (0, 3600), (0, 0)]);
            ring.dedup();
            vec![ring]
        };
        let stacked: Vec<_> = (0..100).map(same).collect();
        let row = |n: i32| (0..300).map(move |x| (1000 * (n % 10) + x, 1000 * (n / 10)));
        let filling = |n: i32| -> Vec<(i32, i32)> {
            row(n)
                .chain([
                    (1000 * (n % 10) + 300, 1000 * (n / 10) + 900),
                    (1000 * (n % 10), 1000 * (n / 10) + 900),
                ])
                .collect()
        };
        let mut filled = vec![
            std::iter::once(rectangle(-9, -9, 20_000, 20_000))
                .chain((0..99).map(filling))
                .collect::<Vec<_>>(),
        ];
        filled.extend((0..99).map(|n| vec![filling(n)]));
        for (what, parts) in [("comb", combed), ("stacked", stacked), ("filled", filled)] {
            let flaw = within_its_time(what, &parts);
            assert!(!matches!(flaw, Some(Flaw::Stopped(_))), "{what}");
        }
        let round = |corners: i32| {
            vec![vec![(0..corners).map(|n| (n, n % 2 * 9 - 100_000 / (n + 1))).collect::<Vec<_>>()]]
        };
        assert_eq!(
            within_its_time("a hundred thousand corners", &round(100_000)),
            Some(Flaw::TooLarge)
        );
    }

    #[test]
    fn checking_stops_when_its_time_is_up() {
        let value = polygon(
            &(0..3000)
                .map(|n| square(121.0, 30.0 + f64::from(n) / 1000.0, 0.0001))
                .collect::<Vec<_>>(),
        );
        let geometry: Geometry = serde_json::from_value(value).unwrap_or_default();
        let stopped = Boundary::read(&geometry, &Budget::of(0)).err();
        assert_eq!(stopped, Some(Flaw::Stopped(Stop::TooMuch)));
    }

    fn multi_polygon(
        parts: &[Vec<Vec<(i32, i32)>>],
        place: impl Fn((i32, i32)) -> (i32, i32),
    ) -> Value {
        let degrees = |(x, y): (i32, i32)| {
            json!([121.0 + f64::from(x) / 1000.0, 30.0 + f64::from(y) / 1000.0])
        };
        let ring = |ring: &Vec<(i32, i32)>| -> Value {
            ring.iter().chain(ring.first()).map(|p| degrees(place(*p))).collect()
        };
        let parts: Vec<Value> =
            parts.iter().map(|rings| rings.iter().map(ring).collect()).collect();
        json!({ "type": "MultiPolygon", "coordinates": parts })
    }

    fn nested() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            3 => (0..3_i32, 0..3_i32).prop_map(|(x, y)| json!([121 + x, 30 + y])),
            1 => (0..3_i32, 0..3_i32).prop_map(|(x, y)| json!([121.5 + f64::from(x), 30 + y, null])),
            1 => prop::sample::select(vec![json!(null), json!(1), json!("a"), json!({}), json!([]), json!([1]),
                json!([1, "a"]), json!([1, 2]), json!([121, 30, 1, 2]), json!([500, 30]), json!([1, [121, 30]])]),
        ];
        let ring = prop::collection::vec(leaf, 0..6).prop_map(|mut ring| {
            ring.extend(ring.first().cloned());
            Value::Array(ring)
        });
        ring.prop_recursive(3, 30, 4, |inner| {
            prop::collection::vec(inner, 0..4).prop_map(Value::Array)
        })
    }
}
