//! The first process of a task's container. It runs the program, hands it the signals that it is sent itself, takes
//! leave of processes that lost their parents, and ends as the program ends. Before and after, it notes so on a file of
//! the agent's (`pedl_init`).
//!
//! `pedl-init NOTE UMASK PROGRAM [ARGUMENT …]`: the umask is octal, or `-` where there is none to set.
//!
//! A container that is started a second time, by whomever, runs nothing.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::unistd::Pid;
use pedl_init::Note;
use rustix::process::{WaitOptions, WaitStatus, wait};
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::Signals;

/// What people and programs send each other (signal(7)). The others tell a process of itself.
const HANDED_ON: [i32; 10] = [SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH];

/// What a shell ends with for a program that cannot be run, and for one that is not there (POSIX, 2.8.2).
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;

/// For what is no end of the program: how that ended, the note tells.
const NOT_KNOWN: u8 = 255;

fn main() -> ExitCode {
    // Before all else: the first process of a container is spared what it does not ask for.
    let mut signals = match Signals::new(HANDED_ON.iter().chain(&[SIGCHLD])) {
        Ok(signals) => signals,
        Err(error) => return fail(NOT_KNOWN, &format!("signals cannot be waited for: {error}")),
    };
    let mut arguments = env::args_os().skip(1);
    let (Some(note), Some(umask), Some(program)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return fail(NOT_KNOWN, "usage: pedl-init NOTE UMASK PROGRAM [ARGUMENT …]");
    };
    set_umask(&umask);
    let file = match File::options().read(true).write(true).open(&note) {
        Ok(file) => file,
        Err(error) => return fail(NOT_KNOWN, &format!("{}: {error}", note.display())),
    };
    match pedl_init::read(&file) {
        Ok(Some(Note::Blank)) => {}
        Ok(_) => return fail(NOT_KNOWN, "the program has run before: it is not run again"),
        Err(error) => return fail(NOT_KNOWN, &format!("{}: {error}", note.display())),
    }
    if let Err(error) = pedl_init::begin(&file) {
        return fail(NOT_KNOWN, &format!("it cannot be noted that the program begins: {error}"));
    }
    // A group of its own: what a program sends its whole group is not for this process.
    match Command::new(&program).args(arguments).process_group(0).spawn() {
        Ok(child) => {
            let code = attend(child.id().cast_signed(), &mut signals);
            tell(pedl_init::end(&file, code.into()));
            ExitCode::from(code)
        }
        Err(error) => {
            let errno = error.raw_os_error().unwrap_or_default();
            tell(pedl_init::unable(&file, errno));
            let code = if errno == Errno::ENOENT as i32 { NOT_FOUND } else { CANNOT_RUN };
            fail(code, &format!("cannot run {:?}: {error}", program.display().to_string()))
        }
    }
}

/// Until the program has ended. Answers what to end with: its exit code, or 128+N where signal N ended it.
fn attend(program: i32, signals: &mut Signals) -> u8 {
    for signal in signals.forever() {
        if signal != SIGCHLD {
            // It may have ended just now.
            let _ = Signal::try_from(signal).and_then(|signal| kill(Pid::from_raw(program), signal));
        } else if let Some(code) = reap(program) {
            return code;
        }
    }
    NOT_KNOWN
}

/// Takes leave of all that have ended. One signal may stand for many of them.
fn reap(program: i32) -> Option<u8> {
    let mut code = None;
    while let Ok(Some((ended, status))) = wait(WaitOptions::NOHANG) {
        if ended.as_raw_nonzero().get() == program {
            code = Some(code_of(status));
        }
    }
    code
}

fn code_of(status: WaitStatus) -> u8 {
    let code = status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal));
    code.and_then(|code| code.try_into().ok()).unwrap_or(NOT_KNOWN)
}

/// What is no umask leaves it as it is.
fn set_umask(text: &OsStr) {
    let bits = text.to_str().and_then(|text| u32::from_str_radix(text, 8).ok());
    if let Some(mode) = bits.and_then(Mode::from_bits) {
        umask(mode);
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    eprintln!("pedl: {message}");
    ExitCode::from(code)
}

/// The program has ended all the same.
fn tell(noted: io::Result<()>) {
    if let Err(error) = noted {
        eprintln!("pedl: how the program ended cannot be noted: {error}");
    }
}
