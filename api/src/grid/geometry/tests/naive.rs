//! Boundaries as they were checked before: every pair of sides, every pair of rings.

use serde_json::Value;

use super::super::{Flaw, LAT, LNG, MAX_PARTS, MAX_RING, Part, Point, Ring, micro, twice_surface};
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
    let point =
        Point { lng: micro(lng).ok_or(Flaw::Outside)?, lat: micro(lat).ok_or(Flaw::Outside)? };
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
                            && p.rings
                                .iter()
                                .skip(1)
                                .any(|hole| side_against(outer, hole) != Some(Place::Outside))
                    })
                }
            });
        if !holes_inside || !apart {
            return false;
        }
    }
    true
}
