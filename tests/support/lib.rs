//! What the tests stand on: private servers, prepared databases, a running application, a client.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops where it stands"
)]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the tests make databases and look at them from outside"
)]

mod app;
mod client;
mod files;
mod fixture;
pub mod kinds;
pub mod patrols;
pub mod postgres;
pub mod program;
pub mod redis;
pub mod shim;
pub mod sources;
pub mod wire;
mod workplace;

pub use app::{Db, Furnished, Inner, TestApp, run, seed, soak, start_of_tests};
pub use client::{Answer, Client, Onlooker, offered};
pub use files::{faulty_roster, picture, roster};
pub use fixture::{Account, Grids, Members, Orgs, PASSWORD, Town, Township, Who};
pub use workplace::dir as temporary_dir;

/// The crates that the tests were linked with, for programs that are compiled against them.
pub mod linked {
    pub use ::{api, entity, sea_orm};
}

/// Everything a test module uses.
pub mod prelude {
    pub use reqwest::Method;
    pub use serde_json::{Value, json};

    pub use crate::{
        Answer, Client, Db, Furnished, PASSWORD, TestApp, Town, Township, Who, offered, on_both,
    };
}

/// Makes a test for each database of every function in it: `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn test($app: $crate::TestApp) $body

            #[test]
            fn sqlite() {
                $crate::run($crate::Db::Sqlite, $crate::Furnished::Two, test);
            }

            #[test]
            fn postgres() {
                $crate::run($crate::Db::Postgres, $crate::Furnished::Two, test);
            }
        }
    )*};
}
