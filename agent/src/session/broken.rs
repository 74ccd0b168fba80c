//! Why a session ended or did not begin, and what mends it.

use std::error::Error as _;
use std::path::PathBuf;

use tonic::{Code, Status};

use crate::chain::chain;
use crate::{data_dir, join_token};

/// Why a session ended or did not begin.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The connection broke, or the master is in trouble.
    #[error("no connection ({0})")]
    Lost(String),
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

impl Broken {
    /// Whether trying soon can help.
    pub const fn passes(&self) -> bool {
        match self {
            Self::Lost(_) => true,
            Self::NotAdmitted { .. } | Self::Expelled { .. } | Self::NameTaken(_) | Self::Refused(_) => false,
            Self::WrongCluster { .. } | Self::OldEpoch { .. } | Self::JoinToken(_) | Self::DataDir(_) => false,
        }
    }
}
