//! The master's directory: its owner's alone, and one process's at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Holds the join token of agents beside the master.
const AGENT_TOKEN: &str = "agent-token";

/// A directory that this process holds.
pub struct DataDir {
    path: PathBuf,
    /// Held until the process ends.
    _lock: File,
}

impl DataDir {
    /// Makes the directory where it is missing, and locks it.
    pub fn open(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                io::Error::other("another pedl-master uses it: stop that one, or use another --data-dir")
            }
            TryLockError::Error(error) => error,
        })?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether agents beside the master have a token to join with.
    pub fn has_agent_token(&self) -> bool {
        self.path.join(AGENT_TOKEN).exists()
    }

    /// Writes that token, whole or not at all.
    pub fn write_agent_token(&self, token: &str) -> io::Result<()> {
        let new = self.path.join(format!("{AGENT_TOKEN}.new"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        writeln!(file, "{token}")?;
        file.sync_all()?;
        fs::rename(new, self.path.join(AGENT_TOKEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_its_owners_alone_and_one_process_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let dir = DataDir::open(&path).unwrap();
        dir.write_agent_token("secret").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join(AGENT_TOKEN))), (0o700, 0o600));
        assert!(DataDir::open(&path).is_err());
        drop(dir);
        assert!(DataDir::open(&path).unwrap().has_agent_token());
    }
}
