//! What the master sends, parsed at the edge: deeper code cannot meet a bad task id or user.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use pedl_proto::agent::v1 as wire;
use pedl_proto::v1::BindMount;

use crate::config::Capability;
use crate::identity::RunAs;

/// A task's id. It is part of paths and of containers' names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(Arc<str>);

impl FromStr for TaskId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 64 || text.starts_with('-') || !text.chars().all(good) {
            return Err(format!("{text:?} is no task's id"));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TaskId {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A desired set.
#[derive(Debug, Clone, Default)]
pub struct DesiredSet {
    /// What the master wants of each task; of one that is not listed it wants nothing.
    pub tasks: BTreeMap<TaskId, Assignment>,
}

/// What the master wants of one task.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// What becomes of it.
    pub want: Want,
    /// What it is; or why that cannot be understood.
    pub spec: Result<Arc<TaskSpec>, String>,
    /// The time between SIGTERM and SIGKILL.
    pub stop_grace: Duration,
}

/// How long a task may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// From its container's start.
    pub max_run_time: Duration,
    /// The time between SIGTERM and SIGKILL when it is over.
    pub stop_grace: Duration,
}

/// What becomes of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Start it, once, where that has not happened.
    Run,
    /// Let it go on. It was started before: where it is gone, it is not started again.
    Keep,
    /// Stop it.
    Stop,
}

/// What a task runs, and as whom.
#[derive(Debug, Clone)]
pub struct TaskSpec {
    /// The asset that it belongs to.
    pub asset_id: i64,
    /// Whom it runs as.
    pub run_as: RunAs,
    /// The image, as Docker names it.
    pub image: String,
    /// The member's environment.
    pub environment: BTreeMap<String, String>,
    /// Directories and files of this host.
    pub bind_mounts: Vec<BindMount>,
    /// Where the program starts; none: its user's home.
    pub work_dir: Option<String>,
    /// How many slots it holds.
    pub slots: usize,
    /// The size of /dev/shm in bytes.
    pub shm_size: i64,
    /// The memory that it may take, in bytes; 0: as much as there is.
    pub memory: i64,
    /// The processors whose time it may take; 0: all.
    pub cpus: f64,
    /// What root may do in it beside what root may in every task.
    pub add_capabilities: Vec<Capability>,
    /// Whether the image's files cannot be changed.
    pub read_only_root: bool,
    /// How long it may run; none: for ever.
    pub limit: Option<Limit>,
    /// The program and its arguments.
    pub argv: Vec<String>,
}

impl TaskSpec {
    /// The whole environment. `HOME` is where PEDL put the home; all else a member may set.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::from([("USER".to_owned(), self.run_as.user.clone())]);
        environment.extend(self.environment.clone());
        environment.insert("HOME".into(), self.run_as.home().to_string_lossy().into_owned());
        environment
    }
}

impl From<Vec<wire::Assignment>> for DesiredSet {
    /// An assignment without a usable id or action is left out: nothing could be reported of it, and nothing is done to it.
    fn from(assignments: Vec<wire::Assignment>) -> Self {
        let mut tasks = BTreeMap::new();
        for assignment in assignments {
            match parse(assignment) {
                Ok((id, assignment)) => drop(tasks.insert(id, assignment)),
                Err(error) => tracing::warn!("the master sent an assignment that is no good: {error}"),
            }
        }
        Self { tasks }
    }
}

fn parse(assignment: wire::Assignment) -> Result<(TaskId, Assignment), String> {
    let id: TaskId = assignment.task_id.parse()?;
    let want = match assignment.action() {
        wire::Action::Run => Want::Run,
        wire::Action::Keep => Want::Keep,
        wire::Action::Stop => Want::Stop,
        wire::Action::Unspecified => return Err(format!("task {id} without an action that this agent knows")),
    };
    let stop_grace = stop_grace(assignment.stop_grace);
    Ok((id, Assignment { want, stop_grace, spec: TaskSpec::try_from(assignment).map(Arc::new) }))
}

fn stop_grace(grace: Option<prost_types::Duration>) -> Duration {
    grace.and_then(|grace| grace.try_into().ok()).unwrap_or_default()
}

impl TryFrom<wire::Assignment> for TaskSpec {
    type Error = String;

    fn try_from(assignment: wire::Assignment) -> Result<Self, String> {
        let run_as = assignment.run_as.ok_or("the master named nobody to run it as")?;
        let container = assignment.container.ok_or("the master described no container")?;
        if !container.work_dir.is_empty() && !container.work_dir.starts_with('/') {
            return Err(format!("work_dir {:?} is not absolute", container.work_dir));
        }
        if assignment.argv.is_empty() {
            return Err("the master named no program to run".into());
        }
        let max_run_time = assignment.max_run_time.map(Duration::try_from).transpose();
        let max_run_time = max_run_time.map_err(|_| "its max_run_time is no length of time")?;
        let stop_grace = stop_grace(assignment.stop_grace);
        Ok(Self {
            asset_id: assignment.asset_id,
            run_as: run_as.try_into()?,
            image: container.image,
            environment: container.environment_variables.into_iter().collect(),
            bind_mounts: container.bind_mounts,
            work_dir: Some(container.work_dir).filter(|dir| !dir.is_empty()),
            slots: container.slots.and_then(|slots| slots.try_into().ok()).unwrap_or(0),
            shm_size: container.shm_size,
            memory: container.memory,
            cpus: container.cpus,
            add_capabilities: container.add_capabilities.iter().map(|name| name.parse()).collect::<Result<_, _>>()?,
            read_only_root: container.read_only_root.unwrap_or(false),
            limit: max_run_time.map(|max_run_time| Limit { max_run_time, stop_grace }),
            argv: assignment.argv,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_safe_in_paths() {
        for good in ["0193a1f0-7b0e-7c3a-8000-0242ac120002", "a"] {
            assert!(good.parse::<TaskId>().is_ok(), "{good}");
        }
        for bad in ["", "..", "a/b", "-a", "A", "a.b", &"a".repeat(65)] {
            assert!(bad.parse::<TaskId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bad_spec_keeps_its_place() {
        let bad = wire::Assignment { task_id: "t".into(), action: wire::Action::Run.into(), ..Default::default() };
        let nameless = wire::Assignment::default();
        let set = DesiredSet::from(vec![bad, nameless]);
        assert_eq!(set.tasks.len(), 1);
        assert!(set.tasks[&"t".parse().unwrap()].spec.is_err());
    }
}
