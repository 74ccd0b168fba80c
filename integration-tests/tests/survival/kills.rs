//! Processes killed at any moment.

use integration_tests::{Dice, Settings, Victim, Workload};

/// Enough for some dozen kills to fall into each phase of a task's life.
const COMMANDS: usize = 200;

/// Kills over and over while commands are sent and run, and once more when all are sent; then sees that nothing was lost or doubled.
fn nothing_is_lost_when_killed(victims: &[Victim], seed: u64) {
    let mut cluster = Settings::default().slots(4).start();
    let workload = Workload::start(&cluster, COMMANDS);
    let mut dice = Dice::new(seed);
    let mut kills = 0;
    while !workload.is_sent() || kills == 0 {
        dice.wait(200, 1500);
        victims[dice.below(victims.len())].kill(&mut cluster, &mut dice);
        kills += 1;
    }
    dice.wait(200, 1500);
    victims[dice.below(victims.len())].kill(&mut cluster, &mut dice);
    println!("seed {seed}: {} kills", kills + 1);
    workload.check(&cluster);
}

#[test]
fn a_master_killed_at_random_moments_loses_and_doubles_nothing() {
    nothing_is_lost_when_killed(&[Victim::Master], 1);
}

#[test]
fn an_agent_killed_at_random_moments_loses_and_doubles_nothing() {
    nothing_is_lost_when_killed(&[Victim::Agent], 2);
}

#[test]
fn master_and_agent_killed_at_random_moments_lose_and_double_nothing() {
    nothing_is_lost_when_killed(&Victim::ALL, 3);
}
