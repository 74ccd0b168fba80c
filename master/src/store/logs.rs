//! Logs: compressed chunks of entries, and how far each log has come.

use jiff::Timestamp;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use super::Tx;
use super::columns::to_micros;
use super::entities::{log_chunks, logs};
use crate::error::{Error, Result};
use crate::ids::TaskId;
use crate::logs::Chunk;

/// Small chunks are joined up to this size, in bytes: a line now and then, each in a chunk of its own, would take more
/// than its text; and what is joined is packed anew each time.
const JOINED: u64 = 32 << 10;

/// Chunks that are removed in one go.
const REMOVED: u64 = 100;

/// How far the log of a task has come: the number of the first entry that it does not have.
pub async fn next_offset(db: &impl ConnectionTrait, task: TaskId) -> Result<i64> {
    let row = logs::Entity::find_by_id(task.0).one(db).await?;
    Ok(row.map_or(0, |row| row.next_offset))
}

/// The number of the first entry that its agent has not sent: as [`next_offset`], but for logs that were cut.
pub async fn received(db: &impl ConnectionTrait, task: TaskId) -> Result<i64> {
    let row = logs::Entity::find_by_id(task.0).one(db).await?;
    Ok(row.map_or(0, |row| row.received.unwrap_or(row.next_offset)))
}

/// Appends what is new of `chunk` and answers what it has received. What is there already is skipped, so that any resend
/// is harmless; a gap is refused. Of what does not fit into `limit` bytes in all, nothing is kept but a word of it.
pub async fn append(tx: &Tx, task: TaskId, chunk: Chunk, limit: u64) -> Result<i64> {
    let known = logs::Entity::find_by_id(task.0).one(&**tx).await?;
    let mut log =
        known.unwrap_or(logs::Model { task_id: task.0, next_offset: 0, size: 0, tail_size: Some(0), received: None });
    let next = log.received.unwrap_or(log.next_offset);
    if chunk.first_offset() > next {
        return Err(Error::LogGap { next });
    }
    let Some(chunk) = chunk.starting_at(next) else {
        return Ok(next);
    };
    let received = chunk.end_offset();
    let kept = if log.received.is_some() {
        log.received = Some(received);
        None
    } else {
        let room = limit.saturating_sub(u64::try_from(log.size).unwrap_or(0));
        let (kept, cut) = chunk.within(room, limit);
        log.received = cut.then_some(received);
        Some(kept)
    };
    if let Some(chunk) = kept {
        log.next_offset = chunk.end_offset();
        log.size = log.size.saturating_add_unsigned(chunk.size());
        let chunk = join_tail(tx, &log, chunk).await?;
        log.tail_size = Some(0_i64.saturating_add_unsigned(chunk.size()));
        put_chunk(tx, task, &chunk).await?;
    }
    put_log(tx, log).await?;
    Ok(received)
}

/// The chunk with the newest one of the log before it, where both are small.
async fn join_tail(tx: &Tx, log: &logs::Model, chunk: Chunk) -> Result<Chunk> {
    let together = log.tail_size.and_then(|tail| chunk.size().checked_add_signed(tail));
    // A log without a chunk has a tail of nothing.
    if log.tail_size == Some(0) || together.is_none_or(|size| size > JOINED) {
        return Ok(chunk);
    }
    let tail = log_chunks::Entity::find()
        .filter(log_chunks::Column::TaskId.eq(log.task_id))
        .order_by_desc(log_chunks::Column::FirstOffset)
        .one(&**tx)
        .await?;
    match tail {
        Some(tail) => Ok(Chunk::unpack(&tail.data)?.join(chunk)),
        None => Ok(chunk),
    }
}

async fn put_chunk(tx: &Tx, task: TaskId, chunk: &Chunk) -> Result<()> {
    use log_chunks::Column::{Data, FirstOffset, LastTime, TaskId};
    let row = log_chunks::ActiveModel {
        task_id: Set(task.0),
        first_offset: Set(chunk.first_offset()),
        last_time: Set(to_micros(chunk.last_time())),
        data: Set(chunk.pack()?),
    };
    let grown = OnConflict::columns([TaskId, FirstOffset]).update_columns([LastTime, Data]).to_owned();
    log_chunks::Entity::insert(row).on_conflict(grown).exec_without_returning(&**tx).await?;
    Ok(())
}

async fn put_log(tx: &Tx, log: logs::Model) -> Result<()> {
    use logs::Column::{NextOffset, Received, Size, TailSize, TaskId};
    let row = logs::ActiveModel {
        task_id: Set(log.task_id),
        next_offset: Set(log.next_offset),
        size: Set(log.size),
        tail_size: Set(log.tail_size),
        received: Set(log.received),
    };
    let grown = OnConflict::column(TaskId).update_columns([NextOffset, Size, TailSize, Received]).to_owned();
    logs::Entity::insert(row).on_conflict(grown).exec_without_returning(&**tx).await?;
    Ok(())
}

/// The compressed chunk that holds the entry `offset`, where there is one; with `since`, or the first one after it that
/// holds entries so new.
pub async fn find_chunk(
    db: &impl ConnectionTrait,
    task: TaskId,
    offset: i64,
    since: Option<Timestamp>,
) -> Result<Option<Vec<u8>>> {
    let of_task = || log_chunks::Entity::find().filter(log_chunks::Column::TaskId.eq(task.0));
    let holding = of_task()
        .filter(log_chunks::Column::FirstOffset.lte(offset))
        .order_by_desc(log_chunks::Column::FirstOffset)
        .one(db)
        .await?;
    let Some(holding) = holding else { return Ok(None) };
    let Some(since) = since.map(to_micros).filter(|since| holding.last_time < *since) else {
        return Ok(Some(holding.data));
    };
    let newer = of_task()
        .filter(log_chunks::Column::FirstOffset.gt(offset))
        .filter(log_chunks::Column::LastTime.gte(since))
        .order_by_asc(log_chunks::Column::FirstOffset)
        .one(db)
        .await?;
    Ok(newer.map(|row| row.data))
}

/// The tasks that have logs, in the order in which they were created, after `after`; `limit` at most.
pub async fn of_tasks_after(db: &impl ConnectionTrait, after: Option<TaskId>, limit: u64) -> Result<Vec<TaskId>> {
    let mut query =
        logs::Entity::find().select_only().column(logs::Column::TaskId).order_by_asc(logs::Column::TaskId).limit(limit);
    if let Some(after) = after {
        query = query.filter(logs::Column::TaskId.gt(after.0));
    }
    let ids: Vec<Uuid> = query.into_tuple().all(db).await?;
    Ok(ids.into_iter().map(TaskId).collect())
}

/// Removes the oldest of a log, and answers whether nothing is left of it.
pub async fn remove_some(tx: &Tx, task: TaskId) -> Result<bool> {
    let of_task = || log_chunks::Column::TaskId.eq(task.0);
    let last: Option<i64> = log_chunks::Entity::find()
        .select_only()
        .column(log_chunks::Column::FirstOffset)
        .filter(of_task())
        .order_by_asc(log_chunks::Column::FirstOffset)
        .offset(REMOVED)
        .limit(1)
        .into_tuple()
        .one(&**tx)
        .await?;
    let chunks = log_chunks::Entity::delete_many().filter(of_task());
    match last {
        Some(last) => chunks.filter(log_chunks::Column::FirstOffset.lt(last)).exec(&**tx).await?,
        None => {
            chunks.exec(&**tx).await?;
            logs::Entity::delete_by_id(task.0).exec(&**tx).await?
        }
    };
    Ok(last.is_none())
}

#[cfg(test)]
mod tests {
    use pedl_proto::v1::LogEntry;

    use crate::store::Store;
    use crate::store::tests::open;

    use super::*;

    const NO_LIMIT: u64 = u64::MAX;

    /// Each entry is written in the second of its number.
    fn chunk(offsets: std::ops::Range<i64>) -> Chunk {
        let entry = |offset| LogEntry {
            offset,
            time: Some(prost_types::Timestamp { seconds: offset, nanos: 0 }),
            ..LogEntry::default()
        };
        Chunk::new(offsets.map(entry).collect()).unwrap()
    }

    async fn sent(store: &Store, task: TaskId, offsets: std::ops::Range<i64>) -> Result<i64> {
        let chunk = chunk(offsets);
        store.write_logs(move |tx| Box::pin(append(tx, task, chunk, NO_LIMIT))).await
    }

    async fn found(store: &Store, task: TaskId, offset: i64, since: Option<i64>) -> Option<(i64, i64)> {
        let since = since.map(|second| Timestamp::from_second(second).unwrap());
        let data = find_chunk(store.read_logs(), task, offset, since).await.unwrap()?;
        let entries = Chunk::unpack(&data).unwrap().into_entries();
        Some((entries.first()?.offset, entries.last()?.offset))
    }

    #[tokio::test]
    async fn resends_are_harmless_and_gaps_are_refused() {
        let store = open().await;
        let task = TaskId::generate();
        assert!(matches!(sent(&store, task, 1..2).await, Err(Error::LogGap { next: 0 })));
        assert_eq!(sent(&store, task, 0..10).await.unwrap(), 10);
        assert_eq!(sent(&store, task, 3..10).await.unwrap(), 10);
        assert_eq!(sent(&store, task, 5..15).await.unwrap(), 15);
        assert!(matches!(sent(&store, task, 16..17).await, Err(Error::LogGap { next: 15 })));
        assert_eq!(next_offset(store.read_logs(), task).await.unwrap(), 15);
        assert_eq!(found(&store, task, 12, None).await, Some((0, 14)));
        assert_eq!(next_offset(store.read_logs(), TaskId::generate()).await.unwrap(), 0);
    }

    async fn chunks(store: &Store, task: TaskId) -> Vec<i64> {
        let query = log_chunks::Entity::find().filter(log_chunks::Column::TaskId.eq(task.0));
        let rows = query.order_by_asc(log_chunks::Column::FirstOffset).all(store.read_logs()).await.unwrap();
        rows.into_iter().map(|row| row.first_offset).collect()
    }

    /// Each entry counts 8 bytes.
    #[tokio::test]
    async fn small_chunks_are_joined_up_to_a_size() {
        let store = open().await;
        let task = TaskId::generate();
        for offsets in [0..2000, 2000..4095, 4095..4096, 4096..4097, 4097..9000, 9000..9001] {
            sent(&store, task, offsets).await.unwrap();
        }
        assert_eq!(chunks(&store, task).await, [0, 4096, 4097, 9000]);
        assert_eq!(found(&store, task, 4095, None).await, Some((0, 4095)));
        assert_eq!(found(&store, task, 8999, None).await, Some((4097, 8999)));
    }

    #[tokio::test]
    async fn a_log_that_is_too_long_is_cut_and_says_so() {
        let store = open().await;
        let task = TaskId::generate();
        let sent = async |offsets| {
            let chunk = chunk(offsets);
            store.write_logs(move |tx| Box::pin(append(tx, task, chunk, 80))).await.unwrap()
        };
        // Its agent goes on sending, and is to be told that all has come; also what was sent before.
        assert_eq!([sent(0..8).await, sent(8..20).await, sent(8..20).await, sent(20..30).await], [8, 20, 20, 30]);
        assert_eq!(received(store.read_logs(), task).await.unwrap(), 30);
        assert_eq!(next_offset(store.read_logs(), task).await.unwrap(), 11);
        let data = find_chunk(store.read_logs(), task, 10, None).await.unwrap().unwrap();
        let last = Chunk::unpack(&data).unwrap().into_entries().pop().unwrap();
        let told = "the log is cut here: it has reached 80 B, the logs.limit_per_task\n";
        assert_eq!((last.offset, &*String::from_utf8_lossy(&last.data)), (10, told));
    }

    #[tokio::test]
    async fn a_log_is_removed_in_pieces_and_no_other_with_it() {
        let store = open().await;
        let (task, other) = (TaskId::generate(), TaskId::generate());
        for number in 0..150 {
            // Too large to be joined.
            sent(&store, task, number * 5000..(number + 1) * 5000).await.unwrap();
        }
        sent(&store, other, 0..10).await.unwrap();
        let removed = async || store.write_logs(move |tx| Box::pin(remove_some(tx, task))).await.unwrap();
        assert!(!removed().await);
        assert_eq!(chunks(&store, task).await.len(), 50);
        assert!(removed().await);
        assert_eq!(of_tasks_after(store.read_logs(), None, 10).await.unwrap(), [other]);
        assert_eq!(chunks(&store, other).await, [0]);
    }

    #[tokio::test]
    async fn chunks_older_than_asked_for_are_passed_over() {
        let store = open().await;
        let task = TaskId::generate();
        for first in [0, 10, 20] {
            let large = chunk(first..first + 10).into_entries().into_iter().map(|mut entry| {
                entry.data = vec![b'x'; 4000];
                entry
            });
            let chunk = Chunk::new(large.collect()).unwrap();
            store.write_logs(move |tx| Box::pin(append(tx, task, chunk, NO_LIMIT))).await.unwrap();
        }
        assert_eq!(found(&store, task, 0, Some(25)).await, Some((20, 29)));
        assert_eq!(found(&store, task, 12, Some(5)).await, Some((10, 19)));
        assert_eq!(found(&store, task, 0, Some(99)).await, None);
    }
}
