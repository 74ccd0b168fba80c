//! A master that does not know what runs: one with an empty data directory, where a busy agent's was.

use integration_tests::{Cluster, eventually};

use crate::Waiting;

#[test]
fn a_master_with_an_empty_data_directory_ends_nothing() {
    let mut cluster = Cluster::start();
    let (goes_on, ends) = (Waiting::start(&cluster, "goes-on"), Waiting::start(&cluster, "ends"));
    cluster.kill_master();
    cluster.start_master_in("another");
    eventually("the agent to refuse", || {
        cluster.agent(0).output().contains("it refuses this agent's credential").then_some(())
    });
    ends.let_go();
    eventually("one container to end", || (cluster.running().len() == 1).then_some(()));
    assert_eq!(cluster.containers().len(), 2, "nothing is removed");
    cluster.kill_master();
    cluster.start_master();
    ends.check(&cluster);
    cluster.wait_for(&goes_on.id, "RUNNING");
    goes_on.let_go();
    goes_on.check(&cluster);
    cluster.wait_for_no_containers();
}
