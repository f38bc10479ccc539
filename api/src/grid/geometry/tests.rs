use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

mod naive;

impl Boundary {
    /// Whether the point lies inside; the edge is not inside.
    fn contains(&self, point: Point) -> bool {
        self.parts.iter().any(|part| part.locate(point) == Place::Inside)
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
            Point { lng: 121_400_000 + offset(angle.cos()), lat: 30_800_000 + offset(angle.sin()) }
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
    assert_eq!(flaw(json!({ "type": "Point", "coordinates": [121.0, 30.0] })), Some(Flaw::Kind));
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
    let file: Value = match serde_json::from_str(include_str!("../../demo/data/grids.geojson")) {
        Ok(file) => file,
        Err(error) => panic!("{error}"),
    };
    let mut sums = std::collections::BTreeMap::<String, i64>::new();
    let features = file.get("features").and_then(Value::as_array);
    for feature in features.into_iter().flatten() {
        let boundary = read(feature.get("geometry").unwrap_or(&Value::Null));
        assert!(boundary.contains(boundary.label_point()));
        let kind = feature.pointer("/properties/kind").and_then(Value::as_str).unwrap_or_default();
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
        &mut (0..50_000).map(|n| vec![(9, 9 + 3 * n), (399_000, 9 + 3 * n), (399_000, 10 + 3 * n)]),
    );
    let upright = with(
        &mut (0..50_000).map(|n| vec![(9 + 3 * n, 9), (9 + 3 * n, 399_000), (10 + 3 * n, 399_000)]),
    );
    let sloping = with(
        &mut (0..50_000)
            .map(|n| vec![(9, 9 + 3 * n), (200_000, 200_000 + 3 * n), (200_000, 200_001 + 3 * n)]),
    );
    let one_line = with(&mut (0..40_000).map(|n| rectangle(1000, 1 + 9 * n, 1, 9)));
    let nested =
        with(&mut (0..20_000).map(|n| rectangle(n + 1, n + 1, 399_000 - 2 * n, 399_000 - 2 * n)));
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
        &mut (0..50_000).map(|n| vec![(9, 9 + 3 * n), (399_000, 9 + 3 * n), (399_000, 10 + 3 * n)]),
    );
    late.iter_mut()
        .for_each(|rings| rings.push(vec![(398_000, 1), (398_001, 399_999), (398_002, 1)]));
    assert_eq!(within_its_time("crossed", &late), Some(Flaw::Crossing));
    let beyond = with(
        &mut (0..50_000).map(|n| vec![(9, 9 + 8 * n), (399_000, 9 + 8 * n), (399_000, 10 + 8 * n)]),
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
        &(0..3000).map(|n| square(121.0, 30.0 + f64::from(n) / 1000.0, 0.0001)).collect::<Vec<_>>(),
    );
    let geometry: Geometry = serde_json::from_value(value).unwrap_or_default();
    let stopped = Boundary::read(&geometry, &Budget::of(0)).err();
    assert_eq!(stopped, Some(Flaw::Stopped(Stop::TooMuch)));
}

fn multi_polygon(
    parts: &[Vec<Vec<(i32, i32)>>],
    place: impl Fn((i32, i32)) -> (i32, i32),
) -> Value {
    let degrees =
        |(x, y): (i32, i32)| json!([121.0 + f64::from(x) / 1000.0, 30.0 + f64::from(y) / 1000.0]);
    let ring = |ring: &Vec<(i32, i32)>| -> Value {
        ring.iter().chain(ring.first()).map(|p| degrees(place(*p))).collect()
    };
    let parts: Vec<Value> = parts.iter().map(|rings| rings.iter().map(ring).collect()).collect();
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
    ring.prop_recursive(3, 30, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::Array))
}
