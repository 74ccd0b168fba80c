//! In which order a list of assets is, and where a page of one ended. Pure.

use std::fmt;

use jiff::Timestamp;

use crate::ids::AssetId;

/// In which order a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub by: Key,
    /// From its end.
    pub reversed: bool,
}

/// What a list is ordered by; alike are newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Nothing more: newest first.
    Age,
    /// The description, by its bytes.
    Description,
    /// The end: first what has not ended, then what ended last.
    End,
}

/// Where a page ended: what the order goes by, and the id, of its last asset as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    Age(AssetId),
    Description(String, AssetId),
    End(Option<Timestamp>, AssetId),
}

impl Position {
    pub fn id(&self) -> AssetId {
        match self {
            Self::Age(id) | Self::Description(_, id) | Self::End(_, id) => *id,
        }
    }

    /// What [`Position`] prints.
    pub fn parse(by: Key, text: &str) -> Option<Self> {
        let (id, key) = text.split_once(' ')?;
        let id = AssetId(id.parse().ok()?);
        match by {
            Key::Age => Some(Self::Age(id)),
            // No description has a NUL, and PostgreSQL takes none.
            Key::Description => Some(Self::Description(key.to_owned(), id)).filter(|_| !key.contains('\0')),
            Key::End if key.is_empty() => Some(Self::End(None, id)),
            Key::End => Some(Self::End(Some(Timestamp::from_microsecond(key.parse().ok()?).ok()?), id)),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Age(id) | Self::End(None, id) => write!(f, "{id} "),
            Self::Description(key, id) => write!(f, "{id} {key}"),
            Self::End(Some(key), id) => write!(f, "{id} {}", key.as_microsecond()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn there_and_back(by: Key, position: Position) {
        assert_eq!(Position::parse(by, &position.to_string()), Some(position));
    }

    #[test]
    fn positions_are_read_as_they_were_written() {
        there_and_back(Key::Age, Position::Age(AssetId(7)));
        there_and_back(Key::End, Position::End(None, AssetId(7)));
        there_and_back(Key::End, Position::End(Timestamp::from_microsecond(-1).ok(), AssetId(7)));
        there_and_back(Key::Description, Position::Description(" a b ".into(), AssetId(i64::MAX)));
    }

    proptest! {
        #[test]
        fn parsing_takes_anything(text in ".*") {
            for by in [Key::Age, Key::Description, Key::End] {
                drop(Position::parse(by, &text));
            }
        }
    }
}
