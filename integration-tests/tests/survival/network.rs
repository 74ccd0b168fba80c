//! The network between the master and an agent, cut without a word to either.

use std::thread::sleep;
use std::time::Duration;

use integration_tests::{Settings, Workload, eventually};

use crate::Waiting;

#[test]
fn a_short_cut_of_the_network_is_not_noticed() {
    let cluster = Settings::default().slots(4).own_network().start();
    let workload = Workload::start(&cluster);
    for _ in 0..2 {
        workload.wait_for_ended(2);
        cluster.network().cut();
        sleep(Duration::from_secs(5));
        cluster.network().mend();
    }
    workload.wait_for_ended(2);
    workload.check(&cluster);
    let log = cluster.master().output();
    assert!(!log.contains("out of reach"), "{log}");
}

#[test]
fn what_was_lost_behind_a_cut_is_found_again() {
    // Longer than an agent is silent between two heartbeats; shorter than it takes either end to notice that the other
    // does not answer, so that the connection outlives the cut.
    let cluster = Settings::default().slots(4).own_network().master_yaml("agents: { lost_after: 8s }").start();
    let (goes_on, ends) = (Waiting::start(&cluster, "goes-on"), Waiting::start(&cluster, "ends"));
    let workload = Workload::start(&cluster);
    workload.wait_for_ended(2);
    cluster.network().cut();
    ends.let_go();
    assert_eq!(cluster.wait_for(&goes_on.id, "LOST")["state_reason"], "agent n0 is out of reach");
    cluster.wait_for(&ends.id, "LOST");
    cluster.network().mend();
    ends.check(&cluster);
    cluster.wait_for(&goes_on.id, "RUNNING");
    workload.wait_for_ended(2);
    goes_on.let_go();
    goes_on.check(&cluster);
    workload.check(&cluster);
}

#[test]
fn a_cut_that_outlives_the_connection_loses_nothing() {
    let cluster = Settings::default().slots(4).own_network().start();
    let waiting = Waiting::start(&cluster, "waiting");
    let workload = Workload::start(&cluster);
    workload.wait_for_ended(2);
    cluster.network().cut();
    waiting.let_go();
    eventually("the agent to notice", || cluster.agent(0).output().contains("trying until it is back").then_some(()));
    cluster.network().mend();
    waiting.check(&cluster);
    workload.wait_for_ended(2);
    workload.check(&cluster);
}
