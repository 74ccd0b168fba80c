//! Who a task is, in an image that knows no users.

use pedl_proto::v1::AgentUser;

use crate::containers::Cluster;
use crate::fake_master::FakeMaster;
use crate::process::Agent;
use crate::tasks::code;

const WHO: &str =
    "whoami; id; echo ~ $HOME $USER; pwd; echo x >~/x && stat -c '%u:%g %a' ~ ~/x; cat /etc/passwd /etc/group";

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_user() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let task = master.place(WHO, |_| {});
    let (end, log) = master.end(&task).await;
    let lines = [
        "alice",
        "uid=1234(alice) gid=2345(team) groups=2345(team)",
        "/home/alice /home/alice alice",
        "/home/alice",
        "1234:2345 700",
        "1234:2345 644",
        "alice:x:1234:2345:alice:/home/alice:/bin/sh",
        "team:x:2345:",
    ];
    assert_eq!((code(&end), log), (0, lines.join("\n") + "\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn root() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let task = master.place(WHO, |assignment| {
        assignment.run_as =
            Some(AgentUser { uid: 0, user: "root".into(), gid: 0, group: "root".into(), ..AgentUser::default() });
    });
    let (end, log) = master.end(&task).await;
    assert_eq!(code(&end), 0, "{log}");
    assert!(log.starts_with("root\nuid=0(root) gid=0(root) groups=0(root)\n/root /root root\n/root\n"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_members_environment_wins_but_for_the_home() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let task = master.place("echo $HOME $USER $MORE; pwd", |assignment| {
        let container = assignment.container.as_mut().unwrap();
        container.work_dir = "/bin".into();
        for (key, value) in [("HOME", "/elsewhere"), ("USER", "other"), ("MORE", "a=b c")] {
            container.environment_variables.insert(key.into(), value.into());
        }
    });
    assert_eq!(master.end(&task).await.1, "/home/alice other a=b c\n/bin\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn supplementary_groups_and_umask() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    // Debian's own names on this machine, for what it knows.
    let script = "id; id alice; umask; echo x >~/x; mkdir ~/y; stat -c %a ~/x ~/y; cat /etc/group; sh -c 'exit 7'";
    let task = master.place(script, |assignment| {
        let run_as = assignment.run_as.as_mut().unwrap();
        run_as.supplementary_gids = vec![50, 4_000_000];
        run_as.umask = Some(0o027);
    });
    let (end, log) = master.end(&task).await;
    // Of the process, in the kernel's order; of the user, in the file's.
    let process = "uid=1234(alice) gid=2345(team) groups=50(staff),2345(team),4000000(group4000000)";
    let user = "uid=1234(alice) gid=2345(team) groups=2345(team),50(staff),4000000(group4000000)";
    let lines =
        [process, user, "0027", "640", "750", "team:x:2345:", "staff:x:50:alice", "group4000000:x:4000000:alice"];
    assert_eq!((code(&end), log), (7, lines.join("\n") + "\n"));
}
