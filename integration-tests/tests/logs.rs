//! Logs, whole and in order.

use integration_tests::Cluster;

/// `seq -f`, which busybox has not: lines that tell their number.
const COUNT: &str = "i=0; while [ $i -lt 100000 ]; do echo line $i; i=$((i+1)); done";

#[test]
fn a_hundred_thousand_lines_arrive_complete_and_in_order() {
    let cluster = Cluster::start();
    let expected: String = (0..100_000).map(|i| format!("line {i}\n")).collect();
    let live = cluster.pedl(&["command", "run", "--", "sh", "-c", COUNT]);
    assert_eq!(live.code, Some(0));
    assert!(live.stdout == expected, "followed: {} lines", live.stdout.lines().count());
    let stored = cluster.pedl(&["command", "logs", "1"]).ok();
    assert!(stored == expected, "stored: {} lines", stored.lines().count());
    let tail = cluster.pedl(&["command", "logs", "1", "--tail", "3"]).ok();
    assert_eq!(tail, "line 99997\nline 99998\nline 99999\n");
}

#[test]
fn bytes_are_kept_as_they_were_written() {
    let cluster = Cluster::start();
    // A line longer than Docker's pieces of 16 KiB and PEDL's of 64, and one without an end.
    let script = "head -c 200000 /dev/zero | tr '\\0' x; echo; printf 'no newline'";
    let output = cluster.pedl(&["command", "run", "--", "sh", "-c", script]).ok();
    assert!(output == format!("{}\nno newline", "x".repeat(200_000)), "{} bytes", output.len());
}

#[test]
fn since_leaves_out_what_is_older() {
    let cluster = Cluster::start();
    cluster.pedl(&["command", "run", "echo", "now"]).ok();
    assert_eq!(cluster.pedl(&["command", "logs", "1", "--since", "1h"]).ok(), "now\n");
    assert_eq!(cluster.pedl(&["command", "logs", "1", "--since", "2099-01-01T00:00:00Z"]).ok(), "");
}
