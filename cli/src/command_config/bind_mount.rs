//! Directories and files of an agent's host that a container sees.

use std::fmt;

use pedl_proto::v1::{self, MountPropagation};
use serde::{Deserialize, Serialize};

/// A directory or file of the agent's host in the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map with host_path and container_path")]
pub struct BindMount {
    pub host_path: String,
    pub container_path: String,
    #[serde(default)]
    pub read_only: bool,
    #[serde(default, skip_serializing_if = "Propagation::is_rprivate")]
    pub propagation: Propagation,
}

/// What becomes of mounts that the host makes below a bind mount later, by the words that Docker has for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Propagation {
    /// Nothing.
    #[default]
    Rprivate,
    /// They appear in it.
    Rslave,
}

impl Propagation {
    fn is_rprivate(&self) -> bool {
        *self == Self::Rprivate
    }
}

impl BindMount {
    /// Reads `-v`.
    pub fn parse_flag(text: &str) -> Result<Self, String> {
        let parts: Vec<_> = text.split(':').collect();
        let (host_path, container_path, options) = match parts[..] {
            [host, container] => (host, container, Options::default()),
            [host, container, options] => (host, container, Options::parse(options)?),
            _ => return Err("give HOST:CONTAINER, or HOST:CONTAINER:OPTIONS such as /data:/data:ro".to_string()),
        };
        if host_path.is_empty() || container_path.is_empty() {
            return Err("a path is empty: give HOST:CONTAINER, such as /data:/data:ro".to_string());
        }
        let Options { read_only, propagation } = options;
        Ok(Self {
            host_path: host_path.to_string(),
            container_path: container_path.to_string(),
            read_only: read_only.unwrap_or_default(),
            propagation: propagation.unwrap_or_default(),
        })
    }

    /// For the master.
    pub fn to_proto(&self) -> v1::BindMount {
        let Self { host_path, container_path, read_only, propagation } = self.clone();
        let propagation = match propagation {
            Propagation::Rprivate => MountPropagation::Rprivate,
            Propagation::Rslave => MountPropagation::Rslave,
        };
        v1::BindMount { host_path, container_path, read_only, propagation: propagation.into() }
    }

    /// As the master has it.
    pub fn from_proto(mount: v1::BindMount) -> Self {
        let propagation = match mount.propagation() {
            MountPropagation::Unspecified | MountPropagation::Rprivate => Propagation::Rprivate,
            MountPropagation::Rslave => Propagation::Rslave,
        };
        let v1::BindMount { host_path, container_path, read_only, propagation: _ } = mount;
        Self { host_path, container_path, read_only, propagation }
    }
}

impl fmt::Display for BindMount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = if self.read_only { "ro" } else { "rw" };
        let propagation = match self.propagation {
            Propagation::Rprivate => "",
            Propagation::Rslave => ",rslave",
        };
        write!(f, "{}:{}:{mode}{propagation}", self.host_path, self.container_path)
    }
}

/// What stands behind the second colon of `-v`.
#[derive(Default)]
struct Options {
    read_only: Option<bool>,
    propagation: Option<Propagation>,
}

impl Options {
    fn parse(text: &str) -> Result<Self, String> {
        let mut options = Self::default();
        for word in text.split(',') {
            let twice = match word {
                "ro" | "rw" => options.read_only.replace(word == "ro").is_some(),
                "rprivate" => options.propagation.replace(Propagation::Rprivate).is_some(),
                "rslave" => options.propagation.replace(Propagation::Rslave).is_some(),
                _ => return Err(format!("`{word}` is not taken: give ro or rw, and rprivate or rslave, with a comma")),
            };
            if twice {
                return Err(format!("`{text}`: give one of ro and rw, and one of rprivate and rslave"));
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bind_mount_flags() {
        let mount = |host: &str, container: &str, read_only| {
            let propagation = Propagation::Rprivate;
            Ok(BindMount { host_path: host.into(), container_path: container.into(), read_only, propagation })
        };
        assert_eq!(BindMount::parse_flag("/a:/b"), mount("/a", "/b", false));
        assert_eq!(BindMount::parse_flag("/a:/b:ro"), mount("/a", "/b", true));
        assert_eq!(BindMount::parse_flag("/a:b:rw"), mount("/a", "b", false));
        assert_eq!(BindMount::parse_flag("/a:b:rprivate"), mount("/a", "b", false));
        for text in ["/a:/b:rw,rslave", "/a:/b:ro,rslave"] {
            assert_eq!(BindMount::parse_flag(text).unwrap().to_string(), text);
            assert_eq!(BindMount::from_proto(BindMount::parse_flag(text).unwrap().to_proto()).to_string(), text);
        }
        for text in ["", "/a", "/a:", ":/b", "/a:/b:", "/a:/b:z", "/a:/b:ro:ro", "/a:/b:ro,rw", "/a:/b:shared"] {
            assert!(BindMount::parse_flag(text).is_err(), "{text:?}");
        }
    }
}
