//! The configuration: what can be set, its bounds and its defaults. How it is read stands in [`load`].

pub mod load;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use serde::de::{self, Error as _};
use serde::{Deserialize, Deserializer, Serialize};

use crate::assets::bounds::Parts;
use crate::assets::spec::{BindMount, Capability};
use crate::auth::origin::Origin;
use crate::error::Violation;
use crate::users::AgentUser;

/// Everything that can be configured. Unknown keys are errors.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the one port listens: gRPC, gRPC-web, the web page, `/metrics`, `/healthz`.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// How browsers, command lines and agents reach the master by name; none: by IP address and on loopback only.
    #[serde(with = "public_url")]
    pub public_url: Option<Origin>,
    pub tls: Tls,
    /// Where the master keeps its files.
    pub data_dir: PathBuf,
    pub database: Database,
    pub security: Security,
    pub task_container_defaults: ContainerDefaults,
    pub agents: Agents,
    pub logs: Logs,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            tls: Tls::default(),
            data_dir: PathBuf::from("/var/lib/pedl"),
            database: Database::default(),
            security: Security::default(),
            task_container_defaults: ContainerDefaults::default(),
            agents: Agents::default(),
            logs: Logs::default(),
        }
    }
}

impl Config {
    /// What can be read and not be meant, by its keys.
    fn violations(&self) -> Vec<Violation> {
        let key = |violation: Violation| Violation {
            field: format!("task_container_defaults.{}", violation.field),
            ..violation
        };
        let of_tasks = self.task_container_defaults.violations().into_iter().map(key);
        self.tls.violation().into_iter().chain(of_tasks).collect()
    }

    /// As YAML, with secrets masked.
    pub fn masked(&self) -> String {
        let mut shown = self.clone();
        shown.database.url = mask_password(&shown.database.url);
        for value in shown.task_container_defaults.environment_variables.values_mut() {
            *value = MASK.into();
        }
        serde_yaml::to_string(&shown).unwrap_or_else(|error| format!("# cannot be shown: {error}\n"))
    }
}

const MASK: &str = "********";

/// Masks the password of `postgres://USER:PASSWORD@HOST/NAME`, and of `…?password=PASSWORD`.
fn mask_password(url: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let masked = || {
        let (scheme, rest) = base.split_once("://")?;
        let (credentials, host) = rest.rsplit_once('@')?;
        let (user, _) = credentials.split_once(':')?;
        Some(format!("{scheme}://{user}:{MASK}@{host}"))
    };
    let base = masked().unwrap_or_else(|| base.to_owned());
    let parameter = |parameter: &str| match parameter.split_once('=') {
        Some((name, _)) if name.contains("password") => format!("{name}={MASK}"),
        Some(_) | None => parameter.to_owned(),
    };
    match query.split('&').map(parameter).collect::<Vec<_>>().join("&") {
        query if query.is_empty() => base,
        query => format!("{base}?{query}"),
    }
}

/// Whether the one port speaks TLS.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    pub mode: TlsMode,
    /// The PEM file of the certificate and those that vouch for it.
    pub cert: PathBuf,
    /// The PEM file of its key.
    pub key: PathBuf,
}

/// Where the certificate comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// There is none, and no TLS.
    #[default]
    Off,
    /// From the master itself, which nobody vouches for: it is known by its fingerprint.
    Auto,
    /// From `cert` and `key`.
    Files,
}

impl Tls {
    fn violation(&self) -> Option<Violation> {
        let files = [("tls.cert", &self.cert), ("tls.key", &self.key)];
        let wrong = |description: &str| {
            let (field, _) =
                files.iter().find(|(_, path)| path.as_os_str().is_empty() == (self.mode == TlsMode::Files))?;
            Some(Violation { field: (*field).into(), description: description.into() })
        };
        match self.mode {
            TlsMode::Files => wrong("must name a PEM file where tls.mode is files"),
            TlsMode::Off | TlsMode::Auto => wrong("is for tls.mode files only: leave it out, or set that"),
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// Empty: SQLite in `data_dir`; or `postgres://USER:PASSWORD@HOST/NAME`.
    #[serde(deserialize_with = "database_url")]
    pub url: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Security {
    /// Whom tasks run as whose owner is not linked with an agent user.
    pub default_task: AgentUser,
    /// Tasks of users with a smaller uid are refused: 1 forbids root, 1000 the system's users too.
    pub minimum_uid: u32,
    /// How long a session lasts, used or not.
    #[serde(with = "duration")]
    pub session_lifetime: Duration,
    pub password: PasswordPolicy,
    /// How many logins as one user may fail from one address in a minute; 0: as many as come.
    pub failed_logins_per_minute: u32,
}

/// Which passwords may be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordPolicy {
    /// In characters; a blank password is another matter.
    pub min_length: u32,
    /// Blank passwords can be neither set nor used, but by `admin` before it has one.
    pub prevent_blank: bool,
    /// Nor those that many people have.
    pub prevent_common: bool,
    /// A file of more passwords that cannot be set, one a line; empty: none.
    pub blocklist: PathBuf,
}

impl Default for Security {
    fn default() -> Self {
        Self {
            default_task: AgentUser::root(),
            minimum_uid: 0,
            session_lifetime: Duration::from_secs(30 * 24 * 60 * 60),
            password: PasswordPolicy::default(),
            failed_logins_per_minute: 10,
        }
    }
}

/// What a task's container gets where its spec says nothing.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContainerDefaults {
    pub image: String,
    /// The size of /dev/shm.
    #[serde(deserialize_with = "size")]
    pub shm_size: ByteSize,
    pub bind_mounts: Vec<BindMount>,
    pub environment_variables: BTreeMap<String, String>,
    /// None: no limit.
    #[serde(deserialize_with = "optional_size")]
    pub memory: Option<ByteSize>,
    /// None: no limit.
    pub cpus: Option<f64>,
    pub add_capabilities: BTreeSet<Capability>,
    pub read_only_root: bool,
}

impl ContainerDefaults {
    /// What no task could have.
    fn violations(&self) -> Vec<Violation> {
        let parts = Parts {
            image: &self.image,
            environment_variables: &self.environment_variables,
            bind_mounts: &self.bind_mounts,
            memory: self.memory.map(|size| size.as_u64()),
            cpus: self.cpus,
        };
        let mut violations = parts.violations();
        if self.image.is_empty() {
            violations.push(Violation { field: "image".into(), description: "must name an image".into() });
        }
        violations
    }
}

impl Default for ContainerDefaults {
    fn default() -> Self {
        Self {
            image: concat!("pedl-task:", env!("CARGO_PKG_VERSION")).into(),
            shm_size: ByteSize::gib(4),
            bind_mounts: Vec::new(),
            environment_variables: BTreeMap::new(),
            memory: None,
            cpus: None,
            add_capabilities: BTreeSet::new(),
            read_only_root: false,
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Agents {
    /// How long an agent may be out of reach before its tasks count as lost.
    #[serde(with = "duration")]
    pub lost_after: Duration,
}

impl Default for Agents {
    fn default() -> Self {
        Self { lost_after: Duration::from_secs(10 * 60) }
    }
}

/// How much is kept of tasks' logs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logs {
    /// How long after a task's end; none: `forever`.
    #[serde(with = "retention")]
    pub retention: Option<Duration>,
    /// How much of one task; what is beyond is left out, and the log says so.
    #[serde(deserialize_with = "size")]
    pub limit_per_task: ByteSize,
}

impl Default for Logs {
    fn default() -> Self {
        Self { retention: None, limit_per_task: ByteSize::gib(1) }
    }
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not an address such as `127.0.0.1:8080`")))
}

/// Its value may hold a password, and so is not repeated.
fn database_url<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let url = String::deserialize(from)?;
    let good = url.is_empty() || url.starts_with("postgres://") || url.starts_with("postgresql://");
    if good {
        Ok(url)
    } else {
        Err(D::Error::custom("must be empty, for SQLite in data_dir, or begin with postgres://"))
    }
}

fn size<'de, D: Deserializer<'de>>(from: D) -> Result<ByteSize, D::Error> {
    parse_size(&String::deserialize(from)?)
}

fn optional_size<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ByteSize>, D::Error> {
    Option::<String>::deserialize(from)?.as_deref().map(parse_size).transpose()
}

fn parse_size<E: de::Error>(text: &str) -> Result<ByteSize, E> {
    text.parse().map_err(|_| E::custom(format!("`{text}` is not a size such as `4GiB` or `512MiB`")))
}

/// An absolute URL without a path; empty for none.
mod public_url {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::auth::origin::Origin;

    pub fn serialize<S: Serializer>(url: &Option<Origin>, to: S) -> Result<S::Ok, S::Error> {
        match url {
            Some(url) => to.collect_str(url),
            None => to.serialize_str(""),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Origin>, D::Error> {
        match String::deserialize(from)?.as_str() {
            "" => Ok(None),
            url => url.parse().map(Some).map_err(D::Error::custom),
        }
    }
}

/// Durations as people write them: `30d`, `10m`, `1h 30m`.
mod duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Times stay within what a calendar can tell.
    const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

    pub fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_duration(*duration))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        parse(&String::deserialize(from)?)
    }

    pub fn parse<E: Error>(text: &str) -> Result<Duration, E> {
        match humantime::parse_duration(text) {
            Ok(duration) if !duration.is_zero() && duration <= LONGEST => Ok(duration),
            Ok(duration) if duration > LONGEST => Err(E::custom(format!("`{text}` is more than 100 years"))),
            Ok(_) | Err(_) => Err(E::custom(format!("`{text}` is not a duration such as `30d`, `12h` or `10m`"))),
        }
    }
}

/// A duration, or `forever`.
mod retention {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    const FOREVER: &str = "forever";

    pub fn serialize<S: Serializer>(retention: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        match retention {
            Some(retention) => super::duration::serialize(retention, to),
            None => to.serialize_str(FOREVER),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        match String::deserialize(from)?.as_str() {
            FOREVER => Ok(None),
            text => super::duration::parse(text)
                .map(Some)
                .map_err(|error: D::Error| D::Error::custom(format!("{error}, nor `{FOREVER}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        let url = "postgres://pedl:p@ss:word@db:5432/pedl?sslmode=require";
        assert_eq!(mask_password(url), "postgres://pedl:********@db:5432/pedl?sslmode=require");
        assert_eq!(mask_password("postgres://db/pedl"), "postgres://db/pedl");
        assert_eq!(mask_password("postgres://db/pedl?a=b&password=x"), "postgres://db/pedl?a=b&password=********");
        let mut config = Config::default();
        config.database.url = url.into();
        config.task_container_defaults.environment_variables = [("KEY".into(), "hidden".into())].into();
        let shown = config.masked();
        assert!(!shown.contains("p@ss") && !shown.contains("hidden"), "{shown}");
        let unchanged: Config = serde_yaml::from_str(&shown).unwrap();
        assert_eq!(unchanged.security.session_lifetime, config.security.session_lifetime);
    }
}
