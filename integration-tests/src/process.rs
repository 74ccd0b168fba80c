//! Programs of the workspace, running.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A running program, whose output goes to a file. It is killed when this is dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, with its output in `log`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("the log can be written");
        let output = file.try_clone().expect("a descriptor can be cloned");
        let child = command.stdin(Stdio::null()).stdout(output).stderr(file).spawn();
        let child =
            child.unwrap_or_else(|error| panic!("{command:?} does not start: {error}: `cargo build --workspace`?"));
        Self { child, log: log.to_owned() }
    }

    /// What it has written.
    ///
    /// # Panics
    /// When its log cannot be read.
    pub fn output(&self) -> String {
        let bytes = std::fs::read(&self.log).expect("the log can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Its process id.
    ///
    /// # Panics
    /// Never: Linux's process ids fit.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id fits")
    }

    /// The memory that it holds, in MiB, with what it has mapped of files.
    ///
    /// # Panics
    /// When it is gone.
    pub fn resident_mib(&self) -> f64 {
        self.memory_mib("VmRSS:")
    }

    /// The memory that it holds, in MiB, without what it has mapped of files.
    ///
    /// # Panics
    /// When it is gone.
    pub fn anonymous_mib(&self) -> f64 {
        self.memory_mib("RssAnon:")
    }

    fn memory_mib(&self, line: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the process is there");
        let value = status.lines().find_map(|text| text.strip_prefix(line)).expect("Linux tells of it");
        let kib: f64 = value.trim().trim_end_matches(" kB").parse().expect("it is a number of KiB");
        kib / 1024.0
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// When it is gone.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("the process is there");
    }

    /// Waits for its end, and answers its exit code.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().expect("the process can be waited for").code()
    }

    /// Whether it has not ended.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the process can be asked").is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended on its own.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A program of the workspace, as the build of these tests left it.
///
/// # Panics
/// Never: a test program has a path.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test program has a path");
    // target/PROFILE/deps/TEST, or target/PROFILE/BENCH.
    let above = test.ancestors().skip(1).map(|dir| dir.join(name));
    above.take(2).find(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(name))
}
