//! Processes killed at any moment.

use std::time::Duration;

use integration_tests::{Cluster, Settings, Workload};

/// Enough for some to fall into each phase of a task's life.
const KILLS: usize = 30;

/// Who is killed.
#[derive(Clone, Copy)]
enum Victim {
    Master,
    Agent,
    Both,
}

/// Kills over and over while commands come and run, and then sees that nothing was lost or doubled.
fn nothing_is_lost_when_killed(victim: impl Fn(u64) -> Victim, seed: u64) {
    let mut cluster = Settings::default().slots(4).start();
    let workload = Workload::start(&cluster);
    let mut dice = Dice(seed);
    for number in 0..KILLS {
        // However slow the machine is, work goes on between the kills.
        if number % 3 == 0 {
            workload.wait_for_ended(1);
        }
        dice.wait(100, 1200);
        kill(&mut cluster, victim(dice.roll()), &mut dice);
    }
    workload.check(&cluster);
}

fn kill(cluster: &mut Cluster, victim: Victim, dice: &mut Dice) {
    match victim {
        Victim::Master => cluster.kill_master(),
        Victim::Agent => cluster.kill_agent(0),
        Victim::Both => {
            cluster.kill_master();
            cluster.kill_agent(0);
        }
    }
    dice.wait(0, 300);
    match victim {
        Victim::Master => cluster.start_master(),
        Victim::Agent => cluster.start_agent(0),
        Victim::Both => {
            cluster.start_agent(0);
            cluster.start_master();
        }
    }
}

#[test]
fn a_master_killed_at_random_moments_loses_and_doubles_nothing() {
    nothing_is_lost_when_killed(|_| Victim::Master, 1);
}

#[test]
fn an_agent_killed_at_random_moments_loses_and_doubles_nothing() {
    nothing_is_lost_when_killed(|_| Victim::Agent, 2);
}

#[test]
fn master_and_agent_killed_at_random_moments_lose_and_double_nothing() {
    nothing_is_lost_when_killed(|roll| [Victim::Master, Victim::Agent, Victim::Both][(roll % 3) as usize], 3);
}

/// Random numbers that are the same in each run (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        for shift in [13, -7, 17] {
            self.0 ^= if shift > 0 { self.0 << shift } else { self.0 >> -shift };
        }
        self.0
    }

    /// Lets a random time pass, in milliseconds: what is tried is that the moment does not matter.
    fn wait(&mut self, least: u64, most: u64) {
        std::thread::sleep(Duration::from_millis(least + self.roll() % (most - least)));
    }
}
