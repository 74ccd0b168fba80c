//! Agents, and the tokens that they join with.

use jiff::Timestamp;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set,
};

use super::Tx;
use super::columns::{from_micros, to_micros};
use super::entities::{agents, join_tokens};
use crate::agents::{Admission, Agent, Introduction, SlotKind};
use crate::auth::token::TokenHash;
use crate::error::{Error, Result};
use crate::ids::AgentId;

/// Adds an agent, or replaces the credential of one that has never shown it: the answer that carried it was lost.
pub async fn join(tx: &Tx, admission: &Admission, intro: &Introduction, credential: TokenHash) -> Result<Agent> {
    let known = agents::Entity::find().filter(agents::Column::Name.eq(intro.name.as_str())).one(&**tx).await?;
    let now = to_micros(Timestamp::now());
    let mut row = match known {
        Some(row) if row.credential_used => return Err(Error::AgentNameTaken(intro.name.clone())),
        Some(row) => row.into_active_model(),
        None => agents::ActiveModel {
            name: Set(intro.name.clone()),
            credential_used: Set(false),
            enabled: Set(true),
            registered_at: Set(now),
            ..Default::default()
        },
    };
    row.credential_hash = Set(credential.to_vec());
    row.resource_pool = Set(admission.resource_pool.clone());
    row.pool_is_fixed = Set(admission.pool_is_fixed);
    choose_pool(&mut row, admission, intro)?;
    introduce(&mut row, intro, now);
    let row = match row.id.is_set() || row.id.is_unchanged() {
        true => row.update(&**tx).await?,
        false => row.insert(&**tx).await?,
    };
    Ok(from_row(row))
}

/// Updates what an agent says of itself, which has shown its credential.
pub async fn update(tx: &Tx, id: AgentId, intro: &Introduction) -> Result<Agent> {
    let row = agents::Entity::find_by_id(id.0).one(&**tx).await?.ok_or(Error::TokenInvalid)?;
    if row.name != intro.name {
        return Err(Error::AgentRenamed { is: row.name });
    }
    let admission = Admission { resource_pool: row.resource_pool.clone(), pool_is_fixed: row.pool_is_fixed };
    let mut row = row.into_active_model();
    choose_pool(&mut row, &admission, intro)?;
    row.credential_used = Set(true);
    introduce(&mut row, intro, to_micros(Timestamp::now()));
    Ok(from_row(row.update(&**tx).await?))
}

/// Puts an agent into the pool that it asks for, where that is its own to choose.
fn choose_pool(row: &mut agents::ActiveModel, admission: &Admission, intro: &Introduction) -> Result<()> {
    let Some(pool) = &intro.resource_pool else { return Ok(()) };
    if admission.pool_is_fixed && *pool != admission.resource_pool {
        let pool = &admission.resource_pool;
        return Err(Error::invalid(
            "resource_pool",
            format!("must be `{pool}`, the pool of the join token, or left out"),
        ));
    }
    row.resource_pool = Set(pool.clone());
    Ok(())
}

fn introduce(row: &mut agents::ActiveModel, intro: &Introduction, now: i64) {
    row.slots = Set(i32::try_from(intro.slots).unwrap_or(i32::MAX));
    row.slot_kind = Set(intro.slot_kind.as_str().into());
    row.version = Set(intro.version.clone());
    row.last_seen_at = Set(now);
}

/// Notes that an agent was there until now, and has shown its credential.
pub async fn seen(tx: &Tx, id: AgentId) -> Result<()> {
    if let Some(row) = agents::Entity::find_by_id(id.0).one(&**tx).await? {
        let mut row = row.into_active_model();
        row.credential_used = Set(true);
        row.last_seen_at = Set(to_micros(Timestamp::now()));
        row.update(&**tx).await?;
    }
    Ok(())
}

/// Says whether new tasks are placed on an agent.
pub async fn set_enabled(tx: &Tx, name: &str, enabled: bool) -> Result<Agent> {
    let row = agents::Entity::find().filter(agents::Column::Name.eq(name)).one(&**tx).await?;
    // What callers say is repeated to nobody in full.
    let mut row = row.ok_or_else(|| Error::AgentNotFound(name.chars().take(64).collect()))?.into_active_model();
    row.enabled = Set(enabled);
    Ok(from_row(row.update(&**tx).await?))
}

pub async fn find_by_credential(db: &impl ConnectionTrait, credential: &TokenHash) -> Result<Option<Agent>> {
    let query = agents::Entity::find().filter(agents::Column::CredentialHash.eq(credential.to_vec()));
    Ok(query.one(db).await?.map(from_row))
}

/// All agents, by name.
pub async fn list(db: &impl ConnectionTrait) -> Result<Vec<Agent>> {
    let rows = agents::Entity::find().order_by_asc(agents::Column::Name).all(db).await?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Replaces the token of agents beside the master, which does not end.
pub async fn replace_local_join_token(tx: &Tx, token: TokenHash, pool: String) -> Result<()> {
    join_tokens::Entity::delete_many().filter(join_tokens::Column::ExpiresAt.is_null()).exec(&**tx).await?;
    create_join_token(tx, token, pool, None).await
}

pub async fn create_join_token(tx: &Tx, token: TokenHash, pool: String, expires_at: Option<Timestamp>) -> Result<()> {
    let row = join_tokens::ActiveModel {
        token_hash: Set(token.to_vec()),
        resource_pool: Set(pool),
        created_at: Set(to_micros(Timestamp::now())),
        expires_at: Set(expires_at.map(to_micros)),
        ..Default::default()
    };
    row.insert(&**tx).await?;
    Ok(())
}

/// Where a join token leads, while it is good.
pub async fn find_join_token(
    db: &impl ConnectionTrait,
    token: &TokenHash,
    now: Timestamp,
) -> Result<Option<Admission>> {
    let row = join_tokens::Entity::find().filter(join_tokens::Column::TokenHash.eq(token.to_vec())).one(db).await?;
    let good = |row: &join_tokens::Model| row.expires_at.is_none_or(|end| end > to_micros(now));
    // Who can read the local token's file administers the machine, and so chooses.
    Ok(row
        .filter(good)
        .map(|row| Admission { pool_is_fixed: row.expires_at.is_some(), resource_pool: row.resource_pool }))
}

fn from_row(row: agents::Model) -> Agent {
    Agent {
        id: AgentId(row.id),
        name: row.name,
        resource_pool: row.resource_pool,
        enabled: row.enabled,
        slots: u32::try_from(row.slots).unwrap_or(0),
        slot_kind: SlotKind::from_store(&row.slot_kind),
        version: row.version,
        registered_at: from_micros(row.registered_at),
        last_seen_at: from_micros(row.last_seen_at),
    }
}

#[cfg(test)]
mod tests {
    use crate::auth::token::{Kind, Token};
    use crate::store::Store;
    use crate::store::tests::open;

    use super::*;

    fn intro(name: &str) -> Introduction {
        Introduction {
            name: name.into(),
            version: "0.1.0".into(),
            slots: 2,
            slot_kind: SlotKind::Gpu,
            resource_pool: None,
        }
    }

    async fn joined(store: &Store, name: &str) -> (TokenHash, Result<Agent>) {
        let (hash, intro) = (Token::generate(Kind::Agent).hash(), intro(name));
        let admission = Admission { resource_pool: "gpu".into(), pool_is_fixed: true };
        (hash, store.write(move |tx| Box::pin(async move { join(tx, &admission, &intro, hash).await })).await)
    }

    #[tokio::test]
    async fn a_credential_holds_its_name_once_it_was_shown() {
        let store = open().await;
        let (first, agent) = joined(&store, "n1").await;
        let (second, again) = joined(&store, "n1").await;
        let id = again.unwrap().id;
        assert_eq!(agent.unwrap().id, id, "the first answer was lost, and the agent joins again");
        assert!(find_by_credential(store.read(), &first).await.unwrap().is_none());
        assert_eq!(find_by_credential(store.read(), &second).await.unwrap().unwrap().resource_pool, "gpu");

        store.write(move |tx| Box::pin(seen(tx, id))).await.unwrap();
        assert!(matches!(joined(&store, "n1").await.1, Err(Error::AgentNameTaken(_))));
        let other = intro("n2");
        let renamed = store.write(move |tx| Box::pin(async move { update(tx, id, &other).await })).await;
        assert!(matches!(renamed, Err(Error::AgentRenamed { .. })));
    }

    #[tokio::test]
    async fn an_agent_stays_disabled_however_it_registers() {
        let store = open().await;
        let set = |name: &'static str, to| store.write(move |tx| Box::pin(set_enabled(tx, name, to)));
        let id = joined(&store, "n1").await.1.unwrap().id;
        for _ in 0..2 {
            assert!(!set("n1", false).await.unwrap().enabled);
        }
        assert!(!joined(&store, "n1").await.1.unwrap().enabled);
        let again = store.write(move |tx| Box::pin(async move { update(tx, id, &intro("n1")).await })).await;
        assert!(!again.unwrap().enabled);
        assert!(set("n1", true).await.unwrap().enabled);
        assert!(matches!(set("n2", true).await, Err(Error::AgentNotFound(name)) if name == "n2"));
    }

    #[tokio::test]
    async fn a_join_token_ends() {
        let store = open().await;
        let (hash, end) = (Token::generate(Kind::Join).hash(), Timestamp::now());
        store.write(move |tx| Box::pin(create_join_token(tx, hash, "gpu".into(), Some(end)))).await.unwrap();
        let before = end - std::time::Duration::from_secs(1);
        assert_eq!(find_join_token(store.read(), &hash, before).await.unwrap().unwrap().resource_pool, "gpu");
        assert!(find_join_token(store.read(), &hash, end).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_join_token_leads_to_its_pool_only() {
        let store = open().await;
        let (_, agent) = joined(&store, "n1").await;
        let id = agent.unwrap().id;
        let elsewhere = Introduction { resource_pool: Some("production".into()), ..intro("n1") };
        let moved = store.write(move |tx| Box::pin(async move { update(tx, id, &elsewhere).await })).await;
        assert!(matches!(moved, Err(Error::InvalidFields(_))), "{moved:?}");
    }
}
