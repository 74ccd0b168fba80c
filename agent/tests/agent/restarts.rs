//! The agent, the master or Docker goes away while tasks run.

use std::path::Path;

use nix::sys::signal::Signal;
use pedl_proto::agent::v1::Assignment;
use pedl_proto::v1::BindMount;

use crate::conditions::until;
use crate::containers::Cluster;
use crate::docker_proxy::{DockerProxy, Starts};
use crate::fake_master::FakeMaster;
use crate::process::Agent;
use crate::tasks::code;

fn lines(from: u32, to: u32) -> String {
    (from..=to).map(|n| format!("{n}\n")).collect()
}

/// Lets a task leave traces, and the test say when it goes on: `/gate` is this directory.
pub fn mount_gate(assignment: &mut Assignment, dir: &Path) {
    assignment.run_as.as_mut().unwrap().uid = 0;
    let gate =
        BindMount { host_path: dir.to_str().unwrap().into(), container_path: "/gate".into(), ..BindMount::default() };
    assignment.container.as_mut().unwrap().bind_mounts = vec![gate];
}

/// Notes each run of it, logs, and waits for the gate before it logs the rest.
const GATED: &str =
    "echo run >>/gate/runs; seq 1 1000; while [ ! -e /gate/open ]; do sleep 0.05; done; seq 1001 2000; exit 9";

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_agent_loses_nothing() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let dir = tempfile::tempdir().unwrap();
    let task = master.place(GATED, |assignment| mount_gate(assignment, dir.path()));
    master.logged(&task, "\n1000\n").await;
    agent.kill();
    std::fs::write(dir.path().join("open"), "").unwrap();
    agent.start_again();
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log == lines(1, 2000)), (9, true), "{log}");
    assert_eq!(std::fs::read_to_string(dir.path().join("runs")).unwrap(), "run\n");
    assert_eq!(master.known().resent, 0, "a process that is new asks where the log stands");
    cluster.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_killed_at_any_moment_runs_a_task_once() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    master.until("it is in touch", |known| known.watches > 0).await;
    for moment in ["prepared", "created", "sent", "running", "exited", "reported"] {
        let dir = tempfile::tempdir().unwrap();
        let task = master.place("echo run >>/gate/runs; echo out", |assignment| mount_gate(assignment, dir.path()));
        let dirs = agent.task_dir(&task);
        until(moment, async || match moment {
            "prepared" => dirs.join("home").exists(),
            "created" => cluster.status(&task).await.is_some(),
            "sent" => dirs.join("start").exists(),
            "running" => dir.path().join("runs").exists(),
            "exited" => cluster.status(&task).await.is_none_or(|status| status == "exited"),
            _ => master.known().end(&task).is_some(),
        })
        .await;
        agent.kill();
        agent.start_again();
        let (end, log) = master.end(&task).await;
        assert_eq!((code(&end), log.as_str()), (0, "out\n"), "killed when {moment}");
        assert_eq!(std::fs::read_to_string(dir.path().join("runs")).unwrap(), "run\n", "killed when {moment}");
        cluster.empty().await;
        until("its directory is gone", async || !dirs.exists()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_go_on_without_a_master() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start(&master);
    let dir = tempfile::tempdir().unwrap();
    let task = master.place(GATED, |assignment| mount_gate(assignment, dir.path()));
    master.logged(&task, "\n1000\n").await;
    master.down();
    std::fs::write(dir.path().join("open"), "").unwrap();
    until("it has ended", async || !cluster.runs(&task).await).await;
    master.up();
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log == lines(1, 2000)), (9, true), "{log}");
    // One line for the break, however many tries.
    assert_eq!(agent.log().matches(" WARN ").count(), 1, "{}", agent.log());
    cluster.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_agent_stops_nothing() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let task = master.place("echo ready; sleep 600", |_| {});
    master.logged(&task, "ready").await;
    assert_eq!(agent.signal(Signal::SIGTERM).code(), Some(0));
    assert!(cluster.runs(&task).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_of_another_cluster_is_not_served() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let task = master.place("echo ready; sleep 600", |_| {});
    master.logged(&task, "ready").await;
    agent.kill();
    master.change(|known| known.cluster_id = "another".into());
    master.stop(&task);
    agent.start_again();
    agent.logged("it is the master of cluster another").await;
    assert!(cluster.runs(&task).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_epoch_is_not_served() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    master.change(|known| known.epoch = 5);
    let task = master.place("echo ready; sleep 600", |_| {});
    master.logged(&task, "ready").await;
    agent.kill();
    master.change(|known| known.epoch = 4);
    master.stop(&task);
    agent.start_again();
    agent.logged("this agent has seen epoch 5").await;
    assert!(cluster.runs(&task).await);
    // The right one is back.
    master.change(|known| known.epoch = 6);
    assert_eq!(code(&master.end(&task).await.0), 128 + 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_do_not_fail_by_docker_s_restart() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let dir = tempfile::tempdir().unwrap();
    let proxy_dir = tempfile::tempdir().unwrap();
    let mut docker = DockerProxy::start(proxy_dir.path(), Starts::Passed);
    let agent = Agent::start_on(&master, &docker.url());
    let ran_before = master.place(GATED, |assignment| mount_gate(assignment, dir.path()));
    master.logged(&ran_before, "\n1000\n").await;
    docker.down();
    agent.logged("does not answer").await;
    let placed_meanwhile = master.place("echo out", |_| {});
    std::fs::write(dir.path().join("open"), "").unwrap();
    until("it has ended", async || !cluster.runs(&ran_before).await).await;
    docker.up();
    let (end, log) = master.end(&ran_before).await;
    assert_eq!((code(&end), log == lines(1, 2000)), (9, true), "{log}");
    let (end, log) = master.end(&placed_meanwhile).await;
    assert_eq!((code(&end), log.as_str()), (0, "out\n"));
    cluster.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_was_not_answered_is_not_sent_again() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let dir = tempfile::tempdir().unwrap();
    let proxy_dir = tempfile::tempdir().unwrap();
    let docker = DockerProxy::start(proxy_dir.path(), Starts::Unanswered);
    let _agent = Agent::start_on(&master, &docker.url());
    let task = master.place("echo run >>/gate/runs", |assignment| mount_gate(assignment, dir.path()));
    assert_eq!(code(&master.end(&task).await.0), 0);
    assert_eq!(docker.starts(), 1);
    assert_eq!(std::fs::read_to_string(dir.path().join("runs")).unwrap(), "run\n");
}
