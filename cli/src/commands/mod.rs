//! One file per noun: its verbs' words, and what they do.

use pedl_proto::v1::AssetKind;

use crate::args::{Args, ListVerb, Noun};
use crate::error::Error;

pub mod agent;
mod agent_queue;
pub mod asset;
pub mod asset_events;
pub mod asset_list;
pub mod asset_logs;
pub mod command;
pub mod command_run;
pub mod completion;
mod log_stream;
pub mod master;
mod master_audit;
mod session;
pub mod token;
pub mod user;
mod user_edit;
mod user_password;
pub mod user_session;

/// Does what the words say and tells the exit code.
pub async fn run(Args { global, noun }: Args) -> Result<u8, Error> {
    match noun {
        Noun::User(verb) => user::run(&global, verb).await?,
        Noun::Command(verb) => return command::run(&global, verb).await,
        Noun::Experiment(ListVerb::List(args)) => asset_list::run(&global, AssetKind::Experiment, args).await?,
        Noun::Notebook(ListVerb::List(args)) => asset_list::run(&global, AssetKind::Notebook, args).await?,
        Noun::Tensorboard(ListVerb::List(args)) => asset_list::run(&global, AssetKind::Tensorboard, args).await?,
        Noun::Token(verb) => token::run(&global, verb).await?,
        Noun::Agent(verb) => agent::run(&global, verb).await?,
        Noun::Master(verb) => master::run(&global, verb).await?,
        Noun::Completion { shell } => completion::print_script(shell)?,
    }
    Ok(0)
}

/// So many things, in words.
fn counted(count: i32, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
