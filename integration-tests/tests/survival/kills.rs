//! Processes killed at any moment.

use integration_tests::{Cluster, Dice, Settings, Workload};

/// Enough for some dozen kills to fall into each phase of a task's life.
const COMMANDS: usize = 200;

/// Who is killed.
#[derive(Clone, Copy)]
enum Victim {
    Master,
    Agent,
    Both,
}

/// Kills over and over while commands are sent and run, and once more when all are sent; then sees that nothing was lost or doubled.
fn nothing_is_lost_when_killed(victim: impl Fn(u64) -> Victim, seed: u64) {
    let mut cluster = Settings::default().slots(4).start();
    let workload = Workload::start(&cluster, COMMANDS);
    let mut dice = Dice(seed);
    let mut kills = 0;
    while !workload.is_sent() || kills == 0 {
        dice.wait(200, 1500);
        kill(&mut cluster, victim(dice.roll()), &mut dice);
        kills += 1;
    }
    dice.wait(200, 1500);
    kill(&mut cluster, victim(dice.roll()), &mut dice);
    println!("seed {seed}: {} kills", kills + 1);
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
    dice.wait(0, 500);
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
