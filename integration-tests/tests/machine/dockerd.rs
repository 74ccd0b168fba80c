//! dockerd goes away while commands are sent and run.
//!
//! Whatever is queued meanwhile runs once, as if nothing had been. What runs goes on where dockerd has `live-restore`, and
//! has its own exit code in the end, whatever Docker made of it. Where dockerd has it not, it ends what runs: the task has
//! FAILED then, with the code of that signal, or with 255 where the container was gone before anybody could note the end.
//! dockerd that ends what runs has written down all of the logs. One that is killed loses what it has read from a program
//! and not written down, and one with `live-restore` what a program wrote last that ended meanwhile: that is missing in a
//! log, which is in order and numbered without gaps else.

use std::fs;

use integration_tests::{Cluster, Dice, Dockerd, Loss, Settings, Workload, eventually};

use crate::memory_is_bounded;

const COMMANDS: usize = 20;

const TIMES: usize = 3;

/// What dockerd sends to end a container: SIGTERM, and SIGKILL where that does not help.
const ENDED_BY_DOCKER: [i32; 2] = [128 + 15, 128 + 9];

const NOBODY_SAW: i32 = 255;

/// Lets `break_it` happen over and over while commands are sent and run.
fn workload_meets(cluster: &Cluster, dockerd: &mut Dockerd, seed: u64, break_it: fn(&mut Dockerd)) -> Workload {
    let workload = Workload::start(cluster);
    let mut dice = Dice::new(seed);
    for _ in 0..TIMES {
        dice.wait(500, 3000);
        break_it(dockerd);
    }
    workload.wait_for_ended(COMMANDS);
    workload
}

/// Sees that no promise was broken, and that dockerd has ended nothing.
fn check_that_all_went_on(cluster: &Cluster, workload: Workload) {
    // What a program writes last that ends while dockerd is away, Docker drops when it is back.
    workload.check_but_for(cluster, Loss::OfLines, |_| false);
    memory_is_bounded(cluster);
}

fn kill(dockerd: &mut Dockerd) {
    dockerd.kill();
    dockerd.start_dockerd();
}

fn start(dockerd: &Dockerd) -> Cluster {
    Settings::default().slots(5).dockerd(dockerd).start()
}

/// Counts for as long as the gate is shut, and ends while dockerd is away.
const COUNTER: &str =
    "i=0; while [ ! -e /gate/open ]; do echo $i; i=$((i + 1)); sleep 0.02; done; touch /gate/over; exit 7";

#[test]
fn tasks_go_on_through_a_restart_with_live_restore() {
    let mut dockerd = Dockerd::start(true);
    let cluster = start(&dockerd);
    let gate = cluster.shared_dir("gate", 0, 0);
    let mount = format!("{}:/gate", gate.display());
    // dockerd that ends while nothing runs ends what it is starting, live-restore or not.
    let counter = cluster.detached(&["-v", &mount, "--", "sh", "-c", COUNTER]);
    cluster.wait_for(&counter, "RUNNING");
    let workload = workload_meets(&cluster, &mut dockerd, 1, Dockerd::restart);
    dockerd.stop();
    fs::write(gate.join("open"), "").expect("a file can be made");
    eventually("the counter to end", || gate.join("over").exists().then_some(()));
    dockerd.start_dockerd();
    let ended = cluster.wait_for(&counter, "FAILED");
    assert_eq!(ended["exit_code"], 7, "{ended}");
    let log = cluster.pedl(&["command", "logs", &counter]).ok();
    let expected: String = (0..log.lines().count()).map(|line| format!("{line}\n")).collect();
    assert!(log == expected && log.len() > 500, "{log}");
    check_that_all_went_on(&cluster, workload);
}

#[test]
fn tasks_go_on_through_a_kill_with_live_restore() {
    let mut dockerd = Dockerd::start(true);
    let cluster = start(&dockerd);
    let running = cluster.detached(&["--", "sh", "-c", "trap 'exit 9' TERM; sleep 1000 & wait"]);
    cluster.wait_for(&running, "RUNNING");
    let workload = workload_meets(&cluster, &mut dockerd, 2, kill);
    cluster.wait_for(&running, "RUNNING");
    cluster.pedl(&["command", "kill", &running]).ok();
    let killed = cluster.wait_for(&running, "KILLED");
    assert_eq!(killed["exit_code"], 9, "{killed}");
    check_that_all_went_on(&cluster, workload);
}

/// Sees that what ran before is ended, and what waits is not.
fn ends_what_runs_and_nothing_else(loss: Loss, seed: u64, break_it: fn(&mut Dockerd)) {
    let mut dockerd = Dockerd::start(false);
    let cluster = start(&dockerd);
    let running = cluster.detached(&["--", "sleep", "1000"]);
    cluster.wait_for(&running, "RUNNING");
    let workload = workload_meets(&cluster, &mut dockerd, seed, break_it);
    let ended = cluster.wait_for(&running, "FAILED");
    assert!(ENDED_BY_DOCKER.iter().any(|code| ended["exit_code"] == *code), "{ended}");
    let cut_short = workload.check_but_for(&cluster, loss, |task| match task.exit_code {
        Some(code) => ENDED_BY_DOCKER.contains(&code) || code == NOBODY_SAW,
        None => task.state_reason.contains("before its program began"),
    });
    memory_is_bounded(&cluster);
    println!("{cut_short} were ended by dockerd");
}

#[test]
fn a_restart_without_live_restore_ends_what_runs_and_nothing_else() {
    ends_what_runs_and_nothing_else(Loss::None, 3, Dockerd::restart);
}

#[test]
fn a_kill_without_live_restore_ends_what_runs_and_nothing_else() {
    ends_what_runs_and_nothing_else(Loss::OfLines, 4, kill);
}
