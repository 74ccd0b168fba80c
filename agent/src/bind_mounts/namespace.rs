//! Whether Docker sees the mounts that the agent makes.

use std::fs;
use std::os::unix::net::UnixStream;

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use crate::config::DockerUrl;

/// Whether dockerd is in this process's mount namespace; or why not, or why that cannot be told.
///
/// The socket tells who listens. Where systemd made it for dockerd, that is systemd, whose namespace dockerd shares
/// unless its unit was changed.
pub fn shared_with(docker: &DockerUrl) -> Result<(), String> {
    let Some(socket) = docker.socket() else {
        return Err(format!("Docker at {docker} is not on this machine's file system"));
    };
    let peer = UnixStream::connect(socket).and_then(|stream| Ok(getsockopt(&stream, PeerCredentials)?.pid()));
    let pid = peer.map_err(|error| format!("{}: {error}", socket.display()))?;
    let namespace = |of: &str| fs::read_link(format!("/proc/{of}/ns/mnt"));
    match (namespace("self"), namespace(&pid.to_string())) {
        (Ok(ours), Ok(theirs)) if ours == theirs => Ok(()),
        (Ok(_), Ok(_)) => Err("it has a mount namespace of its own".into()),
        (Err(error), _) | (_, Err(error)) => {
            Err(format!("process {pid}, which listens there, is not to be seen: {error}"))
        }
    }
}
