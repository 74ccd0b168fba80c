//! What of the machine a task gets at, and what is left of that afterwards.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use pedl_proto::v1::BindMount;

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
    rustix::mount::unmount(&staged[0], rustix::mount::UnmountFlags::DETACH).unwrap();
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
    assert!(reason.contains(&format!("create {}/in on agent n1", outer.path().display())), "{reason}");
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
