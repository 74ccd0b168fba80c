//! The one who calls, as the authentication layer found out.

use std::net::IpAddr;
use std::sync::Arc;

use http::Extensions;
use jiff::Timestamp;

use super::token::TokenHash;
use crate::agents::Admission;
use crate::error::{Error, Result};
use crate::ids::{AgentId, SessionId};
use crate::users::User;

/// Who calls.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody without a token, where none is needed.
    Nobody,
    /// A member of the team; shared, since each call is handed it anew.
    Member(Arc<Member>),
    /// An agent.
    Agent(AgentId),
    /// A machine that wants to become an agent.
    Joining(Admission),
}

/// A member, in a session.
#[derive(Clone, Debug)]
pub struct Member {
    pub user: User,
    pub session: Session,
    pub token: TokenHash,
}

/// A session; its token is not known.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    pub kind: SessionKind,
    /// What its owner calls it; empty: nothing.
    pub name: String,
    /// Where it was opened from.
    pub address: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_used_at: Timestamp,
}

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A person, who has logged in.
    Login,
    /// A script.
    AccessToken,
}

impl SessionKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::AccessToken => "access-token",
        }
    }

    /// What [`SessionKind::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Login, Self::AccessToken].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// The other end of the connection that a request came by.
    pub fn of(request: &Extensions) -> Option<IpAddr> {
        request.get().map(|Self(address)| *address)
    }
}

impl Caller {
    /// The caller of the request that carries these. Handlers behind the layer always have one.
    pub fn of(request: &Extensions) -> Result<&Self> {
        request.get().ok_or_else(|| Error::Internal("a call came past the authentication layer".into()))
    }

    /// The member who calls.
    pub fn member(request: &Extensions) -> Result<&Member> {
        match Self::of(request)? {
            Self::Member(member) => Ok(member),
            Self::Nobody | Self::Agent(_) | Self::Joining(_) => Err(Error::WrongTokenKind),
        }
    }

    /// The agent that calls.
    pub fn agent(request: &Extensions) -> Result<AgentId> {
        match Self::of(request)? {
            Self::Agent(agent) => Ok(*agent),
            Self::Nobody | Self::Member(_) | Self::Joining(_) => Err(Error::WrongTokenKind),
        }
    }
}
