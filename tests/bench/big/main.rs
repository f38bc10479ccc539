//! How the cost of what people do grows with the township: the same operations in one of the demonstration's size and in a big
//! subdistrict, on both databases, and the ratio. See README.md in the folder above.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measurement that cannot go on stops where it stands; the owner gathers statistics past the townships"
)]

mod operations;
mod seed;

use std::io::Write;

use operations::{Bound, Measured};
use seed::Size;
use support::{Db, Furnished, TestApp};

/// How much more an operation may cost in the big township.
const MOST: f64 = 3.0;
/// Milliseconds below which it does not matter how much more that is.
const SMALL: f64 = 12.0;

fn main() -> std::process::ExitCode {
    let wanted = std::env::args().nth(1);
    let mut held = true;
    for (db, name) in [(Db::Sqlite, "sqlite"), (Db::Postgres, "postgres")] {
        if wanted.as_deref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        let (small, big) = actix_web::rt::System::new().block_on(async {
            (measure(db, Size::DEMONSTRATION).await, measure(db, Size::BIG).await)
        });
        for (small, big) in small.iter().zip(&big) {
            held &= told(name, small, big);
        }
    }
    if held { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

/// One line of the table; says whether it is within its bound.
fn told(db: &str, small: &Measured, big: &Measured) -> bool {
    let ratio = big.milliseconds / small.milliseconds;
    let within = |one: &Measured, most: f64| one.milliseconds <= most.max(SMALL);
    let (word, held) = match (small.bound, big.bound) {
        (Bound::BySize, _) | (_, Bound::BySize) => ("by its size".to_owned(), true),
        (Bound::Within(few), Bound::Within(many)) => {
            let held = within(small, few) && within(big, many);
            (format!("{}: {few:.0}, {many:.0} ms", if held { "ok" } else { "MORE" }), held)
        }
        _ if ratio <= MOST || big.milliseconds <= SMALL => ("ok".to_owned(), true),
        _ => ("MORE".to_owned(), false),
    };
    say(&format!(
        "{db} | {} | {:.1} → {:.1} ms | {ratio:.1} | {word}",
        small.what, small.milliseconds, big.milliseconds
    ));
    held
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

async fn measure(db: Db, size: Size) -> Vec<Measured> {
    let first = TestApp::start_with(db, Furnished::One, |_| {}).await;
    let began = std::time::Instant::now();
    let seeded = seed::fill(&first, size).await;
    say(&format!(
        "{db:?}: {size:?}, {} tasks, made in {:.0} s",
        seeded.tasks,
        began.elapsed().as_secs_f64()
    ));
    // A server that starts on it, with the statistics that are there by now.
    let app = first.node(|_| {}).await;
    let measured = operations::measure(&app, &seeded).await;
    app.leave().await;
    first.stop().await;
    measured
}
