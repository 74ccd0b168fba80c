//! Reading logs. A reader pulls: what is slow to be read stays in the store, and grows nobody's memory.

use std::pin::Pin;

use futures::stream::{Stream, try_unfold};
use jiff::Timestamp;
use pedl_proto::v1::{LogEntry, ReadLogsRequest, ReadLogsResponse};
use tonic::Status;

use super::{Api, convert};
use crate::error::{Error, Result};
use crate::ids::TaskId;
use crate::logs;
use crate::store;
use crate::topics::Subscription;

/// Entries on their way to a reader.
pub type LogStream = Pin<Box<dyn Stream<Item = Result<ReadLogsResponse, Status>> + Send>>;

/// What somebody wants of a log.
pub struct Wanted {
    task: TaskId,
    from: i64,
    tail: Option<i64>,
    since: Option<Timestamp>,
    follow: bool,
}

impl Wanted {
    pub fn parse(request: ReadLogsRequest) -> Result<Self> {
        let ReadLogsRequest { task_id, from_offset, tail, since, follow } = request;
        if from_offset < 0 {
            return Err(Error::invalid("from_offset", "must not be negative"));
        }
        if tail.is_some_and(|tail| tail < 0) {
            return Err(Error::invalid("tail", "must not be negative"));
        }
        let since = since.map(|since| convert::time(Some(since), "since")).transpose()?;
        Ok(Self { task: convert::task_id(&task_id)?, from: from_offset, tail, since, follow })
    }
}

impl Api {
    /// Streams what is wanted. The stream ends when the task has ended and all is read, or, unless followed, when all is.
    pub async fn stream_logs(&self, wanted: Wanted) -> Result<LogStream> {
        // Before anything is read, so that no news is missed.
        let news = self.task_news.subscribe(wanted.task);
        store::tasks::get(self.store.read(), wanted.task).await?;
        let end = store::logs::next_offset(self.store.read_logs(), wanted.task).await?;
        let next = wanted.tail.map_or(wanted.from, |tail| wanted.from.max(end - tail));
        let until = if wanted.follow { i64::MAX } else { end };
        let reader = Reader { api: self.clone(), wanted, news, next, until };
        Ok(Box::pin(try_unfold(reader, |mut reader| async move {
            let entries = reader.read().await?;
            Ok(entries.map(|entries| (ReadLogsResponse { entries }, reader)))
        })))
    }
}

struct Reader {
    api: Api,
    wanted: Wanted,
    news: Subscription<TaskId>,
    next: i64,
    /// Where to stop: a log that goes on growing is read to where it was.
    until: i64,
}

impl Reader {
    /// The next entries; `None`: there will be no more.
    async fn read(&mut self) -> Result<Option<Vec<LogEntry>>> {
        loop {
            let entries = self.read_stored().await?;
            if !entries.is_empty() {
                return Ok(Some(entries));
            }
            if !self.wanted.follow {
                return Ok(None);
            }
            // An agent reports a task's end when its log is stored: what was read before the end was seen may not be all.
            if self.has_ended().await? {
                let rest = self.read_stored().await?;
                return Ok(Some(rest).filter(|rest| !rest.is_empty()));
            }
            tokio::select! {
                () = self.news.news() => {}
                () = self.api.shutdown.cancelled() => return Err(Error::ShuttingDown),
            }
        }
    }

    /// What the store has from `next` on, some of it at a time; empty: nothing.
    async fn read_stored(&mut self) -> Result<Vec<LogEntry>> {
        let db = self.api.store.read_logs();
        loop {
            let end = store::logs::next_offset(db, self.wanted.task).await?.min(self.until);
            if self.next >= end {
                return Ok(Vec::new());
            }
            let Some(chunk) = store::logs::find_chunk(db, self.wanted.task, self.next, self.wanted.since).await? else {
                self.next = end;
                continue;
            };
            let mut entries = logs::unpack(&chunk)?;
            let from = self.next;
            self.next = entries.last().map_or(end, |last| last.offset + 1).max(from);
            entries.retain(|entry| {
                (from..self.until).contains(&entry.offset)
                    && self.wanted.since.is_none_or(|since| logs::time(entry).is_some_and(|t| t >= since))
            });
            if !entries.is_empty() {
                return Ok(entries);
            }
        }
    }

    async fn has_ended(&self) -> Result<bool> {
        Ok(store::tasks::get(self.api.store.read(), self.wanted.task).await?.state.has_ended())
    }
}
