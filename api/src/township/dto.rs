//! What crosses HTTP about the township.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::door::Secret;

/// What the pages may know before anybody has signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Site {
    /// The product.
    #[schema(example = "格治")]
    pub product: String,
    /// Its version.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// The township the sign-in page starts with; null unless configured.
    #[schema(required = true)]
    pub default_township: Option<SiteTownship>,
    /// Whether that township is a demonstration with invented people.
    pub demo: bool,
    /// Whether a first township is still to be founded, with the token that the server printed.
    pub to_be_set_up: bool,
}

/// A township by code and name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SiteTownship {
    /// Nine-digit code.
    #[schema(example = "310116112")]
    pub code: String,
    /// Name.
    #[schema(example = "漕泾镇")]
    pub name: String,
}

/// The first administrator of a new township.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The one-time token that the server printed at its first start.
    #[garde(length(chars, min = 1, max = 128))]
    #[schema(value_type = String, min_length = 1, max_length = 128)]
    pub token: Secret,
    /// Nine-digit code of the township.
    #[garde(length(chars, min = 9, max = 9))]
    #[schema(min_length = 9, max_length = 9, pattern = "^[0-9]{9}$", example = "310116112")]
    pub township_code: String,
    /// User name of the administrator.
    #[garde(length(chars, min = 2, max = 64))]
    #[schema(min_length = 2, max_length = 64, example = "administrator")]
    pub username: String,
    /// At least ten characters.
    #[garde(length(chars, min = 12, max = 256))]
    #[schema(value_type = String, min_length = 12, max_length = 256)]
    pub password: Secret,
    /// Name on the screen.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50, example = "系统管理员")]
    pub display_name: String,
}

/// What was set up.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupDone {
    /// The township.
    pub township: SiteTownship,
    /// User name of its administrator.
    pub username: String,
}

/// The township.
#[derive(Debug, Serialize, ToSchema)]
pub struct Township {
    /// Nine-digit code.
    #[schema(example = "310116112")]
    pub code: String,
    /// Name.
    #[schema(example = "漕泾镇")]
    pub name: String,
    /// Whether its people are invented.
    pub demo: bool,
    /// Its size.
    pub counts: TownshipCounts,
}

/// The size of a township.
#[derive(Debug, Serialize, ToSchema)]
pub struct TownshipCounts {
    /// General grids.
    #[schema(example = 14)]
    pub grids_general: u64,
    /// Sub grids.
    #[schema(example = 89)]
    pub grids_sub: u64,
    /// People on the roster.
    #[schema(example = 120)]
    pub members: u64,
    /// Grid posts held today.
    #[schema(example = 118)]
    pub posts: u64,
}
