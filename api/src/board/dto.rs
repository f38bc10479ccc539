//! The home page over HTTP.

use entity::ids::GridId;
use entity::kinds::PostKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::task::dto::TaskBrief;

/// A post that must be held and is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HomeVacancy {
    /// Where.
    pub grid_id: GridId,
    /// Its name.
    #[schema(example = "水库村第2党小组子网格")]
    pub grid_name: String,
    /// The post.
    pub kind: PostKind,
}

/// Late tasks in a general grid and beneath it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HomeGridLate {
    /// The general grid.
    pub grid_id: GridId,
    /// Its name.
    #[schema(example = "水库村总网格")]
    pub grid_name: String,
    /// How many.
    #[schema(example = 3)]
    pub late: i64,
}

/// What needs a decision today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Home {
    /// Late tasks.
    pub tasks_late: i64,
    /// Open and returned tasks due today.
    pub tasks_due_today: i64,
    /// Submitted tasks that wait for this account.
    pub tasks_to_verify: i64,
    /// The first 20 vacant posts.
    pub vacancies: Vec<HomeVacancy>,
    /// How many there are.
    pub vacancy_count: i64,
    /// Activities that take place today.
    pub activities_today: i64,
    /// The 10 most late tasks.
    pub late: Vec<TaskBrief>,
    /// General grids with late tasks, most first.
    pub late_by_grid: Vec<HomeGridLate>,
}
