//! The words that `pedl` understands: the global options and the nouns. A noun's verbs stand with its commands.

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::commands::asset_list::ListArgs;
use crate::commands::{agent, command, completion, master, token, user};
use crate::master_url::{DEFAULT_MASTER, MasterUrl};
use crate::output::Format;

const AFTER_HELP: &str = "\
Examples:
  pedl command run -- nvidia-smi           Run a command on the cluster and see its output
  pedl command list -a                     List everybody's commands
  pedl user login ada                      Log in; without, you act as the user pedl
  pedl -u admin user create grace          Do one thing as somebody else
  pedl command list -o json | jq '.[].id'  Programs read JSON

Environment:
  PEDL_MASTER              the master's URL, as -m
  PEDL_MASTER_FINGERPRINT  the SHA-256 of the certificate that the master must show
  PEDL_USER                whom to act as, as -u
  PEDL_PASSWORD            the password to log in with where there is no terminal to ask on
  PEDL_NEW_PASSWORD        the password to set where there is no terminal to ask on
  PEDL_TOKEN               the token to act with; kept tokens are then neither read nor written

Exit codes:
  0 ok, 1 the request failed, 2 wrong usage, 3 not logged in or refused, 4 not found,
  5 master unreachable or not trusted; `command run` exits with the command's own code, or 125 where
  it was killed or could not start";

/// Runs work on your team's machines and tells whose it is, where it runs and what it says
#[derive(Debug, Parser)]
#[command(name = "pedl", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub noun: Noun,
}

/// What holds for every command.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The master
    #[arg(short, long, global = true, value_name = "URL", env = "PEDL_MASTER", hide_env_values = true, default_value = DEFAULT_MASTER)]
    pub master: MasterUrl,
    /// Act as this user, for this one command
    #[arg(short, long, global = true, value_name = "NAME", env = "PEDL_USER", hide_env_values = true)]
    pub user: Option<String>,
    /// How to print
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "table")]
    pub output: Format,
    /// Where a password is needed, read it from the first line of standard input
    #[arg(long, global = true)]
    pub password_stdin: bool,
}

/// What commands are about.
#[derive(Debug, Subcommand)]
pub enum Noun {
    /// Log in and out; manage accounts
    #[command(subcommand, arg_required_else_help = true)]
    User(user::Verb),
    /// Make tokens that scripts act with
    #[command(subcommand, arg_required_else_help = true)]
    Token(token::Verb),
    /// Run programs
    #[command(subcommand, arg_required_else_help = true)]
    Command(command::Verb),
    /// List experiments
    #[command(subcommand, arg_required_else_help = true)]
    Experiment(ListVerb),
    /// List notebooks
    #[command(subcommand, arg_required_else_help = true)]
    Notebook(ListVerb),
    /// List TensorBoards
    #[command(subcommand, arg_required_else_help = true)]
    Tensorboard(ListVerb),
    /// See and manage the machines that run work
    #[command(subcommand, arg_required_else_help = true)]
    Agent(agent::Verb),
    /// Ask about the master; forget its certificate
    #[command(subcommand, arg_required_else_help = true)]
    Master(master::Verb),
    /// Print a completion script for a shell
    #[command(after_help = completion::AFTER_HELP)]
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// What can be done with assets of a kind that the CLI cannot create yet.
#[derive(Debug, Subcommand)]
pub enum ListVerb {
    /// List your own, newest first, or others
    #[command(
        after_help = "Examples:\n  pedl experiment list\n  pedl notebook list -a --state running\n  pedl tensorboard list -o json"
    )]
    List(ListArgs),
}
