//! Logs: compressed chunks of entries, and how far each log has come.

use jiff::Timestamp;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set,
};

use super::Tx;
use super::columns::to_micros;
use super::entities::{log_chunks, logs};
use crate::error::{Error, Result};
use crate::ids::TaskId;
use crate::logs::Chunk;

/// How far the log of a task has come: the number of the first entry that it does not have.
pub async fn next_offset(db: &impl ConnectionTrait, task: TaskId) -> Result<i64> {
    let row = logs::Entity::find_by_id(task.0).one(db).await?;
    Ok(row.map_or(0, |row| row.next_offset))
}

/// Appends what is new of `chunk` and answers how far the log has come. What is there already is skipped, so that any
/// resend is harmless; a gap is refused.
pub async fn append(tx: &Tx, task: TaskId, chunk: Chunk) -> Result<i64> {
    let known = logs::Entity::find_by_id(task.0).one(&**tx).await?;
    let next = known.as_ref().map_or(0, |row| row.next_offset);
    if chunk.first_offset() > next {
        return Err(Error::LogGap { next });
    }
    let Some(chunk) = chunk.starting_at(next)? else {
        return Ok(next);
    };
    let end = chunk.end_offset();
    match known {
        Some(row) => {
            let mut row = row.into_active_model();
            row.next_offset = Set(end);
            row.update(&**tx).await?;
        }
        None => {
            logs::ActiveModel { task_id: Set(task.0), next_offset: Set(end) }.insert(&**tx).await?;
        }
    }
    let row = log_chunks::ActiveModel {
        task_id: Set(task.0),
        first_offset: Set(chunk.first_offset()),
        last_time: Set(to_micros(chunk.last_time())),
        data: Set(chunk.into_data()),
    };
    row.insert(&**tx).await?;
    Ok(end)
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

#[cfg(test)]
mod tests {
    use pedl_proto::v1::LogEntry;

    use crate::logs::unpack;
    use crate::store::Store;
    use crate::store::tests::open;

    use super::*;

    /// Each entry is written in the second of its number.
    fn chunk(offsets: std::ops::Range<i64>) -> Chunk {
        let entry = |offset| LogEntry {
            offset,
            time: Some(prost_types::Timestamp { seconds: offset, nanos: 0 }),
            ..LogEntry::default()
        };
        Chunk::pack(offsets.map(entry).collect()).unwrap()
    }

    async fn sent(store: &Store, task: TaskId, offsets: std::ops::Range<i64>) -> Result<i64> {
        let chunk = chunk(offsets);
        store.write_logs(move |tx| Box::pin(append(tx, task, chunk))).await
    }

    async fn found(store: &Store, task: TaskId, offset: i64, since: Option<i64>) -> Option<(i64, i64)> {
        let since = since.map(|second| Timestamp::from_second(second).unwrap());
        let data = find_chunk(store.read_logs(), task, offset, since).await.unwrap()?;
        let entries = unpack(&data).unwrap();
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
        assert_eq!(found(&store, task, 12, None).await, Some((10, 14)));
        assert_eq!(next_offset(store.read_logs(), TaskId::generate()).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn chunks_older_than_asked_for_are_passed_over() {
        let store = open().await;
        let task = TaskId::generate();
        for offsets in [0..10, 10..20, 20..30] {
            sent(&store, task, offsets).await.unwrap();
        }
        assert_eq!(found(&store, task, 0, Some(25)).await, Some((20, 29)));
        assert_eq!(found(&store, task, 12, Some(5)).await, Some((10, 19)));
        assert_eq!(found(&store, task, 0, Some(99)).await, None);
    }
}
