//! The real agent against real Docker and a master that speaks the real protocol. Needs dockerd and a static
//! /bin/busybox (Debian's busybox-static).

mod conditions;
mod containers;
mod docker_proxy;
mod fake_master;
mod process;

mod bind_mounts;
mod identity;
mod limits;
mod program;
mod refusals;
mod restarts;
mod stops;
mod tasks;
