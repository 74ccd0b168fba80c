//! Processes that stand still for a while and go on, as on a machine that swaps or under a debugger.

use std::thread::sleep;
use std::time::Duration;

use integration_tests::{Process, Settings, Workload, eventually};
use nix::sys::signal::Signal::{SIGCONT, SIGSTOP};

use crate::Waiting;

#[test]
fn a_master_that_stood_still_has_lost_nothing() {
    // It has been deaf for longer than that when it goes on.
    let cluster = Settings::default().slots(4).master_yaml("agents: { lost_after: 8s }").start();
    let waiting = Waiting::start(&cluster, "waiting");
    let workload = Workload::start(&cluster);
    workload.wait_for_ended(2);
    cluster.master().signal(SIGSTOP);
    sleep(Duration::from_secs(12));
    cluster.master().signal(SIGCONT);
    workload.wait_for_ended(2);
    cluster.wait_for(&waiting.id, "RUNNING");
    waiting.let_go();
    waiting.check(&cluster);
    workload.check(&cluster);
}

#[test]
fn an_agent_that_stood_still_has_lost_nothing() {
    let cluster = Settings::default().slots(4).master_yaml("agents: { lost_after: 8s }").start();
    let (goes_on, ends) = (Waiting::start(&cluster, "goes-on"), Waiting::start(&cluster, "ends"));
    let workload = Workload::start(&cluster);
    workload.wait_for_ended(2);
    cluster.agent(0).signal(SIGSTOP);
    ends.let_go();
    cluster.wait_for(&goes_on.id, "LOST");
    cluster.agent(0).signal(SIGCONT);
    ends.check(&cluster);
    cluster.wait_for(&goes_on.id, "RUNNING");
    goes_on.let_go();
    goes_on.check(&cluster);
    workload.wait_for_ended(2);
    workload.check(&cluster);
}

#[test]
fn a_command_line_that_stood_still_prints_every_line_once() {
    let cluster = Settings::default().slots(4).start();
    let script = "i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); sleep 0.03; done";
    let id = cluster.detached(&["--", "sh", "-c", script]);
    let mut follow = Process::start(&mut cluster.command(&["command", "logs", "-f", &id]), &cluster.path("follow.log"));
    eventually("the log to begin", || follow.output().contains("line 10\n").then_some(()));
    let workload = Workload::start(&cluster);
    follow.signal(SIGSTOP);
    cluster.wait_for(&id, "COMPLETED");
    follow.signal(SIGCONT);
    assert_eq!(follow.wait(), Some(0));
    let printed = follow.output();
    let lines: Vec<_> = printed.lines().filter(|line| line.starts_with("line ")).collect();
    assert_eq!(lines, (0..300).map(|i| format!("line {i}")).collect::<Vec<_>>());
    workload.check(&cluster);
}
