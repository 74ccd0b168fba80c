//! What a task cannot do.

use std::io::Read as _;
use std::net::TcpStream;

use integration_tests::{Cluster, eventually};

#[test]
fn tasks_do_not_reach_each_other_over_the_network() {
    let cluster = Cluster::start();
    let server = cluster.detached(&["--", "sh", "-c", "hostname -i; while :; do echo hello | nc -l -p 8000; done"]);
    let address = eventually("the server to tell its address", || {
        let log = cluster.pedl(&["command", "logs", &server]).ok();
        log.lines().next().map(|address| format!("{}:8000", address.trim()))
    });
    // The machine itself reaches it, so it is there to be reached.
    eventually("the server to answer", || {
        let mut answer = String::new();
        TcpStream::connect(&address).ok()?.read_to_string(&mut answer).ok()?;
        (answer == "hello\n").then_some(())
    });
    let knock = format!("nc -w 2 {} </dev/null && echo reached", address.replace(':', " "));
    let other = cluster.pedl(&["command", "run", "--", "sh", "-c", &knock]);
    assert_ne!(other.code, Some(0), "{other:?}");
    assert_eq!(other.stdout, "");
    cluster.pedl(&["command", "kill", &server]).ok();
}

#[test]
fn tasks_have_no_more_than_docker_gives_by_default() {
    let cluster = Cluster::start();
    let script = "grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; cat /sys/fs/cgroup/pids/pids.max \
                  /sys/fs/cgroup/pids.max 2>/dev/null";
    let shown = cluster.pedl(&["command", "run", "--", "sh", "-c", script]);
    // Docker's capabilities but NET_RAW, seccomp's filter, and no way to more.
    let expected = "NoNewPrivs:\t1\nSeccomp:\t2\n";
    assert!(shown.stdout.contains("CapBnd:\t00000000a80405fb\n"), "{shown:?}");
    assert!(shown.stdout.contains(expected) && shown.stdout.contains("16384\n"), "{shown:?}");
}
