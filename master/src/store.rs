//! What the master keeps, in SQLite or PostgreSQL. One file a noun; queries take a connection, the caller owns the
//! transaction; domain types come out, rows stay inside. Nothing outside this folder names sea-orm.

pub mod agents;
pub mod asset_events;
pub mod assets;
pub mod audit;
pub mod cluster;
mod columns;
pub mod copy;
mod entities;
pub mod logs;
mod migrations;
pub mod sessions;
pub mod tasks;
pub mod users;
mod writer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::BoxFuture;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement};
use tokio::sync::watch;

use crate::error::Result;
use migrations::{LogMigrator, MainMigrator, migrate};
pub use writer::Tx;
use writer::{Writer, Written};

/// Connections that read at the same time.
const READERS: u32 = 4;

/// "PEDL" in ASCII.
const ADVISORY_LOCK: i64 = 0x5045_444c;

/// How long a statement waits for a connection or a lock before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Statements that SQLite keeps prepared for each connection.
const STATEMENTS: usize = 256;

/// How much of an SQLite file is mapped into memory, in bytes: as much as SQLite maps at all.
const MAPPED: &str = "2147418112";

/// What the database says when it fails.
pub type Failure = DbErr;

/// Whether its disk is full: SQLITE_FULL (13), or PostgreSQL's disk_full (53100).
pub fn is_full(failure: &Failure) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = failure else {
        return false;
    };
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["13", "53100"].contains(&&*code))
}

/// The master's memory.
#[derive(Clone)]
pub struct Store {
    main: Database,
    /// Logs are written far more than all else. On SQLite, where writers exclude each other, they have a file, and so a
    /// writer, of their own; on PostgreSQL this is `main` once more.
    logs: Database,
}

#[derive(Clone)]
struct Database {
    reader: DatabaseConnection,
    writer: Writer,
}

impl Store {
    /// Opens `url`, or SQLite below `data_dir` where it is empty, and brings its tables up to date.
    pub async fn open(url: &str, data_dir: &Path) -> Result<Self, OpenError> {
        if url.is_empty() {
            let main = Connections::open(|count, read_only| sqlite(data_dir.join("pedl.db"), count, read_only)).await?;
            let logs = Connections::open(|count, read_only| sqlite(data_dir.join("logs.db"), count, read_only)).await?;
            migrate::<MainMigrator>(&main.writer).await?;
            migrate::<LogMigrator>(&logs.writer).await?;
            let revision = cluster::open(&main.writer).await?;
            return Ok(Self { main: main.into_database(Some(revision)), logs: logs.into_database(None) });
        }
        // What sea-orm says of a URL that it cannot read holds the URL, password and all.
        url.parse::<PgConnectOptions>().map_err(|_| OpenError::BadUrl)?;
        let main = Connections::open(|count, read_only| postgres(url, count, read_only)).await?;
        migrate::<MainMigrator>(&main.writer).await?;
        migrate::<LogMigrator>(&main.writer).await?;
        let revision = cluster::open(&main.writer).await?;
        let main = main.into_database(Some(revision));
        Ok(Self { logs: main.clone(), main })
    }

    /// A connection to read with.
    pub fn read(&self) -> &DatabaseConnection {
        &self.main.reader
    }

    /// A connection to read logs with.
    pub fn read_logs(&self) -> &DatabaseConnection {
        &self.logs.reader
    }

    /// Runs `job` in a transaction that it may share with others, and answers when it is durable.
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.main.writer.run(job).await
    }

    /// As [`Store::write`], cheaper, for a job that looks at everything before it writes anything.
    pub async fn write_checked<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.main.writer.run_checked(job).await
    }

    /// As [`Store::write`], but undoes what `job` did: for who asks what would come of it.
    pub async fn rehearse<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.main.writer.rehearse(job).await
    }

    /// As [`Store::write_checked`], for logs.
    pub async fn write_logs<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.logs.writer.run_checked(job).await
    }

    /// Closes it, so that its files are whole without each other.
    pub async fn close(self) {
        for database in [self.main, self.logs] {
            let Database { reader, writer } = database;
            drop(reader.close().await);
            writer.close().await;
        }
    }

    /// What was written since the start, by database; both are one on PostgreSQL.
    pub fn written(&self) -> [(&'static str, &Written); 2] {
        [("main", self.main.writer.written()), ("logs", self.logs.writer.written())]
    }

    /// The revision of the newest commit, and news of each.
    pub fn revisions(&self) -> watch::Receiver<i64> {
        self.main.writer.revisions()
    }
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("database.url is no PostgreSQL URL: write special characters of the password as %XX")]
    BadUrl,
    #[error("the database was written by a newer pedl-master (it has `{0}`): start that one")]
    Newer(String),
    #[error("the database cannot be opened: {0}")]
    Database(#[from] DbErr),
}

fn quiet(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).acquire_timeout(PATIENCE).connect_timeout(PATIENCE).test_before_acquire(false);
    options
}

/// A pool of readers, and the one connection that writes.
struct Connections {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    writer_options: ConnectOptions,
}

impl Connections {
    /// `options` are given how many connections there shall be, and whether they shall only read.
    async fn open(options: impl Fn(u32, bool) -> ConnectOptions) -> Result<Self, DbErr> {
        let writer_options = options(1, false);
        // The writer first: it makes SQLite's file.
        let writer = sea_orm::Database::connect(writer_options.clone()).await?;
        let reader = sea_orm::Database::connect(options(READERS, true)).await?;
        Ok(Self { reader, writer, writer_options })
    }

    fn into_database(self, revision: Option<i64>) -> Database {
        Database { reader: self.reader, writer: Writer::spawn(self.writer, self.writer_options, revision) }
    }
}

/// The one writer holds a lock for as long as it lives: a second master would take the first one's agents for lost.
fn postgres(url: &str, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = quiet(url);
    options.max_connections(connections);
    if !read_only {
        // The lock is the connection's, which therefore is never exchanged for a fresh one.
        options.map_sqlx_postgres_pool_opts(|pool| pool.max_lifetime(None).idle_timeout(None));
        options.after_connect(|db| Box::pin(async move { lock(&db).await }));
    }
    options
}

async fn lock(db: &DatabaseConnection) -> Result<(), DbErr> {
    let query = Statement::from_string(DbBackend::Postgres, format!("SELECT pg_try_advisory_lock({ADVISORY_LOCK})"));
    let answer = db.query_one_raw(query).await?;
    let locked = answer.is_some_and(|row| row.try_get_by_index(0).unwrap_or(false));
    if locked { Ok(()) } else { Err(DbErr::Custom("another pedl-master uses it".into())) }
}

fn sqlite(file: PathBuf, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = quiet("sqlite::memory:");
    options.max_connections(connections).min_connections(1).map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .filename(&file)
            .in_memory(false)
            .shared_cache(false)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An answer means that the disk has it.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE)
            // The writer's come in many combinations.
            .statement_cache_capacity(STATEMENTS)
            // A page of a list in one go: its thread does not stop half-way for the one that reads.
            .row_buffer_size(1024)
            // Pages that a list goes through are looked at where the kernel has them, without a call for each.
            .pragma("mmap_size", MAPPED)
            .pragma("query_only", if read_only { "on" } else { "off" })
    });
    options
}

#[cfg(test)]
pub mod tests;
