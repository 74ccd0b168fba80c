//! Between the API's messages and the domain's types.

use jiff::Timestamp;
use pedl_proto::v1;

use crate::assets::events;
use crate::assets::spec::{BindMount, CommandSpec, ContainerSpec, Propagation};
use crate::assets::state::State;
use crate::assets::{Asset, Kind, NewAsset, Spec, Task};
use crate::audit::Recorded;
use crate::auth::caller::{Session, SessionKind};
use crate::error::{Error, Result};
use crate::ids::TaskId;
use crate::users::{AgentUser, Umask, User, Username};

pub fn timestamp(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() }
}

/// A time that a client sent; absent: `field` is required.
pub fn time(time: Option<prost_types::Timestamp>, field: &str) -> Result<Timestamp> {
    let time = time.ok_or_else(|| Error::invalid(field, "is required"))?;
    Timestamp::new(time.seconds, time.nanos).map_err(|_| Error::invalid(field, "is no time"))
}

pub fn username(text: &str) -> Result<Username> {
    Username::parse(text).map_err(|why| Error::invalid("username", why))
}

pub fn task_id(text: &str) -> Result<TaskId> {
    text.parse().map(TaskId).map_err(|_| Error::TaskNotFound(text.chars().take(64).collect()))
}

/// A kind that a client sent; unspecified: none.
pub fn kind(kind: i32) -> Result<Option<Kind>> {
    match v1::AssetKind::try_from(kind) {
        Ok(v1::AssetKind::Unspecified) => Ok(None),
        Ok(v1::AssetKind::Experiment) => Ok(Some(Kind::Experiment)),
        Ok(v1::AssetKind::Command) => Ok(Some(Kind::Command)),
        Ok(v1::AssetKind::Notebook) => Ok(Some(Kind::Notebook)),
        Ok(v1::AssetKind::Tensorboard) => Ok(Some(Kind::Tensorboard)),
        Err(_) => Err(Error::invalid("kind", "is no kind of asset that this master knows")),
    }
}

fn kind_to_proto(kind: Kind) -> v1::AssetKind {
    match kind {
        Kind::Experiment => v1::AssetKind::Experiment,
        Kind::Command => v1::AssetKind::Command,
        Kind::Notebook => v1::AssetKind::Notebook,
        Kind::Tensorboard => v1::AssetKind::Tensorboard,
    }
}

/// A state that a client sent; `None`: none that this master knows.
pub fn state(state: i32) -> Option<State> {
    match v1::AssetState::try_from(state) {
        Ok(v1::AssetState::Unspecified) | Err(_) => None,
        Ok(v1::AssetState::Queued) => Some(State::Queued),
        Ok(v1::AssetState::Starting) => Some(State::Starting),
        Ok(v1::AssetState::Running) => Some(State::Running),
        Ok(v1::AssetState::Paused) => Some(State::Paused),
        Ok(v1::AssetState::Stopping) => Some(State::Stopping),
        Ok(v1::AssetState::Completed) => Some(State::Completed),
        Ok(v1::AssetState::Failed) => Some(State::Failed),
        Ok(v1::AssetState::Killed) => Some(State::Killed),
        Ok(v1::AssetState::Lost) => Some(State::Lost),
    }
}

fn state_to_proto(state: State) -> v1::AssetState {
    match state {
        State::Queued => v1::AssetState::Queued,
        State::Starting => v1::AssetState::Starting,
        State::Running => v1::AssetState::Running,
        State::Paused => v1::AssetState::Paused,
        State::Stopping => v1::AssetState::Stopping,
        State::Completed => v1::AssetState::Completed,
        State::Failed => v1::AssetState::Failed,
        State::Killed => v1::AssetState::Killed,
        State::Lost => v1::AssetState::Lost,
    }
}

/// A kind that a client sent; unspecified: none.
pub fn session_kind(kind: i32) -> Result<Option<SessionKind>> {
    match v1::SessionKind::try_from(kind) {
        Ok(v1::SessionKind::Unspecified) => Ok(None),
        Ok(v1::SessionKind::Login) => Ok(Some(SessionKind::Login)),
        Ok(v1::SessionKind::AccessToken) => Ok(Some(SessionKind::AccessToken)),
        Err(_) => Err(Error::invalid("kind", "is no kind of session that this master knows")),
    }
}

pub fn session_to_proto(session: &Session, user: &User) -> v1::Session {
    let kind = match session.kind {
        SessionKind::Login => v1::SessionKind::Login,
        SessionKind::AccessToken => v1::SessionKind::AccessToken,
    };
    v1::Session {
        id: session.id.0,
        created_at: Some(timestamp(session.created_at)),
        expires_at: Some(timestamp(session.expires_at)),
        kind: kind.into(),
        username: user.username.to_string(),
        name: session.name.clone(),
        address: session.address.clone(),
        last_used_at: Some(timestamp(session.last_used_at)),
        current: false,
    }
}

pub fn audit_event_to_proto(event: Recorded) -> v1::AuditEvent {
    v1::AuditEvent {
        id: event.id,
        time: Some(timestamp(event.time)),
        actor: event.actor,
        address: event.address,
        action: event.action,
        target: event.target,
        succeeded: event.succeeded,
        detail: event.detail,
    }
}

pub fn user_to_proto(user: User) -> v1::User {
    v1::User {
        id: user.id.0,
        username: user.username.to_string(),
        display_name: user.display_name,
        admin: user.admin,
        active: user.active,
        agent_user: user.agent_user.map(agent_user_to_proto),
        created_at: Some(timestamp(user.created_at)),
    }
}

pub fn agent_user_to_proto(user: AgentUser) -> v1::AgentUser {
    let AgentUser { user, uid, group, gid, supplementary_gids, umask } = user;
    // Whoever names the main group among the others means no second one.
    let others = supplementary_gids.into_iter().filter(|other| *other != gid);
    v1::AgentUser {
        uid: uid.into(),
        user: user.as_str().into(),
        gid: gid.into(),
        group: group.as_str().into(),
        supplementary_gids: others.map(i64::from).collect(),
        umask: umask.map(Umask::bits),
    }
}

/// `secrets`: whether the reader may see the values of environment variables.
pub fn asset_to_proto(mut asset: Asset, secrets: bool) -> v1::Asset {
    let kind = kind_to_proto(asset.spec.kind());
    let mut redacted = false;
    if !secrets {
        let Spec::Command(command) = &mut asset.spec;
        for value in command.container.environment_variables.values_mut() {
            value.clear();
            redacted = true;
        }
    }
    v1::Asset {
        id: asset.id.0,
        kind: kind.into(),
        owner: asset.owner.username.to_string(),
        description: asset.description,
        state: state_to_proto(asset.state).into(),
        state_reason: asset.state_reason,
        resource_pool: asset.resource_pool,
        created_at: Some(timestamp(asset.created_at)),
        started_at: asset.started_at.map(timestamp),
        ended_at: asset.ended_at.map(timestamp),
        latest_task: Some(task_to_proto(asset.latest_task)),
        redacted,
        spec: Some(spec_to_proto(asset.spec)),
    }
}

/// What would be created, without what only a creation gives it.
pub fn new_asset_to_proto(new: NewAsset, owner: &Username) -> v1::Asset {
    v1::Asset {
        kind: kind_to_proto(new.spec.kind()).into(),
        owner: owner.to_string(),
        description: new.description,
        state: state_to_proto(State::Queued).into(),
        resource_pool: new.resource_pool,
        spec: Some(spec_to_proto(new.spec)),
        ..v1::Asset::default()
    }
}

fn spec_to_proto(spec: Spec) -> v1::asset::Spec {
    match spec {
        Spec::Command(command) => v1::asset::Spec::Command(command_to_proto(command)),
    }
}

fn task_to_proto(task: Task) -> v1::Task {
    v1::Task {
        id: task.id.to_string(),
        state: state_to_proto(task.state).into(),
        state_reason: task.state_reason,
        agent: task.agent.map(|agent| agent.name).unwrap_or_default(),
        run_as: task.run_as.map(agent_user_to_proto),
        exit_code: task.exit_code,
        created_at: Some(timestamp(task.created_at)),
        placed_at: task.placed_at.map(timestamp),
        started_at: task.started_at.map(timestamp),
        ended_at: task.ended_at.map(timestamp),
    }
}

pub fn asset_event_to_proto(event: events::Recorded) -> v1::AssetEvent {
    v1::AssetEvent {
        id: event.id,
        time: Some(timestamp(event.time)),
        task_id: event.task.to_string(),
        state: state_to_proto(event.state).into(),
        reason: event.reason,
        agent: event.agent,
    }
}

fn command_to_proto(command: CommandSpec) -> v1::CommandSpec {
    let CommandSpec { argv, container, max_run_time } = command;
    v1::CommandSpec {
        argv,
        container: Some(container_to_proto(container)),
        max_run_time: max_run_time.and_then(|time| time.try_into().ok()),
    }
}

pub fn container_to_proto(container: ContainerSpec) -> v1::ContainerSpec {
    let ContainerSpec {
        image,
        environment_variables,
        bind_mounts,
        work_dir,
        slots,
        shm_size,
        memory,
        cpus,
        add_capabilities,
        read_only_root,
    } = container;
    v1::ContainerSpec {
        image,
        environment_variables: environment_variables.into_iter().collect(),
        bind_mounts: bind_mounts.into_iter().map(bind_mount_to_proto).collect(),
        work_dir,
        slots: Some(i32::try_from(slots).unwrap_or(i32::MAX)),
        shm_size: bytes(shm_size),
        memory: memory.map_or(0, bytes),
        cpus: cpus.unwrap_or(0.0),
        add_capabilities: add_capabilities.iter().map(|capability| capability.as_str().into()).collect(),
        read_only_root: Some(read_only_root.unwrap_or(false)),
    }
}

fn bytes(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn bind_mount_to_proto(mount: BindMount) -> v1::BindMount {
    let BindMount { host_path, container_path, read_only, propagation } = mount;
    let propagation = match propagation {
        Propagation::Rprivate => v1::MountPropagation::Rprivate,
        Propagation::Rslave => v1::MountPropagation::Rslave,
    };
    v1::BindMount { host_path, container_path, read_only, propagation: propagation.into() }
}
