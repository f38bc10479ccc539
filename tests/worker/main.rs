//! A node whose only work are jobs, those of the tests' own among them: for the test that kills it.

use api::jobs::Worker;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    actix_web::rt::System::new().block_on(async {
        let config = api::config::Config::load(std::path::Path::new("gezhi.toml"))?;
        let clock = config.clock()?;
        let state = api::start_with(config, clock, support::kinds::MORE).await?;
        let _worker = Worker::start(state);
        std::future::pending().await
    })
}
