//! What a task cannot do.

use std::fs::{self, Permissions};
use std::io::Read as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use integration_tests::{Cluster, TASK, docker, eventually, image, owner};

#[test]
fn tasks_do_not_reach_each_other_over_the_network() {
    let cluster = Cluster::start();
    let server = cluster.detached(&["--", "sh", "-c", "hostname -i; while :; do echo hello | nc -l -p 8000; done"]);
    let address = eventually("the server to tell its address", || {
        let log = cluster.pedl(&["command", "logs", &server]).ok();
        log.lines().next().map(|address| format!("{}:8000", address.trim()))
    });
    // The machine itself reaches it, so it is there to be reached.
    eventually("the server to answer", || {
        let mut answer = String::new();
        TcpStream::connect(&address).ok()?.read_to_string(&mut answer).ok()?;
        (answer == "hello\n").then_some(())
    });
    let knock = format!("nc -w 2 {} </dev/null && echo reached", address.replace(':', " "));
    let other = cluster.pedl(&["command", "run", "--", "sh", "-c", &knock]);
    assert_ne!(other.code, Some(0), "{other:?}");
    assert_eq!(other.stdout, "");
    cluster.pedl(&["command", "kill", &server]).ok();
}

#[test]
fn tasks_have_no_more_than_docker_gives_by_default() {
    let cluster = Cluster::start();
    let script = "grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; cat /sys/fs/cgroup/pids/pids.max \
                  /sys/fs/cgroup/pids.max 2>/dev/null";
    let shown = cluster.pedl(&["command", "run", "--", "sh", "-c", script]);
    // Docker's capabilities but NET_RAW, seccomp's filter, and no way to more.
    let expected = "NoNewPrivs:\t1\nSeccomp:\t2\n";
    assert!(shown.stdout.contains("CapBnd:\t00000000a80405fb\n"), "{shown:?}");
    assert!(shown.stdout.contains(expected) && shown.stdout.contains("16384\n"), "{shown:?}");
}

/// A setuid program in the image, that is: on a mount, none is root.
#[test]
fn a_setuid_program_makes_nobody_root() {
    const ADA: (u32, u32) = (1234, 2345);
    let setuid = image(
        "setuid",
        &format!(
            "FROM {TASK}\nRUN cp $(readlink -f $(command -v python3)) /usr/bin/rooted && chmod 4755 /usr/bin/rooted"
        ),
    );
    let cluster = Cluster::start();
    cluster.member("ada", Some(ADA));
    let dir = cluster.shared_dir("ada", ADA.0, ADA.1);
    let (mount, user) = (format!("{}:/data", dir.display()), format!("{}:{}", ADA.0, ADA.1));
    let open = |file: &str| format!("open('/data/{file}', 'w')");
    docker(&["run", "--rm", "--user", &user, "-v", &mount, &setuid, "rooted", "-c", &open("by-docker")]);
    assert_eq!(owner(&dir.join("by-docker")).0, 0, "elsewhere the program works");

    let run = |file: &str| {
        let command = ["-u", "ada", "command", "run", "--image", &setuid, "-v", &mount, "--"];
        cluster.pedl(&[&command[..], &["rooted", "-c", &open(file)]].concat())
    };
    run("by-pedl").ok();
    assert_eq!(owner(&dir.join("by-pedl")), ADA);
    fs::set_permissions(&dir, Permissions::from_mode(0o500)).unwrap();
    let refused = run("refused");
    assert!(refused.code == Some(1) && !dir.join("refused").exists(), "{refused:?}");
}

/// As root, which a member without a link is.
#[test]
fn a_task_finds_nothing_of_pedls_own() {
    let cluster = Cluster::start();
    let (_, port) = cluster.url().rsplit_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).unwrap();
    let script = format!(
        "env | grep -i -e token -e secret; ls -d /run/pedl* /run/pedl/* /var/lib/pedl* /run/docker* /var/run/docker* 2>/dev/null; \
         cat /proc/[0-9]*/comm | grep -e pedl -e dockerd; \
         (echo x >/run/pedl/init) 2>/dev/null && echo changed the first process of all tasks; \
         gateway=$(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p'); \
         [ \"$gateway\" ] && echo has a way out; \
         for host in $gateway 127.0.0.1; do nc -w 2 $host {port} </dev/null && echo reached the master; done"
    );
    let shown = cluster.pedl(&["command", "run", "--", "sh", "-c", &script]);
    // But for what tells the agent how its program ended.
    let own = "/run/pedl\n/run/pedl/init\n/run/pedl/note\n";
    assert_eq!(shown.stdout, format!("{own}has a way out\n"), "{shown:?}");
    for path in ["master", "master/agent-token", "agent0", "agent0/membership.json"].map(|path| cluster.path(path)) {
        assert!(path.exists(), "{}", path.display());
        let refused = cluster.pedl(&["command", "run", "-v", &format!("{}:/data", path.display()), "--", "true"]);
        assert!(refused.code == Some(125) && refused.stderr.contains("is refused"), "{refused:?}");
    }
}

#[test]
fn a_task_has_no_devices_of_the_machine() {
    let cluster = Cluster::start();
    let script = "cd /dev; ls -d $(find . -type b -o -type c | sed 's,./,,' | grep -v ^pts) | xargs; \
                  mknod /tmp/disk b $1 $2 && head -c 1 /tmp/disk; mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem";
    let disk = disk_of_root();
    let shown = cluster.pedl(&["command", "run", "--", "sh", "-c", script, "sh", &disk.0, &disk.1]);
    assert_eq!(shown.stdout, "full null random tty urandom zero\n");
    assert_eq!(shown.stderr.matches("Operation not permitted").count(), 2, "{shown:?}");
}

/// The disk that the machine's root is on, by major and minor number.
fn disk_of_root() -> (String, String) {
    use std::os::unix::fs::MetadataExt as _;
    let device = fs::metadata("/").unwrap().dev();
    (nix::sys::stat::major(device).to_string(), nix::sys::stat::minor(device).to_string())
}
