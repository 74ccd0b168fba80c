//! Backups of an SQLite master: one file that holds all that a master needs to be again, taken while it runs; and what a
//! master that comes out of one must not do: believe that the time since has not been.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::TempDir;

use crate::assets::lifecycle;
use crate::audit::{Action, Actor};
use crate::data_dir::DataDir;
use crate::store::{self, Store};

/// What a backup holds of the data directory. The database of logs is copied after the other: so that a task that has
/// ended in the one has its whole log in the other.
const DATABASES: [&str; 2] = [MAIN, "logs.db"];
const MAIN: &str = "pedl.db";
const CERTIFICATE: [&str; 2] = ["tls/key.pem", "tls/cert.pem"];

/// Below the data directory: what is being restored.
const RESTORING: &str = "restoring";

/// Logs are compressed already, and the rest is small.
const ZSTD_LEVEL: i32 = 1;

/// Tasks that are given up in one go.
const BATCH: u64 = 500;

/// Standard output or input, by convention.
const STREAM: &str = "-";

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the database is PostgreSQL, which has its own: `pg_dump --format=custom --file={file} \"$DATABASE_URL\"`, and \
         to restore, `pg_restore --clean --if-exists` and then `pedl-master restore` without a file"
    )]
    Postgres { file: String },
    #[error("name the file to restore: `pedl-master restore FILE`")]
    FileNeeded,
    #[error("{} has no database: name the master's directory with --data-dir", dir.display())]
    NoDatabase { dir: PathBuf },
    #[error(
        "{dir} has a database: move it away first (`mv {dir} {dir}.old`), or name another place with --data-dir",
        dir = dir.display()
    )]
    InTheWay { dir: PathBuf },
    #[error("{file} is no backup of a pedl-master: {problem}")]
    NoBackup { file: String, problem: String },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Open(#[from] store::OpenError),
    #[error("the database cannot be copied: {0}")]
    Copy(store::Failure),
    #[error(transparent)]
    Write(#[from] crate::error::Error),
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, Error> {
    result.map_err(|source| Error::Io { path: path.into(), source })
}

/// What a restored database was told.
#[derive(Debug)]
pub struct Renewed {
    /// The life of the database that begins now.
    pub epoch: i64,
    /// The sessions and access tokens that were ended.
    pub sessions: u64,
    /// The tasks that waited and were given up.
    pub given_up: u64,
}

/// Writes a backup of the master in `data_dir`, which may be running, to `file`; `-` is standard output. Answers its size
/// in bytes.
pub async fn write(data_dir: &Path, file: &str) -> Result<u64, Error> {
    if !data_dir.join(MAIN).exists() {
        return Err(Error::NoDatabase { dir: data_dir.into() });
    }
    let path = Path::new(file);
    // The copies go where the backup goes: there shall be room for it.
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let copies = if file == STREAM { TempDir::new() } else { TempDir::with_prefix_in(".pedl-backup-", beside) };
    let copies = at(beside, copies)?;
    for database in DATABASES {
        let (from, to) = (data_dir.join(database), copies.path().join(database));
        store::copy::copy_sqlite(&from, &to).await.map_err(Error::Copy)?;
    }
    let certificate = CERTIFICATE.into_iter().filter(|name| data_dir.join(name).exists());
    let files = DATABASES.map(|name| (name, copies.path().join(name))).into_iter();
    let files: Vec<_> = files.chain(certificate.map(|name| (name, data_dir.join(name)))).collect();
    if file == STREAM {
        let mut counted = Counted { to: io::stdout().lock(), bytes: 0 };
        at(path, pack(&files, &mut counted))?;
        return Ok(counted.bytes);
    }
    // Whole or not at all: the backup of yesterday is worth more than half of one.
    let new = copies.path().join("backup");
    let mut to = at(&new, OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new))?;
    at(&new, pack(&files, &mut to))?;
    at(&new, to.sync_all())?;
    at(path, fs::rename(&new, path))?;
    at(beside, File::open(beside).and_then(|dir| dir.sync_all()))?;
    Ok(at(path, to.metadata())?.len())
}

struct Counted<W> {
    to: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.to.write(buffer)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Writes files, by the names that they are to have, as a compressed tar.
fn pack(files: &[(&str, PathBuf)], to: &mut impl Write) -> io::Result<()> {
    let mut archive = tar::Builder::new(zstd::Encoder::new(to, ZSTD_LEVEL)?);
    for (name, path) in files {
        let mut file = File::open(path)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(file.metadata()?.len());
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(Timestamp::now().as_second()).unwrap_or(0));
        archive.append_data(&mut header, name, &mut file)?;
    }
    archive.into_inner()?.finish()?.flush()
}

/// Makes a data directory of a backup; `-` is standard input. Nothing is there if it fails.
pub async fn restore(dir: &DataDir, file: &str, run_queued: bool) -> Result<Renewed, Error> {
    if dir.path().join(MAIN).exists() {
        return Err(Error::InTheWay { dir: dir.path().into() });
    }
    let restoring = dir.path().join(RESTORING);
    // Left by a restore that was cut off.
    drop(fs::remove_dir_all(&restoring));
    at(&restoring, fs::create_dir_all(restoring.join("tls")))?;
    if file == STREAM {
        unpack(io::stdin().lock(), file, &restoring)?;
    } else {
        unpack(at(Path::new(file), File::open(file))?, file, &restoring)?;
    }
    let store = Store::open("", &restoring).await?;
    let renewed = renew(&store, run_queued).await?;
    store.close().await;
    at(dir.path(), fs::create_dir_all(dir.path().join("tls")))?;
    // The one that makes it a master's directory comes last.
    for name in CERTIFICATE.into_iter().chain(DATABASES.into_iter().rev()) {
        let (from, to) = (restoring.join(name), dir.path().join(name));
        if from.exists() {
            at(&from, File::open(&from).and_then(|file| file.sync_all()))?;
            at(&to, fs::rename(&from, &to))?;
        }
    }
    at(&restoring, fs::remove_dir_all(&restoring))?;
    at(dir.path(), File::open(dir.path()).and_then(|dir| dir.sync_all()))?;
    Ok(renewed)
}

/// Takes what a backup holds, and nothing else that an archive may name.
fn unpack(from: impl Read, file: &str, to: &Path) -> Result<(), Error> {
    let no_backup = |error: io::Error| Error::NoBackup { file: file.into(), problem: error.to_string() };
    let mut archive = tar::Archive::new(zstd::Decoder::new(from).map_err(no_backup)?);
    for entry in archive.entries().map_err(no_backup)? {
        let mut entry = entry.map_err(no_backup)?;
        let path = entry.path().map_err(no_backup)?.into_owned();
        let Some(name) = DATABASES.into_iter().chain(CERTIFICATE).find(|name| path == Path::new(name)) else {
            let problem = format!("it holds {}", path.display());
            return Err(Error::NoBackup { file: file.into(), problem });
        };
        let path = to.join(name);
        let mut written = at(&path, OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path))?;
        io::copy(&mut entry, &mut written).map_err(no_backup)?;
    }
    match DATABASES.into_iter().find(|name| !to.join(name).exists()) {
        Some(name) => Err(Error::NoBackup { file: file.into(), problem: format!("it has no {name}") }),
        None => Ok(()),
    }
}

/// Tells a database that it is one from a backup: a life of its own begins, which agents and watchers take for another;
/// what was revoked since stays so; and what waited, and may have run since, does not run again, unless that is wanted.
pub async fn renew(store: &Store, run_queued: bool) -> Result<Renewed, Error> {
    let actor = Actor { name: "pedl-master restore".into(), address: None };
    let event = actor.did(Action::RestoreBackup, "cluster");
    let (epoch, sessions) = store
        .write(|tx| {
            Box::pin(async move {
                store::audit::record(tx, event).await?;
                Ok((store::cluster::begin_epoch(tx).await?, store::sessions::end_all(tx).await?))
            })
        })
        .await?;
    let given_up = if run_queued { 0 } else { give_up_waiting(store).await? };
    Ok(Renewed { epoch, sessions, given_up })
}

/// Answers how many tasks waited.
async fn give_up_waiting(store: &Store) -> Result<u64, Error> {
    let mut given_up = 0;
    loop {
        let waiting = store::tasks::queue(store.read(), None, None, BATCH).await?;
        if waiting.is_empty() {
            return Ok(given_up);
        }
        given_up += waiting.len() as u64;
        let give_up = store.write(move |tx| {
            Box::pin(async move {
                for task in waiting {
                    lifecycle::give_up(tx, task.id, MAY_HAVE_RUN.into()).await?;
                }
                Ok(())
            })
        });
        give_up.await?;
    }
}

const MAY_HAVE_RUN: &str = "it waited when a backup was taken that the master was restored from, and may have run since: run it again if it did not";
