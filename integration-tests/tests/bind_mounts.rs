//! A task gets at exactly the files that its Unix user gets at on the machine.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use expect_test::{Expect, expect};
use integration_tests::{Cluster, Tmpfs, docker, eventually, owner};
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

const ADA: (u32, u32) = (1234, 2345);
const BOB: (u32, u32) = (1235, 2345);

/// A cluster with Ada, who is linked, and her directory, which nobody else enters.
fn adas_cluster() -> (Cluster, PathBuf) {
    let cluster = Cluster::start();
    cluster.member("ada", Some(ADA));
    let dir = private_dir(&cluster, "ada", ADA);
    (cluster, dir)
}

/// A directory that only its owner enters, with a file `hello`.
fn private_dir(cluster: &Cluster, name: &str, (uid, gid): (u32, u32)) -> PathBuf {
    let dir = cluster.shared_dir(name, uid, gid);
    fs::set_permissions(&dir, Permissions::from_mode(0o700)).unwrap();
    fs::write(dir.join("hello"), format!("{name}'s\n")).unwrap();
    chown(dir.join("hello"), Some(uid), Some(gid)).unwrap();
    dir
}

/// Runs a script as Ada, with a mount.
fn run(cluster: &Cluster, mount: &str, script: &str) -> integration_tests::Outcome {
    cluster.pedl(&["-u", "ada", "command", "run", "-v", mount, "--", "sh", "-c", script])
}

fn at_data(host: &Path) -> String {
    format!("{}:/data", host.display())
}

/// Why a mount of each of these is refused to Ada, or to a member who runs as root.
fn check_refused(cluster: &Cluster, who: &str, hosts: &[&Path], expected: Expect) {
    let reasons = hosts.iter().map(|host| {
        let refused = cluster.pedl(&["-u", who, "command", "run", "-v", &at_data(host), "--", "ls", "-la", "/data"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(125), ""), "{refused:?}");
        let list = cluster.json(&["-u", who, "command", "list"]);
        assert_eq!(list[0]["state"], "FAILED");
        list[0]["state_reason"].as_str().unwrap().replace(&*cluster.path("").to_string_lossy(), "DIR/")
    });
    expected.assert_eq(&reasons.collect::<Vec<_>>().join("\n"));
}

/// Nothing is mounted in the agent's directory.
fn assert_unmounted(cluster: &Cluster) {
    let below = cluster.path("agent0").display().to_string();
    eventually("the mounts to go", || {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        (!mounts.contains(&below)).then_some(())
    });
}

#[test]
fn ones_own_and_ones_groups() {
    let (cluster, dir) = adas_cluster();
    let script = "cat /data/hello && echo new >/data/new && mkdir /data/dir";
    assert_eq!(run(&cluster, &at_data(&dir), script).ok(), "ada's\n");
    assert_eq!((owner(&dir.join("new")), owner(&dir.join("dir"))), (ADA, ADA));

    let groups = cluster.shared_dir("groups", 0, ADA.1);
    fs::set_permissions(&groups, Permissions::from_mode(0o2770)).unwrap();
    run(&cluster, &at_data(&groups), "echo new >/data/new").ok();
    assert_eq!(owner(&groups.join("new")), ADA);

    // Read by all, written by root: the machine's own word holds for each file.
    let public = cluster.shared_dir("public", 0, 0);
    fs::write(public.join("secret"), "").unwrap();
    fs::set_permissions(public.join("secret"), Permissions::from_mode(0o600)).unwrap();
    let tries = run(&cluster, &at_data(&public), "ls /data; cat /data/secret; echo x >/data/new");
    assert_eq!((tries.code, tries.stdout.as_str()), (Some(1), "secret\n"));
    assert_eq!(tries.stderr.matches("Permission denied").count() + tries.stderr.matches("can't create").count(), 3);
    assert_unmounted(&cluster);
    assert_eq!(fs::read_to_string(dir.join("hello")).unwrap(), "ada's\n", "what tasks leave is theirs to keep");
}

#[test]
fn what_the_machine_refuses_is_refused() {
    let (cluster, _dir) = adas_cluster();
    let bobs = private_dir(&cluster, "bob", BOB);
    fs::create_dir(bobs.join("open")).unwrap();
    let note = cluster.path("note");
    fs::write(&note, "").unwrap();
    fs::set_permissions(&note, Permissions::from_mode(0o600)).unwrap();
    let absent = cluster.path("absent");
    check_refused(
        &cluster,
        "ada",
        &[&bobs, &bobs.join("open"), &bobs.join("hello"), &bobs.join("absent"), &note, &absent, &note.join("x")],
        expect![[r#"
            bind mount for ada (uid 1234) on agent n0: DIR/bob cannot be opened: Permission denied: have its owner let this user in, or name another host_path
            bind mount for ada (uid 1234) on agent n0: DIR/bob/open cannot be opened: Permission denied: have its owner let this user in, or name another host_path
            bind mount for ada (uid 1234) on agent n0: DIR/bob/hello cannot be opened: Permission denied: have its owner let this user in, or name another host_path
            bind mount for ada (uid 1234) on agent n0: DIR/bob/absent cannot be opened: Permission denied: have its owner let this user in, or name another host_path
            bind mount for ada (uid 1234) on agent n0: DIR/note cannot be opened: Permission denied: have its owner let this user in, or name another host_path
            bind mount for ada (uid 1234) on agent n0: DIR/absent does not exist: create it there, or name another host_path
            bind mount for ada (uid 1234) on agent n0: DIR/note/x cannot be opened: Not a directory: have its owner let this user in, or name another host_path"#]],
    );
    assert!(!absent.exists(), "nothing is created on the machine");
    assert_unmounted(&cluster);
}

#[test]
fn what_the_agent_denies_is_refused() {
    let (cluster, dir) = adas_cluster();
    cluster.member("carol", None);
    let to_etc = dir.join("to-etc");
    symlink("/etc", &to_etc).unwrap();
    let denied: Vec<_> =
        ["/", "/etc", "/etc/passwd", "/var/run/docker.sock", "/var", "/proc/self/root", "/proc/1/status", "/bin"]
            .map(PathBuf::from)
            .into();
    let denied: Vec<_> = denied.iter().map(PathBuf::as_path).collect();
    let up = dir.join("../../../../../../../../etc");
    check_refused(
        &cluster,
        "carol",
        &[&denied[..], &[&to_etc, &to_etc.join("hostname"), &up]].concat(),
        expect![[r#"
            bind mount for root (uid 0) on agent n0: / is refused: it contains DIR/agent0, which is the agent's or Docker's own: name another host_path
            bind mount for root (uid 0) on agent n0: /etc is refused: bind_mounts.deny has /etc: name another host_path, or ask the administrator to allow it in the agent's agent.yaml
            bind mount for root (uid 0) on agent n0: /etc/passwd is refused: bind_mounts.deny has /etc: name another host_path, or ask the administrator to allow it in the agent's agent.yaml
            bind mount for root (uid 0) on agent n0: /var/run/docker.sock, which is /run/docker.sock, is refused: it is in /run/docker.sock, which is the agent's or Docker's own: name another host_path
            bind mount for root (uid 0) on agent n0: /var is refused: it contains /var/run/docker.sock, which is the agent's or Docker's own: name another host_path
            bind mount for root (uid 0) on agent n0: /proc/self/root, which is /, is refused: it contains DIR/agent0, which is the agent's or Docker's own: name another host_path
            bind mount for root (uid 0) on agent n0: /proc/1/status is refused: bind_mounts.deny has /proc: name another host_path, or ask the administrator to allow it in the agent's agent.yaml
            bind mount for root (uid 0) on agent n0: /bin, which is /usr/bin, is refused: bind_mounts.deny has /usr/bin: name another host_path, or ask the administrator to allow it in the agent's agent.yaml
            bind mount for root (uid 0) on agent n0: DIR/ada/to-etc, which is /etc, is refused: bind_mounts.deny has /etc: name another host_path, or ask the administrator to allow it in the agent's agent.yaml
            bind mount for root (uid 0) on agent n0: DIR/ada/to-etc/hostname, which is /etc/hostname, is refused: bind_mounts.deny has /etc: name another host_path, or ask the administrator to allow it in the agent's agent.yaml
            bind mount for root (uid 0) on agent n0: DIR/ada/../../../../../../../../etc, which is /etc, is refused: bind_mounts.deny has /etc: name another host_path, or ask the administrator to allow it in the agent's agent.yaml"#]],
    );
    check_refused(
        &cluster,
        "ada",
        &[Path::new("/etc"), &to_etc],
        expect![[r#"
            bind mount for ada (uid 1234) on agent n0: /etc is refused: bind_mounts.deny has /etc: name another host_path, or ask the administrator to allow it in the agent's agent.yaml
            bind mount for ada (uid 1234) on agent n0: DIR/ada/to-etc, which is /etc, is refused: bind_mounts.deny has /etc: name another host_path, or ask the administrator to allow it in the agent's agent.yaml"#]],
    );
    check_refused(
        &cluster,
        "carol",
        &[&cluster.path("agent0"), &cluster.path("agent0/tasks")],
        expect![[r#"
            bind mount for root (uid 0) on agent n0: DIR/agent0 is refused: it is in DIR/agent0, which is the agent's or Docker's own: name another host_path
            bind mount for root (uid 0) on agent n0: DIR/agent0/tasks is refused: it is in DIR/agent0, which is the agent's or Docker's own: name another host_path"#]],
    );
}

#[test]
fn symlinks_are_followed_as_the_user() {
    let (cluster, dir) = adas_cluster();
    let elsewhere = private_dir(&cluster, "elsewhere", ADA);
    symlink(&elsewhere, dir.join("link")).unwrap();
    assert_eq!(run(&cluster, &at_data(&dir.join("link")), "cat /data/hello").ok(), "elsewhere's\n");
    // One inside of a mount leads, in the container, to the container's own.
    symlink("/etc/hostname", dir.join("out")).unwrap();
    let hostname = fs::read_to_string("/etc/hostname").unwrap();
    let shown = run(&cluster, &at_data(&dir), "cat /data/out");
    assert_ne!(shown.stdout, hostname, "{shown:?}");
}

#[test]
fn a_file() {
    let (cluster, dir) = adas_cluster();
    let mount = format!("{}:/etc/hello", dir.join("hello").display());
    assert_eq!(run(&cluster, &mount, "cat /etc/hello; echo more >>/etc/hello").ok(), "ada's\n");
    assert_eq!(fs::read_to_string(dir.join("hello")).unwrap(), "ada's\nmore\n");
    let refused = run(&cluster, &format!("{mount}:ro"), "echo more >>/etc/hello");
    assert!(refused.stderr.contains("Read-only file system"), "{refused:?}");
}

#[test]
fn read_only_holds_for_mounts_below_and_nothing_runs_setuid() {
    let (cluster, dir) = adas_cluster();
    // Shared, as systemd makes them: unmounting a clone that still belonged to it would unmount this one.
    let outer = Tmpfs::mount(dir.clone(), "mode=777,size=1m");
    assert!(Command::new("mount").arg("--make-shared").arg(&outer.0).status().unwrap().success());
    fs::create_dir(dir.join("below")).unwrap();
    let below = Tmpfs::mount(dir.join("below"), "mode=777,size=1m");
    let script = "touch /data/x; touch /data/below/x; grep -o ' /data[^ ]* [^ ]*' /proc/self/mountinfo";
    let read_only = run(&cluster, &format!("{}:ro", at_data(&dir)), script);
    assert_eq!(read_only.stdout, " /data ro,nosuid,nodev,relatime\n /data/below ro,nosuid,nodev,relatime\n");
    assert_eq!(read_only.stderr.matches("Read-only file system").count(), 2, "{read_only:?}");
    assert!(!dir.join("below/x").exists());
    let writable = run(&cluster, &at_data(&dir), script).ok();
    assert_eq!(writable, " /data rw,nosuid,nodev,relatime\n /data/below rw,nosuid,nodev,relatime\n");
    assert!(below.0.join("x").exists(), "the mount below is the machine's own");
    assert_unmounted(&cluster);
    // And that one is as it was: still there, and without the flags of the clone.
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let own = mounts.lines().find(|line| line.contains(below.0.to_str().unwrap())).unwrap();
    assert!(own.contains(" rw,relatime shared:"), "{own}");
}

#[test]
fn a_setuid_program_on_a_mount_makes_nobody_root() {
    let (cluster, dir) = adas_cluster();
    fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
    // A static program that runs another: Docker's init.
    let program = dir.join("setuid");
    let inits = ["/usr/bin/docker-init", "/usr/libexec/docker/docker-init", "/usr/local/bin/docker-init"];
    fs::copy(inits.iter().find(|init| Path::new(init).exists()).unwrap(), &program).unwrap();
    chown(&program, Some(0), Some(0)).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o4755)).unwrap();
    let mount = at_data(&dir);
    let plain = ["run", "--rm", "--user", "1234", "-v", &mount, integration_tests::BUSYBOX];
    // Its own ids, real and effective: what it runs would drop them.
    let script = "/data/setuid -s -- sleep 1 & until grep -q setuid /proc/$!/comm; do :; done; \
                  grep ^Uid /proc/$!/status | tr '\\t' ' '; wait";
    let plain = docker(&[&plain[..], &["sh", "-c", script]].concat());
    assert_eq!(plain, "Uid: 1234 0 0 0", "elsewhere the program works");
    assert_eq!(run(&cluster, &mount, script).ok(), "Uid: 1234 1234 1234 1234\n");
}

/// What is checked is what is mounted, however fast a name changes its meaning.
#[test]
fn a_swapped_directory_leads_nowhere_else() {
    let (cluster, dir) = adas_cluster();
    let (place, other) = (dir.join("place"), dir.join("other"));
    fs::create_dir(&place).unwrap();
    fs::write(place.join("hostname"), "hers\n").unwrap();
    symlink("/etc", &other).unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                renameat2(AT_FDCWD, &place, AT_FDCWD, &other, RenameFlags::RENAME_EXCHANGE).unwrap();
                std::thread::sleep(std::time::Duration::from_micros(50));
            }
        });
        let tasks: Vec<_> = (0..12)
            .map(|_| {
                let mount = at_data(&place);
                let run = ["-u", "ada", "command", "run", "-d", "-v", &mount, "--", "cat", "/data/hostname"];
                cluster.pedl(&run).ok().trim().to_owned()
            })
            .collect();
        let ends: Vec<_> = tasks
            .iter()
            .map(|id| {
                let state = eventually("its end", || {
                    let task = cluster.json(&["command", "describe", id]);
                    ["COMPLETED", "FAILED"].contains(&task["state"].as_str()?).then_some(task)
                });
                let reason = state["state_reason"].as_str().unwrap_or_default().to_owned();
                (reason, cluster.pedl(&["command", "logs", id]).ok())
            })
            .collect();
        over.store(true, Ordering::Relaxed);
        for (reason, log) in ends {
            let refused = reason.contains("which is /etc, is refused") && log.is_empty();
            assert!(refused || log == "hers\n", "{reason:?} {log:?}");
        }
    });
    assert_unmounted(&cluster);
}

#[test]
fn data_outlives_tasks_that_are_killed_and_agents_that_die() {
    let (mut cluster, dir) = adas_cluster();
    let mount = at_data(&dir);
    let sleeper = ["-u", "ada", "command", "run", "-d", "-v", &mount, "--", "sleep", "600"];
    for restart in [false, true] {
        let id = cluster.pedl(&sleeper).ok().trim().to_owned();
        cluster.wait_for(&id, "RUNNING");
        if restart {
            cluster.kill_agent(0);
            cluster.start_agent(0);
        }
        cluster.pedl(&["-u", "ada", "command", "kill", &id]).ok();
        cluster.wait_for(&id, "KILLED");
        cluster.wait_for_no_containers();
        let tasks = cluster.path("agent0/tasks");
        eventually("its directory to go", || fs::read_dir(&tasks).unwrap().next().is_none().then_some(()));
        assert_eq!(fs::read_to_string(dir.join("hello")).unwrap(), "ada's\n");
        assert_unmounted(&cluster);
    }
}
