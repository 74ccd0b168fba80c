//! `pedl-master`: reads its configuration, opens its store, and serves until it is told to stop.

mod agents;
mod api;
mod args;
mod assets;
mod audit;
mod auth;
mod backup;
mod config;
mod data_dir;
mod error;
mod ids;
mod logs;
mod metrics;
mod scheduler;
mod server;
mod store;
mod tls;
mod topics;
mod users;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser as _;
use jiff::Timestamp;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};
use pedl_tls::Fingerprint;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use agents::presence::Presence;
use api::Api;
use args::{Args, Command};
use assets::lifecycle::RunAs;
use audit::Recorder;
use auth::origin::Names;
use auth::password::policy::Policy;
use auth::sessions::{Rules, Sessions};
use auth::token::{Kind, Token};
use backup::Renewed;
use bytesize::ByteSize;
use config::{Config, TlsMode, load};
use data_dir::DataDir;
use scheduler::Scheduler;
use store::Store;
use tls::Identity;
use topics::Topics;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The environment, without what is no text: none of it is PEDL's.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// What is logged where PEDL_LOG does not say.
const LOG: &str = "info,sea_orm_migration=warn";

/// The configuration is wrong; nothing was started.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    let config = match load::load(args.config.as_deref(), environment(), args.overrides()) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("pedl-master: {error}");
            return ExitCode::from(USAGE);
        }
    };
    // Each agent and each page holds a connection.
    if let Err(error) = raise_open_files() {
        eprintln!("pedl-master: the limit of open files cannot be raised: {error}");
    }
    // What the master writes is its own to read, the databases too, whatever directory it is told to use.
    umask(Mode::from_bits_truncate(0o077));
    if args.print_config {
        print!("{}", config.masked());
        return ExitCode::SUCCESS;
    }
    let filter = match std::env::var("PEDL_LOG").as_deref().unwrap_or(LOG).parse::<EnvFilter>() {
        Ok(filter) => filter,
        Err(error) => {
            eprintln!("pedl-master: PEDL_LOG: {error}: use a level such as `debug`, or `pedl_master=debug`");
            return ExitCode::from(USAGE);
        }
    };
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
    let identity = match given_identity(&config) {
        Ok(identity) => identity,
        Err(error) => {
            eprintln!("pedl-master: {error}");
            return ExitCode::from(USAGE);
        }
    };
    let passwords = match Policy::load(&config.security.password) {
        Ok(policy) => policy,
        Err(error) => {
            eprintln!("pedl-master: {error}");
            return ExitCode::from(USAGE);
        }
    };
    let done = match args.command {
        None => run(config, passwords, identity),
        Some(Command::Backup { file }) => write_backup(&config, &file),
        Some(Command::Restore { file, run_queued }) => restore_backup(&config, file, run_queued),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pedl-master: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Takes as many descriptors as the system lets a process have: most give one a thousand at first.
fn raise_open_files() -> nix::Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)
}

#[tokio::main]
async fn write_backup(config: &Config, file: &str) -> anyhow::Result<()> {
    if !config.database.url.is_empty() {
        return Err(backup::Error::Postgres { file: file.into() }.into());
    }
    let size = backup::write(&config.data_dir, file).await?;
    eprintln!("wrote a backup of {}: {}", config.data_dir.display(), ByteSize(size));
    Ok(())
}

#[tokio::main]
async fn restore_backup(config: &Config, file: Option<String>, run_queued: bool) -> anyhow::Result<()> {
    let dir = open_data_dir(config)?;
    let renewed = match (config.database.url.as_str(), file) {
        ("", Some(file)) => backup::restore(&dir, &file, run_queued).await?,
        ("", None) => return Err(backup::Error::FileNeeded.into()),
        (_, Some(file)) => return Err(backup::Error::Postgres { file }.into()),
        (url, None) => backup::renew(&Store::open(url, dir.path()).await?, run_queued).await?,
    };
    let Renewed { epoch, sessions, given_up } = renewed;
    eprintln!("restored: epoch {epoch}; {sessions} sessions and access tokens ended, {given_up} that waited given up");
    Ok(())
}

fn open_data_dir(config: &Config) -> anyhow::Result<DataDir> {
    DataDir::open(&config.data_dir).with_context(|| format!("data_dir {} cannot be used", config.data_dir.display()))
}

/// The certificate that the configuration names, if it names one.
fn given_identity(config: &Config) -> Result<Option<Identity>, tls::Error> {
    match config.tls.mode {
        TlsMode::Files => Identity::read(&config.tls.cert, &config.tls.key).map(Some),
        TlsMode::Off | TlsMode::Auto => Ok(None),
    }
}

#[tokio::main]
async fn run(config: Config, passwords: Policy, given: Option<Identity>) -> anyhow::Result<()> {
    let dir = open_data_dir(&config)?;
    let store = Store::open(&config.database.url, dir.path()).await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}: choose another address with --listen", config.listen))?;
    let https = config.tls.mode != TlsMode::Off;
    let names = Names { listen: config.listen.ip(), https, public_url: config.public_url.clone() };
    let identity = match config.tls.mode {
        TlsMode::Auto => Some(Identity::read_or_make(&dir, names.of_others())?),
        TlsMode::Off | TlsMode::Files => given,
    };
    let identity = identity.map(Arc::new);
    prepare(&config, &dir, &store, identity.as_ref().and_then(|identity| identity.pin())).await?;

    let presence = Presence::new(config.agents.lost_after);
    let assignments = Topics::new();
    let task_news = Topics::new();
    let shutdown = CancellationToken::new();
    let scheduler = Scheduler {
        store: store.clone(),
        presence: presence.clone(),
        assignments: assignments.clone(),
        task_news: task_news.clone(),
        run_as: RunAs { default: config.security.default_task.clone(), minimum_uid: config.security.minimum_uid },
    };
    let rules = Rules {
        lifetime: config.security.session_lifetime,
        passwords,
        failed_logins_per_minute: config.security.failed_logins_per_minute,
    };
    let refusals = Arc::new(Recorder::new(store.clone()));
    let sessions = Arc::new(Sessions::new(store.clone(), rules, refusals.clone()));
    tokio::spawn(sessions.clone().keep());
    if let Some(retention) = config.logs.retention {
        tokio::spawn(logs::retention::enforce(store.clone(), retention));
    }
    let api = Api {
        sessions,
        refusals,
        store,
        presence,
        assignments,
        task_news,
        container_defaults: config.task_container_defaults,
        logs: config.logs,
        identity: identity.clone(),
        shutdown: shutdown.clone(),
    };
    tokio::spawn(scheduler.run());
    tokio::spawn(stop_on_signal(shutdown)?);
    let tls = identity.as_ref().map(Identity::server_config).transpose()?;
    if let Some(identity) = &identity {
        tracing::info!("the certificate's SHA-256 fingerprint is {}", identity.fingerprint());
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    tracing::info!("listening on {scheme}://{}", listener.local_addr()?);
    server::serve(listener, tls, names, api).await?;
    tracing::info!("stopped");
    Ok(())
}

/// What a start does once: gives agents beside the master their token, warns of open doors.
async fn prepare(config: &Config, dir: &DataDir, store: &Store, pin: Option<Fingerprint>) -> anyhow::Result<()> {
    let written = dir.agent_token().unwrap_or_default();
    let token = written.split('.').next().and_then(Token::parse);
    let known = match &token {
        Some(token) => store::agents::find_join_token(store.read(), &token.hash(), Timestamp::now()).await?.is_some(),
        None => false,
    };
    let token = match token.filter(|_| known) {
        Some(token) => token,
        // It is gone, or of another database: whoever has the old one joins no more.
        None => {
            let token = Token::generate(Kind::Join);
            let hash = token.hash();
            let pool = assets::DEFAULT_POOL.to_owned();
            store.write(move |tx| Box::pin(store::agents::replace_local_join_token(tx, hash, pool))).await?;
            token
        }
    };
    // The certificate may be another than at the last start.
    let text = token.reveal_with(pin);
    if text != written {
        dir.write_agent_token(&text).context("the agents' join token cannot be written")?;
    }
    if !config.listen.ip().is_loopback() {
        let blank = store::users::list_blank(store.read()).await?;
        let names: Vec<&str> = blank.iter().map(|user| user.username.as_str()).collect();
        if !names.is_empty() {
            tracing::warn!(
                "ANYONE WHO REACHES {} CAN LOG IN: these accounts have blank passwords: {}",
                config.listen,
                names.join(", ")
            );
        }
    }
    Ok(())
}

/// Ends the service at SIGTERM or SIGINT.
fn stop_on_signal(shutdown: CancellationToken) -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("shutting down");
        shutdown.cancel();
    })
}
