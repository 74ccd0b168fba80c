//! What can go wrong: the line that people read and the exit code that programs read, both made here.

use std::error::Error as _;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::master_url::MasterUrl;
use crate::time;

/// Why a command did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The words or files that it was given make no sense.
    #[error("{0}")]
    Usage(String),
    /// The master did not answer.
    #[error("cannot reach the master at {master} ({cause}): is it running? name another with -m or PEDL_MASTER")]
    Unreachable { master: MasterUrl, cause: String },
    /// The connection is not to be trusted, or not to be had as asked for; what it would have carried was not sent.
    #[error("{0}")]
    Untrusted(String),
    /// The master answered that it will not do it.
    #[error("{}", explain(.0))]
    Refused(Box<Status>),
    /// There is nobody to act as.
    #[error("{0}")]
    NotLoggedIn(String),
    /// Something on this machine failed.
    #[error("{0}")]
    Local(String),
    /// An interrupt at a prompt.
    #[error("interrupted")]
    Interrupted,
    /// Who read the output has gone.
    #[error("broken pipe")]
    BrokenPipe,
}

impl Error {
    /// What a call's failure means: that the master is out of reach, or that it refused.
    pub fn from_status(status: Status, master: &MasterUrl) -> Self {
        // What the master answers has no source; what the transport reports always has one. A proxy in between
        // answers UNAVAILABLE without the details that every error of the master carries.
        let unreachable = status.source().is_some()
            || (status.code() == Code::Unavailable && status.get_details_error_info().is_none());
        if !master.is_https() && status.message().starts_with(pedl_tls::SPEAKS_TLS) {
            return Self::Untrusted(format!("the master at {master} speaks TLS: use {}", master.with_tls(true)));
        }
        if unreachable {
            let cause = root_cause(&status).unwrap_or_else(|| status.message().to_string());
            return Self::Unreachable { master: master.clone(), cause };
        }
        Self::Refused(Box::new(status))
    }

    /// Whether the same call may succeed a little later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(status) => status.code() == Code::Unavailable,
            Self::Usage(_)
            | Self::Untrusted(_)
            | Self::NotLoggedIn(_)
            | Self::Local(_)
            | Self::Interrupted
            | Self::BrokenPipe => false,
        }
    }

    /// The exit code that tells programs what happened.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Local(_) => 1,
            Self::Usage(_) => 2,
            Self::NotLoggedIn(_) => 3,
            Self::Unreachable { .. } | Self::Untrusted(_) => 5,
            Self::Interrupted => 130,
            Self::Refused(status) if matches!(status.code(), Code::Unauthenticated | Code::PermissionDenied) => 3,
            Self::Refused(status) if is_throttled(status) => 3,
            Self::Refused(status) if status.code() == Code::NotFound => 4,
            Self::Refused(_) => 1,
        }
    }

    /// Says it on stderr, where there is something to say.
    pub fn say(&self) {
        if !matches!(self, Self::BrokenPipe | Self::Interrupted) {
            to_stderr("error: ", self);
        }
    }

    /// Says it and tells the exit code.
    pub fn report(&self) -> ExitCode {
        self.say();
        ExitCode::from(self.exit_code())
    }
}

impl From<io::Error> for Error {
    /// An error of writing to stdout.
    fn from(err: io::Error) -> Self {
        match err.kind() == io::ErrorKind::BrokenPipe {
            true => Self::BrokenPipe,
            false => Self::Local(format!("cannot write the output: {err}")),
        }
    }
}

/// Tells a person something that is not data.
pub fn say(text: impl Display) {
    to_stderr("pedl: ", text);
}

/// Tells a person of something that is not as it should be and does not stop the command.
pub fn warn(text: impl Display) {
    to_stderr("warning: ", text);
}

/// One line, whatever is in it. A stderr that cannot be written to is nobody's error.
fn to_stderr(prefix: &str, text: impl Display) {
    let line = text.to_string().replace('\n', " ");
    let _ = writeln!(io::stderr(), "{prefix}{line}");
}

/// Whether too many passwords were wrong. This one may be right, a little later.
pub fn is_throttled(status: &Status) -> bool {
    status.get_details_error_info().is_some_and(|info| info.domain == "pedl" && info.reason == "LOGIN_THROTTLED")
}

/// The master's words, field by field where it names fields, and how long to wait where it tells.
pub fn explain(status: &Status) -> String {
    let fields = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    if !fields.is_empty() {
        let told: Vec<_> = fields.iter().map(|field| format!("{}: {}", field.field, field.description)).collect();
        return told.join("; ");
    }
    let message = match status.message() {
        "" => status.code().description(),
        message => message,
    };
    let tells_how = message.contains("pedl user login");
    if status.code() == Code::Unauthenticated && !tells_how {
        return format!("{message}: log in with `pedl user login NAME`");
    }
    let tells_when = message.contains("try again in");
    match status.get_details_retry_info().and_then(|retry| retry.retry_delay) {
        Some(delay) if !tells_when => format!("{message}; wait {}", time::enough(delay)),
        Some(_) | None => message.to_string(),
    }
}

fn root_cause(err: &dyn std::error::Error) -> Option<String> {
    let mut cause = err.source()?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = cause.to_string();
    // The system's number for an error that its words have named already.
    text.split(" (os error").next().map(str::to_string)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tonic_types::{ErrorDetails, FieldViolation};

    use super::*;

    fn refused(code: Code) -> Error {
        Error::Refused(Box::new(Status::new(code, "no")))
    }

    #[test]
    fn exit_codes_are_the_contract() {
        let master: MasterUrl = "m:1".parse().unwrap();
        let cases = [
            (Error::Local(String::new()), 1),
            (refused(Code::InvalidArgument), 1),
            (refused(Code::AlreadyExists), 1),
            (refused(Code::Unavailable), 1),
            (refused(Code::Internal), 1),
            (Error::Usage(String::new()), 2),
            (Error::NotLoggedIn(String::new()), 3),
            (refused(Code::Unauthenticated), 3),
            (refused(Code::PermissionDenied), 3),
            (refused(Code::NotFound), 4),
            (Error::Unreachable { master, cause: String::new() }, 5),
            (Error::Untrusted(String::new()), 5),
        ];
        for (error, code) in cases {
            assert_eq!(error.exit_code(), code, "{error:?}");
        }
    }

    #[test]
    fn unavailable_is_unreachable_unless_the_master_says_it() {
        let master: MasterUrl = "m:1".parse().unwrap();
        let by_proxy = Error::from_status(Status::unavailable("503"), &master);
        assert!(matches!(by_proxy, Error::Unreachable { .. }), "{by_proxy:?}");
        let details = ErrorDetails::with_error_info("STORE_UNAVAILABLE", "pedl", []);
        let by_master = Status::with_error_details(Code::Unavailable, "the store is away", details);
        let by_master = Error::from_status(by_master, &master);
        assert_eq!((by_master.exit_code(), by_master.is_passing()), (1, true));
    }

    #[test]
    fn field_violations_are_told_by_field() {
        let details = ErrorDetails::with_bad_request(vec![
            FieldViolation::new("agent_user.uid", "must be 0 to 2147483647"),
            FieldViolation::new("agent_user.user", "must not be empty"),
        ]);
        let status = Status::with_error_details(Code::InvalidArgument, "invalid", details);
        let want = "agent_user.uid: must be 0 to 2147483647; agent_user.user: must not be empty";
        assert_eq!(explain(&status), want);
    }

    #[test]
    fn throttled_logins_are_refused_and_say_how_long() {
        let master: MasterUrl = "m:1".parse().unwrap();
        for (message, want) in [
            ("too many logins failed", "too many logins failed; wait 42 seconds"),
            ("too many: try again in a minute", "too many: try again in a minute"),
        ] {
            let mut details = ErrorDetails::with_error_info("LOGIN_THROTTLED", "pedl", []);
            details.set_retry_info(Some(Duration::from_millis(41_200)));
            let status = Status::with_error_details(Code::ResourceExhausted, message, details);
            let error = Error::from_status(status, &master);
            assert_eq!((error.exit_code(), error.to_string()), (3, want.to_string()));
        }
        assert_eq!(Error::from_status(Status::resource_exhausted("too large"), &master).exit_code(), 1);
    }

    #[test]
    fn unauthenticated_says_how_to_log_in() {
        let hint = "the token has ended: log in with `pedl user login NAME`";
        assert_eq!(explain(&Status::unauthenticated("the token has ended")), hint);
        assert_eq!(explain(&Status::unauthenticated(hint)), hint);
    }
}
