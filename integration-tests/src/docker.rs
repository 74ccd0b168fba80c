//! What tests ask Docker itself.

use std::process::Command;

/// Runs `docker`, and answers what it printed.
///
/// # Panics
/// When it fails.
pub fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().expect("docker starts");
    assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The ids of all containers with a label, running or not.
pub fn containers(label: &str) -> Vec<String> {
    let ids = docker(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &format!("label={label}")]);
    ids.split_whitespace().map(ToOwned::to_owned).collect()
}

/// Removes all containers with a label, whatever they do.
pub fn remove_containers(label: &str) {
    let ids = containers(label);
    if !ids.is_empty() {
        // One that ends meanwhile may be gone before its turn comes.
        drop(Command::new("docker").args(["rm", "--force", "--volumes"]).args(ids).output());
    }
}
