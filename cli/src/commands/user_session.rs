//! `pedl user login`, `logout` and `whoami`: sessions, and the tokens that are kept for them.

use pedl_proto::v1::{GetCurrentSessionRequest, LogoutRequest};
use tonic::Code;
use tonic::transport::Channel;

use crate::args::Global;
use crate::client::{Api, Client, connect};
use crate::error::{Error, say};
use crate::session::{log_in, login_failed, named_user, token_from_environment};
use crate::store::Store;
use crate::{password, record, time};

/// How to log in.
pub const LOGIN_EXAMPLES: &str = "\
Examples:
  pedl user login ada
  pedl user login ada --password-stdin < password-file
  PEDL_PASSWORD=… pedl user login ada    # where there is no terminal

For one command only, without logging in: pedl -u ada …";

/// How to log out.
pub const LOGOUT_EXAMPLES: &str = "\
Examples:
  pedl user logout           # whoever logged in
  pedl -u ada user logout    # forget the token that `pedl -u ada …` keeps
  pedl user logout -a        # everybody, with this master";

/// Opens a session and makes its user the active one.
pub async fn login(global: &Global, name: Option<String>) -> Result<(), Error> {
    if token_from_environment().is_some() {
        return Err(Error::Usage("PEDL_TOKEN is set, so a login would change nothing: unset it first".to_string()));
    }
    let name = match name.or_else(|| named_user(global)) {
        Some(name) => name,
        None if password::can_ask() => password::ask_username()?,
        None => return Err(Error::Usage("whom shall I log in? `pedl user login NAME`".to_string())),
    };
    let channel = connect(&global.master).await?;
    let password = password::obtain(&name, &global.master, global.password_stdin)?;
    let answer = log_in(&channel, &name, password).await;
    let answer = answer.map_err(|status| login_failed(&name, status, &global.master))?;
    let user = record::User::from(answer.user.unwrap_or_default());
    Store::open(global.master.clone()).change(|kept| {
        kept.tokens.insert(user.username.clone(), answer.token);
        kept.active_user = Some(user.username.clone());
    });
    global.output.done(&user, || format!("logged in as {}", user.username))
}

/// Ends a session, or all that are kept for this master. The tokens are forgotten here even where the
/// master cannot be told.
pub async fn logout(global: &Global, all: bool) -> Result<(), Error> {
    if let Some(token) = token_from_environment() {
        return end_sessions(global, &[token]).await;
    }
    let store = Store::open(global.master.clone());
    let kept = store.read();
    let users: Vec<String> = match (all, named_user(global).or(kept.active_user)) {
        (true, _) => kept.tokens.keys().cloned().collect(),
        (false, Some(user)) => vec![user],
        (false, None) => Vec::new(),
    };
    store.change(|kept| {
        users.iter().for_each(|user| kept.forget(user));
        if all {
            kept.active_user = None;
        }
    });
    let tokens: Vec<_> = users.iter().filter_map(|user| kept.tokens.get(user).cloned()).collect();
    match users[..] {
        [] => say(format!("nobody is logged in at {}", global.master)),
        _ => say(format!("logged out {}", users.join(", "))),
    }
    end_sessions(global, &tokens).await
}

async fn end_sessions(global: &Global, tokens: &[String]) -> Result<(), Error> {
    if tokens.is_empty() {
        return Ok(());
    }
    let channel = connect(&global.master).await?;
    let mut outcome = Ok(());
    for token in tokens {
        outcome = outcome.and(end_session(&channel, token, global).await);
    }
    outcome
}

/// A session that has ended already is as good.
async fn end_session(channel: &Channel, token: &str, global: &Global) -> Result<(), Error> {
    match Api::new(channel.clone(), token)?.sessions().logout(LogoutRequest {}).await {
        Err(status) if status.code() != Code::Unauthenticated => Err(Error::from_status(status, &global.master)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Tells whom commands act as.
pub async fn whoami(global: &Global) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let request = GetCurrentSessionRequest {};
    let answer = client.call(async |api| api.sessions().get_current_session(request).await).await?;
    let session = answer.session.unwrap_or_default();
    let whoami = record::Whoami {
        user: answer.user.unwrap_or_default().into(),
        session_expires_at: session.expires_at.and_then(time::from_proto),
        master: global.master.to_string(),
    };
    global.output.one(&whoami, || whoami.user.username.clone())
}
