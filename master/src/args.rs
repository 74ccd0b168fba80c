//! The command line of `pedl-master`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use serde_yaml::Value;

use crate::config::load::Override;

const EXAMPLES: &str = "\
Every key of the file can be set in the environment too: PEDL_MASTER_LISTEN sets listen, and
PEDL_MASTER_SECURITY__SESSION_LIFETIME sets security.session_lifetime. Flags win over the environment, which wins over
the file. PEDL_LOG sets what is logged: `info`, `debug`, `pedl_master=debug`.

Examples:
  pedl-master                                          as the file says, or by default
  pedl-master --data-dir ~/pedl --listen 127.0.0.1:8080
  pedl-master --config master.yaml --print-config      show what would be in force
  pedl-master backup pedl.tar.zst                      keep a copy of all that it knows";

const BACKUP_EXAMPLES: &str = "\
Examples:
  pedl-master backup /backup/pedl-$(date +%F).tar.zst     of the master in /var/lib/pedl, or where the file says
  pedl-master backup - --data-dir ~/pedl | ssh vault 'cat > pedl.tar.zst'

It holds password hashes and the certificate's key: keep it as you keep those.";

const RESTORE_EXAMPLES: &str = "\
Examples:
  systemctl stop pedl-master
  mv /var/lib/pedl /var/lib/pedl.old
  pedl-master restore /backup/pedl-2026-11-27.tar.zst
  systemctl start pedl-master";

/// The master of a PEDL cluster: accounts, assets, scheduling, logs, the API.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
pub struct Args {
    /// The configuration file [default: /usr/local/pedl/etc/master.yaml, where it exists]
    #[arg(long, global = true, value_name = "FILE", env = "PEDL_MASTER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where the master keeps its files
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where the one port listens
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Print the configuration in force, secrets masked, and exit
    #[arg(long)]
    pub print_config: bool,
    /// What to do in place of serving
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What `pedl-master` does beside serving.
#[derive(Subcommand)]
pub enum Command {
    /// Write a backup, also while the master runs: databases and certificate, in one file for its owner alone
    #[command(after_help = BACKUP_EXAMPLES)]
    Backup {
        /// The file to write; `-` for standard output
        file: String,
    },
    /// Make a data directory of a backup; the master must not run
    ///
    /// A master that comes out of a backup does not know what has happened since. So everybody logs in anew, and access
    /// tokens are made anew: some may have been revoked. What had a place on an agent goes on as the agent says; what
    /// waited for one fails, since it may have run meanwhile. Accounts are as they were: look whom you have deactivated
    /// since.
    #[command(after_help = RESTORE_EXAMPLES)]
    Restore {
        /// The backup; `-` for standard input. None with PostgreSQL, whose own tools restore the database before
        file: Option<String>,
        /// Let what waited for a place run, even if it ran since the backup
        #[arg(long)]
        run_queued: bool,
    },
}

impl Args {
    /// The keys that flags set.
    pub fn overrides(&self) -> Vec<Override> {
        let data_dir = self.data_dir.as_ref().map(|dir| ("data_dir", "--data-dir", dir.display().to_string()));
        let listen = self.listen.map(|listen| ("listen", "--listen", listen.to_string()));
        [data_dir, listen]
            .into_iter()
            .flatten()
            .map(|(key, flag, value)| Override { key: key.into(), value: Value::String(value), source: flag.into() })
            .collect()
    }
}
