//! The power is cut: agent, dockerd, containerd, shims and containers end at once, with all that was mounted and
//! whatever was in /run; what was on a disk is there when the machine is back.
//!
//! What ran has FAILED then, with 255: nobody saw how it ended. Whatever was queued or prepared runs once, what was just
//! being started too unless its program had begun, and nothing that had begun begins again.

use integration_tests::{Dice, Dockerd, Loss, Settings, Workload};

use crate::memory_is_bounded;

const NOBODY_SAW: i32 = 255;

#[test]
fn a_machine_that_loses_power_starts_nothing_twice() {
    let mut dockerd = Dockerd::start(true);
    let mut cluster = Settings::default().slots(5).dockerd(&dockerd).start();
    let running = cluster.detached(&["--", "sleep", "1000"]);
    cluster.wait_for(&running, "RUNNING");
    let workload = Workload::start(&cluster);
    let mut dice = Dice::new(6);
    for round in 0..3 {
        dice.wait(1500, 4000);
        cluster.kill_agent(0);
        dockerd.cut_power();
        cluster.unmount_agent(0);
        // Either may be the first to be back.
        if round % 2 == 0 {
            cluster.start_agent(0);
        }
        dockerd.boot();
        if round % 2 == 1 {
            cluster.start_agent(0);
        }
    }
    workload.wait_for_ended(20);
    let ended = cluster.wait_for(&running, "FAILED");
    assert_eq!(ended["exit_code"], NOBODY_SAW, "{ended}");
    workload.check_but_for(&cluster, Loss::OfLines, |task| match task.exit_code {
        Some(code) => code == NOBODY_SAW,
        None => task.state_reason.contains("before its program began"),
    });
    memory_is_bounded(&cluster);
}
