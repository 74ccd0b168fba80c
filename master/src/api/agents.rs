//! What agents call.

use jiff::Timestamp;
use pedl_proto::agent::v1;
use pedl_proto::agent::v1::agent_service_server::AgentService;
use pedl_proto::agent::v1::{
    AppendLogsRequest, AppendLogsResponse, HeartbeatRequest, HeartbeatResponse, RegisterRequest, RegisterResponse,
    ReportTasksRequest, ReportTasksResponse, WatchAssignmentsRequest,
};
use pedl_proto::v1::{LogEntry, SlotKind as ProtoSlotKind};
use tonic::{Request, Response, Status};

use super::Api;
use super::assignments::AssignmentStream;
use super::convert::{task_id, time};
use super::fields::{Fields, is_one_line};
use super::spec::parse_pool;
use crate::agents::{Introduction, SlotKind};
use crate::assets::lifecycle::{self, Report, Verdict};
use crate::audit::{Action, Actor};
use crate::auth::caller::Caller;
use crate::auth::token::{Kind, Token};
use crate::error::{Error, Result};
use crate::ids::TaskId;
use crate::logs::Chunk;
use crate::store;

/// Entries are at most this long; agents split what is longer.
const MAX_ENTRY: usize = 64 << 10;

const MAX_SLOTS: i32 = 4096;

/// In characters.
const MAX_TOLD: usize = 1000;

#[tonic::async_trait]
impl AgentService for Api {
    type WatchAssignmentsStream = AssignmentStream;

    async fn register(&self, request: Request<RegisterRequest>) -> Result<Response<RegisterResponse>, Status> {
        let caller = Caller::of(request.extensions())?.clone();
        let actor = Actor::of(request.extensions());
        let intro = parse_introduction(request.into_inner())?;
        let credential = match caller {
            Caller::Agent(id) => {
                self.store
                    .write(move |tx| Box::pin(async move { store::agents::update(tx, id, &intro).await }))
                    .await?;
                String::new()
            }
            Caller::Joining(admission) => {
                let token = Token::generate(Kind::Agent);
                let hash = token.hash();
                let event = actor.did(Action::JoinAgent, &intro.name);
                let agent = self
                    .store
                    .write(move |tx| {
                        Box::pin(async move {
                            let agent = store::agents::join(tx, &admission, &intro, hash).await?;
                            store::audit::record(tx, event.with(format!("pool `{}`", agent.resource_pool))).await?;
                            Ok(agent)
                        })
                    })
                    .await?;
                tracing::info!(agent = agent.name, pool = agent.resource_pool, "an agent joined");
                token.reveal().to_owned()
            }
            Caller::Nobody | Caller::Member(_) => return Err(Error::WrongTokenKind.into()),
        };
        self.presence.agents_changed();
        let identity = store::cluster::identity(self.store.read()).await?;
        Ok(Response::new(RegisterResponse {
            credential,
            cluster_id: identity.cluster_id.to_string(),
            heartbeat_interval: prost_types::Duration::try_from(self.presence.heartbeat()).ok(),
        }))
    }

    async fn heartbeat(&self, request: Request<HeartbeatRequest>) -> Result<Response<HeartbeatResponse>, Status> {
        self.presence.heard(Caller::agent(request.extensions())?);
        Ok(Response::new(HeartbeatResponse {}))
    }

    async fn watch_assignments(
        &self,
        request: Request<WatchAssignmentsRequest>,
    ) -> Result<Response<AssignmentStream>, Status> {
        let agent = Caller::agent(request.extensions())?;
        self.store.write(move |tx| Box::pin(store::agents::seen(tx, agent))).await?;
        Ok(Response::new(self.stream_assignments(agent).await?))
    }

    async fn report_tasks(
        &self,
        request: Request<ReportTasksRequest>,
    ) -> Result<Response<ReportTasksResponse>, Status> {
        let agent = Caller::agent(request.extensions())?;
        let reports = request.into_inner().reports.into_iter().map(parse_report).collect::<Result<Vec<_>>>()?;
        let tasks: Vec<TaskId> = reports.iter().map(|report| report.task).collect();
        let verdicts = self
            .store
            .write_checked(move |tx| {
                Box::pin(async move {
                    let mut verdicts = Vec::with_capacity(reports.len());
                    for report in reports {
                        verdicts.push(lifecycle::report(tx, agent, report).await?);
                    }
                    Ok(verdicts)
                })
            })
            .await?;
        self.presence.heard(agent);
        tasks.into_iter().for_each(|task| self.task_news.notify(task));
        Ok(Response::new(ReportTasksResponse { verdicts: verdicts.into_iter().map(verdict_to_proto).collect() }))
    }

    async fn append_logs(&self, request: Request<AppendLogsRequest>) -> Result<Response<AppendLogsResponse>, Status> {
        let agent = Caller::agent(request.extensions())?;
        let AppendLogsRequest { task_id: id, entries } = request.into_inner();
        let id = task_id(&id)?;
        let task = store::tasks::find(self.store.read(), id).await?;
        if task.and_then(|task| task.agent).map(|placed| placed.id) != Some(agent) {
            return Err(Error::TaskNotFound(id.to_string()).into());
        }
        check_entries(&entries)?;
        let limit = self.logs.limit_per_task.as_u64();
        let next_offset = match Chunk::new(entries) {
            None => store::logs::received(self.store.read_logs(), id).await?,
            Some(chunk) => self.store.write_logs(move |tx| Box::pin(store::logs::append(tx, id, chunk, limit))).await?,
        };
        self.task_news.notify(id);
        Ok(Response::new(AppendLogsResponse { next_offset }))
    }
}

fn parse_introduction(request: RegisterRequest) -> Result<Introduction> {
    let RegisterRequest { name, version, slots, slot_kind, resource_pool } = request;
    let mut fields = Fields::default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let good = (1..=64).contains(&name.len()) && name.chars().all(allowed);
    fields.check(good, "name", "must be 1 to 64 of the characters a-z A-Z 0-9 . _ -");
    fields.check(is_one_line(&version) && version.len() <= 64, "version", "must be one line of at most 64 characters");
    fields.check((0..=MAX_SLOTS).contains(&slots), "slots", format!("must be 0 to {MAX_SLOTS}, not {slots}"));
    let resource_pool = (!resource_pool.is_empty()).then(|| parse_pool(&mut fields, resource_pool));
    fields.finish()?;
    let slot_kind = match ProtoSlotKind::try_from(slot_kind) {
        Ok(ProtoSlotKind::Gpu) => SlotKind::Gpu,
        Ok(ProtoSlotKind::Cpu | ProtoSlotKind::Unspecified) | Err(_) => SlotKind::Cpu,
    };
    Ok(Introduction { name, version, slots: u32::try_from(slots).unwrap_or(0), slot_kind, resource_pool })
}

fn parse_report(report: v1::TaskReport) -> Result<Report> {
    use v1::task_report::Status;
    let status = match report.status.ok_or_else(|| Error::invalid("status", "is required"))? {
        Status::Starting(starting) => lifecycle::Status::Starting { detail: told(&starting.detail) },
        Status::Running(running) => {
            lifecycle::Status::Running { started_at: time(running.started_at, "running.started_at")? }
        }
        Status::Exited(exited) => lifecycle::Status::Exited {
            started_at: time(exited.started_at, "exited.started_at")?,
            ended_at: time(exited.ended_at, "exited.ended_at").unwrap_or_else(|_| Timestamp::now()),
            exit_code: exited.exit_code,
            detail: told(&exited.detail),
        },
        Status::CouldNotStart(could_not) => lifecycle::Status::CouldNotStart { reason: told(&could_not.reason) },
    };
    Ok(Report { task: task_id(&report.task_id)?, status })
}

/// What an agent says for people: one line, and not a long one.
fn told(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TOLD).collect()
}

fn verdict_to_proto(verdict: Verdict) -> i32 {
    match verdict {
        Verdict::Keep => v1::Verdict::Keep,
        Verdict::Remove => v1::Verdict::Remove,
        Verdict::Unknown => v1::Verdict::Unknown,
    }
    .into()
}

fn check_entries(entries: &[LogEntry]) -> Result<()> {
    let mut fields = Fields::default();
    let in_order = entries.is_sorted_by(|a, b| a.offset.checked_add(1) == Some(b.offset));
    fields.check(in_order, "entries", "must be numbered in order, without gaps");
    fields.check(entries.first().is_none_or(|first| first.offset >= 0), "entries", "must be numbered from 0");
    let short = entries.iter().all(|entry| entry.data.len() <= MAX_ENTRY);
    fields.check(short, "entries", format!("must be at most {MAX_ENTRY} bytes each"));
    fields.finish()
}
