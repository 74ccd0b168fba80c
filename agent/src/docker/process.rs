//! The process behind Docker's socket: which namespaces Docker sees.

use std::fs;
use std::future::ready;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use super::{ApiError, Docker};

impl Docker {
    /// dockerd's namespace of a sort (`mnt`, `net`), as a file, where this process is in another one; or why that
    /// cannot be told.
    pub async fn other_namespace(&self, sort: &str) -> Result<Option<PathBuf>, String> {
        let Some(socket) = self.url.socket() else {
            return Err(format!("Docker at {} is not on this machine's file system", self.url));
        };
        let pid = self.patiently(|| ready(listener(socket).map_err(ApiError::from))).await;
        let pid = pid.map_err(|refusal| refusal.to_string())?;
        let theirs = PathBuf::from(format!("/proc/{pid}/ns/{sort}"));
        match (fs::read_link(format!("/proc/self/ns/{sort}")), fs::read_link(&theirs)) {
            (Ok(ours), Ok(namespace)) => Ok((ours != namespace).then_some(theirs)),
            (Err(error), _) | (_, Err(error)) => {
                Err(format!("process {pid}, which listens at {}, is not to be seen: {error}", self.url))
            }
        }
    }
}

/// The process that listens. Where systemd made the socket for dockerd, that is systemd, whose namespaces dockerd
/// shares unless its unit was changed.
fn listener(socket: &Path) -> io::Result<i32> {
    Ok(getsockopt(&UnixStream::connect(socket)?, PeerCredentials)?.pid())
}
