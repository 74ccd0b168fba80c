//! A master in memory: it speaks the real protocol over loopback, does what each test scripts, and counts calls.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use pedl_proto::v1::asset_service_server::AssetServiceServer;
use pedl_proto::v1::cluster_service_server::ClusterServiceServer;
use pedl_proto::v1::session_service_server::SessionServiceServer;
use pedl_proto::v1::user_service_server::UserServiceServer;
use pedl_proto::v1::{
    self, AgentUser, Asset, AssetEvent, AssetState, AuditEvent, LogEntry, LogSource, Session, SessionKind, User,
};
use tokio::sync::{oneshot, watch};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

mod asset_service;
mod cluster_service;
mod session_service;
mod user_service;

/// A running master. It stops when dropped.
pub struct FakeMaster {
    address: SocketAddr,
    state: Shared,
    server: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

/// What the master knows.
pub struct State {
    pub users: BTreeMap<String, User>,
    pub passwords: BTreeMap<String, String>,
    /// Sessions by token.
    pub tokens: BTreeMap<String, Session>,
    /// What was done, oldest first.
    pub audit: Vec<AuditEvent>,
    /// Failed logins are told to wait this long.
    pub throttle: Option<Duration>,
    pub assets: Vec<Command>,
    /// What becomes of the next command that is created.
    pub script: Script,
    /// Rpcs in the order they came.
    pub calls: Vec<&'static str>,
    sessions_made: i64,
}

/// What a command does.
#[derive(Clone)]
pub struct Script {
    pub log: Vec<(LogSource, &'static [u8])>,
    /// How many entries of the log there are before the test releases more; the command ends after the last.
    pub released: usize,
    pub state_meanwhile: (AssetState, &'static str),
    pub end: (AssetState, Option<i32>, &'static str),
}

impl Script {
    /// Writes this and ends with that exit code.
    pub fn exits(code: i32, log: &[(LogSource, &'static [u8])]) -> Self {
        let end = if code == 0 { AssetState::Completed } else { AssetState::Failed };
        Self {
            log: log.to_vec(),
            released: usize::MAX,
            state_meanwhile: (AssetState::Running, ""),
            end: (end, Some(code), ""),
        }
    }

    /// Writes nothing and ends like this.
    pub fn ends(state: AssetState, exit_code: Option<i32>, reason: &'static str) -> Self {
        Self { end: (state, exit_code, reason), ..Self::exits(0, &[]) }
    }
}

/// A command and what it does.
pub struct Command {
    pub asset: Asset,
    /// What became of it, oldest first.
    pub events: Vec<AssetEvent>,
    pub log: Vec<LogEntry>,
    pub released: watch::Sender<usize>,
    pub end: (AssetState, Option<i32>, &'static str),
    pub request_id: String,
}

impl FakeMaster {
    /// A master with the users `admin` and `pedl`, both with blank passwords, and no assets.
    pub fn start() -> Self {
        let mut state = State {
            users: BTreeMap::new(),
            passwords: BTreeMap::new(),
            tokens: BTreeMap::new(),
            audit: Vec::new(),
            throttle: None,
            assets: Vec::new(),
            script: Script::exits(0, &[]),
            calls: Vec::new(),
            sessions_made: 0,
        };
        state.add_user("admin", "", true);
        state.add_user("pedl", "", false);
        let mut master =
            Self { address: ([127, 0, 0, 1], 0).into(), state: Shared(Arc::new(Mutex::new(state))), server: None };
        master.serve();
        master
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it knows.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Cuts every connection and takes no new ones.
    pub fn stop(&mut self) {
        if let Some((stop, thread)) = self.server.take() {
            let _ = stop.send(());
            thread.join().unwrap();
        }
    }

    /// Serves, after [`Self::stop`] again and where it was.
    pub fn serve(&mut self) {
        let listener = TcpListener::bind(self.address).unwrap();
        listener.set_nonblocking(true).unwrap();
        self.address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let state = self.state.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let server = tonic::transport::Server::builder()
                    .add_service(SessionServiceServer::new(state.clone()))
                    .add_service(UserServiceServer::new(state.clone()))
                    .add_service(AssetServiceServer::new(state.clone()))
                    .add_service(ClusterServiceServer::new(state))
                    .serve_with_incoming(TcpListenerStream::new(listener));
                tokio::select! {
                    served = server => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        self.server = Some((stop, thread));
    }
}

impl Drop for FakeMaster {
    fn drop(&mut self) {
        self.stop();
    }
}

impl State {
    /// Adds an account.
    pub fn add_user(&mut self, name: &str, password: &str, admin: bool) {
        let id = self.users.len() as i64 + 1;
        let user = User { id, username: name.to_string(), admin, active: true, ..User::default() };
        self.users.insert(name.to_string(), user);
        self.passwords.insert(name.to_string(), password.to_string());
    }

    /// Ends all sessions.
    pub fn end_sessions(&mut self) {
        self.tokens.clear();
    }

    /// Opens a session of `owner` for `token`.
    pub fn add_session(&mut self, token: &str, owner: &str, kind: SessionKind, lifetime: Duration) -> Session {
        self.sessions_made += 1;
        let now = SystemTime::now();
        let session = Session {
            id: self.sessions_made,
            created_at: Some((now - Duration::from_secs(3600)).into()),
            // A little more, so that it is this long when somebody looks.
            expires_at: Some((now + lifetime + Duration::from_secs(60)).into()),
            kind: kind.into(),
            username: owner.to_string(),
            name: String::new(),
            address: "127.0.0.1".to_string(),
            last_used_at: Some((now - Duration::from_secs(120)).into()),
            current: false,
        };
        self.tokens.insert(token.to_string(), session.clone());
        session
    }

    /// Ends the sessions of `owner`, but not that of `token`, and tells how many.
    fn end_sessions_of(&mut self, owner: &str, but: Option<&str>) -> i32 {
        let before = self.tokens.len();
        self.tokens.retain(|token, session| session.username != owner || Some(token.as_str()) == but);
        (before - self.tokens.len()) as i32
    }

    /// Notes what was done.
    pub fn add_audit_event(&mut self, actor: &str, action: &str, target: &str) {
        self.audit.push(AuditEvent {
            id: self.audit.len() as i64 + 1,
            time: Some(SystemTime::now().into()),
            actor: actor.to_string(),
            address: "127.0.0.1".to_string(),
            action: action.to_string(),
            target: target.to_string(),
            succeeded: true,
            detail: String::new(),
        });
    }

    fn user(&mut self, name: &str) -> Result<&mut User, Status> {
        let user = self.users.get_mut(&name.to_lowercase());
        user.ok_or_else(|| refuse(Code::NotFound, "USER_NOT_FOUND", "no user has this name"))
    }

    /// Forgets the calls so far and tells them.
    pub fn take_calls(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls)
    }

    /// Adds a command of `owner`, which does what the script says.
    pub fn add_command(&mut self, owner: &str, request: v1::CreateAssetRequest) -> Asset {
        let id = self.assets.len() as i64 + 42;
        let script = self.script.clone();
        let task = v1::Task {
            id: format!("task-{id}"),
            agent: "node-1".to_string(),
            run_as: Some(AgentUser {
                uid: 1001,
                user: "ada".into(),
                gid: 2000,
                group: "team".into(),
                supplementary_gids: Vec::new(),
                umask: None,
            }),
            ..v1::Task::default()
        };
        let asset = Asset {
            id,
            kind: v1::AssetKind::Command.into(),
            owner: owner.to_string(),
            description: if request.description.is_empty() { "made up".into() } else { request.description },
            state: script.state_meanwhile.0.into(),
            state_reason: script.state_meanwhile.1.to_string(),
            resource_pool: "default".to_string(),
            created_at: Some((SystemTime::now() - Duration::from_secs(300)).into()),
            latest_task: Some(task),
            spec: request.spec.map(|v1::create_asset_request::Spec::Command(spec)| v1::asset::Spec::Command(spec)),
            ..Asset::default()
        };
        let numbered = script.log.iter().enumerate();
        let log = numbered.map(|(offset, (source, data))| LogEntry {
            offset: offset as i64,
            time: Some(SystemTime::now().into()),
            source: (*source).into(),
            data: data.to_vec(),
        });
        let log: Vec<_> = log.collect();
        let released = watch::Sender::new(script.released);
        let mut events = Vec::new();
        note(&mut events, &asset, AssetState::Queued, "");
        if asset.state() != AssetState::Queued || !asset.state_reason.is_empty() {
            note(&mut events, &asset, asset.state(), &asset.state_reason);
        }
        self.assets.push(Command {
            asset: asset.clone(),
            events,
            log,
            released,
            end: script.end,
            request_id: request.request_id,
        });
        asset
    }

    /// The command with this id.
    pub fn command(&mut self, id: i64) -> Option<&mut Command> {
        self.assets.iter_mut().find(|command| command.asset.id == id)
    }
}

impl Command {
    /// Ends it.
    pub fn end(&mut self, (state, exit_code, reason): (AssetState, Option<i32>, &str)) {
        self.asset.state = state.into();
        self.asset.state_reason = reason.to_string();
        self.asset.ended_at = Some(SystemTime::now().into());
        self.asset.latest_task.as_mut().unwrap().exit_code = exit_code;
        note(&mut self.events, &self.asset, state, reason);
    }
}

/// Adds what has become of `asset`.
fn note(events: &mut Vec<AssetEvent>, asset: &Asset, state: AssetState, reason: &str) {
    let task = asset.latest_task.clone().unwrap();
    events.push(AssetEvent {
        id: asset.id * 100 + events.len() as i64,
        time: Some(SystemTime::now().into()),
        task_id: task.id,
        state: state.into(),
        reason: reason.to_string(),
        agent: if state == AssetState::Queued { String::new() } else { task.agent },
    });
}

#[derive(Clone)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Notes the call and tells who calls.
    fn caller(&self, rpc: &'static str, metadata: &MetadataMap) -> Result<User, Status> {
        let mut state = self.lock();
        state.calls.push(rpc);
        let session = token(metadata).and_then(|token| state.tokens.get(token));
        let user = session.and_then(|session| state.users.get(&session.username)).filter(|user| user.active);
        user.cloned().ok_or_else(|| refuse(Code::Unauthenticated, "TOKEN_INVALID", "the token has ended"))
    }

    fn admin(&self, rpc: &'static str, metadata: &MetadataMap) -> Result<User, Status> {
        let caller = self.caller(rpc, metadata)?;
        match caller.admin {
            true => Ok(caller),
            false => Err(admin_required()),
        }
    }
}

fn admin_required() -> Status {
    refuse(Code::PermissionDenied, "ADMIN_REQUIRED", "only administrators may do this: pedl -u admin …")
}

/// The token that came with a call.
fn token(metadata: &MetadataMap) -> Option<&str> {
    metadata.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

/// A page of this size from the list that `page_token` goes on with, and where the next one starts.
fn page<T>(list: impl Iterator<Item = T>, page_token: &str, size: usize) -> (Vec<T>, String) {
    let start: usize = page_token.parse().unwrap_or(0);
    let mut rest = list.skip(start);
    let page = rest.by_ref().take(size).collect();
    let next = if rest.next().is_some() { (start + size).to_string() } else { String::new() };
    (page, next)
}

fn refuse(code: Code, reason: &str, message: &str) -> Status {
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, "pedl", []))
}
