//! The program's flags, configuration and refusals to start.

use std::process::{Command, Output};

use crate::containers::Cluster;
use crate::fake_master::FakeMaster;
use crate::process::Agent;

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_pedl-agent")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn a_bad_file_stops_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    std::fs::write(&file, "slots: many").unwrap();
    let (code, out, err) = run(&["--config", file.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    let expected =
        format!("pedl-agent: {}: slots: \"many\" is no number of slots: give auto, or 0 to 4096\n", file.display());
    assert_eq!(err, expected);
}

#[test]
fn a_named_file_must_be_there() {
    let (code, _, err) = run(&["--config", "/no/such/file", "--print-config"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("/no/such/file"), "{err}");
}

#[test]
fn a_bad_flag_stops_it() {
    let (code, _, err) = run(&["--slots", "many"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("--slots") && err.contains("auto"), "{err}");
}

#[test]
fn the_environment_goes_under_flags() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pedl-agent"));
    command.args(["--print-config", "--name", "flag"]).env("PEDL_AGENT_NAME", "env").env("PEDL_AGENT_SLOTS", "7");
    let printed = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(printed.contains("name: flag\n") && printed.contains("slots: 7\n"), "{printed}");
}

#[test]
fn without_a_token_it_says_how_to_get_one() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (code, _, err) = run(&["--data-dir", data.to_str().unwrap(), "--token-file", "/no/such/token"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("/no/such/token") && err.contains("pedl agent create-token"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_agent_a_directory() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start(&master);
    master.until("it is in touch", |known| known.watches > 0).await;
    let second = agent.command().output().unwrap();
    let err = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(err.contains("in use by another pedl-agent"), "{err}");
}
