//! The tests' image, and the containers of one test: looked at, and removed whatever happens.

use std::collections::HashMap;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use bollard::Docker;
use bollard::models::{ContainerInspectResponse, ContainerSummary};
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder};

use crate::conditions::until;

/// Nothing but busybox: no /etc/passwd, no home, no bash. `integration-tests/images/busybox/build` makes it.
pub const IMAGE: &str = "pedl-test/busybox:1";

/// The label of a test's own images, with its cluster's id.
const TEST_IMAGE: &str = "pedl-test.cluster";

/// Runs `docker`, and answers what it printed.
pub fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().expect("docker starts");
    assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A cluster of its own for one test; its containers and images are removed when this is dropped.
pub struct Cluster {
    pub id: String,
    docker: Docker,
}

impl Cluster {
    pub async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let id = format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self { id, docker: connect().await }
    }

    /// All of the cluster's containers.
    pub async fn list(&self) -> Vec<ContainerSummary> {
        let filters = HashMap::from([("label", vec![self.label()])]);
        let filters: HashMap<String, Vec<String>> =
            filters.into_iter().map(|(key, value)| (key.into(), value)).collect();
        self.docker
            .list_containers(Some(ListContainersOptionsBuilder::new().all(true).filters(&filters).build()))
            .await
            .unwrap()
    }

    pub async fn inspect(&self, task: &str) -> ContainerInspectResponse {
        self.docker.inspect_container(&format!("pedl-{task}"), None::<InspectContainerOptions>).await.unwrap()
    }

    pub async fn runs(&self, task: &str) -> bool {
        self.inspect(task).await.state.unwrap().running == Some(true)
    }

    /// Docker's word for where a task's container stands; none without one.
    pub async fn status(&self, task: &str) -> Option<String> {
        let name = format!("/pedl-{task}");
        let named = |container: &ContainerSummary| container.names.as_ref().is_some_and(|names| names.contains(&name));
        Some(self.list().await.into_iter().find(named)?.state?.to_string())
    }

    /// The IP address of a task's container, and its MAC address.
    pub async fn addresses(&self, task: &str) -> (String, String) {
        let networks = self.inspect(task).await.network_settings.unwrap().networks.unwrap();
        let bridge = &networks["bridge"];
        (bridge.ip_address.clone().unwrap(), bridge.mac_address.clone().unwrap())
    }

    /// Runs a shell script in a container that is no task, as a member of the machine's staff would; answers its id.
    pub fn plain(&self, script: &str) -> String {
        docker(&["run", "--detach", "--label", &self.label(), IMAGE, "sh", "-c", script])
    }

    /// What a script says in such a container.
    pub fn plain_output(&self, script: &str) -> String {
        let script = format!("{script}; true");
        docker(&["run", "--rm", "--label", &self.label(), IMAGE, "sh", "-c", &script])
    }

    fn label(&self) -> String {
        format!("pedl.cluster={}", self.id)
    }

    /// An image of the test's own: the tests' image with more of a Dockerfile. Answers its id.
    pub fn image(&self, dockerfile: &[&str]) -> String {
        self.image_after("true", dockerfile)
    }

    /// The same, of what a shell script leaves.
    pub fn image_after(&self, script: &str, dockerfile: &[&str]) -> String {
        let container = docker(&["create", "--label", &self.label(), IMAGE, "sh", "-c", script]);
        docker(&["start", "--attach", &container]);
        let label = format!("LABEL {TEST_IMAGE}={}", self.id);
        let changes = dockerfile.iter().copied().chain([label.as_str()]).flat_map(|line| ["--change", line]);
        docker(&["commit"].into_iter().chain(changes).chain([container.as_str()]).collect::<Vec<_>>())
    }

    /// Waits until nothing is left.
    pub async fn empty(&self) {
        until("no container is left", async || self.list().await.is_empty()).await;
    }

    pub async fn remove_all(&self) {
        for container in self.list().await {
            let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
            let _ = self.docker.remove_container(&container.id.unwrap(), Some(options)).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let id = self.id.clone();
        // The test's own runtime may be unwinding.
        let remove = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                std::mem::ManuallyDrop::new(Self { id, docker: connect().await }).remove_all().await
            });
        };
        let _ = std::thread::spawn(remove).join();
        let ours = format!("label={TEST_IMAGE}={}", self.id);
        let _ = Command::new("docker").args(["image", "prune", "--all", "--force", "--filter", &ours]).output();
    }
}

async fn connect() -> Docker {
    Docker::connect_with_unix_defaults().unwrap().negotiate_version().await.expect("dockerd runs")
}
