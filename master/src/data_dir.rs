//! The master's directory: its owner's alone, and one process's at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Locked by the process that has the directory.
const LOCK: &str = "lock";

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
        if fs::exists(path)? {
            take_over(path)?;
        } else {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        }
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path.join(LOCK))?;
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

    /// The token that agents beside the master join with, where it was written.
    pub fn agent_token(&self) -> Option<String> {
        fs::read_to_string(self.path.join(AGENT_TOKEN)).ok().map(|text| text.trim().to_owned())
    }

    /// Writes that token.
    pub fn write_agent_token(&self, token: &str) -> io::Result<()> {
        self.write(AGENT_TOKEN, &format!("{token}\n"))
    }

    /// Writes a file below the directory, whole or not at all, for the owner alone. After the return it stays.
    pub fn write(&self, name: &str, content: &str) -> io::Result<()> {
        let path = self.path.join(name);
        let folder = path.parent().unwrap_or(&self.path);
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let new = self.path.join(format!("{name}.new"));
        // Left by a start that was cut off; what is made anew is nobody else's.
        drop(fs::remove_file(&new));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        fs::rename(new, &path)?;
        File::open(folder)?.sync_all()
    }
}

/// Closes an existing directory to others, where it is empty or was a data directory before: not /var/lib or /tmp, given
/// by mistake.
fn take_over(path: &Path) -> io::Result<()> {
    let empty = fs::read_dir(path)?.next().is_none();
    if !empty && !path.join(LOCK).exists() {
        return Err(io::Error::other("it holds other things: name an empty directory, or one that is not there yet"));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
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
        assert_eq!(DataDir::open(&path).unwrap().agent_token().as_deref(), Some("secret"));
    }

    #[test]
    fn a_directory_of_other_things_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.path().join("thesis.tex"), "").unwrap();
        assert!(DataDir::open(dir.path()).is_err());
        assert_eq!(fs::metadata(dir.path()).unwrap().permissions().mode() & 0o777, 0o755);
    }
}
