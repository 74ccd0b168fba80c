//! The agent as a process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::conditions::until;
use crate::fake_master::{FakeMaster, JOIN_TOKEN};

/// Where Debian's libfaketime is.
const FAKETIME: &str = "/usr/$LIB/faketime/libfaketime.so.1";

const DOCKER: &str = "unix:///var/run/docker.sock";

/// What is mounted below a directory of the tests', whose paths hold nothing that would be escaped.
pub fn mounted_below(dir: &Path) -> Vec<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let below = format!("{}/", dir.canonicalize().unwrap().display());
    let places = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    places.filter(|place| place.starts_with(&below)).map(ToOwned::to_owned).collect()
}

/// An agent's installation: its directory outlives its processes.
pub struct Agent {
    /// There until this is dropped.
    dir: Option<TempDir>,
    master: String,
    docker: String,
    /// What starts the program, and has it less than it was.
    through: &'static [&'static str],
    /// How far its clock is off.
    clock: Option<String>,
    child: Option<Child>,
}

impl Agent {
    /// Installs an agent and starts it.
    pub fn start(master: &FakeMaster) -> Self {
        Self::start_on(master, DOCKER)
    }

    /// The same, with this Docker.
    pub fn start_on(master: &FakeMaster, docker: &str) -> Self {
        let mut agent = Self::install(master, docker);
        agent.start_again();
        agent
    }

    /// The same, with this agent.yaml.
    pub fn start_with(master: &FakeMaster, yaml: &str) -> Self {
        let mut agent = Self::install(master, DOCKER);
        std::fs::write(agent.config_file(), yaml).unwrap();
        agent.start_again();
        agent
    }

    /// The same, in a mount namespace of its own.
    pub fn start_apart(master: &FakeMaster) -> Self {
        Self::start_through(master, &["unshare", "--mount", "--"])
    }

    /// The same, not allowed to change the machine's network.
    pub fn start_without_net_admin(master: &FakeMaster) -> Self {
        Self::start_through(master, &["setpriv", "--bounding-set=-net_admin", "--"])
    }

    /// The same, with few descriptors.
    pub fn start_with_few_descriptors(master: &FakeMaster) -> Self {
        Self::start_through(master, &["prlimit", "--nofile=200", "--"])
    }

    /// The same, on a machine whose clock is off by so much (`-5h`, as libfaketime has it). The kernel's own are right.
    pub fn start_at(master: &FakeMaster, offset: &str) -> Self {
        let mut agent = Self::install(master, DOCKER);
        agent.clock = Some(offset.into());
        agent.start_again();
        agent
    }

    fn start_through(master: &FakeMaster, through: &'static [&'static str]) -> Self {
        let mut agent = Self::install(master, DOCKER);
        agent.through = through;
        agent.start_again();
        agent
    }

    fn install(master: &FakeMaster, docker: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("token"), format!("{JOIN_TOKEN}\n")).unwrap();
        std::fs::write(dir.path().join("agent.yaml"), "").unwrap();
        Self { dir: Some(dir), master: master.url(), docker: docker.into(), through: &[], clock: None, child: None }
    }

    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "one process at a time");
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        self.child = Some(self.command().stderr(log).spawn().unwrap());
    }

    /// The same, after the machine's clock was set to be off by so much.
    pub fn start_again_at(&mut self, offset: &str) {
        self.clock = Some(offset.into());
        self.start_again();
    }

    pub fn command(&self) -> Command {
        let program = env!("CARGO_BIN_EXE_pedl-agent");
        let mut words = self.through.iter().copied().chain([program]);
        let mut command = Command::new(words.next().expect("the program, if no other"));
        command.args(words);
        command.args(["--master", &self.master, "--docker", &self.docker, "--name", "n1", "--slots", "4"]);
        command.arg("--data-dir").arg(self.data_dir()).arg("--token-file").arg(self.dir().join("token"));
        command.arg("--config").arg(self.config_file());
        if let Some(offset) = &self.clock {
            command.env("LD_PRELOAD", FAKETIME).env("FAKETIME", offset).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        command.env("PEDL_LOG", "pedl_agent=debug,info").stdin(Stdio::null());
        command
    }

    pub fn data_dir(&self) -> PathBuf {
        self.dir().join("data")
    }

    fn dir(&self) -> &Path {
        self.dir.as_ref().expect("it is there").path()
    }

    fn config_file(&self) -> PathBuf {
        self.dir().join("agent.yaml")
    }

    fn log_file(&self) -> PathBuf {
        self.dir().join("log")
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
        // An agent that was killed may have left mounts: removing the directory would empty what is mounted.
        for place in mounted_below(self.dir()) {
            let _ = rustix::mount::unmount(place, rustix::mount::UnmountFlags::DETACH);
        }
        if !mounted_below(self.dir()).is_empty() {
            let _ = self.dir.take().map(TempDir::keep);
        }
    }
}
