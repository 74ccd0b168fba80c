//! Why a session ended or did not begin, and what mends it.

use std::error::Error as _;
use std::path::PathBuf;

use pedl_tls::{Fingerprint, Refusal};
use tonic::{Code, Status};

use crate::chain::chain;
use crate::{data_dir, join_token};

/// Why a session ended or did not begin.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The connection broke, or the master is in trouble.
    #[error("no connection ({0})")]
    Lost(String),
    /// It answers a TLS handshake with something else, or speaks nothing but TLS.
    #[error("{0}")]
    Transport(&'static str),
    /// The join token names a certificate, and the URL asks for none.
    #[error("the join token is of a master that speaks TLS: set `master` to an https:// URL; the token was not sent")]
    WithoutTls,
    /// It shows another certificate than it should.
    #[error(
        "its certificate is not the one that this agent knows: the SHA-256 fingerprint is {shown}, not {expected}. Somebody may \
         be listening in; if the master has a new certificate, set `master_fingerprint: {shown}` in agent.yaml and restart the \
         agent; nothing was sent"
    )]
    OtherCertificate {
        /// The one that it shows.
        shown: Fingerprint,
        /// The one that it should.
        expected: Fingerprint,
    },
    /// It shows a certificate that nobody knows.
    #[error(
        "nothing vouches for its certificate ({why}): if {shown} is the SHA-256 fingerprint that the master prints at its start, \
         set `master_fingerprint: {shown}` in agent.yaml and restart the agent; or join with a token that the master made since \
         it has that certificate; nothing was sent"
    )]
    NotVouchedFor {
        /// The certificate.
        shown: Fingerprint,
        /// Why this machine's trust store does not.
        why: String,
    },
    /// It refuses the join token.
    #[error(
        "it refuses the join token ({message}): make a fresh one with `pedl agent create-token` and put it into the token_file"
    )]
    NotAdmitted {
        /// The master's words.
        message: String,
    },
    /// It refuses the agent's credential.
    #[error(
        "it refuses this agent's credential ({message}): to let the agent in again, stop it, remove {file}, and start it with a \
         token of `pedl agent create-token`",
        file = file.display()
    )]
    Expelled {
        /// The master's words.
        message: String,
        /// Where the credential is kept.
        file: PathBuf,
    },
    /// Another agent has this one's name.
    #[error("it refuses this agent's name ({0}): give it another --name")]
    NameTaken(String),
    /// It refuses what the agent says.
    #[error("it refuses this agent ({0})")]
    Refused(String),
    /// It is another cluster's.
    #[error(
        "it is the master of cluster {theirs}, and this agent belongs to cluster {ours}: set `master` to the right one; or, to \
         move the agent, stop it, remove {file}, and start it with a token of `pedl agent create-token`",
        file = file.display()
    )]
    WrongCluster {
        /// The agent's.
        ours: String,
        /// The master's.
        theirs: String,
        /// Where the agent remembers its cluster.
        file: PathBuf,
    },
    /// Its database is an older copy.
    #[error(
        "its database is of epoch {theirs}, and this agent has seen epoch {ours}: an older copy was put back. Nothing is done \
         until the master runs on the newer database, or on a copy that was restored as a new epoch"
    )]
    OldEpoch {
        /// The newest that the agent has seen.
        ours: i64,
        /// The master's.
        theirs: i64,
    },
    /// The join token cannot be read.
    #[error(transparent)]
    JoinToken(#[from] join_token::Error),
    /// The membership cannot be remembered.
    #[error(transparent)]
    DataDir(#[from] data_dir::Error),
}

impl From<Status> for Broken {
    fn from(status: Status) -> Self {
        if status.source().is_some_and(pedl_tls::speaks_no_tls) {
            return Self::Transport(
                "it does not speak TLS: set `master` to an http:// URL if you trust the network in between",
            );
        }
        if status.message().starts_with(pedl_tls::SPEAKS_TLS) {
            return Self::Transport("it speaks TLS: set `master` to an https:// URL");
        }
        let message = || status.source().map_or_else(|| status.message().to_owned(), chain);
        match status.code() {
            Code::AlreadyExists => Self::NameTaken(message()),
            Code::Unauthenticated | Code::PermissionDenied | Code::InvalidArgument => Self::Refused(message()),
            Code::FailedPrecondition | Code::Unimplemented => Self::Refused(message()),
            Code::Ok | Code::Cancelled | Code::Unknown | Code::DeadlineExceeded => Self::Lost(message()),
            Code::NotFound | Code::ResourceExhausted | Code::Aborted | Code::OutOfRange => Self::Lost(message()),
            Code::Internal | Code::Unavailable | Code::DataLoss => Self::Lost(message()),
        }
    }
}

impl From<Refusal> for Broken {
    fn from(Refusal { shown, expected, why }: Refusal) -> Self {
        match expected {
            Some(expected) => Self::OtherCertificate { shown, expected },
            None => Self::NotVouchedFor { shown, why },
        }
    }
}

impl Broken {
    /// Whether trying soon can help.
    pub const fn passes(&self) -> bool {
        match self {
            Self::Lost(_) => true,
            Self::Transport(_) | Self::WithoutTls => false,
            Self::OtherCertificate { .. } | Self::NotVouchedFor { .. } => false,
            Self::NotAdmitted { .. } | Self::Expelled { .. } | Self::NameTaken(_) | Self::Refused(_) => false,
            Self::WrongCluster { .. } | Self::OldEpoch { .. } | Self::JoinToken(_) | Self::DataDir(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_without_tls_is_told_to_use_it() {
        let told = Broken::from(Status::unavailable(format!("{}: use https://boss:8080", pedl_tls::SPEAKS_TLS)));
        assert!(matches!(told, Broken::Transport(_)) && !told.passes(), "{told}");
        assert_eq!(told.to_string(), "it speaks TLS: set `master` to an https:// URL");
    }
}
