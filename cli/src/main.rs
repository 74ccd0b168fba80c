//! `pedl`: the command line of PEDL. It parses words, calls the master, and prints what it answers;
//! what is allowed and what is valid, the master decides.

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;

mod args;
mod client;
mod command_config;
mod commands;
mod error;
mod master_url;
mod output;
mod password;
mod record;
mod session;
mod store;
mod time;

fn main() -> ExitCode {
    let args = Args::parse();
    // One thread: a command makes a few calls one after the other, and more threads only cost start-up time.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(err) => return error::Error::Local(format!("cannot start: {err}")).report(),
    };
    match runtime.block_on(commands::run(args)) {
        Ok(code) => ExitCode::from(code),
        Err(err) => err.report(),
    }
}
