//! Logs: compressed chunks of entries, and how far each log has come.

use jiff::Timestamp;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set,
};

use super::Tx;
use super::entities::{log_chunks, logs};
use super::time::to_micros;
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
