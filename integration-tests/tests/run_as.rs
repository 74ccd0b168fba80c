//! As whom tasks run.

use integration_tests::{Cluster, Settings, owner};

const WHO: &str =
    "id -u; id -g; whoami; id -gn; echo $HOME; cd; pwd; echo kept > ~/file && cat ~/file; stat -c %u:%g ~";

#[test]
fn a_linked_member_runs_as_that_user() {
    let cluster = Cluster::start();
    cluster.member("ada", Some((1234, 2345)));
    let shown = cluster.pedl(&["-u", "ada", "command", "run", "--", "sh", "-c", WHO]).ok();
    assert_eq!(shown, "1234\n2345\nada\nlab\n/home/ada\n/home/ada\nkept\n1234:2345\n");
    let run_as = &cluster.json(&["-u", "ada", "command", "describe", "1"])["run_as"];
    assert_eq!((&run_as["uid"], &run_as["gid"]), (&1234.into(), &2345.into()));
    assert_eq!((&run_as["user"], &run_as["group"]), (&"ada".into(), &"lab".into()));
}

#[test]
fn an_unlinked_member_runs_as_root() {
    let cluster = Cluster::start();
    let shown = cluster.pedl(&["command", "run", "--", "sh", "-c", WHO]).ok();
    assert_eq!(shown, "0\n0\nroot\nroot\n/root\n/root\nkept\n0:0\n");
}

#[test]
fn an_unlinked_member_runs_as_the_default_task_user_says() {
    let user = "security: { default_task: { user: worker, uid: 4321, group: workers, gid: 5432 } }";
    let cluster = Settings::default().master_yaml(user).start();
    let shown = cluster.pedl(&["command", "run", "--", "sh", "-c", WHO]).ok();
    assert_eq!(shown, "4321\n5432\nworker\nworkers\n/home/worker\n/home/worker\nkept\n4321:5432\n");
}

#[test]
fn the_largest_ids_work_and_larger_ones_are_refused() {
    let cluster = Cluster::start();
    let largest = i32::MAX.unsigned_abs();
    cluster.member("ada", Some((largest, largest)));
    let data = cluster.shared_dir("data", largest, largest);
    let mount = format!("{}:/data", data.display());
    let run = ["-u", "ada", "command", "run", "-v", &mount, "--", "sh", "-c", "id -u && touch /data/file"];
    assert_eq!(cluster.pedl(&run).ok(), "2147483647\n");
    assert_eq!(owner(&data.join("file")), (largest, largest));

    let names = ["--agent-user", "ada", "--agent-group", "lab"];
    for (uid, gid) in [("2147483648", "1"), ("1", "2147483648"), ("-1", "1")] {
        let ids = ["-u", "admin", "user", "link-with-agent-user", "ada", "--agent-uid", uid, "--agent-gid", gid];
        let outcome = cluster.pedl(&[&ids[..], &names].concat());
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.stderr.contains("must be 0 to 2147483647"), "{outcome:?}");
    }
    let linked = cluster.json(&["user", "list"]);
    let ada = linked.as_array().unwrap().iter().find(|user| user["username"] == "ada").unwrap();
    assert_eq!(ada["agent_uid"], largest, "a refused link changes nothing");
}

#[test]
fn an_unlinked_member_runs_as_the_default_again() {
    let cluster = Cluster::start();
    cluster.member("ada", Some((1234, 2345)));
    cluster.pedl(&["-u", "admin", "user", "unlink-agent-user", "ada"]).ok();
    assert_eq!(cluster.pedl(&["-u", "ada", "command", "run", "--", "id", "-u"]).ok(), "0\n");
    assert_eq!(cluster.pedl(&["-u", "ada", "user", "unlink-agent-user", "ada"]).code, Some(3));
}

#[test]
fn root_can_be_forbidden() {
    let cluster = Settings::default().master_yaml("security: { minimum_uid: 1000 }").start();
    cluster.member("ada", Some((1000, 0)));
    cluster.member("bob", Some((999, 2345)));
    let run = |who: &str| cluster.pedl(&["-u", who, "command", "run", "--", "id", "-u"]);
    assert_eq!(run("ada").ok(), "1000\n");
    let (bob, pedl) = (run("bob"), run("pedl"));
    assert_eq!((bob.code, pedl.code), (Some(125), Some(125)));
    assert!(bob.stderr.contains("would run as bob (uid 999), below security.minimum_uid (1000)"), "{bob:?}");
    assert!(pedl.stderr.contains("would run as root (uid 0)"), "{pedl:?}");
}

#[test]
fn a_task_that_waits_runs_as_its_owner_is_linked_when_it_is_placed() {
    let mut cluster = Settings::default().agents(0).start();
    cluster.member("ada", Some((1000, 1000)));
    let id = cluster.pedl(&["-u", "ada", "command", "run", "-d", "--", "id", "-u"]).ok().trim().to_owned();
    let ids = ["--agent-uid", "2000", "--agent-user", "ada", "--agent-gid", "2000", "--agent-group", "lab"];
    cluster.pedl(&[&["-u", "admin", "user", "link-with-agent-user", "ada"], &ids[..]].concat()).ok();
    cluster.start_agent(0);
    cluster.wait_for(&id, "COMPLETED");
    assert_eq!(cluster.pedl(&["command", "logs", &id]).ok(), "2000\n");
}
