#![expect(unused_imports, reason = "each program uses some of them")]
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use support::linked::{api, entity, sea_orm};

use api::auth::Permit;
use api::grid::perm;
use api::http::Result;
use api::state::AppState;
use api::tenancy::{Db, Find, Scope, Tx};
use entity::ids::TenantId;
use entity::{member, tenant};
use sea_orm::EntityTrait;

// BODY
