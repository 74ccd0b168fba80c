//! What has happened to assets: told in the transaction that does it, by whatever writes a task's state
//! (`store/tasks.rs`), and written at that transaction's end.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel as _, NotSet, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::Uuid;

use super::Tx;
use super::columns::{from_micros, to_micros, to_state};
use super::entities::{asset_events, tasks};
use crate::assets::Task;
use crate::assets::events::{self, Recorded, Told};
use crate::assets::state::State;
use crate::error::Result;
use crate::ids::{AssetId, TaskId};

/// Events in one statement: at seven values each, fewer than the 32,766 that SQLite binds.
const TOGETHER: usize = 1000;

/// The database numbers events when it gets them.
const UNNUMBERED: i64 = 0;

/// The events of a commit that are not written yet: together they cost it one statement.
#[derive(Default)]
pub(super) struct Pending(Mutex<Vec<asset_events::Model>>);

impl Pending {
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Forgets those of a job that is undone: all behind the first `len`.
    pub fn truncate(&self, len: usize) {
        self.lock().truncate(len);
    }

    pub async fn write(&self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let rows = std::mem::take(&mut *self.lock()).into_iter();
        let mut rows = rows.map(|row| asset_events::ActiveModel { id: NotSet, ..row.into_active_model() });
        while rows.len() > 0 {
            let together = rows.by_ref().take(TOGETHER);
            asset_events::Entity::insert_many(together).exec_without_returning(db).await?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<asset_events::Model>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells how a task stands that stood in `before`, where that is news.
pub(super) async fn record(tx: &Tx, before: Option<State>, task: &Task) -> Result<()> {
    // Most changes are of the state: they need not know what was told before.
    let last = if before == Some(task.state) { last_told(tx, task).await? } else { None };
    let Some(Told { reason, number }) = events::next(last, &task.state_reason) else {
        return Ok(());
    };
    tx.events().lock().push(asset_events::Model {
        id: UNNUMBERED,
        asset_id: task.asset.0,
        task_id: task.id.0,
        time: to_micros(Timestamp::now()),
        state: task.state.as_str().into(),
        reason,
        agent: task.agent.as_ref().map(|agent| agent.name.clone()).unwrap_or_default(),
        number,
    });
    Ok(())
}

/// What was told last of the state that `task` is in; none where that was another one.
async fn last_told(tx: &Tx, task: &Task) -> Result<Option<Told>> {
    let pending = tx.events().lock().iter().rfind(|row| row.task_id == task.id.0).cloned();
    let newest = match pending {
        Some(row) => Some(row),
        None => {
            let query = asset_events::Entity::find()
                .filter(asset_events::Column::AssetId.eq(task.asset.0))
                .filter(asset_events::Column::TaskId.eq(task.id.0))
                .order_by_desc(asset_events::Column::Id);
            query.one(&**tx).await?
        }
    };
    let of_this_state = newest.filter(|row| row.state == task.state.as_str());
    Ok(of_this_state.map(|row| Told { reason: row.reason, number: row.number }))
}

/// Tells that queued tasks wait for `why`. An administrator's doing: it is not bounded, and counting begins anew.
pub(super) async fn record_hold(tx: &Tx, held: Select<tasks::Entity>, why: &str) -> Result<()> {
    let held = held.select_only().column(tasks::Column::AssetId).column(tasks::Column::Id);
    let held: Vec<(i64, Uuid)> = held.into_tuple().all(&**tx).await?;
    let time = to_micros(Timestamp::now());
    tx.events().lock().extend(held.into_iter().map(|(asset_id, task_id)| asset_events::Model {
        id: UNNUMBERED,
        asset_id,
        task_id,
        time,
        state: State::Queued.as_str().into(),
        reason: why.into(),
        agent: String::new(),
        number: 1,
    }));
    Ok(())
}

/// The events of an asset before `before`, newest first.
pub async fn list(db: &impl ConnectionTrait, asset: AssetId, before: Option<i64>, limit: u64) -> Result<Vec<Recorded>> {
    let mut query = asset_events::Entity::find()
        .filter(asset_events::Column::AssetId.eq(asset.0))
        .order_by_desc(asset_events::Column::Id)
        .limit(limit);
    if let Some(before) = before {
        query = query.filter(asset_events::Column::Id.lt(before));
    }
    query.all(db).await?.into_iter().map(from_row).collect()
}

fn from_row(row: asset_events::Model) -> Result<Recorded> {
    Ok(Recorded {
        id: row.id,
        time: from_micros(row.time),
        task: TaskId(row.task_id),
        state: to_state(&row.state)?,
        reason: row.reason,
        agent: row.agent,
    })
}

#[cfg(test)]
mod tests {
    use sea_orm::PaginatorTrait as _;

    use crate::assets::lifecycle;
    use crate::error::Error;
    use crate::ids::UserId;
    use crate::store::tests::{new_command, open};
    use crate::store::{assets, tasks};

    use super::*;

    #[tokio::test]
    async fn each_asset_has_its_own_newest_first() {
        let store = open().await;
        let made = async || store.write(|tx| Box::pin(assets::create(tx, new_command(UserId(2))))).await.unwrap();
        let (first, second) = (made().await, made().await);
        let mut before = first.latest_task.clone();
        for state in [State::Starting, State::Running, State::Running, State::Completed] {
            let (earlier, task) = (before.clone(), Task { state, ..before });
            before = task.clone();
            store.write(move |tx| Box::pin(async move { tasks::update(tx, &earlier, &task).await })).await.unwrap();
        }
        let shown = async |asset, before, limit| {
            let events = list(store.read(), asset, before, limit).await.unwrap();
            events.iter().map(|event| (event.id, event.state.as_str())).collect::<Vec<_>>()
        };
        assert_eq!(shown(first.id, None, 2).await, [(5, "COMPLETED"), (4, "RUNNING")]);
        assert_eq!(shown(first.id, Some(4), 9).await, [(3, "STARTING"), (1, "QUEUED")]);
        assert_eq!(shown(second.id, None, 9).await, [(2, "QUEUED")]);
    }

    #[tokio::test]
    async fn what_one_commit_tells_is_counted_on_and_may_be_a_lot() {
        let store = open().await;
        let create = || store.write_checked(|tx| Box::pin(assets::create(tx, new_command(UserId(2)))));
        let made = futures::future::join_all((0..=TOGETHER).map(|_| create())).await;
        let first = made.into_iter().next().unwrap().unwrap();
        let explain = |reason: &str| {
            let (id, reason) = (first.latest_task.id, reason.to_owned());
            store.write(move |tx| Box::pin(lifecycle::explain(tx, id, reason)))
        };
        let (one, same, other) = tokio::join!(explain("no agent"), explain("no agent"), explain("no room"));
        assert!(one.is_ok() && same.is_ok() && other.is_ok());
        store.write(|tx| Box::pin(tasks::hold_of_user(tx, UserId(2), Some("held")))).await.unwrap();
        let told = list(store.read(), first.id, None, 9).await.unwrap();
        let told: Vec<_> = told.iter().map(|event| &*event.reason).collect();
        assert_eq!(told, ["held", "no room", "no agent", ""]);
        let all = asset_events::Entity::find().count(store.read()).await.unwrap();
        assert_eq!(usize::try_from(all).unwrap(), 2 * (TOGETHER + 1) + 2);
    }

    #[tokio::test]
    async fn what_fails_is_not_told() {
        let store = open().await;
        let asset = store.write(|tx| Box::pin(assets::create(tx, new_command(UserId(2))))).await.unwrap();
        let before = asset.latest_task;
        let started = |before: Task, fails: bool| {
            let store = store.clone();
            let task = Task { state: State::Starting, ..before.clone() };
            async move {
                let told = store.write(move |tx| {
                    Box::pin(async move {
                        tasks::update(tx, &before, &task).await?;
                        if fails { Err(Error::Internal("on purpose".into())) } else { Ok(()) }
                    })
                });
                assert_eq!(told.await.is_err(), fails);
            }
        };
        // They share a commit, and what it tells is written at its end.
        tokio::join!(started(before.clone(), true), started(before.clone(), false), started(before, true));
        let told = list(store.read(), asset.id, None, 9).await.unwrap();
        assert_eq!(told.iter().map(|event| event.state).collect::<Vec<_>>(), [State::Starting, State::Queued]);
    }
}
