//! Very many agents in one process, over real connections, one for each. They speak with the master as real ones do; in
//! place of containers they have a clock.

mod agent;
#[path = "../../agent/src/backoff.rs"]
mod backoff;
mod ledger;
mod life;
mod program;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::broadcast;

use crate::Cluster;
pub use agent::Manner;
use agent::{Agent, Introduction};
use ledger::Ledger;
pub use ledger::{Counts, Ended};
pub use program::Program;

/// How a fleet shall be.
#[derive(Clone, Debug)]
pub struct Crew {
    /// How many agents, named `s0`, `s1` and so on.
    pub agents: usize,
    /// How many slots each has.
    pub slots: i32,
    /// How many of a hundred are slow, and by how much.
    pub slow: (usize, Duration),
    /// How many of a hundred register, and say nothing after that.
    pub silent: usize,
    /// How many of a hundred connect, and say nothing at all.
    pub mute: usize,
}

impl Default for Crew {
    /// A thousand of 8 slots that are all well.
    fn default() -> Self {
        Self { agents: 1000, slots: 8, slow: (0, Duration::ZERO), silent: 0, mute: 0 }
    }
}

impl Crew {
    /// Of each hundred the first are slow, those after them silent, and those after them mute.
    fn manner(&self, number: usize) -> Manner {
        let (place, (slow, slowness)) = (number % 100, self.slow);
        match place {
            _ if place < slow => Manner::Slow(slowness),
            _ if place < slow + self.silent => Manner::Silent,
            _ if place < slow + self.silent + self.mute => Manner::Mute,
            _ => Manner::Prompt,
        }
    }
}

/// Agents that run until this is dropped.
pub struct Fleet {
    agents: Vec<Arc<Agent>>,
    ledger: Arc<Ledger>,
    /// There until this is dropped.
    runtime: Option<Runtime>,
}

impl Fleet {
    /// Lets a crew join a cluster, without waiting for it.
    ///
    /// # Panics
    /// When there is no join token, or a thread cannot be made.
    #[must_use]
    pub fn join(cluster: &Cluster, crew: &Crew) -> Self {
        Self::join_at(&cluster.url(), &cluster.path("master/agent-token"), crew)
    }

    /// Lets a crew join the master at `url`, by the join token in a file.
    ///
    /// # Panics
    /// When there is no join token, or a thread cannot be made.
    #[must_use]
    pub fn join_at(url: &str, token_file: &Path, crew: &Crew) -> Self {
        allow_descriptors();
        let token = std::fs::read_to_string(token_file).expect("there is a join token");
        let ledger = Arc::new(Ledger::new());
        let new = |number| {
            let intro = Introduction {
                name: format!("s{number}"),
                slots: crew.slots,
                join_token: token.trim().split('.').next().unwrap_or_default().to_owned(),
                manner: crew.manner(number),
            };
            Agent::new(url, intro, ledger.clone())
        };
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads can be made");
        // A channel that is not yet connected belongs to a runtime, too.
        let entered = runtime.enter();
        let agents: Vec<_> = (0..crew.agents).map(new).collect();
        for agent in &agents {
            tokio::spawn(agent.clone().run());
        }
        drop(entered);
        Self { agents, ledger, runtime: Some(runtime) }
    }

    /// Waits until all that can have a session have one; answers how long that took.
    ///
    /// # Panics
    /// When it takes longer than `within`.
    pub fn wait_until_connected(&self, within: Duration) -> Duration {
        let wanted = self.agents.iter().filter(|agent| agent.manner() != Manner::Mute).count();
        let start = Instant::now();
        loop {
            let counts = self.counts();
            if counts.connected == wanted {
                return start.elapsed();
            }
            assert!(start.elapsed() < within, "of {wanted} agents not all are connected: {counts:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until all have noticed that the master is gone.
    ///
    /// # Panics
    /// When it takes longer than `within`.
    pub fn wait_until_away(&self, within: Duration) {
        let start = Instant::now();
        while self.counts().connected > 0 {
            assert!(start.elapsed() < within, "some are still connected: {:?}", self.counts());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Lets agents fall silent, or speak again: their connections stay.
    pub fn set_silent(&self, numbers: Range<usize>, silent: bool) {
        self.agents[numbers].iter().for_each(|agent| agent.set_silent(silent));
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        self.ledger.counts()
    }

    /// Tells of the tasks whose ends are recorded from now on.
    pub fn ends(&self) -> broadcast::Receiver<Ended> {
        self.ledger.ends()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Each agent has a connection, and the master, which inherits this when it is started later, has its end of it.
fn allow_descriptors() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
