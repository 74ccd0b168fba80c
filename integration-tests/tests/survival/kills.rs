//! Processes killed at any moment.

use integration_tests::{Dice, Settings, Victim, Workload};

/// Enough for some to fall into each phase of a task's life.
const KILLS: usize = 30;

/// Kills over and over while commands come and run, and then sees that nothing was lost or doubled.
fn nothing_is_lost_when_killed(victims: &[Victim], seed: u64) {
    let mut cluster = Settings::default().slots(4).start();
    let workload = Workload::start(&cluster);
    let mut dice = Dice::new(seed);
    for number in 0..KILLS {
        // However slow the machine is, work goes on between the kills.
        if number % 3 == 0 {
            workload.wait_for_ended(1);
        }
        dice.wait(100, 1200);
        victims[dice.below(victims.len())].kill(&mut cluster, &mut dice);
    }
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
