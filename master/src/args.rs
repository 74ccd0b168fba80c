//! The command line of `pedl-master`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use serde_yaml::Value;

use crate::config::load::Override;

const EXAMPLES: &str = "\
Every key of the file can be set in the environment too: PEDL_MASTER_LISTEN sets listen, and
PEDL_MASTER_SECURITY__SESSION_LIFETIME sets security.session_lifetime. Flags win over the environment, which wins over
the file. PEDL_LOG sets what is logged: `info`, `debug`, `pedl_master=debug`.

Examples:
  pedl-master                                          as the file says, or by default
  pedl-master --data-dir ~/pedl --listen 127.0.0.1:8080
  pedl-master --config master.yaml --print-config      show what would be in force";

/// The master of a PEDL cluster: accounts, assets, scheduling, logs, the API.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
pub struct Args {
    /// The configuration file [default: /usr/local/pedl/etc/master.yaml, where it exists]
    #[arg(long, value_name = "FILE", env = "PEDL_MASTER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where the master keeps its files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where the one port listens
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Print the configuration in force, secrets masked, and exit
    #[arg(long)]
    pub print_config: bool,
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
