//! PEDL's agent: keeps a machine's containers as the master wants them.
//!
//! `session` keeps in touch with the master and hands desired sets to `runner`, which compares them with what is there
//! (`reconcile`, pure) and starts a job for each task that needs one (`tasks`).

mod assignment;
mod backoff;
mod bind_mounts;
mod chain;
mod config;
mod data_dir;
mod docker;
mod identity;
mod images;
mod init;
mod isolation;
mod join_token;
mod logs;
mod master;
mod reconcile;
mod runner;
mod session;
mod slots;
mod tasks;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use bind_mounts::BindMounts;
use clap::Parser as _;
use config::{Args, Config};
use data_dir::DataDir;
use docker::Docker;
use images::ImageCache;
use init::Init;
use master::Master;
use runner::Runner;
use session::Keeper;
use slots::Offer;
use tasks::{Ends, TaskDirs, Tools};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many containers are made at once: dockerd is no faster with more.
const STARTS_AT_ONCE: usize = 8;

fn main() -> ExitCode {
    if let Some(code) = bind_mounts::help(std::env::args_os()) {
        return code;
    }
    let args = Args::parse();
    let print_config = args.print_config;
    let config = match Config::load(args) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("pedl-agent: {error}");
            return ExitCode::from(2);
        }
    };
    if print_config {
        print!("{}", serde_yaml::to_string(&config).expect("a configuration is plain YAML"));
        return ExitCode::SUCCESS;
    }
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pedl-agent: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: Config) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(std::env::var("PEDL_LOG").unwrap_or_else(|_| "info".into()));
    let filter = filter.context("PEDL_LOG takes filters as `info` or `pedl_agent=debug`")?;
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    // The agent waits for others nearly all of the time: few threads keep it small.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(4).enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            ended = serve(config) => ended,
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        }
    })?;
    tracing::info!("told to end: containers go on, and the next agent process finds them");
    runtime.shutdown_background();
    Ok(())
}

async fn serve(config: Config) -> anyhow::Result<()> {
    anyhow::ensure!(
        nix::unistd::geteuid().is_root(),
        "the agent gives tasks homes of their users, which only root can: start it as root"
    );
    let data_dir = Arc::new(DataDir::open(config.data_dir.clone())?);
    let init = Init::install(data_dir.init())?;
    let member = data_dir.find_membership()?;
    if member.is_none() {
        // An agent that cannot join is told so now, by its exit, and not in a log.
        join_token::read(&config.token_file)?;
    }
    let offer = Offer::find(config.slots).await;
    let master = Arc::new(Master::new(&config.master)?);
    let (membership, mut member) = watch::channel(member);
    let (desired, sets) = watch::channel(None);
    let keeper = Keeper {
        master: master.clone(),
        config: config.clone(),
        data_dir: data_dir.clone(),
        offer: offer.clone(),
        membership,
        desired,
    };
    let run_tasks = async {
        // Containers carry the cluster's id: without one there are none to find.
        let cluster = member.wait_for(Option::is_some).await?.as_ref().map(|member| member.cluster_id.clone());
        let docker = Docker::connect(&config.docker, cluster.unwrap_or_default(), config.name.to_string()).await;
        if let Err(error) = isolation::establish(&docker).await {
            tracing::warn!("tasks will not start: {error}");
        }
        let tools = Arc::new(Tools {
            bind_mounts: BindMounts::new(&config, data_dir.root(), &docker).await,
            allow_capabilities: config.allow_capabilities.clone(),
            docker,
            master,
            dirs: TaskDirs(data_dir.tasks()),
            ends: Ends::open(data_dir.ends())?,
            images: ImageCache::new(data_dir.images()),
            init,
            starts: Semaphore::new(STARTS_AT_ONCE),
        });
        let watch = isolation::watch(&tools.docker);
        let runner = Runner::new(tools.clone(), offer).await?;
        tokio::select! {
            never = runner.run(sets) => match never {},
            never = watch => match never {},
        }
    };
    tokio::select! {
        never = keeper.run() => match never {},
        failed = run_tasks => failed,
    }
}
