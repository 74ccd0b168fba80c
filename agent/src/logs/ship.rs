//! Sends a task's log to the master while it grows. What is in memory is bounded: while the master is slow or away,
//! Docker's stream is not read, and Docker's file keeps the rest.

use std::time::Duration;

use futures::StreamExt as _;
use pedl_proto::v1::LogEntry;
use tokio::sync::watch;

use super::entries::Entries;
use super::outbox::{Outbox, Trouble};
use crate::assignment::TaskId;
use crate::backoff::Backoff;
use crate::docker::{Docker, Mark};

/// How long a container may outlive its log's stream before the stream counts as broken.
const BROKEN_AFTER: Duration = Duration::from_secs(1);

/// As often as this Docker breaks a log off before the agent tells of it: it does each time that it ends.
const TOLD_AT: usize = 6;

/// A log on its way from Docker to the master.
pub struct Shipment<'a> {
    docker: &'a Docker,
    task: &'a TaskId,
    /// What the log begins with, before what Docker has.
    notes: Vec<LogEntry>,
    outbox: Outbox,
    /// Whether the container has ended.
    ended: watch::Receiver<bool>,
}

/// Why a reading of the log did not bring all of it to the master.
enum Interruption {
    /// The container goes on, or its last entries are missing.
    Incomplete,
    /// Docker broke it off, in its words.
    Broken(String),
    /// The master lacks entries that were sent before.
    Gap,
    /// The master wants no log of this task, in its words.
    Refused(String),
}

impl From<Trouble> for Interruption {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Gap => Self::Gap,
            Trouble::Refused(message) => Self::Refused(message),
        }
    }
}

impl<'a> Shipment<'a> {
    /// The container was started; `ended` turns true when it has ended.
    pub const fn new(
        docker: &'a Docker,
        task: &'a TaskId,
        notes: Vec<LogEntry>,
        outbox: Outbox,
        ended: watch::Receiver<bool>,
    ) -> Self {
        Self { docker, task, notes, outbox, ended }
    }

    /// Returns when the container has ended and the master has all of its log, or does not want it. `fresh` says that
    /// nothing of the log was sent yet.
    pub async fn run(mut self, fresh: bool) {
        let mut backoff = Backoff::new();
        let mut restart = !fresh;
        let mut broken = 0;
        loop {
            let over = *self.ended.borrow();
            let Err(interruption) = self.attempt(restart).await else { return };
            restart = match interruption {
                Interruption::Incomplete => false,
                Interruption::Gap => true,
                Interruption::Broken(message) => {
                    broken += 1;
                    if broken == TOLD_AT {
                        tracing::warn!("Docker breaks off the log of task {}: {message}", self.task);
                    }
                    tokio::time::sleep(backoff.next()).await;
                    false
                }
                Interruption::Refused(message) if over => {
                    tracing::warn!("the master does not take the log of task {}: {message}", self.task);
                    return;
                }
                // A master that took the task for lost takes it back when it is reported.
                Interruption::Refused(message) => {
                    tracing::debug!("the master does not take the log of task {}: {message}", self.task);
                    let _ = tokio::time::timeout(backoff.next(), self.ended.wait_for(|ended| *ended)).await;
                    true
                }
            };
        }
    }

    /// Reads the log from its start; what was sent before is not sent again.
    async fn attempt(&mut self, restart: bool) -> Result<(), Interruption> {
        if restart {
            self.outbox.restart().await?;
        }
        let over = *self.ended.borrow();
        self.notes.iter().for_each(|note| self.outbox.push(note.clone()));
        let mut entries = Entries::after(&self.notes);
        let last = self.read(!over, &mut entries).await?;
        if !over {
            let _ = tokio::time::timeout(BROKEN_AFTER, self.ended.wait_for(|ended| *ended)).await;
            if !*self.ended.borrow() || !is_whole(self.docker, self.task, last).await {
                return Err(Interruption::Incomplete);
            }
        }
        entries.finish(|entry| self.outbox.push(entry));
        self.outbox.drain().await?;
        Ok(())
    }

    async fn read(&mut self, follow: bool, entries: &mut Entries) -> Result<Option<Mark>, Interruption> {
        let mut frames = self.docker.logs(self.task, follow);
        let mut last = None;
        loop {
            tokio::select! {
                frame = frames.next(), if self.outbox.has_room() => {
                    let Some(frame) = frame else { return Ok(last) };
                    let frame = frame.map_err(Interruption::Broken)?;
                    last = Some(frame.mark());
                    entries.push(frame, |entry| self.outbox.push(entry));
                },
                sent = self.outbox.send(), if self.outbox.is_busy() => sent?,
            }
        }
    }
}

/// Whether a log that was followed to the end of its stream was followed to its own end.
async fn is_whole(docker: &Docker, task: &TaskId, last: Option<Mark>) -> bool {
    match (docker.last_frame(task).await, last) {
        // Pieces of one line look alike: only the end of a line is like no other.
        (Ok(Some(end)), Some(last)) => end.mark() == last && end.data.ends_with(b"\n"),
        (Ok(None), None) => true,
        (Ok(_) | Err(_), _) => false,
    }
}
