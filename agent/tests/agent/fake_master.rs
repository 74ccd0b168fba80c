//! A master of one agent: it keeps what it is told and answers by the book, in memory.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use futures::Stream;
use pedl_proto::agent::v1::agent_service_server::{AgentService, AgentServiceServer};
use pedl_proto::agent::v1::task_report::Status as Report;
use pedl_proto::agent::v1::{
    Action, AppendLogsRequest, AppendLogsResponse, Assignment, HeartbeatRequest, HeartbeatResponse, RegisterRequest,
    RegisterResponse, ReportTasksRequest, ReportTasksResponse, Verdict, WatchAssignmentsRequest,
    WatchAssignmentsResponse,
};
use pedl_proto::v1::{AgentUser, ContainerSpec, LogEntry};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::containers::IMAGE;

pub const JOIN_TOKEN: &str = "join-token";
const CREDENTIAL: &str = "credential";
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that the master knows.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub cluster_id: String,
    pub epoch: i64,
    generation: i64,
    pub assignments: BTreeMap<String, Assignment>,
    pub registrations: Vec<RegisterRequest>,
    pub heartbeats: usize,
    pub watches: usize,
    /// What was reported of each task, in order, without repeats.
    pub reports: BTreeMap<String, Vec<Report>>,
    /// Tasks that are reported without being known.
    pub strangers: BTreeMap<String, usize>,
    pub logs: BTreeMap<String, Vec<LogEntry>>,
    /// How many entries of appends it had already.
    pub resent: usize,
}

impl Known {
    /// The last report of a task, when that is an end.
    pub fn end(&self, task: &str) -> Option<&Report> {
        self.reports.get(task)?.last().filter(|report| is_end(report))
    }

    /// The log of a task as one text.
    pub fn log(&self, task: &str) -> String {
        let bytes: Vec<u8> = self.logs.get(task).into_iter().flatten().flat_map(|entry| entry.data.clone()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn is_end(report: &Report) -> bool {
    matches!(report, Report::Exited(_) | Report::CouldNotStart(_))
}

pub struct FakeMaster {
    known: watch::Sender<Known>,
    address: SocketAddr,
    server: Mutex<Option<Runtime>>,
}

impl FakeMaster {
    pub async fn start(cluster_id: &str) -> Self {
        let known = Known { cluster_id: cluster_id.into(), epoch: 1, ..Known::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let master = Self { known: watch::Sender::new(known), address, server: Mutex::default() };
        master.serve(listener);
        master
    }

    fn serve(&self, listener: TcpListener) {
        let service = AgentServiceServer::new(Service { known: self.known.clone() });
        let server = tonic::transport::Server::builder().add_service(service);
        let listener = listener.into_std().unwrap();
        // A runtime of its own: with it, every connection goes.
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            server.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap();
        });
        *self.server.lock().unwrap() = Some(runtime);
    }

    /// Goes away, connections and all; what it knows stays.
    pub fn down(&self) {
        self.server.lock().unwrap().take().unwrap().shutdown_background();
    }

    /// Comes back at the same address.
    pub fn up(&self) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        self.serve(socket.listen(64).unwrap());
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes what the master knows; watchers get the new set.
    pub fn change(&self, change: impl FnOnce(&mut Known)) {
        self.known.send_modify(|known| {
            known.generation += 1;
            change(known);
        });
    }

    pub fn known(&self) -> Known {
        self.known.borrow().clone()
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, so: impl Fn(&Known) -> bool) {
        let mut known = self.known.subscribe();
        if tokio::time::timeout(PATIENCE, known.wait_for(|known| so(known))).await.is_err() {
            panic!("waited in vain until {what}; reports: {:#?}", known.borrow().reports);
        }
    }

    /// Waits for a task's end.
    pub async fn end(&self, task: &str) -> (Report, String) {
        self.until("the task ended", |known| known.end(task).is_some()).await;
        let known = self.known.borrow();
        (known.end(task).unwrap().clone(), known.log(task))
    }

    /// Places a task that cannot start, and answers why.
    pub async fn refused(&self, shape: impl FnOnce(&mut Assignment)) -> String {
        let (end, _) = self.end(&self.place("true", shape)).await;
        let Report::CouldNotStart(refused) = end else { panic!("{end:?}") };
        refused.reason
    }

    pub async fn running(&self, task: &str) {
        let runs = |report: &Report| matches!(report, Report::Running(_));
        self.until("the task ran", |known| known.reports.get(task).is_some_and(|all| all.iter().any(runs))).await;
    }

    pub async fn logged(&self, task: &str, text: &str) {
        self.until("the task logged it", |known| known.log(task).contains(text)).await;
    }

    /// Places a task: a shell script in the test image, as user 1234, unless `shape` makes it another.
    pub fn place(&self, script: &str, shape: impl FnOnce(&mut Assignment)) -> String {
        let task = task_id();
        let mut assignment = Assignment {
            task_id: task.clone(),
            asset_id: 42,
            action: Action::Run.into(),
            run_as: Some(AgentUser {
                uid: 1234,
                user: "alice".into(),
                gid: 2345,
                group: "team".into(),
                ..AgentUser::default()
            }),
            container: Some(ContainerSpec { image: IMAGE.into(), shm_size: 64 << 20, ..ContainerSpec::default() }),
            argv: ["sh", "-c", script].map(Into::into).into(),
            stop_grace: Some(prost_types::Duration { seconds: 30, nanos: 0 }),
            max_run_time: None,
        };
        shape(&mut assignment);
        self.change(|known| drop(known.assignments.insert(task.clone(), assignment)));
        task
    }

    pub fn stop(&self, task: &str) {
        self.change(|known| known.assignments.get_mut(task).unwrap().action = Action::Stop.into());
    }
}

fn task_id() -> String {
    format!("{:032x}", u128::from(getrandom::u64().unwrap()))
}

impl Drop for FakeMaster {
    fn drop(&mut self) {
        if let Some(runtime) = self.server.get_mut().unwrap().take() {
            runtime.shutdown_background();
        }
    }
}

struct Service {
    known: watch::Sender<Known>,
}

impl Service {
    fn check<T>(request: &Request<T>, token: &str) -> Result<(), Status> {
        match request.metadata().get("authorization") {
            Some(value) if value == format!("Bearer {token}").as_str() => Ok(()),
            _ => Err(Status::unauthenticated("the token is not known")),
        }
    }
}

#[tonic::async_trait]
impl AgentService for Service {
    async fn register(&self, request: Request<RegisterRequest>) -> Result<Response<RegisterResponse>, Status> {
        let joining = Self::check(&request, JOIN_TOKEN).is_ok();
        if !joining {
            Self::check(&request, CREDENTIAL)?;
        }
        self.known.send_modify(|known| known.registrations.push(request.into_inner()));
        Ok(Response::new(RegisterResponse {
            credential: if joining { CREDENTIAL.into() } else { String::new() },
            cluster_id: self.known.borrow().cluster_id.clone(),
            heartbeat_interval: Some(prost_types::Duration { seconds: 0, nanos: 100_000_000 }),
        }))
    }

    async fn heartbeat(&self, request: Request<HeartbeatRequest>) -> Result<Response<HeartbeatResponse>, Status> {
        Self::check(&request, CREDENTIAL)?;
        self.known.send_modify(|known| known.heartbeats += 1);
        Ok(Response::new(HeartbeatResponse {}))
    }

    type WatchAssignmentsStream = Pin<Box<dyn Stream<Item = Result<WatchAssignmentsResponse, Status>> + Send>>;

    async fn watch_assignments(
        &self,
        request: Request<WatchAssignmentsRequest>,
    ) -> Result<Response<Self::WatchAssignmentsStream>, Status> {
        Self::check(&request, CREDENTIAL)?;
        self.known.send_modify(|known| known.watches += 1);
        let sets = futures::stream::unfold((self.known.subscribe(), -1), async |(mut known, sent)| {
            let known_now = known.wait_for(|known| known.generation != sent).await.ok()?;
            let (set, sent) = (known_now.set(), known_now.generation);
            drop(known_now);
            Some((Ok(set), (known, sent)))
        });
        Ok(Response::new(Box::pin(sets)))
    }

    async fn report_tasks(
        &self,
        request: Request<ReportTasksRequest>,
    ) -> Result<Response<ReportTasksResponse>, Status> {
        Self::check(&request, CREDENTIAL)?;
        let mut verdicts = vec![];
        self.known.send_modify(|known| {
            for report in request.into_inner().reports {
                verdicts.push(known.take_report(report.task_id, report.status.unwrap()).into());
            }
        });
        Ok(Response::new(ReportTasksResponse { verdicts }))
    }

    async fn append_logs(&self, request: Request<AppendLogsRequest>) -> Result<Response<AppendLogsResponse>, Status> {
        Self::check(&request, CREDENTIAL)?;
        let mut answer = Err(Status::not_found("no such task"));
        self.known.send_modify(|known| answer = known.take_log(request.into_inner()));
        answer.map(|next_offset| Response::new(AppendLogsResponse { next_offset }))
    }
}

impl Known {
    fn set(&self) -> WatchAssignmentsResponse {
        WatchAssignmentsResponse {
            cluster_id: self.cluster_id.clone(),
            epoch: self.epoch,
            generation: self.generation,
            assignments: self.assignments.values().cloned().collect(),
        }
    }

    fn take_report(&mut self, task: String, report: Report) -> Verdict {
        let ended = self.end(&task).is_some();
        if ended || (is_end(&report) && self.assignments.contains_key(&task)) {
            self.generation += 1;
            self.assignments.remove(&task);
            if !ended {
                self.reports.entry(task).or_default().push(report);
            }
            return Verdict::Remove;
        }
        if !self.assignments.contains_key(&task) {
            *self.strangers.entry(task).or_default() += 1;
            return Verdict::Unknown;
        }
        let reports = self.reports.entry(task).or_default();
        if reports.last() != Some(&report) {
            reports.push(report);
        }
        Verdict::Keep
    }

    fn take_log(&mut self, request: AppendLogsRequest) -> Result<i64, Status> {
        if !self.assignments.contains_key(&request.task_id) && !self.logs.contains_key(&request.task_id) {
            return Err(Status::not_found("no such task"));
        }
        let log = self.logs.entry(request.task_id).or_default();
        for entry in request.entries {
            let next = i64::try_from(log.len()).unwrap();
            if entry.offset > next {
                let details = ErrorDetails::with_error_info("LOG_GAP", "pedl", [("next_seq".into(), next.to_string())]);
                return Err(Status::with_error_details(Code::FailedPrecondition, "a gap", details));
            }
            if entry.offset == next {
                log.push(entry);
            } else {
                self.resent += 1;
            }
        }
        Ok(i64::try_from(log.len()).unwrap())
    }
}
