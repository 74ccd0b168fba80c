//! Masters and agents that are away while tasks end.

use std::time::{Duration, Instant};

use integration_tests::{Cluster, Settings, Workload, eventually};

use crate::Waiting;

/// By then who tries to reach the master has long done so as seldom as it ever will.
const LONG: Duration = Duration::from_secs(60);

fn wait_for_ends_on_the_machine(cluster: &Cluster) {
    eventually("all containers to end", || cluster.running().is_empty().then_some(()));
}

#[test]
fn what_ends_while_the_master_is_away_is_told_when_it_is_back() {
    let mut cluster = Settings::default().slots(4).start();
    let waiting = Waiting::start(&cluster, "waiting");
    let workload = Workload::start(&cluster);
    workload.wait_for_ended(2);
    cluster.kill_master();
    let since = Instant::now();
    waiting.let_go();
    wait_for_ends_on_the_machine(&cluster);
    std::thread::sleep(LONG.saturating_sub(since.elapsed()));
    assert!(!cluster.containers().is_empty(), "what the master does not know yet is kept");
    cluster.start_master();
    waiting.check(&cluster);
    workload.wait_for_ended(2);
    workload.check(&cluster);
}

#[test]
fn what_ends_while_the_agent_is_away_is_told_when_it_is_back() {
    let mut cluster = Settings::default().slots(4).start();
    let waiting = Waiting::start(&cluster, "waiting");
    let workload = Workload::start(&cluster);
    workload.wait_for_ended(2);
    cluster.kill_agent(0);
    waiting.let_go();
    wait_for_ends_on_the_machine(&cluster);
    cluster.start_agent(0);
    waiting.check(&cluster);
    workload.wait_for_ended(2);
    workload.check(&cluster);
}
