//! `gezhi`: the library's command line, and the pages.

use std::process::ExitCode;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
#[allow_missing = true]
struct Files;

fn main() -> ExitCode {
    // Everything else is in the library: what is polled here would be compiled here a second time.
    api::command::main(Files::get)
}
