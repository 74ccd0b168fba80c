//! What stopping a command promises: by its owner's word, and when its time is over.

use std::net::TcpListener;

use integration_tests::{BUSYBOX, Cluster, Settings, eventually, image};

/// Tells of each SIGTERM, and ends with none.
const IGNORES: &str = "trap 'echo TERM' TERM; echo ready; while :; do sleep 0.1; done";

/// Waits until a command has logged something.
fn logged(cluster: &Cluster, id: &str, text: &str) {
    eventually(&format!("{id} to log {text}"), || {
        cluster.pedl(&["command", "logs", id]).ok().contains(text).then_some(())
    });
}

/// Waits until nothing of any task is left on the machine.
fn nothing_is_left(cluster: &Cluster) {
    cluster.wait_for_no_containers();
}

#[test]
fn a_command_is_stopped_when_its_time_is_over() {
    let cluster = Cluster::start();
    let run = cluster.pedl(&["command", "run", "--max-run-time", "1s", "--", "sleep", "600"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(143), ""), "{run:?}");
    assert!(run.stderr.contains("failed: exit code 143: stopped after max_run_time (1s)\n"), "{run:?}");
    let listed = &cluster.json(&["command", "list"])[0];
    assert_eq!((&listed["state"], &listed["exit_code"]), (&"FAILED".into(), &143.into()));
    assert_eq!(listed["state_reason"], "exit code 143: stopped after max_run_time (1s)");

    let saves = "trap 'echo saved; exit 0' TERM; while :; do sleep 0.1; done";
    let run = cluster.pedl(&["command", "run", "--config", "max_run_time=1s", "--", "sh", "-c", saves]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "saved\n"), "{run:?}");
    let listed = &cluster.json(&["command", "list"])[0];
    assert_eq!((&listed["state"], &listed["exit_code"]), (&"COMPLETED".into(), &0.into()));
    assert_eq!(listed["state_reason"], "stopped after max_run_time (1s)");

    let run = cluster.pedl(&["command", "run", "--max-run-time", "1s", "--", "sh", "-c", IGNORES]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(137), "ready\nTERM\n"), "{run:?}");
    nothing_is_left(&cluster);
}

#[test]
fn how_long_a_command_may_run_is_shown_and_used_again() {
    let cluster = Settings::default().agents(0).start();
    let id = cluster.detached(&["--max-run-time", "90m", "true"]);
    assert_eq!(cluster.json(&["command", "describe", &id])["spec"]["max_run_time"], "1h 30m");
    assert!(cluster.pedl(&["command", "describe", &id]).ok().contains("Max run time:   1h 30m\n"));
    let config = cluster.pedl(&["command", "config", &id]).ok();
    assert!(config.contains("\nmax_run_time: 1h 30m\n"), "{config}");
    std::fs::write(cluster.path("same.yaml"), &config).unwrap();
    let again = cluster.detached(&["--config-file", "same.yaml", "true"]);
    assert_eq!(cluster.pedl(&["command", "config", &again]).ok(), config);
    for bad in ["0s", "999ms", "11y"] {
        let refused = cluster.pedl(&["command", "run", "-d", "--max-run-time", bad, "true"]);
        assert!(refused.stderr.contains("max_run_time: must be 1 second to 10 years"), "{refused:?}");
    }
}

#[test]
fn a_kill_when_the_time_is_over_is_a_kill() {
    let cluster = Cluster::start();
    let id = cluster.detached(&["--max-run-time", "1s", "--", "sh", "-c", IGNORES]);
    logged(&cluster, &id, "TERM");
    cluster.pedl(&["command", "kill", &id]).ok();
    let killed = cluster.wait_for(&id, "KILLED");
    assert_eq!((&killed["state_reason"], &killed["exit_code"]), (&"killed by pedl".into(), &137.into()));
    assert_eq!(cluster.pedl(&["command", "logs", &id]).ok(), "ready\nTERM\n", "it is told once");
}

#[test]
fn a_killed_command_ends_killed() {
    let cluster = Cluster::start();
    let mut attached = cluster.command(&["command", "run", "--", "sleep", "600"]).spawn().unwrap();
    let id = eventually("the command to be listed", || {
        cluster.json(&["command", "list"])[0]["id"].as_i64().map(|id| id.to_string())
    });
    cluster.wait_for(&id, "RUNNING");
    cluster.pedl(&["command", "kill", &id]).ok();
    let ended = cluster.wait_for(&id, "KILLED");
    assert_eq!(ended["state_reason"], "killed by pedl");
    assert_eq!(ended["exit_code"], 143, "sleep ends at SIGTERM");
    assert_eq!(attached.wait().unwrap().code(), Some(125));
    // Once more changes nothing.
    cluster.pedl(&["command", "kill", &id]).ok();
    assert_eq!(cluster.json(&["command", "describe", &id])["ended_at"], ended["ended_at"]);
}

#[test]
fn what_ignores_sigterm_is_killed_after_the_grace() {
    let cluster = Cluster::start();
    let id = cluster.detached(&["--", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]);
    eventually("the trap to be set", || cluster.pedl(&["command", "logs", &id]).ok().contains("ready").then_some(()));
    cluster.pedl(&["command", "kill", &id]).ok();
    assert_eq!(cluster.wait_for(&id, "KILLED")["exit_code"], 137);
}

#[test]
fn a_queued_command_is_killed_at_once() {
    let cluster = Settings::default().agents(0).start();
    let id = cluster.detached(&["true"]);
    cluster.pedl(&["command", "kill", &id]).ok();
    let killed = cluster.json(&["command", "describe", &id]);
    assert_eq!((&killed["state"], &killed["started_at"]), (&"KILLED".into(), &serde_json::Value::Null));
}

#[test]
fn anothers_command_is_not_ones_to_kill() {
    let cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    cluster.member("bob", None);
    let id = cluster.pedl(&["-u", "ada", "command", "run", "-d", "true"]).ok().trim().to_owned();
    let refused = cluster.pedl(&["-u", "bob", "command", "kill", &id]);
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stderr.contains("belongs to ada"), "{refused:?}");
    assert_eq!(cluster.json(&["command", "describe", &id])["state"], "QUEUED");
    cluster.pedl(&["-u", "admin", "command", "kill", &id]).ok();
}

#[test]
fn of_many_each_is_killed_and_what_cannot_be_saves_no_other() {
    let cluster = Cluster::start();
    let ended: Vec<_> = (0..3).map(|_| cluster.detached(&["--slots", "0", "true"])).collect();
    for id in &ended {
        cluster.wait_for(id, "COMPLETED");
    }
    let others = cluster.pedl(&["-u", "admin", "command", "run", "-d", "--slots", "0", "sleep", "600"]).ok();
    let others = others.trim();
    let mine: Vec<_> = (0..16).map(|_| cluster.detached(&["--slots", "0", "sleep", "600"])).collect();
    for id in mine.iter().map(String::as_str).chain([others]) {
        cluster.wait_for(id, "RUNNING");
    }
    let ids = ended.iter().chain(&mine[..8]).map(String::as_str).chain([others, "999"]);
    let ids: Vec<_> = ids.chain(mine[8..].iter().map(String::as_str)).collect();
    let kill = cluster.pedl(&[&["command", "kill"], &ids[..]].concat());
    // Of what went wrong, the first.
    assert_eq!((kill.code, kill.stdout.as_str()), (Some(3), ""), "{kill:?}");
    let told = |text: &str| kill.stderr.lines().filter(|line| line.contains(text)).count();
    assert_eq!((told("belongs to admin"), told("there is no asset 999")), (1, 1), "{kill:?}");
    assert_eq!(kill.stderr.lines().count(), ids.len(), "a line for each: {kill:?}");
    for id in &mine {
        assert_eq!(told(&format!("command {id}: ")), 1, "{kill:?}");
        assert_eq!(cluster.wait_for(id, "KILLED")["exit_code"], 143);
    }
    for id in &ended {
        assert_eq!(told(&format!("command {id}: COMPLETED")), 1, "{kill:?}");
        assert_eq!(cluster.json(&["command", "describe", id])["state"], "COMPLETED");
    }
    assert_eq!(cluster.json(&["command", "describe", others])["state"], "RUNNING");
}

#[test]
fn a_pull_is_given_up() {
    let cluster = Cluster::start();
    // A registry that takes connections and never answers.
    let registry = TcpListener::bind("127.0.0.1:0").unwrap();
    let never = format!("{}/never:latest", registry.local_addr().unwrap());
    let id = cluster.detached(&["--image", &never, "true"]);
    eventually("the pull", || {
        let asset = cluster.json(&["command", "describe", &id]);
        (asset["state_reason"] == format!("pulling image {never}")).then_some(())
    });
    cluster.pedl(&["command", "kill", &id]).ok();
    let killed = cluster.wait_for(&id, "KILLED");
    assert_eq!((&killed["state_reason"], &killed["started_at"]), (&"killed by pedl".into(), &serde_json::Value::Null));
    nothing_is_left(&cluster);
    // Its slots are free, and the agent is not held up.
    cluster.pedl(&["command", "run", "--slots", "16", "true"]).ok();
}

#[test]
fn what_is_being_started_is_killed_whatever_the_moment() {
    let cluster = Cluster::start();
    // An image of which nothing was read yet: that is a part of the first start.
    let fresh = format!("FROM {BUSYBOX}\nLABEL pedl-test.cluster={}", cluster.url());
    let fresh = image("stopping", &fresh);
    for number in 0..12 {
        let id = cluster.detached(&["--image", &fresh, "--", "sleep", "600"]);
        // As soon as it has a place, and some steps later.
        eventually("its place", || (cluster.json(&["command", "describe", &id])["state"] != "QUEUED").then_some(()));
        for _ in 0..number % 4 {
            cluster.json(&["command", "describe", &id]);
        }
        cluster.pedl(&["command", "kill", &id]).ok();
        assert_eq!(cluster.wait_for(&id, "KILLED")["state_reason"], "killed by pedl");
    }
    nothing_is_left(&cluster);
}

#[test]
fn a_lost_command_that_was_killed_is_stopped_when_its_agent_returns() {
    let mut cluster = Settings::default().master_yaml("agents: { lost_after: 1s }").start();
    let id = cluster.detached(&["--", "sleep", "600"]);
    cluster.wait_for(&id, "RUNNING");
    cluster.kill_agent(0);
    cluster.wait_for(&id, "LOST");
    cluster.pedl(&["command", "kill", &id]).ok();
    assert_eq!(cluster.containers().len(), 1, "nobody is there to stop it");
    cluster.start_agent(0);
    let killed = cluster.wait_for(&id, "KILLED");
    assert_eq!((&killed["state_reason"], &killed["exit_code"]), (&"killed by pedl".into(), &143.into()));
    nothing_is_left(&cluster);
}

#[test]
fn a_kill_outlives_its_master() {
    let mut cluster = Cluster::start();
    let id = cluster.detached(&["--", "sh", "-c", IGNORES]);
    logged(&cluster, &id, "ready");
    cluster.kill_master();
    let unheard = cluster.pedl(&["command", "kill", &id]);
    assert_ne!(unheard.code, Some(0), "{unheard:?}");
    cluster.start_master();
    cluster.wait_for(&id, "RUNNING");
    // What was answered holds, though the master goes before its agent has heard of it, or right after.
    cluster.pedl(&["command", "kill", &id]).ok();
    cluster.kill_master();
    cluster.start_master();
    let killed = cluster.wait_for(&id, "KILLED");
    assert_eq!((&killed["state_reason"], &killed["exit_code"]), (&"killed by pedl".into(), &137.into()));
    assert_eq!(cluster.pedl(&["command", "logs", &id]).ok(), "ready\nTERM\n", "it is told once");
    nothing_is_left(&cluster);
}
