//! The ground floor of Gezhi (格治): what every room of the server stands on, and nothing that knows a feature.
//!
//! The rooms are those of floor 1 in the picture at the head of `api/src/lib.rs`. Those that bring operations of their own export a
//! [`feature::Feature`] as the upper ones do. What an upper room wants done down here it hands down at start
//! ([`state::AppState::start`]).

#![warn(missing_docs, unreachable_pub)]

pub mod audit;
pub mod auth;
pub mod calendar;
pub mod clock;
pub mod config;
pub mod door;
pub mod feature;
pub mod files;
pub mod helper;
pub mod http;
pub mod invariant;
pub mod jobs;
pub mod session;
pub mod sheet;
pub mod state;
pub mod tenancy;
pub mod work;
