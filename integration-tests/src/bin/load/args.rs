//! What the load shall be.

use std::path::PathBuf;

use clap::Parser;
use humantime::Duration;

use crate::calls::Sort;

/// Puts a cluster under a mixed load, and sees that its promises are kept. Build in release mode: `scripts/soak` does.
#[derive(Clone, Debug, Parser)]
#[command(name = "load")]
pub struct Args {
    /// The master to put under load, without TLS; left out, one is started and ends with this
    #[arg(long, value_name = "URL", requires = "token_file")]
    pub master: Option<String>,
    /// The join token of that master
    #[arg(long, value_name = "FILE", requires = "master")]
    pub token_file: Option<PathBuf>,
    /// For how long
    #[arg(long, default_value = "1m")]
    pub duration: Duration,
    /// How often to tell how it goes
    #[arg(long, default_value = "5s")]
    pub report_every: Duration,
    /// Simulated agents
    #[arg(long, default_value_t = 200)]
    pub agents: usize,
    /// How many of a hundred of them are slow
    #[arg(long, default_value_t = 5)]
    pub slow: usize,
    /// By how much
    #[arg(long, default_value = "2s")]
    pub slowness: Duration,
    /// How many of a hundred of them say nothing once they are connected
    #[arg(long, default_value_t = 0)]
    pub silent: usize,
    /// Clients, each with a session and a connection
    #[arg(long, default_value_t = 32)]
    pub clients: usize,
    /// For how long each task runs
    #[arg(long, default_value = "2s")]
    pub run_for: Duration,
    /// Kill the master so often
    #[arg(long, value_name = "DURATION", conflicts_with = "master")]
    pub kill_master_every: Option<Duration>,
    /// Commands created a second
    #[arg(long, default_value_t = 20.0)]
    pub create: f64,
    /// Lists of one's own assets a second
    #[arg(long, default_value_t = 10.0)]
    pub list_mine: f64,
    /// Lists of everybody's a second
    #[arg(long, default_value_t = 5.0)]
    pub list_all: f64,
    /// Watches of everybody's begun a second, each for five seconds
    #[arg(long, default_value_t = 1.0)]
    pub watch: f64,
    /// Assets described a second
    #[arg(long, default_value_t = 20.0)]
    pub describe: f64,
    /// Logs followed to their end, begun a second
    #[arg(long, default_value_t = 5.0)]
    pub follow: f64,
    /// Assets killed a second
    #[arg(long, default_value_t = 2.0)]
    pub kill: f64,
    /// Logins, and logouts after them, a second
    #[arg(long, default_value_t = 2.0)]
    pub login: f64,
}

impl Args {
    /// How often a second calls of a sort are made.
    pub const fn rate(&self, sort: Sort) -> f64 {
        match sort {
            Sort::Create => self.create,
            Sort::ListMine => self.list_mine,
            Sort::ListAll => self.list_all,
            Sort::Watch => self.watch,
            Sort::Describe => self.describe,
            Sort::Follow => self.follow,
            Sort::Kill => self.kill,
            Sort::Login => self.login,
        }
    }
}
