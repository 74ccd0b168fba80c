//! `pedl command run`: creates a command and stays with it until it ends.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use pedl_proto::v1::{Asset, AssetState, CreateAssetRequest, ReadLogsRequest, create_asset_request::Spec};
use tokio::signal::unix::{Signal, SignalKind, signal};
use uuid::Uuid;

use super::{asset, log_stream};
use crate::args::Global;
use crate::client::Client;
use crate::command_config::{BindMount, CommandConfig, RunTime, Size, parse_variable};
use crate::error::{Error, say};
use crate::record;

/// Where there is no exit code of the command's own, as `docker run` has it.
const NO_EXIT_CODE: u8 = 125;

const AFTER_HELP: &str = "\
Examples:
  pedl command run -- nvidia-smi
  pedl command run --image python:3.12 -v /data:/data:ro -- python /data/train.py --lr 0.1
  pedl command run -e DEBUG=1 --slots 0 -- sh -c 'echo $DEBUG; id'
  pedl command run --config-file train.yaml --config slots=2 -d -- python train.py
  pedl command run --config-file train.yaml --dry-run -- python train.py
  pedl command run --max-run-time 2h -- python train.py

A configuration file (YAML; flags go before --config, and that before the file):
  description: nightly training
  image: python:3.12
  environment_variables: {DEBUG: 1}
  bind_mounts:
    - host_path: /data
      container_path: /data
      read_only: true
  work_dir: /data
  slots: 2
  memory: 8GiB                       # at most
  cpus: 1.5                          # at most
  shm_size: 4GiB
  max_run_time: 1d 12h               # stopped then: SIGTERM, and SIGKILL some seconds later
  add_capabilities: [SYS_PTRACE]     # those that the agent allows; for tasks that run as root
  read_only_root: true               # the image's files stay as they are
  resource_pool: default

A bind mount with propagation: rslave has also what the host mounts below it while the command runs.

The exit code is the command's own; 125 where it was killed through PEDL or could not start.
Ctrl-C leaves the command running.";

/// What to run, and in what.
#[derive(Debug, ClapArgs)]
#[command(after_help = AFTER_HELP)]
pub struct RunArgs {
    /// The container's image
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// A directory or file of the agent's host to have in the container (OPTIONS: ro or rw, rprivate or rslave, with a
    /// comma); may be given again
    #[arg(short = 'v', long = "volume", value_name = "HOST:CONTAINER[:OPTIONS]", value_parser = BindMount::parse_flag)]
    volumes: Vec<BindMount>,
    /// Read the configuration from a YAML file
    #[arg(long, value_name = "FILE")]
    config_file: Option<PathBuf>,
    /// Set one key of the configuration; may be given again
    #[arg(long = "config", value_name = "KEY=VALUE", value_parser = CommandConfig::parse_setting)]
    settings: Vec<CommandConfig>,
    /// How many GPUs (or CPU slots, on an agent without) to hold
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    slots: Option<i32>,
    /// The memory that it may take, such as 8GiB
    #[arg(long, value_name = "SIZE", value_parser = Size::parse_flag)]
    memory: Option<Size>,
    /// The processors whose whole time it may take, such as 1.5
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_cpus)]
    cpus: Option<f64>,
    /// Stop it when it has run for this long, such as 30m, 2h or 7d
    #[arg(long, value_name = "DURATION", value_parser = RunTime::parse_flag)]
    max_run_time: Option<RunTime>,
    /// Where the program starts
    #[arg(long, value_name = "DIR")]
    work_dir: Option<String>,
    /// An environment variable; may be given again
    #[arg(short, long = "env", value_name = "NAME=VALUE", value_parser = parse_variable)]
    env: Vec<(String, String)>,
    /// What to call it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Print the command's number and leave it running
    #[arg(short, long)]
    detach: bool,
    /// Start nothing: print the configuration that it would run with, or what is wrong with it
    #[arg(long)]
    dry_run: bool,
    /// The program and its arguments; no shell is put around them
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    argv: Vec<String>,
}

fn parse_cpus(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "give a number, such as 2 or 1.5".to_string())
}

/// Runs a command and tells the exit code.
pub async fn run(global: &Global, args: RunArgs) -> Result<u8, Error> {
    let (detach, dry_run) = (args.detach, args.dry_run);
    let request = request(args)?;
    let mut client = Client::connect(global).await?;
    if dry_run {
        let planned = create(&mut client, request).await?;
        return asset::print_config(global, &planned).map(|()| 0);
    }
    if detach {
        let asset = create(&mut client, request).await?;
        let record = record::Asset::from(&asset);
        return global.output.one(&record, || asset.id.to_string()).map(|()| 0);
    }
    let mut signals = Signals::listen()?;
    let asset = tokio::select! {
        asset = create(&mut client, request) => asset?,
        code = signals.next() => {
            say("interrupted before the master answered: `pedl command list` tells whether the command exists");
            return Ok(code);
        }
    };
    say(format!("command {}", asset.id));
    tokio::select! {
        outcome = attend(&mut client, &asset) => Ok(outcome),
        code = signals.next() => {
            say_goes_on(asset.id);
            Ok(code)
        }
    }
}

fn request(args: RunArgs) -> Result<CreateAssetRequest, Error> {
    let mut config = args.config_file.as_deref().map(CommandConfig::read).transpose()?.unwrap_or_default();
    for setting in args.settings {
        config.overlay(setting);
    }
    config.overlay(CommandConfig {
        description: args.description,
        image: args.image,
        slots: args.slots,
        memory: args.memory,
        cpus: args.cpus,
        max_run_time: args.max_run_time,
        work_dir: args.work_dir,
        environment_variables: args.env.into_iter().collect(),
        ..CommandConfig::default()
    });
    config.bind_mounts.get_or_insert_default().extend(args.volumes);
    let spec = Some(Spec::Command(config.spec(args.argv)));
    Ok(CreateAssetRequest {
        request_id: Uuid::now_v7().to_string(),
        description: config.description.unwrap_or_default(),
        resource_pool: config.resource_pool.unwrap_or_default(),
        validate_only: args.dry_run,
        spec,
    })
}

/// Creates the command. A second attempt creates no second one, thanks to the request's id.
async fn create(client: &mut Client, request: CreateAssetRequest) -> Result<Asset, Error> {
    let mut answer = client.call(async |api| api.assets().create_asset(request.clone()).await).await;
    if answer.as_ref().is_err_and(Error::is_passing) {
        answer = client.call(async |api| api.assets().create_asset(request.clone()).await).await;
    }
    Ok(answer?.asset.unwrap_or_default())
}

/// Shows the command's output until it ends and tells the exit code. From here on the exit codes are the
/// command's, so what goes wrong with watching it is told and is not its own code.
async fn attend(client: &mut Client, asset: &Asset) -> u8 {
    let request = ReadLogsRequest {
        task_id: asset.latest_task.as_ref().map(|task| task.id.clone()).unwrap_or_default(),
        follow: true,
        ..ReadLogsRequest::default()
    };
    match log_stream::follow(client, asset.id, request, false).await {
        Ok(ended) => {
            let (code, words) = outcome(&ended);
            words.into_iter().for_each(say);
            code
        }
        Err(err) => {
            err.say();
            say_goes_on(asset.id);
            if matches!(err, Error::BrokenPipe) { 0 } else { NO_EXIT_CODE }
        }
    }
}

/// The exit code for a command that has ended, and what to say of its end.
fn outcome(asset: &Asset) -> (u8, Option<String>) {
    let id = asset.id;
    let own = asset.latest_task.as_ref().and_then(|task| task.exit_code).and_then(|code| u8::try_from(code).ok());
    let because = match asset.state_reason.as_str() {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    match (asset.state(), own) {
        (AssetState::Completed, own) if because.is_empty() => (own.unwrap_or(0), None),
        (AssetState::Completed, own) => (own.unwrap_or(0), Some(format!("command {id} completed{because}"))),
        (AssetState::Failed, Some(own)) if because.is_empty() => (own, None),
        (AssetState::Failed, Some(own)) => (own, Some(format!("command {id} failed{because}"))),
        (AssetState::Failed, None) => (NO_EXIT_CODE, Some(format!("command {id} could not start{because}"))),
        (AssetState::Killed, _) if because.is_empty() => (NO_EXIT_CODE, Some(format!("command {id} was killed"))),
        (AssetState::Killed, _) => (NO_EXIT_CODE, Some(format!("command {id}{because}"))),
        (AssetState::Lost, _) => {
            let words = format!("command {id} is lost; should its agent return: `pedl command logs -f {id}`");
            (NO_EXIT_CODE, Some(words))
        }
        (
            AssetState::Unspecified
            | AssetState::Queued
            | AssetState::Starting
            | AssetState::Running
            | AssetState::Paused
            | AssetState::Stopping,
            _,
        ) => (NO_EXIT_CODE, Some(format!("command {id} is {}{because}", record::state(asset.state())))),
    }
}

fn say_goes_on(id: i64) {
    say(format!("command {id} goes on; see it: `pedl command logs -f {id}`; end it: `pedl command kill {id}`"));
}

/// The signals that end the watching and not the command.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Error> {
        let listen = |kind| signal(kind).map_err(|err| Error::Local(format!("cannot listen for signals: {err}")));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for one and tells the exit code that stands for it: 128 + its number.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

#[cfg(test)]
mod tests {
    use pedl_proto::v1::Task;

    use super::*;

    #[test]
    fn what_is_said_of_ended_commands() {
        for (state, exit_code, reason, want) in [
            (AssetState::Completed, Some(0), "", None),
            (
                AssetState::Completed,
                Some(0),
                "stopped after max_run_time (2h)",
                Some("command 42 completed: stopped after max_run_time (2h)"),
            ),
            (
                AssetState::Failed,
                Some(143),
                "exit code 143: stopped",
                Some("command 42 failed: exit code 143: stopped"),
            ),
            (AssetState::Killed, Some(143), "killed by ada", Some("command 42: killed by ada")),
        ] {
            let latest_task = Some(Task { exit_code, ..Task::default() });
            let state_reason = reason.into();
            let asset = Asset { id: 42, state: state.into(), state_reason, latest_task, ..Asset::default() };
            assert_eq!(outcome(&asset).1.as_deref(), want, "{state:?} {reason}");
        }
    }

    #[test]
    fn exit_codes_of_ended_commands() {
        for (state, exit_code, want) in [
            (AssetState::Completed, Some(0), 0),
            (AssetState::Failed, Some(7), 7),
            (AssetState::Failed, Some(137), 137),
            (AssetState::Failed, None, 125),
            (AssetState::Killed, Some(143), 125),
            (AssetState::Killed, None, 125),
            (AssetState::Lost, None, 125),
        ] {
            let latest_task = Some(Task { exit_code, ..Task::default() });
            let asset = Asset { id: 42, state: state.into(), latest_task, ..Asset::default() };
            assert_eq!(outcome(&asset).0, want, "{state:?} {exit_code:?}");
        }
    }
}
