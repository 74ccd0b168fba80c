//! What all agents of a fleet have seen together: so what happens to two of them is noticed.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::broadcast;

/// Ends that a slow listener may be behind.
const BEHIND: usize = 1 << 17;

/// A task's life on an agent, when its end is on the master's record.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// The asset that it belongs to.
    pub asset_id: i64,
    /// When an agent was told to run it.
    pub told: Instant,
    /// When the master had answered the report of its end.
    pub ended: Instant,
}

/// What a fleet has counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Agents that have a session now.
    pub connected: usize,
    /// Sessions that began.
    pub sessions: usize,
    /// Sessions that ended or did not begin for want of a master.
    pub broken: usize,
    /// Agents that the master refused, in words that do not pass.
    pub refused: usize,
    /// Tasks that were started.
    pub started: usize,
    /// Tasks that were to be started once more, here or on another agent.
    pub doubled: usize,
    /// Tasks whose end is on record.
    pub ended: usize,
    /// Reports of tasks that the master did not know.
    pub unknown: usize,
}

/// The books.
pub(super) struct Ledger {
    /// The ids of all tasks that were ever started, as numbers: there may be millions.
    started: Mutex<HashSet<u128>>,
    pub connected: AtomicUsize,
    pub sessions: AtomicUsize,
    pub broken: AtomicUsize,
    pub refused: AtomicUsize,
    pub unknown: AtomicUsize,
    doubled: AtomicUsize,
    ended: AtomicUsize,
    ends: broadcast::Sender<Ended>,
}

impl Ledger {
    pub fn new() -> Self {
        Self {
            started: Mutex::default(),
            connected: AtomicUsize::new(0),
            sessions: AtomicUsize::new(0),
            broken: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            unknown: AtomicUsize::new(0),
            doubled: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            ends: broadcast::Sender::new(BEHIND),
        }
    }

    /// Notes that a task is started; answers whether it is for the first time.
    pub fn start(&self, task: &str) -> bool {
        let id = u128::from_str_radix(&task.replace('-', ""), 16).expect("a task's id is a UUID");
        let first = self.started.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        if !first {
            eprintln!("task {task} is to be started a second time");
            self.doubled.fetch_add(1, Ordering::Relaxed);
        }
        first
    }

    pub fn end(&self, ended: Ended) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        // Somebody listens, or not.
        drop(self.ends.send(ended));
    }

    pub fn ends(&self) -> broadcast::Receiver<Ended> {
        self.ends.subscribe()
    }

    pub fn counts(&self) -> Counts {
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        Counts {
            connected: read(&self.connected),
            sessions: read(&self.sessions),
            broken: read(&self.broken),
            refused: read(&self.refused),
            started: self.started.lock().unwrap_or_else(PoisonError::into_inner).len(),
            doubled: read(&self.doubled),
            ended: read(&self.ended),
            unknown: read(&self.unknown),
        }
    }
}
