//! Wall clocks that jump by an hour, forwards and backwards, under programs that run.

use std::time::{Duration, Instant};

use integration_tests::{Clock, Cluster, Settings, Workload, eventually};

/// What a task has between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(10);

/// An hour ahead, back again, and an hour behind.
const JUMPS: [&str; 3] = ["+3600", "+0", "-3600"];

fn nothing_is_lost_when_a_clock_jumps(clock: impl Fn(&Cluster) -> Clock) {
    // A session must not end with the jump, nor an agent be taken for silent.
    let yaml = "agents: { lost_after: 20s }\nsecurity: { session_lifetime: 2h }";
    let cluster = Settings::default().slots(4).own_clocks().master_yaml(yaml).start();
    let workload = Workload::start(&cluster);
    workload.wait_for_ended(1);
    for offset in JUMPS {
        let killed = kill_what_ignores_sigterm(&cluster);
        clock(&cluster).set(offset);
        let (id, since) = killed;
        assert_eq!(cluster.wait_for(&id, "KILLED")["exit_code"], 137);
        assert!(since.elapsed() >= GRACE, "it was given {:?}", since.elapsed());
        workload.wait_for_ended(2);
    }
    workload.check(&cluster);
    let (master, agent) = (cluster.master().output(), cluster.agent(0).output());
    assert!(!master.contains("out of reach"), "{master}");
    assert_eq!(agent.matches("in touch with the master").count(), 1, "its session goes on: {agent}");
}

/// Answers its id, and when it was told to end.
fn kill_what_ignores_sigterm(cluster: &Cluster) -> (String, Instant) {
    let id = cluster.detached(&["--", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]);
    eventually("the trap to be set", || cluster.pedl(&["command", "logs", &id]).ok().contains("ready").then_some(()));
    let since = Instant::now();
    cluster.pedl(&["command", "kill", &id]).ok();
    (id, since)
}

#[test]
fn the_masters_clock_jumps() {
    nothing_is_lost_when_a_clock_jumps(Cluster::master_clock);
}

#[test]
fn the_agents_clock_jumps() {
    nothing_is_lost_when_a_clock_jumps(Cluster::agents_clock);
}
