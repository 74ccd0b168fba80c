//! What of the machine a task gets at, and what is left of that afterwards.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use pedl_proto::v1::{BindMount, LogSource, MountPropagation};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

use crate::conditions::until;
use crate::containers::Cluster;
use crate::docker_proxy::{DockerProxy, Starts};
use crate::fake_master::FakeMaster;
use crate::process::{Agent, mounted_below};
use crate::tasks::code;

/// A bind mount of `host` at `container`.
pub fn bind(host: &Path, container: &str) -> BindMount {
    BindMount { host_path: host.to_str().unwrap().into(), container_path: container.into(), ..BindMount::default() }
}

/// A directory of the tests' user, with something precious in it.
fn members_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    chown(dir.path(), Some(1234), Some(2345)).unwrap();
    std::fs::write(dir.path().join("precious"), "kept\n").unwrap();
    chown(dir.path().join("precious"), Some(1234), Some(2345)).unwrap();
    dir
}

#[tokio::test(flavor = "multi_thread")]
async fn members_data_outlives_the_task_and_its_directory() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start(&master);
    let data = members_dir();
    let file = data.path().join("precious");
    let task = master.place("cat /data/precious /file; echo more >/data/more", |assignment| {
        let binds = vec![bind(data.path(), "/data"), bind(&file, "/file")];
        assignment.container.as_mut().unwrap().bind_mounts = binds;
    });
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log.as_str()), (0, "kept\nkept\n"));
    until("its directory is gone", async || !agent.task_dir(&task).exists()).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept\n");
    assert_eq!(std::fs::read_to_string(data.path().join("more")).unwrap(), "more\n");
    assert_eq!(mounted_below(&agent.data_dir()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_leaves_nothing_mounted() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start(&master);
    let data = members_dir();
    let reason = master
        .refused(|assignment| {
            assignment.container.as_mut().unwrap().bind_mounts = vec![bind(data.path(), "/data")];
            assignment.argv = vec!["no-such-program".into()];
        })
        .await;
    assert!(reason.contains("cannot run"), "{reason}");
    // The first could be mounted, the second cannot.
    let binds = vec![bind(data.path(), "/data"), bind(Path::new("/etc"), "/etc/host")];
    let reason = master.refused(|assignment| assignment.container.as_mut().unwrap().bind_mounts = binds).await;
    assert!(reason.contains("bind_mounts.deny has /etc"), "{reason}");
    let tasks = agent.data_dir().join("tasks");
    until("their directories are gone", async || std::fs::read_dir(&tasks).unwrap().next().is_none()).await;
    assert_eq!(mounted_below(&agent.data_dir()), [""; 0]);
    assert_eq!(std::fs::read_to_string(data.path().join("precious")).unwrap(), "kept\n");
}

/// A process that knows nothing of a mount finds it below a directory that it is about to remove.
#[tokio::test(flavor = "multi_thread")]
async fn a_leftover_mount_is_unmounted_and_not_emptied() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    master.until("it is in touch", |known| known.watches > 0).await;
    agent.kill();
    let data = members_dir();
    let leftover = agent.task_dir("0123");
    for place in ["mounts/0", "home", "home/deep"] {
        let place = leftover.join(place);
        std::fs::create_dir_all(&place).unwrap();
        rustix::mount::mount_bind(data.path(), &place).unwrap();
        // Twice, and one in the other.
        rustix::mount::mount_bind(data.path(), &place).unwrap();
    }
    agent.start_again();
    until("its directory is gone", async || !leftover.exists()).await;
    assert_eq!(std::fs::read_to_string(data.path().join("precious")).unwrap(), "kept\n");
    assert_eq!(mounted_below(&agent.data_dir()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_task_runs_its_mounts_are_its_own_alone() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let data = members_dir();
    let script = "until [ -e /data/go ]; do sleep 0.05; done; cat /data/precious";
    let task = master.place(script, |assignment| {
        assignment.container.as_mut().unwrap().bind_mounts = vec![bind(data.path(), "/data")];
    });
    master.running(&task).await;
    until("nothing is mounted", async || mounted_below(&agent.data_dir()).is_empty()).await;
    agent.kill();
    agent.start_again();
    std::fs::write(data.path().join("go"), "").unwrap();
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log.as_str()), (0, "kept\n"));
}

/// As after a power cut between the making of a container and its start.
#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_was_not_started_gets_its_mounts_again() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let proxy_dir = tempfile::tempdir().unwrap();
    let mut docker = DockerProxy::start(proxy_dir.path(), Starts::Lost);
    let mut agent = Agent::start_on(&master, &docker.url());
    let data = members_dir();
    let task = master.place("cat /data/precious", |assignment| {
        assignment.container.as_mut().unwrap().bind_mounts = vec![bind(data.path(), "/data")];
    });
    until("a start is lost", async || docker.starts() > 0).await;
    agent.kill();
    let staged = mounted_below(&agent.data_dir());
    assert_eq!(staged.len(), 1);
    rustix::mount::unmount(&staged[0], UnmountFlags::DETACH).unwrap();
    docker.down();
    docker.pass_starts();
    docker.up();
    agent.start_again();
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log.as_str()), (0, "kept\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_apart_from_its_docker_mounts_nothing() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start_apart(&master);
    let data = members_dir();
    let reason = master
        .refused(|assignment| assignment.container.as_mut().unwrap().bind_mounts = vec![bind(data.path(), "/data")])
        .await;
    assert!(reason.contains("agent n1") && reason.contains("mount namespace"), "{reason}");
    agent.logged("does not see mounts as Docker does").await;
    assert_eq!(code(&master.end(&master.place("true", |_| {})).await.0), 0, "without bind mounts all is well");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_is_in_force() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let (allowed, other) = (members_dir(), members_dir());
    let yaml = format!("bind_mounts: {{ deny: [], allow: ['{}'], allow_root: false }}", allowed.path().display());
    let _agent = Agent::start_with(&master, &yaml);
    let task = master.place("cat /data/precious", |assignment| {
        assignment.container.as_mut().unwrap().bind_mounts = vec![bind(allowed.path(), "/data")];
    });
    assert_eq!(master.end(&task).await.1, "kept\n");
    let refused = async |host: &Path, uid| {
        master
            .refused(|assignment| {
                assignment.run_as.as_mut().unwrap().uid = uid;
                assignment.container.as_mut().unwrap().bind_mounts = vec![bind(host, "/data")];
            })
            .await
    };
    let reason = refused(other.path(), 1234).await;
    assert!(reason.contains("bind_mounts.allow does not have it"), "{reason}");
    let reason = refused(allowed.path(), 0).await;
    assert!(reason.contains("bind_mounts.allow_root"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agents_own_directory_is_nobodys() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start(&master);
    master.until("it is in touch", |known| known.watches > 0).await;
    for (host, uid, part) in [
        (agent.data_dir(), 0, "which is the agent's or Docker's own"),
        (agent.data_dir().join("membership.json"), 0, "the agent's or Docker's own"),
        (agent.data_dir().join("tasks"), 1234, "Permission denied"),
        ("/var/run/docker.sock".into(), 0, "which is the agent's or Docker's own"),
    ] {
        let reason = master
            .refused(|assignment| {
                assignment.run_as.as_mut().unwrap().uid = uid;
                assignment.container.as_mut().unwrap().bind_mounts = vec![bind(&host, "/data")];
            })
            .await;
        assert!(reason.contains(part), "{reason}");
    }
}

/// Two mounts, one in the other; and the mount point that Docker would make in a member's directory.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_in_a_bind_mount() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let (outer, inner) = (members_dir(), members_dir());
    let binds = vec![bind(outer.path(), "/data"), bind(inner.path(), "/data/in")];
    let reason = master.refused(|assignment| assignment.container.as_mut().unwrap().bind_mounts = binds.clone()).await;
    assert!(reason.contains(&format!("create {}/in", outer.path().display())), "{reason}");
    assert!(!outer.path().join("in").exists());
    let reason = master
        .refused(|assignment| {
            assignment.container.as_mut().unwrap().bind_mounts = binds[..1].to_vec();
            assignment.container.as_mut().unwrap().work_dir = "/data/in".into();
        })
        .await;
    assert!(reason.contains("/data/in lies in the bind mount of"), "{reason}");
    // A symlink out of it leads elsewhere in the container.
    std::os::unix::fs::symlink("/etc", outer.path().join("in")).unwrap();
    let reason = master.refused(|assignment| assignment.container.as_mut().unwrap().bind_mounts = binds.clone()).await;
    assert!(reason.contains("where it does not exist"), "{reason}");
    std::fs::remove_file(outer.path().join("in")).unwrap();
    std::fs::create_dir(outer.path().join("in")).unwrap();
    std::fs::set_permissions(inner.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let task = master.place("cat /data/in/precious", |assignment| {
        assignment.container.as_mut().unwrap().bind_mounts = binds;
    });
    assert_eq!(master.end(&task).await.1, "kept\n");
}

/// The program would only be told "permission denied". The log is read by two agent processes, and numbered once.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_said_before_the_program_speaks() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    let (data, others) = (members_dir(), tempfile::tempdir().unwrap());
    std::fs::set_permissions(others.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let read_only = BindMount { read_only: true, ..bind(others.path(), "/others-ro") };
    let binds = vec![bind(data.path(), "/data"), bind(others.path(), "/others"), read_only];
    let task = master.place("echo begin; until [ -e /data/go ]; do sleep 0.05; done; echo end", |assignment| {
        assignment.container.as_mut().unwrap().bind_mounts = binds;
    });
    master.logged(&task, "begin").await;
    agent.kill();
    agent.start_again();
    std::fs::write(data.path().join("go"), "").unwrap();
    let (end, log) = master.end(&task).await;
    let others = others.path().display();
    let note = format!(
        "bind mount: alice (uid 1234) cannot write to /others, which is {others} on agent n1: \
         it belongs to uid 0, gid 0, mode 0755. Mount it read-only, or have its owner let this user write\n"
    );
    assert_eq!((code(&end), log), (0, format!("{note}begin\nend\n")));
    let known = master.known();
    let sources: Vec<_> = known.logs[&task].iter().map(|entry| (entry.offset, entry.source())).collect();
    assert_eq!(sources, [(0, LogSource::System), (1, LogSource::Stdout), (2, LogSource::Stdout)]);
}

/// A mount of the tests', shared as systemd makes all, or private; it goes with this.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn mount(propagation: MountPropagationFlags) -> Self {
        let dir = tempfile::tempdir().unwrap();
        mount_tmpfs(dir.path());
        rustix::mount::mount_change(dir.path(), propagation).unwrap();
        Self(dir)
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        rustix::mount::unmount(self.0.path(), UnmountFlags::DETACH).unwrap();
    }
}

fn mount_tmpfs(at: &Path) {
    rustix::mount::mount("tmpfs", at, "tmpfs", MountFlags::empty(), Some(c"mode=777,size=1m")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mounted_later_comes_only_where_asked() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start(&master);
    let shared = Tmpfs::mount(MountPropagationFlags::SHARED);
    let place = shared.0.path().join("later");
    std::fs::create_dir(&place).unwrap();
    let follows =
        |container| BindMount { propagation: MountPropagation::Rslave.into(), ..bind(shared.0.path(), container) };
    let script = "echo begin; until [ -e /follows/later/new ]; do sleep 0.05; done; ls /stays/later; echo end";
    let task = master.place(script, |assignment| {
        assignment.container.as_mut().unwrap().bind_mounts = vec![follows("/follows"), bind(shared.0.path(), "/stays")];
    });
    master.logged(&task, "begin").await;
    mount_tmpfs(&place);
    std::fs::write(place.join("new"), "").unwrap();
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log.as_str()), (0, "begin\nend\n"));
    assert!(place.join("new").exists(), "the machine's own mount stays");
    until("nothing is mounted", async || mounted_below(&agent.data_dir()).is_empty()).await;

    let private = Tmpfs::mount(MountPropagationFlags::PRIVATE);
    for (host, read_only, says) in [(&private, false, "mount --make-rshared"), (&shared, true, "would be writable")] {
        let bind =
            BindMount { read_only, propagation: MountPropagation::Rslave.into(), ..bind(host.0.path(), "/data") };
        let reason = master.refused(|assignment| assignment.container.as_mut().unwrap().bind_mounts = vec![bind]).await;
        assert!(reason.contains(says), "{reason}");
    }
}

/// What an image wants, and a work dir on a crooked way, are made by Docker, too.
#[tokio::test(flavor = "multi_thread")]
async fn volumes_and_work_dirs_are_not_made_in_a_bind_mount() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let data = members_dir();
    let with_volume = cluster.image(&["VOLUME /data/volume"]);
    for (image, work_dir) in [(Some(&with_volume), ""), (None, "/tmp/../data/work"), (None, "/data/./work/")] {
        let reason = master.refused(|assignment| {
            let container = assignment.container.as_mut().unwrap();
            container.bind_mounts = vec![bind(data.path(), "/data")];
            container.work_dir = work_dir.into();
            container.image = image.cloned().unwrap_or_else(|| container.image.clone());
        });
        let reason = reason.await;
        assert!(reason.contains("where it does not exist: create"), "{reason}");
    }
    // What the image calls otherwise is the same place.
    let with_links = cluster.image_after("ln -s /data /elsewhere && ln -s /data/deep /bin/inner", &[]);
    for target in ["/elsewhere/new", "/bin/inner/new"] {
        let reason = master.refused(|assignment| {
            let container = assignment.container.as_mut().unwrap();
            container.bind_mounts = vec![bind(data.path(), "/data"), bind(data.path(), target)];
            container.image.clone_from(&with_links);
        });
        let reason = reason.await;
        assert!(reason.contains("where it does not exist: create"), "{reason}");
    }
    let left: Vec<_> = std::fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["precious"]);
}

/// The staged mount goes when the task runs, and the task's own follows it no more.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_mounted_before_stays_where_mounts_follow_the_machine() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    master.until("it is in touch", |known| known.watches > 0).await;
    agent.kill();
    // As where systemd has made all mounts shared: the agent's directory is on one.
    let own = agent.data_dir();
    rustix::mount::mount_bind(&own, &own).unwrap();
    rustix::mount::mount_change(&own, MountPropagationFlags::SHARED).unwrap();
    agent.start_again();
    let shared = Tmpfs::mount(MountPropagationFlags::SHARED);
    let below = shared.0.path().join("below");
    std::fs::create_dir(&below).unwrap();
    mount_tmpfs(&below);
    std::fs::write(below.join("file"), "there\n").unwrap();
    let follows = BindMount { propagation: MountPropagation::Rslave.into(), ..bind(shared.0.path(), "/data") };
    let task =
        master.place("echo begin; until [ -e /data/go ]; do sleep 0.05; done; cat /data/below/file", |assignment| {
            assignment.container.as_mut().unwrap().bind_mounts = vec![follows];
        });
    master.logged(&task, "begin").await;
    until("nothing is mounted", async || mounted_below(&own).is_empty()).await;
    std::fs::write(shared.0.path().join("go"), "").unwrap();
    let (end, log) = master.end(&task).await;
    assert_eq!((code(&end), log.as_str()), (0, "begin\nthere\n"));
    assert!(below.join("file").exists());
    agent.kill();
    rustix::mount::unmount(&own, UnmountFlags::DETACH).unwrap();
}

/// Deeper than the agent has descriptors.
#[tokio::test(flavor = "multi_thread")]
async fn a_home_of_any_depth_is_removed() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start_with_few_descriptors(&master);
    let task =
        master.place("cd; n=0; while [ $n -lt 1000 ] && mkdir d && cd -P d; do n=$((n + 1)); done; echo $n", |_| {});
    assert_eq!(master.end(&task).await.1, "1000\n");
    until("its directory is gone", async || !agent.task_dir(&task).exists()).await;
}
