//! The grids of a township and the posts in them.
//!
//! - A **grid** (网格) is an area with a boundary and a code that is unique in the township. Grids form a tree of kinds:
//!   大网格 `township` at the top, beneath it 总网格 `general`, 子网格 `sub`, 微网格 `micro`; a 专属网格 `dedicated` (an industrial
//!   park, a market, a school) may hang anywhere and have sub- or micro-grids of its own (GR3). What lies beneath a grid is
//!   told by its path, which is always that of the grid above with its own id behind (GR4).
//! - Boundaries come by import of a GeoJSON file and are kept in whole micro-degrees, so that neighbours share their
//!   border exactly. An import is all or nothing; grids with a known code are updated; grids that the file does not name
//!   stay. It may move a grid, but none comes to lie beneath itself, over any number of steps ([`collection`], GR4). A single grid can be
//!   renamed.
//! - A **post** (岗位) is a role in a grid, held by a person from one day to another: `until` is the day from which the post
//!   is free, so that a successor can begin on the day the predecessor ends. What has been held is never deleted
//!   (`grid::a_post_changes_hands`).
//! - 督导员 `supervisor` belongs to a township or general grid, 总网格长 `general_head` to a general grid, 子网格长 `sub_head` to
//!   a sub-grid (GR2): one person at a time (GR1). 网格指导员 `instructor` and 网格员 `worker` belong to any grid, in any number.
//! - A general grid needs a general head, a sub-grid a sub-grid head; without one it is **vacant** (空缺).
//! - Who comes into a post or leaves it changes what upper floors ask of him at once ([`PostsChanged`]); where that is said for a
//!   later day, on that day.
//! - A grid's heads answer for everything beneath it.

pub(crate) mod acts;
mod appoint;
mod changes;
pub mod codes;
mod collection;
pub mod dto;
mod end_post;
mod feature;
mod follow;
mod geometry;
mod handlers;
mod holders;
mod import;
mod invariants;
pub mod perm;
mod planar;
mod query;
mod rename;
mod row_scope;
pub mod rules;
mod sheet;
mod subtrees;
mod tree;
mod vacancies;

pub use appoint::{NewPost, appoint, appoint_many};
pub use collection::{Drafts, Fault, drafts};
pub use feature::Feature as DrawnGrid;
use follow::JOBS;
pub use follow::posts_changed;
pub use holders::{
    Holder, KnownPost, count_people_with_posts, holders, holders_among, holders_beneath,
    people_with_posts, posts_from_today, posts_of,
};
pub use import::{import, import_collection};
pub use row_scope::RowScope;
pub use subtrees::{Subtrees, path_of};
pub use tree::{Node, lock, must_be_there, names, tree};
pub use vacancies::{Needed, Vacancy, heads, vacancies, vacancy_count};

use invariants::INVARIANTS;

use crate::feature::{Feature, Tag};
use entity::ids::MemberId;
use entity::kinds::{GridKind, PostKind};
use futures_util::future::LocalBoxFuture;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::Result;
use crate::tenancy::Tx;

/// Whose posts have changed.
#[derive(Debug, Clone)]
pub enum Touched {
    /// Anybody's, perhaps: the calendar has gone on, or so many that it is the same.
    Anybody,
    /// Those of these people.
    People(Vec<MemberId>),
}

impl Touched {
    /// Those of these people, unless they are too many to be named in a statement.
    #[must_use]
    pub fn people(people: Vec<MemberId>) -> Self {
        if people.len() > NAMED { Self::Anybody } else { Self::People(people) }
    }

    /// These people, where it is them alone.
    #[must_use]
    pub fn only(&self) -> Option<&[MemberId]> {
        match self {
            Self::Anybody => None,
            Self::People(people) => Some(people),
        }
    }
}

/// People named in one statement.
const NAMED: usize = 500;

/// What an upper floor does in the transaction that changes posts, for those whose posts have changed; may run any number of times.
pub struct PostsChanged(pub for<'a> fn(&'a Tx, &'a Touched) -> LocalBoxFuture<'a, Result<()>>);

/// What this room brings.
pub const FEATURE: Feature = Feature {
    tags: &[Tag { name: "grid", zh: "网格与岗位", en: "Grids, their boundaries and posts" }],
    routes,
    permissions: perm::ALL,
    codes: codes::ALL,
    acts: acts::ACTS,
    jobs: JOBS,
    words: &[GridKind::VOCABULARY, PostKind::VOCABULARY],
    answers: codes::ANSWERS,
    invariants: INVARIANTS,
    changes: changes::CHANGES,
    sheets: sheet::SHEETS,
    ..Feature::of("grid")
};

/// Registers the feature's routes.
pub fn routes(cfg: &mut ServiceConfig) {
    // Before the route with the id, which would take the word for one.
    cfg.service(handlers::list_grid_boundaries)
        .service(handlers::list_grids)
        .service(handlers::get_grid)
        .service(handlers::update_grid)
        .service(handlers::appoint)
        .service(handlers::end_grid_post);
}
