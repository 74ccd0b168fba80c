use std::time::SystemTime;

use pedl_proto::v1::cluster_service_server::ClusterService;
use pedl_proto::v1::{
    Agent, Asset, AssetState, AuditEvent, CreateAgentTokenRequest, CreateAgentTokenResponse, DisableAgentRequest,
    DisableAgentResponse, EnableAgentRequest, EnableAgentResponse, GetMasterRequest, GetMasterResponse,
    ListAgentsRequest, ListAgentsResponse, ListAuditEventsRequest, ListAuditEventsResponse, ListQueueRequest,
    ListQueueResponse, QueueEntry, SlotKind,
};
use tonic::{Code, Request, Response, Status};

use super::{Shared, page, refuse};

#[tonic::async_trait]
impl ClusterService for Shared {
    async fn get_master(&self, _: Request<GetMasterRequest>) -> Result<Response<GetMasterResponse>, Status> {
        self.lock().calls.push("GetMaster");
        Ok(Response::new(GetMasterResponse {
            version: "0.1.0".into(),
            cluster_id: "cluster-1".into(),
            default_account_open: true,
        }))
    }

    async fn list_agents(&self, request: Request<ListAgentsRequest>) -> Result<Response<ListAgentsResponse>, Status> {
        self.caller("ListAgents", request.metadata())?;
        let draining = Agent { name: "node-3".into(), enabled: false, draining: true, ..here() };
        Ok(Response::new(ListAgentsResponse { agents: vec![here(), away(), draining] }))
    }

    async fn enable_agent(
        &self,
        request: Request<EnableAgentRequest>,
    ) -> Result<Response<EnableAgentResponse>, Status> {
        self.admin("EnableAgent", request.metadata())?;
        let agent = Agent { enabled: true, ..named(&request.get_ref().name)? };
        Ok(Response::new(EnableAgentResponse { agent: Some(agent) }))
    }

    async fn disable_agent(
        &self,
        request: Request<DisableAgentRequest>,
    ) -> Result<Response<DisableAgentResponse>, Status> {
        self.admin("DisableAgent", request.metadata())?;
        let DisableAgentRequest { name, drain } = request.get_ref();
        let agent = Agent { enabled: false, draining: *drain, ..named(name)? };
        let killed_assets = if *drain { 0 } else { agent.tasks };
        Ok(Response::new(DisableAgentResponse { agent: Some(agent), killed_assets }))
    }

    /// Those of its assets that are queued.
    async fn list_queue(&self, request: Request<ListQueueRequest>) -> Result<Response<ListQueueResponse>, Status> {
        self.caller("ListQueue", request.metadata())?;
        let ListQueueRequest { resource_pool, page_size, page_token } = request.get_ref();
        let state = self.lock();
        let of_pool = |asset: &&Asset| resource_pool.is_empty() || asset.resource_pool == *resource_pool;
        let queued =
            state.assets.iter().map(|command| &command.asset).filter(|asset| asset.state() == AssetState::Queued);
        let entry = |(asset, position): (&Asset, i64)| QueueEntry { asset: Some(asset.clone()), position };
        let entries = queued.filter(of_pool).zip(1..).map(entry);
        let size = if *page_size == 0 { 100 } else { *page_size };
        let (entries, next_page_token) = page(entries, page_token, size as usize);
        Ok(Response::new(ListQueueResponse { entries, next_page_token }))
    }

    async fn create_agent_token(
        &self,
        request: Request<CreateAgentTokenRequest>,
    ) -> Result<Response<CreateAgentTokenResponse>, Status> {
        self.admin("CreateAgentToken", request.metadata())?;
        let lifetime = request.into_inner().lifetime.map_or(86_400, |lifetime| lifetime.seconds);
        let end = SystemTime::now() + std::time::Duration::from_secs(lifetime as u64 + 1);
        Ok(Response::new(CreateAgentTokenResponse { token: "pedl_join_1".into(), expires_at: Some(end.into()) }))
    }
    /// No more than it is asked for, as the real one.
    async fn list_audit_events(
        &self,
        request: Request<ListAuditEventsRequest>,
    ) -> Result<Response<ListAuditEventsResponse>, Status> {
        self.admin("ListAuditEvents", request.metadata())?;
        let request = request.into_inner();
        let size = if request.page_size == 0 { 100 } else { request.page_size.min(500) };
        let state = self.lock();
        let events = state.audit.iter().rev().filter(|event| is_wanted(event, &request)).cloned();
        let (events, next_page_token) = page(events, &request.page_token, size as usize);
        Ok(Response::new(ListAuditEventsResponse { events, next_page_token }))
    }
}

fn here() -> Agent {
    let now = Some(SystemTime::now().into());
    Agent {
        name: "node-1".into(),
        resource_pool: "default".into(),
        connected: true,
        enabled: true,
        slots: 8,
        slot_kind: SlotKind::Cpu.into(),
        used_slots: 2,
        tasks: 1,
        version: "0.1.0".into(),
        registered_at: now,
        last_seen_at: now,
        draining: false,
    }
}

fn away() -> Agent {
    Agent {
        name: "node-2".into(),
        connected: false,
        enabled: false,
        used_slots: 0,
        tasks: 0,
        slot_kind: SlotKind::Gpu.into(),
        last_seen_at: None,
        ..here()
    }
}

fn named(name: &str) -> Result<Agent, Status> {
    let agent = [here(), away()].into_iter().find(|agent| agent.name == name);
    let message = || format!("there is no agent `{name}`: `pedl agent list` names them all");
    agent.ok_or_else(|| refuse(Code::NotFound, "AGENT_NOT_FOUND", &message()))
}

fn is_wanted(event: &AuditEvent, request: &ListAuditEventsRequest) -> bool {
    let ListAuditEventsRequest { username, action, since, until, .. } = request;
    let of_user = username.is_empty() || event.actor == *username || event.target == *username;
    let of_action = event.action == *action || action.ends_with('.') && event.action.starts_with(action);
    let is_new = since.is_none_or(|since| event.time.is_some_and(|time| time.seconds >= since.seconds));
    let is_old = until.is_none_or(|until| event.time.is_some_and(|time| time.seconds < until.seconds));
    of_user && (action.is_empty() || of_action) && is_new && is_old
}
