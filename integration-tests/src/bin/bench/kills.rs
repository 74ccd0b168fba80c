//! Processes killed at any moment, in numbers: what was lost and doubled of what they worked on.

use std::time::Duration;

use integration_tests::{Dice, Settings, Victim, Workload};

use crate::report::Report;

const KILLS: usize = 200;
/// More than are sent and run while so many kills go on.
const COMMANDS: usize = 2000;
/// After each of four: some of them run at any moment, and few wait.
const PAUSE: Duration = Duration::from_secs(2);

pub fn measure(report: &mut Report) {
    let mut cluster = Settings::default().slots(4).start();
    let workload = Workload::start_slowly(&cluster, COMMANDS, PAUSE);
    let mut dice = Dice::new(4);
    for kill in 1..=KILLS {
        dice.wait(200, 1500);
        Victim::ALL[dice.below(Victim::ALL.len())].kill(&mut cluster, &mut dice);
        if kill % 20 == 0 {
            println!("  {kill} kills, {} commands acknowledged", workload.acknowledged());
        }
    }
    workload.send_no_more();
    let broken = workload.broken(&cluster);
    broken.examples.iter().for_each(|example| println!("  {example}"));
    let detail = format!("{KILLS} kills of master, agent or both over {} commands", broken.commands);
    report.at_most("acknowledged writes lost by kills", broken.lost as f64, 0.0, "", &detail);
    report.at_most("tasks doubled by kills", broken.doubled as f64, 0.0, "", &detail);
}
