//! Directories and files of an agent's host that a container sees.

use std::fmt;

use pedl_proto::v1;
use serde::{Deserialize, Serialize};

/// A directory or file of the agent's host in the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map with host_path and container_path")]
pub struct BindMount {
    pub host_path: String,
    pub container_path: String,
    #[serde(default)]
    pub read_only: bool,
}

impl BindMount {
    /// Reads `-v`.
    pub fn parse_flag(text: &str) -> Result<Self, String> {
        let parts: Vec<_> = text.split(':').collect();
        let (host_path, container_path, read_only) = match parts[..] {
            [host, container] => (host, container, false),
            [host, container, "ro"] => (host, container, true),
            [host, container, "rw"] => (host, container, false),
            _ => return Err("give HOST:CONTAINER, HOST:CONTAINER:ro or HOST:CONTAINER:rw".to_string()),
        };
        if host_path.is_empty() || container_path.is_empty() {
            return Err("a path is empty: give HOST:CONTAINER, such as /data:/data:ro".to_string());
        }
        Ok(Self { host_path: host_path.to_string(), container_path: container_path.to_string(), read_only })
    }

    /// For the master.
    pub fn to_proto(&self) -> v1::BindMount {
        let Self { host_path, container_path, read_only } = self.clone();
        v1::BindMount { host_path, container_path, read_only, ..Default::default() }
    }

    /// As the master has it.
    pub fn from_proto(mount: v1::BindMount) -> Self {
        let v1::BindMount { host_path, container_path, read_only, .. } = mount;
        Self { host_path, container_path, read_only }
    }
}

impl fmt::Display for BindMount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = if self.read_only { "ro" } else { "rw" };
        write!(f, "{}:{}:{mode}", self.host_path, self.container_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bind_mount_flags() {
        let mount = |host: &str, container: &str, read_only| {
            Ok(BindMount { host_path: host.into(), container_path: container.into(), read_only })
        };
        assert_eq!(BindMount::parse_flag("/a:/b"), mount("/a", "/b", false));
        assert_eq!(BindMount::parse_flag("/a:/b:ro"), mount("/a", "/b", true));
        assert_eq!(BindMount::parse_flag("/a:b:rw"), mount("/a", "b", false));
        for text in ["", "/a", "/a:", ":/b", "/a:/b:", "/a:/b:z", "/a:/b:ro:ro"] {
            assert!(BindMount::parse_flag(text).is_err(), "{text:?}");
        }
    }
}
