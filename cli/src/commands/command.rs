//! `pedl command`: programs that run once.

use clap::Subcommand;
use pedl_proto::v1::AssetKind;

use super::asset::{self, Id, Ids};
use super::asset_events;
use super::asset_list::{self, ListArgs};
use super::asset_logs::{self, LogsArgs};
use super::command_run::{self, RunArgs};
use crate::args::Global;
use crate::error::Error;

/// What can be done with commands.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run a program in a container on an agent and show its output
    Run(RunArgs),
    /// List your own commands, newest first, or others
    #[command(
        after_help = "Examples:\n  pedl command list\n  pedl command list -a --state queued,running\n  pedl command list --owner ada --match train.py --sort ended-last\n  pedl command list -a --state failed -o json | jq '.[].id'"
    )]
    List(ListArgs),
    /// Show all that is known of a command
    #[command(after_help = "Examples:\n  pedl command describe 42\n  pedl command describe 42 -o json | jq .run_as")]
    Describe(Id),
    /// Print a command's configuration, as --config-file takes it
    #[command(
        after_help = "Examples:\n  pedl command config 42 > same.yaml\n  pedl command run --config-file same.yaml -- python train.py"
    )]
    Config(Id),
    /// List what has happened to a command, newest first
    #[command(
        after_help = "Examples:\n  pedl command events 42\n  pedl command events 42 -o json | jq -r '.[] | select(.state == \"QUEUED\") | .reason'"
    )]
    Events(Id),
    /// Print a command's output
    Logs(LogsArgs),
    /// Kill commands: SIGTERM, and SIGKILL after a grace period
    #[command(after_help = "Examples:\n  pedl command kill 42\n  pedl command kill 42 43 44")]
    Kill(Ids),
}

/// Does what the verb says and tells the exit code.
pub async fn run(global: &Global, verb: Verb) -> Result<u8, Error> {
    let kind = AssetKind::Command;
    match verb {
        Verb::Run(args) => return command_run::run(global, args).await,
        Verb::List(args) => asset_list::run(global, kind, args).await?,
        Verb::Describe(id) => asset::describe(global, kind, id).await?,
        Verb::Config(id) => asset::config(global, kind, id).await?,
        Verb::Events(id) => asset_events::run(global, kind, id).await?,
        Verb::Logs(args) => asset_logs::run(global, kind, args).await?,
        Verb::Kill(ids) => return asset::kill(global, kind, ids).await,
    }
    Ok(0)
}
