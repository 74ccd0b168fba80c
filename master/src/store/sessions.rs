//! Sessions and access tokens. Only their tokens' hashes are kept.

use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, Set,
};

use super::Tx;
use super::columns::{from_micros, to_micros};
use super::entities::{sessions, users};
use super::users::from_row as user_from_row;
use crate::auth::caller::{Session, SessionKind};
use crate::auth::token::TokenHash;
use crate::error::{Error, Result};
use crate::ids::{SessionId, UserId};
use crate::users::User;

/// A session to be.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub user: UserId,
    pub token: TokenHash,
    pub kind: SessionKind,
    pub name: String,
    pub address: String,
    pub expires_at: Timestamp,
}

/// Which sessions a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    pub user: Option<UserId>,
    pub kind: Option<SessionKind>,
}

pub async fn create(tx: &Tx, new: NewSession) -> Result<Session> {
    let row = sessions::ActiveModel {
        user_id: Set(new.user.0),
        token_hash: Set(new.token.to_vec()),
        created_at: Set(to_micros(Timestamp::now())),
        expires_at: Set(to_micros(new.expires_at)),
        kind: Set(new.kind.as_str().into()),
        name: Set(new.name),
        address: Set(new.address),
        ..Default::default()
    };
    from_row(&row.insert(&**tx).await?)
}

/// The session that a token stands for, and its account; whether they are still good is the caller's to judge.
pub async fn find(db: &impl ConnectionTrait, token: &TokenHash) -> Result<Option<(Session, User)>> {
    with_user(db, sessions::Entity::find().filter(sessions::Column::TokenHash.eq(token.to_vec()))).await
}

/// Whether a token still stands for an active account, and, where asked, an administrator's. A call's rights are those
/// of its headers, and its message may come much later: what it changes, it changes with the rights of that moment.
pub async fn confirm(db: &impl ConnectionTrait, token: &TokenHash, admin: bool) -> Result<()> {
    let now = Timestamp::now();
    match find(db, token).await? {
        Some((session, user)) if session.expires_at > now && user.active => {
            if user.admin || !admin {
                Ok(())
            } else {
                Err(Error::AdminRequired)
            }
        }
        Some(_) | None => Err(Error::TokenInvalid),
    }
}

/// Ends all there are, access tokens too, and answers how many those were.
pub async fn end_all(tx: &Tx) -> Result<u64> {
    Ok(sessions::Entity::delete_many().exec(&**tx).await?.rows_affected)
}

/// How many of a kind an account has.
pub async fn count(tx: &Tx, user: UserId, kind: SessionKind) -> Result<u64> {
    let of_kind = sessions::Column::UserId.eq(user.0).and(sessions::Column::Kind.eq(kind.as_str()));
    Ok(sessions::Entity::find().filter(of_kind).count(&**tx).await?)
}

/// Ends each account's logins but the newest `most`.
pub async fn trim_logins(tx: &Tx, most: u64) -> Result<()> {
    let login = SessionKind::Login.as_str();
    let numbered = format!(
        "SELECT id, row_number() OVER (PARTITION BY user_id ORDER BY id DESC) AS number FROM sessions WHERE kind = '{login}'"
    );
    let trim =
        format!("DELETE FROM sessions WHERE id IN (SELECT id FROM ({numbered}) AS numbered WHERE number > {most})");
    tx.execute_unprepared(&trim).await?;
    Ok(())
}

/// A session that has not ended by `now`, and its account.
pub async fn get(db: &impl ConnectionTrait, id: SessionId, now: Timestamp) -> Result<(Session, User)> {
    let session = sessions::Entity::find_by_id(id.0).filter(sessions::Column::ExpiresAt.gt(to_micros(now)));
    with_user(db, session).await?.ok_or(Error::SessionNotFound(id))
}

/// The sessions before `before` that have not ended by `now`, with their accounts' names, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: Filter,
    now: Timestamp,
    before: Option<SessionId>,
    limit: u64,
) -> Result<Vec<(Session, User)>> {
    let live = sessions::Entity::find().filter(sessions::Column::ExpiresAt.gt(to_micros(now)));
    let mut query = live.order_by_desc(sessions::Column::Id).limit(limit);
    if let Some(user) = filter.user {
        query = query.filter(sessions::Column::UserId.eq(user.0));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(sessions::Column::Kind.eq(kind.as_str()));
    }
    if let Some(before) = before {
        query = query.filter(sessions::Column::Id.lt(before.0));
    }
    let rows = query.all(db).await?;
    let owners = users::Entity::find().filter(users::Column::Id.is_in(rows.iter().map(|row| row.user_id)));
    let owners: Vec<User> = owners.all(db).await?.into_iter().map(user_from_row).collect();
    let owned = |row: &sessions::Model| {
        let owner = owners.iter().find(|user| user.id.0 == row.user_id)?;
        Some(from_row(row).map(|session| (session, owner.clone())))
    };
    rows.iter().filter_map(owned).collect()
}

/// Ends one; answers its token's hash, where it was there.
pub async fn delete(tx: &Tx, id: SessionId) -> Result<Option<TokenHash>> {
    let hash = hashes(tx, sessions::Column::Id.eq(id.0)).await?.pop();
    sessions::Entity::delete_by_id(id.0).exec(&**tx).await?;
    Ok(hash)
}

/// Ends all of an account but `kept`; answers their tokens' hashes.
pub async fn delete_of_user(tx: &Tx, user: UserId, kept: Option<SessionId>) -> Result<Vec<TokenHash>> {
    let mut of_user = sessions::Column::UserId.eq(user.0);
    if let Some(kept) = kept {
        of_user = of_user.and(sessions::Column::Id.ne(kept.0));
    }
    let hashes = hashes(tx, of_user.clone()).await?;
    sessions::Entity::delete_many().filter(of_user).exec(&**tx).await?;
    Ok(hashes)
}

/// The hashes of an account's tokens.
pub async fn hashes_of_user(tx: &Tx, user: UserId) -> Result<Vec<TokenHash>> {
    hashes(tx, sessions::Column::UserId.eq(user.0)).await
}

async fn hashes(tx: &Tx, which: impl sea_orm::sea_query::IntoCondition) -> Result<Vec<TokenHash>> {
    let rows = sessions::Entity::find().filter(which).all(&**tx).await?;
    Ok(rows.into_iter().filter_map(|row| row.token_hash.try_into().ok()).collect())
}

/// Notes when sessions were last used.
pub async fn note_use(tx: &Tx, used: Vec<(SessionId, Timestamp)>) -> Result<()> {
    for (id, time) in used {
        sessions::Entity::update_many()
            .col_expr(sessions::Column::LastUsedAt, Expr::value(to_micros(time)))
            .filter(sessions::Column::Id.eq(id.0))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}

/// Removes what has ended.
pub async fn delete_ended(tx: &Tx, now: Timestamp) -> Result<()> {
    sessions::Entity::delete_many().filter(sessions::Column::ExpiresAt.lte(to_micros(now))).exec(&**tx).await?;
    Ok(())
}

async fn with_user(db: &impl ConnectionTrait, session: Select<sessions::Entity>) -> Result<Option<(Session, User)>> {
    let found = session.find_also_related(users::Entity).one(db).await?;
    let Some((session, Some(user))) = found else { return Ok(None) };
    Ok(Some((from_row(&session)?, user_from_row(user))))
}

fn from_row(row: &sessions::Model) -> Result<Session> {
    let kind = SessionKind::parse(&row.kind);
    Ok(Session {
        id: SessionId(row.id),
        kind: kind.ok_or_else(|| Error::Internal(format!("`{}` is no kind of session", row.kind)))?,
        name: row.name.clone(),
        address: row.address.clone(),
        created_at: from_micros(row.created_at),
        expires_at: from_micros(row.expires_at),
        last_used_at: from_micros(row.last_used_at.unwrap_or(row.created_at)),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::auth::token::{Kind, Token};
    use crate::store::Store;
    use crate::store::tests::open;

    use super::*;

    async fn open_session(store: &Store, user: i64, kind: SessionKind, seconds: u64) -> (Session, TokenHash) {
        let token = Token::generate(Kind::Session).hash();
        let expires_at = Timestamp::now() + Duration::from_secs(seconds);
        let (name, address) = ("laptop".into(), "10.0.0.1".into());
        let new = NewSession { user: UserId(user), token, kind, name, address, expires_at };
        (store.write(move |tx| Box::pin(create(tx, new))).await.unwrap(), token)
    }

    #[tokio::test]
    async fn a_session_is_found_by_its_token_until_it_is_deleted() {
        let store = open().await;
        let (session, hash) = open_session(&store, 1, SessionKind::Login, 60).await;
        let (found, user) = find(store.read(), &hash).await.unwrap().unwrap();
        assert_eq!((user.username.as_str(), found.address.as_str()), ("admin", "10.0.0.1"));
        store.write(|tx| Box::pin(delete_ended(tx, Timestamp::now()))).await.unwrap();
        assert!(find(store.read(), &hash).await.unwrap().is_some());
        assert_eq!(store.write(move |tx| Box::pin(delete(tx, session.id))).await.unwrap(), Some(hash));
        assert!(find(store.read(), &hash).await.unwrap().is_none());
        assert_eq!(store.write(move |tx| Box::pin(delete(tx, session.id))).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_has_ended_is_cleared_and_not_listed() {
        let store = open().await;
        let (session, hash) = open_session(&store, 1, SessionKind::Login, 0).await;
        let now = Timestamp::now();
        assert!(matches!(get(store.read(), session.id, now).await, Err(Error::SessionNotFound(_))));
        assert!(list(store.read(), Filter { user: None, kind: None }, now, None, 10).await.unwrap().is_empty());
        store.write(move |tx| Box::pin(delete_ended(tx, now))).await.unwrap();
        assert!(find(store.read(), &hash).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn lists_are_filtered_and_newest_first() {
        let store = open().await;
        let (first, _) = open_session(&store, 1, SessionKind::Login, 60).await;
        let (second, _) = open_session(&store, 1, SessionKind::AccessToken, 60).await;
        let (third, _) = open_session(&store, 2, SessionKind::Login, 60).await;
        let ids = async |user: Option<i64>, kind, before| {
            let filter = Filter { user: user.map(UserId), kind };
            let sessions = list(store.read(), filter, Timestamp::now(), before, 10).await.unwrap();
            sessions.iter().map(|(session, _)| session.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(None, None, None).await, [third.id, second.id, first.id]);
        assert_eq!(ids(None, None, Some(third.id)).await, [second.id, first.id]);
        assert_eq!(ids(Some(1), None, None).await, [second.id, first.id]);
        assert_eq!(ids(None, Some(SessionKind::AccessToken), None).await, [second.id]);
    }

    #[tokio::test]
    async fn an_accounts_sessions_end_together_but_for_one() {
        let store = open().await;
        let (kept, _) = open_session(&store, 1, SessionKind::Login, 60).await;
        let (_, ended) = open_session(&store, 1, SessionKind::AccessToken, 60).await;
        let (_, anothers) = open_session(&store, 2, SessionKind::Login, 60).await;
        let hashes = store.write(move |tx| Box::pin(delete_of_user(tx, UserId(1), Some(kept.id)))).await.unwrap();
        assert_eq!(hashes, [ended]);
        assert!(find(store.read(), &anothers).await.unwrap().is_some());
        let hashes = store.write(move |tx| Box::pin(delete_of_user(tx, UserId(1), None))).await.unwrap();
        assert_eq!(hashes.len(), 1);
    }

    #[tokio::test]
    async fn the_newest_logins_stay() {
        let store = open().await;
        let (first, _) = open_session(&store, 1, SessionKind::Login, 60).await;
        let (token, _) = open_session(&store, 1, SessionKind::AccessToken, 60).await;
        let (second, _) = open_session(&store, 1, SessionKind::Login, 60).await;
        let (anothers, _) = open_session(&store, 2, SessionKind::Login, 60).await;
        let (third, _) = open_session(&store, 1, SessionKind::Login, 60).await;
        store.write(|tx| Box::pin(trim_logins(tx, 2))).await.unwrap();
        let left = list(store.read(), Filter { user: None, kind: None }, Timestamp::now(), None, 10).await.unwrap();
        let left: Vec<_> = left.iter().map(|(session, _)| session.id).collect();
        assert_eq!(left, [third.id, anothers.id, second.id, token.id], "without {}", first.id);
    }

    #[tokio::test]
    async fn a_right_is_confirmed_when_it_is_used() {
        let store = open().await;
        let (session, hash) = open_session(&store, 1, SessionKind::Login, 60).await;
        let (_, members) = open_session(&store, 2, SessionKind::Login, 60).await;
        let may = async |hash, admin| {
            store.write(move |tx| Box::pin(async move { confirm(&**tx, &hash, admin).await })).await
        };
        assert!(may(hash, true).await.is_ok() && may(members, false).await.is_ok());
        assert!(matches!(may(members, true).await, Err(Error::AdminRequired)));
        store.write(move |tx| Box::pin(delete(tx, session.id))).await.unwrap();
        assert!(matches!(may(hash, true).await, Err(Error::TokenInvalid)));
        let (_, ended) = open_session(&store, 1, SessionKind::Login, 0).await;
        assert!(matches!(may(ended, false).await, Err(Error::TokenInvalid)));
    }

    #[tokio::test]
    async fn the_last_use_is_kept() {
        let store = open().await;
        let (session, hash) = open_session(&store, 1, SessionKind::Login, 60).await;
        assert_eq!(session.last_used_at, session.created_at);
        let later = session.created_at + Duration::from_secs(5);
        store.write(move |tx| Box::pin(note_use(tx, vec![(session.id, later)]))).await.unwrap();
        assert_eq!(find(store.read(), &hash).await.unwrap().unwrap().0.last_used_at, later);
    }
}
