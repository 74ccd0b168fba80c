//! Sessions. Only their tokens' hashes are kept.

use jiff::Timestamp;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};

use super::Tx;
use super::columns::{from_micros, to_micros};
use super::entities::{sessions, users};
use super::users::from_row as user_from_row;
use crate::auth::caller::Session;
use crate::auth::token::TokenHash;
use crate::error::Result;
use crate::ids::{SessionId, UserId};
use crate::users::User;

pub async fn create(tx: &Tx, user: UserId, token: TokenHash, expires_at: Timestamp) -> Result<Session> {
    let row = sessions::ActiveModel {
        user_id: Set(user.0),
        token_hash: Set(token.to_vec()),
        created_at: Set(to_micros(Timestamp::now())),
        expires_at: Set(to_micros(expires_at)),
        ..Default::default()
    };
    Ok(from_row(&row.insert(&**tx).await?))
}

/// The session that a token stands for, and its account; whether they are still good is the caller's to judge.
pub async fn find(db: &impl ConnectionTrait, token: &TokenHash) -> Result<Option<(Session, User)>> {
    let session = sessions::Entity::find().filter(sessions::Column::TokenHash.eq(token.to_vec())).one(db).await?;
    let Some(session) = session else { return Ok(None) };
    let user = users::Entity::find_by_id(session.user_id).one(db).await?;
    Ok(user.map(|user| (from_row(&session), user_from_row(user))))
}

pub async fn delete(tx: &Tx, id: SessionId) -> Result<()> {
    sessions::Entity::delete_by_id(id.0).exec(&**tx).await?;
    Ok(())
}

/// Removes what has ended.
pub async fn delete_ended(tx: &Tx, now: Timestamp) -> Result<()> {
    sessions::Entity::delete_many().filter(sessions::Column::ExpiresAt.lte(to_micros(now))).exec(&**tx).await?;
    Ok(())
}

fn from_row(row: &sessions::Model) -> Session {
    Session { id: SessionId(row.id), created_at: from_micros(row.created_at), expires_at: from_micros(row.expires_at) }
}

#[cfg(test)]
mod tests {
    use crate::auth::token::{Kind, Token};
    use crate::store::tests::open;

    use super::*;

    #[tokio::test]
    async fn a_session_is_found_by_its_token_until_it_is_deleted() {
        let store = open().await;
        let hash = Token::generate(Kind::Session).hash();
        let later = Timestamp::now() + std::time::Duration::from_secs(60);
        let session = store.write(move |tx| Box::pin(create(tx, UserId(1), hash, later))).await.unwrap();
        let (_, user) = find(store.read(), &hash).await.unwrap().unwrap();
        assert_eq!(user.username.as_str(), "admin");
        store.write(|tx| Box::pin(delete_ended(tx, Timestamp::now()))).await.unwrap();
        assert!(find(store.read(), &hash).await.unwrap().is_some());
        store.write(move |tx| Box::pin(delete(tx, session.id))).await.unwrap();
        assert!(find(store.read(), &hash).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_has_ended_is_cleared() {
        let store = open().await;
        let hash = Token::generate(Kind::Session).hash();
        store.write(move |tx| Box::pin(create(tx, UserId(1), hash, Timestamp::now()))).await.unwrap();
        store.write(|tx| Box::pin(delete_ended(tx, Timestamp::now()))).await.unwrap();
        assert!(find(store.read(), &hash).await.unwrap().is_none());
    }
}
