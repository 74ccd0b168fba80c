//! Lengths of time as people write them.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time;

/// How long a command may run (`90m`, `1h 30m`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunTime(prost_types::Duration);

impl RunTime {
    /// Reads a flag.
    pub fn parse_flag(text: &str) -> Result<Self, String> {
        time::parse_duration(text).map(Self)
    }

    /// For the master.
    pub const fn to_proto(self) -> prost_types::Duration {
        self.0
    }

    /// As the master has it.
    pub const fn from_proto(time: prost_types::Duration) -> Self {
        Self(time)
    }
}

impl<'de> Deserialize<'de> for RunTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = RunTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time like 30m, 24h or 7d")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RunTime, E> {
                RunTime::parse_flag(text).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        // As text, numbers too: without a unit they are refused in the same words.
        deserializer.deserialize_str(Text)
    }
}

impl fmt::Display for RunTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&time::length(Duration::try_from(self.0).unwrap_or_default()))
    }
}

impl Serialize for RunTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
