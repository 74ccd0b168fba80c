//! What reaches a task over the network, and what does not.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::conditions::until;
use crate::containers::{Cluster, docker};
use crate::fake_master::FakeMaster;
use crate::netlink::{Attributes, CREATE, Subsystem, Transaction};
use crate::process::Agent;

/// The rules are the machine's: the test that wipes them and the one that counts on them take turns.
static RULES: Mutex<()> = Mutex::const_new(());

const SERVE: &str = "while :; do echo hello | nc -l -p 8000; done";

/// Says `hello` where a server is reached, and nothing where not.
fn knock(address: &str) -> String {
    format!("nc -w 2 {address} 8000 </dev/null 2>/dev/null")
}

/// Whether this machine reaches a server.
fn answers_the_machine(address: &str) -> bool {
    let address = SocketAddr::new(address.parse().unwrap(), 8000);
    let mut answer = String::new();
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(1));
    stream.is_ok_and(|mut stream| stream.read_to_string(&mut answer).is_ok()) && answer == "hello\n"
}

/// As `nft flush ruleset` does, or a firewall that is set up anew.
fn wipe_the_rules() {
    let mut transaction = Transaction::new(Subsystem { number: 10, family: 7 });
    let table = Attributes::default().text(1, "pedl");
    transaction.push("the table", 0, CREATE, &table);
    transaction.push("the table", 2, 0, &table);
    transaction.commit().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_reached_by_no_other_container() {
    let _turn = RULES.lock().await;
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let server = master.place(SERVE, |_| {});
    master.running(&server).await;
    let (address, mac) = cluster.addresses(&server).await;
    assert!(mac.starts_with("d2:50:"), "{mac}");
    until("the machine reaches it", async || answers_the_machine(&address)).await;

    // An address of that network that is never answered is not in the list of those that are known.
    let script = format!("{}; grep -w {address} /proc/net/arp", knock(&address));
    let (_, log) = master.end(&master.place(&script, |_| {})).await;
    assert!(log.contains(" 0x0 ") && log.contains(" 00:00:00:00:00:00 "), "{log}");
    assert!(!log.contains("hello"), "{log}");

    let plain = cluster.plain(SERVE);
    let others = docker(&["inspect", "--format", "{{.NetworkSettings.IPAddress}}", &plain]);
    until("it serves", async || answers_the_machine(&others)).await;
    let by_plain = |address: &str| cluster.plain_output(&knock(address));
    assert_eq!(by_plain(&address), "");
    assert_eq!(by_plain(&others), "hello", "containers that are not tasks are as they were");
    let (_, log) = master.end(&master.place(&knock(&others), |_| {})).await;
    assert_eq!(log, "", "a task reaches no other container");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_puts_the_rules_back() {
    let _turn = RULES.lock().await;
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let server = master.place(SERVE, |_| {});
    master.running(&server).await;
    let (address, _) = cluster.addresses(&server).await;
    until("the machine reaches it", async || answers_the_machine(&address)).await;
    until("a container reaches it without the rules", async || {
        // Again and again: tasks of other tests may start meanwhile.
        wipe_the_rules();
        cluster.plain_output(&knock(&address)) == "hello"
    })
    .await;
    assert_eq!(master.end(&master.place(&knock(&address), |_| {})).await.1, "");
    assert_eq!(cluster.plain_output(&knock(&address)), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_isolated_does_not_start() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start_without_net_admin(&master);
    let reason = master.refused(|_| {}).await;
    assert!(reason.contains("agent n1 cannot keep tasks from each other's network"), "{reason}");
    assert!(reason.contains("CAP_NET_ADMIN"), "{reason}");
    agent.logged("tasks will not start: agent n1").await;
    cluster.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_reaches_the_machine() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let gateway = "$(route -n | awk '$1 == \"0.0.0.0\" { print $2 }')";
    let task = master.place(&format!("nc {gateway} {port} </dev/null"), |_| {});
    let (mut stream, _) = tokio::task::spawn_blocking(move || listener.accept()).await.unwrap().unwrap();
    stream.write_all(b"hello\n").unwrap();
    drop(stream);
    assert_eq!(master.end(&task).await.1, "hello\n");
}
