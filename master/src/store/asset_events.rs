//! What has happened to assets: written in the transaction that does it, by whatever writes a task's state
//! (`store/tasks.rs`).

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Set,
};

use super::Tx;
use super::columns::{from_micros, to_micros, to_state};
use super::entities::{asset_events, tasks};
use crate::assets::Task;
use crate::assets::events::{self, Recorded, Told};
use crate::assets::state::State;
use crate::error::{Error, Result};
use crate::ids::{AssetId, TaskId};

/// Tells how a task stands that stood in `before`, where that is news.
pub(super) async fn record(tx: &Tx, before: Option<State>, task: &Task) -> Result<()> {
    // Most changes are of the state: they need not know what was told before.
    let last = if before == Some(task.state) { last_told(tx, task).await? } else { None };
    let Some(Told { reason, number }) = events::next(last, &task.state_reason) else {
        return Ok(());
    };
    let row = asset_events::ActiveModel {
        asset_id: Set(task.asset.0),
        task_id: Set(task.id.0),
        time: Set(to_micros(Timestamp::now())),
        state: Set(task.state.as_str().into()),
        reason: Set(reason),
        agent: Set(task.agent.as_ref().map(|agent| agent.name.clone()).unwrap_or_default()),
        number: Set(number),
        ..Default::default()
    };
    asset_events::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(())
}

/// What was told last of the state that `task` is in; none where that was another one.
async fn last_told(tx: &Tx, task: &Task) -> Result<Option<Told>> {
    let newest = asset_events::Entity::find()
        .filter(asset_events::Column::AssetId.eq(task.asset.0))
        .filter(asset_events::Column::TaskId.eq(task.id.0))
        .order_by_desc(asset_events::Column::Id);
    let row = newest.one(&**tx).await?.filter(|row| row.state == task.state.as_str());
    Ok(row.map(|row| Told { reason: row.reason, number: row.number }))
}

/// Tells that queued tasks wait for `why`. An administrator's doing: it is not bounded, and counting begins anew.
pub(super) async fn record_hold(tx: &Tx, held: Select<tasks::Entity>, why: &str) -> Result<()> {
    let rows = held
        .select_only()
        .column(tasks::Column::AssetId)
        .column(tasks::Column::Id)
        .expr(Expr::value(to_micros(Timestamp::now())))
        .expr(Expr::value(State::Queued.as_str()))
        .expr(Expr::value(why))
        .expr(Expr::value(""))
        .expr(Expr::value(1))
        .into_query();
    use asset_events::Column::{Agent, AssetId, Number, Reason, State as InState, TaskId, Time};
    let insert = Query::insert()
        .into_table(asset_events::Entity)
        .columns([AssetId, TaskId, Time, InState, Reason, Agent, Number])
        .select_from(rows)
        .map_err(|error| Error::Internal(format!("events cannot be written: {error}")))?
        .take();
    tx.execute(&insert).await?;
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
    async fn what_fails_is_not_told() {
        let store = open().await;
        let asset = store.write(|tx| Box::pin(assets::create(tx, new_command(UserId(2))))).await.unwrap();
        let before = asset.latest_task;
        let task = Task { state: State::Starting, ..before.clone() };
        let failed = store.write(move |tx| {
            Box::pin(async move {
                tasks::update(tx, &before, &task).await?;
                Err::<(), _>(Error::Internal("on purpose".into()))
            })
        });
        assert!(failed.await.is_err());
        assert_eq!(list(store.read(), asset.id, None, 9).await.unwrap().len(), 1);
    }
}
