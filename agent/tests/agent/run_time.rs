//! How long tasks may run.

use pedl_proto::agent::v1::task_report::Status as Report;
use pedl_proto::agent::v1::{Assignment, Exited};

use crate::conditions::until;
use crate::containers::Cluster;
use crate::fake_master::FakeMaster;
use crate::process::Agent;

/// Tells of each SIGTERM, and ends with none.
const IGNORES: &str = "n=0; trap 'n=$((n+1)); echo TERM $n' TERM; echo ready; while true; do sleep 0.1; done";

fn may_run(seconds: i64) -> impl FnOnce(&mut Assignment) {
    move |assignment| assignment.max_run_time = Some(prost_types::Duration { seconds, nanos: 0 })
}

async fn exited(master: &FakeMaster, task: &str) -> (i32, String, String) {
    let (end, log) = master.end(task).await;
    let Report::Exited(Exited { exit_code, detail, .. }) = end else { panic!("it did not exit: {end:?}") };
    (exit_code, detail, log)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_stopped_when_its_time_is_over() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let endless = master.place("exec sleep 600", may_run(1));
    let saves = master.place("trap 'echo saved; exit 0' TERM; while true; do sleep 0.1; done", may_run(2));
    let short = master.place("exit 3", may_run(3600));
    let stopped = |time: &str| format!("stopped after max_run_time ({time})");
    assert_eq!(exited(&master, &endless).await, (128 + 15, stopped("1s"), String::new()));
    assert_eq!(exited(&master, &saves).await, (0, stopped("2s"), "saved\n".into()));
    assert_eq!(exited(&master, &short).await, (3, String::new(), String::new()));
    cluster.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ignores_sigterm_gets_it_once_and_sigkill_then() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let task = master.place(IGNORES, |assignment| {
        assignment.stop_grace = Some(prost_types::Duration { seconds: 4, nanos: 0 });
        may_run(1)(assignment);
    });
    master.logged(&task, "TERM 1").await;
    // The next process finds that the time is over, and must know that SIGTERM was sent for it.
    agent.kill();
    agent.start_again();
    // What is ordered meanwhile changes nothing.
    master.stop(&task);
    let (code, detail, log) = exited(&master, &task).await;
    assert_eq!((code, detail.as_str()), (128 + 9, "stopped after max_run_time (1s)"));
    assert_eq!(log, "ready\nTERM 1\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_time_goes_on_without_a_master_and_without_an_agent() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let task = master.place("echo ready; exec sleep 600", may_run(5));
    master.logged(&task, "ready").await;
    master.down();
    agent.kill();
    assert!(cluster.runs(&task).await, "nobody is there to stop it");
    // This process hears of no limit but from what the one before it left.
    agent.start_again();
    until("it is stopped", async || !cluster.runs(&task).await).await;
    master.up();
    let (code, detail, log) = exited(&master, &task).await;
    assert_eq!((code, detail.as_str(), log.as_str()), (128 + 15, "stopped after max_run_time (5s)", "ready\n"));
    cluster.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_makes_its_time_no_longer_and_no_shorter() {
    let cluster = Cluster::new().await;
    let dir = tempfile::tempdir().unwrap();
    let gate = dir.path().join("open");
    for hours in ["-5h", "+5h"] {
        let master = FakeMaster::start(&cluster.id).await;
        let _agent = Agent::start_at(&master, hours);
        let over = master.place("exec sleep 600", may_run(1));
        let goes_on = master.place("until [ -e /gate/open ]; do sleep 0.05; done; exit 4", |assignment| {
            crate::restarts::mount_gate(assignment, dir.path());
            may_run(3 * 60 * 60)(assignment);
        });
        assert_eq!(exited(&master, &over).await.0, 128 + 15, "{hours}");
        master.running(&goes_on).await;
        std::fs::write(&gate, "").unwrap();
        assert_eq!(exited(&master, &goes_on).await, (4, String::new(), String::new()), "{hours}");
        std::fs::remove_file(&gate).unwrap();
    }
}
