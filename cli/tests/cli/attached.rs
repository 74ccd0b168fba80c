//! `command run`, staying until the end: exit codes, output byte by byte, masters that go away, signals.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Stdio};

use expect_test::expect;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pedl_proto::v1::{AssetState, LogSource};

use crate::fake_master::{FakeMaster, Script};
use crate::pedl::Pedl;

/// Runs a command that does what the script says.
fn run(script: Script) -> String {
    let master = FakeMaster::start();
    master.state().script = script;
    let pedl = Pedl::new(&master);
    pedl.show(&pedl.run(&["command", "run", "--", "sh", "-c", "…"]))
}

#[test]
fn the_exit_code_is_the_commands_own() {
    expect![[r#"
        exit 0
        --- stderr
        pedl: command 42
    "#]]
    .assert_eq(&run(Script::exits(0, &[])));
    expect![[r#"
        exit 7
        --- stderr
        pedl: command 42
    "#]]
    .assert_eq(&run(Script::exits(7, &[])));
}

#[test]
fn other_ends() {
    expect![[r#"
        exit 125
        --- stderr
        pedl: command 42
        pedl: command 42 could not start: no such image: pyhton
    "#]]
    .assert_eq(&run(Script::ends(AssetState::Failed, None, "no such image: pyhton")));
    expect![[r#"
        exit 125
        --- stderr
        pedl: command 42
        pedl: command 42: killed by admin
    "#]]
    .assert_eq(&run(Script::ends(AssetState::Killed, Some(143), "killed by admin")));
    expect![[r#"
        exit 125
        --- stderr
        pedl: command 42
        pedl: lost: node-1 is out of reach
        pedl: command 42 is lost; should its agent return: `pedl command logs -f 42`
    "#]]
    .assert_eq(&run(Script::ends(AssetState::Lost, None, "node-1 is out of reach")));
}

#[test]
fn output_goes_where_the_command_sent_it() {
    expect![[r#"
        exit 0
        --- stdout
        to stdout
        no newline--- stderr
        pedl: command 42
        pedl: pulling the image
        to stderr
    "#]]
    .assert_eq(&run(Script::exits(
        0,
        &[
            (LogSource::System, b"pulling the image\n"),
            (LogSource::Stdout, b"to stdout\n"),
            (LogSource::Stderr, b"to stderr\n"),
            (LogSource::Stdout, b"no newline"),
        ],
    )));
}

#[test]
fn output_is_not_touched() {
    let master = FakeMaster::start();
    master.state().script =
        Script::exits(0, &[(LogSource::Stdout, b"\xff\0\x1b[1m"), (LogSource::Stdout, b"\r\n\xe2")]);
    let output = Pedl::new(&master).run(&["command", "run", "cat"]);
    assert_eq!(output.stdout, b"\xff\0\x1b[1m\r\n\xe2");
}

#[test]
fn a_run_costs_four_calls_and_the_first_one_a_login() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    pedl.run(&["command", "run", "true"]);
    assert_eq!(master.state().take_calls(), ["Login", "CreateAsset", "ReadLogs", "GetAsset"]);
    pedl.run(&["command", "run", "true"]);
    assert_eq!(master.state().take_calls(), ["CreateAsset", "ReadLogs", "GetAsset"]);
}

#[test]
fn requests_carry_ids_of_their_own() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    pedl.check(
        &["command", "run", "-d", "true"],
        expect![[r#"
        exit 0
        --- stdout
        42
    "#]],
    );
    pedl.check(
        &["command", "run", "-d", "true"],
        expect![[r#"
        exit 0
        --- stdout
        43
    "#]],
    );
    let state = master.state();
    let [first, second] = [&state.assets[0].request_id, &state.assets[1].request_id];
    assert!(first.len() == 36 && first != second, "{first} {second}");
}

#[test]
fn words_after_the_program_are_its_own() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    pedl.stdout(&["command", "run", "-d", "python", "-u", "train.py", "-v", "--output", "x", "--", "-d"]);
    let shown = pedl.stdout(&["command", "describe", "42"]);
    assert!(shown.contains("python -u train.py -v --output x -- -d\n"), "{shown}");
}

/// A run whose command goes on until the test releases it.
struct Attached {
    master: FakeMaster,
    pedl: Pedl,
    child: Child,
    stdout: BufReader<Box<dyn Read>>,
    stderr: BufReader<Box<dyn Read>>,
}

impl Attached {
    fn start(script: Script) -> Self {
        let master = FakeMaster::start();
        master.state().script = script;
        let pedl = Pedl::new(&master);
        let mut command = pedl.command(&["command", "run", "sh"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout: Box<dyn Read> = Box::new(child.stdout.take().unwrap());
        let stderr: Box<dyn Read> = Box::new(child.stderr.take().unwrap());
        let mut run = Self { master, pedl, child, stdout: BufReader::new(stdout), stderr: BufReader::new(stderr) };
        assert_eq!(run.next_stderr(), "pedl: command 42\n");
        run
    }

    fn next_stdout(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    fn next_stderr(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        self.pedl.steady(&line)
    }

    fn release(&self, entries: usize) {
        self.master.state().command(42).unwrap().released.send_replace(entries);
    }

    /// Waits for the end and tells the exit code and what else was said.
    fn end(mut self) -> String {
        let code = self.child.wait().unwrap().code();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        self.stderr.read_to_string(&mut rest).unwrap();
        format!("exit {code:?}\n{}", self.pedl.steady(&rest))
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }
}

#[test]
fn a_master_that_restarts_loses_and_repeats_nothing() {
    let log = [(LogSource::Stdout, &b"one\n"[..]), (LogSource::Stdout, b"two\n"), (LogSource::Stdout, b"three\n")];
    let mut run = Attached::start(Script { released: 2, ..Script::exits(7, &log) });
    assert_eq!((run.next_stdout(), run.next_stdout()), ("one\n".into(), "two\n".into()));
    run.master.stop();
    let away = run.next_stderr();
    assert!(away.starts_with("pedl: the master is away"), "{away}");
    run.release(usize::MAX);
    run.master.serve();
    assert_eq!(run.next_stderr(), "pedl: the master is back\n");
    assert_eq!(run.end(), "exit Some(7)\nthree\n");
}

#[test]
fn waiting_is_explained() {
    let state_meanwhile = (AssetState::Queued, "no agent has a free slot");
    let mut run = Attached::start(Script { released: 0, state_meanwhile, ..Script::exits(0, &[]) });
    assert_eq!(run.next_stderr(), "pedl: queued: no agent has a free slot\n");
    {
        let mut state = run.master.state();
        let asset = &mut state.command(42).unwrap().asset;
        asset.state = AssetState::Running.into();
        asset.state_reason.clear();
    }
    assert_eq!(run.next_stderr(), "pedl: running on node-1\n");
    run.release(usize::MAX);
    assert_eq!(run.end(), "exit Some(0)\n");
}

#[test]
fn killing_it_ends_the_run() {
    let mut run = Attached::start(Script { released: 1, ..Script::exits(0, &[(LogSource::Stdout, b"one\n")]) });
    run.next_stdout();
    run.pedl.check(
        &["command", "kill", "42"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: command 42: KILLED
    "#]],
    );
    expect![[r#"
        exit Some(125)
        pedl: command 42: killed by ada
    "#]]
    .assert_eq(&run.end());
}

#[test]
fn a_lost_command_does_not_keep_its_reader() {
    let state_meanwhile = (AssetState::Lost, "node-1 is out of reach");
    let run = Attached::start(Script { released: 0, state_meanwhile, ..Script::exits(0, &[]) });
    expect![[r#"
        exit Some(125)
        pedl: lost: node-1 is out of reach
        pedl: command 42 is lost; should its agent return: `pedl command logs -f 42`
    "#]]
    .assert_eq(&run.end());
}

#[test]
fn signals_detach() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let mut run = Attached::start(Script { released: 1, ..Script::exits(0, &[(LogSource::Stdout, b"one\n")]) });
        run.next_stdout();
        run.signal(signal);
        let want = "pedl: command 42 goes on; see it: `pedl command logs -f 42`; end it: `pedl command kill 42`\n";
        assert_eq!(run.end(), format!("exit Some({code})\n{want}"));
    }
}

#[test]
fn a_session_that_ends_meanwhile_is_renewed() {
    let log = [(LogSource::Stdout, &b"one\n"[..])];
    let mut run = Attached::start(Script { released: 1, ..Script::exits(0, &log) });
    run.next_stdout();
    run.master.state().end_sessions();
    run.release(usize::MAX);
    assert_eq!(run.end(), "exit Some(0)\n");
}

#[test]
fn a_reader_that_leaves_detaches() {
    let log = [(LogSource::Stdout, &b"one\n"[..]), (LogSource::Stdout, b"two\n")];
    let mut run = Attached::start(Script { released: 1, ..Script::exits(0, &log) });
    run.next_stdout();
    run.stdout = BufReader::new(Box::new(std::io::empty()));
    run.release(2);
    let want = "pedl: command 42 goes on; see it: `pedl command logs -f 42`; end it: `pedl command kill 42`\n";
    assert_eq!(run.end(), format!("exit Some(0)\n{want}"));
}
