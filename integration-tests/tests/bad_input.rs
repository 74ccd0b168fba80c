//! What people see who ask for something that cannot be: one clear line, the right exit code, and nothing half-written.

use std::fs;

use expect_test::{Expect, expect};
use integration_tests::{Cluster, Settings};

/// A master without agents, and its snapshots.
struct Asked {
    cluster: Cluster,
}

impl Asked {
    fn new() -> Self {
        Self { cluster: Settings::default().agents(0).start() }
    }

    #[track_caller]
    fn check(&self, args: &[&str], expected: Expect) {
        let shown = self.cluster.pedl(args).shown();
        let shown =
            shown.replace(&self.cluster.url(), "URL").replace(&*self.cluster.path("").to_string_lossy(), "DIR/");
        expected.assert_eq(&shown);
    }
}

#[test]
fn names() {
    let asked = Asked::new();
    let create = |name: &str, expected| asked.check(&["-u", "admin", "user", "create", name], expected);
    create(
        "ada",
        expect![[r#"
        exit 0
        --- stdout
        --- stderr
        pedl: created ada, with a blank password
    "#]],
    );
    create(
        "ada",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: a user `ada` exists already
    "#]],
    );
    create(
        "ADA",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: a user `ada` exists already
    "#]],
    );
    create(
        "",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: username: must be 1 to 64 of the characters a-z 0-9 . _ @ -
    "#]],
    );
    create(
        &"x".repeat(65),
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: username: must be 1 to 64 of the characters a-z 0-9 . _ @ -
    "#]],
    );
    create(
        "ada lovelace",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: username: must be 1 to 64 of the characters a-z 0-9 . _ @ -
    "#]],
    );
    create(
        "../etc/passwd",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: username: must be 1 to 64 of the characters a-z 0-9 . _ @ -
    "#]],
    );
    create(
        "ädä",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: username: must be 1 to 64 of the characters a-z 0-9 . _ @ -
    "#]],
    );
    create(
        "a\nb",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: username: must be 1 to 64 of the characters a-z 0-9 . _ @ -
    "#]],
    );
    let list = asked.cluster.json(&["user", "list"]);
    assert_eq!(list.as_array().unwrap().len(), 3, "nothing half-written: {list}");
}

#[test]
fn links() {
    let asked = Asked::new();
    let link = |target: &str, uid: &str, user: &str, expected| {
        let ids = ["--agent-uid", uid, "--agent-user", user, "--agent-gid", "1", "--agent-group", "lab"];
        asked.check(&[&["-u", "admin", "user", "link-with-agent-user", target], &ids[..]].concat(), expected);
    };
    link(
        "nobody-here",
        "1",
        "ada",
        expect![[r#"
        exit 4
        --- stdout
        --- stderr
        error: there is no user `nobody-here`: `pedl user list` names them all
    "#]],
    );
    link(
        "pedl",
        "2147483648",
        "ada",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: agent_user.uid: must be 0 to 2147483647, not 2147483648
    "#]],
    );
    link(
        "pedl",
        "-1",
        "ada",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: agent_user.uid: must be 0 to 2147483647, not -1
    "#]],
    );
    link(
        "pedl",
        "1",
        "a:b",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: agent_user.user: must be 1 to 32 of the characters a-z A-Z 0-9 _ . - and begin with a letter or _
    "#]],
    );
    link(
        "pedl",
        "1",
        "",
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: agent_user.user: must be 1 to 32 of the characters a-z A-Z 0-9 _ . - and begin with a letter or _
    "#]],
    );
    let plain = ["-u", "admin", "user", "link-with-agent-user", "pedl", "--agent-uid", "1", "--agent-user", "ada"];
    let groups = ["--agent-gid", "1", "--agent-group", "lab", "--agent-groups", "2001,2002,2001"];
    asked.check(
        &[&plain[..], &groups].concat(),
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: agent_user.supplementary_gids: must differ, and 2001 is there twice
    "#]],
    );
    asked.check(&["-u", "admin", "user", "link-with-agent-user", "pedl", "--agent-uid", "1"], expect![[r#"
        exit 2
        --- stdout
        --- stderr
        error: the following required arguments were not provided: --agent-user <NAME> --agent-gid <GID> --agent-group <NAME>: see `pedl user link-with-agent-user --help`
    "#]]);
}

#[test]
fn who_may_not() {
    let asked = Asked::new();
    asked.check(
        &["user", "create", "ada"],
        expect![[r#"
        exit 3
        --- stdout
        --- stderr
        error: only an administrator may do this
    "#]],
    );
    asked.check(
        &["agent", "create-token"],
        expect![[r#"
        exit 3
        --- stdout
        --- stderr
        error: only an administrator may do this
    "#]],
    );
    asked.check(
        &["-u", "stranger", "user", "whoami"],
        expect![[r#"
        exit 3
        --- stdout
        --- stderr
        error: cannot log in as stranger: no active account has this name and password
    "#]],
    );
    let mut forged = asked.cluster.command(&["user", "whoami"]);
    let shown = integration_tests::outcome(forged.env("PEDL_TOKEN", "pedl_forged")).shown();
    expect![[r#"
        exit 3
        --- stdout
        --- stderr
        error: the token of PEDL_TOKEN is refused: the token is not valid, or no longer
    "#]]
    .assert_eq(&shown);
}

#[test]
fn assets_that_are_not_there() {
    let asked = Asked::new();
    asked.check(
        &["command", "describe", "42"],
        expect![[r#"
        exit 4
        --- stdout
        --- stderr
        error: there is no asset 42
    "#]],
    );
    asked.check(
        &["command", "logs", "42"],
        expect![[r#"
        exit 4
        --- stdout
        --- stderr
        error: there is no asset 42
    "#]],
    );
    asked.check(
        &["command", "kill", "42"],
        expect![[r#"
        exit 4
        --- stdout
        --- stderr
        error: there is no asset 42
    "#]],
    );
}

#[test]
fn commands_that_cannot_be() {
    let asked = Asked::new();
    asked.check(
        &["command", "run"],
        expect![[r#"
        exit 2
        --- stdout
        --- stderr
        error: the following required arguments were not provided: <CMD>...: see `pedl command run --help`
    "#]],
    );
    asked.check(
        &["command", "run", "--", ""],
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: command.argv: must name a program to run
    "#]],
    );
    asked.check(
        &["command", "run", "--slots", "-1", "true"],
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: slots: must be 0 to 4096, not -1
    "#]],
    );
    asked.check(
        &["command", "run", "--image", "two words", "true"],
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: image: must be an image's name, without spaces, of at most 512 characters
    "#]],
    );
    asked.check(
        &["command", "run", "-v", "/data:/", "true"],
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: bind_mounts[0].container_path: must be a path in the container other than `/`
    "#]],
    );
    asked.check(&["command", "run", "-v", "/data:/data:ro,rslave", "true"], expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: bind_mounts[0].propagation: must be rprivate where the mount is read-only: what the host mounts later would be writable
    "#]]);
    asked.check(
        &["command", "run", "--memory", "1MiB", "true"],
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: memory: must be at least 6MiB (6291456 bytes)
    "#]],
    );
    asked.check(
        &["command", "run", "--cpus", "-1", "true"],
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: cpus: must be 0.01 to 4096
    "#]],
    );
    asked.check(
        &["command", "run", "--config", "add_capabilities=[ALL]", "true"],
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: add_capabilities[0]: must not be ALL: name each
    "#]],
    );
    asked.check(
        &["command", "run", "-v", "/a:/data", "-v", "/b:/data/", "true"],
        expect![[r#"
            exit 1
            --- stdout
            --- stderr
            error: bind_mounts[1].container_path: `/data/` is mounted twice
        "#]],
    );
    asked.check(
        &["command", "run", "--description", "two\nlines", "true"],
        expect![[r#"
        exit 1
        --- stdout
        --- stderr
        error: description: must be one line of at most 256 characters
    "#]],
    );
    fs::write(asked.cluster.path("broken.yaml"), "image: [").unwrap();
    asked.check(
        &["command", "run", "--config-file", "broken.yaml", "true"],
        expect![[r#"
        exit 2
        --- stdout
        --- stderr
        error: broken.yaml: image: invalid type: sequence, expected a string at line 1 column 8
    "#]],
    );
    fs::write(asked.cluster.path("unknown.yaml"), "imag: x").unwrap();
    asked.check(&["command", "run", "--config-file", "unknown.yaml", "true"], expect![[r#"
        exit 2
        --- stdout
        --- stderr
        error: unknown.yaml: unknown key `imag`, expected one of `description`, `resource_pool`, `image`, `slots`, `work_dir`, `environment_variables`, `bind_mount`, `bind_mounts`, `shm_size`, `memory`, `cpus`, `max_run_time`, `add_capabilities`, `read_only_root`
    "#]]);
    asked.check(&["command", "run", "--unknown", "true"], expect![[r#"
        exit 2
        --- stdout
        --- stderr
        error: unexpected argument '--unknown' found; tip: to pass '--unknown' as a value, use '-- --unknown': see `pedl command run --help`
    "#]]);
    let list = asked.cluster.json(&["command", "list", "-a"]);
    assert_eq!(list.as_array().unwrap().len(), 0, "nothing half-written: {list}");
}

#[test]
fn a_master_that_is_not_there() {
    let asked = Asked::new();
    asked.check(&["-m", "http://127.0.0.1:1", "command", "list"], expect![[r#"
        exit 5
        --- stdout
        --- stderr
        error: cannot reach the master at http://127.0.0.1:1 (Connection refused): is it running? name another with -m or PEDL_MASTER
    "#]]);
}

#[test]
fn a_dry_run_tells_what_a_run_would_and_starts_nothing() {
    let asked = Asked::new();
    for bad in [
        &["--slots", "-1", "true"][..],
        &["--image", "two words", "--memory", "1MiB", "true"],
        &["-v", "/a:/data", "-v", "/b:/data/", "true"],
        &["--", ""],
    ] {
        let run = |flags: &[&str]| asked.cluster.pedl(&[&["command", "run"], flags, bad].concat()).shown();
        assert!(run(&[]).starts_with("exit 1\n"));
        assert_eq!(run(&["--dry-run"]), run(&[]));
    }
    asked.check(
        &["command", "run", "--dry-run", "--config", "shm_size=1GiB", "-e", "A=1", "--", "python", "train.py"],
        expect![[r#"
            exit 0
            --- stdout
            description: python train.py
            resource_pool: default
            image: pedl-test/busybox:1
            slots: 1
            environment_variables:
              A: '1'
            shm_size: 1GiB
            read_only_root: false
            --- stderr
        "#]],
    );
    assert_eq!(asked.cluster.json(&["command", "list", "-a"]), serde_json::json!([]));
    assert_eq!(asked.cluster.detached(&["true"]), "1", "not even a number was taken");
}
