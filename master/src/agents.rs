//! Agents: the machines that run tasks, as the master knows them.

pub mod lifecycle;
pub mod presence;

use jiff::Timestamp;

use crate::ids::AgentId;

/// A machine that runs tasks.
#[derive(Clone, Debug)]
pub struct Agent {
    pub id: AgentId,
    pub name: String,
    pub resource_pool: String,
    /// Whether new tasks are placed on it.
    pub enabled: bool,
    pub slots: u32,
    pub slot_kind: SlotKind,
    pub version: String,
    pub registered_at: Timestamp,
    pub last_seen_at: Timestamp,
}

/// What an agent's slots are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    Cpu,
    Gpu,
}

impl SlotKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        }
    }

    /// What [`SlotKind::as_str`] wrote.
    pub fn from_store(text: &str) -> Self {
        if text == Self::Gpu.as_str() { Self::Gpu } else { Self::Cpu }
    }
}

/// Where a join token leads.
#[derive(Clone, Debug)]
pub struct Admission {
    pub resource_pool: String,
    /// Whether an agent that joins with it can choose no other pool.
    pub pool_is_fixed: bool,
}

/// What an agent says of itself.
#[derive(Clone, Debug)]
pub struct Introduction {
    pub name: String,
    pub version: String,
    pub slots: u32,
    pub slot_kind: SlotKind,
    pub resource_pool: Option<String>,
}
