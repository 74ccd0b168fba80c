//! `logs` of an asset of any kind.

use clap::Args as ClapArgs;
use jiff::Timestamp;
use pedl_proto::v1::{AssetKind, ReadLogsRequest};

use super::{asset, log_stream};
use crate::args::Global;
use crate::client::Client;
use crate::error::Error;
use crate::time;

/// Which logs.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  pedl command logs 42\n  pedl command logs -f 42\n  pedl command logs 42 --tail 100\n  pedl command logs 42 --since 10m --timestamps\n  pedl command logs 42 --match 'val_loss'\n\nWhat the program wrote to stderr comes on stderr."
)]
pub struct LogsArgs {
    #[command(flatten)]
    id: asset::Id,
    /// Go on with what comes, until the end
    #[arg(short, long)]
    follow: bool,
    /// Only the newest N lines
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    tail: Option<i64>,
    /// Only what is newer: 10m, 2h, or a time like 2026-11-22T18:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = time::parse_since)]
    since: Option<Timestamp>,
    /// Show when each line was written, by the agent's clock
    #[arg(short, long)]
    timestamps: bool,
    /// Of these, only lines that contain TEXT, in upper or lower case, in any colour
    #[arg(long = "match", value_name = "TEXT", default_value = "", hide_default_value = true)]
    text: String,
}

/// Prints the logs.
pub async fn run(global: &Global, kind: AssetKind, args: LogsArgs) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let asset = asset::get(&mut client, kind, args.id.id).await?;
    let request = ReadLogsRequest {
        task_id: asset.latest_task.as_ref().map(|task| task.id.clone()).unwrap_or_default(),
        from_offset: 0,
        tail: args.tail,
        since: args.since.map(time::to_proto),
        follow: args.follow,
        limit: 0,
        text: args.text,
    };
    match args.follow {
        true => log_stream::follow(&mut client, asset.id, request, args.timestamps).await.map(drop),
        false => log_stream::print(&mut client, request, args.timestamps).await,
    }
}
