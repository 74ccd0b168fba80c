//! A network of a test's own between the master and the agents, that can be cut.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::outcome;

/// A station that is not there: frames to it are lost, and nobody is told.
const NOBODY: &str = "02:00:00:00:00:01";

/// A network namespace for agents, and a cable from it to this one. Both are gone when this is dropped.
pub struct Network {
    name: String,
    /// The cable's end in this namespace.
    cable: String,
    here: String,
    there: String,
}

impl Network {
    /// Makes one, with addresses of its own.
    ///
    /// # Panics
    /// When it cannot be made.
    pub(crate) fn make() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        // Four addresses of 100.64.0.0/10 (RFC 6598), which no machine has of its own. Process ids have 22 bits, so that
        // those of two programs fall together only when they are far apart.
        let subnet = 0x6440_0000 + ((process.wrapping_mul(16).wrapping_add(number) & 0xF_FFFF) << 2);
        let address = |host| Ipv4Addr::from_bits(subnet + host).to_string();
        let network = Self {
            name: format!("pedl-test-{process}-{number}"),
            cable: format!("pt{process}-{number}"),
            here: address(1),
            there: address(2),
        };
        let Self { name, cable, here, there } = &network;
        ip(&format!("netns add {name}"));
        ip(&format!("link add {cable} type veth peer name eth0 netns {name}"));
        ip(&format!("address add {here}/30 dev {cable}"));
        ip(&format!("link set {cable} up"));
        ip(&format!("-netns {name} address add {there}/30 dev eth0"));
        ip(&format!("-netns {name} link set lo up"));
        ip(&format!("-netns {name} link set eth0 up"));
        network
    }

    /// The master's address in it.
    pub(crate) fn address(&self) -> &str {
        &self.here
    }

    /// A command in it that is in all other namespaces of this process: the agent must be in dockerd's of mounts, which
    /// `ip netns exec` would change.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/run/netns/{}", self.name)).arg("--").arg(program);
        command
    }

    /// Loses everything that is sent, in both directions, and tells neither end.
    ///
    /// # Panics
    /// When it cannot be cut.
    pub fn cut(&self) {
        let Self { name, cable, here, there } = self;
        ip(&format!("neighbour replace {there} lladdr {NOBODY} nud permanent dev {cable}"));
        ip(&format!("-netns {name} neighbour replace {here} lladdr {NOBODY} nud permanent dev eth0"));
    }

    /// Brings across again what is sent from now on.
    ///
    /// # Panics
    /// When it was not cut.
    pub fn mend(&self) {
        let Self { name, cable, here, there } = self;
        ip(&format!("neighbour delete {there} dev {cable}"));
        ip(&format!("-netns {name} neighbour delete {here} dev eth0"));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The cable goes with its other end.
        drop(Command::new("ip").args(["netns", "delete", &self.name]).output());
    }
}

fn ip(args: &str) {
    let done = outcome(Command::new("ip").args(args.split(' ')));
    assert_eq!(done.code, Some(0), "ip {args}: {done:?}");
}
