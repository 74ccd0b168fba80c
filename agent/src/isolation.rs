//! Tasks do not reach each other over the network, nor any other container a task.
//!
//! All are on Docker's own bridge. The addresses of tasks have a prefix of PEDL's, and the kernel's bridge passes no
//! frame on to another container that comes from such an address or goes to one (`nftables`). Frames between a
//! container and the machine itself, by which it reaches the outside, are not passed on in this sense. What a container
//! that is no task says to all on the bridge, tasks hear too, and cannot answer.

mod netlink;
mod nftables;

use std::convert::Infallible;
use std::fs::File;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use tokio::time::interval;

use crate::assignment::TaskId;
use crate::docker::Docker;
use netlink::Refusal;

/// What tasks' addresses begin with. The second digit makes them an administrator's own choice (IEEE 802c); Docker's
/// own begin with 02:42, QEMU's with 52:54.
const PREFIX: [u8; 2] = [0xd2, 0x50];

/// How often the rules are looked for.
const LOOKED_AFTER: Duration = Duration::from_secs(10);

/// Why tasks cannot be kept from each other here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Where Docker's bridge is cannot be told.
    #[error(
        "agent {agent} cannot keep tasks from each other's network: it does not see where Docker's is ({why}): its administrator must run the agent beside dockerd, with Docker on a Unix socket"
    )]
    Apart {
        /// The agent.
        agent: String,
        /// How it differs.
        why: String,
    },
    /// The kernel does not take the rules.
    #[error("agent {agent} cannot keep tasks from each other's network: the kernel's packet filter refuses {refusal}: {}", advice(refusal.errno))]
    Refused {
        /// The agent.
        agent: String,
        /// What it says.
        refusal: Refusal,
    },
}

fn advice(errno: Errno) -> &'static str {
    if [Errno::EPERM, Errno::EACCES].contains(&errno) {
        "its administrator must run the agent as root with CAP_NET_ADMIN, and with CAP_SYS_ADMIN where dockerd has a \
         network namespace of its own"
    } else {
        "its administrator must load nf_tables for bridges, or start a kernel that has it (CONFIG_NF_TABLES_BRIDGE)"
    }
}

/// Puts the rules in place, also of those that another version of the agent left.
pub async fn establish(docker: &Docker) -> Result<(), Error> {
    beside(docker, nftables::replace).await
}

/// Puts the rules in place where they are missing: whoever sets up the machine's firewall anew wipes them.
pub async fn ensure(docker: &Docker) -> Result<(), Error> {
    beside(docker, nftables::ensure).await
}

/// Looks after the rules for as long as it is polled: while nothing starts, running tasks count on them, too.
pub async fn watch(docker: &Docker) -> Infallible {
    let mut tick = interval(LOOKED_AFTER);
    loop {
        tick.tick().await;
        if let Err(error) = ensure(docker).await {
            tracing::debug!("{error}");
        }
    }
}

/// Acts in dockerd's network namespace.
async fn beside(docker: &Docker, act: fn() -> Result<(), Refusal>) -> Result<(), Error> {
    let agent = || docker.agent().to_owned();
    let namespace = docker.other_namespace("net").await.map_err(|why| Error::Apart { agent: agent(), why })?;
    let done = namespace.map_or_else(act, |namespace| within(namespace, act));
    done.map_err(|refusal| Error::Refused { agent: agent(), refusal })
}

/// Acts in a network namespace. Threads have each their own, so this one is not moved.
fn within(namespace: File, act: fn() -> Result<(), Refusal>) -> Result<(), Refusal> {
    let enter_and_act = || {
        setns(namespace, CloneFlags::CLONE_NEWNET)
            .map_err(|errno| Refusal { what: "the way into dockerd's network namespace", errno })?;
        act()
    };
    thread::scope(|scope| scope.spawn(enter_and_act).join().expect("it does not panic"))
}

/// The address of a task's container: always the same, and seldom that of another task on the machine.
pub fn mac_address(task: &TaskId) -> String {
    let hash = crc32fast::hash(task.as_str().as_bytes()).to_be_bytes();
    [&PREFIX[..], &hash].concat().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use nix::sched::unshare;
    use nix::unistd::gettid;

    use super::*;

    #[test]
    fn an_address_is_its_task_s_own() {
        let address = |task: &str| mac_address(&task.parse().unwrap());
        assert_eq!(address("0193a1f0-7b0e-7c3a-8000-0242ac120002"), "d2:50:6a:55:33:aa");
        assert_ne!(address("0193a1f0-7b0e-7c3a-8000-0242ac120003"), address("0193a1f0-7b0e-7c3a-8000-0242ac120002"));
    }

    #[test]
    fn the_rules_go_where_docker_is() {
        let (tell_where, place) = mpsc::channel();
        let (tell_done, done) = mpsc::channel();
        let elsewhere = thread::spawn(move || {
            unshare(CloneFlags::CLONE_NEWNET).unwrap();
            tell_where.send(format!("/proc/self/task/{}/ns/net", gettid())).unwrap();
            done.recv().unwrap();
            nftables::is_in_place().unwrap()
        });
        within(File::open(place.recv().unwrap()).unwrap(), nftables::ensure).unwrap();
        tell_done.send(()).unwrap();
        assert!(elsewhere.join().unwrap());
    }
}
