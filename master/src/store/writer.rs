//! The one writer of a database: it groups the jobs that wait into one transaction, commits once, and answers each after
//! that. So a commit's fsync is shared by all who wait for one, and no two transactions ever meet over a lock. A job that
//! fails undoes itself alone: it is a savepoint, unless it says that it fails before it writes.

mod writing;

use std::any::Any;
use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use sea_orm::{
    ConnectOptions, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::asset_events::Pending;
use super::cluster;
use crate::error::{Error, Result};
use writing::{Broken, Waiting, Writing};

/// Jobs that may wait; those beyond wait to wait.
const QUEUE: usize = 1024;

/// Jobs in one commit at most, so that the first does not wait too long for the last.
const GROUP: usize = 256;

/// How long to wait between tries to reach a database that is away.
const RECONNECT: Duration = Duration::from_secs(1);

/// What a job writes with.
pub struct Tx {
    connection: Writing,
    revision: i64,
    events: Arc<Pending>,
}

impl Tx {
    /// The revision that this commit will make. Rows that watchers care about carry it.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// What this commit tells of assets.
    pub(super) fn events(&self) -> &Pending {
        &self.events
    }
}

impl Deref for Tx {
    type Target = Writing;

    fn deref(&self) -> &Writing {
        &self.connection
    }
}

/// Tells the one who asked, once the job is durable.
type Answer = Box<dyn FnOnce() + Send>;

/// Does its work and returns the answer to give after the commit; `None`: it is to be undone, and has answered itself.
type Work = Box<dyn for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Option<Answer>> + Send>;

struct Job {
    work: Work,
    /// Whether it is a savepoint, and so may fail after it has written. Setting one and releasing it takes as long as two
    /// statements do.
    apart: bool,
}

/// Hands jobs to the writer.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    revisions: watch::Receiver<i64>,
    written: Arc<Written>,
}

/// What a writer has done since it began.
#[derive(Default)]
pub struct Written {
    pub commits: AtomicU64,
    /// Jobs that were committed or undone; `commits` shared them.
    pub jobs: AtomicU64,
    /// Commits of which nothing was kept.
    pub failures: AtomicU64,
    /// Whether the last of those was for want of room.
    pub full: AtomicBool,
    /// The time that all this took.
    pub microseconds: AtomicU64,
}

impl Writer {
    /// Takes over `db`, which must be the only connection that writes; `options` make it anew. `revision` is that of the
    /// cluster's row, which each commit raises; none where `db` does not hold it.
    pub fn spawn(db: DatabaseConnection, options: ConnectOptions, revision: Option<i64>) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (published, revisions) = watch::channel(revision.unwrap_or_default());
        let written = Arc::new(Written::default());
        tokio::spawn(write_groups(db, options, revision.is_some(), queue, published, written.clone()));
        Self { jobs, revisions, written }
    }

    pub fn written(&self) -> &Written {
        &self.written
    }

    /// Ends the writer, where this is the last to hand it jobs, and waits until its connection is closed.
    pub async fn close(self) {
        let Self { jobs, mut revisions, written: _ } = self;
        drop(jobs);
        // The sender is gone when the writer is.
        while revisions.changed().await.is_ok() {}
    }

    pub fn revisions(&self) -> watch::Receiver<i64> {
        self.revisions.clone()
    }

    /// Runs `job` and answers when it is durable. A caller that goes away does not undo it.
    pub async fn run<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.submit(job, true, |reply, value| Some(Box::new(move || drop(reply.send(Ok(value)))))).await
    }

    /// As [`Self::run`], cheaper, for a job that looks at everything before it writes anything: should it fail after all
    /// when it has written, nothing of its commit is kept.
    pub async fn run_checked<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.submit(job, false, |reply, value| Some(Box::new(move || drop(reply.send(Ok(value)))))).await
    }

    /// Runs `job`, answers what came of it, and undoes it.
    pub async fn rehearse<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.submit(job, true, |reply, value| {
            drop(reply.send(Ok(value)));
            None
        })
        .await
    }

    /// `done` says what becomes of a job that went well.
    async fn submit<T, F>(
        &self,
        job: F,
        apart: bool,
        done: fn(oneshot::Sender<Result<T>>, T) -> Option<Answer>,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |tx| {
            async move {
                let job = async {
                    let value = job(tx).await?;
                    // Its savepoint ends with it.
                    if apart {
                        tx.catch_up().await?;
                    }
                    Ok(value)
                };
                match AssertUnwindSafe(job).catch_unwind().await.unwrap_or_else(|panic| Err(panicked(&*panic))) {
                    Ok(value) => done(reply, value),
                    Err(error) => {
                        drop(reply.send(Err(error)));
                        None
                    }
                }
            }
            .boxed()
        });
        self.jobs.send(Job { work, apart }).await.map_err(|_| Error::StoreUnavailable)?;
        // The answer is dropped unsent where the transaction did not commit.
        answer.await.unwrap_or_else(|_| Err(self.failure()))
    }

    /// What those are told whose job was not committed.
    fn failure(&self) -> Error {
        if self.written.full.load(Ordering::Acquire) { Error::StoreFull } else { Error::StoreUnavailable }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::Internal(format!("a write panicked: {}", text.unwrap_or("no message")))
}

async fn write_groups(
    mut db: DatabaseConnection,
    options: ConnectOptions,
    counts: bool,
    mut queue: mpsc::Receiver<Job>,
    published: watch::Sender<i64>,
    written: Arc<Written>,
) {
    let mut group = Vec::with_capacity(GROUP);
    let mut answers = Vec::new();
    while queue.recv_many(&mut group, GROUP).await > 0 {
        let start = Instant::now();
        let committed = commit(&db, counts, &mut group, &mut queue, &mut answers, &written.jobs).await;
        let taken = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        written.microseconds.fetch_add(taken, Ordering::Relaxed);
        let count = if committed.is_ok() { &written.commits } else { &written.failures };
        count.fetch_add(1, Ordering::Relaxed);
        match committed {
            Ok(revision) => {
                // Whoever is answered finds the revision published.
                published.send_replace(revision);
                answers.drain(..).for_each(|answer| answer());
            }
            Err(error) => {
                tracing::error!(error = error.why, "a commit failed; nothing of it was kept");
                // Before those learn of it whose answers are dropped here.
                written.full.store(error.full, Ordering::Release);
                answers.clear();
                group.clear();
                db = connect_anew(db, &options).await;
            }
        }
    }
    drop(db.close().await);
}

/// Replaces a connection that has failed. What state its transaction is in, nobody knows: a full disk, for one, makes
/// SQLite end it unasked, and what is then written "inside" it is acknowledged and never committed.
async fn connect_anew(broken: DatabaseConnection, options: &ConnectOptions) -> DatabaseConnection {
    drop(broken.close().await);
    loop {
        match sea_orm::Database::connect(options.clone()).await {
            Ok(db) => return db,
            Err(error) => {
                tracing::error!(%error, "the database cannot be reached to write; it is tried again");
                tokio::time::sleep(RECONNECT).await;
            }
        }
    }
}

async fn commit(
    db: &DatabaseConnection,
    counts: bool,
    jobs: &mut Vec<Job>,
    queue: &mut mpsc::Receiver<Job>,
    answers: &mut Vec<Answer>,
    done: &AtomicU64,
) -> Result<i64, Broken> {
    let group = Group::begin(db, counts).await?;
    let mut run = 0;
    while !jobs.is_empty() && run < GROUP {
        for job in jobs.drain(..) {
            group.run(job, answers).await?;
            run += 1;
            done.fetch_add(1, Ordering::Relaxed);
        }
        // Who came in the meantime comes along.
        while run + jobs.len() < GROUP
            && let Ok(job) = queue.try_recv()
        {
            jobs.push(job);
        }
    }
    group.commit().await
}

/// A commit in the making.
struct Group {
    transaction: Arc<DatabaseTransaction>,
    revision: i64,
    waiting: Arc<Waiting>,
    events: Arc<Pending>,
}

impl Group {
    async fn begin(db: &DatabaseConnection, counts: bool) -> Result<Self, Broken> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = Arc::new(db.begin_with_options(options).await?);
        let revision = if counts { cluster::next_revision(&*transaction).await? } else { 0 };
        Ok(Self { transaction, revision, waiting: Arc::default(), events: Arc::default() })
    }

    /// What a job writes with, in this group's transaction or in one in it.
    fn writing(&self, transaction: Arc<DatabaseTransaction>) -> Writing {
        Writing::new(transaction, self.waiting.clone())
    }

    async fn run(&self, job: Job, answers: &mut Vec<Answer>) -> Result<(), Broken> {
        let told_before = self.events.len();
        let transaction = if job.apart { Arc::new(self.savepoint().await?) } else { self.transaction.clone() };
        let connection = self.writing(transaction);
        let tx = Tx { connection, revision: self.revision, events: self.events.clone() };
        let answer = (job.work)(&tx).await;
        let went_well = answer.is_some();
        // Dropped with the others where this fails.
        answers.extend(answer);
        if job.apart && !went_well {
            self.waiting.forget();
            self.events.truncate(told_before);
        }
        let Writing { transaction, written, failed, .. } = tx.connection;
        match (went_well, job.apart) {
            (true, true) => sole(transaction)?.commit().await?,
            (false, true) => sole(transaction)?.rollback().await?,
            (_, false) => match failed.into_inner() {
                Some(broken) => return Err(broken),
                None if !went_well && written.into_inner() => {
                    return Err(Broken::other("a job failed half-way that was to look before it writes"));
                }
                None => {}
            },
        }
        Ok(())
    }

    async fn savepoint(&self) -> Result<DatabaseTransaction, DbErr> {
        // What waits is not the new job's: it stays where that is undone.
        self.writing(self.transaction.clone()).catch_up().await?;
        self.transaction.begin().await
    }

    async fn commit(self) -> Result<i64, Broken> {
        let writing = self.writing(self.transaction.clone());
        self.events.write(&writing).await?;
        writing.catch_up().await?;
        drop(writing);
        sole(self.transaction)?.commit().await?;
        Ok(self.revision)
    }
}

/// A transaction that nobody else uses any more.
fn sole(transaction: Arc<DatabaseTransaction>) -> Result<DatabaseTransaction, Broken> {
    Arc::into_inner(transaction).ok_or_else(|| Broken::other("a job has kept its transaction"))
}

#[cfg(test)]
mod tests;
