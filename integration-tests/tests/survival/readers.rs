//! Readers of a log who do not read what they asked for.

use std::process::Stdio;

use integration_tests::{Client, Cluster, Workload};
use pedl_proto::v1::ReadLogsRequest;
use tokio::runtime::Runtime;

/// Numbers as fast as they are taken, for so many seconds, without an end of its own.
const FLOOD: [&str; 5] = ["timeout", "3", "seq", "1", "999999999"];

/// What readers may grow a master by, in MiB: two megabytes of a log on its way to each, and what the allocator keeps of
/// that in each thread. The flood's log is larger.
const GROWTH_MIB: f64 = 60.0;

#[test]
fn who_does_not_read_slows_no_task_and_fills_no_memory() {
    let cluster = Cluster::start();
    let before = cluster.master().resident_mib();
    let id = cluster.detached(&[&["--"], &FLOOD[..]].concat());
    cluster.wait_for(&id, "RUNNING");
    let task_id = cluster.json(&["command", "describe", &id])["task_id"].as_str().expect("it has a task").to_owned();

    let runtime = Runtime::new().expect("a runtime can be made");
    let held = runtime.block_on(async {
        let client = Client::login(&cluster.url(), "pedl").await;
        let request = client.request(ReadLogsRequest { task_id, follow: true, ..ReadLogsRequest::default() });
        let mut held = client.assets.clone().read_logs(request).await.expect("the log is read").into_inner();
        held.message().await.expect("the stream goes on").expect("it begins");
        held
    });
    let mut follow = cluster.command(&["command", "logs", "-f", &id]);
    let mut follow = follow.stdout(Stdio::piped()).spawn().expect("pedl starts");

    let workload = Workload::start(&cluster);
    let mut all = cluster.command(&["command", "logs", "-f", &id]);
    let all = all.output().expect("pedl starts");
    assert_eq!(cluster.wait_for(&id, "FAILED")["exit_code"], 143, "it was ended by its own timeout");
    let mut count = 0;
    for line in String::from_utf8_lossy(&all.stdout).lines() {
        let whole = line == (count + 1).to_string();
        // The last may have been cut by its end.
        assert!(whole || (count + 1).to_string().starts_with(line), "line {line:?} after {count}");
        count += 1;
    }
    assert!(count > 10_000, "it was no flood: {count} lines");
    let after = cluster.master().resident_mib();
    println!("{count} lines, {} MiB; the master held {before:.0} MiB, then {after:.0}", all.stdout.len() >> 20);
    assert!(after < before + GROWTH_MIB, "from {before:.0} MiB to {after:.0} MiB");
    assert!(follow.try_wait().expect("it can be asked").is_none(), "nobody reads it: it waits");
    follow.kill().expect("it is there");
    follow.wait().expect("it ends");
    drop(held);
    workload.check(&cluster);
    cluster.wait_for_no_containers();
}
