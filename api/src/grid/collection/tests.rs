use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(features: &[Value]) -> Drafts {
    let features: Vec<Feature> = serde_json::from_value(json!(features)).unwrap_or_default();
    super::drafts(&features, &Budget::unbounded()).unwrap_or_default()
}

fn feature(code: &str, kind: &str, parent: Option<&str>) -> Value {
    json!({ "type": "Feature",
        "properties": { "code": code, "name": format!("网格{code}"), "kind": kind, "parent": parent },
        "geometry": { "type": "Polygon", "coordinates":
            [[[121.0, 30.0], [121.1, 30.0], [121.1, 30.1], [121.0, 30.0]]] } })
}

fn known(plan: &Plan) -> Vec<Known> {
    plan.create
        .iter()
        .map(|entry| Known {
            id: entry.id,
            parent_id: entry.parent_id,
            code: entry.code.clone(),
            name: entry.name.clone(),
            kind: entry.kind,
            boundary: entry.shape.boundary.clone(),
            path: String::new(),
            posts: Vec::new(),
        })
        .collect()
}

fn faults(features: &[Value], known: &[Known]) -> Vec<(u32, String, String)> {
    plan(&read(features), known)
        .faults
        .into_iter()
        .map(|fault| (fault.row, fault.column, fault.message))
        .collect()
}

fn small() -> Vec<Value> {
    // Children before parents: the order in the file does not matter.
    vec![
        feature("S1", "sub", Some("G1")),
        feature("G1", "总网格", Some("T")),
        feature("T", "township", None),
    ]
}

#[test]
fn parents_are_created_first_and_a_second_reading_changes_nothing() {
    let first = plan(&read(&small()), &[]);
    let codes: Vec<_> = first.create.iter().map(|e| e.code.as_str()).collect();
    assert_eq!(codes, ["T", "G1", "S1"]);
    let second = plan(&read(&small()), &known(&first));
    assert_eq!((second.create.len(), second.update.len(), second.unchanged), (0, 0, 3));
}

#[test]
fn faults_name_feature_and_property() {
    let mut broken = small();
    broken.push(feature("G1", "general", Some("T")));
    broken.push(feature("M1", "micro", Some("G1")));
    broken.push(feature("S 2", "sub", Some("nowhere")));
    broken.push(json!({ "type": "Feature" }));
    let found = faults(&broken, &[]);
    let places: Vec<_> = found.iter().map(|(row, column, _)| (*row, column.as_str())).collect();
    assert!(places.contains(&(4, "code")) && places.contains(&(5, "parent")), "{found:?}");
    assert!(places.contains(&(6, "code")), "{found:?}");
    for column in ["code", "name", "kind", "geometry"] {
        assert!(places.contains(&(7, column)), "{found:?}");
    }
}

#[test]
fn a_change_of_kind_breaks_neither_children_nor_posts() {
    let first = plan(&read(&small()), &[]);
    let mut there = known(&first);
    let changed = [feature("G1", "dedicated", Some("T"))];
    assert!(faults(&changed, &there).is_empty(), "a sub-grid may hang under a dedicated one");
    for grid in &mut there {
        if grid.code == "G1" {
            grid.posts.push(PostKind::GeneralHead);
        }
    }
    let found = faults(&changed, &there);
    assert!(matches!(found.as_slice(), [(1, column, _)] if column == "kind"), "{found:?}");
    let found = faults(&[feature("S1", "micro", Some("G1"))], &there);
    assert!(matches!(found.as_slice(), [(1, column, _)] if column == "parent"), "{found:?}");
}

#[test]
fn circles_of_dedicated_grids_are_refused() {
    let found =
        faults(&[feature("A", "dedicated", Some("B")), feature("B", "dedicated", Some("A"))], &[]);
    assert_eq!(found.len(), 2, "{found:?}");
}

proptest! {
    #[test]
    fn a_faultless_plan_is_a_tree_of_nested_kinds(picks in prop::collection::vec((prop::sample::select(GridKind::ALL), 0..12_usize), 1..12)) {
        let features: Vec<Value> = picks.iter().enumerate().map(|(n, (kind, parent))| {
            let parent = (*parent < picks.len()).then(|| format!("C{parent}"));
            feature(&format!("C{n}"), kind.as_str(), parent.as_deref())
        }).collect();
        let made = plan(&read(&features), &[]);
        prop_assert_eq!(made.rows, features.len());
        if made.faults.is_empty() {
            prop_assert_eq!(made.create.len(), features.len());
            let mut seen: HashMap<GridId, GridKind> = HashMap::new();
            for entry in &made.create {
                let above = entry.parent_id.map(|id| seen.get(&id).copied());
                prop_assert!(above.is_none_or(|kind| kind.is_some()));
                prop_assert!(rules::may_hang(entry.kind, above.flatten()));
                seen.insert(entry.id, entry.kind);
            }
        } else {
            prop_assert!(made.create.is_empty() && made.update.is_empty());
        }
    }
}
