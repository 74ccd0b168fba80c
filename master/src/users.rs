//! Accounts: who may act, and as which Unix user their work runs.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::ids::UserId;
pub use umask::Umask;

pub mod lifecycle;
mod umask;

/// The account that administers a fresh cluster.
pub const ADMIN: &str = "admin";
/// The account that acts where nobody has logged in.
pub const DEFAULT: &str = "pedl";

/// The largest uid and gid that Docker starts a container with.
pub const MAX_UNIX_ID: u32 = i32::MAX as u32;

/// What a link holds beside its group.
const MAX_SUPPLEMENTARY_GIDS: usize = 64;

/// An account.
#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    pub username: Username,
    pub display_name: String,
    pub admin: bool,
    pub active: bool,
    pub agent_user: Option<AgentUser>,
    pub created_at: Timestamp,
}

/// A login name: 1 to 64 of `a-z 0-9 . _ @ -`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Username(String);

impl Username {
    /// Folds upper case; says what is accepted where `text` is not.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
        if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
            return Err("must be 1 to 64 of the characters a-z 0-9 . _ @ -");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// A name that was parsed before it was stored.
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A Unix user and group on the agents.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AgentUser {
    pub user: UnixName,
    #[serde(deserialize_with = "unix_id")]
    pub uid: u32,
    pub group: UnixName,
    #[serde(deserialize_with = "unix_id")]
    pub gid: u32,
    #[serde(default, deserialize_with = "supplementary_gids")]
    pub supplementary_gids: Vec<u32>,
    /// None: the container's own.
    #[serde(default)]
    pub umask: Option<Umask>,
}

impl AgentUser {
    pub fn root() -> Self {
        let root = UnixName("root".into());
        Self { user: root.clone(), uid: 0, group: root, gid: 0, supplementary_gids: Vec::new(), umask: None }
    }
}

impl fmt::Display for AgentUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, uid, group, gid, supplementary_gids, umask } = self;
        write!(f, "{} ({uid}), group {} ({gid})", user.as_str(), group.as_str())?;
        if !supplementary_gids.is_empty() {
            write!(f, ", groups {supplementary_gids:?}")?;
        }
        if let Some(umask) = umask {
            write!(f, ", umask {umask}")?;
        }
        Ok(())
    }
}

/// Checks a uid or a gid.
pub fn parse_unix_id(id: i64) -> Result<u32, String> {
    u32::try_from(id)
        .ok()
        .filter(|id| *id <= MAX_UNIX_ID)
        .ok_or_else(|| format!("must be 0 to {MAX_UNIX_ID}, not {id}"))
}

fn unix_id<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    parse_unix_id(i64::deserialize(from)?).map_err(de::Error::custom)
}

/// Checks the ids of further groups.
pub fn parse_supplementary_gids(gids: &[i64]) -> Result<Vec<u32>, String> {
    if gids.len() > MAX_SUPPLEMENTARY_GIDS {
        return Err(format!("must be at most {MAX_SUPPLEMENTARY_GIDS}, not {}", gids.len()));
    }
    if let Some((_, twice)) = gids.iter().enumerate().find(|(i, gid)| gids[..*i].contains(gid)) {
        return Err(format!("must differ, and {twice} is there twice"));
    }
    let each = |gid: &i64| parse_unix_id(*gid).map_err(|_| format!("must each be 0 to {MAX_UNIX_ID}, not {gid}"));
    gids.iter().map(each).collect()
}

fn supplementary_gids<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u32>, D::Error> {
    parse_supplementary_gids(&Vec::deserialize(from)?).map_err(de::Error::custom)
}

/// The name of a Unix user or group: what Debian's adduser takes, in either letter case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnixName(String);

impl UnixName {
    /// Says what is accepted where `text` is not.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let body = text.strip_suffix('$').unwrap_or(text);
        let first = |c: char| c.is_ascii_alphabetic() || c == '_';
        let rest = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if text.len() > 32 || !body.starts_with(first) || !body.chars().all(rest) {
            return Err("must be 1 to 32 of the characters a-z A-Z 0-9 _ . - and begin with a letter or _");
        }
        Ok(Self(text.to_owned()))
    }

    /// A name that was parsed before it was stored.
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for UnixName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usernames() {
        for good in ["ada", "Ada.Lovelace", "a@b-c_d", "1", &"x".repeat(64)] {
            assert_eq!(Username::parse(good).map(|n| n.to_string()), Ok(good.to_lowercase()));
        }
        for bad in ["", "ada lovelace", "ädä", "a/b", "a\n", "a\0", &"x".repeat(65)] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn unix_names() {
        for good in ["root", "_apt", "ada.l", "x$", "A-1"] {
            assert!(UnixName::parse(good).is_ok(), "{good:?}");
        }
        for bad in ["", "$", "1ada", "-ada", "a:b", "a b", "a\nb", "..", "a/b", &"x".repeat(33)] {
            assert!(UnixName::parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_takes_anything(text in ".*") {
            // What is taken is safe in a file's name, a line and a URL.
            let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() && !"/:?#".contains(c));
            prop_assert!(Username::parse(&text).map_or(true, |name| plain(name.as_str())));
            prop_assert!(UnixName::parse(&text).map_or(true, |name| plain(name.as_str())));
        }
    }

    #[test]
    fn unix_ids() {
        assert_eq!(parse_unix_id(2_147_483_647), Ok(2_147_483_647));
        assert_eq!(parse_unix_id(2_147_483_648), Err("must be 0 to 2147483647, not 2147483648".into()));
        assert!(parse_unix_id(-1).is_err());
    }

    #[test]
    fn supplementary_groups() {
        let largest: Vec<i64> = (0..64).collect();
        let parsed: Vec<String> = [&[][..], &[0, 2_147_483_647], &[7, 8, 7], &[1, -1], &[2_147_483_648]]
            .map(|gids| format!("{gids:?}: {:?}\n", parse_supplementary_gids(gids)))
            .into();
        expect![[r#"
            []: Ok([])
            [0, 2147483647]: Ok([0, 2147483647])
            [7, 8, 7]: Err("must differ, and 7 is there twice")
            [1, -1]: Err("must each be 0 to 2147483647, not -1")
            [2147483648]: Err("must each be 0 to 2147483647, not 2147483648")
        "#]]
        .assert_eq(&parsed.concat());
        assert!(parse_supplementary_gids(&largest).is_ok());
        let more: Vec<i64> = (0..65).collect();
        assert_eq!(parse_supplementary_gids(&more), Err("must be at most 64, not 65".into()));
    }
}
