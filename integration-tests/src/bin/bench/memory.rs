//! What idle programs hold.

use integration_tests::Cluster;

use crate::report::Report;

pub fn measure(cluster: &Cluster, report: &mut Report) {
    report.at_most("idle master, resident", cluster.master().resident_mib(), 30.0, " MiB", "VmRSS");
    report.at_most("idle agent, resident", cluster.agent(0).resident_mib(), 20.0, " MiB", "VmRSS");
}
