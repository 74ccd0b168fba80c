//! What a task cannot do.

use integration_tests::Cluster;

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
