//! Agents that go out of service and back, and the queue meanwhile.

use expect_test::expect;
use integration_tests::{Cluster, Settings, eventually};
use pedl_proto::v1::cluster_service_client::ClusterServiceClient;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::{ListQueueRequest, ListQueueResponse, LoginRequest, asset};
use serde_json::{Value, json};
use tonic::Request;
use tonic::transport::Channel;

const NO_AGENT: &str = "no agent is connected and enabled in resource pool `default`";

fn state(cluster: &Cluster, id: &str) -> Value {
    cluster.json(&["command", "describe", id])["state"].clone()
}

/// What `agent list` says of the one agent: whether it is enabled, and whether it drains.
fn service(cluster: &Cluster) -> [bool; 2] {
    let agents = cluster.json(&["agent", "list"]);
    ["enabled", "draining"].map(|what| agents[0][what].as_bool().unwrap())
}

fn waits_because(cluster: &Cluster, id: &str, reason: &str) {
    eventually(&format!("{id} to wait because {reason}"), || {
        let asset = cluster.json(&["command", "describe", id]);
        assert_eq!(asset["state"], "QUEUED");
        (asset["state_reason"] == reason).then_some(())
    });
}

#[test]
fn a_disabled_agent_ends_what_it_has_and_takes_nothing_until_it_is_enabled() {
    let mut cluster = Settings::default().slots(1).start();
    let running = cluster.detached(&["sleep", "600"]);
    cluster.wait_for(&running, "RUNNING");
    let waiting = cluster.detached(&["true"]);

    let disabled = cluster.pedl(&["-u", "admin", "agent", "disable", "n0"]);
    assert!(disabled.stderr.contains("disabled n0; killing 1 asset"), "{disabled:?}");
    let killed = cluster.wait_for(&running, "KILLED");
    assert_eq!(killed["state_reason"], "killed by admin: agent n0 was disabled");
    assert_eq!(killed["exit_code"], 143, "sleep ends at SIGTERM");
    waits_because(&cluster, &waiting, NO_AGENT);
    assert_eq!(service(&cluster), [false, false]);
    let again = cluster.pedl(&["-u", "admin", "agent", "disable", "n0"]);
    assert!(again.stderr.contains("disabled n0: nothing runs there"), "{again:?}");

    cluster.kill_agent(0);
    cluster.kill_master();
    cluster.start_master();
    cluster.start_agent(0);
    cluster.wait_for_agents();
    assert_eq!((service(&cluster), state(&cluster, &waiting)), ([false, false], json!("QUEUED")));
    for _ in 0..2 {
        cluster.pedl(&["-u", "admin", "agent", "enable", "n0"]).ok();
    }
    cluster.wait_for(&waiting, "COMPLETED");

    let audit = cluster.json(&["-u", "admin", "master", "audit", "--action", "agent."]);
    let told = audit.as_array().unwrap().iter().rev().map(|event| {
        let text = |key: &str| event[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}\n", text("actor"), text("action"), text("target"), text("detail"))
    });
    expect![[r#"
        admin agent.disable n0 1 tasks killed, 0 go on
        admin agent.disable n0 0 tasks killed, 0 go on
        admin agent.enable n0 -
        admin agent.enable n0 -
    "#]]
    .assert_eq(&told.skip(1).collect::<String>());
}

#[test]
fn a_drained_agent_ends_nothing_and_takes_nothing() {
    let cluster = Cluster::start();
    let data = cluster.shared_dir("data", 0, 0);
    let script = "until [ -e /data/go ]; do sleep 0.05; done";
    let running = cluster.detached(&["-v", &format!("{}:/data", data.display()), "--", "sh", "-c", script]);
    cluster.wait_for(&running, "RUNNING");

    let disabled = cluster.pedl(&["-u", "admin", "agent", "disable", "n0", "--drain"]);
    assert!(disabled.stderr.contains("disabled n0; left to their end: 1 task"), "{disabled:?}");
    assert_eq!(service(&cluster), [false, true]);
    let waiting = cluster.detached(&["true"]);
    waits_because(&cluster, &waiting, NO_AGENT);
    assert_eq!(state(&cluster, &running), "RUNNING", "there is room, but no service");

    std::fs::write(data.join("go"), "").unwrap();
    assert_eq!(cluster.wait_for(&running, "COMPLETED")["exit_code"], 0);
    assert_eq!((service(&cluster), state(&cluster, &waiting)), ([false, false], json!("QUEUED")));
    cluster.pedl(&["-u", "admin", "agent", "enable", "n0"]).ok();
    cluster.wait_for(&waiting, "COMPLETED");
}

#[test]
fn only_an_administrator_and_only_agents_that_there_are() {
    let cluster = Cluster::start();
    for verb in ["enable", "disable"] {
        assert_eq!(cluster.pedl(&["agent", verb, "n0"]).code, Some(3));
        let absent = cluster.pedl(&["-u", "admin", "agent", verb, "n9"]);
        assert_eq!(absent.code, Some(4), "{absent:?}");
        assert!(absent.stderr.contains("there is no agent `n9`: `pedl agent list` names them all"), "{absent:?}");
    }
    assert_eq!(service(&cluster), [true, false]);
}

/// As a table: pool, position, id and owner.
fn queue(cluster: &Cluster, args: &[&str]) -> String {
    let queue = cluster.json(&[&["agent", "queue"], args].concat());
    let line = |entry: &Value| {
        let text = |key: &str| entry[key].as_str().unwrap().to_owned();
        format!("{} {} {} {}\n", text("resource_pool"), entry["position"], entry["id"], text("owner"))
    };
    queue.as_array().unwrap().iter().map(line).collect()
}

async fn page(channel: &Channel, token: &str, page_token: String) -> ListQueueResponse {
    let mut request = Request::new(ListQueueRequest { resource_pool: "default".into(), page_size: 2, page_token });
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    ClusterServiceClient::new(channel.clone()).list_queue(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn everybody_sees_who_is_next() {
    let cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    cluster.member("bob", None);
    let run = |who: &str, args: &[&str]| {
        cluster.pedl(&[&["-u", who, "command", "run", "-d"], args, &["true"]].concat()).ok().trim().to_owned()
    };
    let first = run("ada", &["-e", "KEY=hidden"]);
    run("bob", &["--config", "resource_pool=a"]);
    run("bob", &[]);
    run("ada", &[]);
    run("ada", &["--config", "resource_pool=a"]);
    expect![[r#"
        a 1 2 bob
        a 2 5 ada
        default 1 1 ada
        default 2 3 bob
        default 3 4 ada
    "#]]
    .assert_eq(&queue(&cluster, &[]));
    assert_eq!(queue(&cluster, &["--resource-pool", "none"]), "");

    let channel = Channel::from_shared(cluster.url()).unwrap().connect().await.unwrap();
    let login = LoginRequest { username: "bob".into(), ..LoginRequest::default() };
    let token = SessionServiceClient::new(channel.clone()).login(login).await.unwrap().into_inner().token;
    let whole = page(&channel, &token, String::new()).await;
    let rest = page(&channel, &token, whole.next_page_token).await;
    let positions: Vec<_> = whole.entries.iter().chain(&rest.entries).map(|entry| entry.position).collect();
    assert_eq!((positions, rest.next_page_token.as_str()), (vec![1, 2, 3], ""));
    let asset = whole.entries[0].asset.clone().unwrap();
    let Some(asset::Spec::Command(command)) = asset.spec else { panic!("{asset:?}") };
    assert!(asset.redacted && command.container.unwrap().environment_variables["KEY"].is_empty());

    cluster.pedl(&["-u", "admin", "user", "deactivate", "ada"]).ok();
    let held = cluster.json(&["-u", "bob", "agent", "queue"]);
    let reasons: Vec<_> = held.as_array().unwrap().iter().map(|entry| entry["state_reason"].as_str()).collect();
    assert_eq!(reasons[2], Some("waits for its owner, ada, to be active again"), "{reasons:?}");
    cluster.pedl(&["-u", "admin", "command", "kill", &first]).ok();
    expect![[r#"
        default 1 3 bob
        default 2 4 ada
    "#]]
    .assert_eq(&queue(&cluster, &["--resource-pool", "default"]));
}
