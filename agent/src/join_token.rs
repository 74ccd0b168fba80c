//! The token that lets a new agent join a cluster.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where a master on the same machine leaves its join token.
const LOCAL_TOKEN: &str = "/var/lib/pedl/agent-token";

/// Why an agent that has no credential cannot get one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody named a token.
    #[error(
        "this agent has joined no cluster yet and has no join token: make one with `pedl agent create-token` on the master's \
         side, write it into a file, and name that with --token-file (looked in {LOCAL_TOKEN}, where a master beside the agent leaves one)"
    )]
    Absent,
    /// The named file cannot be read.
    #[error("token_file {file}: {source}; a join token comes from `pedl agent create-token`", file = file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The join token in the file that the configuration names, or in the one that a master on the same machine leaves.
pub fn read(token_file: &Path) -> Result<String, Error> {
    let named = !token_file.as_os_str().is_empty();
    let file = if named { token_file } else { Path::new(LOCAL_TOKEN) };
    match fs::read_to_string(file) {
        Ok(token) => Ok(token.trim().into()),
        Err(error) if !named && error.kind() == io::ErrorKind::NotFound => Err(Error::Absent),
        Err(source) => Err(Error::Unreadable { file: file.into(), source }),
    }
}
