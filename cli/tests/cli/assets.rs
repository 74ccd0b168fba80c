//! What is shown of assets: lists, descriptions, configurations, logs; and killing them.

use expect_test::expect;
use pedl_proto::v1::{AgentUser, AssetState, LogSource};

use crate::fake_master::{FakeMaster, Script};
use crate::pedl::Pedl;

/// Three commands: two of `pedl`'s, one of `admin`'s, in more than one page.
fn with_commands() -> (FakeMaster, Pedl) {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    master.state().script = Script::exits(7, &[(LogSource::Stdout, b"one\n"), (LogSource::Stderr, b"two\n")]);
    pedl.run(&[
        "command",
        "run",
        "--description",
        "first",
        "-e",
        "A=1",
        "-v",
        "/data:/data:ro",
        "--",
        "sh",
        "-c",
        "a b",
    ]);
    master.state().script = Script { released: 0, ..Script::ends(AssetState::Completed, Some(0), "") };
    pedl.run(&["-u", "admin", "command", "run", "-d", "true"]);
    master.state().script.state_meanwhile = (AssetState::Queued, "no agent of the pool default has 9 free slots");
    pedl.run(&["command", "run", "-d", "--slots", "9", "--config", "shm_size=4GiB", "true"]);
    (master, pedl)
}

#[test]
fn lists() {
    let (_master, pedl) = with_commands();
    pedl.check(
        &["command", "list"],
        expect![[r#"
        exit 0
        --- stdout
        ID  DESCRIPTION  STATE                                                   AGENT   EXIT  CREATED
        44  made up      QUEUED (no agent of the pool default has 9 free slots)  node-1        5 minutes ago
        42  first        FAILED                                                  node-1  7     5 minutes ago
    "#]],
    );
    pedl.check(
        &["command", "list", "-a"],
        expect![[r#"
        exit 0
        --- stdout
        ID  DESCRIPTION  STATE                                                   OWNER  AGENT   EXIT  CREATED
        44  made up      QUEUED (no agent of the pool default has 9 free slots)  pedl   node-1        5 minutes ago
        43  made up      RUNNING                                                 admin  node-1        5 minutes ago
        42  first        FAILED                                                  pedl   node-1  7     5 minutes ago
    "#]],
    );
    pedl.check(
        &["command", "list", "-o", "json"],
        expect![[r#"
        exit 0
        --- stdout
        [
          {
            "id": 44,
            "kind": "command",
            "owner": "pedl",
            "description": "made up",
            "state": "QUEUED",
            "state_reason": "no agent of the pool default has 9 free slots",
            "exit_code": null,
            "agent": "node-1",
            "resource_pool": "default",
            "created_at": "TIME",
            "started_at": null,
            "ended_at": null
          },
          {
            "id": 42,
            "kind": "command",
            "owner": "pedl",
            "description": "first",
            "state": "FAILED",
            "state_reason": null,
            "exit_code": 7,
            "agent": "node-1",
            "resource_pool": "default",
            "created_at": "TIME",
            "started_at": null,
            "ended_at": "TIME"
          }
        ]
    "#]],
    );
    pedl.check(
        &["-u", "admin", "command", "list", "-o", "csv"],
        expect![[r#"
        exit 0
        --- stdout
        id,kind,owner,description,state,state_reason,exit_code,agent,resource_pool,created_at,started_at,ended_at
        43,command,admin,made up,RUNNING,,,node-1,default,TIME,,
    "#]],
    );
}

#[test]
fn lists_of_some() {
    let (_master, pedl) = with_commands();
    let ids = |words: &str| {
        let words: Vec<_> = "command list -o csv".split(' ').chain(words.split(' ')).collect();
        let list = pedl.stdout(&words);
        list.lines().skip(1).filter_map(|row| row.split(',').next()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids("-a --state running,QUEUED"), "44 43");
    assert_eq!(ids("--state failed --state queued"), "44 42");
    assert_eq!(ids("--match irs"), "42");
    assert_eq!(ids("--owner admin"), "43");
    assert_eq!(ids("-a --sort description"), "42 44 43");
    pedl.check(
        &["command", "list", "--match", "absent"],
        expect![[r#"
        exit 0
        --- stdout
        ID  DESCRIPTION  STATE  AGENT  EXIT  CREATED
        --- stderr
        pedl: no commands of this sort (-a lists everybody's)
    "#]],
    );
    pedl.check(
        &["command", "list", "-a", "--owner", "ada"],
        expect![[r#"
        exit 2
        --- stderr
        error: the argument '--all' cannot be used with '--owner <NAME>': see `pedl command list --help`
    "#]],
    );
    pedl.check(&["command", "list", "--state", "done"], expect![[r#"
        exit 2
        --- stderr
        error: invalid value 'done' for '--state <STATE>' [possible values: queued, starting, running, paused, stopping, completed, failed, killed, lost]
    "#]]);
}

#[test]
fn empty_lists() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    pedl.check(
        &["command", "list"],
        expect![[r#"
        exit 0
        --- stdout
        ID  DESCRIPTION  STATE  AGENT  EXIT  CREATED
        --- stderr
        pedl: no commands; start one with: pedl command run -- PROGRAM (-a lists everybody's)
    "#]],
    );
    pedl.check(
        &["experiment", "list"],
        expect![[r#"
        exit 0
        --- stdout
        ID  DESCRIPTION  STATE  AGENT  EXIT  CREATED
        --- stderr
        pedl: no experiments (-a lists everybody's)
    "#]],
    );
    pedl.check(
        &["notebook", "list", "-a"],
        expect![[r#"
        exit 0
        --- stdout
        ID  DESCRIPTION  STATE  OWNER  AGENT  EXIT  CREATED
        --- stderr
        pedl: no notebooks
    "#]],
    );
    pedl.check(
        &["tensorboard", "list", "-o", "json"],
        expect![[r#"
        exit 0
        --- stdout
        []
    "#]],
    );
    pedl.check(
        &["command", "list", "-o", "csv"],
        expect![[r#"
        exit 0
        --- stdout
        id,kind,owner,description,state,state_reason,exit_code,agent,resource_pool,created_at,started_at,ended_at
    "#]],
    );
}

#[test]
fn descriptions() {
    let (master, pedl) = with_commands();
    pedl.check(
        &["command", "describe", "42"],
        expect![[r#"
        exit 0
        --- stdout
        ID:             42
        Kind:           command
        Description:    first
        Owner:          pedl
        State:          FAILED
        Exit code:      7
        Agent:          node-1
        Resource pool:  default
        Runs as:        ada (1001), group team (2000)
        Created:        TIME (5 minutes ago)
        Ended:          TIME (just now)
        Task:           task-42
        Command:        sh -c 'a b'
        Bind mounts:    /data:/data:ro
        Environment:    A=1
    "#]],
    );
    let run_as = |change: fn(&mut AgentUser)| {
        change(master.state().command(42).unwrap().asset.latest_task.as_mut().unwrap().run_as.as_mut().unwrap());
        let shown = pedl.stdout(&["command", "describe", "42"]);
        shown.lines().find(|line| line.starts_with("Runs as")).unwrap().to_string()
    };
    expect!["Runs as:        ada (1001), group team (2000), umask 0000"]
        .assert_eq(&run_as(|user| user.umask = Some(0)));
    expect!["Runs as:        ada (1001), group team (2000), groups 2001 2002, umask 0000"]
        .assert_eq(&run_as(|user| user.supplementary_gids = vec![2001, 2002]));
    pedl.check(
        &["command", "describe", "42", "-o", "json"],
        expect![[r#"
            exit 0
            --- stdout
            {
              "id": 42,
              "kind": "command",
              "owner": "pedl",
              "description": "first",
              "state": "FAILED",
              "state_reason": null,
              "exit_code": 7,
              "agent": "node-1",
              "resource_pool": "default",
              "created_at": "TIME",
              "started_at": null,
              "ended_at": "TIME",
              "task_id": "task-42",
              "run_as": {
                "uid": 1001,
                "user": "ada",
                "gid": 2000,
                "group": "team",
                "supplementary_gids": [
                  2001,
                  2002
                ],
                "umask": "0000"
              },
              "redacted": false,
              "spec": {
                "argv": [
                  "sh",
                  "-c",
                  "a b"
                ],
                "description": "first",
                "resource_pool": "default",
                "environment_variables": {
                  "A": "1"
                },
                "bind_mounts": [
                  {
                    "host_path": "/data",
                    "container_path": "/data",
                    "read_only": true
                  }
                ]
              }
            }
        "#]],
    );
    pedl.check(
        &["command", "describe", "7"],
        expect![[r#"
        exit 4
        --- stderr
        error: there is no asset 7
    "#]],
    );
}

#[test]
fn a_configuration_can_be_used_again() {
    let (master, pedl) = with_commands();
    pedl.check(
        &["command", "config", "44"],
        expect![[r#"
        exit 0
        --- stdout
        description: made up
        resource_pool: default
        slots: 9
        shm_size: 4GiB
    "#]],
    );
    let config = pedl.stdout(&["command", "config", "42"]);
    pedl.write("same.yaml", &config);
    pedl.stdout(&["command", "run", "-d", "--config-file", "same.yaml", "true"]);
    assert_eq!(pedl.stdout(&["command", "config", "45"]), config);
    master.state().command(42).unwrap().asset.redacted = true;
    pedl.check(
        &["command", "config", "42"],
        expect![[r#"
        exit 0
        --- stdout
        description: first
        resource_pool: default
        environment_variables:
          A: '1'
        bind_mounts:
        - host_path: /data
          container_path: /data
          read_only: true
        --- stderr
        pedl: values of environment variables are left out: only the owner and administrators see them
    "#]],
    );
}

#[test]
fn a_dry_run_starts_nothing() {
    let (master, pedl) = with_commands();
    master.state().take_calls();
    pedl.check(
        &["command", "run", "--dry-run", "--slots", "2", "-e", "A=1", "--", "python", "train.py"],
        expect![[r#"
        exit 0
        --- stdout
        description: made up
        resource_pool: default
        slots: 2
        environment_variables:
          A: '1'
    "#]],
    );
    let in_json = pedl.stdout(&["command", "run", "-d", "--dry-run", "--slots", "2", "-o", "json", "true"]);
    assert!(in_json.contains("\"slots\": 2"), "{in_json}");
    let mut state = master.state();
    assert_eq!((state.assets.len(), state.take_calls()), (3, vec!["CreateAsset", "CreateAsset"]));
}

#[test]
fn limits_capabilities_and_propagation() {
    let (_master, pedl) = with_commands();
    pedl.write(
        "c.yaml",
        "{memory: 4GiB, cpus: 4, max_run_time: 1h, add_capabilities: [SYS_PTRACE], read_only_root: true}",
    );
    let words =
        "command run -d --config-file c.yaml --memory 8GiB --cpus 1.5 -v /a:/a:rslave -v /b:/b:ro,rprivate true";
    let words = words.split(' ').collect::<Vec<_>>();
    let id = pedl.stdout(&[&["command", "run", "--max-run-time", "1d 90m"], &words[2..]].concat());
    pedl.check(
        &["command", "config", id.trim()],
        expect![[r#"
        exit 0
        --- stdout
        description: made up
        resource_pool: default
        bind_mounts:
        - host_path: /a
          container_path: /a
          read_only: false
          propagation: rslave
        - host_path: /b
          container_path: /b
          read_only: true
        memory: 8GiB
        cpus: 1.5
        max_run_time: 1d 1h 30m
        add_capabilities:
        - SYS_PTRACE
        read_only_root: true
    "#]],
    );
    pedl.write("same.yaml", &pedl.stdout(&["command", "config", id.trim()]));
    let again = pedl.stdout(&["command", "run", "-d", "--config-file", "same.yaml", "true"]);
    let config = pedl.stdout(&["command", "config", again.trim()]);
    assert_eq!(config, pedl.stdout(&["command", "config", id.trim()]));
    let facts = pedl.stdout(&["command", "describe", id.trim()]);
    let last: Vec<_> = facts.lines().skip_while(|line| !line.starts_with("Bind mounts")).collect();
    expect![[r#"
        Bind mounts:    /a:/a:rw,rslave, /b:/b:ro
        Memory:         8GiB
        CPUs:           1.5
        Max run time:   1d 1h 30m
        Capabilities:   SYS_PTRACE
        Image files:    read-only"#]]
    .assert_eq(&last.join("\n"));
}

#[test]
fn flags_go_over_settings_and_those_over_the_file() {
    let (_master, pedl) = with_commands();
    pedl.write("c.yaml", "{image: a, slots: 1, work_dir: /a, bind_mounts: [{host_path: /a, container_path: /a}]}");
    let words = "command run -d --config-file c.yaml --config image=b --config slots=2 --slots 3 -v /b:/b:ro true";
    let id = pedl.stdout(&words.split(' ').collect::<Vec<_>>());
    pedl.check(
        &["command", "config", id.trim()],
        expect![[r#"
        exit 0
        --- stdout
        description: made up
        resource_pool: default
        image: b
        slots: 3
        work_dir: /a
        bind_mounts:
        - host_path: /a
          container_path: /a
          read_only: false
        - host_path: /b
          container_path: /b
          read_only: true
    "#]],
    );
}

#[test]
fn events() {
    let (_master, pedl) = with_commands();
    pedl.check(
        &["command", "events", "42"],
        expect![[r#"
            exit 0
            --- stdout
            TIME                  STATE    AGENT   REASON
            TIME  FAILED   node-1
            TIME  RUNNING  node-1
            TIME  QUEUED
        "#]],
    );
    pedl.check(
        &["command", "events", "44"],
        expect![[r#"
        exit 0
        --- stdout
        TIME                  STATE   AGENT  REASON
        TIME  QUEUED         no agent of the pool default has 9 free slots
        TIME  QUEUED
    "#]],
    );
    pedl.check(
        &["command", "events", "44", "-o", "json"],
        expect![[r#"
        exit 0
        --- stdout
        [
          {
            "id": 4401,
            "time": "TIME",
            "task_id": "task-44",
            "state": "QUEUED",
            "reason": "no agent of the pool default has 9 free slots",
            "agent": null
          },
          {
            "id": 4400,
            "time": "TIME",
            "task_id": "task-44",
            "state": "QUEUED",
            "reason": null,
            "agent": null
          }
        ]
    "#]],
    );
    pedl.check(
        &["command", "events", "7"],
        expect![[r#"
        exit 4
        --- stderr
        error: there is no asset 7
    "#]],
    );
}

#[test]
fn logs() {
    let (_master, pedl) = with_commands();
    pedl.check(
        &["command", "logs", "42"],
        expect![[r#"
        exit 0
        --- stdout
        one
        --- stderr
        two
    "#]],
    );
    pedl.check(
        &["command", "logs", "42", "--tail", "1"],
        expect![[r#"
        exit 0
        --- stderr
        two
    "#]],
    );
    pedl.check(
        &["command", "logs", "42", "--match", "tw"],
        expect![[r#"
        exit 0
        --- stderr
        two
    "#]],
    );
    pedl.check(
        &["command", "logs", "-f", "42"],
        expect![[r#"
        exit 0
        --- stdout
        one
        --- stderr
        two
    "#]],
    );
    pedl.check(
        &["command", "logs", "7"],
        expect![[r#"
        exit 4
        --- stderr
        error: there is no asset 7
    "#]],
    );
}

#[test]
fn kill() {
    let (_master, pedl) = with_commands();
    pedl.check(
        &["command", "kill", "44", "7", "43", "8"],
        expect![[r#"
            exit 4
            --- stderr
            error: there is no asset 7
            error: there is no asset 8
            pedl: command 44: KILLED
            pedl: command 43: KILLED
        "#]],
    );
    pedl.check(
        &["command", "kill", "44", "-o", "csv"],
        expect![[r#"
        exit 0
        --- stdout
        id,kind,owner,description,state,state_reason,exit_code,agent,resource_pool,created_at,started_at,ended_at
        44,command,pedl,made up,KILLED,killed by ada,143,node-1,default,TIME,,TIME
    "#]],
    );
}
