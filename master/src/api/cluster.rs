//! The cluster: its master and its agents.

use std::time::Duration;

use jiff::Timestamp;
use pedl_proto::v1;
use pedl_proto::v1::cluster_service_server::ClusterService;
use pedl_proto::v1::{
    CreateAgentTokenRequest, CreateAgentTokenResponse, DisableAgentRequest, DisableAgentResponse, EnableAgentRequest,
    EnableAgentResponse, GetMasterRequest, GetMasterResponse, ListAgentsRequest, ListAgentsResponse,
    ListAuditEventsRequest, ListAuditEventsResponse, ListQueueRequest, ListQueueResponse,
};
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::{audit_event_to_proto, time, timestamp, username};
use super::fields::Fields;
use super::page::Page;
use super::spec::parse_pool;
use crate::agents::{Agent, SlotKind, lifecycle};
use crate::audit::{Action, Actor, Filter};
use crate::auth::caller::Caller;
use crate::auth::token::{Kind, Token};
use crate::error::{Error, Result};
use crate::store;
use crate::store::tasks::Use;
use crate::users::{DEFAULT, Username};

const DEFAULT_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
const MIN_LIFETIME: Duration = Duration::from_secs(60);
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[tonic::async_trait]
impl ClusterService for Api {
    async fn get_master(&self, _: Request<GetMasterRequest>) -> Result<Response<GetMasterResponse>, Status> {
        let identity = store::cluster::identity(self.store.read()).await?;
        let default = Username::from_store(DEFAULT.into());
        let default = store::users::find_credentials(self.store.read(), &default).await?;
        Ok(Response::new(GetMasterResponse {
            version: env!("CARGO_PKG_VERSION").into(),
            cluster_id: identity.cluster_id.to_string(),
            default_account_open: default.is_some_and(|account| self.sessions.takes_everybody(&account)),
        }))
    }

    async fn list_agents(&self, _: Request<ListAgentsRequest>) -> Result<Response<ListAgentsResponse>, Status> {
        let agents = store::agents::list(self.store.read()).await?;
        let uses = store::tasks::uses(self.store.read()).await?;
        let used = |agent: &Agent| uses.get(&agent.id).copied().unwrap_or_default();
        let agents = agents.into_iter().map(|agent| self.agent_to_proto(used(&agent), agent)).collect();
        Ok(Response::new(ListAgentsResponse { agents }))
    }

    async fn enable_agent(
        &self,
        request: Request<EnableAgentRequest>,
    ) -> Result<Response<EnableAgentResponse>, Status> {
        let (by, actor) = (Caller::member(request.extensions())?.token, Actor::of(request.extensions()));
        let name = request.into_inner().name;
        let event = actor.did(Action::EnableAgent, &name);
        let agent = self
            .administer(by, event, |tx| Box::pin(async move { store::agents::set_enabled(tx, &name, true).await }))
            .await?;
        self.presence.agents_changed();
        Ok(Response::new(EnableAgentResponse { agent: Some(self.shown(agent).await?) }))
    }

    async fn disable_agent(
        &self,
        request: Request<DisableAgentRequest>,
    ) -> Result<Response<DisableAgentResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        let (token, by) = (member.token, member.user.username.clone());
        let actor = Actor::of(request.extensions());
        let DisableAgentRequest { name, drain } = request.into_inner();
        let disabled = self
            .write_as(token, true, move |tx| {
                Box::pin(async move {
                    let disabled = lifecycle::disable(tx, &name, (!drain).then_some(&by)).await?;
                    let told = format!("{} tasks killed, {} go on", disabled.killed.len(), disabled.going_on);
                    store::audit::record(tx, actor.did(Action::DisableAgent, &name).with(told)).await?;
                    Ok(disabled)
                })
            })
            .await?;
        self.presence.agents_changed();
        for task in &disabled.killed {
            self.tell_of_kill(task);
        }
        Ok(Response::new(DisableAgentResponse {
            agent: Some(self.shown(disabled.agent).await?),
            killed_assets: i32::try_from(disabled.killed.len()).unwrap_or(i32::MAX),
        }))
    }

    async fn list_queue(&self, request: Request<ListQueueRequest>) -> Result<Response<ListQueueResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        Ok(Response::new(self.read_queue(member, request.get_ref().clone()).await?))
    }

    async fn create_agent_token(
        &self,
        request: Request<CreateAgentTokenRequest>,
    ) -> Result<Response<CreateAgentTokenResponse>, Status> {
        let (by, actor) = (Caller::member(request.extensions())?.token, Actor::of(request.extensions()));
        let CreateAgentTokenRequest { resource_pool, lifetime } = request.into_inner();
        let mut fields = Fields::default();
        let pool = parse_pool(&mut fields, resource_pool);
        fields.finish()?;
        let expires_at = Timestamp::now() + parse_lifetime(lifetime)?;
        let token = Token::generate(Kind::Join);
        let hash = token.hash();
        let event = actor.did(Action::CreateAgentToken, "").with(format!("pool `{pool}`, until {expires_at}"));
        self.administer(by, event, move |tx| {
            Box::pin(store::agents::create_join_token(tx, hash, pool, Some(expires_at)))
        })
        .await?;
        Ok(Response::new(CreateAgentTokenResponse {
            token: token.reveal_with(self.identity.as_ref().and_then(|identity| identity.pin())),
            expires_at: Some(timestamp(expires_at)),
        }))
    }

    async fn list_audit_events(
        &self,
        request: Request<ListAuditEventsRequest>,
    ) -> Result<Response<ListAuditEventsResponse>, Status> {
        let ListAuditEventsRequest { username: name, action, since, until, page_size, page_token } =
            request.into_inner();
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        let name = given(name).map(|name| username(&name)).transpose()?;
        let since = since.map(|since| time(Some(since), "since")).transpose()?;
        let until = until.map(|until| time(Some(until), "until")).transpose()?;
        let filter = Filter { username: name.map(|name| name.to_string()), action: given(action), since, until };
        let page = Page::parse(page_size, &page_token, format!("audit {filter:?}"))?;
        let before = page.after.as_deref().map(|id| id.parse().map_err(|_| Error::InvalidPageToken)).transpose()?;
        let events = store::audit::list(self.store.read(), &filter, before, page.limit()).await?;
        let mut events: Vec<_> = events.into_iter().map(audit_event_to_proto).collect();
        let next_page_token = page.cut(&mut events, |event| event.id.to_string());
        Ok(Response::new(ListAuditEventsResponse { events, next_page_token }))
    }
}

impl Api {
    async fn shown(&self, agent: Agent) -> Result<v1::Agent> {
        let uses = store::tasks::uses(self.store.read()).await?;
        Ok(self.agent_to_proto(uses.get(&agent.id).copied().unwrap_or_default(), agent))
    }

    fn agent_to_proto(&self, used: Use, agent: Agent) -> v1::Agent {
        let connected = self.presence.is_connected(agent.id);
        let heard = self.presence.last_heard(agent.id).map(|ago| Timestamp::now() - ago);
        let bounded = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        v1::Agent {
            name: agent.name,
            resource_pool: agent.resource_pool,
            connected,
            enabled: agent.enabled,
            slots: bounded(agent.slots),
            slot_kind: match agent.slot_kind {
                SlotKind::Cpu => v1::SlotKind::Cpu.into(),
                SlotKind::Gpu => v1::SlotKind::Gpu.into(),
            },
            used_slots: bounded(used.slots),
            tasks: bounded(used.tasks),
            version: agent.version,
            registered_at: Some(timestamp(agent.registered_at)),
            last_seen_at: Some(timestamp(heard.unwrap_or(agent.last_seen_at))),
            draining: !agent.enabled && used.going_on > 0,
        }
    }
}

fn parse_lifetime(lifetime: Option<prost_types::Duration>) -> Result<Duration> {
    let Some(lifetime) = lifetime else {
        return Ok(DEFAULT_LIFETIME);
    };
    let lifetime =
        Duration::try_from(lifetime).ok().filter(|lifetime| (MIN_LIFETIME..=MAX_LIFETIME).contains(lifetime));
    lifetime.ok_or_else(|| Error::invalid("lifetime", "must be 1 minute to 30 days"))
}
