//! `pedl`: the command line of PEDL. It parses words, calls the master, and prints what it answers;
//! what is allowed and what is valid, the master decides.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use crate::args::Args;
use crate::error::Error;

mod args;
mod client;
mod command_config;
mod commands;
mod error;
#[cfg(test)]
mod fuzz;
mod master_url;
mod output;
mod password;
mod record;
mod session;
mod store;
mod time;
mod trust;
mod usage;

fn main() -> ExitCode {
    let args = match parse() {
        Ok(args) => args,
        Err(err) => return err.report(),
    };
    // One thread: a command makes a few calls one after the other, and more threads only cost start-up time.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(err) => return Error::Local(format!("cannot start: {err}")).report(),
    };
    match runtime.block_on(commands::run(args)) {
        Ok(code) => ExitCode::from(code),
        Err(err) => err.report(),
    }
}

/// The words of the command line. Help and the version are printed here, and end the program.
fn parse() -> Result<Args, Error> {
    const HELP: ErrorKind = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    Args::try_parse().map_err(|err| {
        if matches!(err.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | HELP) {
            err.exit();
        }
        // Options with defaults keep clap from printing help by itself here.
        if err.kind() == ErrorKind::MissingSubcommand {
            clap::Error::raw(HELP, Args::command().render_help()).exit();
        }
        Error::Usage(usage::one_line(&err.to_string()))
    })
}
