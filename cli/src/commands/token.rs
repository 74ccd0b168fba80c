//! `pedl token`: access tokens, which scripts act with. To the master they are sessions of a kind.

use clap::Subcommand;
use jiff::Timestamp;
use pedl_proto::v1::{CreateAccessTokenRequest, SessionKind};

use super::asset::parse_id;
use super::session;
use crate::args::Global;
use crate::client::Client;
use crate::error::{Error, say};
use crate::output::{self, Format};
use crate::{record, time};

const CREATE_EXAMPLES: &str = "\
Examples:
  PEDL_TOKEN=$(pedl token create --name nightly --lifetime 7d) ./nightly.sh
  pedl token create --lifetime 12h > token    # in the script: export PEDL_TOKEN=$(cat token)

A token does what you may do, but makes no tokens and changes no password of yours.";

/// What can be done with access tokens.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a token that scripts act with as you, and print it
    #[command(after_help = CREATE_EXAMPLES)]
    Create {
        /// What to call it
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// How long it lasts: 1m to 366d; without it: as long as a login
        #[arg(long, value_name = "DURATION", value_parser = time::parse_duration)]
        lifetime: Option<prost_types::Duration>,
    },
    /// List your access tokens, newest first
    #[command(after_help = "Examples:\n  pedl token list\n  pedl -u admin token list -a")]
    List {
        /// Everybody's; administrators only
        #[arg(short, long)]
        all: bool,
    },
    /// End an access token, and what was opened with it
    #[command(after_help = "Examples:\n  pedl token revoke 7")]
    Revoke {
        /// Its number
        #[arg(value_parser = parse_id)]
        id: i64,
    },
}

/// Does what the verb says.
pub async fn run(global: &Global, verb: Verb) -> Result<(), Error> {
    match verb {
        Verb::Create { name, lifetime } => {
            create(global, CreateAccessTokenRequest { name: name.unwrap_or_default(), lifetime }).await
        }
        Verb::List { all } => list(global, all).await,
        Verb::Revoke { id } => session::revoke(global, id).await,
    }
}

async fn create(global: &Global, request: CreateAccessTokenRequest) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let answer = client.call(async |api| api.sessions().create_access_token(request.clone()).await).await?;
    let token = record::AccessToken::from(answer);
    global.output.one(&token, || token.token.clone())?;
    let until = token.expires_at.map(|end| format!(" until {}", time::exact_and_relative(end, Timestamp::now())));
    let until = until.unwrap_or_default();
    say(format!("shown this once; it works{until}; end it before: `pedl token revoke {}`", token.id));
    Ok(())
}

async fn list(global: &Global, all: bool) -> Result<(), Error> {
    let tokens = session::fetch_all(&mut Client::connect(global).await?, SessionKind::AccessToken, all).await?;
    let now = Timestamp::now();
    global.output.list(&tokens, || match all {
        true => output::table(
            ["ID", "NAME", "USER", "CREATED", "LAST USED", "ENDS"],
            tokens.iter().map(|token| {
                let [id, name, created, used, ends] = row(token, now);
                [id, name, token.username.clone(), created, used, ends]
            }),
        ),
        false => {
            output::table(["ID", "NAME", "CREATED", "LAST USED", "ENDS"], tokens.iter().map(|token| row(token, now)))
        }
    })?;
    if tokens.is_empty() && global.output == Format::Table {
        say("no access tokens; make one with: pedl token create");
    }
    Ok(())
}

fn row(token: &record::Session, now: Timestamp) -> [String; 5] {
    [
        token.id.to_string(),
        token.name.clone().unwrap_or_default(),
        session::relative(token.created_at, now),
        session::relative(token.last_used_at, now),
        session::relative(token.expires_at, now),
    ]
}
