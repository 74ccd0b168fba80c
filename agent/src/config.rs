//! What the agent is told: flags, then environment, then file, then defaults.

mod bind_mounts;
mod values;

use std::io;
use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, Parser};
use pedl_tls::Fingerprint;
use serde::{Deserialize, Serialize};

pub use bind_mounts::BindMounts;
pub use values::{AgentName, Capability, DockerUrl, HostPath, MasterUrl, Slots};

/// Where the file is looked for when no `--config` names one.
pub const DEFAULT_FILE: &str = "/usr/local/pedl/etc/agent.yaml";

const EXAMPLES: &str = "\
Examples:
  pedl-agent                                        beside the master, with its join token
  pedl-agent --master https://10.0.0.5:8080 --token-file ./join-token
  pedl-agent --slots 4 --print-config               show what would be in force, and stop

`pedl agent create-token` makes a join token. It is needed once: the agent keeps a credential of its own.
PEDL_LOG filters what is logged to stderr: `info` (the default), `debug`, `pedl_agent=debug`.
SIGTERM stops the agent, not its containers: they go on, and the next agent process finds them.";

/// Runs PEDL's tasks on this machine, as Docker containers.
#[derive(Debug, Parser)]
#[command(name = "pedl-agent", version, after_help = EXAMPLES)]
pub struct Args {
    /// The configuration file [default: /usr/local/pedl/etc/agent.yaml, if it is there]
    #[arg(long, value_name = "FILE", env = "PEDL_AGENT_CONFIG")]
    config: Option<PathBuf>,
    /// Where the master listens [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", env = "PEDL_AGENT_MASTER")]
    master: Option<MasterUrl>,
    /// The SHA-256 of the certificate that the master must show, and no other [default: what the join token says, or what
    /// this machine vouches for]
    #[arg(long, value_name = "SHA256", env = "PEDL_AGENT_MASTER_FINGERPRINT")]
    master_fingerprint: Option<Fingerprint>,
    /// The agent's name, unique in the cluster [default: the host's name]
    #[arg(long, value_name = "NAME", env = "PEDL_AGENT_NAME")]
    name: Option<AgentName>,
    /// The file with the join token [default: /var/lib/pedl/agent-token, if it is there]
    #[arg(long, value_name = "FILE", env = "PEDL_AGENT_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Where the agent keeps its credential and the tasks' homes [default: /var/lib/pedl-agent]
    #[arg(long, value_name = "DIR", env = "PEDL_AGENT_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Where Docker listens [default: unix:///var/run/docker.sock]
    #[arg(long, value_name = "URL", env = "PEDL_AGENT_DOCKER")]
    docker: Option<DockerUrl>,
    /// `auto` (one for each GPU, else one for each processor), or a number of CPU slots [default: auto]
    #[arg(long, value_name = "auto|N", env = "PEDL_AGENT_SLOTS")]
    slots: Option<Slots>,
    /// The pool to serve [default: the one that the join token names]
    #[arg(long, value_name = "POOL", env = "PEDL_AGENT_RESOURCE_POOL")]
    resource_pool: Option<String>,
    /// Print the configuration in force, and stop
    #[arg(long)]
    pub print_config: bool,
}

/// The configuration in force.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the master listens.
    pub master: MasterUrl,
    /// The certificate that the master must show; none: the one that the join token names, or that this machine vouches
    /// for.
    pub master_fingerprint: Option<Fingerprint>,
    /// The agent's name; after [`Config::load`] it is not empty.
    pub name: AgentName,
    /// Where the agent keeps its credential and the tasks' directories; absolute.
    pub data_dir: PathBuf,
    /// The file with the join token; empty: the one that a master beside the agent writes.
    pub token_file: PathBuf,
    /// Where Docker listens.
    pub docker: DockerUrl,
    /// How many tasks' worth the machine offers.
    pub slots: Slots,
    /// The pool to serve; empty: the join token's.
    pub resource_pool: String,
    /// What bind mounts may reach; in the file only.
    pub bind_mounts: BindMounts,
    /// What tasks may ask for beside the capabilities that each has; in the file only.
    pub allow_capabilities: Vec<Capability>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            master: MasterUrl::default(),
            master_fingerprint: None,
            name: AgentName::default(),
            data_dir: "/var/lib/pedl-agent".into(),
            token_file: PathBuf::new(),
            docker: DockerUrl::default(),
            slots: Slots::default(),
            resource_pool: String::new(),
            bind_mounts: BindMounts::default(),
            allow_capabilities: vec![],
        }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{file}: {source}; name another with --config", file = file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file says what is not understood.
    #[error("{file}: {key}: {message}", file = file.display())]
    Invalid {
        /// Which.
        file: PathBuf,
        /// The key.
        key: String,
        /// What is wrong, and what is accepted.
        message: String,
    },
    /// A variable that sets nothing.
    #[error("{0}: there is no such setting; the settings are {1}")]
    UnknownVariable(String, String),
    /// A certificate is named, and the URL asks for none.
    #[error(
        "master_fingerprint is set, and master {0} is without TLS: give an https:// URL, or leave the fingerprint out"
    )]
    WithoutTls(MasterUrl),
    /// The host's name is none for an agent.
    #[error("the host's name cannot be the agent's ({0}): name it with --name")]
    HostName(String),
    /// The working directory is gone.
    #[error("data_dir {dir}: {source}; give an absolute path", dir = dir.display())]
    DataDir {
        /// The directory as given.
        dir: PathBuf,
        /// Why it cannot be made absolute.
        source: io::Error,
    },
}

impl Config {
    /// Puts flags and environment (both in `args`) over the file over the defaults.
    pub fn load(args: Args) -> Result<Self, Error> {
        refuse_unknown_variables()?;
        let file = match &args.config {
            Some(file) => Self::read(file)?,
            None => match Self::read(Path::new(DEFAULT_FILE)) {
                Err(Error::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => Self::default(),
                read => read?,
            },
        };
        let mut config = Self {
            master: args.master.unwrap_or(file.master),
            master_fingerprint: args.master_fingerprint.or(file.master_fingerprint),
            name: args.name.unwrap_or(file.name),
            data_dir: args.data_dir.unwrap_or(file.data_dir),
            token_file: args.token_file.unwrap_or(file.token_file),
            docker: args.docker.unwrap_or(file.docker),
            slots: args.slots.unwrap_or(file.slots),
            resource_pool: args.resource_pool.unwrap_or(file.resource_pool),
            bind_mounts: file.bind_mounts,
            allow_capabilities: file.allow_capabilities,
        };
        if config.master_fingerprint.is_some() && !config.master.is_https() {
            return Err(Error::WithoutTls(config.master));
        }
        config.name = config.name.or_host().map_err(Error::HostName)?;
        // Docker takes only absolute paths as sources of mounts.
        config.data_dir = std::path::absolute(&config.data_dir)
            .map_err(|source| Error::DataDir { dir: config.data_dir.clone(), source })?;
        Ok(config)
    }

    fn read(file: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(file).map_err(|source| Error::Unreadable { file: file.into(), source })?;
        Self::parse(&text).map_err(|(key, message)| Error::Invalid { file: file.into(), key, message })
    }

    /// An empty text is the defaults. Errors are (key, message).
    fn parse(text: &str) -> Result<Self, (String, String)> {
        let yaml = serde_yaml::Deserializer::from_str(text);
        match serde_path_to_error::deserialize::<_, Option<Self>>(yaml) {
            Ok(config) => Ok(config.unwrap_or_default()),
            Err(error) => {
                let (key, message) = (error.path().to_string(), error.inner().to_string());
                // Some messages name the key themselves.
                let message = message.strip_prefix(&format!("{key}: ")).unwrap_or(&message).to_owned();
                Err((key, message))
            }
        }
    }
}

/// A misspelt variable is told, as a misspelt key of the file is.
fn refuse_unknown_variables() -> Result<(), Error> {
    let command = Args::command();
    let known: Vec<_> = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str()).collect();
    let ours = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    match ours.filter(|name| name.starts_with("PEDL_AGENT_")).find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(Error::UnknownVariable(unknown, known.join(", "))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&match Config::parse(text) {
            Ok(config) => serde_yaml::to_string(&config).unwrap(),
            Err((key, message)) => format!("{key}: {message}"),
        });
    }

    #[test]
    fn empty_is_the_defaults() {
        check(
            "",
            expect![[r#"
                master: http://127.0.0.1:8080
                master_fingerprint: null
                name: ''
                data_dir: /var/lib/pedl-agent
                token_file: ''
                docker: unix:///var/run/docker.sock
                slots: auto
                resource_pool: ''
                bind_mounts:
                  deny:
                  - /
                  - /bin
                  - /boot
                  - /dev
                  - /etc
                  - /lib
                  - /lib32
                  - /lib64
                  - /libx32
                  - /proc
                  - /root
                  - /run
                  - /sbin
                  - /sys
                  - /usr
                  - /var/lib/containerd
                  - /var/lib/docker
                  - /var/lib/pedl
                  - /var/lib/pedl-agent
                  - /var/run
                  - /var/spool
                  allow: []
                  allow_root: true
                allow_capabilities: []
            "#]],
        );
    }

    #[test]
    fn every_key() {
        check(
            "{master: 'http://m:1', name: a, data_dir: /d, token_file: /t, docker: 'tcp://d:2', slots: 4, resource_pool: p, \
             bind_mounts: {deny: [/a], allow: [/b], allow_root: false}, allow_capabilities: [cap_sys_ptrace, NET_RAW]}",
            expect![[r#"
                master: http://m:1
                master_fingerprint: null
                name: a
                data_dir: /d
                token_file: /t
                docker: tcp://d:2
                slots: 4
                resource_pool: p
                bind_mounts:
                  deny:
                  - /a
                  allow:
                  - /b
                  allow_root: false
                allow_capabilities:
                - SYS_PTRACE
                - NET_RAW
            "#]],
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        check(
            "nmae: a",
            expect![
                "nmae: unknown field `nmae`, expected one of `master`, `master_fingerprint`, `name`, `data_dir`, `token_file`, `docker`, `slots`, `resource_pool`, `bind_mounts`, `allow_capabilities`"
            ],
        );
        check("name: a b", expect![[r#"name: "a b" is no agent's name: give 1 to 64 of a-z A-Z 0-9 . _ -"#]]);
        check(
            "master: ftp://m",
            expect![[r#"master: "ftp://m" is no master's URL: give http://HOST:PORT or https://HOST:PORT"#]],
        );
        check(
            "master: m:8080",
            expect![[r#"master: "m:8080" is no master's URL: give http://HOST:PORT or https://HOST:PORT"#]],
        );
        check(
            "docker: /var/run/docker.sock",
            expect![[
                r#"docker: "/var/run/docker.sock" is not where a Docker listens: give unix:///PATH or tcp://HOST:PORT"#
            ]],
        );
        check(
            "master_fingerprint: AB:CD",
            expect![
                "master_fingerprint: no SHA-256 fingerprint: give its 64 hexadecimal digits, with or without colons"
            ],
        );
        check("slots: many", expect![[r#"slots: "many" is no number of slots: give auto, or 0 to 4096"#]]);
        check("slots: -1", expect![[r#"slots: "-1" is no number of slots: give auto, or 0 to 4096"#]]);
        check("slots: [1]", expect!["slots: expected auto, or 0 to 4096"]);
        check("data_dir: [1]", expect!["data_dir: invalid type: sequence, expected path string at line 1 column 11"]);
        check(
            "bind_mounts: {deny: [srv]}",
            expect![[
                r#"bind_mounts.deny[0]: bind_mounts.deny: "srv" is no path that can be denied or allowed: give an absolute one, without .. at line 1 column 21"#
            ]],
        );
        check(
            "bind_mounts: {forbid: []}",
            expect![
                "bind_mounts.forbid: bind_mounts: unknown field `forbid`, expected one of `deny`, `allow`, `allow_root` at line 1 column 15"
            ],
        );
        check(
            "allow_capabilities: [ALL]",
            expect![[
                r#"allow_capabilities[0]: allow_capabilities: "ALL" is no capability: name each, as SYS_PTRACE at line 1 column 21"#
            ]],
        );
        check("- a", expect![".: invalid type: sequence, expected struct Config"]);
    }

    #[test]
    fn a_fingerprint_is_of_tls() {
        let fingerprint = "ab".repeat(32);
        let load = |master| {
            let args = ["pedl-agent", "--config", "/dev/null", "--name", "a", "--master", master];
            Config::load(Args::parse_from([&args[..], &["--master-fingerprint", &fingerprint]].concat()))
        };
        assert!(load("https://m:1").is_ok());
        assert!(load("http://m:1").unwrap_err().to_string().contains("give an https:// URL"));
    }

    #[test]
    fn flags_go_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.yaml");
        std::fs::write(&file, "name: of-file\nslots: 3").unwrap();
        let args = ["pedl-agent", "--config", file.to_str().unwrap(), "--name", "of-flag", "--data-dir", "/d"];
        let config = Config::load(Args::parse_from(args)).unwrap();
        assert_eq!((config.name.as_ref(), config.slots), ("of-flag", Slots::Cpu(3)));
    }
}
