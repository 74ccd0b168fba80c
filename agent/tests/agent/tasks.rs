//! Tasks that run to their end.

use pedl_proto::agent::v1::Exited;
use pedl_proto::agent::v1::task_report::Status as Report;
use pedl_proto::v1::{BindMount, LogSource};

use crate::conditions::until;
use crate::containers::Cluster;
use crate::fake_master::FakeMaster;
use crate::process::Agent;

/// The exit code, where there is one.
pub fn code(end: &Report) -> i32 {
    let Report::Exited(Exited { exit_code, .. }) = end else { panic!("it did not exit: {end:?}") };
    *exit_code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_runs_to_its_end() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start(&master);
    let task = master.place("echo out; echo err >&2; exit 7", |_| {});
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log.len()), (7, "out\nerr\n".len()));
    let Report::Exited(exited) = end else { unreachable!() };
    let (started, ended) = (exited.started_at.unwrap(), exited.ended_at.unwrap());
    assert!((started.seconds, started.nanos) <= (ended.seconds, ended.nanos), "{started} {ended}");
    let known = master.known();
    let mut sources: Vec<_> = known.logs[&task].iter().map(|entry| (entry.source(), entry.data.clone())).collect();
    sources.sort();
    assert_eq!(sources, [(LogSource::Stdout, b"out\n".into()), (LogSource::Stderr, b"err\n".into())]);
    assert_eq!(known.registrations[0].slots, 4);
    // Nothing is left.
    cluster.empty().await;
    master.until("a heartbeat came", |known| known.heartbeats > 0).await;
    until("its directory is gone", async || !agent.task_dir(&task).exists()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_at_once() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let tasks: Vec<_> = (0..12).map(|n| master.place(&format!("echo {n}; exit {n}"), |_| {})).collect();
    for (n, task) in tasks.iter().enumerate() {
        let (end, log) = master.end(task).await;
        assert_eq!((code(&end), log), (n.try_into().unwrap(), format!("{n}\n")));
    }
    cluster.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_by_signals_count_from_128() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let killed = master.place("kill -9 $$", |_| {});
    let segfault = master.place("kill -11 $$", |_| {});
    assert_eq!(code(&master.end(&killed).await.0), 128 + 9);
    assert_eq!(code(&master.end(&segfault).await.0), 128 + 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_of_a_log_arrives() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    // Many lines, one of 200 kB, and an end without newline, which Docker writes when the container has ended.
    let script =
        "seq 1 50000; dd if=/dev/zero bs=1000 count=200 2>/dev/null | tr '\\0' x; echo; sleep 0.3; echo -n end";
    let task = master.place(script, |_| {});
    let (end, log) = master.end(&task).await;
    assert_eq!(code(&end), 0);
    let mut expected: String = (1..=50_000).map(|n| format!("{n}\n")).collect();
    expected.push_str(&"x".repeat(200_000));
    expected.push_str("\nend");
    assert!(log == expected, "{} bytes of {}", log.len(), expected.len());
    let entries = &master.known().logs[&task];
    assert_eq!(entries.len(), 50_000 + 4 + 1);
    assert!(entries.iter().all(|entry| entry.data.len() <= 64 << 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_mounts_appear() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let host = tempfile::tempdir().unwrap();
    std::fs::write(host.path().join("in"), "hello\n").unwrap();
    let bind = |container_path: &str, read_only| BindMount {
        host_path: host.path().to_str().unwrap().into(),
        container_path: container_path.into(),
        read_only,
        ..BindMount::default()
    };
    let binds = vec![bind("/data", false), bind("below", true)];
    let task = master.place("cat /data/in below/in; echo out >/data/out; echo no >below/no", |assignment| {
        assignment.run_as.as_mut().unwrap().uid = 0;
        assignment.container.as_mut().unwrap().bind_mounts = binds;
    });
    let (end, log) = master.end(&task).await;
    assert_eq!(code(&end), 1, "{log}");
    // In whichever order its two outputs come.
    let hellos = log.lines().filter(|line| *line == "hello").count();
    assert!(hellos == 2 && log.contains("Read-only file system"), "{log}");
    assert_eq!(std::fs::read_to_string(host.path().join("out")).unwrap(), "out\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_container_is_made_as_promised() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let task = master.place("sleep 600", |_| {});
    master.running(&task).await;
    let container = cluster.inspect(&task).await;
    let (config, host) = (container.config.unwrap(), container.host_config.unwrap());
    assert_eq!(config.user.unwrap(), "1234:2345");
    assert_eq!(config.entrypoint.unwrap_or_default(), Vec::<String>::new());
    assert_eq!(config.cmd.unwrap(), ["/run/pedl/init", "/run/pedl/note", "-", "sh", "-c", "sleep 600"]);
    let labels = config.labels.unwrap();
    let label = |name: &str| labels.get(name).map(String::as_str);
    assert_eq!([label("pedl.cluster"), label("pedl.agent")], [Some(cluster.id.as_str()), Some("n1")]);
    assert_eq!([label("pedl.task"), label("pedl.asset")], [Some(task.as_str()), Some("42")]);
    assert_eq!(config.healthcheck.unwrap().test.unwrap(), ["NONE"]);
    assert_eq!(host.security_opt.unwrap(), ["no-new-privileges"]);
    assert_eq!(host.cap_drop.unwrap(), ["NET_RAW"]);
    assert_eq!(host.shm_size, Some(64 << 20));
    assert_eq!(host.auto_remove, Some(false));
    let log = host.log_config.unwrap();
    assert_eq!((log.typ.unwrap().as_str(), log.config.unwrap()["max-size"].as_str()), ("json-file", "1000p"));
}

/// An image's labels and environment, which its containers inherit, and a member's environment.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_claims_gpus_by_a_label_or_a_variable() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let image = cluster.image(&["LABEL pedl.gpus=GPU-0 pedl.task=other", "ENV NVIDIA_VISIBLE_DEVICES=all"]);
    let task = master.place("echo GPUs: $NVIDIA_VISIBLE_DEVICES; sleep 600", |assignment| {
        let container = assignment.container.as_mut().unwrap();
        container.image = image;
        container.environment_variables.insert("NVIDIA_VISIBLE_DEVICES".into(), "all".into());
    });
    master.logged(&task, "GPUs: void\n").await;
    let labels = cluster.inspect(&task).await.config.unwrap().labels.unwrap();
    assert_eq!((labels["pedl.gpus"].as_str(), labels["pedl.task"].as_str()), ("", task.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_is_removed_from_outside_is_not_made_again() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let seen = master.place("echo ready; sleep 600", |_| {});
    master.logged(&seen, "ready").await;
    cluster.remove_all().await;
    // Docker kills it first, which may be seen or not: it ends in any case.
    master.end(&seen).await;

    let unseen = master.place("echo ready; sleep 600", |_| {});
    master.logged(&unseen, "ready").await;
    agent.kill();
    cluster.remove_all().await;
    agent.start_again();
    let (end, _) = master.end(&unseen).await;
    let Report::CouldNotStart(refused) = end else { panic!("{end:?}") };
    assert!(refused.reason.contains("removed from outside PEDL"), "{}", refused.reason);
}
