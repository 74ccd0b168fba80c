//! One simulated agent: a connection, a session on it as real agents keep it, and the tasks that it has. What it does not
//! have is a machine.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use pedl_proto::agent::v1 as wire;
use pedl_proto::agent::v1::agent_service_client::AgentServiceClient;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

use super::backoff::{Backoff, jittered};
use super::ledger::Ledger;
use super::life::{self, Task};

/// As real agents: how long a call may take, and how often to try what does not pass.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const SLOWLY: Duration = Duration::from_secs(15);
const LARGEST_SET: usize = 64 << 20;

/// How an agent answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// At once.
    Prompt,
    /// So long after it was asked or told.
    Slow(Duration),
    /// Registers, and watches its assignments, and is not heard of again.
    Silent,
    /// Connects, and says nothing.
    Mute,
}

/// What differs between agents.
pub(super) struct Introduction {
    pub name: String,
    pub slots: i32,
    pub join_token: String,
    pub manner: Manner,
}

pub(super) struct Agent {
    intro: Introduction,
    address: String,
    client: AgentServiceClient<Channel>,
    token: RwLock<Option<MetadataValue<Ascii>>>,
    /// The number of the session that is up.
    session: watch::Sender<Option<usize>>,
    silent: watch::Sender<bool>,
    tasks: Mutex<HashMap<String, Arc<Task>>>,
    pub ledger: Arc<Ledger>,
}

/// Why a session ended or did not begin.
enum Broken {
    Passing,
    Refused(String),
}

impl From<Status> for Broken {
    fn from(status: Status) -> Self {
        match status.code() {
            Code::AlreadyExists | Code::Unauthenticated | Code::PermissionDenied => Self::Refused(status.to_string()),
            Code::InvalidArgument | Code::FailedPrecondition => Self::Refused(status.to_string()),
            Code::Unimplemented => Self::Refused(status.to_string()),
            Code::Ok | Code::Cancelled | Code::Unknown | Code::DeadlineExceeded | Code::NotFound => Self::Passing,
            Code::ResourceExhausted | Code::Aborted | Code::OutOfRange | Code::Internal => Self::Passing,
            Code::Unavailable | Code::DataLoss => Self::Passing,
        }
    }
}

impl Agent {
    /// Nothing is dialled until it runs. `url` is without TLS.
    pub fn new(url: &str, intro: Introduction, ledger: Arc<Ledger>) -> Arc<Self> {
        let endpoint = Endpoint::from_shared(url.to_owned()).expect("it is a URL");
        let endpoint = endpoint
            .connect_timeout(Duration::from_secs(5))
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(10))
            .keep_alive_while_idle(true)
            .tcp_nodelay(true);
        Arc::new(Self {
            address: url.trim_start_matches("http://").to_owned(),
            client: AgentServiceClient::new(endpoint.connect_lazy()).max_decoding_message_size(LARGEST_SET),
            token: RwLock::default(),
            session: watch::Sender::new(None),
            silent: watch::Sender::new(intro.manner == Manner::Silent),
            tasks: Mutex::default(),
            intro,
            ledger,
        })
    }

    /// How it answers when it is not silent by order.
    pub fn manner(&self) -> Manner {
        self.intro.manner
    }

    /// Falls silent, or speaks again.
    pub fn set_silent(&self, silent: bool) {
        self.silent.send_replace(silent);
    }

    /// The number of the session that is up.
    pub fn session(&self) -> watch::Receiver<Option<usize>> {
        self.session.subscribe()
    }

    /// Keeps a session up, for ever.
    pub async fn run(self: Arc<Self>) -> Infallible {
        if self.intro.manner == Manner::Mute {
            return self.hold_a_connection().await;
        }
        let mut backoff = Backoff::new();
        loop {
            let Err(broken) = self.keep_session().await;
            self.ledger.broken.fetch_add(1, Ordering::Relaxed);
            if self.session.send_replace(None).is_some() {
                self.ledger.connected.fetch_sub(1, Ordering::Relaxed);
                backoff = Backoff::new();
            }
            let wait = match broken {
                Broken::Passing => backoff.next(),
                Broken::Refused(message) => {
                    eprintln!("agent {} is refused: {message}", self.intro.name);
                    self.ledger.refused.fetch_add(1, Ordering::Relaxed);
                    jittered(SLOWLY)
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    async fn hold_a_connection(&self) -> Infallible {
        let mut backoff = Backoff::new();
        loop {
            if let Ok(mut stream) = TcpStream::connect(&self.address).await {
                // Until the master closes it.
                while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
            }
            tokio::time::sleep(backoff.next()).await;
        }
    }

    /// One session, from registering to its break.
    async fn keep_session(self: &Arc<Self>) -> Result<Infallible, Broken> {
        let member = self.token.read().unwrap_or_else(PoisonError::into_inner).is_some();
        if !member {
            self.present(&self.intro.join_token);
        }
        let registered = self.register().await;
        if registered.is_err() && !member {
            *self.token.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        let registered = registered?;
        if !registered.credential.is_empty() {
            self.present(&registered.credential);
        }
        let interval = registered.heartbeat_interval.and_then(|interval| interval.try_into().ok());
        let watch = wire::WatchAssignmentsRequest {};
        let sets =
            self.call(watch, |mut client, request| async move { client.watch_assignments(request).await }).await?;
        tokio::select! {
            broken = self.beat(interval.unwrap_or(Duration::from_secs(5))) => broken,
            broken = self.take_sets(sets) => broken,
        }
    }

    async fn register(&self) -> Result<wire::RegisterResponse, Status> {
        let message = wire::RegisterRequest {
            name: self.intro.name.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            slots: self.intro.slots,
            slot_kind: pedl_proto::v1::SlotKind::Cpu.into(),
            resource_pool: String::new(),
        };
        self.call(message, |mut client, request| async move { client.register(request).await }).await
    }

    async fn beat(&self, interval: Duration) -> Result<Infallible, Broken> {
        let mut beats = tokio::time::interval(interval);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            self.may_speak().await;
            let beat = wire::HeartbeatRequest {};
            self.call(beat, |mut client, request| async move { client.heartbeat(request).await }).await?;
        }
    }

    async fn take_sets(
        self: &Arc<Self>,
        mut sets: tonic::Streaming<wire::WatchAssignmentsResponse>,
    ) -> Result<Infallible, Broken> {
        let mut newest = None;
        while let Some(set) = sets.message().await? {
            let number = (set.epoch, set.generation);
            if newest.is_some_and(|newest| number < newest) {
                continue;
            }
            self.reconcile(set.assignments);
            if newest.replace(number).is_none() {
                let session = self.ledger.sessions.fetch_add(1, Ordering::Relaxed);
                self.ledger.connected.fetch_add(1, Ordering::Relaxed);
                self.session.send_replace(Some(session));
            }
        }
        Err(Broken::Passing)
    }

    /// What the real one's `reconcile.rs` does, of which a simulated one needs less: its containers take no time to make.
    fn reconcile(self: &Arc<Self>, assignments: Vec<wire::Assignment>) {
        let mut tasks = self.tasks();
        // A set that was under way when a task ended may still list it: it is remembered until one does not.
        tasks.retain(|id, task| !task.is_settled() || assignments.iter().any(|wanted| wanted.task_id == *id));
        for wanted in assignments {
            let stop = wanted.action() == wire::Action::Stop;
            match tasks.get(&wanted.task_id) {
                Some(task) if stop => task.stop(),
                Some(_) => {}
                None => {
                    if !stop && !self.ledger.start(&wanted.task_id) {
                        continue;
                    }
                    let (id, task) = (wanted.task_id.clone(), Arc::new(Task::new(wanted)));
                    tasks.insert(id, task.clone());
                    tokio::spawn(life::live(self.clone(), task));
                }
            }
        }
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<String, Arc<Task>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn present(&self, token: &str) {
        let value = format!("Bearer {token}").parse().expect("a token is plain text");
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    /// Waits for as long as this agent says nothing.
    async fn may_speak(&self) {
        if let Manner::Slow(slowness) = self.intro.manner {
            tokio::time::sleep(slowness).await;
        }
        let mut silent = self.silent.subscribe();
        // The sender lives as long as `self`.
        drop(silent.wait_for(|silent| !silent).await);
    }

    /// Repeats a call about a task, each time when a session is up, until the master answers it.
    pub async fn patiently<M, R, F>(
        &self,
        message: M,
        call: impl Fn(AgentServiceClient<Channel>, Request<M>) -> F,
    ) -> Result<R, Status>
    where
        M: Clone,
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let mut session = self.session();
        let mut backoff = Backoff::new();
        self.may_speak().await;
        loop {
            drop(session.wait_for(Option::is_some).await);
            match self.call(message.clone(), &call).await {
                Err(status) if may_pass(status.code()) => {}
                answer => return answer,
            }
            drop(tokio::time::timeout(backoff.next(), session.changed()).await);
        }
    }

    async fn call<M, R, F>(
        &self,
        message: M,
        call: impl Fn(AgentServiceClient<Channel>, Request<M>) -> F,
    ) -> Result<R, Status>
    where
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let mut request = Request::new(message);
        if let Some(token) = &*self.token.read().unwrap_or_else(PoisonError::into_inner) {
            request.metadata_mut().insert("authorization", token.clone());
        }
        match tokio::time::timeout(ANSWER_WITHIN, call(self.client.clone(), request)).await {
            Ok(answer) => answer.map(Response::into_inner),
            Err(_) => Err(Status::deadline_exceeded("the master did not answer in time")),
        }
    }
}

/// Whether the same call can succeed later; as real agents judge.
fn may_pass(code: Code) -> bool {
    match code {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Aborted | Code::ResourceExhausted => true,
        Code::Unknown | Code::Internal | Code::Unauthenticated | Code::Unimplemented | Code::DataLoss => true,
        Code::Ok | Code::InvalidArgument | Code::NotFound | Code::AlreadyExists | Code::PermissionDenied => false,
        Code::FailedPrecondition | Code::OutOfRange => false,
    }
}
