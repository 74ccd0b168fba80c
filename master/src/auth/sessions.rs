//! Sessions and access tokens: opening them, ending them, and knowing a caller by a token.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use moka::future::Cache;
use tokio::sync::broadcast;
use tokio::time::interval;

use super::caller::{Caller, Member, Session, SessionKind};
use super::password::policy::Policy;
use super::password::{Password, Passwords, Verdict};
use super::throttle::Throttle;
use super::token::{Kind, Token, TokenHash};
use crate::audit::{Action, Actor, Crowd, Recorder};
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::store::sessions::NewSession;
use crate::store::users::Credentials;
use crate::store::{self, Store};
use crate::users::{User, Username};

/// How long a look-up is believed. What ends elsewhere (another master on the same database) is noticed after this.
const BELIEVED: Duration = Duration::from_secs(1);

/// How often it is written down when sessions were last used.
const NOTED: Duration = Duration::from_secs(60);

/// How often sessions that have ended are cleared.
const CLEARED: Duration = Duration::from_secs(60 * 60);

/// Tokens remembered at once.
const REMEMBERED: u64 = 10_000;

/// Ends that a stream may be told of at once; it looks for itself, too.
const ENDINGS: usize = 1024;

/// An account's access tokens; and its logins, but for what scripts that log in each time do in an hour.
const MOST: u64 = 1000;

/// A session just opened, with the token that is shown this once.
pub struct Opened {
    pub token: Token,
    pub session: Session,
    pub user: User,
}

/// How sessions are opened.
pub struct Rules {
    pub lifetime: Duration,
    pub passwords: Policy,
    pub failed_logins_per_minute: u32,
}

/// Opens, ends and resolves sessions.
pub struct Sessions {
    store: Store,
    lifetime: Duration,
    policy: Policy,
    passwords: Passwords,
    throttle: Throttle,
    refusals: Arc<Recorder>,
    known: Cache<TokenHash, Caller>,
    /// Tokens whose sessions have just ended here.
    ended: Cache<TokenHash, ()>,
    endings: broadcast::Sender<TokenHash>,
    /// When sessions were used since that was last written down.
    used: Mutex<HashMap<SessionId, Timestamp>>,
}

impl Sessions {
    pub fn new(store: Store, rules: Rules, refusals: Arc<Recorder>) -> Self {
        Self {
            store,
            lifetime: rules.lifetime,
            policy: rules.passwords,
            passwords: Passwords::new(),
            throttle: Throttle::new(rules.failed_logins_per_minute),
            refusals,
            known: Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build(),
            ended: Cache::builder().max_capacity(REMEMBERED).time_to_live(10 * BELIEVED).build(),
            endings: broadcast::Sender::new(ENDINGS),
            used: Mutex::default(),
        }
    }

    /// Opens a session; whatever is wrong, the answer is one.
    pub async fn login(&self, username: &str, password: &str, from: Option<IpAddr>) -> Result<Opened> {
        let user = Username::parse(username).ok();
        // What is no name may be a password, in the wrong field.
        let told = user.as_ref().map_or("(no user name)", Username::as_str).to_owned();
        let attempt = Actor { name: told.clone(), address: from }.did(Action::Login, told);
        let opened = async {
            let admitted = self.throttle.admit(user.as_ref(), from).await?;
            let opened = self.try_login(user.as_ref(), Password::new(password), from).await;
            if matches!(opened, Err(Error::LoginFailed)) {
                admitted.failed();
            }
            opened
        };
        let opened = opened.await;
        if let Err(error @ (Error::LoginFailed | Error::LoginThrottled { .. })) = &opened {
            self.refusals.note(Crowd::Strangers, attempt.failed(error.to_string()));
        }
        opened
    }

    async fn try_login(&self, username: Option<&Username>, typed: Password, from: Option<IpAddr>) -> Result<Opened> {
        let account = match username {
            Some(username) => store::users::find_credentials(self.store.read(), username).await?,
            None => None,
        };
        let account = account.filter(|account| account.user.active && self.opens(account));
        let stored = account.as_ref().map(|account| account.password_hash.clone());
        let verdict = self.passwords.check(stored, typed.clone()).await?;
        let account = account.filter(|_| verdict != Verdict::Wrong).ok_or(Error::LoginFailed)?;
        let fresh = match verdict {
            Verdict::Stale => self.passwords.hash(typed).await?,
            Verdict::Right | Verdict::Wrong => account.password_hash.clone(),
        };
        self.open(account, fresh, from).await
    }

    /// Whether everybody may act as an account.
    pub fn takes_everybody(&self, account: &Credentials) -> bool {
        account.user.active && account.password_hash.is_none() && self.opens(account)
    }

    /// Whether the policy lets an account be logged in to with the password that it has.
    fn opens(&self, account: &Credentials) -> bool {
        account.password_hash.is_some() || self.policy.takes_blank(&account.user.username)
    }

    /// Opens a session of an account that is still as it was when its password was checked.
    async fn open(&self, account: Credentials, fresh: Option<String>, from: Option<IpAddr>) -> Result<Opened> {
        let Credentials { user, password_hash } = account;
        let token = Token::generate(Kind::Session);
        let new = NewSession {
            user: user.id,
            token: token.hash(),
            kind: SessionKind::Login,
            name: String::new(),
            address: from.map(|from| from.to_string()).unwrap_or_default(),
            expires_at: Timestamp::now() + self.lifetime,
        };
        let event = Actor { name: user.username.to_string(), address: from }.did(Action::Login, &user.username);
        let id = user.id;
        let (session, user) = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let user = store::users::set_password(tx, id, password_hash, fresh).await?;
                    let user = user.filter(|user| user.active).ok_or(Error::LoginFailed)?;
                    store::audit::record(tx, event).await?;
                    Ok((store::sessions::create(tx, new).await?, user))
                })
            })
            .await?;
        Ok(Opened { token, session, user })
    }

    /// Makes an access token of a member's.
    pub async fn create_access_token(
        &self,
        member: &Member,
        name: String,
        lifetime: Option<Duration>,
        actor: Actor,
    ) -> Result<Opened> {
        let (token, by) = (Token::generate(Kind::Session), member.token);
        let new = NewSession {
            user: member.user.id,
            token: token.hash(),
            kind: SessionKind::AccessToken,
            name,
            address: actor.address.map(|address| address.to_string()).unwrap_or_default(),
            expires_at: Timestamp::now() + lifetime.unwrap_or(self.lifetime),
        };
        let session = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    store::sessions::confirm(&**tx, &by, false).await?;
                    if store::sessions::count(tx, new.user, new.kind).await? >= MOST {
                        return Err(Error::TooManyTokens);
                    }
                    let session = store::sessions::create(tx, new).await?;
                    let event = actor.did(Action::CreateToken, session.id);
                    store::audit::record(tx, event.with(format!("`{}`, until {}", session.name, session.expires_at)))
                        .await?;
                    Ok(session)
                })
            })
            .await?;
        Ok(Opened { token, session, user: member.user.clone() })
    }

    /// Sets a password, for a member's own account with the one until now; answers how many other sessions it ended.
    pub async fn change_password(
        &self,
        member: &Member,
        account: Credentials,
        current: &str,
        new: &str,
        actor: Actor,
    ) -> Result<usize> {
        let Credentials { user, password_hash } = account;
        let (own, of) = (member.user.id == user.id, &user.username);
        let new = Password::new(new);
        self.policy.check(&new, of).map_err(|why| Error::invalid("new_password", why))?;
        if own && password_hash.is_some() {
            let admitted = self.throttle.admit(Some(of), actor.address).await?;
            let verdict = self.passwords.check(Some(password_hash.clone()), Password::new(current)).await?;
            if verdict == Verdict::Wrong {
                admitted.failed();
                return Err(Error::WrongPassword);
            }
        }
        let detail = if new.is_blank() { "blank" } else { "" };
        let event = actor.did(Action::ChangePassword, of).with(detail);
        let hash = self.passwords.hash(new).await?;
        let (kept, by) = (own.then_some(member.session.id), member.token);
        let ended = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    store::sessions::confirm(&**tx, &by, !own).await?;
                    let changed = store::users::set_password(tx, user.id, password_hash, hash).await?;
                    changed.ok_or(Error::WrongPassword)?;
                    store::audit::record(tx, event).await?;
                    store::sessions::delete_of_user(tx, user.id, kept).await
                })
            })
            .await?;
        self.end(&ended).await;
        Ok(ended.len())
    }

    /// Ends a session, whoever's it is; `action` tells why.
    pub async fn revoke(&self, id: SessionId, actor: Actor, action: Action) -> Result<()> {
        let ended = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let ended = store::sessions::delete(tx, id).await?;
                    if ended.is_some() {
                        store::audit::record(tx, actor.did(action, id)).await?;
                    }
                    Ok(ended)
                })
            })
            .await?;
        self.end(ended.as_slice()).await;
        Ok(())
    }

    /// Refuses tokens whose sessions are no more from now on, and ends the streams that were opened with them.
    pub async fn end(&self, tokens: &[TokenHash]) {
        for token in tokens {
            // A look-up that began before the end may still be remembered after it.
            self.ended.insert(*token, ()).await;
            self.known.invalidate(token).await;
            let _nobody_listens = self.endings.send(*token);
        }
    }

    /// Looks tokens up anew whose owner has changed.
    pub async fn forget(&self, tokens: &[TokenHash]) {
        for token in tokens {
            self.known.invalidate(token).await;
        }
    }

    /// Comes when the session of a caller has ended, or soon after.
    pub fn ended(self: &Arc<Self>, member: &Member) -> BoxFuture<'static, ()> {
        let mut endings = self.endings.subscribe();
        let (sessions, token) = (self.clone(), member.token);
        async move {
            // An end may come before anybody listens, among too many others, or from elsewhere.
            while sessions.known(Kind::Session, token).await.is_ok() {
                let told = async { while endings.recv().await.is_ok_and(|ended| ended != token) {} };
                drop(tokio::time::timeout(BELIEVED, told).await);
            }
        }
        .boxed()
    }

    /// When a session was last used, as far as that is known.
    pub fn last_used(&self, session: &Session) -> Timestamp {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.get(&session.id).copied().unwrap_or(session.last_used_at)
    }

    /// Clears sessions that have ended, and writes down when the others were used, for as long as it is polled.
    pub async fn keep(self: Arc<Self>) {
        let (mut minute, mut hour) = (interval(NOTED), interval(CLEARED));
        loop {
            let kept = tokio::select! {
                _ = minute.tick() => self.note_use().await,
                _ = hour.tick() => self.clear().await,
            };
            if let Err(error) = kept {
                tracing::error!(%error, "sessions could not be kept; it is tried again");
            }
        }
    }

    /// Clears what has ended, and of the logins what is too many.
    async fn clear(&self) -> Result<()> {
        self.store
            .write(|tx| {
                Box::pin(async move {
                    store::sessions::delete_ended(tx, Timestamp::now()).await?;
                    store::sessions::trim_logins(tx, MOST).await
                })
            })
            .await
    }

    async fn note_use(&self) -> Result<()> {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        let used: Vec<_> = used.into_iter().collect();
        // In pieces: others write, too.
        for some in used.chunks(200) {
            let some = some.to_vec();
            self.store.write(|tx| Box::pin(store::sessions::note_use(tx, some))).await?;
        }
        Ok(())
    }

    /// Who calls with this token.
    pub async fn resolve(&self, token: &str) -> Result<Caller> {
        let token = Token::parse(token).ok_or(Error::TokenInvalid)?;
        self.known(token.kind(), token.hash()).await
    }

    async fn known(&self, kind: Kind, hash: TokenHash) -> Result<Caller> {
        if self.ended.contains_key(&hash) {
            return Err(Error::TokenInvalid);
        }
        // Callers with the same token wait for one look-up.
        let caller = self.known.try_get_with(hash, self.look_up(kind, hash)).await;
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
            Kind::Session => {
                let found = store::sessions::find(db, &hash).await?.filter(|(_, user)| user.active);
                found.map(|(session, user)| {
                    let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
                    used.insert(session.id, Timestamp::now());
                    Caller::Member(Member { user, session, token: hash }.into())
                })
            }
            Kind::Agent => store::agents::find_by_credential(db, &hash).await?.map(|agent| Caller::Agent(agent.id)),
            Kind::Join => store::agents::find_join_token(db, &hash, Timestamp::now()).await?.map(Caller::Joining),
        };
        caller.ok_or(Error::TokenInvalid)
    }
}
