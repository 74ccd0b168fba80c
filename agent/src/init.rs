//! The first process of containers (`pedl-init`), which the agent carries: put where Docker can mount it from, and what
//! it noted read.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pedl_init::Note;
use rustix::fs::{StatVfsMountFlags, statvfs};

use crate::assignment::TaskSpec;
use crate::data_dir::write_durably;
use crate::docker::{Mount, Propagation};

/// Static, and for this processor.
const PROGRAM: &[u8] = include_bytes!(env!("PEDL_INIT"));

/// Where it stands in containers.
const INIT: &str = "/run/pedl/init";

/// Where it notes what becomes of the program.
const NOTE: &str = "/run/pedl/note";

/// How many words it has before the program's own.
const WORDS: usize = 3;

/// Why it cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing runs from where it is.
    #[error("{path} is mounted noexec, and the first process of each container runs from it: name another --data-dir, or mount that without noexec", path = path.display())]
    NoExec {
        /// The file.
        path: PathBuf,
    },
}

/// The program, on this machine.
#[derive(Debug)]
pub struct Init(PathBuf);

impl Init {
    /// Writes it to this file, unless it is there. Containers that run keep the one that they have.
    pub fn install(path: PathBuf) -> Result<Self, Error> {
        let write = || {
            if fs::read(&path).ok().as_deref() != Some(PROGRAM) {
                write_durably(&path, PROGRAM)?;
            }
            fs::set_permissions(&path, Permissions::from_mode(0o555))?;
            Ok(statvfs(&path)?.f_flag.contains(StatVfsMountFlags::NOEXEC))
        };
        match write() {
            Ok(false) => Ok(Self(path)),
            Ok(true) => Err(Error::NoExec { path }),
            Err(source) => Err(Error::Io { path, source }),
        }
    }

    /// How it comes into a container, with a task's note.
    pub fn mounts(&self, note: &NoteFile) -> [Mount; 2] {
        let mount = |source: &Path, target: &str, read_only| Mount {
            source: source.into(),
            target: target.into(),
            read_only,
            propagation: Propagation::RPrivate,
        };
        [mount(&self.0, INIT, true), mount(&note.0, NOTE, false)]
    }
}

/// What a container runs.
pub fn command_line(spec: &TaskSpec) -> Vec<String> {
    let umask = spec.run_as.umask.map_or_else(|| "-".into(), |umask| format!("{umask:04o}"));
    let words: [String; WORDS] = [INIT.into(), NOTE.into(), umask];
    words.into_iter().chain(spec.argv.clone()).collect()
}

/// The program of a container that runs this; none where that is not of this version.
pub fn program(command_line: &[String]) -> Option<&str> {
    let own = command_line.first().is_some_and(|first| first == INIT);
    command_line.get(WORDS).filter(|_| own).map(String::as_str)
}

/// A task's note, which its user may write to as well.
#[derive(Debug, Clone)]
pub struct NoteFile(pub PathBuf);

impl NoteFile {
    /// Makes it, for this user; one that is there already is kept as it is.
    pub fn prepare(&self, uid: u32, gid: u32) -> io::Result<()> {
        let file = File::options().write(true).create(true).truncate(false).mode(0o600).open(&self.0)?;
        if file.metadata()?.len() < pedl_init::LENGTH as u64 {
            pedl_init::blank(&file)?;
        }
        fchown(&file, Some(uid), Some(gid))
    }

    /// What it says. None: it is not there; the container is of an earlier version. A program that has spoilt it began.
    pub fn read(&self) -> Option<Note> {
        const SPOILT: Note = Note::Began { at: Duration::ZERO };
        let file = File::open(&self.0).ok()?;
        Some(pedl_init::read(&file).ok().flatten().unwrap_or(SPOILT))
    }
}
