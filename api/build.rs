//! The pages are embedded at compile time: a changed page is a changed program.

use std::io::Write;

fn main() -> std::io::Result<()> {
    writeln!(std::io::stdout(), "cargo::rerun-if-changed=../frontend/dist")
}
