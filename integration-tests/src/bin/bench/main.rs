//! Measures PEDL beside what it stands on: each figure is a ratio of two things that ran in turn, in this one run, so that
//! a slow or a noisy machine slows both. Build in release mode: `scripts/bench` does.

mod commands;
mod echo;
mod logins;
mod memory;
mod rates;
mod report;
mod users;

use std::process::ExitCode;

use integration_tests::Settings;
use report::Report;

fn main() -> ExitCode {
    // The bare server runs in a process of its own, as the master does.
    if std::env::args().nth(1).as_deref() == Some(echo::ARGUMENT) {
        echo::serve();
        return ExitCode::SUCCESS;
    }
    let mut report = Report::default();
    let cluster = Settings::default().start();
    memory::measure(&cluster, &mut report);
    commands::measure(&cluster, &mut report);
    rates::measure(&cluster, &mut report);
    logins::measure(&cluster, &mut report);
    users::measure(&mut report);
    report.print();
    ExitCode::SUCCESS
}
