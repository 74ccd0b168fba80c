//! What becomes of members' work when machines break: Docker goes away or fails, disks fill, the power is cut. Processes
//! that are killed are in `survival`.

mod disks;
mod docker_proxy;
mod dockerd;
mod power;

use integration_tests::Cluster;

/// Twice what they hold idle, as debug builds; a workload of these tests needs a few MiB more, for entries of logs on
/// their way and the database's pages. What grows with each try to reach what is away would be seen.
fn memory_is_bounded(cluster: &Cluster) {
    let (master, agent) = (cluster.master().resident_mib(), cluster.agent(0).resident_mib());
    assert!(master < 80.0 && agent < 45.0, "master {master} MiB, agent {agent} MiB");
}
