//! Sizes in bytes as people write them.

use std::fmt;

use bytesize::ByteSize;
use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes, or one with a unit (`4GiB`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl Size {
    /// Reads a flag.
    pub fn parse_flag(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| "give bytes, or a size like 64MiB or 4GiB".to_string())
    }

    /// For the master. What does not fit is larger than any machine, and refused by the master as such.
    pub fn to_proto(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// As the master has it; 0: none.
    pub fn from_proto(bytes: i64) -> Option<Self> {
        u64::try_from(bytes).ok().filter(|bytes| *bytes > 0).map(Self)
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|size: ByteSize| Self(size.as_u64()))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes, or a size like 64MiB or 4GiB")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                Size::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        // As text, numbers too: YAML hands over what is written.
        deserializer.deserialize_str(Text)
    }
}

impl fmt::Display for Size {
    /// In the largest unit that says it exactly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
        match units.iter().find(|(bits, _)| self.0 > 0 && self.0.trailing_zeros() >= *bits) {
            Some((bits, unit)) => write!(f, "{}{unit}", self.0 >> bits),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
