//! What becomes of members' work when processes, machines and networks break: real processes, real Docker, and a stream
//! of commands ([`integration_tests::Workload`]) of which nothing may be lost or doubled.

mod away;
mod clocks;
mod kills;
mod network;
mod readers;
mod stopped;
mod strangers;

use std::fs;
use std::path::PathBuf;

use integration_tests::Cluster;

/// A command of a test's own, which says `before` when it runs, and `after` when it is let go, and ends with 3.
struct Waiting {
    id: String,
    dir: PathBuf,
}

impl Waiting {
    /// Starts it, and waits until it runs.
    fn start(cluster: &Cluster, name: &str) -> Self {
        let dir = cluster.shared_dir(name, 0, 0);
        let script =
            "echo start >> /data/starts; echo before; until [ -e /data/go ]; do sleep 0.05; done; echo after; exit 3";
        let id = cluster.detached(&["-v", &format!("{}:/data", dir.display()), "--", "sh", "-c", script]);
        cluster.wait_for(&id, "RUNNING");
        Self { id, dir }
    }

    fn let_go(&self) {
        fs::write(self.dir.join("go"), "").expect("its directory is there");
    }

    /// Waits for its end, and sees that it is the true one.
    fn check(&self, cluster: &Cluster) {
        assert_eq!(cluster.wait_for(&self.id, "FAILED")["exit_code"], 3);
        assert_eq!(cluster.pedl(&["command", "logs", &self.id]).ok(), "before\nafter\n");
        let starts = fs::read_to_string(self.dir.join("starts")).expect("it was started");
        assert_eq!(starts, "start\n", "it was started once");
    }
}
