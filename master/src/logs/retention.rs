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

#[cfg(test)]
mod tests {
    use pedl_proto::v1::LogEntry;

    use crate::assets::state::State;
    use crate::ids::UserId;
    use crate::logs::Chunk;
    use crate::store::tests::{new_command, open};

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn days(count: i64) -> SignedDuration {
        SignedDuration::from_hours(24 * count)
    }

    /// A task that was created now, with an entry in its log, in this state and, where it has ended, with this end.
    async fn with_log(store: &Store, state: State, ended_at: Option<Timestamp>) -> Task {
        let task = store.write(|tx| Box::pin(store::assets::create(tx, new_command(UserId(2))))).await;
        let before = task.unwrap().latest_task;
        let task = Task { state, ended_at, ..before.clone() };
        let written = task.clone();
        store.write(|tx| Box::pin(async move { store::tasks::update(tx, &before, &written).await })).await.unwrap();
        let (id, chunk) = (task.id, Chunk::new(vec![LogEntry::default()]).unwrap());
        store.write_logs(move |tx| Box::pin(store::logs::append(tx, id, chunk, u64::MAX))).await.unwrap();
        task
    }

    #[tokio::test]
    async fn what_is_kept_no_longer_is_removed_and_nothing_else() {
        let store = open().await;
        let now = Timestamp::now();
        let running = with_log(&store, State::Running, None).await;
        let short = with_log(&store, State::Completed, Some(now)).await;
        let long = with_log(&store, State::Failed, Some(now + days(5))).await;
        // Of an agent whose clock has not been set.
        let unset = with_log(&store, State::Killed, Some(Timestamp::UNIX_EPOCH)).await;
        let kept = async || store::logs::of_tasks_after(store.read_logs(), None, 9).await.unwrap();

        assert_eq!(sweep(&store, DAY, now).await.unwrap(), 0);
        assert_eq!(sweep(&store, DAY, now + days(2)).await.unwrap(), 2);
        assert_eq!(kept().await, [running.id, long.id]);
        assert_eq!(sweep(&store, DAY, now + days(7)).await.unwrap(), 1);
        assert_eq!(kept().await, [running.id]);

        let until = |task: &Task, days_later, retention| expired(task, retention, now + days(days_later)).is_some();
        assert!(until(&short, 2, Some(DAY)) && until(&unset, 2, Some(DAY)) && until(&long, 7, Some(DAY)));
        assert!(!until(&short, 0, Some(DAY)) && !until(&unset, 0, Some(DAY)) && !until(&short, 999, None));
        assert!(!until(&running, 999, Some(DAY)));
    }
}
