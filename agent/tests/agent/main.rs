//! The real agent against real Docker and a master that speaks the real protocol. Needs dockerd and a static
//! /bin/busybox (Debian's busybox-static).

mod conditions;
mod containers;
mod docker_proxy;
mod fake_master;
#[path = "../../src/isolation/netlink.rs"]
#[expect(dead_code, reason = "the tests send less than the agent")]
mod netlink;
mod process;

mod bind_mounts;
mod identity;
mod isolation;
mod limits;
mod program;
mod refusals;
mod removals;
mod restarts;
mod run_time;
mod stops;
mod tasks;
