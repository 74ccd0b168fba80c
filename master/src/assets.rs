//! Assets: what members ask for; and tasks, the containers that come of it.

pub mod bounds;
pub mod events;
pub mod filter;
pub mod lifecycle;
pub mod order;
pub mod spec;
pub mod state;

use std::fmt;

use jiff::Timestamp;

use crate::ids::{AgentId, AssetId, TaskId, UserId};
use crate::users::{AgentUser, Username};
use spec::CommandSpec;
use state::State;

/// The pool of agents where nothing else is said.
pub const DEFAULT_POOL: &str = "default";

/// The kinds of assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Experiment,
    Command,
    Notebook,
    Tensorboard,
}

/// Every kind.
pub const KINDS: [Kind; 4] = [Kind::Experiment, Kind::Command, Kind::Notebook, Kind::Tensorboard];

impl Kind {
    /// What [`Kind::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The CLI's word for it, which is also how it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Experiment => "experiment",
            Self::Command => "command",
            Self::Notebook => "notebook",
            Self::Tensorboard => "tensorboard",
        }
    }

    pub fn with_article(self) -> &'static str {
        match self {
            Self::Experiment => "an experiment",
            Self::Command => "a command",
            Self::Notebook => "a notebook",
            Self::Tensorboard => "a TensorBoard",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an asset runs. A new kind is a new arm.
#[derive(Clone, Debug, PartialEq)]
pub enum Spec {
    Command(CommandSpec),
}

impl Spec {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Command(_) => Kind::Command,
        }
    }
}

/// One thing that a member asked for.
#[derive(Clone, Debug)]
pub struct Asset {
    pub id: AssetId,
    pub owner: Owner,
    pub description: String,
    pub state: State,
    pub state_reason: String,
    pub resource_pool: String,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub spec: Spec,
    pub latest_task: Task,
}

/// Who created an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub id: UserId,
    pub username: Username,
}

/// An asset to be.
#[derive(Clone, Debug)]
pub struct NewAsset {
    pub owner: UserId,
    /// Makes creation retry-safe; unique for each owner.
    pub request_id: Option<String>,
    pub description: String,
    pub resource_pool: String,
    pub spec: Spec,
}

/// One container's life.
#[derive(Clone, Debug)]
pub struct Task {
    pub id: TaskId,
    pub asset: AssetId,
    pub state: State,
    pub state_reason: String,
    pub slots: u32,
    pub resource_pool: String,
    /// Where it was placed.
    pub agent: Option<PlacedOn>,
    /// Whom it runs as, settled when it was placed.
    pub run_as: Option<AgentUser>,
    pub exit_code: Option<i32>,
    pub created_at: Timestamp,
    pub placed_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// The agent that a task was placed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedOn {
    pub id: AgentId,
    pub name: String,
}
