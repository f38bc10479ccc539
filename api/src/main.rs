//! `gezhi`: the library's command line, and the pages.

use std::process::ExitCode;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
#[allow_missing = true]
struct Files;

/// What the pages were built from (`make run` sets it): a new value builds this program anew, and nothing else.
const _PAGES: Option<&str> = option_env!("GEZHI_PAGES");

fn main() -> ExitCode {
    // Everything else is in the library: what is polled here would be compiled here a second time.
    api::command::main(|path| Files::get(path).map(Into::into))
}
