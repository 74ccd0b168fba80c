//! Containers: one for each task, found again by its labels.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, ContainerStateStatusEnum, DeviceRequest, EndpointSettings,
    HealthConfig, HostConfig, HostConfigLogConfig, Mount as ApiMount, NetworkingConfig,
};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, KillContainerOptionsBuilder, ListContainersOptionsBuilder,
    RemoveContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures::StreamExt as _;
use jiff::SignedDuration;
use nix::sys::signal::{Signal, kill};

use super::process::{self, Process};
use super::{ApiError, Docker, Failure, Found, Limited, Mount, Phase, Refusal};
use crate::assignment::{Limit, TaskId};
use crate::backoff::Backoff;
use crate::config::Capability;
use crate::init;
use crate::isolation::mac_address;

const CLUSTER: &str = "pedl.cluster";
const AGENT: &str = "pedl.agent";
pub(super) const TASK: &str = "pedl.task";
const ASSET: &str = "pedl.asset";
pub(super) const GPUS: &str = "pedl.gpus";
pub(super) const MAX_RUN_TIME: &str = "pedl.max_run_time";
pub(super) const STOP_GRACE: &str = "pedl.stop_grace";

/// Docker's own network: any other takes a start longer, since Docker runs a name server in it.
const BRIDGE: &str = "bridge";

/// Processes and threads of a task: many times what training takes, and too few to choke the machine.
const MAX_PROCESSES: i64 = 16_384;

/// Everything that a task's container is made of.
#[derive(Debug, Clone)]
pub struct ContainerPlan {
    /// The task.
    pub task: TaskId,
    /// Its asset.
    pub asset_id: i64,
    /// The image's id.
    pub image_id: String,
    /// `uid:gid`.
    pub user: String,
    /// The ids of the further groups that the user is in.
    pub groups: Vec<u32>,
    /// What runs, with its arguments: the first process.
    pub argv: Vec<String>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// Where the program starts.
    pub work_dir: String,
    /// What of the host appears in it.
    pub mounts: Vec<Mount>,
    /// The size of /dev/shm in bytes.
    pub shm_size: i64,
    /// The memory that it may take, in bytes; 0: as much as there is.
    pub memory: i64,
    /// The processors whose time it may take; 0: all.
    pub cpus: f64,
    /// What it may do beside what every task may.
    pub capabilities: Vec<Capability>,
    /// Whether the image's files cannot be changed.
    pub read_only_root: bool,
    /// The GPUs that it holds.
    pub gpus: Vec<String>,
    /// How long it may run; none: for ever.
    pub limit: Option<Limit>,
}

impl ContainerPlan {
    /// Where programs keep what is to last for no longer than they run, where the image's own /tmp cannot be written.
    fn temporary(&self) -> HashMap<String, String> {
        const TMP: &str = "/tmp";
        let mounted = self.mounts.iter().any(|mount| mount.target == Path::new(TMP));
        let wanted = self.read_only_root && !mounted;
        wanted.then(|| (TMP.into(), "rw,exec,nosuid,nodev,mode=1777".into())).into_iter().collect()
    }
}

/// What became of a start.
#[derive(Debug, PartialEq, Eq)]
pub enum StartAnswer {
    /// It was started, now or before.
    Started,
    /// It cannot be started.
    Refused(Refusal),
    /// No answer came: the start may be done, under way, or lost.
    Unknown(String),
}

fn name(task: &TaskId) -> String {
    format!("pedl-{task}")
}

impl Docker {
    /// The labels that make a container this agent's.
    pub(super) fn labels(&self) -> HashMap<String, String> {
        [(CLUSTER, &self.cluster), (AGENT, &self.agent)].map(|(key, value)| (key.into(), value.clone())).into()
    }

    /// All containers of this agent.
    pub async fn list(&self) -> Result<Vec<Found>, Refusal> {
        let labels: Vec<_> = self.labels().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        let filters = HashMap::from([("label".to_owned(), labels)]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let list = self.patiently(|| self.api.list_containers(Some(options.clone()))).await?;
        Ok(list.into_iter().map(Found::from).collect())
    }

    /// Makes a task's container, and answers where it stands: one that is there already is the task's, by its name.
    pub async fn create(&self, plan: ContainerPlan) -> Result<Phase, Refusal> {
        let name = name(&plan.task);
        self.create_named(&name, self.body(plan)).await
    }

    /// Makes a container of this name, one in all, however often Docker has to be asked.
    pub(super) async fn create_named(&self, name: &str, body: ContainerCreateBody) -> Result<Phase, Refusal> {
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        let mut backoff = Backoff::new();
        loop {
            match self.insistently(|| self.api.create_container(Some(options.clone()), body.clone())).await {
                Ok(_) => return Ok(Phase::Created),
                Err(Refusal::Conflict(_)) => {}
                Err(refusal) => return Err(refusal),
            }
            match self.inspect(name).await? {
                // Nothing can be done with it, and its name is free when it is gone.
                Some(container) if is_leaving(&container) => self.remove_by_id(name).await?,
                Some(container) => return Ok(phase(container)),
                // A name is taken before its container is to be seen: it was asked for just now, and not answered.
                None => tokio::time::sleep(backoff.next()).await,
            }
        }
    }

    fn body(&self, plan: ContainerPlan) -> ContainerCreateBody {
        let mut labels = self.labels();
        labels.insert(TASK.into(), plan.task.to_string());
        labels.insert(ASSET.into(), plan.asset_id.to_string());
        let temporary = plan.temporary();
        // Always: a label that is not set here is the image's.
        labels.insert(GPUS.into(), plan.gpus.join(","));
        // For a process after this one, which may have no master to ask.
        let time = |time: fn(&Limit) -> Duration| plan.limit.as_ref().map(time).map(in_label).unwrap_or_default();
        labels.insert(MAX_RUN_TIME.into(), time(|limit| limit.max_run_time));
        labels.insert(STOP_GRACE.into(), time(|limit| limit.stop_grace));
        let mut environment = plan.environment;
        environment.insert("NVIDIA_VISIBLE_DEVICES".into(), visible_devices(&plan.gpus));
        ContainerCreateBody {
            // Not by its name, which may mean another image by now.
            image: Some(plan.image_id),
            user: Some(plan.user),
            // An empty list, where absence would bring the image's entrypoint: the arguments are exactly what runs.
            entrypoint: Some(vec![]),
            cmd: Some(plan.argv),
            env: Some(environment.iter().map(|(key, value)| format!("{key}={value}")).collect()),
            working_dir: Some(plan.work_dir),
            labels: Some(labels),
            // The image's would run beside the task, as processes of its own.
            healthcheck: Some(HealthConfig { test: Some(vec!["NONE".into()]), ..HealthConfig::default() }),
            host_config: Some(HostConfig {
                // PEDL has one of its own.
                init: Some(false),
                network_mode: Some(BRIDGE.into()),
                security_opt: Some(vec!["no-new-privileges".into()]),
                // With it, root in a task could write frames with another's address. ping does without.
                cap_drop: Some(vec!["NET_RAW".into()]),
                log_config: Some(unrotated_logs()),
                mounts: Some(plan.mounts.into_iter().map(ApiMount::from).collect()),
                group_add: Some(plan.groups.iter().map(u32::to_string).collect()),
                cap_add: Some(plan.capabilities.iter().map(Capability::to_string).collect()),
                readonly_rootfs: Some(plan.read_only_root),
                tmpfs: Some(temporary),
                pids_limit: Some(MAX_PROCESSES),
                shm_size: Some(plan.shm_size).filter(|size| *size > 0),
                memory: Some(plan.memory).filter(|memory| *memory > 0),
                // Without swap beside it: a task that is over its limit ends, and does not slow the machine down.
                memory_swap: Some(plan.memory).filter(|memory| *memory > 0),
                nano_cpus: Some(nano(plan.cpus)).filter(|cpus| *cpus > 0),
                device_requests: Some(plan.gpus).filter(|gpus| !gpus.is_empty()).map(|gpus| vec![nvidia(gpus)]),
                ..HostConfig::default()
            }),
            networking_config: Some(addressed(mac_address(&plan.task))),
            ..ContainerCreateBody::default()
        }
    }

    /// Sends a start, once. Starting a container that has ended would run it again, so the caller knows it has not.
    pub async fn start_once(&self, task: &TaskId) -> StartAnswer {
        match self.api.start_container(&name(task), None).await.map_err(Failure::from) {
            Ok(()) => StartAnswer::Started,
            Err(Failure::Refused(refusal)) => StartAnswer::Refused(refusal),
            Err(Failure::Away(message)) => StartAnswer::Unknown(message),
        }
    }

    /// Looks at a task's container. Docker answers when what it does with the container at the time is done.
    pub async fn find(&self, task: &TaskId) -> Result<Option<Phase>, Refusal> {
        Ok(self.inspect(&name(task)).await?.map(phase))
    }

    async fn inspect(&self, name: &str) -> Result<Option<ContainerInspectResponse>, Refusal> {
        match self.patiently(|| self.api.inspect_container(name, None::<InspectContainerOptions>)).await {
            Ok(container) => Ok(Some(container)),
            Err(Refusal::NotFound(_)) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// The program that a task's container was made to run; none where that is not known.
    pub async fn program(&self, task: &TaskId) -> Result<Option<String>, Refusal> {
        let config = self.inspect(&name(task)).await?.and_then(|container| container.config);
        let command_line = config.and_then(|config| config.cmd).unwrap_or_default();
        Ok(init::program(&command_line).map(ToOwned::to_owned))
    }

    /// Whether a container has processes, whatever Docker says of it: dockerd may have ended between a start and its own
    /// note of it.
    pub async fn has_processes(&self, task: &TaskId) -> Result<bool, Refusal> {
        Ok(!self.processes(task).await?.is_empty())
    }

    /// Ends what is left of a start that was broken off before the program began: where dockerd ended in the middle of
    /// it, the runtime's own process waits in the container to go on (Docker 20.10 does not end it itself).
    pub async fn end_broken_start(&self, task: &TaskId) -> Result<(), Refusal> {
        for process in self.processes(task).await? {
            // It may end meanwhile.
            let _ = kill(process.pid, Signal::SIGKILL);
        }
        Ok(())
    }

    async fn processes(&self, task: &TaskId) -> Result<Vec<Process>, Refusal> {
        let id = self.inspect(&name(task)).await?.and_then(|container| container.id);
        Ok(id.map(|id| process::of_container(&id)).unwrap_or_default())
    }

    /// Whether the program of a container that was never started, as Docker says, may have run all the same: dockerd opens
    /// the log before it starts the program, and notes that it has started it afterwards.
    pub async fn may_have_run(&self, task: &TaskId) -> Result<bool, Refusal> {
        let Some(container) = self.inspect(&name(task)).await? else { return Ok(false) };
        let root = self.patiently(|| self.api.info()).await?.docker_root_dir.unwrap_or_default();
        let id = container.id.unwrap_or_default();
        let dir = Path::new(&root).join("containers").join(&id);
        // What cannot be looked at tells nothing.
        Ok(!dir.is_dir() || dir.join(format!("{id}-json.log")).exists())
    }

    /// Looks at a task's container that runs and may not for ever; none: it may, or it does not run.
    pub async fn find_limited(&self, task: &TaskId) -> Result<Option<Limited>, Refusal> {
        Ok(self.inspect(&name(task)).await?.and_then(Limited::find))
    }

    /// Returns when a container that was started does not run, or is gone.
    pub async fn wait(&self, task: &TaskId) -> Result<(), Refusal> {
        let name = name(task);
        let options = WaitContainerOptionsBuilder::new().condition("not-running").build();
        let wait = || async {
            let mut answers = pin!(self.api.wait_container(&name, Some(options.clone())));
            match answers.next().await {
                // A code other than 0 comes as an error.
                Some(Ok(_) | Err(ApiError::DockerContainerWaitError { .. })) => Ok(()),
                Some(Err(error)) => Err(error),
                None => Err(ApiError::RequestTimeoutError),
            }
        };
        match self.patiently(wait).await {
            Err(Refusal::NotFound(_)) => Ok(()),
            answer => answer,
        }
    }

    /// Sends a signal to the first process. One that has ended takes none.
    pub async fn kill(&self, task: &TaskId, signal: Signal) -> Result<(), Refusal> {
        let name = name(task);
        let options = KillContainerOptionsBuilder::new().signal(signal.as_str()).build();
        match self.patiently(|| self.api.kill_container(&name, Some(options.clone()))).await {
            Err(Refusal::NotFound(_)) => Ok(()),
            // It does not run, as far as Docker knows.
            Err(Refusal::Conflict(_)) => {
                for process in self.processes(task).await?.iter().filter(|process| process.is_first) {
                    // It may end meanwhile.
                    let _ = kill(process.pid, signal);
                }
                Ok(())
            }
            answer => answer,
        }
    }

    /// Removes a task's container with its anonymous volumes; it does not run.
    pub async fn remove(&self, task: &TaskId) -> Result<(), Refusal> {
        self.remove_by_id(&name(task)).await
    }

    /// Removes a container that does not run, and returns when it is gone.
    pub async fn remove_by_id(&self, id: &str) -> Result<(), Refusal> {
        let options = RemoveContainerOptionsBuilder::new().v(true).build();
        let remove = || async {
            match self.api.remove_container(id, Some(options.clone())).await {
                // Something holds this container's files: Docker itself is well.
                Err(ApiError::DockerResponseServerError { status_code: 500, message }) => Ok(Some(message)),
                answer => answer.map(|()| None),
            }
        };
        let (mut backoff, mut told) = (Backoff::new(), false);
        loop {
            match self.patiently(remove).await {
                Ok(None) | Err(Refusal::NotFound(_)) => return Ok(()),
                Ok(Some(message)) => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!("Docker does not remove container {id} ({message}): trying until it does");
                    }
                }
                // Somebody is at it, and may fail.
                Err(Refusal::Conflict(message)) if message.contains("already in progress") => {}
                Err(refusal) => return Err(refusal),
            }
            tokio::time::sleep(backoff.next()).await;
        }
    }

    /// What Docker calls a task's container, for its log.
    pub(super) fn container_name(task: &TaskId) -> String {
        name(task)
    }
}

fn phase(container: ContainerInspectResponse) -> Phase {
    Phase::from(&container.state.unwrap_or_default())
}

/// Whether its removal was begun.
fn is_leaving(container: &ContainerInspectResponse) -> bool {
    let status = container.state.as_ref().and_then(|state| state.status);
    matches!(status, Some(ContainerStateStatusEnum::REMOVING | ContainerStateStatusEnum::DEAD))
}

fn addressed(mac_address: String) -> NetworkingConfig {
    let endpoint = EndpointSettings { mac_address: Some(mac_address), ..EndpointSettings::default() };
    NetworkingConfig { endpoints_config: Some([(BRIDGE.into(), endpoint)].into()) }
}

/// The log is the agent's to read, so nothing of it may be rotated away: what is not said here, dockerd's own
/// configuration would fill in.
fn unrotated_logs() -> HostConfigLogConfig {
    let config = [("max-size", "1000p"), ("max-file", "1"), ("compress", "false")];
    HostConfigLogConfig {
        typ: Some("json-file".into()),
        config: Some(config.map(|(key, value)| (key.into(), value.into())).into()),
    }
}

/// As ISO 8601 has it: `PT2H`. What is longer than that can tell is no limit.
fn in_label(time: Duration) -> String {
    SignedDuration::try_from(time).map(|time| time.to_string()).unwrap_or_default()
}

/// Billionths of a processor, as Docker counts.
#[expect(clippy::cast_possible_truncation, reason = "no machine has a billion processors")]
fn nano(cpus: f64) -> i64 {
    (cpus * 1e9).round() as i64
}

/// Where NVIDIA's runtime is Docker's default, it gives a container what this variable names, which an image or a
/// member may have set to `all`; `void` is its word for doing nothing.
fn visible_devices(gpus: &[String]) -> String {
    if gpus.is_empty() { "void".into() } else { gpus.join(",") }
}

fn nvidia(gpus: Vec<String>) -> DeviceRequest {
    DeviceRequest {
        driver: Some("nvidia".into()),
        device_ids: Some(gpus),
        capabilities: Some(vec![vec!["gpu".into()]]),
        ..DeviceRequest::default()
    }
}
