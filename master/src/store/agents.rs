//! Agents, and the tokens that they join with.

use jiff::Timestamp;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set,
};

use super::Tx;
use super::entities::{agents, join_tokens};
use super::time::{from_micros, to_micros};
use crate::agents::{Agent, Introduction, SlotKind};
use crate::auth::token::TokenHash;
use crate::error::{Error, Result};
use crate::ids::AgentId;

/// Adds an agent, or replaces the credential of one that has never shown it: the answer that carried it was lost.
pub async fn join(tx: &Tx, pool: &str, intro: &Introduction, credential: TokenHash) -> Result<Agent> {
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
    row.resource_pool = Set(intro.resource_pool.clone().unwrap_or_else(|| pool.to_owned()));
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
    let mut row = row.into_active_model();
    if let Some(pool) = &intro.resource_pool {
        row.resource_pool = Set(pool.clone());
    }
    row.credential_used = Set(true);
    introduce(&mut row, intro, to_micros(Timestamp::now()));
    Ok(from_row(row.update(&**tx).await?))
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

pub async fn find_by_credential(db: &impl ConnectionTrait, credential: &TokenHash) -> Result<Option<Agent>> {
    let query = agents::Entity::find().filter(agents::Column::CredentialHash.eq(credential.to_vec()));
    Ok(query.one(db).await?.map(from_row))
}

/// All agents, by name.
pub async fn list(db: &impl ConnectionTrait) -> Result<Vec<Agent>> {
    let rows = agents::Entity::find().order_by_asc(agents::Column::Name).all(db).await?;
    Ok(rows.into_iter().map(from_row).collect())
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

/// The pool that a join token leads to, while it is good.
pub async fn find_join_token(db: &impl ConnectionTrait, token: &TokenHash, now: Timestamp) -> Result<Option<String>> {
    let row = join_tokens::Entity::find().filter(join_tokens::Column::TokenHash.eq(token.to_vec())).one(db).await?;
    let good = |row: &join_tokens::Model| row.expires_at.is_none_or(|end| end > to_micros(now));
    Ok(row.filter(good).map(|row| row.resource_pool))
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
        (hash, store.write(move |tx| Box::pin(async move { join(tx, "gpu", &intro, hash).await })).await)
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
    async fn a_join_token_ends() {
        let store = open().await;
        let (hash, end) = (Token::generate(Kind::Join).hash(), Timestamp::now());
        store.write(move |tx| Box::pin(create_join_token(tx, hash, "gpu".into(), Some(end)))).await.unwrap();
        let before = end - std::time::Duration::from_secs(1);
        assert_eq!(find_join_token(store.read(), &hash, before).await.unwrap().as_deref(), Some("gpu"));
        assert_eq!(find_join_token(store.read(), &hash, end).await.unwrap(), None);
    }
}
