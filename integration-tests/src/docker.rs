//! What tests ask Docker itself.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs `docker`, and answers what it printed.
///
/// # Panics
/// When it fails.
pub fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().expect("docker starts");
    assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Builds an image by the lines of a Dockerfile; answers its name.
///
/// # Panics
/// When it cannot be built.
pub fn image(name: &str, dockerfile: &str) -> String {
    let reference = format!("pedl-test/{name}:1");
    let mut build = Command::new("docker");
    build.args(["build", "--quiet", "--tag", &reference, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut build = build.stderr(Stdio::piped()).spawn().expect("docker starts");
    let mut stdin = build.stdin.take().expect("it is a pipe");
    stdin.write_all(dockerfile.as_bytes()).expect("docker reads the Dockerfile");
    drop(stdin);
    let output = build.wait_with_output().expect("docker ends");
    assert!(output.status.success(), "{reference}: {}", String::from_utf8_lossy(&output.stderr));
    reference
}

/// The ids of all containers with a label, running or not, of the Docker at this URL or of the machine's.
pub fn containers(url: Option<&str>, label: &str) -> Vec<String> {
    ids(url, &["--all", "--filter", &format!("label={label}")])
}

/// The ids of those with a label that run.
pub fn running(url: Option<&str>, label: &str) -> Vec<String> {
    ids(url, &["--filter", &format!("label={label}")])
}

/// All containers with a label, a line each: the name, and the state as Docker keeps it.
pub fn states(url: Option<&str>, label: &str) -> String {
    let ids = containers(url, label);
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let inspect = [&at(url)[..], &["inspect", "--format", "{{.Name}} {{json .State}}"], &ids].concat();
    // One that is gone meanwhile is an error to it.
    let output = Command::new("docker").args(inspect).output().expect("docker starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn ids(url: Option<&str>, filter: &[&str]) -> Vec<String> {
    let ids = docker(&[&at(url)[..], &["ps", "--quiet", "--no-trunc"], filter].concat());
    ids.split_whitespace().map(ToOwned::to_owned).collect()
}

fn at(url: Option<&str>) -> Vec<&str> {
    url.map_or(vec![], |url| vec!["--host", url])
}

/// Removes all containers of the machine's Docker with a label, whatever they do.
pub fn remove_containers(label: &str) {
    let ids = containers(None, label);
    if !ids.is_empty() {
        // One that ends meanwhile may be gone before its turn comes.
        drop(Command::new("docker").args(["rm", "--force", "--volumes"]).args(ids).output());
    }
}
