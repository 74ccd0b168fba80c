//! The values of the configuration: each refuses what it cannot be, and says what it can.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `http://HOST:PORT` or `https://HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct MasterUrl(String);

impl FromStr for MasterUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rule = || format!("{text:?} is no master's URL: give http://HOST:PORT or https://HOST:PORT");
        let uri: tonic::transport::Uri = text.parse().map_err(|_| rule())?;
        match (uri.scheme_str(), uri.host()) {
            (Some("http" | "https"), Some(host)) if !host.is_empty() && uri.path() == "/" => Ok(Self(text.into())),
            _ => Err(rule()),
        }
    }
}

impl MasterUrl {
    /// Whether it is spoken to over TLS.
    pub fn is_https(&self) -> bool {
        // `http::Uri` takes schemes in any case.
        self.0.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
    }
}

impl Default for MasterUrl {
    fn default() -> Self {
        Self("http://127.0.0.1:8080".into())
    }
}

/// 1 to 64 of `a-z A-Z 0-9 . _ -`; empty stands for the host's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct AgentName(String);

impl AgentName {
    /// It, or the host's name in place of an empty one.
    pub fn or_host(self) -> Result<Self, String> {
        if !self.0.is_empty() {
            return Ok(self);
        }
        let host = nix::unistd::gethostname().map_err(|error| error.to_string())?;
        let name: Self = host.to_string_lossy().parse()?;
        if name.0.is_empty() { Err("the host has none".into()) } else { Ok(name) }
    }
}

impl FromStr for AgentName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if text.len() > 64 || !text.chars().all(good) {
            return Err(format!("{text:?} is no agent's name: give 1 to 64 of a-z A-Z 0-9 . _ -"));
        }
        Ok(Self(text.into()))
    }
}

/// `unix://PATH`, or `tcp://HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct DockerUrl(String);

impl FromStr for DockerUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unix = text.strip_prefix("unix://").is_some_and(|path| path.starts_with('/'));
        let tcp = text.strip_prefix("tcp://").is_some_and(|address| !address.is_empty());
        if unix || tcp {
            Ok(Self(text.into()))
        } else {
            Err(format!("{text:?} is not where a Docker listens: give unix:///PATH or tcp://HOST:PORT"))
        }
    }
}

impl DockerUrl {
    /// The socket's file, where it is one.
    pub fn socket(&self) -> Option<&Path> {
        self.0.strip_prefix("unix://").map(Path::new)
    }
}

impl Default for DockerUrl {
    fn default() -> Self {
        Self("unix:///var/run/docker.sock".into())
    }
}

macro_rules! text {
    ($($name:ident),*) => {$(
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }
    )*};
}

text!(MasterUrl, AgentName, DockerUrl, Capability);

/// A path of this machine: absolute, without `..`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PathBuf")]
pub struct HostPath(PathBuf);

impl TryFrom<PathBuf> for HostPath {
    type Error = String;

    fn try_from(path: PathBuf) -> Result<Self, String> {
        if path.is_relative() || path.components().any(|part| part == Component::ParentDir) {
            return Err(format!("{path:?} is no path that can be denied or allowed: give an absolute one, without .."));
        }
        Ok(Self(path))
    }
}

impl AsRef<Path> for HostPath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

/// A Linux capability (capabilities(7)), without `CAP_`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Capability(String);

impl FromStr for Capability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.to_ascii_uppercase();
        let name = name.strip_prefix("CAP_").unwrap_or(&name);
        let good = |c: char| c.is_ascii_uppercase() || c == '_';
        // Docker would take ALL for all there are.
        if name.is_empty() || name == "ALL" || !name.chars().all(good) {
            return Err(format!("{text:?} is no capability: name each, as SYS_PTRACE"));
        }
        Ok(Self(name.into()))
    }
}

/// How many slots the agent offers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Slots {
    #[default]
    /// One for each GPU; on a machine without, one CPU slot for each processor.
    Auto,
    /// So many CPU slots.
    Cpu(u16),
}

impl Slots {
    /// The largest number that the master takes.
    const MOST: u16 = 4096;
}

impl FromStr for Slots {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            number => match number.parse() {
                Ok(slots) if slots <= Self::MOST => Ok(Self::Cpu(slots)),
                _ => Err(format!("{text:?} is no number of slots: give auto, or 0 to {}", Self::MOST)),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Slots {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// YAML tells `4` from `auto` by type.
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected auto, or 0 to 4096")]
        enum Written {
            Number(i64),
            Word(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Word(word) => word,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Slots {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Cpu(slots) => serializer.serialize_u16(*slots),
        }
    }
}
