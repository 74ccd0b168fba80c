//! The master, as the agent calls it. Calls about tasks wait for as long as the master is away: callers meet only answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use pedl_proto::agent::v1 as wire;
use pedl_proto::agent::v1::agent_service_client::AgentServiceClient;
use pedl_proto::v1::LogEntry;
use pedl_tls::{Refusal, Rule, Trust};
use tokio::sync::watch;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::assignment::TaskId;
use crate::backoff::Backoff;
use crate::config::MasterUrl;

/// How long a call may take. The master answers when what was sent is durable.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How long a set may be; the default of 4 MiB is some dozen tasks with large environments.
const LARGEST_SET: usize = 64 << 20;

/// The connection to the master.
#[derive(Debug)]
pub struct Master {
    client: AgentServiceClient<Channel>,
    token: RwLock<Option<MetadataValue<Ascii>>>,
    /// None without TLS.
    trust: Option<Arc<Trust>>,
    session: watch::Sender<Option<u64>>,
    sessions: AtomicU64,
}

/// What the master says to an append to a log.
#[derive(Debug, PartialEq, Eq)]
pub enum Appended {
    /// It has all entries before this one.
    Next(i64),
    /// It lacks entries before the ones that were sent.
    Gap,
    /// It wants no log of this task.
    Refused(String),
}

impl Master {
    /// Nothing is dialled until the first call.
    pub fn new(url: &MasterUrl) -> Result<Self, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(url.to_string())?
            .connect_timeout(Duration::from_secs(5))
            // A cable that was pulled says nothing: these notice.
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(10))
            .keep_alive_while_idle(true)
            .tcp_nodelay(true);
        let trust = url.is_https().then(|| Trust::new(Rule::Vouched));
        let endpoint = match &trust {
            Some(trust) => endpoint.tls_config_with_verifier(ClientTlsConfig::new(), trust.clone())?,
            None => endpoint,
        };
        let client = AgentServiceClient::new(endpoint.connect_lazy()).max_decoding_message_size(LARGEST_SET);
        Ok(Self {
            client,
            token: RwLock::default(),
            trust,
            session: watch::Sender::new(None),
            sessions: AtomicU64::new(0),
        })
    }

    /// Takes certificates by this rule from now on. Without TLS there are none.
    pub fn trust(&self, rule: Rule) {
        if let Some(trust) = &self.trust {
            trust.set_rule(rule);
        }
    }

    /// The certificate that was refused last, if none was taken since. Asking forgets it.
    pub fn take_refusal(&self) -> Option<Refusal> {
        self.trust.as_ref()?.take_refusal()
    }

    /// Presents this token from now on. A token that is no header's text is presented as none, and refused by the master.
    pub fn present(&self, token: &str) {
        let mut value: Option<MetadataValue<Ascii>> = format!("Bearer {token}").parse().ok();
        value.iter_mut().for_each(|value| value.set_sensitive(true));
        *self.token.write().expect("no holder panics") = value;
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = &*self.token.read().expect("no holder panics") {
            request.metadata_mut().insert("authorization", token.clone());
        }
        request
    }

    /// The number of the session that is up; none while there is none.
    pub fn session(&self) -> watch::Receiver<Option<u64>> {
        self.session.subscribe()
    }

    /// Says that a session is up.
    pub fn begin_session(&self) {
        let number = self.sessions.fetch_add(1, Ordering::Relaxed);
        self.session.send_replace(Some(number));
    }

    /// Says that none is; answers whether one was.
    pub fn end_session(&self) -> bool {
        self.session.send_replace(None).is_some()
    }

    /// Introduces the agent.
    pub async fn register(&self, message: wire::RegisterRequest) -> Result<wire::RegisterResponse, Status> {
        self.call(message, |mut client, request| async move { client.register(request).await }).await
    }

    /// Says that the agent is alive.
    pub async fn heartbeat(&self) -> Result<(), Status> {
        let message = wire::HeartbeatRequest {};
        self.call(message, |mut client, request| async move { client.heartbeat(request).await }).await.map(drop)
    }

    /// Asks for the desired sets.
    pub async fn watch(&self) -> Result<Streaming<wire::WatchAssignmentsResponse>, Status> {
        let message = wire::WatchAssignmentsRequest {};
        self.call(message, |mut client, request| async move { client.watch_assignments(request).await }).await
    }

    /// Reports what became of a task, and waits until that is on record.
    pub async fn report(&self, task: &TaskId, status: wire::task_report::Status) -> wire::Verdict {
        let report = wire::TaskReport { task_id: task.to_string(), status: Some(status) };
        let message = wire::ReportTasksRequest { reports: vec![report] };
        loop {
            let message = message.clone();
            let answer =
                self.patiently(message, |mut client, request| async move { client.report_tasks(request).await });
            match answer.await.map(|answer| answer.verdicts.first().copied()) {
                Ok(Some(verdict)) => return wire::Verdict::try_from(verdict).unwrap_or_default(),
                Ok(None) => tracing::warn!("the master gave no verdict on task {task}: is it of another version?"),
                Err(status) => tracing::warn!("the master refused the report of task {task}: {}", status.message()),
            }
            // It may have an answer for the next session.
            let mut session = self.session();
            session.mark_unchanged();
            let _ = session.changed().await;
        }
    }

    /// Appends entries to a task's log, and waits until they are durable.
    pub async fn append_logs(&self, task: &TaskId, entries: Vec<LogEntry>) -> Appended {
        let message = wire::AppendLogsRequest { task_id: task.to_string(), entries };
        let answer = self.patiently(message, |mut client, request| async move { client.append_logs(request).await });
        match answer.await {
            Ok(answer) => Appended::Next(answer.next_offset),
            Err(status) if is_gap(&status) => Appended::Gap,
            Err(status) => Appended::Refused(status.message().into()),
        }
    }

    /// Repeats a call, each time when a session is up, until the master answers it.
    async fn patiently<M, R, F>(
        &self,
        message: M,
        call: impl Fn(AgentServiceClient<Channel>, Request<M>) -> F,
    ) -> Result<R, Status>
    where
        M: Clone,
        F: Future<Output = Result<tonic::Response<R>, Status>>,
    {
        let mut session = self.session();
        let mut backoff = Backoff::new();
        loop {
            // The sender lives as long as `self`.
            let _ = session.wait_for(Option::is_some).await;
            match self.call(message.clone(), &call).await {
                Err(status) if may_pass(status.code()) => tracing::debug!("the master did not take a call: {status}"),
                answer => return answer,
            }
            let _ = tokio::time::timeout(backoff.next(), session.changed()).await;
        }
    }

    async fn call<M, R, F>(
        &self,
        message: M,
        call: impl Fn(AgentServiceClient<Channel>, Request<M>) -> F,
    ) -> Result<R, Status>
    where
        F: Future<Output = Result<tonic::Response<R>, Status>>,
    {
        let answer = call(self.client.clone(), self.request(message));
        match tokio::time::timeout(ANSWER_WITHIN, answer).await {
            Ok(answer) => answer.map(tonic::Response::into_inner),
            Err(_) => Err(Status::deadline_exceeded("the master did not answer in time")),
        }
    }
}

fn is_gap(status: &Status) -> bool {
    status.get_details_error_info().is_some_and(|info| info.reason == "LOG_GAP")
}

/// Whether the same call can succeed later. A credential that is refused is among these: it may be let in again.
fn may_pass(code: Code) -> bool {
    match code {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Aborted | Code::ResourceExhausted => true,
        Code::Unknown | Code::Internal | Code::Unauthenticated | Code::Unimplemented | Code::DataLoss => true,
        Code::Ok | Code::InvalidArgument | Code::NotFound | Code::AlreadyExists | Code::PermissionDenied => false,
        Code::FailedPrecondition | Code::OutOfRange => false,
    }
}
