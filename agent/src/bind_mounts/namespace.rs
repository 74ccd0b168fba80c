//! Whether Docker sees the mounts that the agent makes.

use crate::docker::Docker;

/// Whether dockerd is in this process's mount namespace; or why not, or why that cannot be told.
pub async fn shared_with(docker: &Docker) -> Result<(), String> {
    match docker.other_namespace("mnt").await? {
        None => Ok(()),
        Some(_) => Err("it has a mount namespace of its own".into()),
    }
}
