//! Whole clusters for tests: a real master, real agents, real Docker and the real CLI, on free ports of the loopback
//! interface, in a directory of their own. Whatever a cluster started ends with it, even when its test panics.

mod client;
mod clock;
mod cluster;
mod dice;
mod docker;
mod docker_proxy;
mod dockerd;
pub mod fleet;
pub mod http;
mod kills;
mod network;
mod process;
mod settings;
mod tmpfs;
mod workload;

pub use client::Client;
pub use clock::Clock;
pub use cluster::{Cluster, Outcome, outcome, owner};
pub use dice::Dice;
pub use docker::{docker, image};
pub use docker_proxy::DockerProxy;
pub use dockerd::Dockerd;
pub use kills::Victim;
pub use network::Network;
pub use process::{Process, program};
pub use settings::Settings;
pub use tmpfs::Tmpfs;
pub use workload::{Broken, Loss, Workload};

use std::time::{Duration, Instant};

/// The image that tests run: a static busybox, without /etc/passwd.
pub const BUSYBOX: &str = "pedl-test/busybox:1";

/// The image for tasks that PEDL comes with.
pub const TASK: &str = concat!("pedl-task:", env!("CARGO_PKG_VERSION"));

/// After this long, what a test waits for will not come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `probe` finds something.
///
/// # Panics
/// When [`PATIENCE`] has run out, naming `what` was waited for.
pub fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
