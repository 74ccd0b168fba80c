//! The agent's directory: one process at a time, and what it must remember between processes.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use pedl_tls::Fingerprint;
use serde::{Deserialize, Serialize};

/// The directory, locked for this process.
#[derive(Debug)]
pub struct DataDir {
    root: PathBuf,
    _lock: File,
}

/// What an agent remembers of its cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The agent's own; the master knows only a hash of it.
    pub credential: String,
    /// The cluster that the credential is good for.
    pub cluster_id: String,
    /// The newest epoch of the master's database that was seen.
    pub epoch: i64,
    /// The master's certificate, as the join token named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_fingerprint: Option<Fingerprint>,
}

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has it.
    #[error("{dir} is in use by another pedl-agent (process {holder}): stop that one, or give this one its own --data-dir", dir = dir.display())]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// The process, as far as it said.
        holder: String,
    },
    /// Something in it cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The membership's file is damaged.
    #[error("{path} is damaged ({source}): remove it and join again with a token of `pedl agent create-token`", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Names the path in an error.
fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, Error> {
    result.map_err(|source| Error::Io { path: path.into(), source })
}

impl DataDir {
    /// Opens the directory, making it where it is absent, and locks it until the process ends.
    pub fn open(root: PathBuf) -> Result<Self, Error> {
        make_private(&root)?;
        make_private(&root.join("tasks"))?;
        make_private(&root.join("images"))?;
        // The list of mounts has no symlinks in it.
        let root = at(&root, root.canonicalize())?;
        let lock = lock(&root)?;
        Ok(Self { root, _lock: lock })
    }

    /// The directory itself, without symlinks.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a directory stands for each task.
    pub fn tasks(&self) -> PathBuf {
        self.root.join("tasks")
    }

    /// Where it stands how tasks ended that are gone.
    pub fn ends(&self) -> PathBuf {
        self.root.join("ended-tasks")
    }

    /// The first process of containers.
    pub fn init(&self) -> PathBuf {
        self.root.join("init")
    }

    /// Where a directory stands for each image that was looked into.
    pub fn images(&self) -> PathBuf {
        self.root.join("images")
    }

    /// What the agent remembers of its cluster; none before it first joined one.
    pub fn find_membership(&self) -> Result<Option<Membership>, Error> {
        let path = self.membership_file();
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => {
                serde_json::from_slice(&at(&path, read)?).map(Some).map_err(|source| Error::Damaged { path, source })
            }
        }
    }

    /// Remembers it, whatever happens after the call has returned.
    pub fn store_membership(&self, membership: &Membership) -> Result<(), Error> {
        let path = self.membership_file();
        let text = serde_json::to_vec_pretty(membership).expect("a membership is plain JSON");
        at(&path, write_durably(&path, &text))
    }

    /// The membership's file, for messages.
    pub fn membership_file(&self) -> PathBuf {
        self.root.join("membership.json")
    }
}

fn make_private(dir: &Path) -> Result<(), Error> {
    at(dir, DirBuilder::new().recursive(true).mode(0o700).create(dir))
}

fn lock(root: &Path) -> Result<File, Error> {
    let path = root.join("lock");
    let mut file =
        at(&path, OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            at(&path, file.read_to_string(&mut holder))?;
            return Err(Error::InUse { dir: root.into(), holder });
        }
        Err(TryLockError::Error(source)) => return Err(Error::Io { path, source }),
    }
    at(&path, file.set_len(0))?;
    at(&path, write!(file, "{}", std::process::id()))?;
    Ok(file)
}

/// Writes a file (0600) so that after a crash it is either the old one or the new one, and after the return the new one.
pub fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    match path.parent() {
        Some(dir) => File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn remembers_privately() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path().join("new")).unwrap();
        assert_eq!(data.find_membership().unwrap(), None);
        let master_fingerprint = Some(Fingerprint::of(b"a certificate"));
        let membership =
            Membership { credential: "secret".into(), cluster_id: "c".into(), epoch: 7, master_fingerprint };
        data.store_membership(&membership).unwrap();
        assert_eq!(data.find_membership().unwrap(), Some(membership));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data.root), mode(&data.membership_file())), (0o700, 0o600));
    }

    #[test]
    fn a_membership_from_before_tls_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path().into()).unwrap();
        fs::write(data.membership_file(), r#"{"credential": "secret", "cluster_id": "c", "epoch": 7}"#).unwrap();
        assert_eq!(data.find_membership().unwrap().unwrap().master_fingerprint, None);
    }

    #[test]
    fn one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let _first = DataDir::open(dir.path().into()).unwrap();
        let second = DataDir::open(dir.path().into()).unwrap_err().to_string();
        assert!(second.contains(&format!("(process {})", std::process::id())), "{second}");
    }

    #[test]
    fn damage_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path().into()).unwrap();
        fs::write(data.membership_file(), "{").unwrap();
        assert!(data.find_membership().unwrap_err().to_string().contains("create-token"));
    }
}
