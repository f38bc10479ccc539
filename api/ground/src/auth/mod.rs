//! Who is asking, and what they may do.
//!
//! Rules:
//! - The township comes from the token alone. A token names an account, its township and its session.
//! - Access tokens live ten minutes (JWT, EdDSA). A head with anything in it that is not ours makes it nobody's.
//! - Ending a session, disabling an account, changing its roles, its person or its password acts in that moment on the
//!   node that does it, and within a second on every other, with Redis or without: the database is the truth. A verified
//!   token is remembered for at most a minute, together with the principal read from the database, and believed only
//!   while the news of what ended were read through less than a second ago ([`revoke`](mod@revoke)).
//! - Permission is in the handler's type: [`Permit`] is what yields the scope, so there is no way to the data
//!   without it.
//! - Passwords are argon2id. Users (signed in, or at a device where the account signed in before) and strangers have
//!   places and queues of their own, and a full queue answers 503 at once. An unknown user name costs the same time as
//!   a wrong password.
//! - Which passwords may be chosen: see [`strength`].
//! - Attempts are counted before anything is hashed, by the account found and where they come from; who fails waits
//!   longer and longer (ten are free, then 1, 2, 4 seconds, up to a quarter of an hour), and nobody else does: see [`throttle`].
//! - A known device is one that carries the server's sign of an earlier sign-in of this account: see [`device`].
//! - Where a request comes from is told by the connection, and by `X-Forwarded-For` where a configured proxy sent it:
//!   see [`source`].

mod device;
mod ed25519;
mod memory;
mod middleware;
mod origin;
mod password;
pub mod perm;
mod permit;
mod principal;
mod revoke;
mod source;
pub mod strength;
mod throttle;
mod token;
mod username;

pub use device::{Device, Devices, KNOWN_DAYS};
pub use memory::{Stamp, Tokens, Verified};
pub use middleware::{authenticate, caller};
pub use origin::{From, address};
pub use password::{Lane, Passwords};
pub use perm::{Needs, Permission, permissions};
pub use permit::{Permit, SignedIn};
pub use principal::Principal;
pub use revoke::{Watch, revoke};
pub use source::{Proxies, Source};
pub use throttle::{Attempt, By, Shower, Target, Throttle};
pub use token::{ACCESS_SECONDS, Claims, TokenKey, hash_secret, key_file, new_secret};
pub use username::username;
