//! Measures PEDL beside what it stands on: each figure is a ratio of two things that ran in turn, in this one run, so that
//! a slow or a noisy machine slows both. Build in release mode: `scripts/bench` does.

mod assets;
mod commands;
mod echo;
mod fleet;
mod following;
mod kills;
mod lifecycles;
mod logins;
mod logs;
mod master;
mod memory;
mod page;
mod rates;
mod report;
mod tasks;
mod users;

use std::process::ExitCode;

use integration_tests::Settings;
use report::Report;

/// What measures, and its name on the command line.
type Part<'a> = (&'a str, &'a dyn Fn(&mut Report));

fn main() -> ExitCode {
    // The bare server runs in a process of its own, as the master does.
    if std::env::args().nth(1).as_deref() == Some(echo::ARGUMENT) {
        echo::serve();
        return ExitCode::SUCCESS;
    }
    let only = std::env::args().nth(1);
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let mut report = Report::default();
    let cluster = Settings::default().start();
    let parts: [Part<'_>; 13] = [
        ("memory", &|report| memory::measure(&cluster, report)),
        ("commands", &|report| commands::measure(&cluster, report)),
        ("rates", &|report| rates::measure(&cluster, report)),
        ("logins", &|report| logins::measure(&cluster, report)),
        ("logs", &|report| logs::measure(&cluster, report)),
        ("following", &following::measure),
        ("tasks", &|report| tasks::measure(&cluster, report)),
        ("lifecycles", &lifecycles::measure),
        ("fleet", &fleet::measure),
        ("kills", &kills::measure),
        ("users", &users::measure),
        ("assets", &assets::measure),
        ("page", &page::measure),
    ];
    for (_, measure) in parts.iter().filter(|(name, _)| wanted(name)) {
        measure(&mut report);
    }
    report.print();
    ExitCode::SUCCESS
}
