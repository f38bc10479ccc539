//! What the product promises, told from outside: by HTTP, and by looking at the database past the server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops where it stands"
)]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the proofs look at the database past the server"
)]

mod account;
mod activity;
mod at_rest;
mod attachment;
mod audit;
mod authz;
mod board;
mod calendar;
mod changed_since;
mod changes;
mod checklist;
mod contract;
mod crash;
mod days;
mod demo;
mod distribute;
mod door;
mod entity;
mod furniture;
mod grid;
mod heavy;
mod hooks;
mod house;
mod http;
mod import;
mod jobs;
mod may;
mod member;
mod noninterference;
mod notice;
mod points;
mod presence;
mod promises;
mod roles;
mod rooms;
mod schema;
mod session;
mod sheet;
mod signin;
mod slices;
mod storage;
mod story;
mod strangers;
mod task;
mod task_source;
mod tenancy;
mod together;
mod township;
mod transactions;
mod walls;
