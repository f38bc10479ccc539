//! Writes the contract to `openapi/openapi.json`; with `--check` compares instead and fails on a difference, so
//! that no change of the API goes unseen.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

fn main() -> ExitCode {
    match run(std::env::args().nth(1).as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nowhere else to say it.
            let _ = writeln!(std::io::stderr(), "openapi: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(argument: Option<&str>) -> Result<(), Box<dyn std::error::Error>> {
    let fresh = api::ContractJson::of(&api::openapi())?;
    match argument {
        None => std::fs::write(Path::new(FILE), &fresh.0)?,
        Some("--check") => {
            let committed = std::fs::read(Path::new(FILE)).unwrap_or_default();
            if committed != fresh.0 {
                return Err("openapi/openapi.json is not what the handlers say; run `make openapi` and look at the difference".into());
            }
        }
        Some(other) => {
            return Err(format!("unknown argument {other}; there is only --check").into());
        }
    }
    Ok(())
}
