//! Assets.

pub mod changes;
pub mod list;
mod text;

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, IntoCondition as _};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait as _, JoinType, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, RelationTrait as _, Set,
};

use super::columns::{changed, changed_time, from_micros, now, to_micros, to_state};
use super::entities::{assets, users};
use super::{Tx, tasks};
use crate::assets::spec::CommandSpec;
use crate::assets::state::{self, State};
use crate::assets::{Asset, NewAsset, Owner, Spec, Task};
use crate::error::{Error, Result};
use crate::ids::{AssetId, UserId};
use crate::users::{User, Username};

/// Creates an asset with its first task; or finds the one that the same request has created before.
pub async fn create(tx: &Tx, new: NewAsset) -> Result<Asset> {
    let (owner, same) = owner_and_same(tx, &new).await?;
    if let Some(row) = same {
        return complete_one(&**tx, row).await;
    }
    // A call may be on its way while its caller is deactivated.
    if !owner.active {
        return Err(Error::TokenInvalid);
    }
    let slots = match &new.spec {
        Spec::Command(command) => command.container.slots,
    };
    let created_at = now();
    let row = assets::ActiveModel {
        kind: Set(new.spec.kind().as_str().into()),
        owner_id: Set(new.owner.0),
        request_id: Set(new.request_id),
        description: Set(new.description.clone()),
        state: Set(State::Queued.as_str().into()),
        state_reason: Set(String::new()),
        resource_pool: Set(new.resource_pool.clone()),
        spec: Set(spec_to_json(&new.spec)?),
        revision: Set(tx.revision()),
        created_at: Set(to_micros(created_at)),
        ..Default::default()
    };
    let id = AssetId(assets::Entity::insert(row).exec(&**tx).await?.last_insert_id);
    let task = tasks::create(tx, id, slots, new.resource_pool.clone()).await?;
    Ok(Asset {
        id,
        owner: Owner { id: owner.id, username: owner.username },
        description: new.description,
        state: State::Queued,
        state_reason: String::new(),
        resource_pool: new.resource_pool,
        created_at,
        started_at: None,
        ended_at: None,
        spec: new.spec,
        latest_task: task,
    })
}

/// The owner of an asset to be, and what the same request has created before.
async fn owner_and_same(tx: &Tx, new: &NewAsset) -> Result<(User, Option<assets::Model>)> {
    // No row carries NULL: without a request, nothing is the same.
    let request_id = new.request_id.clone();
    let same = assets::Relation::Owner.def().rev().on_condition(move |_, asset| {
        Expr::col((asset, assets::Column::RequestId)).eq(request_id.clone()).into_condition()
    });
    let query = users::Entity::find_by_id(new.owner.0).select_also(assets::Entity).join(JoinType::LeftJoin, same);
    let (owner, same) =
        query.one(&**tx).await?.ok_or_else(|| Error::Internal(format!("account {} is gone", new.owner)))?;
    Ok((super::users::from_row(owner), same))
}

pub async fn get(db: &impl ConnectionTrait, id: AssetId) -> Result<Asset> {
    let row = assets::Entity::find_by_id(id.0).one(db).await?.ok_or(Error::AssetNotFound(id))?;
    complete_one(db, row).await
}

/// The assets of these ids; one that cannot be read is left out, and told in the log.
pub async fn find_many(db: &impl ConnectionTrait, ids: Vec<AssetId>) -> Result<HashMap<AssetId, Asset>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = assets::Entity::find().filter(assets::Column::Id.is_in(ids.iter().map(|id| id.0))).all(db).await?;
    let assets = complete(db, rows).await?;
    Ok(assets.into_iter().map(|asset| (asset.id, asset)).collect())
}

/// The account that created an asset.
pub async fn owner(db: &impl ConnectionTrait, id: AssetId) -> Result<User> {
    let query = assets::Entity::find_by_id(id.0).select_only().column(assets::Column::OwnerId);
    let owner = users::Entity::find().filter(users::Column::Id.in_subquery(query.into_query())).one(db).await?;
    owner.map(super::users::from_row).ok_or(Error::AssetNotFound(id))
}

/// An account's assets that have not ended.
pub async fn live_of_user(db: &impl ConnectionTrait, owner: UserId) -> Result<Vec<Asset>> {
    let live = state::ALL.into_iter().filter(|state| !state.has_ended()).map(State::as_str);
    let query = assets::Entity::find()
        .filter(assets::Column::OwnerId.eq(owner.0))
        .filter(assets::Column::State.is_in(live))
        .order_by_asc(assets::Column::Id);
    complete(db, query.all(db).await?).await
}

/// Brings an asset up to its task, which was read in this transaction as `before` says.
pub async fn follow_task(tx: &Tx, before: &Task, task: &Task) -> Result<()> {
    let row = assets::ActiveModel {
        state: changed(&before.state, &task.state, |state| state.as_str().into()),
        state_reason: changed(&before.state_reason, &task.state_reason, String::clone),
        started_at: changed_time(before.started_at, task.started_at),
        ended_at: changed_time(before.ended_at, task.ended_at),
        revision: Set(tx.revision()),
        ..Default::default()
    };
    let update = assets::Entity::update_many().set(row).filter(assets::Column::Id.eq(task.asset.0));
    Ok(tx.execute_soon(&update.into_query()).await?)
}

async fn complete_one(db: &impl ConnectionTrait, row: assets::Model) -> Result<Asset> {
    let id = AssetId(row.id);
    complete(db, vec![row]).await?.pop().ok_or(Error::AssetNotFound(id))
}

/// Adds to rows the names of their owners and their newest tasks.
async fn complete(db: &impl ConnectionTrait, rows: Vec<assets::Model>) -> Result<Vec<Asset>> {
    let owner_ids: Vec<i64> = rows.iter().map(|row| row.owner_id).collect();
    let asset_ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let owners = owners(db, &owner_ids).await?;
    let mut tasks = tasks::newest_of_assets(db, asset_ids).await?;
    let mut complete = |row: assets::Model| {
        let missing = || Error::Internal(format!("asset {} has no task", row.id));
        let task = tasks.remove(&AssetId(row.id)).ok_or_else(missing)?;
        from_row(row, &owners, task)
    };
    // One row that cannot be read must not hide the others.
    let readable = |row: assets::Model| {
        let id = row.id;
        complete(row).inspect_err(|error| tracing::error!(asset = id, %error, "an asset cannot be read")).ok()
    };
    Ok(rows.into_iter().filter_map(readable).collect())
}

async fn owners(db: &impl ConnectionTrait, ids: &[i64]) -> Result<HashMap<i64, Username>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let rows = users::Entity::find().filter(users::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, Username::from_store(row.username))).collect())
}

fn from_row(row: assets::Model, owners: &HashMap<i64, Username>, latest_task: Task) -> Result<Asset> {
    let username = owners.get(&row.owner_id).cloned();
    let username = username.ok_or_else(|| Error::Internal(format!("asset {} has no owner", row.id)))?;
    Ok(Asset {
        id: AssetId(row.id),
        owner: Owner { id: UserId(row.owner_id), username },
        description: row.description,
        state: to_state(&row.state)?,
        state_reason: row.state_reason,
        resource_pool: row.resource_pool,
        created_at: from_micros(row.created_at),
        started_at: row.started_at.map(from_micros),
        ended_at: row.ended_at.map(from_micros),
        spec: spec_from_json(&row.kind, &row.spec)?,
        latest_task,
    })
}

fn spec_to_json(spec: &Spec) -> Result<String> {
    let json = match spec {
        Spec::Command(command) => serde_json::to_string(command),
    };
    json.map_err(|error| Error::Internal(format!("a spec cannot be stored: {error}")))
}

fn spec_from_json(kind: &str, json: &str) -> Result<Spec> {
    let unreadable = |error| Error::Internal(format!("a stored {kind} cannot be read: {error}"));
    match kind {
        "command" => Ok(Spec::Command(serde_json::from_str::<CommandSpec>(json).map_err(unreadable)?)),
        other => Err(Error::Internal(format!("`{other}` is no kind of asset"))),
    }
}

#[cfg(test)]
mod tests {
    use crate::store::Store;
    use crate::store::tests::{new_command, open};

    use super::*;

    async fn made(store: &Store, new: NewAsset) -> Asset {
        store.write(|tx| Box::pin(create(tx, new))).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_created_is_read() {
        let store = open().await;
        let asset = made(&store, new_command(UserId(2))).await;
        let read = get(store.read(), asset.id).await.unwrap();
        assert_eq!((read.owner.username.as_str(), read.state, &read.spec), ("pedl", State::Queued, &asset.spec));
        assert_eq!(read.latest_task.id, asset.latest_task.id);
        assert!(matches!(get(store.read(), AssetId(999)).await, Err(Error::AssetNotFound(AssetId(999)))));
    }

    #[tokio::test]
    async fn a_request_creates_once_for_each_owner() {
        let store = open().await;
        let request = |owner| NewAsset { request_id: Some("r".into()), ..new_command(UserId(owner)) };
        let first = made(&store, request(1)).await.id;
        assert_eq!(made(&store, request(1)).await.id, first);
        assert_ne!(made(&store, request(2)).await.id, first);
        assert_ne!(made(&store, new_command(UserId(1))).await.id, made(&store, new_command(UserId(1))).await.id);
    }
}
