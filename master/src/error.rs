//! What can go wrong, and the one place that makes a gRPC status of it.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use pedl_proto::v1::ErrorReason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::assets::Kind;
use crate::ids::{AssetId, SessionId};
use crate::store;
use crate::users::Username;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// In `google.rpc.ErrorInfo`.
const DOMAIN: &str = "pedl";

/// A field of a request that is out of its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// As the request's message writes it: `agent_user.uid`.
    pub field: String,
    /// What is accepted.
    pub description: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("this call needs a token")]
    TokenMissing,
    #[error("the token is not valid, or no longer")]
    TokenInvalid,
    #[error("no active account has this name and password")]
    LoginFailed,

    #[error("too many logins as this user failed from here: try again in {} s", after.as_secs_f64().ceil())]
    LoginThrottled { after: Duration },
    #[error("this user has as many access tokens as one may: revoke some, `pedl token list` names them all")]
    TooManyTokens,
    #[error("the current password is wrong")]
    WrongPassword,
    #[error(
        "`{called}` is no name of this master's: set `public_url: {suggested}` in its master.yaml and restart it, or call it \
         by its IP address"
    )]
    ForeignHost { called: String, suggested: String },
    #[error(
        "a call with the session's cookie must be gRPC-web and come from the master's own page, on loopback or where \
         `public_url` in master.yaml says: call with `authorization: Bearer TOKEN`"
    )]
    ForeignOrigin,

    #[error("only an administrator may do this")]
    AdminRequired,
    #[error("{kind} {id} belongs to {owner}: only its owner and administrators may do this")]
    NotOwner { kind: Kind, id: AssetId, owner: Username },
    #[error("session {0} is another user's: only its own user and administrators may do this")]
    NotOwnSession(SessionId),
    #[error("a token of this kind may not make this call")]
    WrongTokenKind,
    #[error("there is no such call here: the client may be newer than this master")]
    UnknownRpc,

    #[error("{}", list_violations(.0))]
    InvalidFields(Vec<Violation>),
    #[error("the page token is not one of this list: start from the first page")]
    InvalidPageToken,
    #[error("the cursor is of another database, or somebody has another name since: list anew")]
    CursorUnknown,

    #[error("there is no user `{0}`: `pedl user list` names them all")]
    UserNotFound(Username),
    #[error("there is no asset {0}")]
    AssetNotFound(AssetId),
    #[error("asset {id} is not {}, but {}: `pedl {is} describe {id}`", .asked.with_article(), .is.with_article())]
    AssetOfOtherKind { id: AssetId, asked: Kind, is: Kind },
    #[error("there is no task {0}")]
    TaskNotFound(String),
    #[error("the log was kept until {until:.0}, as logs.retention of the master says: it is gone")]
    LogExpired { until: Timestamp },
    #[error("there is no agent `{0}`: `pedl agent list` names them all")]
    AgentNotFound(String),

    #[error("there is no session {0}, or it has ended: `pedl user sessions list` names them all")]
    SessionNotFound(SessionId),

    #[error("this is the last active administrator: make another one first")]
    LastAdmin,
    #[error("`{0}` keeps its name")]
    NameIsFixed(Username),

    #[error("a user `{0}` exists already")]
    UserExists(Username),
    #[error("another agent holds the name `{0}`: give this one another with --name")]
    AgentNameTaken(String),
    #[error("this credential belongs to the agent `{is}`: keep that name, or join anew with another data_dir")]
    AgentRenamed { is: String },

    #[error("the log has entries up to {next} only: send from there")]
    LogGap { next: i64 },

    #[error("the master is busy with other logins: try again")]
    Busy,
    #[error("the store did not answer: try again")]
    StoreUnavailable,
    #[error("the master is shutting down: try again")]
    ShuttingDown,
    #[error("the master's disk is full: its administrator must make room on it, then try again")]
    StoreFull,
    #[error("the store failed: {0}")]
    Database(store::Failure),
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// One field that is out of its bounds.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::InvalidFields(vec![Violation { field: field.into(), description: description.into() }])
    }

    fn code(&self) -> Code {
        match self {
            Self::TokenMissing | Self::TokenInvalid | Self::LoginFailed => Code::Unauthenticated,
            Self::ForeignHost { .. }
            | Self::ForeignOrigin
            | Self::WrongPassword
            | Self::AdminRequired
            | Self::NotOwner { .. }
            | Self::NotOwnSession(_)
            | Self::WrongTokenKind => Code::PermissionDenied,
            Self::UnknownRpc => Code::Unimplemented,
            Self::InvalidFields(_) | Self::InvalidPageToken => Code::InvalidArgument,
            Self::CursorUnknown => Code::OutOfRange,
            Self::UserNotFound(_)
            | Self::AssetNotFound(_)
            | Self::AssetOfOtherKind { .. }
            | Self::TaskNotFound(_)
            | Self::LogExpired { .. }
            | Self::AgentNotFound(_)
            | Self::SessionNotFound(_) => Code::NotFound,
            Self::UserExists(_) | Self::AgentNameTaken(_) => Code::AlreadyExists,
            Self::LastAdmin | Self::NameIsFixed(_) | Self::AgentRenamed { .. } | Self::LogGap { .. } => {
                Code::FailedPrecondition
            }
            Self::LoginThrottled { .. } | Self::TooManyTokens | Self::Busy | Self::StoreFull => Code::ResourceExhausted,
            Self::StoreUnavailable | Self::ShuttingDown => Code::Unavailable,
            Self::Database(_) | Self::Internal(_) => Code::Internal,
        }
    }

    fn reason(&self) -> ErrorReason {
        match self {
            Self::TokenMissing => ErrorReason::TokenMissing,
            Self::TokenInvalid => ErrorReason::TokenInvalid,
            Self::LoginFailed => ErrorReason::LoginFailed,
            Self::LoginThrottled { .. } => ErrorReason::LoginThrottled,
            Self::WrongPassword => ErrorReason::WrongPassword,
            Self::TooManyTokens => ErrorReason::TooManyTokens,
            Self::ForeignHost { .. } | Self::ForeignOrigin => ErrorReason::ForeignOrigin,
            Self::AdminRequired => ErrorReason::AdminRequired,
            Self::NotOwner { .. } => ErrorReason::NotOwner,
            Self::NotOwnSession(_) => ErrorReason::NotOwnSession,
            Self::WrongTokenKind => ErrorReason::WrongTokenKind,
            Self::UnknownRpc => ErrorReason::UnknownRpc,
            Self::InvalidFields(_) => ErrorReason::InvalidField,
            Self::InvalidPageToken => ErrorReason::InvalidPageToken,
            Self::CursorUnknown => ErrorReason::CursorUnknown,
            Self::UserNotFound(_) => ErrorReason::UserNotFound,
            Self::AssetNotFound(_) => ErrorReason::AssetNotFound,
            Self::AssetOfOtherKind { .. } => ErrorReason::AssetOfOtherKind,
            Self::TaskNotFound(_) => ErrorReason::TaskNotFound,
            Self::LogExpired { .. } => ErrorReason::LogExpired,
            Self::AgentNotFound(_) => ErrorReason::AgentNotFound,
            Self::SessionNotFound(_) => ErrorReason::SessionNotFound,
            Self::LastAdmin => ErrorReason::LastAdmin,
            Self::NameIsFixed(_) => ErrorReason::NameIsFixed,
            Self::UserExists(_) => ErrorReason::UserExists,
            Self::AgentNameTaken(_) => ErrorReason::AgentNameTaken,
            Self::AgentRenamed { .. } => ErrorReason::AgentRenamed,
            Self::LogGap { .. } => ErrorReason::LogGap,
            Self::Busy => ErrorReason::Busy,
            Self::StoreUnavailable => ErrorReason::StoreUnavailable,
            Self::StoreFull => ErrorReason::StoreFull,
            Self::ShuttingDown => ErrorReason::ShuttingDown,
            Self::Database(_) | Self::Internal(_) => ErrorReason::Internal,
        }
    }

    fn metadata(&self) -> HashMap<String, String> {
        let mut metadata = HashMap::new();
        if let Self::AssetOfOtherKind { is, .. } = self {
            metadata.insert("kind".into(), is.to_string());
        }
        if let Self::AgentRenamed { is } = self {
            metadata.insert("name".into(), is.clone());
        }
        if let Self::LogGap { next } = self {
            metadata.insert("next_offset".into(), next.to_string());
        }
        metadata
    }
}

fn list_violations(violations: &[Violation]) -> String {
    let one = |violation: &Violation| format!("{} {}", violation.field, violation.description);
    violations.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl From<store::Failure> for Error {
    fn from(failure: store::Failure) -> Self {
        if store::is_full(&failure) { Self::StoreFull } else { Self::Database(failure) }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let reason = error.reason().as_str_name().trim_start_matches("ERROR_REASON_").to_owned();
        let mut details = ErrorDetails::with_error_info(reason, DOMAIN, error.metadata());
        if let Error::InvalidFields(violations) = &error {
            for violation in violations {
                details.add_bad_request_violation(&violation.field, &violation.description);
            }
        }
        if matches!(error, Error::Busy) {
            details.set_retry_info(Some(Duration::from_secs(1)));
        }
        if let Error::LoginThrottled { after } = error {
            details.set_retry_info(Some(after));
        }
        if matches!(error, Error::Database(_) | Error::Internal(_)) {
            // What went wrong inside is the administrator's to read, and nobody else's.
            tracing::error!(%error, "a call failed");
            return Status::with_error_details(error.code(), "internal error: the master's log says more", details);
        }
        Status::with_error_details(error.code(), error.to_string(), details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_faults_stay_inside() {
        let status = Status::from(Error::Internal("row 7 of sessions".into()));
        assert_eq!(status.message(), "internal error: the master's log says more");
        assert_eq!(status.get_details_error_info().unwrap().reason, "INTERNAL");
    }

    #[test]
    fn violations_are_told_to_people_and_to_programs() {
        let status = Status::from(Error::invalid("agent_user.uid", "must be 0 to 2147483647, not 2147483648"));
        assert_eq!(status.message(), "agent_user.uid must be 0 to 2147483647, not 2147483648");
        let bad_request = status.get_details_bad_request().unwrap();
        assert_eq!(bad_request.field_violations[0].field, "agent_user.uid");
    }
}
