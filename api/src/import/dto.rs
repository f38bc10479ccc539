//! What crosses HTTP about imports.

use entity::ids::ImportId;
use entity::kinds::ImportKind;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::Time;
use crate::grid::{DrawnGrid, Fault};
use crate::http::FieldCode;

/// What an imported file came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Import {
    /// Id of the import.
    pub id: ImportId,
    /// What the file brings.
    pub kind: ImportKind,
    /// Name of the file as it was sent.
    #[schema(example = "花名册.xlsx")]
    pub file_name: String,
    /// Whether the data were changed: only without any fault, and not on a trial.
    pub applied: bool,
    /// Whether it was a trial only.
    pub dry_run: bool,
    /// Rows with something in them, below the header.
    #[schema(example = 120)]
    pub rows: u32,
    /// New ones (on a trial: that would be).
    #[schema(example = 118)]
    pub created: u32,
    /// Changed ones.
    #[schema(example = 1)]
    pub updated: u32,
    /// Ones that are as the file says.
    #[schema(example = 1)]
    pub unchanged: u32,
    /// The first 200 faults, by row.
    pub faults: Vec<Fault>,
    /// All faults.
    #[schema(example = 0)]
    pub fault_count: u32,
    /// When the file was sent.
    pub created_at: Time,
}

/// Whether to try out only.
#[derive(Clone, Copy, Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Check the file and change nothing.
    #[garde(skip)]
    #[serde(default)]
    #[param(default = false)]
    pub dry_run: bool,
}

/// An .xlsx workbook.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the bytes in the contract; they are never held in it")]
pub struct WorkbookFile(Vec<u8>);

/// The roster as a workbook.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the form in the contract; the form itself is read field by field"
)]
pub struct RosterForm {
    /// An .xlsx workbook of at most 5 MiB and 5,000 rows.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A GeoJSON FeatureCollection. Members that GeoJSON leaves to its users (`name`, `crs`, `bbox`) are passed over.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[schema(example = json!({ "type": "FeatureCollection", "features": [{ "type": "Feature",
    "properties": { "code": "310116112", "name": "漕泾镇", "kind": "township", "parent": null },
    "geometry": { "type": "Polygon", "coordinates": [[[121.34, 30.75], [121.47, 30.75], [121.47, 30.85], [121.34, 30.85], [121.34, 30.75]]] } }] }))]
pub struct GridFile {
    /// Always `FeatureCollection`.
    #[garde(custom(collection))]
    pub r#type: String,
    /// One feature a grid: properties `code`, `name`, `kind`, `parent` (code of the grid above), geometry `Polygon` or `MultiPolygon`.
    #[garde(length(min = 1, max = 2000))]
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 2000)]
    pub features: Vec<DrawnGrid>,
}

fn collection(value: &str, (): &()) -> garde::Result {
    if value == "FeatureCollection" {
        Ok(())
    } else {
        Err(FieldCode::NotAnOption.because("应为 FeatureCollection", "must be FeatureCollection"))
    }
}
