//! What bind mounts may reach, as it is configured.

use serde::{Deserialize, Serialize};

use super::values::HostPath;

/// The system, and what would make a task root of the machine.
const DENIED: &[&str] = &[
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/pedl",
    "/var/lib/pedl-agent",
    "/var/run",
    "/var/spool",
];

/// What bind mounts may reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BindMounts {
    /// What equals, is inside or contains one of these is refused; `/` denies only itself.
    pub deny: Vec<HostPath>,
    /// If set, only these and what is in them.
    pub allow: Vec<HostPath>,
    /// Whether tasks that run as root may have bind mounts.
    pub allow_root: bool,
}

impl Default for BindMounts {
    fn default() -> Self {
        let path = |text: &&str| HostPath::try_from(std::path::PathBuf::from(text)).expect("it is absolute");
        Self { deny: DENIED.iter().map(path).collect(), allow: vec![], allow_root: true }
    }
}
