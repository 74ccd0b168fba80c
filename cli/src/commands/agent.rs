//! `pedl agent`: the machines that run work.

use clap::Subcommand;
use jiff::Timestamp;
use pedl_proto::v1::{CreateAgentTokenRequest, DisableAgentRequest, EnableAgentRequest, ListAgentsRequest};

use super::{agent_queue, counted};
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
    /// List what waits for a place, the next to get one first
    #[command(
        after_help = "Examples:\n  pedl agent queue\n  pedl agent queue --resource-pool big\n  pedl agent queue -o json | jq '.[] | select(.owner == \"ada\") | .position'"
    )]
    Queue {
        /// Only what waits for this pool
        #[arg(long, value_name = "NAME")]
        resource_pool: Option<String>,
    },
    /// Have an agent take tasks again; administrators only
    #[command(after_help = "Examples:\n  pedl -u admin agent enable gpu-1")]
    Enable {
        /// Which, as `pedl agent list` names it
        name: String,
    },
    /// Keep an agent from taking tasks, and kill what it runs; administrators only
    #[command(
        after_help = "Examples:\n  pedl -u admin agent disable gpu-1 --drain    # what runs there goes on to its end\n  pedl -u admin agent disable gpu-1            # what runs there is killed now\n\nIt stays disabled, also when it is restarted, until it is enabled. What waits goes to other agents."
    )]
    Disable {
        /// Which, as `pedl agent list` names it
        name: String,
        /// Let what it runs go on to its end
        #[arg(long)]
        drain: bool,
    },
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
        Verb::Queue { resource_pool } => agent_queue::list(global, resource_pool).await,
        Verb::Enable { name } => enable(global, name).await,
        Verb::Disable { name, drain } => disable(global, name, drain).await,
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
    let connected = if agent.connected { "connected" } else { "away" };
    let service = match (agent.enabled, agent.draining) {
        (true, _) => "",
        (false, false) => ", disabled",
        (false, true) => ", draining",
    };
    [
        agent.name.clone(),
        agent.resource_pool.clone(),
        format!("{connected}{service}"),
        format!("{}/{} {}", agent.used_slots, agent.slots, agent.slot_kind),
        agent.tasks.to_string(),
        agent.version.clone(),
        agent.last_seen_at.map(|seen| time::relative(seen, Timestamp::now())).unwrap_or_default(),
    ]
}

async fn enable(global: &Global, name: String) -> Result<(), Error> {
    let request = EnableAgentRequest { name };
    let mut client = Client::connect(global).await?;
    let answer = client.call(async |api| api.cluster().enable_agent(request.clone()).await).await?;
    let agent = record::Agent::from(answer.agent.unwrap_or_default());
    global.output.done(&agent, || match agent.connected {
        true => format!("enabled {}: it takes tasks", agent.name),
        false => format!("enabled {}: it takes tasks as soon as it is connected", agent.name),
    })
}

async fn disable(global: &Global, name: String, drain: bool) -> Result<(), Error> {
    let request = DisableAgentRequest { name, drain };
    let mut client = Client::connect(global).await?;
    let answer = client.call(async |api| api.cluster().disable_agent(request.clone()).await).await?;
    let agent = record::Agent::from(answer.agent.unwrap_or_default());
    let disabled = record::DisabledAgent { agent, killed_assets: answer.killed_assets };
    global.output.done(&disabled, || describe(&disabled, drain))
}

fn describe(disabled: &record::DisabledAgent, drain: bool) -> String {
    let record::DisabledAgent { agent, killed_assets } = disabled;
    let name = &agent.name;
    match (drain, agent.tasks, killed_assets) {
        (_, 0, _) => format!("disabled {name}: nothing runs there"),
        (true, tasks, _) => format!("disabled {name}; left to their end: {}", counted(tasks, "task")),
        (false, _, killed) => format!("disabled {name}; killing {}", counted(*killed, "asset")),
    }
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
