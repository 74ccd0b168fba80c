//! Sessions: opening them, ending them, and knowing a caller by a token.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use moka::future::Cache;
use tokio::time::interval;

use super::caller::{Caller, Member, Session};
use super::password::Passwords;
use super::token::{Kind, Token, TokenHash};
use crate::error::{Error, Result};
use crate::store::{self, Store};
use crate::users::{User, Username};

/// How long a look-up is believed. What ends elsewhere (another master on the same database) is noticed after this.
const BELIEVED: Duration = Duration::from_secs(1);

/// How often sessions that have ended are cleared.
const CLEARED: Duration = Duration::from_secs(60 * 60);

/// Tokens remembered at once.
const REMEMBERED: u64 = 10_000;

/// A session just opened, with the token that is shown this once.
pub struct Opened {
    pub token: Token,
    pub session: Session,
    pub user: User,
}

/// Opens, ends and resolves sessions.
pub struct Sessions {
    store: Store,
    lifetime: Duration,
    passwords: Passwords,
    known: Cache<TokenHash, Caller>,
    /// Tokens whose sessions have just ended here.
    ended: Cache<TokenHash, ()>,
}

impl Sessions {
    pub fn new(store: Store, lifetime: Duration) -> Self {
        let known = Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build();
        let ended = Cache::builder().max_capacity(REMEMBERED).time_to_live(10 * BELIEVED).build();
        Self { store, lifetime, passwords: Passwords::new(), known, ended }
    }

    /// Opens a session; whatever is wrong, the answer is one.
    pub async fn login(&self, username: &str, password: String) -> Result<Opened> {
        let username = Username::parse(username).ok();
        let account = match &username {
            Some(username) => store::users::find_credentials(self.store.read(), username).await?,
            None => None,
        };
        let account = account.filter(|account| account.user.active);
        let stored = account.as_ref().map(|account| account.password_hash.clone());
        let right = self.passwords.check(stored, password).await?;
        let user = account.filter(|_| right).ok_or(Error::LoginFailed)?.user;

        let token = Token::generate(Kind::Session);
        let (id, hash, expires_at) = (user.id, token.hash(), Timestamp::now() + self.lifetime);
        let session = self
            .store
            .write(move |tx| Box::pin(async move { store::sessions::create(tx, id, hash, expires_at).await }))
            .await?;
        Ok(Opened { token, session, user })
    }

    /// Ends a member's session at once.
    pub async fn logout(&self, member: &Member) -> Result<()> {
        let id = member.session.id;
        self.store.write(move |tx| Box::pin(store::sessions::delete(tx, id))).await?;
        // A look-up that began before the end may still be remembered after it.
        self.ended.insert(member.token, ()).await;
        self.known.invalidate(&member.token).await;
        Ok(())
    }

    /// Clears sessions that have ended, now and then, for as long as it is polled.
    pub async fn clear_ended(self: Arc<Self>) {
        let mut hour = interval(CLEARED);
        loop {
            hour.tick().await;
            let cleared = self.store.write(|tx| Box::pin(store::sessions::delete_ended(tx, Timestamp::now()))).await;
            if let Err(error) = cleared {
                tracing::error!(%error, "ended sessions were not cleared; it is tried again");
            }
        }
    }

    /// Who calls with this token.
    pub async fn resolve(&self, token: &str) -> Result<Caller> {
        let token = Token::parse(token).ok_or(Error::TokenInvalid)?;
        let hash = token.hash();
        if self.ended.contains_key(&hash) {
            return Err(Error::TokenInvalid);
        }
        // Callers with the same token wait for one look-up.
        let caller = self.known.try_get_with(hash, self.look_up(token.kind(), hash)).await;
        let caller = caller.map_err(|error| match matches!(*error, Error::TokenInvalid) {
            true => Error::TokenInvalid,
            false => Error::Internal(format!("a token cannot be looked up: {error}")),
        })?;
        match &caller {
            Caller::Member(member) if member.session.expires_at <= Timestamp::now() => Err(Error::TokenInvalid),
            Caller::Member(_) | Caller::Agent(_) | Caller::Joining(_) | Caller::Nobody => Ok(caller),
        }
    }

    async fn look_up(&self, kind: Kind, hash: TokenHash) -> Result<Caller> {
        let db = self.store.read();
        let caller = match kind {
            Kind::Session => store::sessions::find(db, &hash)
                .await?
                .filter(|(_, user)| user.active)
                .map(|(session, user)| Caller::Member(Member { user, session, token: hash }.into())),
            Kind::Agent => store::agents::find_by_credential(db, &hash).await?.map(|agent| Caller::Agent(agent.id)),
            Kind::Join => store::agents::find_join_token(db, &hash, Timestamp::now()).await?.map(Caller::Joining),
        };
        caller.ok_or(Error::TokenInvalid)
    }
}
