//! Entries on their way to the master: one call under way, and what gathers meanwhile.

use std::sync::Arc;

use futures::future::BoxFuture;
use pedl_proto::v1::LogEntry;

use crate::assignment::TaskId;
use crate::master::{Appended, Master};

/// As many bytes in one call, and as many again in waiting.
const BATCH: usize = 256 << 10;
/// What an entry weighs beside its bytes.
const ENTRY: usize = 64;

/// One task's entries on their way.
pub struct Outbox {
    master: Arc<Master>,
    task: TaskId,
    /// The next entry to be put in; earlier ones are in it, or with the master.
    next: i64,
    waiting: Vec<LogEntry>,
    weight: usize,
    sending: Option<BoxFuture<'static, Appended>>,
}

/// Why the master did not take entries.
#[derive(Debug)]
pub enum Trouble {
    /// It lacks entries before them.
    Gap,
    /// It wants no log of this task, in its words.
    Refused(String),
}

impl Outbox {
    /// Begins with entry 0.
    pub const fn new(master: Arc<Master>, task: TaskId) -> Self {
        Self { master, task, next: 0, waiting: vec![], weight: 0, sending: None }
    }

    /// Forgets what is in it, and begins with the entry that the master lacks.
    pub async fn restart(&mut self) -> Result<(), Trouble> {
        (self.waiting, self.weight, self.sending) = (vec![], 0, None);
        self.next = settled(self.master.append_logs(&self.task, vec![]).await)?;
        Ok(())
    }

    /// Puts an entry in, unless an earlier reading of the log did.
    pub fn push(&mut self, entry: LogEntry) {
        if entry.offset == self.next {
            self.next += 1;
            self.weight += ENTRY + entry.data.len();
            self.waiting.push(entry);
        }
    }

    /// Whether more may be put in.
    pub const fn has_room(&self) -> bool {
        self.weight < BATCH
    }

    /// Whether the master does not have everything.
    pub fn is_busy(&self) -> bool {
        self.sending.is_some() || !self.waiting.is_empty()
    }

    /// Sends what waits; with a call under way, waits for that. Nothing is lost when it is dropped half-way.
    pub async fn send(&mut self) -> Result<(), Trouble> {
        let sending = self.sending.get_or_insert_with(|| {
            let (master, task) = (self.master.clone(), self.task.clone());
            let entries = std::mem::take(&mut self.waiting);
            self.weight = 0;
            Box::pin(async move { master.append_logs(&task, entries).await })
        });
        let answer = sending.await;
        self.sending = None;
        let next = settled(answer)?;
        // It may have more than this process sent: an earlier one was at it too.
        self.waiting.retain(|entry| entry.offset >= next);
        self.next = self.next.max(next);
        Ok(())
    }

    /// Sends until the master has everything.
    pub async fn drain(&mut self) -> Result<(), Trouble> {
        while self.is_busy() {
            self.send().await?;
        }
        Ok(())
    }
}

fn settled(answer: Appended) -> Result<i64, Trouble> {
    match answer {
        Appended::Next(next) => Ok(next),
        Appended::Gap => Err(Trouble::Gap),
        Appended::Refused(message) => Err(Trouble::Refused(message)),
    }
}
