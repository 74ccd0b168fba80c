//! Docker fails, having done what it was asked to, and breaks connections off: every fifth request, of any sort.

use integration_tests::{DockerProxy, Settings, Workload};

use crate::memory_is_bounded;

#[test]
fn a_docker_that_fails_every_fifth_request_loses_and_doubles_nothing() {
    let proxy = DockerProxy::start(20, 5);
    let mut cluster = Settings::default().agents(0).slots(4).start();
    cluster.start_agent_with(0, |agent| {
        agent.args(["--docker", &proxy.url()]);
    });
    let workload = Workload::start(&cluster);
    workload.wait_for_ended(60);
    workload.check(&cluster);
    memory_is_bounded(&cluster);
    println!("{} requests were broken", proxy.broken());
    assert!(proxy.broken() > 100, "{}", proxy.broken());
}
