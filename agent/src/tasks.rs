//! Jobs: starting a task, following it to its end, refusing it. One job at a time is at work on a task.

mod directory;
mod ends;
mod follow;
mod refuse;
mod run_time;
mod settle;
mod standing;
mod start;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::bind_mounts::BindMounts;
use crate::config::Capability;
use crate::docker::Docker;
use crate::images::ImageCache;
use crate::init::Init;
use crate::master::Master;

pub use directory::TaskDirs;
pub use ends::Ends;
pub use follow::follow;
pub use refuse::refuse;
pub use start::start;

/// Why a task ended whose container is no longer there.
pub const GONE: &str = "its container was removed from outside PEDL: its exit code and the rest of its log are lost";

/// What every job needs.
#[derive(Debug)]
pub struct Tools {
    /// Docker on this machine.
    pub docker: Docker,
    /// The master.
    pub master: Arc<Master>,
    /// The tasks' directories.
    pub dirs: TaskDirs,
    /// How tasks ended that are gone.
    pub ends: Ends,
    /// What of the machine tasks may mount.
    pub bind_mounts: BindMounts,
    /// What tasks may ask for beside the capabilities that each has.
    pub allow_capabilities: Vec<Capability>,
    /// What was read from images.
    pub images: ImageCache,
    /// The first process of containers.
    pub init: Init,
    /// Bounds how many containers are made at once.
    pub starts: Semaphore,
}

/// What a job is told while it is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Go on.
    GoOn,
    /// Give up the start if it was not sent yet; stop the container if it runs, with this much time after SIGTERM.
    Stop(Duration),
}

/// How a job ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its container was started.
    Started,
    /// It was not started, as told. `created` says whether there is a container.
    Aborted {
        /// Whether there is a container.
        created: bool,
    },
    /// It will never start; the master is to be told why.
    Refused(String),
    /// Its end is on record, and what is left of it here is to be removed.
    Settled,
    /// The master does not know it. Nothing was removed.
    Disowned,
}
