//! Wrong words, help, and a master that is not there.

use std::process::Stdio;

use expect_test::{expect, expect_file};

use crate::fake_master::FakeMaster;
use crate::pedl::Pedl;

/// Port 1 is nobody's.
fn without_master() -> Pedl {
    Pedl::at("http://127.0.0.1:1")
}

#[test]
fn help_of_every_command() {
    let pedl = without_master();
    let commands = [
        "",
        "user",
        "user login",
        "user logout",
        "user whoami",
        "user list",
        "user create",
        "user change-password",
        "user activate",
        "user deactivate",
        "user edit",
        "user sessions",
        "user sessions list",
        "user sessions revoke",
        "user link-with-agent-user",
        "token",
        "token create",
        "token list",
        "token revoke",
        "command",
        "command run",
        "command list",
        "command describe",
        "command config",
        "command events",
        "command logs",
        "command kill",
        "experiment",
        "experiment list",
        "notebook",
        "tensorboard",
        "agent",
        "agent list",
        "agent queue",
        "agent enable",
        "agent disable",
        "agent create-token",
        "master",
        "master info",
        "master audit",
        "completion",
    ];
    let mut help = String::new();
    for command in commands {
        let mut words: Vec<_> = command.split_whitespace().collect();
        words.push("--help");
        help += &format!("$ pedl {}\n{}\n", words.join(" "), pedl.stdout(&words));
    }
    expect_file!["help.txt"].assert_eq(&help);
}

#[test]
fn version() {
    without_master().check(
        &["--version"],
        expect![[r#"
        exit 0
        --- stdout
        pedl 0.1.0
    "#]],
    );
}

#[test]
fn no_words_print_help_and_are_wrong() {
    for words in [&[][..], &["user"], &["command"]] {
        let output = without_master().run(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Usage: pedl"), "{words:?}");
    }
}

#[test]
fn wrong_words() {
    let pedl = without_master();
    pedl.check(
        &["--colour", "user", "list"],
        expect![[r#"
            exit 2
            --- stderr
            error: unexpected argument '--colour' found: see `pedl --help`
        "#]],
    );
    pedl.check(
        &["user", "frobnicate"],
        expect![[r#"
            exit 2
            --- stderr
            error: unrecognized subcommand 'frobnicate': see `pedl user --help`
        "#]],
    );
    pedl.check(
        &["-m", "ftp://m", "user", "list"],
        expect![[r#"
            exit 2
            --- stderr
            error: invalid value 'ftp://m' for '--master <URL>': give http://HOST:PORT, https://HOST:PORT or HOST:PORT
        "#]],
    );
    pedl.check(
        &["-o", "xml", "user", "list"],
        expect![[r#"
            exit 2
            --- stderr
            error: invalid value 'xml' for '--output <FORMAT>' [possible values: table, json, yaml, csv]; tip: a similar value exists: 'yaml'
        "#]],
    );
    pedl.check(
        &["command", "logs", "train"],
        expect![[r#"
            exit 2
            --- stderr
            error: invalid value 'train' for '<ID>': give its number, as `list` shows it
        "#]],
    );
    pedl.check(
        &["command", "logs", "1", "--since", "yesterday"],
        expect![[r#"
            exit 2
            --- stderr
            error: invalid value 'yesterday' for '--since <WHEN>': give how long ago (10m, 2h, 3d) or a time like TIME
        "#]],
    );
    pedl.check(
        &["command", "kill"],
        expect![[r#"
            exit 2
            --- stderr
            error: the following required arguments were not provided: <ID>...: see `pedl command kill --help`
        "#]],
    );
    pedl.check(
        &["user", "login"],
        expect![[r#"
        exit 2
        --- stderr
        error: whom shall I log in? `pedl user login NAME`
    "#]],
    );
    pedl.check(&["user", "edit", "ada"], expect![[r#"
        exit 2
        --- stderr
        error: the following required arguments were not provided: <--username <NAME>|--display-name <NAME>|--admin <BOOL>>: see `pedl user edit --help`
    "#]]);
    pedl.check(
        &["user", "edit", "ada", "--admin", "yes"],
        expect![[r#"
        exit 2
        --- stderr
        error: invalid value 'yes' for '--admin <BOOL>' [possible values: true, false]
    "#]],
    );
    pedl.check(&["user", "change-password", "ada"], expect![[r#"
        exit 2
        --- stderr
        error: there is no terminal to ask for the new password: give it in PEDL_NEW_PASSWORD or with --new-password-stdin
    "#]]);
    pedl.check(
        &["master", "audit", "--limit", "0"],
        expect![[r#"
        exit 2
        --- stderr
        error: invalid value '0' for '--limit <N>': 0 is not in 1..=4294967295
    "#]],
    );
    pedl.check(
        &["user", "link-with-agent-user", "ada", "--agent-uid", "7"],
        expect![[r#"
            exit 2
            --- stderr
            error: the following required arguments were not provided: --agent-user <NAME> --agent-gid <GID> --agent-group <NAME>: see `pedl user link-with-agent-user --help`
        "#]],
    );
    let link = ["user", "link-with-agent-user", "ada", "--agent-groups"];
    pedl.check(
        &[&link[..], &["2001,team"]].concat(),
        expect![[r#"
            exit 2
            --- stderr
            error: invalid value 'team' for '--agent-groups <GID,GID>': give ids of groups, such as 2001,2002
        "#]],
    );
    for umask in ["1000", "0o27", "8", "", "00027", "+27", "-1"] {
        let output = pedl.run(&["user", "link-with-agent-user", "ada", &format!("--agent-umask={umask}")]);
        let shown = pedl.show(&output);
        assert!(shown.contains("give octal digits up to 0777, such as 0027"), "{umask}: {shown}");
    }
    pedl.check(
        &["user", "link-with-agent-user", "ada", "--agent-umask", "999"],
        expect![[r#"
            exit 2
            --- stderr
            error: invalid value '999' for '--agent-umask <UMASK>': give octal digits up to 0777, such as 0027
        "#]],
    );
    pedl.check(
        &["agent", "create-token", "--lifetime", "soon"],
        expect![[r#"
            exit 2
            --- stderr
            error: invalid value 'soon' for '--lifetime <DURATION>': give a length of time like 30m, 24h or 7d
        "#]],
    );
}

#[test]
fn wrong_commands_to_run() {
    let pedl = without_master();
    pedl.check(
        &["command", "run"],
        expect![[r#"
            exit 2
            --- stderr
            error: the following required arguments were not provided: <CMD>...: see `pedl command run --help`
        "#]],
    );
    pedl.check(&["command", "run", "-v", "/data", "true"], expect![[r#"
        exit 2
        --- stderr
        error: invalid value '/data' for '--volume <HOST:CONTAINER[:OPTIONS]>': give HOST:CONTAINER, or HOST:CONTAINER:OPTIONS such as /data:/data:ro
    "#]]);
    pedl.check(&["command", "run", "-v", "/data:/data:ro,shared", "true"], expect![[r#"
        exit 2
        --- stderr
        error: invalid value '/data:/data:ro,shared' for '--volume <HOST:CONTAINER[:OPTIONS]>': `shared` is not taken: give ro or rw, and rprivate or rslave, with a comma
    "#]]);
    pedl.check(&["command", "run", "-v", "/data:/data:ro,rw", "true"], expect![[r#"
        exit 2
        --- stderr
        error: invalid value '/data:/data:ro,rw' for '--volume <HOST:CONTAINER[:OPTIONS]>': `ro,rw`: give one of ro and rw, and one of rprivate and rslave
    "#]]);
    pedl.check(
        &["command", "run", "--memory", "lots", "true"],
        expect![[r#"
        exit 2
        --- stderr
        error: invalid value 'lots' for '--memory <SIZE>': give bytes, or a size like 64MiB or 4GiB
    "#]],
    );
    pedl.check(
        &["command", "run", "--cpus", "all", "true"],
        expect![[r#"
            exit 2
            --- stderr
            error: invalid value 'all' for '--cpus <N>': give a number, such as 2 or 1.5
        "#]],
    );
    pedl.check(
        &["command", "run", "-e", "DEBUG", "true"],
        expect![[r#"
            exit 2
            --- stderr
            error: invalid value 'DEBUG' for '--env <NAME=VALUE>': give NAME=VALUE
        "#]],
    );
    pedl.check(&["command", "run", "--config", "imge=x", "true"], expect![[r#"
        exit 2
        --- stderr
        error: invalid value 'imge=x' for '--config <KEY=VALUE>': unknown key `imge`, expected one of `description`, `resource_pool`, `image`, `slots`, `work_dir`, `environment_variables`, `bind_mount`, `bind_mounts`, `shm_size`, `memory`, `cpus`, `max_run_time`, `add_capabilities`, `read_only_root`
    "#]]);
    pedl.check(
        &["command", "run", "--config-file", "absent.yaml", "true"],
        expect![[r#"
        exit 2
        --- stderr
        error: cannot read absent.yaml: No such file or directory (os error 2)
    "#]],
    );
    pedl.write("unknown.yaml", "image: a\nbind_mount:\n  - host: /data\n");
    pedl.check(
        &["command", "run", "--config-file", "unknown.yaml", "true"],
        expect![[r#"
            exit 2
            --- stderr
            error: unknown.yaml: bind_mount[0]: unknown key `host`, expected one of `host_path`, `container_path`, `read_only`, `propagation` at line 3 column 5
        "#]],
    );
    pedl.write("malformed.yaml", "image: 'a\nslots: 1\n");
    pedl.check(
        &["command", "run", "--config-file", "malformed.yaml", "true"],
        expect![[r#"
            exit 2
            --- stderr
            error: malformed.yaml: found unexpected end of stream at line 3 column 1, while scanning a quoted scalar at line 1 column 8
        "#]],
    );
}

#[test]
fn a_master_out_of_reach() {
    let pedl = without_master();
    pedl.check(&["user", "list"], expect![[r#"
        exit 5
        --- stderr
        error: cannot reach the master at MASTER (Connection refused): is it running? name another with -m or PEDL_MASTER
    "#]]);
    pedl.check(&["master", "info"], expect![[r#"
        exit 5
        --- stderr
        error: cannot reach the master at MASTER (Connection refused): is it running? name another with -m or PEDL_MASTER
    "#]]);
    pedl.check(&["command", "run", "true"], expect![[r#"
        exit 5
        --- stderr
        error: cannot reach the master at MASTER (Connection refused): is it running? name another with -m or PEDL_MASTER
    "#]]);
    assert_eq!(pedl.kept(), "nothing");
}

#[test]
fn a_port_where_something_else_answers() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let pedl = Pedl::at(&format!("http://{}", listener.local_addr().unwrap()));
    std::thread::spawn(move || {
        use std::io::Write as _;
        for stream in listener.incoming() {
            let _ = stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let output = pedl.run(&["user", "list"]);
    assert_eq!(output.status.code(), Some(5), "{}", pedl.show(&output));
}

#[test]
fn options_go_before_and_after_the_words() {
    let master = FakeMaster::start();
    let nowhere = without_master();
    let url = master.url();
    assert_eq!(nowhere.stdout(&["-m", &url, "user", "whoami"]), "pedl\n");
    assert_eq!(nowhere.stdout(&["user", "whoami", "--master", url.trim_start_matches("http://")]), "pedl\n");
    // An option on the command line goes before the environment.
    let output = nowhere.command(&["-m", &url, "user", "whoami"]).env("PEDL_USER", "admin").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "admin\n");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    for words in [&["completion", "bash"][..], &["user", "list"]] {
        let mut command = pedl.command(words);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(pedl.show(&output), "exit 0\n", "{words:?}");
    }
}

#[test]
fn completion_scripts() {
    let pedl = without_master();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(pedl.stdout(&["completion", shell]).contains("link-with-agent-user"), "{shell}");
    }
}

#[test]
fn nothing_is_coloured_without_a_terminal() {
    let output = without_master().run(&["user", "frobnicate"]);
    assert!(!output.stderr.contains(&0x1b));
}
