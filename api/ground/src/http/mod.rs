//! The ground of HTTP: one error type with one registry of codes, extractors that answer problem
//! documents, cursor pages, replies with their headers, and the envelope around every request.
//!
//! Rules:
//! - Every 4xx and 5xx is `application/problem+json` in Chinese, or in English when the client prefers it.
//! - A request that is not what its operation takes is refused with every fault at its place ([`form`]): broken JSON is 400,
//!   whatever is wrong in a body or a query 422, and no word of the implementation is in the answer.
//! - Another township's row answers as a row that does not exist.
//! - A path the contract knows, with a method it does not, answers 405 with `Allow`.
//! - A panic answers 500 and is logged; the connection goes on.
//! - What the API answers is not stored (`no-store`) unless an operation says otherwise.
//! - HEAD is answered as GET, without the body.
//! - Whatever a stranger may choose has a bound ([`edge`]).

mod code;
pub mod edge;
mod envelope;
mod error;
mod extract;
mod fallback;
mod field;
mod form;
mod headers;
mod i18n;
mod may;
mod other;
mod page;
mod reply;
mod sort;
mod still;
mod watch;

pub use actix_web::web::Json;
pub use code::{Code, Language, Text};
pub(crate) use envelope::language_of;
pub use envelope::{ApiRootSpan, envelope};
pub use error::{ApiError, FieldError, Problem, ProblemField, Result};
pub use extract::{
    DEFAULT_LIMIT_KIB, IdempotencyKey, IfMatch, JsonBytes, PathId, Query, Valid, check,
};
pub use fallback::{Contract, fallback};
pub use field::{FieldCode, given, not_blank, present};
pub use form::{closed, faults};
pub use headers::{describe, names};
pub use may::{Does, May, Refusal};
pub use other::{cors, not_an_origin, overridden};
pub use page::{MAX_LIMIT, Paged, Paging, Seal, all, rows};
pub(crate) use page::{Page, page_of_file};
pub(crate) use reply::attachment;
pub use reply::{Created, Download, NoContent, Tagged, Versioned};
pub use sort::{Sort, SortKey, orders, unsorted};
pub use still::{Packed, Still, plain};
pub use watch::{health_routes, recorder};
