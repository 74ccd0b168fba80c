//! Processes killed at moments that are random, and the same in each run.

use crate::{Cluster, Dice};

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
