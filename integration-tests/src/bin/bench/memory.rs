//! What idle programs hold.

use std::fs;

use integration_tests::{Cluster, Process};

use crate::report::Report;

pub fn measure(cluster: &Cluster, report: &mut Report) {
    report.at_most("idle master, resident", resident_mib(cluster.master()), 30.0, " MiB", "VmRSS");
    report.at_most("idle agent, resident", resident_mib(cluster.agent(0)), 20.0, " MiB", "VmRSS");
}

fn resident_mib(process: &Process) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid())).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells VmRSS");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("VmRSS is a number of KiB");
    kib / 1024.0
}
