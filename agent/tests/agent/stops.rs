//! Orders to stop.

use pedl_proto::agent::v1::Starting;
use pedl_proto::agent::v1::task_report::Status as Report;
use tokio::net::TcpListener;

use crate::containers::Cluster;
use crate::fake_master::{FakeMaster, Known};
use crate::process::Agent;
use crate::tasks::code;

const COUNT_SIGNALS: &str = "n=0; trap 'n=$((n+1)); echo TERM $n' TERM; echo ready; \
                             while [ $n -lt 2 ]; do sleep 0.1; done; exit 3";

#[tokio::test(flavor = "multi_thread")]
async fn a_program_without_handlers_ends_at_once() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let task = master.place("", |assignment| assignment.argv = ["sleep", "600"].map(Into::into).into());
    master.running(&task).await;
    master.stop(&task);
    assert_eq!(code(&master.end(&task).await.0), 128 + 15);
    cluster.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_has_its_grace() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let task = master.place("trap 'echo saved; exit 5' TERM; echo ready; while true; do sleep 0.1; done", |_| {});
    master.logged(&task, "ready").await;
    master.stop(&task);
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log.as_str()), (5, "ready\nsaved\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sigterm_then_sigkill_however_often_it_is_asked() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let grace = Some(prost_types::Duration { seconds: 4, nanos: 0 });
    let task = master.place(COUNT_SIGNALS, |assignment| assignment.stop_grace = grace);
    master.logged(&task, "ready").await;
    master.stop(&task);
    master.logged(&task, "TERM 1").await;
    master.stop(&task);
    // The next process must know that SIGTERM was sent, and when SIGKILL is due.
    agent.kill();
    agent.start_again();
    master.stop(&task);
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log.as_str()), (128 + 9, "ready\nTERM 1\n"));
}

/// Nor does a clock that was set between two processes make the grace longer or shorter.
#[tokio::test(flavor = "multi_thread")]
async fn the_grace_is_as_long_whatever_the_clock_says() {
    let cluster = Cluster::new().await;
    for hours in ["-5h", "+5h"] {
        let master = FakeMaster::start(&cluster.id).await;
        let mut agent = Agent::start(&master);
        let grace = Some(prost_types::Duration { seconds: 6, nanos: 0 });
        let task = master.place(
            "trap 'echo TERM; sleep 3; echo saved; exit 5' TERM; echo ready; while :; do sleep 0.1; done",
            |assignment| assignment.stop_grace = grace,
        );
        let ignores = master.place(COUNT_SIGNALS, |assignment| assignment.stop_grace = grace);
        for task in [&task, &ignores] {
            master.logged(task, "ready").await;
            master.stop(task);
            master.logged(task, "TERM").await;
        }
        agent.kill();
        agent.start_again_at(hours);
        let (end, log) = master.end(&task).await;
        assert_eq!((code(&end), log.as_str()), (5, "ready\nTERM\nsaved\n"), "{hours}");
        assert_eq!(code(&master.end(&ignores).await.0), 128 + 9, "{hours}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_killed_before_it_started_never_starts() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start(&master);
    let task = master.place("echo never", |assignment| assignment.action = 2);
    let (end, log) = master.end(&task).await;
    let Report::CouldNotStart(refused) = end else { panic!("{end:?}") };
    assert_eq!((refused.reason.as_str(), log.as_str()), ("killed before it started", ""));
    cluster.empty().await;
    assert!(!agent.task_dir(&task).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_is_given_up() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    // A registry that takes connections and never answers.
    let registry = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let image = format!("{}/never:latest", registry.local_addr().unwrap());
    let task = master.place("true", |assignment| assignment.container.as_mut().unwrap().image = image.clone());
    let starting = Report::Starting(Starting { detail: format!("pulling image {image}") });
    master.until("it pulls", |known| known.reports.get(&task).is_some_and(|all| all.contains(&starting))).await;
    master.stop(&task);
    let (end, _) = master.end(&task).await;
    let Report::CouldNotStart(refused) = end else { panic!("{end:?}") };
    assert_eq!(refused.reason, "killed before it started");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_an_order_stops_a_container() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let task = master.place("echo ready; sleep 600", |_| {});
    master.logged(&task, "ready").await;
    let assignment = master.known().assignments[&task].clone();
    // A master that forgot it all: not even its log is wanted.
    let forget = |known: &mut Known| {
        known.assignments.clear();
        known.logs.clear();
    };
    master.change(forget);
    agent.kill();
    agent.start_again();
    master.until("the stranger is reported", |known| known.strangers.contains_key(&task)).await;
    agent.logged("is left alone").await;
    assert!(cluster.runs(&task).await);
    // A master that knows it again gets its log from the start.
    master.change(|known| drop(known.assignments.insert(task.clone(), assignment)));
    master.logged(&task, "ready").await;
    master.stop(&task);
    assert_eq!(code(&master.end(&task).await.0), 128 + 15);
}
