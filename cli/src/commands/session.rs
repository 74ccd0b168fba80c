//! `pedl user sessions`: logins and access tokens, as long as they last. [`super::token`] makes tokens.

use clap::Subcommand;
use jiff::Timestamp;
use pedl_proto::v1::{ListSessionsRequest, RevokeSessionRequest, SessionKind};

use super::asset::parse_id;
use crate::args::Global;
use crate::client::Client;
use crate::error::Error;
use crate::{output, record, time};

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List your sessions and access tokens, newest first
    #[command(
        after_help = "Examples:\n  pedl user sessions list\n  pedl -u admin user sessions list -a -o json | jq '.[] | select(.username == \"ada\")'"
    )]
    List {
        /// Everybody's; administrators only
        #[arg(short, long)]
        all: bool,
    },
    /// End a session or an access token, and what was opened with it
    #[command(after_help = "Examples:\n  pedl user sessions revoke 7")]
    Revoke {
        /// Its number
        #[arg(value_parser = parse_id)]
        id: i64,
    },
}

/// Does what the verb says.
pub async fn run(global: &Global, verb: Verb) -> Result<(), Error> {
    match verb {
        Verb::List { all } => list(global, all).await,
        Verb::Revoke { id } => revoke(global, id).await,
    }
}

async fn list(global: &Global, all: bool) -> Result<(), Error> {
    let sessions = fetch_all(&mut Client::connect(global).await?, SessionKind::Unspecified, all).await?;
    let now = Timestamp::now();
    global.output.list(&sessions, || {
        let header = ["ID", "KIND", "USER", "NAME", "FROM", "CREATED", "LAST USED", "ENDS", ""];
        output::table(header, sessions.iter().map(|session| row(session, now)))
    })
}

fn row(session: &record::Session, now: Timestamp) -> [String; 9] {
    [
        session.id.to_string(),
        in_words(&session.kind),
        session.username.clone(),
        session.name.clone().unwrap_or_default(),
        session.address.clone().unwrap_or_default(),
        relative(session.created_at, now),
        relative(session.last_used_at, now),
        relative(session.expires_at, now),
        if session.current { "this one" } else { "" }.to_string(),
    ]
}

fn in_words(kind: &str) -> String {
    kind.replace('_', " ")
}

/// How far away a time is, where there is one.
pub fn relative(moment: Option<Timestamp>, now: Timestamp) -> String {
    moment.map(|moment| time::relative(moment, now)).unwrap_or_default()
}

/// The caller's sessions of a kind, or everybody's.
pub async fn fetch_all(client: &mut Client, kind: SessionKind, all_users: bool) -> Result<Vec<record::Session>, Error> {
    let mut sessions = Vec::new();
    let mut request = ListSessionsRequest { all_users, kind: kind.into(), page_size: 500, page_token: String::new() };
    loop {
        let page = client.call(async |api| api.sessions().list_sessions(request.clone()).await).await?;
        sessions.extend(page.sessions.into_iter().map(record::Session::from));
        if page.next_page_token.is_empty() {
            return Ok(sessions);
        }
        request.page_token = page.next_page_token;
    }
}

/// Ends a session or an access token.
pub async fn revoke(global: &Global, id: i64) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let request = RevokeSessionRequest { id };
    let answer = client.call(async |api| api.sessions().revoke_session(request).await).await?;
    let session = record::Session::from(answer.session.unwrap_or_default());
    global.output.done(&session, || {
        let name = session.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        format!("ended {} {}{name} of {}", in_words(&session.kind), session.id, session.username)
    })
}
