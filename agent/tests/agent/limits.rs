//! What a task may take of the machine, and what it may do there.

use pedl_proto::agent::v1::task_report::Status as Report;

use crate::containers::Cluster;
use crate::fake_master::FakeMaster;
use crate::process::Agent;
use crate::tasks::code;

#[tokio::test(flavor = "multi_thread")]
async fn memory_and_processors() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    // In version 1 of control groups, or in version 2.
    let script = "exec 2>&1; cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max 2>/dev/null; \
                  cat cpu/cpu.cfs_quota_us cpu.max 2>/dev/null; \
                  dd if=/dev/zero of=/dev/null bs=64M count=1 && exit 3";
    let task = master.place(script, |assignment| {
        let container = assignment.container.as_mut().unwrap();
        (container.memory, container.cpus) = (32 << 20, 0.5);
    });
    let (end, log) = master.end(&task).await;
    let Report::Exited(exited) = end else { panic!("{end:?}") };
    assert_eq!((exited.exit_code, exited.detail.as_str()), (128 + 9, "out of memory"), "{log}");
    assert!(log.starts_with("33554432\n50000"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_changed() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let script = "exec 2>&1; whoami; id; echo x >~/x && cat ~/x; echo y >/tmp/y && cat /tmp/y; echo z >/z";
    let task = master.place(script, |assignment| assignment.container.as_mut().unwrap().read_only_root = Some(true));
    let (end, log) = master.end(&task).await;
    let expected = "alice\nuid=1234(alice) gid=2345(team) groups=2345(team)\nx\ny\n";
    assert!(log.starts_with(expected) && log.ends_with("/z: Read-only file system\n"), "{log}");
    assert_eq!(code(&end), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn capabilities_that_the_administrator_allows() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start_with(&master, "allow_capabilities: [SYS_PTRACE]");
    let ask = |capability: &str, uid| {
        let capability = capability.to_owned();
        master.place("grep ^CapEff /proc/self/status", move |assignment| {
            assignment.run_as.as_mut().unwrap().uid = uid;
            assignment.container.as_mut().unwrap().add_capabilities = vec![capability];
        })
    };
    // Bit 19 (linux/capability.h).
    let effective = |log: &str| u64::from_str_radix(log.trim().rsplit('\t').next().unwrap(), 16).unwrap();
    let (end, log) = master.end(&ask("CAP_SYS_PTRACE", 0)).await;
    assert_eq!((code(&end), effective(&log) >> 19 & 1), (0, 1), "{log}");
    // Who is not root has none, whatever is added.
    let (end, log) = master.end(&ask("SYS_PTRACE", 1234)).await;
    assert_eq!((code(&end), effective(&log)), (0, 0), "{log}");
    for refused in ["SYS_ADMIN", "ALL"] {
        let (end, _) = master.end(&ask(refused, 0)).await;
        let Report::CouldNotStart(refusal) = end else { panic!("{end:?}") };
        assert!(refusal.reason.contains(refused), "{refusal:?}");
    }
}
