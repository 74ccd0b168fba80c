//! What of the host appears in a container.

use std::path::PathBuf;

use bollard::models::{Mount as ApiMount, MountBindOptions, MountBindOptionsPropagationEnum, MountType};

/// A directory or file of the host that appears in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// On the host; absolute, and there.
    pub source: PathBuf,
    /// In the container; absolute.
    pub target: PathBuf,
    /// Whether Docker is to make it read-only. On one that has flags of its own this would undo them.
    pub read_only: bool,
    /// What becomes of what the host mounts below it later.
    pub propagation: Propagation,
}

/// Whether a mount takes part in what the host mounts below it later (mount_namespaces(7)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Propagation {
    /// It stays as it is.
    #[default]
    RPrivate,
    /// What the host mounts and unmounts, it does too.
    RSlave,
}

impl From<Mount> for ApiMount {
    fn from(mount: Mount) -> Self {
        Self {
            typ: Some(MountType::BIND),
            source: Some(mount.source.to_string_lossy().into_owned()),
            target: Some(mount.target.to_string_lossy().into_owned()),
            read_only: Some(mount.read_only),
            bind_options: Some(MountBindOptions {
                propagation: Some(match mount.propagation {
                    Propagation::RPrivate => MountBindOptionsPropagationEnum::RPRIVATE,
                    Propagation::RSlave => MountBindOptionsPropagationEnum::RSLAVE,
                }),
                create_mountpoint: Some(false),
                ..MountBindOptions::default()
            }),
            ..Self::default()
        }
    }
}
