//! Whole processes, as a person waits for them.

use std::process::{Command, Stdio};
use std::time::Instant;

use integration_tests::{BUSYBOX, Cluster};

use crate::report::{Report, median};

const PAIRS: usize = 30;

pub fn measure(cluster: &Cluster, report: &mut Report) {
    let pedl = || cluster.command(&["command", "run", "--", "true"]);
    let docker = || command("docker", &["run", "--rm", BUSYBOX, "true"]);
    let (ratio, detail) = pairs(pedl, docker);
    report.at_most("`pedl command run -- true` against `docker run --rm IMAGE true`", ratio, 1.15, "", &detail);

    with_bind_mounts(cluster, report);

    let whoami = || cluster.command(&["user", "whoami"]);
    let version = || command("docker", &["version"]);
    let (ratio, detail) = pairs(whoami, version);
    report.at_most("`pedl user whoami` against `docker version`", ratio, 0.5, "", &detail);
}

/// A member's own directory and one that all read, as the member's Unix user.
fn with_bind_mounts(cluster: &Cluster, report: &mut Report) {
    const ADA: (u32, u32) = (1234, 2345);
    cluster.member("ada", Some(ADA));
    let own = format!("{}:/own", cluster.shared_dir("own", ADA.0, ADA.1).display());
    let data = format!("{}:/data:ro", cluster.shared_dir("data", 0, 0).display());
    let mounts = ["-v", &own, "-v", &data];
    let pedl = || cluster.command(&[&["-u", "ada", "command", "run"], &mounts[..], &["--", "true"]].concat());
    let user = format!("{}:{}", ADA.0, ADA.1);
    let docker = || command("docker", &[&["run", "--rm", "--user", &user], &mounts[..], &[BUSYBOX, "true"]].concat());
    let (ratio, detail) = pairs(pedl, docker);
    report.at_most("the same with two bind mounts", ratio, 1.2, "", &detail);
}

fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    command
}

/// The median of the ratios of pairs that ran in turn, after one of each that does not count.
fn pairs(ours: impl Fn() -> Command, theirs: impl Fn() -> Command) -> (f64, String) {
    let (mut our_times, mut their_times, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        // Who goes first changes, so that neither always finds the caches warm.
        let (our_time, their_time) = if pair % 2 == 0 {
            let our_time = seconds(&mut ours());
            (our_time, seconds(&mut theirs()))
        } else {
            let their_time = seconds(&mut theirs());
            (seconds(&mut ours()), their_time)
        };
        if pair > 0 {
            our_times.push(our_time);
            their_times.push(their_time);
            ratios.push(our_time / their_time);
        }
    }
    let ms = |times| median(times) * 1000.0;
    let detail = format!("{:.1} ms against {:.1} ms, medians of {PAIRS} pairs", ms(our_times), ms(their_times));
    (median(ratios), detail)
}

fn seconds(command: &mut Command) -> f64 {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program starts");
    assert!(status.success(), "{command:?}");
    start.elapsed().as_secs_f64()
}
