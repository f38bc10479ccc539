//! Who is asking, and what they may do.
//!
//! Rules:
//! - The township comes from the token alone. A token names an account, its township and its session.
//! - Access tokens live ten minutes (JWT, EdDSA). A verified token is remembered for at most a minute,
//!   together with the principal read from the database; ending a session, disabling an account or changing
//!   its roles takes it out of memory at once, on every node that shares a Redis.
//! - Permission is in the handler's type: [`Permit`] is what yields the scope, so there is no way to the data
//!   without it.
//! - Passwords are argon2id; no more are hashed at once than there are cores. An unknown user name costs the
//!   same time as a wrong password.
//! - Ten failed sign-ins for one user name, or a hundred from one address, within ten minutes: 429.

mod ed25519;
mod middleware;
mod origin;
mod password;
pub mod perm;
mod permit;
mod principal;
mod relay;
mod throttle;
mod token;

pub use middleware::{authenticate, caller};
pub use origin::{From, address};
pub use password::Passwords;
pub use perm::{Permission, PermissionSet, permissions_of};
pub use permit::{Permit, SignedIn};
pub use principal::Principal;
pub use relay::Relay;
pub use throttle::Throttle;
pub use token::{ACCESS_SECONDS, Claims, TokenKey, Tokens, Verified, hash_secret, new_secret};
