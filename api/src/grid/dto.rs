//! What crosses HTTP about grids and posts.

use chrono::NaiveDate;
use entity::ids::{GridId, GridPostId, MemberId};
use entity::kinds::{GridKind, PostKind};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules;
use crate::door::{Day, Moment};
use crate::http::{FieldCode, Versioned};
use crate::member::dto::MemberRef;

fn grid_name(value: &str, (): &()) -> garde::Result {
    if crate::member::rules::name(value, rules::NAME_MAX).is_some() {
        Ok(())
    } else {
        let code = if value.trim().is_empty() { FieldCode::TooShort } else { FieldCode::TooLong };
        Err(code.because("应为 1 至 100 个字", "must have 1 to 100 characters"))
    }
}

/// A grid, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GridRef {
    /// Id of the grid.
    pub id: GridId,
    /// Name of the grid.
    #[schema(example = "水库村党建总网格")]
    pub name: String,
}

/// A place in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LngLat {
    /// Longitude east.
    #[schema(example = 121.402_17)]
    pub lng: f64,
    /// Latitude north.
    #[schema(example = 30.803_551)]
    pub lat: f64,
}

/// A post held in a grid today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldPost {
    /// Id of the held post.
    pub id: GridPostId,
    /// What the post is.
    pub kind: PostKind,
    /// Who holds it.
    pub member: MemberRef,
    /// First day of the term.
    pub since: NaiveDate,
}

/// An area of the township.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Grid {
    /// Id of the grid.
    pub id: GridId,
    /// The grid above; null at the top.
    #[schema(required = true)]
    pub parent_id: Option<GridId>,
    /// Unique in the township.
    #[schema(example = "310116112216")]
    pub code: String,
    /// Name of the grid.
    #[schema(example = "水库村党建总网格")]
    pub name: String,
    /// What kind of area it is.
    pub kind: GridKind,
    /// Where the label goes: inside the boundary.
    pub centre: LngLat,
    /// Surface in square metres.
    #[schema(example = 3_612_345)]
    pub area_m2: i64,
    /// Posts held today.
    pub posts: Vec<HeldPost>,
    /// Heads the grid needs and has not: `general_head` of a general grid, `sub_head` of a sub-grid.
    pub vacant: Vec<PostKind>,
    /// Counts changes; the ETag.
    #[schema(example = 1)]
    pub version: i32,
}

impl Versioned for Grid {
    fn version(&self) -> i32 {
        self.version
    }
}

crate::page!(GridList, Grid, as_of);

/// Which grids to list.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListGrids {
    /// Only what has changed since this moment: `as_of` of the reading before.
    #[garde(skip)]
    #[param(value_type = Option<chrono::DateTime<chrono::FixedOffset>>, example = "2026-11-23T09:00:00+08:00")]
    pub changed_since: Option<Moment>,
}

/// What to change about a grid: a field left out stays. Boundaries, codes and kinds change by import.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "水库村党建总网格" }))]
pub struct UpdateGrid {
    /// Name of the grid.
    #[garde(inner(custom(grid_name)))]
    #[serde(default, deserialize_with = "crate::http::present")]
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    pub name: Option<String>,
}

/// Whom to appoint to which post.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Appoint {
    /// In which grid.
    #[garde(skip)]
    pub grid_id: GridId,
    /// Who is appointed.
    #[garde(skip)]
    pub member_id: MemberId,
    /// To which post.
    #[garde(skip)]
    pub kind: PostKind,
    /// First day of the term; today when left out.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<chrono::NaiveDate>, example = "2026-11-22")]
    pub since: Option<Day>,
}

/// When a post ends.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndPost {
    /// The day from which the post is free; today when left out.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<chrono::NaiveDate>, example = "2026-11-22")]
    pub until: Option<Day>,
}

/// A post in a grid, held by a person for a term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GridPost {
    /// Id of the held post.
    pub id: GridPostId,
    /// In which grid.
    pub grid_id: GridId,
    /// Who holds it.
    pub member: MemberRef,
    /// What the post is.
    pub kind: PostKind,
    /// First day of the term.
    pub since: NaiveDate,
    /// The day from which the post is free; null while no end is set.
    #[schema(required = true)]
    pub until: Option<NaiveDate>,
}

/// The grids as GeoJSON.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BoundaryCollection {
    /// Always `FeatureCollection`.
    #[schema(example = "FeatureCollection")]
    pub r#type: String,
    /// One for each grid.
    pub features: Vec<BoundaryFeature>,
}

/// A grid as GeoJSON.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BoundaryFeature {
    /// Always `Feature`.
    #[schema(example = "Feature")]
    pub r#type: String,
    /// Which grid it is.
    pub properties: BoundaryProperties,
    /// Where it lies.
    pub geometry: BoundaryGeometry,
}

/// Which grid a boundary belongs to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BoundaryProperties {
    /// Id of the grid.
    pub id: GridId,
    /// Unique in the township.
    #[schema(example = "310116112216")]
    pub code: String,
    /// Name of the grid.
    #[schema(example = "水库村党建总网格")]
    pub name: String,
    /// What kind of area it is.
    pub kind: GridKind,
    /// The grid above; null at the top.
    #[schema(required = true)]
    pub parent_id: Option<GridId>,
    /// Code of the grid above, as an import reads it; null at the top.
    #[schema(required = true, example = "310116112")]
    pub parent: Option<String>,
}

/// GeoJSON geometry: outer rings counter-clockwise, coordinates in degrees with at most six decimals.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BoundaryGeometry {
    /// `Polygon` or `MultiPolygon`.
    #[schema(example = "Polygon")]
    pub r#type: String,
    /// Rings of [longitude, latitude] pairs; one level deeper for a `MultiPolygon`.
    #[schema(value_type = Vec<serde_json::Value>, example = json!([[[121.349222, 30.833003], [121.350092, 30.827587], [121.36, 30.83], [121.349222, 30.833003]]]))]
    pub coordinates: serde_json::Value,
}
