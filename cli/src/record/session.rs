//! Sessions and access tokens.

use jiff::Timestamp;
use pedl_proto::v1;
use serde::Serialize;

use super::{given, name};
use crate::time;

/// A login or an access token, without its token.
#[derive(Debug, Default, Serialize)]
pub struct Session {
    pub id: i64,
    /// `login` or `access_token`.
    pub kind: String,
    pub username: String,
    pub name: Option<String>,
    pub address: Option<String>,
    pub created_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub current: bool,
}

impl From<v1::Session> for Session {
    fn from(session: v1::Session) -> Self {
        Self {
            id: session.id,
            kind: name(session.kind().as_str_name(), "SESSION_KIND_").to_lowercase(),
            name: given(&session.name),
            address: given(&session.address),
            username: session.username,
            created_at: session.created_at.and_then(time::from_proto),
            last_used_at: session.last_used_at.and_then(time::from_proto),
            expires_at: session.expires_at.and_then(time::from_proto),
            current: session.current,
        }
    }
}

/// A fresh access token.
#[derive(Debug, Serialize)]
pub struct AccessToken {
    pub token: String,
    pub id: i64,
    pub name: Option<String>,
    pub expires_at: Option<Timestamp>,
}

impl From<v1::CreateAccessTokenResponse> for AccessToken {
    fn from(answer: v1::CreateAccessTokenResponse) -> Self {
        let Session { id, name, expires_at, .. } = answer.session.unwrap_or_default().into();
        Self { token: answer.token, id, name, expires_at }
    }
}
