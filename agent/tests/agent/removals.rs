//! Docker fails to remove a container, or ends in the middle of it: the container stays, dead in Docker's words, with
//! neither log nor files.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::conditions::until;
use crate::containers::{Cluster, IMAGE, docker};
use crate::fake_master::FakeMaster;
use crate::process::Agent;
use crate::restarts::mount_gate;
use crate::tasks::code;

/// A file of a container's that cannot be removed, nor can the container, while this is there.
struct Immovable(PathBuf);

impl Immovable {
    /// The container has this file.
    fn new(container: &str, name: &str) -> Self {
        let upper = docker(&["inspect", "--format", "{{.GraphDriver.Data.UpperDir}}", container]);
        let file = Path::new(&upper).join(name);
        change_attributes("+i", &file);
        Self(file)
    }
}

impl Drop for Immovable {
    fn drop(&mut self) {
        change_attributes("-i", &self.0);
    }
}

fn change_attributes(change: &str, file: &Path) {
    let changed = Command::new("chattr").arg(change).arg(file).status().expect("chattr starts");
    assert!(changed.success(), "chattr {change} {}", file.display());
}

fn remove_in_vain(container: &str) {
    let removed = Command::new("docker").args(["rm", "--force", container]).output().expect("docker starts");
    assert!(!removed.status.success(), "{container} is removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_failed_is_done_by_the_next_process() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let dir = tempfile::tempdir().unwrap();
    let gated = "echo out; touch /kept; until [ -e /gate/open ]; do sleep 0.05; done; exit 9";
    let task = master.place(gated, |assignment| mount_gate(assignment, dir.path()));
    master.logged(&task, "out\n").await;
    let immovable = Immovable::new(&format!("pedl-{task}"), "kept");
    std::fs::write(dir.path().join("open"), "").unwrap();
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log.as_str()), (9, "out\n"));
    until("Docker has failed", async || cluster.inspect(&task).await.state.unwrap().dead == Some(true)).await;

    agent.kill();
    agent.start_again();
    // Neither what stays nor Docker's failures keep anything else from running.
    let other = master.place("exit 3", |_| {});
    assert_eq!(code(&master.end(&other).await.0), 3);
    agent.logged("trying until it does").await;
    assert!(!agent.log().contains("does not answer"), "Docker is there: {}", agent.log());
    drop(immovable);
    cluster.empty().await;
    let dirs = agent.task_dir(&task);
    until("its directory is gone", async || !dirs.exists()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_removes_in_vain_has_ended_all_the_same() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let task = master.place("echo out; touch /kept; sleep 1000", |assignment| {
        assignment.run_as.as_mut().unwrap().uid = 0;
    });
    master.logged(&task, "out\n").await;
    let container = format!("pedl-{task}");
    let immovable = Immovable::new(&container, "kept");
    remove_in_vain(&container);
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log.as_str()), (128 + 9, "out\n"));
    drop(immovable);
    cluster.empty().await;
}

/// The container of a task that was refused, and the one that was made to look into an image.
#[tokio::test(flavor = "multi_thread")]
async fn what_never_ran_and_was_not_removed_is_removed() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let task = master.place("sleep 1000", |_| {});
    master.running(&task).await;
    let labels = cluster.inspect(&task).await.config.unwrap().labels.unwrap();
    agent.kill();
    let labels = ["pedl.cluster", "pedl.agent"].map(|name| format!("{name}={}", labels[name]));
    let dead = |of_task: &str| {
        let of_task = format!("pedl.task={of_task}");
        let labels = labels.iter().chain([&of_task]).flat_map(|label| ["--label", label]);
        let container = docker(&["create"].into_iter().chain(labels).chain([IMAGE, "true"]).collect::<Vec<_>>());
        docker(&["cp", "/etc/hostname", &format!("{container}:/kept")]);
        let _immovable = Immovable::new(&container, "kept");
        remove_in_vain(&container);
        container
    };
    dead("refused");
    dead("");
    agent.start_again();
    master.stop(&task);
    cluster.empty().await;
}
