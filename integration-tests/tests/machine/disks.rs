//! Disks that are full, and have room again.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use integration_tests::{Cluster, Dockerd, Outcome, Settings, eventually};

use crate::memory_is_bounded;

/// All that was left of a disk, taken until this is dropped.
struct Filler(PathBuf);

impl Filler {
    fn fill(disk: &Path) -> Self {
        let path = disk.join("filler");
        let mut file = File::create(&path).expect("a file can be made");
        for size in [64 << 10, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        Self(path)
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// A task that writes lines for as long as its gate is shut, and ends with 3.
struct Gated {
    gate: PathBuf,
    id: String,
}

impl Gated {
    fn start(cluster: &Cluster) -> Self {
        let script = "i=0; while [ ! -e /gate/open ]; do echo $i; i=$((i + 1)); sleep 0.02; done; exit 3";
        let gate = cluster.shared_dir("gate", 0, 0);
        let id = cluster.detached(&["-v", &format!("{}:/gate", gate.display()), "--", "sh", "-c", script]);
        eventually("some lines to be kept", || {
            (cluster.pedl(&["command", "logs", &id]).ok().lines().count() > 10).then_some(())
        });
        Self { gate, id }
    }

    /// Lets it end, and answers its log.
    fn end(&self, cluster: &Cluster) -> String {
        fs::write(self.gate.join("open"), "").expect("a file can be made");
        let ended = cluster.wait_for(&self.id, "FAILED");
        assert_eq!(ended["exit_code"], 3, "{ended}");
        cluster.pedl(&["command", "logs", &self.id]).ok()
    }
}

fn numbers(log: &str) -> Vec<usize> {
    log.lines().map(|line| line.parse().unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn is_whole(log: &str) {
    let numbers = numbers(log);
    assert_eq!(numbers, (0..numbers.len()).collect::<Vec<_>>());
    assert!(numbers.len() > 10, "{log}");
}

/// Waits until a command has failed, and answers why.
fn failure(cluster: &Cluster, id: &str) -> String {
    cluster.wait_for(id, "FAILED")["state_reason"].as_str().unwrap_or_default().to_owned()
}

fn runs(cluster: &Cluster) {
    let id = cluster.detached(&["--", "true"]);
    cluster.wait_for(&id, "COMPLETED");
}

#[test]
fn a_master_whose_disk_is_full_says_so_and_goes_on_when_there_is_room() {
    let mut cluster = Settings::default().disk("master", "24m").start();
    let gated = Gated::start(&cluster);
    let filler = Filler::fill(&cluster.path("master"));
    let mut acknowledged = Vec::new();
    let create = |cluster: &Cluster| cluster.pedl(&["command", "run", "-d", "--", "true"]);
    let says_so = |outcome: &Outcome| {
        let full = "error: the master's disk is full: its administrator must make room on it, then try again\n";
        assert_eq!((outcome.code, &*outcome.stderr), (Some(1), full));
    };
    // A log of SQLite's may have room within.
    let refused = loop {
        let created = create(&cluster);
        if created.code != Some(0) {
            break created;
        }
        acknowledged.push(created.ok().trim().to_owned());
    };
    says_so(&refused);
    memory_is_bounded(&cluster);
    cluster.kill_master();
    cluster.start_master();
    says_so(&create(&cluster));
    let listed = cluster.json(&["command", "list"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1 + acknowledged.len()), "what is there is told: {listed}");
    drop(filler);
    is_whole(&gated.end(&cluster));
    for id in acknowledged {
        cluster.wait_for(&id, "COMPLETED");
    }
    runs(&cluster);
}

#[test]
fn an_agent_whose_disk_is_full_ends_what_runs_and_goes_on_when_there_is_room() {
    let mut cluster = Settings::default().disk("agent0", "4m").start();
    let gated = Gated::start(&cluster);
    let killed = cluster.detached(&["--", "sleep", "1000"]);
    cluster.wait_for(&killed, "RUNNING");
    let filler = Filler::fill(&cluster.path("agent0"));
    let refused = cluster.detached(&["--", "true"]);
    let why = failure(&cluster, &refused);
    assert!(why.contains("agent n0 cannot prepare") && why.contains("No space left on device"), "{why}");
    cluster.pedl(&["command", "kill", &killed]).ok();
    cluster.wait_for(&killed, "KILLED");
    cluster.kill_agent(0);
    cluster.start_agent(0);
    is_whole(&gated.end(&cluster));
    drop(filler);
    runs(&cluster);
    memory_is_bounded(&cluster);
}

/// What Docker cannot write down of a log is lost, whoever reads it; what it could is told in order, and once.
#[test]
fn a_docker_whose_disk_is_full_goes_on_when_there_is_room() {
    let dockerd = Dockerd::start_on_small_disk("32m");
    let cluster = Settings::default().dockerd(&dockerd).start();
    let gated = Gated::start(&cluster);
    let filler = Filler::fill(&dockerd.data_root());
    eventually("Docker to have no room for a log", || dockerd.output().contains("no space left").then_some(()));
    let refused = cluster.detached(&["--", "true"]);
    let why = failure(&cluster, &refused);
    assert!(why.contains("no space left on device"), "{why}");
    drop(filler);
    runs(&cluster);
    let log = gated.end(&cluster);
    assert!(numbers(&log).is_sorted_by(|one, next| one < next), "{log}");
    memory_is_bounded(&cluster);
}
