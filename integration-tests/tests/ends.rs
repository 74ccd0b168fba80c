//! How commands end, well and otherwise.

use std::fs;

use expect_test::expect;
use integration_tests::{Cluster, Settings, eventually};

#[test]
fn a_failing_commands_exit_code_is_its_own() {
    let cluster = Cluster::start();
    let run = |script: &str| cluster.pedl(&["command", "run", "--", "sh", "-c", script]);
    assert_eq!(run("exit 7").code, Some(7));
    assert_eq!(run("kill -TERM $$; sleep 60").code, Some(143), "128 and the signal's number");
    let list = cluster.json(&["command", "list"]);
    assert_eq!((&list[1]["state"], &list[1]["exit_code"]), (&"FAILED".into(), &7.into()));
    assert_eq!(list[1]["state_reason"], "exit code 7");
    assert_eq!(list[0]["exit_code"], 143);
}

#[test]
fn stdout_and_stderr_are_told_apart() {
    let cluster = Cluster::start();
    let run = cluster.pedl(&["command", "run", "--", "sh", "-c", "echo data; echo talk >&2"]);
    assert_eq!(run.stdout, "data\n");
    assert!(run.stderr.contains("talk\n"), "{run:?}");
}

#[test]
fn anothers_environment_is_not_ones_to_read() {
    let cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    cluster.member("bob", None);
    let id = cluster.pedl(&["-u", "ada", "command", "run", "-d", "-e", "KEY=hidden", "true"]).ok().trim().to_owned();
    let config = |who: &str| cluster.pedl(&["-u", who, "command", "config", &id]);
    assert!(config("ada").ok().contains("hidden"));
    assert!(config("admin").ok().contains("hidden"));
    let shown = config("bob");
    assert!(!shown.stdout.contains("hidden") && shown.stdout.contains("KEY"), "{shown:?}");
}

/// Runs something that cannot start, and answers why.
fn why_not(cluster: &Cluster, args: &[&str]) -> String {
    let run = cluster.pedl(&[&["command", "run"], args].concat());
    assert_eq!(run.code, Some(125), "{run:?}");
    let list = cluster.json(&["command", "list"]);
    assert_eq!((&list[0]["state"], &list[0]["exit_code"]), (&"FAILED".into(), &serde_json::Value::Null));
    let reason = list[0]["state_reason"].as_str().unwrap().to_owned();
    assert!(run.stderr.contains(&reason), "{run:?}");
    cluster.wait_for_no_containers();
    reason
}

#[test]
fn what_cannot_start_fails_and_says_why() {
    let cluster = Cluster::start();
    // A registry that refuses connections at once.
    let no_image = why_not(&cluster, &["--image", "127.0.0.1:1/absent:latest", "true"]);
    let no_program = why_not(&cluster, &["no-such-program"]);
    let absent = cluster.path("absent");
    let no_source = why_not(&cluster, &["-v", &format!("{}:/data", absent.display()), "true"]);
    assert!(!absent.exists(), "nothing is created on the host");
    let shown = [no_image, no_program, no_source].join("\n").replace(&*cluster.path("").to_string_lossy(), "DIR/");
    expect![[r#"
        image 127.0.0.1:1/absent:latest is not on agent n0 and cannot be pulled (Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused): load or build it on the agent, or name another with --image
        cannot run "no-such-program": No such file or directory in the task's image
        bind mount for root (uid 0) on agent n0: DIR/absent does not exist: create it there, or name another host_path"#]].assert_eq(&shown);
}

#[test]
fn without_an_agent_a_command_waits_and_says_so() {
    let cluster = Settings::default().agents(0).start();
    let id = cluster.detached(&["true"]);
    let reason = eventually("a reason", || {
        let asset = cluster.json(&["command", "describe", &id]);
        assert_eq!(asset["state"], "QUEUED");
        asset["state_reason"].as_str().filter(|reason| !reason.is_empty()).map(ToOwned::to_owned)
    });
    assert_eq!(reason, "no agent is connected and enabled in resource pool `default`");
}

#[test]
fn without_room_a_command_waits_for_it() {
    let cluster = Settings::default().slots(1).start();
    let first = cluster.detached(&["sleep", "600"]);
    cluster.wait_for(&first, "RUNNING");
    let second = cluster.detached(&["true"]);
    let large = cluster.detached(&["--slots", "2", "true"]);
    let without = cluster.detached(&["--slots", "0", "true"]);
    cluster.wait_for(&without, "COMPLETED");
    let reason = |id: &str| cluster.json(&["command", "describe", id])["state_reason"].clone();
    assert_eq!(reason(&second), "waits for a free slot in resource pool `default`");
    assert_eq!(reason(&large), "needs 2 slots, but no agent in resource pool `default` has more than 1");
    cluster.pedl(&["command", "kill", &first]).ok();
    cluster.wait_for(&second, "COMPLETED");
}

#[test]
fn a_lost_agents_tasks_are_found_again() {
    let mut cluster = Settings::default().master_yaml("agents: { lost_after: 1s }").start();
    let data = cluster.shared_dir("data", 0, 0);
    let script = "until [ -e /data/go ]; do sleep 0.05; done; exit 3";
    let id = cluster.detached(&["-v", &format!("{}:/data", data.display()), "--", "sh", "-c", script]);
    cluster.wait_for(&id, "RUNNING");
    cluster.kill_agent(0);
    assert_eq!(cluster.wait_for(&id, "LOST")["state_reason"], "agent n0 is out of reach");
    cluster.start_agent(0);
    cluster.wait_for(&id, "RUNNING");
    fs::write(data.join("go"), "").unwrap();
    assert_eq!(cluster.wait_for(&id, "FAILED")["exit_code"], 3);
}

#[test]
fn a_command_outlives_its_master_and_its_agent() {
    let mut cluster = Cluster::start();
    let data = cluster.shared_dir("data", 0, 0);
    let script =
        "echo start >> /data/starts; echo before; until [ -e /data/go ]; do sleep 0.05; done; echo after; exit 5";
    let id = cluster.detached(&["-v", &format!("{}:/data", data.display()), "--", "sh", "-c", script]);
    cluster.wait_for(&id, "RUNNING");
    cluster.kill_master();
    cluster.kill_agent(0);
    // It ends while nobody looks.
    fs::write(data.join("go"), "").unwrap();
    eventually("the container to end", || {
        let running = integration_tests::docker(&["ps", "--quiet", "--no-trunc"]);
        cluster.containers().iter().all(|id| !running.contains(id)).then_some(())
    });
    cluster.start_agent(0);
    cluster.start_master();
    assert_eq!(cluster.wait_for(&id, "FAILED")["exit_code"], 5);
    assert_eq!(cluster.pedl(&["command", "logs", &id]).ok(), "before\nafter\n");
    assert_eq!(fs::read_to_string(data.join("starts")).unwrap(), "start\n", "it was started once");
}
