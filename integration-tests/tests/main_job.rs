//! The main job: a member runs a command in a container as their own Unix user.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use integration_tests::{Cluster, Settings, owner};

fn the_main_job(cluster: &Cluster) {
    cluster.pedl(&["-u", "admin", "user", "create", "ada"]).ok();
    cluster
        .pedl(&[
            "-u",
            "admin",
            "user",
            "link-with-agent-user",
            "ada",
            "--agent-uid",
            "1234",
            "--agent-user",
            "ada",
            "--agent-gid",
            "2345",
            "--agent-group",
            "lab",
        ])
        .ok();
    let data = cluster.shared_dir("data", 1234, 2345);

    // It says something, waits until the other side has seen that, and writes a file.
    let script = "echo first; until [ -e /data/seen ]; do sleep 0.05; done; echo result > /data/result; echo last";
    let mount = format!("{}:/data", data.display());
    let mut run = cluster
        .command(&["-u", "ada", "command", "run", "-v", &mount, "--", "sh", "-c", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "first", "a line arrives while the command runs");
    fs::write(data.join("seen"), "").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "last");
    assert!(lines.next().is_none());
    assert_eq!(run.wait().unwrap().code(), Some(0));

    let list = cluster.json(&["-u", "ada", "command", "list"]);
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!((&list[0]["state"], &list[0]["exit_code"]), (&"COMPLETED".into(), &0.into()));
    assert_eq!((&list[0]["owner"], &list[0]["agent"]), (&"ada".into(), &"n0".into()));
    assert_eq!(owner(&data.join("result")), (1234, 2345));
    assert_eq!(owner(&data), (1234, 2345), "a bind-mounted directory is never chowned");
    let log = cluster.pedl(&["-u", "ada", "command", "logs", &list[0]["id"].to_string()]).ok();
    assert_eq!(log, "first\nlast\n");
    cluster.wait_for_no_containers();
}

#[test]
fn on_sqlite() {
    the_main_job(&Cluster::start());
}

#[test]
fn on_postgresql() {
    the_main_job(&Settings::default().postgres().start());
}

#[test]
fn with_nobody_logged_in_work_is_pedls() {
    let cluster = Cluster::start();
    assert_eq!(cluster.pedl(&["command", "run", "--", "echo", "hello"]).ok(), "hello\n");
    assert_eq!(cluster.json(&["command", "list"])[0]["owner"], "pedl");
    assert_eq!(cluster.json(&["user", "whoami"])["username"], "pedl");
}

#[test]
fn lists_show_ones_own_or_everybodys() {
    let cluster = Cluster::start();
    cluster.member("ada", None);
    let ids = |args: &[&str]| {
        let list = cluster.json(args);
        list.as_array().unwrap().iter().map(|asset| asset["id"].to_string()).collect::<Vec<_>>()
    };
    let first = cluster.detached(&["true"]);
    let hers = cluster.pedl(&["-u", "ada", "command", "run", "-d", "true"]).ok().trim().to_owned();
    let second = cluster.detached(&["true"]);

    assert_eq!(ids(&["command", "list"]), [second.clone(), first.clone()]);
    assert_eq!(ids(&["-u", "ada", "command", "list"]), std::slice::from_ref(&hers));
    assert_eq!(ids(&["-u", "ada", "command", "list", "-a"]), [second.clone(), hers.clone(), first.clone()]);
    for kind in ["experiment", "notebook", "tensorboard"] {
        assert_eq!(ids(&[kind, "list", "-a"]), [""; 0], "{kind}");
    }
    // An agent that is killed while it makes a container may leave one.
    for id in [first, hers, second] {
        cluster.wait_for(&id, "COMPLETED");
    }
}
