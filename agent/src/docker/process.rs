//! The process behind Docker's socket: which namespaces Docker sees.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use super::{ApiError, Docker};

impl Docker {
    /// dockerd's namespace of a sort (`mnt`, `net`), where this process is in another one; or why that cannot be told.
    pub async fn other_namespace(&self, sort: &str) -> Result<Option<File>, String> {
        let Some(socket) = self.url.socket() else {
            return Err(format!("Docker at {} is not on this machine's file system", self.url));
        };
        let gone = AtomicI32::new(0);
        let look = || async {
            let pid = listener(socket)?;
            match open(pid, sort) {
                // dockerd ended after it had taken the connection: the next one is asked. Where it listens all the
                // same, it is not to be seen.
                Err(error) if error.kind() == io::ErrorKind::NotFound && gone.swap(pid, Ordering::Relaxed) != pid => {
                    Err(ApiError::from(error))
                }
                opened => Ok((pid, opened)),
            }
        };
        let (pid, opened) = self.patiently(look).await.map_err(|refusal| refusal.to_string())?;
        match (identity(fs::metadata(format!("/proc/self/ns/{sort}"))), opened) {
            (Ok(ours), Ok((theirs, namespace))) => Ok((ours != theirs).then_some(namespace)),
            (Err(error), _) | (_, Err(error)) => {
                Err(format!("process {pid}, which listens at {}, is not to be seen: {error}", self.url))
            }
        }
    }
}

/// A process's namespace, and what tells it from others (namespaces(7)).
fn open(pid: i32, sort: &str) -> io::Result<((u64, u64), File)> {
    let namespace = File::open(format!("/proc/{pid}/ns/{sort}"))?;
    Ok((identity(namespace.metadata())?, namespace))
}

fn identity(metadata: io::Result<fs::Metadata>) -> io::Result<(u64, u64)> {
    metadata.map(|metadata| (metadata.dev(), metadata.ino()))
}

/// The process that listens. Where systemd made the socket for dockerd, that is systemd, whose namespaces dockerd
/// shares unless its unit was changed.
fn listener(socket: &Path) -> io::Result<i32> {
    Ok(getsockopt(&UnixStream::connect(socket)?, PeerCredentials)?.pid())
}
