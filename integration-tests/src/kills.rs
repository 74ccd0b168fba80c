//! Processes killed at moments that are random, and the same in each run.

use std::time::Duration;

use crate::Cluster;

/// Who is killed.
#[derive(Clone, Copy, Debug)]
pub enum Victim {
    /// The master.
    Master,
    /// The first agent.
    Agent,
    /// Both at once.
    Both,
}

impl Victim {
    /// Everybody.
    pub const ALL: [Self; 3] = [Self::Master, Self::Agent, Self::Both];

    /// Kills it, and starts it again less than a third of a second later.
    pub fn kill(self, cluster: &mut Cluster, dice: &mut Dice) {
        match self {
            Self::Master => cluster.kill_master(),
            Self::Agent => cluster.kill_agent(0),
            Self::Both => {
                cluster.kill_master();
                cluster.kill_agent(0);
            }
        }
        dice.wait(0, 300);
        match self {
            Self::Master => cluster.start_master(),
            Self::Agent => cluster.start_agent(0),
            Self::Both => {
                cluster.start_agent(0);
                cluster.start_master();
            }
        }
    }
}

/// Random numbers that are the same in each run (xorshift, Marsaglia 2003).
pub struct Dice(u64);

impl Dice {
    /// A seed of 0 would give nothing but 0.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        for shift in [13, -7, 17] {
            self.0 ^= if shift > 0 { self.0 << shift } else { self.0 >> -shift };
        }
        self.0
    }

    /// One of `0..bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % bound as u64).unwrap_or_default()
    }

    /// Lets a random time pass, in milliseconds: what is tried is that the moment does not matter.
    pub fn wait(&mut self, least: u64, most: u64) {
        std::thread::sleep(Duration::from_millis(least + self.roll() % (most - least)));
    }
}
