//! Reading grids from a GeoJSON FeatureCollection: first every feature by itself, then all of them against each
//! other and against what the township has. Nothing is written here, and nothing is read from the database.

use std::collections::{HashMap, HashSet};

use entity::ids::GridId;
use entity::kinds::{GridKind, PostKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::feature::{Feature, Property};
use super::geometry::{Boundary, Flaw, Point};
use super::rules;
use crate::member::tree;
use crate::work::{Budget, Stop};

/// Something in an imported file that needs correction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "row": 7, "column": "手机", "value": "1381234", "message": "手机号应为 11 位数字" }))]
pub struct Fault {
    /// The row as the spreadsheet shows it, from 1; in GeoJSON the number of the feature, from 1.
    pub row: u32,
    /// The header of the column; in GeoJSON the property, or `geometry`.
    pub column: String,
    /// What stands there, at most 100 characters.
    pub value: String,
    /// What is wrong with it.
    pub message: String,
}

impl Fault {
    /// A fault; a long value is cut.
    pub fn new(row: u32, column: &str, value: &str, message: impl Into<String>) -> Self {
        Self {
            row,
            column: column.to_owned(),
            value: value.chars().take(100).collect(),
            message: message.into(),
        }
    }
}

/// The boundary of a feature, ready to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// GeoJSON geometry in its kept form: rounded to micro-degrees, directions as RFC 7946 wants them.
    pub boundary: String,
    /// Where the label goes.
    pub centre: Point,
    /// Surface in square metres.
    pub area_m2: i64,
}

/// A feature as far as it could be read.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    row: u32,
    code: Option<String>,
    name: Option<String>,
    kind: Option<GridKind>,
    /// `None` when unreadable; `Some(None)` at the top of the tree.
    parent: Option<Option<String>>,
    shape: Option<Shape>,
}

/// A file read feature by feature.
#[derive(Clone, Debug, Default)]
pub struct Drafts {
    drafts: Vec<Draft>,
    faults: Vec<Fault>,
}

/// A grid that the township has.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub id: GridId,
    pub parent_id: Option<GridId>,
    pub code: String,
    pub name: String,
    pub kind: GridKind,
    pub boundary: String,
    pub path: String,
    /// Kinds of the posts held now or later.
    pub posts: Vec<PostKind>,
}

/// A grid to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: GridId,
    pub parent_id: Option<GridId>,
    pub code: String,
    pub name: String,
    pub kind: GridKind,
    pub shape: Shape,
}

/// What the file comes to.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Features in the file.
    pub rows: usize,
    /// With a single fault there is nothing to write.
    pub faults: Vec<Fault>,
    /// New grids, parents first.
    pub create: Vec<Entry>,
    /// Existing grids that change.
    pub update: Vec<Entry>,
    /// Existing grids that are as the file says.
    pub unchanged: usize,
}

/// Reads every feature by itself: its properties and its boundary.
///
/// # Errors
/// When the budget is used up.
pub fn drafts(features: &[Feature], work: &Budget) -> Result<Drafts, Stop> {
    let mut read = Drafts::default();
    for (row, feature) in (1_u32..).zip(features) {
        let draft = read_feature(row, feature, &mut read.faults, work)?;
        read.drafts.push(draft);
    }
    Ok(read)
}

fn read_feature(
    row: u32,
    feature: &Feature,
    faults: &mut Vec<Fault>,
    work: &Budget,
) -> Result<Draft, Stop> {
    let property = |property: &Property| property.text().map(str::to_owned);
    let properties = &feature.properties;
    let mut fault = |column: &str, value: &str, message: &str| {
        faults.push(Fault::new(row, column, value, message));
    };

    let code = property(&properties.code).unwrap_or_default();
    let code = if crate::member::rules::is_code(&code, rules::CODE_MAX) {
        Some(code)
    } else if code.is_empty() {
        fault("code", "", "缺少网格编码");
        None
    } else {
        fault("code", &code, "网格编码只能用字母、数字、“-”和“_”，最多 32 个字符");
        None
    };

    let raw_name = property(&properties.name).unwrap_or_default();
    let name = crate::member::rules::name(&raw_name, rules::NAME_MAX);
    if name.is_none() {
        fault("name", &raw_name, "网格名称应为 1 至 100 个字");
    }

    let raw_kind = property(&properties.kind).unwrap_or_default();
    let kind = GridKind::from_zh(&raw_kind)
        .or_else(|| GridKind::ALL.iter().copied().find(|kind| kind.as_str() == raw_kind));
    if kind.is_none() {
        fault("kind", &raw_kind, "网格类别应为 township、general、sub、micro、dedicated 之一");
    }

    let parent =
        property(&properties.parent).map(|code| Some(code).filter(|code| !code.is_empty()));
    if parent.is_none() {
        fault("parent", "", "上级网格应填写其编码");
    }

    let shape = match feature.geometry.as_ref().map(|geometry| Boundary::read(geometry, work)) {
        Some(Ok(boundary)) => Some(Shape {
            centre: boundary.label_point(),
            area_m2: boundary.area_m2(),
            boundary: boundary.to_geojson(),
        }),
        Some(Err(Flaw::Stopped(stop))) => return Err(stop),
        Some(Err(flaw)) => {
            fault("geometry", "", flaw.message());
            None
        }
        None => {
            fault("geometry", "", "缺少边界");
            None
        }
    };

    Ok(Draft { row, code, name, kind, parent, shape })
}

/// Compares the drafts with each other and with the grids of the township: codes once, parents known, kinds nested,
/// no circle, and no post left in a grid that does not have it.
pub(super) fn plan(drafts: &Drafts, known: &[Known]) -> Plan {
    let mut plan =
        Plan { rows: drafts.drafts.len(), faults: drafts.faults.clone(), ..Plan::default() };
    let by_id: HashMap<GridId, &Known> = known.iter().map(|grid| (grid.id, grid)).collect();
    let by_code: HashMap<&str, &Known> =
        known.iter().map(|grid| (grid.code.as_str(), grid)).collect();

    let mut in_file: HashMap<&str, &Draft> = HashMap::new();
    for draft in &drafts.drafts {
        let Some(code) = draft.code.as_deref() else {
            continue;
        };
        if let Some(first) = in_file.get(code) {
            let message = format!("网格编码与第 {} 个要素重复", first.row);
            plan.faults.push(Fault::new(draft.row, "code", code, message));
        } else {
            in_file.insert(code, draft);
        }
    }

    // What the tree will be: the file's word goes before what is there.
    let kind_of = |code: &str| match in_file.get(code) {
        Some(draft) => draft.kind,
        None => by_code.get(code).map(|grid| grid.kind),
    };
    for draft in in_file.values() {
        check_place(
            draft,
            &kind_of,
            |code| in_file.contains_key(code) || by_code.contains_key(code),
            &mut plan.faults,
        );
        check_existing(draft, &by_code, &in_file, known, &mut plan.faults);
    }
    let mut pairs: Vec<(&str, Option<&str>)> = in_file
        .iter()
        .map(|(code, draft)| (*code, draft.parent.as_ref().and_then(Option::as_deref)))
        .collect();
    pairs.extend(known.iter().filter(|grid| !in_file.contains_key(grid.code.as_str())).map(
        |grid| {
            let parent = grid.parent_id.and_then(|id| by_id.get(&id));
            (grid.code.as_str(), parent.map(|parent| parent.code.as_str()))
        },
    ));
    let circle: HashSet<&str> = tree::cyclic(&pairs);
    for draft in in_file.values() {
        if let (Some(code), Some(Some(parent))) = (draft.code.as_deref(), &draft.parent)
            && circle.contains(code)
        {
            plan.faults.push(Fault::new(draft.row, "parent", parent, "上级网格形成了循环"));
        }
    }

    plan.faults.sort_by_key(|fault| fault.row);
    if plan.faults.is_empty() {
        settle(drafts, known, &by_code, &mut plan);
    }
    plan
}

fn check_place(
    draft: &Draft,
    kind_of: &impl Fn(&str) -> Option<GridKind>,
    exists: impl Fn(&str) -> bool,
    faults: &mut Vec<Fault>,
) {
    let Some(parent) = &draft.parent else { return };
    let mut fault = |message: String| {
        let value = parent.as_deref().unwrap_or_default();
        faults.push(Fault::new(draft.row, "parent", value, message));
    };
    match (draft.kind, parent.as_deref()) {
        (_, Some(code)) if !exists(code) => fault(format!("没有编码为“{code}”的网格")),
        (_, Some(code)) if draft.code.as_deref() == Some(code) => {
            fault("上级网格不能是自己".to_owned());
        }
        (Some(kind), Some(code)) => {
            // A parent whose own kind cannot be read is told at its own row.
            if let Some(above) = kind_of(code)
                && !rules::may_hang(kind, Some(above))
            {
                fault(rules::hanging_message(kind).to_owned());
            }
        }
        (Some(kind), None) if !rules::may_hang(kind, None) => {
            fault(rules::hanging_message(kind).to_owned());
        }
        _ => {}
    }
}

/// What a changed kind would break: grids beneath that the file does not mention, and posts.
fn check_existing(
    draft: &Draft,
    by_code: &HashMap<&str, &Known>,
    in_file: &HashMap<&str, &Draft>,
    known: &[Known],
    faults: &mut Vec<Fault>,
) {
    let (Some(kind), Some(before)) =
        (draft.kind, draft.code.as_deref().and_then(|code| by_code.get(code)))
    else {
        return;
    };
    if kind == before.kind {
        return;
    }
    let mut fault =
        |message: String| faults.push(Fault::new(draft.row, "kind", kind.as_str(), message));
    let below = known
        .iter()
        .filter(|grid| grid.parent_id == Some(before.id))
        .filter(|grid| !in_file.contains_key(grid.code.as_str()))
        .find(|grid| !rules::may_hang(grid.kind, Some(kind)));
    if let Some(below) = below {
        fault(format!("下级网格“{}”不能隶属于{}", below.name, kind.zh()));
    }
    if let Some(post) = before.posts.iter().find(|post| !rules::suits(**post, kind)) {
        fault(format!("现有岗位“{}”与{}不符，请先结束任职", post.zh(), kind.zh()));
    }
}

/// Turns faultless drafts into what to write.
fn settle(drafts: &Drafts, known: &[Known], by_code: &HashMap<&str, &Known>, plan: &mut Plan) {
    let mut ids: HashMap<&str, GridId> =
        known.iter().map(|grid| (grid.code.as_str(), grid.id)).collect();
    for draft in &drafts.drafts {
        if let Some(code) = draft.code.as_deref() {
            ids.entry(code).or_insert_with(GridId::new);
        }
    }
    let mut create = Vec::new();
    for draft in &drafts.drafts {
        let Draft {
            code: Some(code),
            name: Some(name),
            kind: Some(kind),
            parent: Some(parent),
            shape: Some(shape),
            ..
        } = draft
        else {
            continue;
        };
        let Some(id) = ids.get(code.as_str()).copied() else {
            continue;
        };
        let entry = Entry {
            id,
            parent_id: parent.as_deref().and_then(|code| ids.get(code).copied()),
            code: code.clone(),
            name: name.clone(),
            kind: *kind,
            shape: shape.clone(),
        };
        match by_code.get(code.as_str()) {
            None => create.push(entry),
            Some(before)
                if before.name == entry.name
                    && before.kind == entry.kind
                    && before.parent_id == entry.parent_id
                    && before.boundary == entry.shape.boundary =>
            {
                plan.unchanged += 1;
            }
            Some(_) => plan.update.push(entry),
        }
    }
    plan.create = tree::in_order(create, |e| e.id, |e| e.parent_id, |e| e.code.clone());
}

#[cfg(test)]
mod tests;
