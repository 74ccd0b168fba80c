//! What of the host appears in a container.

use std::path::PathBuf;

use bollard::models::{Mount as ApiMount, MountBindOptions, MountType};

/// A directory or file of the host that appears in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// On the host; absolute, and there.
    pub source: PathBuf,
    /// In the container; absolute.
    pub target: PathBuf,
    /// Whether Docker is to make it read-only. On one that has flags of its own this would undo them.
    pub read_only: bool,
}

impl From<Mount> for ApiMount {
    fn from(mount: Mount) -> Self {
        Self {
            typ: Some(MountType::BIND),
            source: Some(mount.source.to_string_lossy().into_owned()),
            target: Some(mount.target.to_string_lossy().into_owned()),
            read_only: Some(mount.read_only),
            bind_options: Some(MountBindOptions { create_mountpoint: Some(false), ..MountBindOptions::default() }),
            ..Self::default()
        }
    }
}
