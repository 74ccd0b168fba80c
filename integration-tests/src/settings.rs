//! How a test's cluster shall be.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Cluster, Dockerd};

/// How a cluster shall be.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) master_yaml: String,
    pub(crate) agents: usize,
    pub(crate) slots: u32,
    pub(crate) own_clocks: bool,
    pub(crate) own_network: bool,
    /// None: the machine's.
    pub(crate) docker: Option<String>,
    /// How much room there is in data directories that have a disk of their own, by their names.
    pub(crate) disks: Vec<(&'static str, &'static str)>,
}

impl Default for Settings {
    /// SQLite, the busybox image, and one agent of 16 slots.
    fn default() -> Self {
        let master_yaml = format!("task_container_defaults: {{ image: '{}', shm_size: 16MiB }}\n", crate::BUSYBOX);
        Self { master_yaml, agents: 1, slots: 16, own_clocks: false, own_network: false, docker: None, disks: vec![] }
    }
}

impl Settings {
    /// Adds lines to master.yaml.
    #[must_use]
    pub fn master_yaml(mut self, yaml: &str) -> Self {
        self.master_yaml.push_str(yaml);
        self.master_yaml.push('\n');
        self
    }

    /// Uses a fresh database of the PostgreSQL server that `PEDL_TEST_POSTGRES` names, which `scripts/test` starts.
    ///
    /// # Panics
    /// When the variable is not set, or the server does not answer.
    #[must_use]
    pub fn postgres(self) -> Self {
        let server = std::env::var("PEDL_TEST_POSTGRES").expect("PEDL_TEST_POSTGRES names a server: use scripts/test");
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("cluster_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let created =
            std::process::Command::new("psql").args([&server, "-qc", &format!("CREATE DATABASE {name}")]).output();
        let created = created.expect("psql starts");
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
        let (base, query) = server.split_once('?').unwrap_or((&server, ""));
        let (host, _) = base.rsplit_once('/').expect("the URL names a database");
        self.master_yaml(&format!("database: {{ url: '{host}/{name}?{query}' }}"))
    }

    /// How many agents there are.
    #[must_use]
    pub fn agents(mut self, agents: usize) -> Self {
        self.agents = agents;
        self
    }

    /// How many slots each agent has.
    #[must_use]
    pub fn slots(mut self, slots: u32) -> Self {
        self.slots = slots;
        self
    }

    /// Gives the master a wall clock of its own and the agents another, for tests to set.
    #[must_use]
    pub fn own_clocks(mut self) -> Self {
        self.own_clocks = true;
        self
    }

    /// Puts a network between the master and the agents, for tests to cut.
    #[must_use]
    pub fn own_network(mut self) -> Self {
        self.own_network = true;
        self
    }

    /// Lets the agents use this one in place of the machine's.
    #[must_use]
    pub fn dockerd(mut self, dockerd: &Dockerd) -> Self {
        self.docker = Some(dockerd.url());
        self
    }

    /// Gives a data directory, `master` or `agent0`, a disk of its own with this much room: `16m`.
    #[must_use]
    pub fn disk(mut self, name: &'static str, room: &'static str) -> Self {
        self.disks.push((name, room));
        self
    }

    /// Starts the cluster.
    #[must_use]
    pub fn start(self) -> Cluster {
        Cluster::start_with(self)
    }
}
