//! Processes of this machine: the one behind Docker's socket, whose namespaces Docker sees, and those of a container.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::Pid;

use super::{ApiError, Docker, INSIST};

impl Docker {
    /// dockerd's namespace of a sort (`mnt`, `net`), where this process is in another one; or why that cannot be told.
    pub async fn other_namespace(&self, sort: &str) -> Result<Option<File>, String> {
        let Some(socket) = self.url.socket() else {
            return Err(format!("Docker at {} is not on this machine's file system", self.url));
        };
        let tried = AtomicUsize::new(0);
        let look = || async {
            let pid = listener(socket)?;
            match open(pid, sort) {
                // dockerd ends, and some of its threads hold the socket still: the next one is asked. Where it goes on
                // to listen, it is not to be seen.
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound && tried.fetch_add(1, Ordering::Relaxed) < INSIST =>
                {
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

/// A process in a container.
#[derive(Debug)]
pub struct Process {
    /// On this machine.
    pub pid: Pid,
    /// Whether it is the container's first.
    pub is_first: bool,
}

/// The processes of a container, by its id.
pub fn of_container(id: &str) -> Vec<Process> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // It may end meanwhile.
    let is_in = |pid: &i32| is_of_container(*pid, id).unwrap_or(false);
    let process = |pid| Process { pid: Pid::from_raw(pid), is_first: number_inside(pid).as_deref() == Some("1") };
    pids.filter(is_in).map(process).collect()
}

/// Whether a process is in the control groups of a container, by its id.
pub fn is_of_container(pid: i32, id: &str) -> io::Result<bool> {
    Ok(!id.is_empty() && fs::read_to_string(format!("/proc/{pid}/cgroup"))?.contains(id))
}

/// What the innermost namespace of its own calls it (proc_pid_status(5)).
fn number_inside(pid: i32) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    numbers.split_whitespace().last().map(ToOwned::to_owned)
}
