//! Lists of assets, of any kind.

use clap::{Args as ClapArgs, ValueEnum};
use jiff::Timestamp;
use pedl_proto::v1::{self, AssetFilter, AssetKind, AssetOrder, AssetState, ListAssetsRequest};

use crate::args::Global;
use crate::client::Client;
use crate::error::{Error, say};
use crate::output::{self, Format, shorten};
use crate::{record, time};

/// The longest description in a table; `describe` shows all of it.
const DESCRIPTION_WIDTH: usize = 48;
/// The longest reason for a state in a table.
const REASON_WIDTH: usize = 60;

/// What to list.
#[derive(Debug, ClapArgs)]
pub struct ListArgs {
    /// Everybody's
    #[arg(short, long)]
    all: bool,
    /// Another user's
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    owner: Option<String>,
    /// Only those in one of these states, between commas
    #[arg(long = "state", value_name = "STATE", value_delimiter = ',', ignore_case = true)]
    states: Vec<State>,
    /// Only those whose description contains this text
    #[arg(long = "match", value_name = "TEXT")]
    text: Option<String>,
    /// In which order; `ended-last`: first what has not ended, then what ended last
    #[arg(long, value_name = "ORDER", default_value = "newest")]
    sort: Sort,
}

/// Where an asset stands.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Queued,
    Starting,
    Running,
    Paused,
    Stopping,
    Completed,
    Failed,
    Killed,
    Lost,
}

impl From<State> for AssetState {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Starting => Self::Starting,
            State::Running => Self::Running,
            State::Paused => Self::Paused,
            State::Stopping => Self::Stopping,
            State::Completed => Self::Completed,
            State::Failed => Self::Failed,
            State::Killed => Self::Killed,
            State::Lost => Self::Lost,
        }
    }
}

/// In which order a list is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sort {
    Newest,
    Oldest,
    Description,
    DescriptionDescending,
    EndedLast,
    EndedFirst,
}

impl From<Sort> for AssetOrder {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Newest => Self::Unspecified,
            Sort::Oldest => Self::Oldest,
            Sort::Description => Self::Description,
            Sort::DescriptionDescending => Self::DescriptionDescending,
            Sort::EndedLast => Self::EndedLast,
            Sort::EndedFirst => Self::EndedFirst,
        }
    }
}

/// Lists assets of a kind: the caller's, another's, or everybody's.
pub async fn run(global: &Global, kind: AssetKind, args: ListArgs) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let others = args.all || args.owner.is_some();
    let narrowed = args.owner.is_some() || !args.states.is_empty() || args.text.is_some();
    let filter = AssetFilter {
        kind: kind.into(),
        all_owners: args.all,
        states: args.states.into_iter().map(|state| AssetState::from(state).into()).collect(),
        text: args.text.unwrap_or_default(),
        owner: args.owner.unwrap_or_default(),
        agent: String::new(),
    };
    let request = ListAssetsRequest {
        filter: Some(filter),
        page_size: 500,
        page_token: String::new(),
        order: AssetOrder::from(args.sort).into(),
    };
    let assets: Vec<_> = fetch_all(&mut client, request).await?.iter().map(record::Asset::from).collect();
    let now = Timestamp::now();
    global.output.list(&assets, || match args.all {
        true => output::table(
            ["ID", "DESCRIPTION", "STATE", "OWNER", "AGENT", "EXIT", "CREATED"],
            assets.iter().map(|asset| {
                let [id, description, state, agent, exit, created] = row(asset, now);
                [id, description, state, asset.owner.clone(), agent, exit, created]
            }),
        ),
        false => output::table(
            ["ID", "DESCRIPTION", "STATE", "AGENT", "EXIT", "CREATED"],
            assets.iter().map(|asset| row(asset, now)),
        ),
    })?;
    if assets.is_empty() && global.output == Format::Table {
        say(hint_at_empty(kind, others, narrowed));
    }
    Ok(())
}

async fn fetch_all(client: &mut Client, mut request: ListAssetsRequest) -> Result<Vec<v1::Asset>, Error> {
    let mut assets = Vec::new();
    loop {
        let page = client.call(async |api| api.assets().list_assets(request.clone()).await).await?;
        assets.extend(page.assets);
        if page.next_page_token.is_empty() {
            return Ok(assets);
        }
        request.page_token = page.next_page_token;
    }
}

fn row(asset: &record::Asset, now: Timestamp) -> [String; 6] {
    let state = match &asset.state_reason {
        Some(reason) => format!("{} ({})", asset.state, shorten(reason, REASON_WIDTH)),
        None => asset.state.clone(),
    };
    [
        asset.id.to_string(),
        shorten(&asset.description, DESCRIPTION_WIDTH),
        state,
        asset.agent.clone().unwrap_or_default(),
        asset.exit_code.map(|code| code.to_string()).unwrap_or_default(),
        asset.created_at.map(|created| time::relative(created, now)).unwrap_or_default(),
    ]
}

fn hint_at_empty(kind: AssetKind, others: bool, narrowed: bool) -> String {
    let start = match kind {
        _ if narrowed => " of this sort",
        AssetKind::Command => "; start one with: pedl command run -- PROGRAM",
        AssetKind::Experiment | AssetKind::Notebook | AssetKind::Tensorboard | AssetKind::Unspecified => "",
    };
    let everybody = if others { "" } else { " (-a lists everybody's)" };
    format!("no {}s{start}{everybody}", record::kind(kind))
}
