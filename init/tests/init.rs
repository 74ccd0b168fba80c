//! The program itself, as it is started in a container: it is not the first process here, but where a test says so.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pedl_init::Note;
use tempfile::TempDir;

const INIT: &str = env!("CARGO_BIN_EXE_pedl-init");

struct Noted {
    dir: TempDir,
}

impl Noted {
    fn new() -> Self {
        let noted = Self { dir: tempfile::tempdir().unwrap() };
        let file = OpenOptions::new().write(true).create_new(true).open(noted.path()).unwrap();
        pedl_init::blank(&file).unwrap();
        noted
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("note")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(INIT);
        command.arg(self.path()).args(words);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn note(&self) -> Option<Note> {
        pedl_init::read(&File::open(self.path()).unwrap()).unwrap()
    }

    fn code(&self) -> i32 {
        match self.note() {
            Some(Note::Ended { code, .. }) => code,
            other => panic!("{other:?}"),
        }
    }
}

/// Started, and the program has written a line.
fn begun(command: &mut Command) -> Child {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    child
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
}

#[test]
fn it_ends_as_the_program_ends() {
    for code in [0, 1, 41, 126, 255] {
        let noted = Noted::new();
        let output = noted.run(&["-", "sh", "-c", &format!("echo out; exit {code}")]);
        assert_eq!((output.status.code(), noted.code()), (Some(code), code));
        assert_eq!(output.stdout, b"out\n");
    }
    for name in ["KILL", "SEGV", "RTMIN"] {
        let noted = Noted::new();
        let output = noted.run(&["-", "bash", "-c", &format!("kill -{name} $$")]);
        assert_eq!(output.status.code(), Some(noted.code()), "{name}");
        assert!(noted.code() > 128, "{name}");
    }
}

#[test]
fn what_cannot_be_run_is_noted() {
    // The last is no program: its note.
    for (program, code, errno) in [("no-such-program", 127, 2), ("/", 126, 13), ("./note", 126, 13)] {
        let noted = Noted::new();
        let output = noted.command(&["-", program]).current_dir(noted.dir.path()).output().unwrap();
        assert_eq!((output.status.code(), noted.note()), (Some(code), Some(Note::Unable { errno })), "{program}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(program));
    }
}

#[test]
fn a_program_runs_once() {
    let noted = Noted::new();
    assert_eq!(noted.run(&["-", "sh", "-c", "exit 3"]).status.code(), Some(3));
    let before = noted.note();
    let again = noted.run(&["-", "sh", "-c", "echo again"]);
    assert_eq!((again.status.code(), again.stdout.as_slice(), noted.note()), (Some(255), &b""[..], before));
}

#[test]
fn nothing_runs_that_cannot_be_noted() {
    let noted = Noted::new();
    std::fs::remove_file(noted.path()).unwrap();
    let output = noted.run(&["-", "echo", "out"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(255), &b""[..]));
}

#[test]
fn the_program_is_sent_what_it_is_sent() {
    let noted = Noted::new();
    let script = "n=5; trap 'exit $n' TERM; trap 'n=6' USR1; echo begun; while :; do sleep 0.05; done";
    let mut child = begun(&mut noted.command(&["-", "sh", "-c", script]));
    signal(&child, Signal::SIGUSR1);
    signal(&child, Signal::SIGTERM);
    assert_eq!((child.wait().unwrap().code(), noted.code()), (Some(6), 6));
}

#[test]
fn a_program_without_handlers_ends_by_the_signal() {
    let noted = Noted::new();
    let mut child = begun(&mut noted.command(&["-", "sh", "-c", "echo begun; exec sleep 1000"]));
    signal(&child, Signal::SIGTERM);
    assert_eq!((child.wait().unwrap().code(), noted.code()), (Some(128 + 15), 128 + 15));
}

/// What a program is started with must not depend on what started it.
#[test]
fn the_program_has_no_signals_blocked_or_ignored() {
    // But for what this test's own caller has ignored.
    let ignored = |output: Output| {
        let text = String::from_utf8(output.stdout).unwrap();
        let (blocked, ignored) = text.trim().split_once('\n').unwrap();
        assert_eq!(blocked, "SigBlk:\t0000000000000000");
        u64::from_str_radix(ignored.strip_prefix("SigIgn:\t").unwrap(), 16).unwrap()
    };
    let look = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"];
    let plain = ignored(Command::new(look[0]).args(&look[1..]).output().unwrap());
    let below = ignored(Noted::new().run(&["-", look[0], look[1], look[2], look[3]]));
    assert_eq!(below & !plain, 0, "{below:x}");
}

#[test]
fn a_killed_one_leaves_no_end() {
    let noted = Noted::new();
    let mut child = begun(&mut noted.command(&["-", "sh", "-c", "echo begun; exec sleep 1"]));
    signal(&child, Signal::SIGKILL);
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    assert!(matches!(noted.note(), Some(Note::Began { .. })), "{:?}", noted.note());
}

#[test]
fn the_umask_is_set() {
    for (umask, seen) in [("0027", "0027\n"), ("0777", "0777\n"), ("-", "0022\n")] {
        let noted = Noted::new();
        let mut command = Command::new("sh");
        command.args(["-c", "umask 0022; exec \"$@\"", "sh", INIT]).arg(noted.path());
        let output = command.args([umask, "sh", "-c", "umask"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), seen);
    }
}

/// As the first process of its namespace, as in a container: processes whose parents have ended become its own.
#[test]
fn orphans_do_not_stay() {
    let noted = Noted::new();
    // Its parent ends before it does; in the end there are these two, and none that nobody took leave of.
    let script = "(exec sleep 0.1 &); until set -- /proc/[0-9]*; [ $# = 2 ]; do :; done; exit 7";
    let mut command = Command::new("timeout");
    command
        .args(["30", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", INIT])
        .arg(noted.path())
        .args(["-", "bash", "-c", script]);
    let output = command.output().unwrap();
    assert_eq!((output.status.code(), noted.code()), (Some(7), 7), "{}", String::from_utf8_lossy(&output.stderr));
}
