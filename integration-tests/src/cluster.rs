//! A cluster of a test's own.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::clock::Clock;
use crate::network::Network;
use crate::process::{Process, program};
use crate::settings::Settings;
use crate::{PATIENCE, Tmpfs, docker, eventually};

/// A master, its agents, and a place for their files and the members' credentials.
pub struct Cluster {
    /// The agents before the master: they shall not see it go.
    agents: Vec<Process>,
    master: Option<Process>,
    settings: Settings,
    /// Whether the master speaks TLS.
    https: bool,
    address: String,
    id: String,
    network: Option<Network>,
    _disks: Vec<Tmpfs>,
    /// There until this is dropped.
    dir: Option<TempDir>,
}

/// What a command line came to.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: Option<i32>,
    /// Its data.
    pub stdout: String,
    /// Its talk.
    pub stderr: String,
}

impl Outcome {
    /// Its data, when it went well.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// As a person sees it, for snapshots.
    pub fn shown(&self) -> String {
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        format!("exit {code}\n--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)
    }
}

impl Cluster {
    /// A cluster as most tests want it.
    #[must_use]
    pub fn start() -> Self {
        Settings::default().start()
    }

    pub(crate) fn start_with(settings: Settings) -> Self {
        let dir = tempfile::Builder::new().prefix("pedl-test-").tempdir().expect("a directory can be made");
        let mut disks = Vec::new();
        // Members' containers must be able to reach what tests put here for them.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("its mode can be set");
        fs::write(dir.path().join("master.yaml"), &settings.master_yaml).expect("the configuration can be written");
        for (name, room) in &settings.disks {
            fs::create_dir(dir.path().join(name)).expect("a directory can be made");
            disks.push(Tmpfs::mount(dir.path().join(name), &format!("size={room},mode=0700")));
        }
        let mut cluster = Self {
            agents: Vec::new(),
            master: None,
            settings,
            https: false,
            address: "127.0.0.1:0".into(),
            id: String::new(),
            network: None,
            _disks: disks,
            dir: Some(dir),
        };
        if cluster.settings.own_network {
            let network = cluster.network.insert(Network::make());
            cluster.address = format!("{}:0", network.address());
        }
        if cluster.settings.own_clocks {
            cluster.master_clock().set("+0");
            cluster.agents_clock().set("+0");
        }
        cluster.start_master();
        let master = cluster.json(&["master", "info"]);
        cluster.id = master["cluster_id"].as_str().expect("a cluster has an id").to_owned();
        for number in 0..cluster.settings.agents {
            cluster.start_agent(number);
        }
        cluster.wait_for_agents();
        cluster
    }

    /// Starts the master, on the port that it had before.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start_master(&mut self) {
        self.start_master_in("master");
    }

    /// Starts a master with another data directory, on the port that the cluster's had before.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start_master_in(&mut self, data_dir: &str) {
        let log = self.path("master.log");
        let seen = fs::read_to_string(&log).unwrap_or_default().len();
        let mut command = Command::new(program("pedl-master"));
        command.args(["--config"]).arg(self.path("master.yaml"));
        command.args(["--listen", &self.address, "--data-dir"]).arg(self.path(data_dir));
        self.master_clock().apply(&mut command);
        let mut master = Process::start(&mut command, &log);
        let url = eventually("the master to listen", || {
            let output = master.output();
            assert!(master.is_running(), "the master ended: {output}");
            let (_, after) = output.get(seen..)?.split_once("listening on ")?;
            after.contains('\n').then(|| after.split_whitespace().next().map(ToOwned::to_owned))?
        });
        let (scheme, address) = url.split_once("://").expect("it says a URL");
        self.https = scheme == "https";
        self.address = address.to_owned();
        self.master = Some(master);
    }

    /// The master's wall clock. One that was not set before the master started is not the one that it goes by.
    pub fn master_clock(&self) -> Clock {
        Clock::new(self.path("master.clock"))
    }

    /// The agents' wall clock, likewise.
    pub fn agents_clock(&self) -> Clock {
        Clock::new(self.path("agents.clock"))
    }

    /// The network between the master and the agents.
    ///
    /// # Panics
    /// When the cluster has none of its own.
    pub fn network(&self) -> &Network {
        self.network.as_ref().expect("the cluster has a network of its own")
    }

    /// Kills the master at once, as a power cut would.
    pub fn kill_master(&mut self) {
        self.master = None;
    }

    /// Starts the agent of that number, `n0`, `n1` and so on.
    pub fn start_agent(&mut self, number: usize) {
        self.start_agent_with(number, |_| ());
    }

    /// Starts the agent of that number after `change` has made its command another.
    pub fn start_agent_with(&mut self, number: usize, change: impl FnOnce(&mut Command)) {
        let program = program("pedl-agent");
        let mut command = match &self.network {
            Some(network) => network.command(program),
            None => Command::new(program),
        };
        self.agents_clock().apply(&mut command);
        command.env("PEDL_AGENT_MASTER", self.url()).args(["--name", &format!("n{number}")]);
        command.arg("--data-dir").arg(self.path(&format!("agent{number}")));
        command.arg("--token-file").arg(self.path("master/agent-token"));
        command.args(["--slots", &self.settings.slots.to_string()]);
        if let Some(url) = &self.settings.docker {
            command.args(["--docker", url]);
        }
        change(&mut command);
        let agent = Process::start(&mut command, &self.path(&format!("agent{number}.log")));
        self.agents.insert(number, agent);
    }

    /// Kills the agent of that number at once.
    pub fn kill_agent(&mut self, number: usize) {
        drop(self.agents.remove(number));
    }

    /// Takes away what the agent of that number has mounted, as the end of its machine does.
    pub fn unmount_agent(&self, number: usize) {
        unmount_below(&self.path(&format!("agent{number}")));
    }

    /// Waits until all agents that run are connected.
    pub fn wait_for_agents(&self) {
        eventually("the agents to connect", || {
            let agents = self.json(&["agent", "list"]);
            let connected = agents.as_array()?.iter().filter(|agent| agent["connected"] == true).count();
            (connected == self.agents.len()).then_some(())
        });
    }

    /// The master's process.
    ///
    /// # Panics
    /// When it does not run.
    pub fn master(&self) -> &Process {
        self.master.as_ref().expect("the master runs")
    }

    /// The process of the agent of that number.
    pub fn agent(&self, number: usize) -> &Process {
        &self.agents[number]
    }

    /// Where the master listens: `http://127.0.0.1:PORT`, or `https://…`.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, self.address)
    }

    /// Where the master listens: `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    fn dir(&self) -> &Path {
        self.dir.as_ref().expect("it is there").path()
    }

    /// A path in the cluster's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Makes a directory that belongs to `uid` and `gid`, for a bind mount.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn shared_dir(&self, name: &str, uid: u32, gid: u32) -> PathBuf {
        let path = self.path(name);
        fs::create_dir(&path).expect("the directory can be made");
        chown(&path, Some(uid), Some(gid)).expect("its owner can be set");
        path
    }

    /// Creates an account, and links it where a uid and a gid are given.
    pub fn member(&self, name: &str, link: Option<(u32, u32)>) {
        self.pedl(&["-u", "admin", "user", "create", name]).ok();
        if let Some((uid, gid)) = link {
            let (uid, gid) = (uid.to_string(), gid.to_string());
            let ids = ["--agent-uid", &uid, "--agent-user", name, "--agent-gid", &gid, "--agent-group", "lab"];
            let link = [&["-u", "admin", "user", "link-with-agent-user", name], &ids[..]].concat();
            self.pedl(&link).ok();
        }
    }

    /// A command line that knows the cluster, with an empty environment else and credentials of the cluster's own.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program("pedl"));
        command.args(args).env_clear().env("HOME", self.path("home")).env("PEDL_MASTER", self.url());
        command.current_dir(self.dir()).stdin(Stdio::null());
        command
    }

    /// Runs `pedl` to its end.
    ///
    /// # Panics
    /// When it does not start.
    pub fn pedl(&self, args: &[&str]) -> Outcome {
        outcome(&mut self.command(args))
    }

    /// Runs `pedl … -o json`, which must go well.
    ///
    /// # Panics
    /// When it does not, or prints something else.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let text = self.pedl(&[args, &["-o", "json"]].concat()).ok();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?} printed {text}: {error}"))
    }

    /// Starts a command in the background, and answers its id.
    #[track_caller]
    pub fn detached(&self, args: &[&str]) -> String {
        self.pedl(&[&["command", "run", "-d"], args].concat()).ok().trim().to_owned()
    }

    /// Waits until an asset is in a state, and answers its description.
    ///
    /// # Panics
    /// When it has ended otherwise.
    #[track_caller]
    pub fn wait_for(&self, id: &str, state: &str) -> Value {
        eventually(&format!("{id} to be {state}"), || {
            let asset = self.json(&["command", "describe", id]);
            let ended = ["COMPLETED", "FAILED", "KILLED"].iter().any(|end| asset["state"] == *end);
            assert!(!ended || asset["state"] == state, "{asset}");
            (asset["state"] == state).then_some(asset)
        })
    }

    /// The containers of this cluster, running or not.
    pub fn containers(&self) -> Vec<String> {
        docker::containers(self.settings.docker.as_deref(), &self.label())
    }

    /// Those of them that run.
    pub fn running(&self) -> Vec<String> {
        docker::running(self.settings.docker.as_deref(), &self.label())
    }

    /// Waits until all of them are removed.
    ///
    /// # Panics
    /// When some stay, telling in which state.
    pub fn wait_for_no_containers(&self) {
        let start = Instant::now();
        while !self.containers().is_empty() {
            let left = || docker::states(self.settings.docker.as_deref(), &self.label());
            assert!(start.elapsed() < PATIENCE, "containers are left:\n{}", left());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn label(&self) -> String {
        format!("pedl.cluster={}", self.id)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.agents.clear();
        self.master = None;
        // Another than the machine's goes with all that it has.
        if !self.id.is_empty() && self.settings.docker.is_none() {
            docker::remove_containers(&self.label());
        }
        if std::thread::panicking() {
            for log in ["master.log", "agent0.log"] {
                let text = fs::read_to_string(self.path(log)).unwrap_or_default();
                eprintln!("--- {log}\n{text}");
            }
        }
        // Removing the directory would empty what an agent that was killed left mounted in it.
        if !unmount_below(self.dir()) {
            drop(self.dir.take().map(TempDir::keep));
        }
    }
}

/// Unmounts what is mounted below a directory; answers whether nothing is left.
pub(crate) fn unmount_below(dir: &Path) -> bool {
    let mounted = || {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let places = mounts.lines().filter_map(|line| line.split(' ').nth(4)).map(PathBuf::from);
        places.filter(|place| place.starts_with(dir)).collect::<Vec<_>>()
    };
    for place in mounted() {
        drop(Command::new("umount").arg("--lazy").arg(place).output());
    }
    mounted().is_empty()
}

/// Runs a command line to its end.
///
/// # Panics
/// When it does not start.
pub fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Who owns a file, by number.
///
/// # Panics
/// When it is not there.
pub fn owner(path: &Path) -> (u32, u32) {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (metadata.uid(), metadata.gid())
}
