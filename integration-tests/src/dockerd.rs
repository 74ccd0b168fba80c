//! A dockerd of a test's own, which may be restarted and killed: beside the machine's, with its own containerd, network
//! namespace and files. As on most machines, containerd is a service of its own, which dockerd's end does not end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::cluster::unmount_below;
use crate::process::Process;
use crate::{BUSYBOX, Tmpfs, eventually};

/// containerd needs none of these, and Kubernetes' would set up a network.
const CONTAINERD: &str = r#"
    version = 2
    disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
"#;

/// A dockerd that has the busybox image. All that it started ends with it, and nothing is left.
pub struct Dockerd {
    dockerd: Option<Process>,
    containerd: Option<Process>,
    /// Where its images, containers and logs are.
    disk: Option<Tmpfs>,
    /// There until this is dropped.
    dir: Option<TempDir>,
}

impl Dockerd {
    /// Starts one. With `live_restore` containers go on while it is away.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start(live_restore: bool) -> Self {
        Self::start_with(live_restore, None)
    }

    /// Starts one whose images, containers and logs have this much room.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start_on_small_disk(room: &str) -> Self {
        Self::start_with(false, Some(room))
    }

    fn start_with(live_restore: bool, room: Option<&str>) -> Self {
        let dir = tempfile::Builder::new().prefix("pedl-dockerd-").tempdir().expect("a directory can be made");
        let config = format!("{{\"live-restore\": {live_restore}}}");
        fs::write(dir.path().join("daemon.json"), config).expect("the configuration can be written");
        fs::write(dir.path().join("containerd.toml"), CONTAINERD).expect("the configuration can be written");
        fs::create_dir(dir.path().join("data")).expect("a directory can be made");
        let disk = room.map(|room| Tmpfs::mount(dir.path().join("data"), &format!("size={room}")));
        let mut this = Self { dockerd: None, containerd: None, disk, dir: Some(dir) };
        this.boot();
        let load = format!("docker save {BUSYBOX} | docker -H {} load", this.url());
        let loaded = Command::new("sh").args(["-c", &load]).output().expect("sh starts");
        assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
        this
    }

    /// Ends it as an administrator does, which ends the containers with it unless it has `live_restore`, and starts it.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart(&mut self) {
        self.stop();
        self.start_dockerd();
    }

    /// Ends it as an administrator does.
    ///
    /// # Panics
    /// When it does not run.
    pub fn stop(&mut self) {
        let mut dockerd = self.dockerd.take().expect("it runs");
        dockerd.signal(Signal::SIGTERM);
        dockerd.wait();
    }

    /// Kills it, and leaves the containers alone.
    pub fn kill(&mut self) {
        self.dockerd = None;
    }

    /// Starts it where it was stopped or killed.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start_dockerd(&mut self) {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.path("net").display())).arg("dockerd");
        for (flag, name) in [
            ("config-file", "daemon.json"),
            ("data-root", "data"),
            ("exec-root", "run/docker"),
            ("pidfile", "run/docker.pid"),
            ("containerd", "run/containerd.sock"),
        ] {
            command.arg(format!("--{flag}={}", self.path(name).display()));
        }
        command.args([
            "--log-level=warn",
            "--storage-driver=overlay2",
            "--iptables=false",
            "--cgroup-parent",
            &self.cgroup(),
        ]);
        command.args(["--host", &self.url()]);
        let mut dockerd = Process::start(&mut command, &self.path("dockerd.log"));
        eventually("dockerd to answer", || {
            assert!(dockerd.is_running(), "dockerd ended: {}", dockerd.output());
            self.try_docker(&["version"])
        });
        self.dockerd = Some(dockerd);
    }

    /// Ends all of it at once, with every container, as a machine does that loses power; what was not on a disk is gone.
    ///
    /// # Panics
    /// When anything of it does not end.
    pub fn cut_power(&mut self) {
        (self.dockerd, self.containerd) = (None, None);
        eventually("all of dockerd to be gone", || {
            let processes = processes_of(self.dir());
            // It may end on its own meanwhile.
            for pid in &processes {
                let _ = kill(*pid, Signal::SIGKILL);
            }
            processes.is_empty().then_some(())
        });
        for socket in shims_sockets(&self.path("run")) {
            drop(fs::remove_file(socket));
        }
        for name in ["run", "net", "data/overlay2", "data/containers"] {
            unmount_below(&self.path(name));
        }
        for name in ["run", "net"] {
            drop(Command::new("rm").arg("-rf").arg(self.path(name)).status());
        }
    }

    /// Starts all of it where the power was cut.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn boot(&mut self) {
        fs::create_dir(self.path("run")).expect("a directory can be made");
        fs::write(self.path("net"), "").expect("a file can be made");
        let namespace = format!("--net={}", self.path("net").display());
        let made = Command::new("unshare").args([&namespace, "true"]).status().expect("unshare starts");
        assert!(made.success(), "a network namespace can be made");
        let mut command = Command::new("containerd");
        command.arg("--config").arg(self.path("containerd.toml")).arg("--root").arg(self.path("containerd"));
        command.arg("--state").arg(self.path("run/containerd")).arg("--address").arg(self.path("run/containerd.sock"));
        self.containerd = Some(Process::start(&mut command, &self.path("containerd.log")));
        eventually("containerd to listen", || self.path("run/containerd.sock").exists().then_some(()));
        self.start_dockerd();
    }

    /// Where it listens: `unix:///…`.
    pub fn url(&self) -> String {
        format!("unix://{}", self.path("run/docker.sock").display())
    }

    /// Where its images, containers and logs are.
    pub fn data_root(&self) -> PathBuf {
        self.path("data")
    }

    /// What dockerd has complained of.
    ///
    /// # Panics
    /// When it does not run.
    pub fn output(&self) -> String {
        self.dockerd.as_ref().expect("it runs").output()
    }

    fn dir(&self) -> &Path {
        self.dir.as_ref().expect("it is there").path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Of all its containers.
    fn cgroup(&self) -> String {
        self.dir().file_name().expect("it has a name").to_string_lossy().into_owned()
    }

    /// What `docker` printed; none where it failed.
    fn try_docker(&self, args: &[&str]) -> Option<String> {
        let output = Command::new("docker").args(["-H", &self.url()]).args(args).output().expect("docker starts");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- dockerd.log\n{}", fs::read_to_string(self.path("dockerd.log")).unwrap_or_default());
        }
        self.cut_power();
        // Each controller has a tree of its own (cgroup v1), or there is one (v2).
        let trees = fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten().map(|tree| tree.path());
        for tree in trees.chain(["/sys/fs/cgroup".into()]) {
            drop(remove_cgroups(&tree.join(self.cgroup())));
        }
        self.disk = None;
        // Removing the directory would empty what is still mounted in it.
        if !unmount_below(self.dir()) {
            drop(self.dir.take().map(TempDir::keep));
        }
    }
}

/// The processes that name `dir` among their arguments, and their children: containers, where the former are shims.
fn processes_of(dir: &Path) -> Vec<Pid> {
    let name = dir.display().to_string();
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let processes: Vec<(i32, i32, bool)> =
        pids.filter_map(|pid| Some((pid, parent(pid)?, names(pid, &name)))).collect();
    let own = |pid: i32| processes.iter().any(|process| process.0 == pid && process.2);
    let found = processes.iter().filter(|(pid, parent, _)| own(*pid) || own(*parent));
    found.map(|(pid, ..)| Pid::from_raw(*pid)).collect()
}

/// Its parent; none where it is gone, or waits to be.
fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Its name, in parentheses, may have any character in it.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    (fields.next()? != "Z").then(|| fields.next()?.parse().ok())?
}

fn names(pid: i32, text: &str) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
}

/// Where shims listen, which is in no directory of their containerd's; each has noted it in its bundle.
fn shims_sockets(run: &Path) -> Vec<PathBuf> {
    let bundles =
        fs::read_dir(run.join("containerd/io.containerd.runtime.v2.task/moby")).into_iter().flatten().flatten();
    let notes = bundles.filter_map(|bundle| fs::read_to_string(bundle.path().join("address")).ok());
    notes.filter_map(|note| note.strip_prefix("unix://").map(PathBuf::from)).collect()
}

fn remove_cgroups(group: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(group)?.flatten().filter(|entry| entry.path().is_dir()) {
        remove_cgroups(&entry.path())?;
    }
    fs::remove_dir(group)
}
