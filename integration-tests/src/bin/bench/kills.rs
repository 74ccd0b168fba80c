//! Processes killed at any moment, in numbers: what was lost and doubled of what they worked on.

use integration_tests::{Dice, Settings, Victim, Workload};

use crate::report::Report;

const KILLS: usize = 200;

pub fn measure(report: &mut Report) {
    let mut cluster = Settings::default().slots(4).start();
    let workload = Workload::start(&cluster);
    let mut dice = Dice::new(4);
    for kill in 1..=KILLS {
        // However slow the machine is, work goes on between the kills.
        if kill % 3 == 0 {
            workload.wait_for_ended(1);
        }
        dice.wait(100, 1200);
        Victim::ALL[dice.below(Victim::ALL.len())].kill(&mut cluster, &mut dice);
        if kill % 20 == 0 {
            println!("  {kill} kills");
        }
    }
    let broken = workload.broken(&cluster);
    broken.examples.iter().for_each(|example| println!("  {example}"));
    let detail = format!("{KILLS} kills of master, agent or both over {} commands", broken.commands);
    report.at_most("acknowledged writes lost by kills", broken.lost as f64, 0.0, "", &detail);
    report.at_most("tasks doubled by kills", broken.doubled as f64, 0.0, "", &detail);
}
