//! Tasks.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, RelationTrait as _, Select, Set,
};

use super::columns::{changed, changed_time, from_micros, now, to_gids_text, to_micros, to_state};
use super::entities::{agents, assets, tasks, users};
use super::users::agent_user;
use super::{Tx, asset_events};
use crate::assets::state::{self, State};
use crate::assets::{PlacedOn, Task};
use crate::error::{Error, Result};
use crate::ids::{AgentId, AssetId, TaskId, UserId};
use crate::users::{Umask, User};

/// What an agent's tasks hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Use {
    pub slots: u32,
    pub tasks: u32,
    /// The tasks among them that nobody has told to stop.
    pub going_on: u32,
}

pub async fn create(tx: &Tx, asset: AssetId, slots: u32, resource_pool: String) -> Result<Task> {
    let task = Task {
        id: TaskId::generate(),
        asset,
        state: State::Queued,
        state_reason: String::new(),
        slots,
        resource_pool,
        agent: None,
        run_as: None,
        exit_code: None,
        created_at: now(),
        placed_at: None,
        started_at: None,
        ended_at: None,
    };
    let row = tasks::ActiveModel {
        id: Set(task.id.0),
        asset_id: Set(asset.0),
        state: Set(task.state.as_str().into()),
        state_reason: Set(String::new()),
        slots: Set(i32::try_from(slots).unwrap_or(i32::MAX)),
        resource_pool: Set(task.resource_pool.clone()),
        revision: Set(tx.revision()),
        created_at: Set(to_micros(task.created_at)),
        ..Default::default()
    };
    tx.execute_soon(&tasks::Entity::insert(row).into_query()).await?;
    asset_events::record(tx, None, &task).await?;
    Ok(task)
}

pub async fn find(db: &impl ConnectionTrait, id: TaskId) -> Result<Option<Task>> {
    let found = tasks::Entity::find_by_id(id.0).find_also_related(agents::Entity).one(db).await?;
    found.map(with_agent).transpose()
}

pub async fn get(db: &impl ConnectionTrait, id: TaskId) -> Result<Task> {
    find(db, id).await?.ok_or_else(|| Error::TaskNotFound(id.to_string()))
}

/// The tasks of these ids; those that there are not are left out.
pub async fn find_many(db: &impl ConnectionTrait, ids: &[TaskId]) -> Result<Vec<Task>> {
    complete(db, tasks::Entity::find().filter(tasks::Column::Id.is_in(ids.iter().map(|id| id.0)))).await
}

/// A task that may get its place on `agent`, and its owner. None where it waits no longer, its owner was deactivated, or
/// the agent takes no tasks, has fewer slots, or is in another pool: any of it after the queue and the agents were read.
pub async fn placeable(tx: &Tx, id: TaskId, agent: AgentId) -> Result<Option<(Task, User)>> {
    let fits = agents::Entity::find_by_id(agent.0)
        .filter(agents::Column::Enabled.eq(true))
        .filter(agents::Column::ResourcePool.into_expr().eq(tasks::Column::ResourcePool.into_expr()))
        .filter(agents::Column::Slots.into_expr().gte(tasks::Column::Slots.into_expr()))
        .into_query();
    let query = tasks::Entity::find_by_id(id.0)
        .select_also(users::Entity)
        .join(JoinType::InnerJoin, tasks::Relation::Asset.def())
        .join(JoinType::InnerJoin, assets::Relation::Owner.def())
        .filter(tasks::Column::State.eq(State::Queued.as_str()))
        .filter(users::Column::Active.eq(true))
        .filter(Expr::exists(fits));
    match query.one(&**tx).await? {
        Some((task, Some(owner))) => Ok(Some((from_row(task)?, super::users::from_row(owner)))),
        _ => Ok(None),
    }
}

/// Writes what has changed of a task since it was read in this transaction, and tells of it.
pub async fn update(tx: &Tx, before: &Task, task: &Task) -> Result<()> {
    let mut row = tasks::ActiveModel {
        state: changed(&before.state, &task.state, |state| state.as_str().into()),
        state_reason: changed(&before.state_reason, &task.state_reason, String::clone),
        agent_id: changed(&before.agent, &task.agent, |agent| agent.as_ref().map(|agent| agent.id.0)),
        exit_code: changed(&before.exit_code, &task.exit_code, |code| *code),
        placed_at: changed_time(before.placed_at, task.placed_at),
        started_at: changed_time(before.started_at, task.started_at),
        ended_at: changed_time(before.ended_at, task.ended_at),
        revision: Set(tx.revision()),
        ..Default::default()
    };
    if before.run_as != task.run_as {
        let run_as = task.run_as.as_ref();
        row.run_as_user = Set(run_as.map(|user| user.user.as_str().into()));
        row.run_as_uid = Set(run_as.map(|user| user.uid.into()));
        row.run_as_group = Set(run_as.map(|user| user.group.as_str().into()));
        row.run_as_gid = Set(run_as.map(|user| user.gid.into()));
        row.run_as_supplementary_gids = Set(run_as.map(|user| to_gids_text(&user.supplementary_gids)));
        row.run_as_umask = Set(run_as.and_then(|user| user.umask).map(Umask::bits));
    }
    tx.execute_soon(&tasks::Entity::update_many().set(row).filter(tasks::Column::Id.eq(task.id.0)).into_query())
        .await?;
    asset_events::record(tx, Some(before.state), task).await
}

/// The oldest tasks that wait for a place; `limit` at most.
pub async fn oldest_queued(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Task>> {
    in_queue().limit(limit).all(db).await?.into_iter().map(from_row).collect()
}

/// The oldest tasks that wait for so many slots in `pool`; `limit` at most.
pub async fn queued(
    db: &impl ConnectionTrait,
    pool: &str,
    slots: RangeInclusive<u32>,
    limit: u64,
) -> Result<Vec<Task>> {
    let bound = |slots: &u32| i32::try_from(*slots).unwrap_or(i32::MAX);
    let query = in_queue()
        .filter(tasks::Column::ResourcePool.eq(pool))
        .filter(tasks::Column::Slots.between(bound(slots.start()), bound(slots.end())))
        .limit(limit);
    query.all(db).await?.into_iter().map(from_row).collect()
}

/// The oldest tasks that wait in none of `pools`; `limit` at most.
pub async fn queued_elsewhere(db: &impl ConnectionTrait, pools: &[&str], limit: u64) -> Result<Vec<Task>> {
    let query = in_queue().filter(tasks::Column::ResourcePool.is_not_in(pools.iter().copied())).limit(limit);
    query.all(db).await?.into_iter().map(from_row).collect()
}

/// What waits, held or not, in the order in which places are given: pool by pool, or of one pool; those behind `after`.
pub async fn queue(
    db: &impl ConnectionTrait,
    pool: Option<&str>,
    after: Option<(&str, TaskId)>,
    limit: u64,
) -> Result<Vec<Task>> {
    let mut query = tasks::Entity::find()
        .filter(tasks::Column::State.eq(State::Queued.as_str()))
        .order_by_asc(tasks::Column::ResourcePool)
        .order_by_asc(tasks::Column::Id)
        .limit(limit);
    if let Some(pool) = pool {
        query = query.filter(tasks::Column::ResourcePool.eq(pool));
    }
    if let Some((pool, id)) = after {
        let same = Condition::all().add(tasks::Column::ResourcePool.eq(pool)).add(tasks::Column::Id.gt(id.0));
        query = query.filter(Condition::any().add(tasks::Column::ResourcePool.gt(pool)).add(same));
    }
    query.all(db).await?.into_iter().map(from_row).collect()
}

/// First come first; without those that are held.
fn in_queue() -> Select<tasks::Entity> {
    tasks::Entity::find()
        .filter(tasks::Column::State.eq(State::Queued.as_str()))
        .filter(tasks::Column::Held.eq(false))
        .order_by_asc(tasks::Column::Id)
}

/// Keeps an account's queued tasks from being placed, and says why; or, with `None`, lets them be placed again.
pub async fn hold_of_user(tx: &Tx, owner: UserId, why: Option<&str>) -> Result<()> {
    let theirs = assets::Entity::find()
        .select_only()
        .column(assets::Column::Id)
        .filter(assets::Column::OwnerId.eq(owner.0))
        .filter(assets::Column::State.eq(State::Queued.as_str()))
        .into_query();
    let queued = tasks::Column::State.eq(State::Queued.as_str()).and(tasks::Column::AssetId.in_subquery(theirs));
    if let Some(why) = why {
        let news = queued.clone().and(tasks::Column::StateReason.ne(why));
        asset_events::record_hold(tx, tasks::Entity::find().filter(news), why).await?;
    }
    tasks::Entity::update_many()
        .col_expr(tasks::Column::Held, Expr::value(why.is_some()))
        .col_expr(tasks::Column::StateReason, Expr::value(why.unwrap_or_default()))
        .col_expr(tasks::Column::Revision, Expr::value(tx.revision()))
        .filter(queued)
        .exec(&**tx)
        .await?;
    assets::Entity::update_many()
        .col_expr(assets::Column::StateReason, Expr::value(why.unwrap_or_default()))
        .col_expr(assets::Column::Revision, Expr::value(tx.revision()))
        .filter(assets::Column::OwnerId.eq(owner.0))
        .filter(assets::Column::State.eq(State::Queued.as_str()))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// The tasks that an agent shall have.
pub async fn on_agent(db: &impl ConnectionTrait, agent: AgentId) -> Result<Vec<Task>> {
    let query = tasks::Entity::find()
        .filter(tasks::Column::AgentId.eq(agent.0))
        .filter(tasks::Column::State.is_in(on_agent_states()))
        .order_by_asc(tasks::Column::Id);
    complete(db, query).await
}

/// What each agent's tasks hold.
pub async fn uses(db: &impl ConnectionTrait) -> Result<HashMap<AgentId, Use>> {
    #[derive(FromQueryResult)]
    struct Row {
        agent_id: i64,
        state: String,
        slots: i64,
        tasks: i64,
    }
    let query = tasks::Entity::find()
        .select_only()
        .column(tasks::Column::AgentId)
        .column(tasks::Column::State)
        .column_as(Expr::col(tasks::Column::Slots).sum().cast_as("bigint"), "slots")
        .column_as(tasks::Column::Id.count(), "tasks")
        .filter(tasks::Column::AgentId.is_not_null())
        .filter(tasks::Column::State.is_in(on_agent_states()))
        .group_by(tasks::Column::AgentId)
        .group_by(tasks::Column::State);
    let mut uses: HashMap<AgentId, Use> = HashMap::new();
    for row in query.into_model::<Row>().all(db).await? {
        let bounded = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        let used = uses.entry(AgentId(row.agent_id)).or_default();
        used.slots = used.slots.saturating_add(bounded(row.slots));
        used.tasks = used.tasks.saturating_add(bounded(row.tasks));
        if to_state(&row.state)?.can_be_killed() {
            used.going_on = used.going_on.saturating_add(bounded(row.tasks));
        }
    }
    Ok(uses)
}

/// How many tasks are in each state that is not an end.
pub async fn count_live(db: &impl ConnectionTrait) -> Result<Vec<(State, i64)>> {
    let live: Vec<State> = state::ALL.into_iter().filter(|state| !state.has_ended()).collect();
    let rows: Vec<(String, i64)> = tasks::Entity::find()
        .select_only()
        .column(tasks::Column::State)
        .column_as(tasks::Column::Id.count(), "tasks")
        .filter(tasks::Column::State.is_in(live.iter().map(|state| state.as_str())))
        .group_by(tasks::Column::State)
        .into_tuple()
        .all(db)
        .await?;
    let count = |state: State| rows.iter().find(|(name, _)| name == state.as_str()).map_or(0, |(_, count)| *count);
    Ok(live.into_iter().map(|state| (state, count(state))).collect())
}

pub(super) async fn newest_of_assets(db: &impl ConnectionTrait, assets: Vec<i64>) -> Result<HashMap<AssetId, Task>> {
    let query = tasks::Entity::find().filter(tasks::Column::AssetId.is_in(assets)).order_by_asc(tasks::Column::Id);
    // A newer task of the same asset takes the older one's place.
    Ok(complete(db, query).await?.into_iter().map(|task| (task.asset, task)).collect())
}

fn on_agent_states() -> Vec<&'static str> {
    state::ALL.into_iter().filter(|state| state.is_on_agent()).map(State::as_str).collect()
}

/// The tasks of a query, with the names of their agents.
async fn complete(db: &impl ConnectionTrait, query: Select<tasks::Entity>) -> Result<Vec<Task>> {
    query.find_also_related(agents::Entity).all(db).await?.into_iter().map(with_agent).collect()
}

fn with_agent((row, agent): (tasks::Model, Option<agents::Model>)) -> Result<Task> {
    let agent = agent.map(|agent| PlacedOn { id: AgentId(agent.id), name: agent.name });
    if agent.is_none() && row.agent_id.is_some() {
        return Err(Error::Internal(format!("the agent of task {} is gone", row.id)));
    }
    Ok(Task { agent, ..from_row(row)? })
}

/// All but its agent.
fn from_row(row: tasks::Model) -> Result<Task> {
    Ok(Task {
        id: TaskId(row.id),
        asset: AssetId(row.asset_id),
        state: to_state(&row.state)?,
        state_reason: row.state_reason,
        slots: u32::try_from(row.slots).unwrap_or(0),
        resource_pool: row.resource_pool,
        agent: None,
        run_as: agent_user(
            (row.run_as_user, row.run_as_uid),
            (row.run_as_group, row.run_as_gid),
            row.run_as_supplementary_gids,
            row.run_as_umask,
        ),
        exit_code: row.exit_code,
        created_at: from_micros(row.created_at),
        placed_at: row.placed_at.map(from_micros),
        started_at: row.started_at.map(from_micros),
        ended_at: row.ended_at.map(from_micros),
    })
}

#[cfg(test)]
mod tests {
    use crate::assets::NewAsset;
    use crate::store::tests::{new_command, open};

    use super::*;

    #[tokio::test]
    async fn the_queue_goes_pool_by_pool_first_come_first_and_holds_what_is_held() {
        let store = open().await;
        let made = async |owner: i64, pool: &str| {
            let new = NewAsset { resource_pool: pool.into(), ..new_command(UserId(owner)) };
            store.write(|tx| Box::pin(crate::store::assets::create(tx, new))).await.unwrap().latest_task
        };
        let (first, small, held) = (made(1, "default").await, made(1, "a").await, made(2, "default").await);
        let (last, placed) = (made(1, "default").await, made(1, "a").await);
        store.write(|tx| Box::pin(hold_of_user(tx, UserId(2), Some("waits for its owner")))).await.unwrap();
        let gone = Task { state: State::Killed, ..placed.clone() };
        store.write(|tx| Box::pin(async move { update(tx, &placed, &gone).await })).await.unwrap();

        let ids = async |pool: Option<&str>, after: Option<&Task>, limit| {
            let after = after.map(|task| (task.resource_pool.as_str(), task.id));
            let tasks = queue(store.read(), pool, after, limit).await.unwrap();
            tasks.iter().map(|task| task.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(None, None, 10).await, [small.id, first.id, held.id, last.id]);
        assert_eq!(ids(None, Some(&small), 2).await, [first.id, held.id]);
        assert_eq!(ids(None, Some(&held), 2).await, [last.id]);
        assert_eq!(ids(Some("a"), None, 10).await, [small.id]);
        assert_eq!(ids(Some("default"), Some(&first), 1).await, [held.id]);
        let reasons = queue(store.read(), None, None, 10).await.unwrap();
        assert_eq!(reasons[2].state_reason, "waits for its owner");
    }
}
