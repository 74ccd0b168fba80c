//! Environment variables of a container.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Environment variables: a map, or a list of `NAME=VALUE`. Values are taken as they are written, so that `1.10` stays so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Environment(pub BTreeMap<String, String>);

impl Environment {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        f.write_str(&pairs.join(" "))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// Reads `NAME=VALUE`.
pub fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_string(), value.to_string())),
        Some(_) | None => Err("give NAME=VALUE".to_string()),
    }
}

/// A name that is there twice is an oversight, as it is for any other key.
fn once_each<E: de::Error>(pairs: Vec<(String, String)>) -> Result<Environment, E> {
    let mut variables = BTreeMap::new();
    for (name, value) in pairs {
        if variables.contains_key(&name) {
            return Err(E::custom(format!("duplicate key `{name}`")));
        }
        variables.insert(name, value);
    }
    Ok(Environment(variables))
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapOrList;

        impl<'de> Visitor<'de> for MapOrList {
            type Value = Environment;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of names to values, or a list of NAME=VALUE")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Environment, E> {
                Ok(Environment::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Environment, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry::<String, String>()? {
                    pairs.push(pair);
                }
                once_each(pairs)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Environment, A::Error> {
                let mut pairs = Vec::new();
                while let Some(item) = list.next_element::<String>()? {
                    let pair = parse_variable(&item).map_err(|err| de::Error::custom(format!("`{item}`: {err}")))?;
                    pairs.push(pair);
                }
                once_each(pairs)
            }
        }

        deserializer.deserialize_any(MapOrList)
    }
}
