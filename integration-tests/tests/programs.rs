//! The programs' own command lines.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use integration_tests::{Cluster, Settings, outcome, program};

#[test]
fn a_wrong_configuration_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("wrong.yaml");
    for (name, yaml, says) in [
        ("pedl-master", "lisen: 127.0.0.1:0", "unknown field `lisen`"),
        ("pedl-master", "listen: nowhere", "listen: `nowhere` is not an address"),
        ("pedl-agent", "mastr: http://127.0.0.1:1", "mastr"),
    ] {
        fs::write(&file, yaml).unwrap();
        let mut command = Command::new(program(name));
        command.arg("--config").arg(&file).arg("--data-dir").arg(dir.path().join("data"));
        let outcome = outcome(&mut command);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains("wrong.yaml") && outcome.stderr.contains(says), "{outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
        assert!(!dir.path().join("data").exists(), "nothing was started");
    }
}

#[test]
fn a_misspelt_variable_is_told() {
    for (name, variable) in [("pedl-master", "PEDL_MASTER_LISEN"), ("pedl-agent", "PEDL_AGENT_MASTR")] {
        let outcome = outcome(Command::new(program(name)).arg("--print-config").env(variable, "1"));
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(variable), "{outcome:?}");
    }
}

#[test]
fn the_configuration_in_force_is_shown_with_secrets_masked() {
    let mut command = Command::new(program("pedl-master"));
    command.arg("--print-config").env("PEDL_MASTER_DATABASE__URL", "postgres://pedl:secret@db/pedl");
    let shown = outcome(&mut command).ok();
    assert!(shown.contains("postgres://pedl:********@db/pedl") && !shown.contains("secret@"), "{shown}");
}

#[test]
fn two_masters_do_not_share_a_directory() {
    let cluster = Settings::default().agents(0).start();
    let mut second = Command::new(program("pedl-master"));
    second.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(cluster.path("master"));
    let outcome = outcome(&mut second);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("another pedl-master uses it"), "{outcome:?}");
}

#[test]
fn two_masters_do_not_share_a_database() {
    let cluster = Settings::default().agents(0).postgres().start();
    let mut second = Command::new(program("pedl-master"));
    second.arg("--config").arg(cluster.path("master.yaml")).args(["--listen", "127.0.0.1:0", "--data-dir"]);
    let outcome = outcome(second.arg(cluster.path("second")));
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("another pedl-master uses it"), "{outcome:?}");
}

#[test]
fn secrets_are_their_owners_alone_and_in_no_log() {
    let cluster = Cluster::start();
    cluster.pedl(&["command", "run", "-e", "KEY=very-hidden", "true"]).ok();
    let mut set = cluster.command(&["user", "change-password"]);
    outcome(set.env("PEDL_NEW_PASSWORD", "pedls very secret password")).ok();
    let mut wrong = cluster.command(&["user", "login", "admin"]);
    outcome(wrong.env("PEDL_PASSWORD", "pedls mistyped secret"));
    let script = cluster.pedl(&["token", "create", "--name", "ci"]).ok();
    cluster.pedl(&["-u", "admin", "master", "audit"]).ok();
    let mode = |path: &str| fs::metadata(cluster.path(path)).unwrap().permissions().mode() & 0o777;
    for file in ["master/agent-token", "master/pedl.db", "master/logs.db", "home/.config/pedl/credentials.json"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    for dir in ["master", "agent0", "home/.config/pedl"] {
        assert_eq!(mode(dir), 0o700, "{dir}");
    }
    let join_token = fs::read_to_string(cluster.path("master/agent-token")).unwrap();
    let credentials = fs::read_to_string(cluster.path("home/.config/pedl/credentials.json")).unwrap();
    let credentials: serde_json::Value = serde_json::from_str(&credentials).unwrap();
    let mut secrets = vec![join_token.trim().to_owned(), script.trim().to_owned(), "very-hidden".to_owned()];
    secrets.extend(["pedls very secret password", "pedls mistyped secret"].map(ToOwned::to_owned));
    collect_tokens(&credentials, &mut secrets);
    assert!(secrets.len() >= 7, "the sessions' tokens were found too");
    for file in ["master.log", "agent0.log"] {
        let log = fs::read_to_string(cluster.path(file)).unwrap();
        assert!(secrets.iter().all(|secret| !log.contains(secret)), "{file}: {log}");
    }
    // The audit is in there, too.
    for file in ["master/pedl.db", "master/pedl.db-wal", "master/logs.db", "master/logs.db-wal"] {
        let bytes = fs::read(cluster.path(file)).unwrap_or_default();
        let holds = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        let tokens = secrets.iter().filter(|secret| secret.starts_with("pedl"));
        assert!(tokens.into_iter().all(|secret| !holds(secret)), "{file} holds a token");
    }
}

/// Every string below `value` that is a token.
fn collect_tokens(value: &serde_json::Value, tokens: &mut Vec<String>) {
    tokens.extend(value.as_str().filter(|text| text.starts_with("pedl_")).map(ToOwned::to_owned));
    value.as_array().into_iter().flatten().for_each(|value| collect_tokens(value, tokens));
    value.as_object().into_iter().flat_map(|object| object.values()).for_each(|value| collect_tokens(value, tokens));
}

#[test]
fn a_second_machine_joins_with_a_token() {
    let cluster = Cluster::start();
    let token = cluster.pedl(&["-u", "admin", "agent", "create-token", "--resource-pool", "far"]).ok();
    fs::write(cluster.path("token"), token).unwrap();
    let mut agent = Command::new(program("pedl-agent"));
    agent.args(["--master", &cluster.url(), "--name", "far1", "--slots", "2"]);
    agent.arg("--data-dir").arg(cluster.path("far")).arg("--token-file").arg(cluster.path("token"));
    let _agent = integration_tests::Process::start(&mut agent, &cluster.path("far.log"));
    integration_tests::eventually("far1 to join", || {
        let agents = cluster.json(&["agent", "list"]);
        let far = agents.as_array()?.iter().find(|agent| agent["name"] == "far1")?.clone();
        (far["connected"] == true && far["resource_pool"] == "far").then_some(())
    });
    let run = ["command", "run", "--config", "resource_pool=far", "--", "echo", "from afar"];
    assert_eq!(cluster.pedl(&run).ok(), "from afar\n");
    assert_eq!(cluster.json(&["command", "list"])[0]["agent"], "far1");
}
