//! `pedl agent`: the machines that run work.

use clap::Subcommand;
use jiff::Timestamp;
use pedl_proto::v1::{CreateAgentTokenRequest, ListAgentsRequest};

use crate::args::Global;
use crate::client::Client;
use crate::error::{Error, say};
use crate::output::{self, Format};
use crate::{record, time};

/// What can be done with agents.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the agents by name
    #[command(
        after_help = "Examples:\n  pedl agent list\n  pedl agent list -o json | jq '.[] | select(.connected | not)'"
    )]
    List,
    /// Make a token that lets agents on other machines join; administrators only
    #[command(
        after_help = "Examples:\n  pedl -u admin agent create-token > agent-token\n  pedl -u admin agent create-token --resource-pool big --lifetime 1h\n\nGive the token to the agent in a file: pedl-agent --master URL --token-file agent-token"
    )]
    CreateToken {
        /// The pool that the agents serve [default: default]
        #[arg(long, value_name = "NAME")]
        resource_pool: Option<String>,
        /// How long the token can be used: 1m to 30d [default: 24h]
        #[arg(long, value_name = "DURATION", value_parser = time::parse_duration)]
        lifetime: Option<prost_types::Duration>,
    },
}

/// Does what the verb says.
pub async fn run(global: &Global, verb: Verb) -> Result<(), Error> {
    match verb {
        Verb::List => list(global).await,
        Verb::CreateToken { resource_pool, lifetime } => create_token(global, resource_pool, lifetime).await,
    }
}

async fn list(global: &Global) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let answer = client.call(async |api| api.cluster().list_agents(ListAgentsRequest {}).await).await?;
    let agents: Vec<_> = answer.agents.into_iter().map(record::Agent::from).collect();
    if agents.is_empty() && global.output == Format::Table {
        say("no agents; start one with: pedl-agent --master URL");
    }
    global.output.list(&agents, || {
        let header = ["NAME", "POOL", "STATE", "SLOTS", "TASKS", "VERSION", "LAST SEEN"];
        output::table(header, agents.iter().map(row))
    })
}

fn row(agent: &record::Agent) -> [String; 7] {
    let state = match (agent.connected, agent.enabled) {
        (true, true) => "connected",
        (true, false) => "connected, disabled",
        (false, true) => "away",
        (false, false) => "away, disabled",
    };
    [
        agent.name.clone(),
        agent.resource_pool.clone(),
        state.to_string(),
        format!("{}/{} {}", agent.used_slots, agent.slots, agent.slot_kind),
        agent.tasks.to_string(),
        agent.version.clone(),
        agent.last_seen_at.map(|seen| time::relative(seen, Timestamp::now())).unwrap_or_default(),
    ]
}

async fn create_token(
    global: &Global,
    resource_pool: Option<String>,
    lifetime: Option<prost_types::Duration>,
) -> Result<(), Error> {
    let request = CreateAgentTokenRequest { resource_pool: resource_pool.unwrap_or_default(), lifetime };
    let mut client = Client::connect(global).await?;
    let answer = client.call(async |api| api.cluster().create_agent_token(request.clone()).await).await?;
    let expires_at = answer.expires_at.and_then(time::from_proto);
    let token = record::AgentToken { token: answer.token, expires_at };
    global.output.one(&token, || token.token.clone())?;
    if let Some(end) = expires_at {
        say(format!(
            "shown this once; agents can join with it until {}",
            time::exact_and_relative(end, Timestamp::now())
        ));
    }
    Ok(())
}
