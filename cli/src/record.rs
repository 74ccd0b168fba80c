//! What programs get to read, by contract: fields may be added, none may change. What is absent is null.

use std::fmt;

use jiff::Timestamp;
use pedl_proto::v1::{self, AssetKind, AssetState};
use serde::Serialize;

pub use self::account::{Deactivation, PasswordChange};
pub use self::asset_event::AssetEvent;
pub use self::audit_event::AuditEvent;
pub use self::session::{AccessToken, Session};
use crate::command_config::CommandConfig;
use crate::time;

mod account;
mod asset_event;
mod audit_event;
mod session;

/// An asset in a list.
#[derive(Debug, Default, Serialize)]
pub struct Asset {
    pub id: i64,
    pub kind: String,
    pub owner: String,
    pub description: String,
    pub state: String,
    pub state_reason: Option<String>,
    pub exit_code: Option<i32>,
    pub agent: Option<String>,
    pub resource_pool: String,
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl From<&v1::Asset> for Asset {
    fn from(asset: &v1::Asset) -> Self {
        let task = asset.latest_task.as_ref();
        Self {
            id: asset.id,
            kind: kind(asset.kind()),
            owner: asset.owner.clone(),
            description: asset.description.clone(),
            state: state(asset.state()),
            state_reason: given(&asset.state_reason),
            exit_code: task.and_then(|task| task.exit_code),
            agent: task.and_then(|task| given(&task.agent)),
            resource_pool: asset.resource_pool.clone(),
            created_at: asset.created_at.and_then(time::from_proto),
            started_at: asset.started_at.and_then(time::from_proto),
            ended_at: asset.ended_at.and_then(time::from_proto),
        }
    }
}

/// An asset with all that is known of it.
#[derive(Debug, Serialize)]
pub struct AssetDetails {
    #[serde(flatten)]
    pub asset: Asset,
    pub task_id: Option<String>,
    pub run_as: Option<RunAs>,
    pub redacted: bool,
    pub spec: Spec,
}

impl From<&v1::Asset> for AssetDetails {
    fn from(asset: &v1::Asset) -> Self {
        let task = asset.latest_task.as_ref();
        Self {
            asset: asset.into(),
            task_id: task.map(|task| task.id.clone()),
            run_as: task.and_then(|task| task.run_as.as_ref()).map(RunAs::from),
            redacted: asset.redacted,
            spec: asset.into(),
        }
    }
}

/// Whom a task runs as on its agent.
#[derive(Debug, Serialize)]
pub struct RunAs {
    pub uid: i64,
    pub user: String,
    pub gid: i64,
    pub group: String,
    pub supplementary_gids: Vec<i64>,
    /// In octal.
    pub umask: Option<String>,
}

impl From<&v1::AgentUser> for RunAs {
    fn from(run_as: &v1::AgentUser) -> Self {
        let v1::AgentUser { uid, user, gid, group, supplementary_gids, umask } = run_as.clone();
        Self { uid, user, gid, group, supplementary_gids, umask: umask.map(octal) }
    }
}

impl fmt::Display for RunAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uid, user, gid, group, supplementary_gids, umask } = self;
        write!(f, "{user} ({uid}), group {group} ({gid})")?;
        if !supplementary_gids.is_empty() {
            let gids = supplementary_gids.iter().map(ToString::to_string).collect::<Vec<_>>();
            write!(f, ", groups {}", gids.join(" "))?;
        }
        match umask {
            Some(umask) => write!(f, ", umask {umask}"),
            None => Ok(()),
        }
    }
}

/// What an asset runs.
#[derive(Debug, Serialize)]
pub struct Spec {
    pub argv: Vec<String>,
    #[serde(flatten)]
    pub config: CommandConfig,
}

impl From<&v1::Asset> for Spec {
    fn from(asset: &v1::Asset) -> Self {
        let argv = match &asset.spec {
            Some(v1::asset::Spec::Command(command)) => command.argv.clone(),
            None => Vec::new(),
        };
        Self { argv, config: CommandConfig::of(asset) }
    }
}

/// An account.
#[derive(Debug, Default, Serialize)]
pub struct User {
    pub id: i64,
    pub username: String,
    pub display_name: Option<String>,
    pub admin: bool,
    pub active: bool,
    pub agent_uid: Option<i64>,
    pub agent_user: Option<String>,
    pub agent_gid: Option<i64>,
    pub agent_group: Option<String>,
    pub agent_groups: Option<Vec<i64>>,
    /// In octal.
    pub agent_umask: Option<String>,
}

impl From<v1::User> for User {
    fn from(user: v1::User) -> Self {
        let link = user.agent_user.as_ref().map(RunAs::from);
        Self {
            id: user.id,
            display_name: given(&user.display_name),
            username: user.username,
            admin: user.admin,
            active: user.active,
            agent_uid: link.as_ref().map(|link| link.uid),
            agent_user: link.as_ref().map(|link| link.user.clone()),
            agent_gid: link.as_ref().map(|link| link.gid),
            agent_group: link.as_ref().map(|link| link.group.clone()),
            agent_groups: link.as_ref().map(|link| link.supplementary_gids.clone()),
            agent_umask: link.and_then(|link| link.umask),
        }
    }
}

/// Who acts, and until when.
#[derive(Debug, Serialize)]
pub struct Whoami {
    #[serde(flatten)]
    pub user: User,
    pub session_expires_at: Option<Timestamp>,
    pub master: String,
}

/// A machine that runs tasks.
#[derive(Debug, Default, Serialize)]
pub struct Agent {
    pub name: String,
    pub resource_pool: String,
    pub connected: bool,
    pub enabled: bool,
    pub slots: i32,
    pub slot_kind: String,
    pub used_slots: i32,
    pub tasks: i32,
    pub version: String,
    pub registered_at: Option<Timestamp>,
    pub last_seen_at: Option<Timestamp>,
    pub draining: bool,
}

impl From<v1::Agent> for Agent {
    fn from(agent: v1::Agent) -> Self {
        Self {
            slot_kind: name(agent.slot_kind().as_str_name(), "SLOT_KIND_").to_lowercase(),
            name: agent.name,
            resource_pool: agent.resource_pool,
            connected: agent.connected,
            enabled: agent.enabled,
            slots: agent.slots,
            used_slots: agent.used_slots,
            tasks: agent.tasks,
            version: agent.version,
            registered_at: agent.registered_at.and_then(time::from_proto),
            last_seen_at: agent.last_seen_at.and_then(time::from_proto),
            draining: agent.draining,
        }
    }
}

/// An agent that takes no more tasks, and what ended with that.
#[derive(Debug, Serialize)]
pub struct DisabledAgent {
    #[serde(flatten)]
    pub agent: Agent,
    pub killed_assets: i32,
}

/// An asset that waits for a place.
#[derive(Debug, Default, Serialize)]
pub struct QueueEntry {
    /// In its pool, from 1.
    pub position: i64,
    #[serde(flatten)]
    pub asset: Asset,
}

impl From<&v1::QueueEntry> for QueueEntry {
    fn from(entry: &v1::QueueEntry) -> Self {
        Self { position: entry.position, asset: entry.asset.as_ref().map(Asset::from).unwrap_or_default() }
    }
}

/// A join token for agents.
#[derive(Debug, Serialize)]
pub struct AgentToken {
    pub token: String,
    pub expires_at: Option<Timestamp>,
}

/// The master.
#[derive(Debug, Serialize)]
pub struct Master {
    pub master: String,
    pub version: String,
    pub cluster_id: String,
}

/// A kind's name, as the command line has it.
pub fn kind(kind: AssetKind) -> String {
    name(kind.as_str_name(), "ASSET_KIND_").to_lowercase()
}

/// A state's name.
pub fn state(state: AssetState) -> String {
    name(state.as_str_name(), "ASSET_STATE_").to_string()
}

fn name(full: &'static str, prefix: &str) -> &'static str {
    full.strip_prefix(prefix).unwrap_or(full)
}

/// A umask as umask(1) prints it.
fn octal(umask: i32) -> String {
    format!("{umask:04o}")
}

fn given(text: &str) -> Option<String> {
    Some(text.to_string()).filter(|text| !text.is_empty())
}
