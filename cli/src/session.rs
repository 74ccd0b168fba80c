//! Who acts: whose token goes with a call, where it is kept, and when somebody must log in.

use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::{LoginRequest, LoginResponse};
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::args::Global;
use crate::error::{Error, warn};
use crate::master_url::MasterUrl;
use crate::password;
use crate::store::{Kept, Store};

/// The account that everybody can use until somebody gives it a password.
const OPEN_USER: &str = "pedl";

/// Whom a command acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Whoever this token of `PEDL_TOKEN` belongs to.
    Token(String),
    /// Who was named for this command.
    Named(String),
    /// Who logged in.
    Active(String),
    /// Nobody logged in.
    Nobody,
}

impl Actor {
    /// A token from the environment, before the user who was named, before the one who logged in.
    fn decide(token: Option<String>, named: Option<String>, active: Option<String>) -> Self {
        let token = token.map(Self::Token);
        let named = named.map(Self::Named);
        token.or(named).or(active.map(Self::Active)).unwrap_or(Self::Nobody)
    }

    /// The account, where it is known before the master is asked.
    fn username(&self) -> Option<&str> {
        match self {
            Self::Token(_) => None,
            Self::Named(user) | Self::Active(user) => Some(user),
            Self::Nobody => Some(OPEN_USER),
        }
    }
}

/// The acting user's session.
#[derive(Debug)]
pub struct Session {
    actor: Actor,
    master: MasterUrl,
    store: Store,
    password_stdin: bool,
    /// The token in use, once there is one.
    token: Option<String>,
}

impl Session {
    /// Decides who acts. Nothing is asked, of nobody, before a token is needed.
    pub fn new(global: &Global) -> Self {
        let store = Store::open(global.master.clone());
        let from_environment = token_from_environment();
        let named = named_user(global);
        if let (Some(_), Some(name)) = (&from_environment, &named) {
            warn(format!("PEDL_TOKEN is set and goes before -u {name}"));
        }
        let kept = if from_environment.is_some() { Kept::default() } else { store.read() };
        let actor = Actor::decide(from_environment, named, kept.active_user);
        let token = match &actor {
            Actor::Token(token) => Some(token.clone()),
            Actor::Named(user) | Actor::Active(user) => kept.tokens.get(user).cloned(),
            Actor::Nobody => kept.tokens.get(OPEN_USER).cloned(),
        };
        Self { actor, master: global.master.clone(), store, password_stdin: global.password_stdin, token }
    }

    /// The token to call with; logs in where there is none.
    pub async fn token(&mut self, channel: &Channel) -> Result<String, Error> {
        match &self.token {
            Some(token) => Ok(token.clone()),
            None => self.log_in(channel).await,
        }
    }

    /// A token in place of the one that the master refused with `refusal`.
    pub async fn renew(&mut self, channel: &Channel, refusal: Status) -> Result<String, Error> {
        let Some(user) = self.actor.username() else {
            return Err(Error::NotLoggedIn(format!("the token of PEDL_TOKEN is refused: {}", refusal.message())));
        };
        if let Some(refused) = self.token.take() {
            self.store.change(|kept| kept.drop_token(user, &refused));
        }
        self.log_in(channel).await
    }

    async fn log_in(&mut self, channel: &Channel) -> Result<String, Error> {
        let (user, password) = match &self.actor {
            Actor::Token(token) => return Ok(token.clone()),
            Actor::Nobody => (OPEN_USER, String::new()),
            Actor::Named(user) => (user.as_str(), password::obtain(user, &self.master, self.password_stdin)?),
            Actor::Active(user) if self.password_stdin || password::can_ask() => {
                (user.as_str(), password::obtain(user, &self.master, self.password_stdin)?)
            }
            Actor::Active(user) => {
                return Err(Error::NotLoggedIn(format!("the session of {user} has ended: `pedl user login {user}`")));
            }
        };
        let answer = log_in(channel, user, password).await.map_err(|status| self.login_failed(user, status))?;
        self.store.change(|kept| {
            kept.tokens.insert(user.to_string(), answer.token.clone());
        });
        Ok(self.token.insert(answer.token).clone())
    }

    fn login_failed(&self, user: &str, status: Status) -> Error {
        if self.actor == Actor::Nobody && status.code() == Code::Unauthenticated {
            return Error::NotLoggedIn(format!(
                "nobody is logged in, and the user {OPEN_USER} is inactive or has a password: `pedl user login NAME`"
            ));
        }
        login_failed(user, status, &self.master)
    }
}

/// What it means that the master let nobody in.
pub fn login_failed(user: &str, status: Status, master: &MasterUrl) -> Error {
    match status.code() == Code::Unauthenticated {
        true => Error::NotLoggedIn(format!("cannot log in as {user}: {}", status.message())),
        false => Error::from_status(status, master),
    }
}

/// Logs a user in.
pub async fn log_in(channel: &Channel, username: &str, password: String) -> Result<LoginResponse, Status> {
    let request = LoginRequest { username: username.to_string(), password, browser: false };
    Ok(SessionServiceClient::new(channel.clone()).login(request).await?.into_inner())
}

/// The user that `-u` or `PEDL_USER` names, as tokens are kept by it: names know no case.
pub fn named_user(global: &Global) -> Option<String> {
    global.user.as_ref().filter(|name| !name.is_empty()).map(|name| name.to_lowercase())
}

/// The token that `PEDL_TOKEN` gives.
pub fn token_from_environment() -> Option<String> {
    std::env::var("PEDL_TOKEN").ok().filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_acts() {
        let some = |text: &str| Some(text.to_string());
        for (token, named, active, want) in [
            (some("t"), some("ada"), some("bob"), Actor::Token("t".into())),
            (None, some("ada"), some("bob"), Actor::Named("ada".into())),
            (None, None, some("bob"), Actor::Active("bob".into())),
            (None, None, None, Actor::Nobody),
        ] {
            assert_eq!(Actor::decide(token, named, active), want);
        }
    }
}
