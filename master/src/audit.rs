//! Who did what to whom, from where, and with what result. Never a secret.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use http::Extensions;
use jiff::Timestamp;

use crate::auth::caller::{Caller, Peer};
use crate::store::{self, Store};

/// What is accounted for, as administrators filter by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Login,
    Logout,
    CreateToken,
    RevokeSession,
    CreateUser,
    UpdateUser,
    ActivateUser,
    DeactivateUser,
    ChangePassword,
    LinkUser,
    UnlinkUser,
    KillAsset,
    EnableAgent,
    DisableAgent,
    CreateAgentToken,
    JoinAgent,
    ListAudit,
    RestoreBackup,
}

impl Action {
    /// By kind of thing, so that a prefix names all that is done to one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "session.login",
            Self::Logout => "session.logout",
            Self::RevokeSession => "session.revoke",
            Self::CreateToken => "token.create",
            Self::CreateUser => "user.create",
            Self::UpdateUser => "user.update",
            Self::ActivateUser => "user.activate",
            Self::DeactivateUser => "user.deactivate",
            Self::ChangePassword => "user.change-password",
            Self::LinkUser => "user.link",
            Self::UnlinkUser => "user.unlink",
            Self::KillAsset => "asset.kill",
            Self::EnableAgent => "agent.enable",
            Self::DisableAgent => "agent.disable",
            Self::CreateAgentToken => "agent.create-token",
            Self::JoinAgent => "agent.join",
            Self::ListAudit => "audit.list",
            Self::RestoreBackup => "cluster.restore",
        }
    }

    /// What an rpc does; none where that is nobody's concern but the caller's.
    pub fn of_rpc(path: &str) -> Option<Self> {
        let (_, rpc) = path.strip_prefix("/pedl.")?.split_once('/')?;
        match rpc {
            "CreateAccessToken" => Some(Self::CreateToken),
            "RevokeSession" => Some(Self::RevokeSession),
            "CreateUser" => Some(Self::CreateUser),
            "UpdateUser" => Some(Self::UpdateUser),
            "ActivateUser" => Some(Self::ActivateUser),
            "DeactivateUser" => Some(Self::DeactivateUser),
            "ChangePassword" => Some(Self::ChangePassword),
            "LinkAgentUser" => Some(Self::LinkUser),
            "UnlinkAgentUser" => Some(Self::UnlinkUser),
            "KillAsset" => Some(Self::KillAsset),
            "EnableAgent" => Some(Self::EnableAgent),
            "DisableAgent" => Some(Self::DisableAgent),
            "CreateAgentToken" => Some(Self::CreateAgentToken),
            "Register" => Some(Self::JoinAgent),
            "ListAuditEvents" => Some(Self::ListAudit),
            _ => None,
        }
    }
}

/// Who does it, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// A login name, or what takes its place.
    pub name: String,
    /// None where nothing is known of the connection.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The one who calls.
    pub fn of(request: &Extensions) -> Self {
        let name = match request.get() {
            Some(Caller::Member(member)) => member.user.username.to_string(),
            Some(Caller::Agent(id)) => format!("agent {id}"),
            Some(Caller::Joining(_)) => "a joining agent".into(),
            Some(Caller::Nobody) | None => String::new(),
        };
        Self { name, address: Peer::of(request) }
    }

    /// That they did `action` to `target`.
    pub fn did(&self, action: Action, target: impl fmt::Display) -> Event {
        Event { actor: self.clone(), action, target: target.to_string(), succeeded: true, detail: String::new() }
    }
}

/// What was done, or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub actor: Actor,
    pub action: Action,
    pub target: String,
    pub succeeded: bool,
    /// For people: what changed, or why it was refused.
    pub detail: String,
}

impl Event {
    /// With what else is to be said.
    pub fn with(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// It was not done.
    pub fn failed(self, why: impl Into<String>) -> Self {
        Self { succeeded: false, ..self.with(why) }
    }
}

/// Whose refusals share a room: a flood of strangers' must not hide what members try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    Strangers,
    Members,
}

/// Refusals that are recorded at once, and then in a second. What callers may repeat as fast as they like must not fill
/// the disk.
const BURST: f64 = 100.0;
const PER_SECOND: f64 = 1.0;

/// Records what was refused, as much of it as there is room for, and how much more there was.
pub struct Recorder {
    store: Store,
    strangers: Mutex<Room>,
    members: Mutex<Room>,
}

struct Room {
    left: f64,
    at: Instant,
    /// Refusals without a record of their own since the last that has one.
    dropped: u64,
}

impl Recorder {
    pub fn new(store: Store) -> Self {
        let room = || Mutex::new(Room { left: BURST, at: Instant::now(), dropped: 0 });
        Self { store, strangers: room(), members: room() }
    }

    /// Records it soon; nobody waits for that.
    pub fn note(&self, of: Crowd, event: Event) {
        let room = match of {
            Crowd::Strangers => &self.strangers,
            Crowd::Members => &self.members,
        };
        let Some(dropped) = room.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let more = format!("{} (and {dropped} refusals before it that are not recorded)", event.detail);
        let event = if dropped == 0 { event } else { Event { detail: more, ..event } };
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.write(|tx| Box::pin(store::audit::record(tx, event))).await {
                tracing::error!(%error, "a refusal could not be recorded");
            }
        });
    }
}

impl Room {
    /// How many had no room before this one; none where this one has none either.
    fn take(&mut self) -> Option<u64> {
        self.left = (self.left + PER_SECOND * self.at.elapsed().as_secs_f64()).min(BURST);
        self.at = Instant::now();
        if self.left < 1.0 {
            self.dropped += 1;
            return None;
        }
        self.left -= 1.0;
        Some(std::mem::take(&mut self.dropped))
    }
}

/// An event on record.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub id: i64,
    pub time: Timestamp,
    pub actor: String,
    pub address: String,
    pub action: String,
    pub target: String,
    pub succeeded: bool,
    pub detail: String,
}

/// Which events a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By or to this account.
    pub username: Option<String>,
    /// An action, or with a dot at the end all that begin so.
    pub action: Option<String>,
    pub since: Option<Timestamp>,
    /// Itself excluded.
    pub until: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_is_counted_and_not_kept() {
        let mut room = Room { left: 2.0, at: Instant::now(), dropped: 0 };
        assert_eq!([room.take(), room.take()], [Some(0), Some(0)]);
        room.left = 0.0;
        assert_eq!([room.take(), room.take()], [None, None]);
        room.left = 1.0;
        assert_eq!(room.take(), Some(2));
    }
}
