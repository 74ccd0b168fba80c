//! The agent as a process.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::conditions::until;
use crate::fake_master::{FakeMaster, JOIN_TOKEN};

/// An agent's installation: its directory outlives its processes.
pub struct Agent {
    dir: TempDir,
    master: String,
    docker: String,
    child: Option<Child>,
}

impl Agent {
    /// Installs an agent and starts it.
    pub fn start(master: &FakeMaster) -> Self {
        Self::start_on(master, "unix:///var/run/docker.sock")
    }

    /// The same, with this Docker.
    pub fn start_on(master: &FakeMaster, docker: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("token"), format!("{JOIN_TOKEN}\n")).unwrap();
        let mut agent = Self { dir, master: master.url(), docker: docker.into(), child: None };
        agent.start_again();
        agent
    }

    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "one process at a time");
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        self.child = Some(self.command().stderr(log).spawn().unwrap());
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pedl-agent"));
        command.args(["--master", &self.master, "--docker", &self.docker, "--name", "n1", "--slots", "4"]);
        command.arg("--data-dir").arg(self.data_dir()).arg("--token-file").arg(self.dir.path().join("token"));
        command.env("PEDL_LOG", "pedl_agent=debug,info").stdin(Stdio::null());
        command
    }

    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
    }

    pub fn signal(&mut self, signal: Signal) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
        child.wait().unwrap()
    }

    /// Waits until the agent has logged something.
    pub async fn logged(&self, text: &str) {
        until(&format!("{text:?} is logged"), async || self.log().contains(text)).await;
    }

    /// Where the agent keeps what belongs to a task.
    pub fn task_dir(&self, task: &str) -> PathBuf {
        self.data_dir().join("tasks").join(task)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("the agent's log:\n{}", self.log());
        }
    }
}
