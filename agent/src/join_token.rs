//! The token that lets a new agent join a cluster.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pedl_tls::Fingerprint;

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
    /// What names the master's certificate is not whole.
    #[error("token_file {file}: the token is cut off behind its dot: write it there again, whole", file = file.display())]
    CutOff {
        /// The file.
        file: PathBuf,
    },
}

/// What a new agent is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinToken {
    /// What the master lets it in for.
    pub secret: String,
    /// The master's certificate, where the master speaks TLS and nobody else vouches for it.
    pub master_fingerprint: Option<Fingerprint>,
}

impl JoinToken {
    /// `SECRET`, or `SECRET.FINGERPRINT`; none where the fingerprint is no whole one.
    fn parse(text: &str) -> Option<Self> {
        match text.split_once('.') {
            None => Some(Self { secret: text.into(), master_fingerprint: None }),
            Some((secret, fingerprint)) => {
                Some(Self { secret: secret.into(), master_fingerprint: Some(fingerprint.parse().ok()?) })
            }
        }
    }
}

/// The join token in the file that the configuration names, or in the one that a master on the same machine leaves.
pub fn read(token_file: &Path) -> Result<JoinToken, Error> {
    let named = !token_file.as_os_str().is_empty();
    let file = if named { token_file } else { Path::new(LOCAL_TOKEN) };
    match fs::read_to_string(file) {
        Ok(token) => JoinToken::parse(token.trim()).ok_or_else(|| Error::CutOff { file: file.into() }),
        Err(error) if !named && error.kind() == io::ErrorKind::NotFound => Err(Error::Absent),
        Err(source) => Err(Error::Unreadable { file: file.into(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_behind_the_dot() {
        let fingerprint = Fingerprint::of(b"a certificate");
        let with = JoinToken { secret: "pedljoin_a".into(), master_fingerprint: Some(fingerprint) };
        assert_eq!(JoinToken::parse(&format!("pedljoin_a.{}", fingerprint.to_base64())), Some(with.clone()));
        assert_eq!(JoinToken::parse("pedljoin_a"), Some(JoinToken { master_fingerprint: None, ..with }));
        assert_eq!(JoinToken::parse("pedljoin_a.cut"), None);
        assert_eq!(JoinToken::parse("pedljoin_a."), None);
    }
}
