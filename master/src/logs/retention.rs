//! How long logs are kept after their tasks' ends, and the sweep that removes them then.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::assets::Task;
use crate::error::Result;
use crate::ids::TaskId;
use crate::store::{self, Store};

/// Logs that are looked at in one go.
const BATCH: u64 = 200;

/// How often is swept at most, and at least.
const SOONEST: Duration = Duration::from_secs(1);
const LATEST: Duration = Duration::from_secs(60 * 60);

/// When the log of a task ceased to be kept; `None`: it is kept. Who has a wrong clock is an agent: what it says has ended
/// before it was created counts from its creation.
pub fn expired(task: &Task, retention: Option<Duration>, now: Timestamp) -> Option<Timestamp> {
    let retention = SignedDuration::try_from(retention?).ok()?;
    let ended = task.ended_at.filter(|_| task.state.has_ended())?.max(task.created_at);
    ended.checked_add(retention).ok().filter(|until| *until <= now)
}

/// Removes logs that are no longer kept, again and again, until the task is dropped.
pub async fn enforce(store: Store, retention: Duration) {
    loop {
        match sweep(&store, retention, Timestamp::now()).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "removed logs that are no longer kept"),
            Err(error) => tracing::error!(%error, "logs could not be removed; it is tried again"),
        }
        tokio::time::sleep((retention / 10).clamp(SOONEST, LATEST)).await;
    }
}

/// Answers how many were removed.
async fn sweep(store: &Store, retention: Duration, now: Timestamp) -> Result<usize> {
    let mut removed = 0;
    let mut after = None;
    loop {
        // In the order in which the tasks were created, up to those that cannot have ended so long ago.
        let logs = store::logs::of_tasks_after(store.read_logs(), after, BATCH).await?;
        let is_old = |task: &TaskId| task.created_at() + SignedDuration::try_from(retention).unwrap_or_default() <= now;
        let old: Vec<TaskId> = logs.iter().copied().take_while(is_old).collect();
        for task in store::tasks::find_many(store.read(), &old).await? {
            if expired(&task, Some(retention), now).is_some() {
                remove(store, task.id).await?;
                removed += 1;
            }
        }
        if logs.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) || old.len() < logs.len() {
            return Ok(removed);
        }
        after = old.last().copied();
    }
}

/// In pieces, so that appends to other logs do not wait for the end of a long one.
async fn remove(store: &Store, task: TaskId) -> Result<()> {
    while !store.write_logs(move |tx| Box::pin(store::logs::remove_some(tx, task))).await? {}
    Ok(())
}
