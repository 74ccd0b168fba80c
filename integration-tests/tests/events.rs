//! What has happened to a command, as its events tell.

use expect_test::expect;
use integration_tests::{Cluster, Settings, eventually};
use serde_json::Value;

/// Oldest first, a line each.
fn history(cluster: &Cluster, who: &str, id: &str) -> String {
    let events = cluster.json(&["-u", who, "command", "events", id]);
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let show = |event: &Value| {
        assert!(event["time"].is_string() && event["task_id"].is_string(), "{event}");
        format!("{} on {}: {}\n", text(&event["state"]), text(&event["agent"]), text(&event["reason"]))
    };
    events.as_array().unwrap().iter().rev().map(show).collect()
}

#[test]
fn a_command_that_waited_ran_and_was_killed() {
    let cluster = Settings::default().slots(1).start();
    let agent = cluster.json(&["agent", "list"])[0]["name"].as_str().unwrap().to_owned();
    let first = cluster.detached(&["sleep", "600"]);
    cluster.wait_for(&first, "RUNNING");
    let second = cluster.detached(&["sleep", "600"]);
    eventually("the scheduler to say why it waits", || {
        history(&cluster, "pedl", &second).contains("waits for a free slot").then_some(())
    });
    cluster.pedl(&["command", "kill", &first]).ok();
    cluster.wait_for(&second, "RUNNING");
    cluster.member("ada", None);
    cluster.pedl(&["-u", "admin", "command", "kill", &second]).ok();
    cluster.wait_for(&second, "KILLED");
    expect![[r#"
        QUEUED on -: -
        QUEUED on -: waits for a free slot in resource pool `default`
        STARTING on AGENT: -
        RUNNING on AGENT: -
        STOPPING on AGENT: killed by admin
        KILLED on AGENT: killed by admin
    "#]]
    .assert_eq(&history(&cluster, "ada", &second).replace(&format!(" on {agent}"), " on AGENT"));
    let unread = cluster.pedl(&["command", "events", "42"]);
    assert_eq!((unread.code, unread.stderr.as_str()), (Some(4), "error: there is no asset 42\n"));
}

#[test]
fn a_command_that_failed() {
    let cluster = Cluster::start();
    assert_eq!(cluster.pedl(&["command", "run", "--", "sh", "-c", "exit 7"]).code, Some(7));
    assert!(history(&cluster, "pedl", "1").ends_with(": exit code 7\n"));
}

#[test]
fn a_command_that_was_held() {
    let cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    let id = cluster.pedl(&["-u", "ada", "command", "run", "-d", "true"]).ok().trim().to_owned();
    eventually("the scheduler to say why it waits", || {
        history(&cluster, "pedl", &id).contains("no agent is connected").then_some(())
    });
    for word in ["deactivate", "deactivate", "activate"] {
        cluster.pedl(&["-u", "admin", "user", word, "ada"]).ok();
    }
    eventually("the scheduler to say it again", || {
        history(&cluster, "pedl", &id)
            .ends_with("no agent is connected and enabled in resource pool `default`\n")
            .then_some(())
    });
    expect![[r#"
        QUEUED on -: -
        QUEUED on -: no agent is connected and enabled in resource pool `default`
        QUEUED on -: waits for its owner, ada, to be active again
        QUEUED on -: no agent is connected and enabled in resource pool `default`
    "#]]
    .assert_eq(&history(&cluster, "pedl", &id));
}
