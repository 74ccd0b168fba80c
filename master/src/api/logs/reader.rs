//! Reads a log for one client. It pulls: what is slow to be read stays in the store, and grows nobody's memory.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pedl_proto::v1::{LogEntry, ReadLogsResponse};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Wanted;
use crate::error::{Error, Result};
use crate::ids::TaskId;
use crate::logs::{self, Found, retention};
use crate::store::{self, Store};
use crate::topics::{Subscription, Topics};

/// How often a search that finds nothing tells how far it has come.
const PROGRESS: Duration = Duration::from_millis(250);

pub struct Reader {
    store: Store,
    shutdown: CancellationToken,
    wanted: Wanted,
    news: Subscription<TaskId>,
    next: i64,
    /// Where to stop: a log that goes on growing is read to where it was.
    until: i64,
    /// How many entries may still come.
    left: usize,
    /// Whether the task was seen to have ended: what is stored since is all.
    has_ended: bool,
    /// How far the client knows that this has come, and when it may be told anew.
    told: i64,
    tell_at: Instant,
}

/// What was found in the store.
enum Step {
    Entries(Vec<LogEntry>),
    /// Nothing yet, and it is time to say so.
    Progress,
    /// Nothing more.
    AtEnd,
}

impl Reader {
    pub async fn open(
        store: Store,
        topics: &Arc<Topics<TaskId>>,
        shutdown: CancellationToken,
        kept_for: Option<Duration>,
        wanted: Wanted,
    ) -> Result<Self> {
        // Before anything is read, so that no news is missed.
        let news = topics.subscribe(wanted.task);
        let task = store::tasks::get(store.read(), wanted.task).await?;
        if let Some(until) = retention::expired(&task, kept_for, Timestamp::now()) {
            return Err(Error::LogExpired { until });
        }
        let end = store::logs::next_offset(store.read_logs(), wanted.task).await?;
        let next = wanted.tail.map_or(wanted.from, |tail| wanted.from.max(end - tail));
        Ok(Self {
            store,
            shutdown,
            news,
            next,
            until: if wanted.follow { i64::MAX } else { end },
            left: wanted.limit,
            has_ended: false,
            told: next,
            tell_at: Instant::now(),
            wanted,
        })
    }

    /// What to send next; `None`: there will be no more.
    pub async fn next(&mut self) -> Result<Option<ReadLogsResponse>> {
        Ok(self.read().await?.map(|entries| self.tell(entries)))
    }

    /// The next entries, or none where it is time to tell how far a search has come; `None`: there will be no more.
    async fn read(&mut self) -> Result<Option<Vec<LogEntry>>> {
        while self.left > 0 {
            match self.read_stored().await? {
                Step::Entries(entries) => return Ok(Some(entries)),
                Step::Progress => return Ok(Some(Vec::new())),
                Step::AtEnd => {}
            }
            let all = self.has_ended || !self.wanted.follow;
            if self.is_ahead() && (all || self.tell_at <= Instant::now()) {
                return Ok(Some(Vec::new()));
            }
            if all {
                return Ok(None);
            }
            // An agent reports a task's end when its log is stored: what was read before the end was seen may not be
            // all.
            self.has_ended = self.look_for_end().await?;
            if !self.has_ended {
                self.wait().await?;
            }
        }
        Ok(None)
    }

    /// What the store has from `next` on, some of it at a time.
    async fn read_stored(&mut self) -> Result<Step> {
        let db = self.store.read_logs();
        let end = store::logs::next_offset(db, self.wanted.task).await?.min(self.until);
        while self.next < end {
            let since = self.wanted.sought.since;
            let Some(chunk) = store::logs::find_chunk(db, self.wanted.task, self.next, since).await? else {
                self.next = end;
                break;
            };
            let (range, limit, sought) = (self.next..self.until, self.left, self.wanted.sought.clone());
            // Some megabytes are unpacked and searched.
            let picked = spawn_blocking(move || logs::pick(&chunk, range, limit, &sought)).await;
            let Found { entries, next } =
                picked.map_err(|error| Error::Internal(format!("a log cannot be read: {error}")))??;
            self.next = next;
            if !entries.is_empty() {
                return Ok(Step::Entries(entries));
            }
            if self.is_ahead() && self.tell_at <= Instant::now() {
                return Ok(Step::Progress);
            }
        }
        Ok(Step::AtEnd)
    }

    /// Whether this is a search that has come further than the client knows.
    fn is_ahead(&self) -> bool {
        self.wanted.sought.text.is_some() && self.next > self.told
    }

    fn tell(&mut self, entries: Vec<LogEntry>) -> ReadLogsResponse {
        self.left = self.left.saturating_sub(entries.len());
        self.told = self.next;
        self.tell_at = Instant::now() + PROGRESS;
        ReadLogsResponse { entries, next_offset: self.next }
    }

    /// Returns when there may be something to read or to tell.
    async fn wait(&mut self) -> Result<()> {
        let is_ahead = self.is_ahead();
        tokio::select! {
            () = self.news.news() => Ok(()),
            () = sleep_until(self.tell_at), if is_ahead => Ok(()),
            () = self.shutdown.cancelled() => Err(Error::ShuttingDown),
        }
    }

    async fn look_for_end(&self) -> Result<bool> {
        Ok(store::tasks::get(self.store.read(), self.wanted.task).await?.state.has_ended())
    }
}

#[cfg(test)]
mod tests {
    use pedl_proto::v1::ReadLogsRequest;
    use prost_types::Timestamp;

    use crate::assets::lifecycle;
    use crate::ids::UserId;
    use crate::logs::Chunk;
    use crate::store::tests::{new_command, open};
    use crate::users::Username;

    use super::*;

    /// A task with a log, whose entry N says `line N` and is written in second N.
    struct Log {
        store: Store,
        topics: Arc<Topics<TaskId>>,
        task: TaskId,
    }

    impl Log {
        async fn of(chunks: &[std::ops::Range<i64>]) -> Self {
            let store = open().await;
            let asset = store.write(|tx| Box::pin(store::assets::create(tx, new_command(UserId(2))))).await.unwrap();
            let log = Self { store, topics: Topics::new(), task: asset.latest_task.id };
            for chunk in chunks {
                log.append(chunk.clone()).await;
            }
            log
        }

        async fn append(&self, offsets: std::ops::Range<i64>) {
            let entry = |offset| LogEntry {
                offset,
                time: Some(Timestamp { seconds: offset, nanos: 0 }),
                // Ten of them are no small chunk, which would be joined with others.
                data: format!("line {offset}{:4000}\n", "").into(),
                ..LogEntry::default()
            };
            let (task, chunk) = (self.task, Chunk::new(offsets.map(entry).collect()).unwrap());
            self.store.write_logs(move |tx| Box::pin(store::logs::append(tx, task, chunk, u64::MAX))).await.unwrap();
            self.topics.notify(task);
        }

        async fn end(&self) {
            let task = self.task;
            let kill = self.store.write(move |tx| {
                Box::pin(async move {
                    let asset = store::tasks::get(&**tx, task).await?.asset;
                    let asset = store::assets::get(&**tx, asset).await?;
                    lifecycle::kill(tx, &asset, &Username::parse("ada").unwrap()).await
                })
            });
            kill.await.unwrap();
            self.topics.notify(task);
        }

        async fn open(&self, request: ReadLogsRequest) -> Reader {
            let wanted = Wanted::parse(ReadLogsRequest { task_id: self.task.to_string(), ..request }).unwrap();
            Reader::open(self.store.clone(), &self.topics, CancellationToken::new(), None, wanted).await.unwrap()
        }

        /// The offsets that come, and where to go on after all.
        async fn read(&self, request: ReadLogsRequest) -> (Vec<i64>, i64) {
            let mut reader = self.open(request).await;
            let (mut offsets, mut next) = (Vec::new(), -1);
            while let Some(response) = reader.next().await.unwrap() {
                assert!(response.next_offset > next, "each response tells of something");
                next = response.next_offset;
                offsets.extend(response.entries.iter().map(|entry| entry.offset));
            }
            (offsets, next)
        }
    }

    fn searching(text: &str) -> ReadLogsRequest {
        ReadLogsRequest { text: text.into(), ..ReadLogsRequest::default() }
    }

    #[tokio::test]
    async fn a_limit_ends_the_stream_where_it_is_reached() {
        let log = Log::of(&[0..10, 10..20, 20..30]).await;
        let limited = |from_offset, limit| ReadLogsRequest { from_offset, limit, ..ReadLogsRequest::default() };
        assert_eq!(log.read(limited(0, 0)).await, ((0..30).collect(), 30));
        assert_eq!(log.read(limited(8, 4)).await, (vec![8, 9, 10, 11], 12));
        assert_eq!(log.read(limited(28, 4)).await, (vec![28, 29], 30));
        assert_eq!(log.read(limited(30, 4)).await, (vec![], -1));
        // Nobody waits for what would not be sent.
        let follow = ReadLogsRequest { follow: true, ..limited(28, 2) };
        assert_eq!(log.read(follow).await, (vec![28, 29], 30));
        let tail = ReadLogsRequest { tail: Some(15), ..limited(0, 2) };
        assert_eq!(log.read(tail).await, (vec![15, 16], 17));
    }

    #[tokio::test]
    async fn a_search_finds_and_tells_how_far_it_has_come() {
        let log = Log::of(&[0..10, 10..20, 20..30]).await;
        assert_eq!(log.read(searching("LINE 1")).await, ([1].into_iter().chain(10..20).collect(), 30));
        assert_eq!(log.read(searching("nowhere")).await, (vec![], 30));
        assert_eq!(log.read(ReadLogsRequest { limit: 3, ..searching("line 1") }).await, (vec![1, 10, 11], 12));
        assert_eq!(log.read(ReadLogsRequest { tail: Some(15), ..searching("line 1") }).await.0, [15, 16, 17, 18, 19]);
        let since = Some(Timestamp { seconds: 18, nanos: 0 });
        assert_eq!(log.read(ReadLogsRequest { since, ..searching("line 1") }).await, (vec![18, 19], 30));
        let first = log.open(searching("nowhere")).await.next().await.unwrap();
        assert_eq!(first, Some(ReadLogsResponse { entries: vec![], next_offset: 10 }), "at once, at first");
    }

    #[tokio::test]
    async fn a_search_goes_on_with_what_comes_until_the_end() {
        let log = Log::of(&[0..10, 10..20]).await;
        let mut reader = log.open(ReadLogsRequest { follow: true, ..searching("line 2") }).await;
        let mut next = async || reader.next().await.unwrap();
        assert_eq!(next().await.unwrap().entries[0].offset, 2);
        assert_eq!(next().await, Some(ReadLogsResponse { entries: vec![], next_offset: 20 }));
        log.append(20..25).await;
        let found = next().await.unwrap();
        assert_eq!((found.entries[0].offset, found.next_offset), (20, 25));
        log.append(25..30).await;
        log.append(30..40).await;
        log.end().await;
        let mut rest = Vec::new();
        while let Some(response) = next().await {
            rest.push(response);
        }
        assert_eq!(rest[0].entries.iter().map(|entry| entry.offset).collect::<Vec<_>>(), [25, 26, 27, 28, 29]);
        assert_eq!(rest.last().unwrap().next_offset, 40);
    }

    #[test]
    fn what_cannot_be_asked() {
        let refused = |request| Wanted::parse(request).err().unwrap().to_string();
        let negative = ReadLogsRequest { from_offset: -1, tail: Some(-1), limit: -1, ..searching(&"ü".repeat(257)) };
        assert_eq!(
            refused(negative),
            "from_offset must not be negative; tail must not be negative; limit must not be negative; \
             text must be at most 256 characters"
        );
    }
}
