//! Pages of lists: how many rows, and tokens that say where the next page starts, good for one list and filter only.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use prost::Message;

use crate::error::{Error, Result};

const DEFAULT_SIZE: u64 = 100;
const MAX_SIZE: u64 = 500;

/// Where a page ends early, in bytes: well below the 4 MiB that clients take by default.
pub const MAX_BYTES: usize = 2 << 20;

/// A page that is asked for.
#[derive(Debug)]
pub struct Page {
    pub size: u64,
    /// The key of the last row of the page before.
    pub after: Option<String>,
    scope: String,
}

impl Page {
    /// `scope` tells the list and its filter.
    pub fn parse(size: i32, token: &str, scope: String) -> Result<Self> {
        let size = match u64::try_from(size) {
            Ok(0) => DEFAULT_SIZE,
            Ok(size) => size.min(MAX_SIZE),
            Err(_) => return Err(Error::invalid("page_size", "must not be negative")),
        };
        let after = match token {
            "" => None,
            token => Some(decode(token, &scope).ok_or(Error::InvalidPageToken)?),
        };
        Ok(Self { size, after, scope })
    }

    /// How many rows to read: one more than the page holds, to learn whether another page follows.
    pub fn limit(&self) -> u64 {
        self.size + 1
    }

    /// Cuts `rows` to the page; answers the token of the next one, or an empty one.
    pub fn cut<T: Message>(&self, rows: &mut Vec<T>, key: impl Fn(&T) -> String) -> String {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let fitting = rows.iter().take_while(|row| {
            bytes += row.encoded_len();
            bytes <= MAX_BYTES
        });
        // One row always goes, however large.
        let size = fitting.count().clamp(1, size);
        if rows.len() <= size {
            return String::new();
        }
        rows.truncate(size);
        rows.last().map_or_else(String::new, |last| encode(&key(last), &self.scope))
    }
}

fn encode(key: &str, scope: &str) -> String {
    let mut bytes = checksum(key, scope).to_vec();
    bytes.extend_from_slice(key.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(token: &str, scope: &str) -> Option<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    let (found, key) = bytes.split_at_checked(4)?;
    let key = String::from_utf8(key.to_vec()).ok()?;
    (found == checksum(&key, scope)).then_some(key)
}

/// Notices a token of another list. It keeps no secret: whoever forges one only reads what they may read anyway.
fn checksum(key: &str, scope: &str) -> [u8; 4] {
    crc32fast::hash(format!("{scope}\n{key}").as_bytes()).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_leads_on_in_its_own_list_only() {
        let page = |token: &str, scope: &str| Page::parse(2, token, scope.into());
        let mut rows = vec![1_u32, 2, 3];
        let token = page("", "numbers").unwrap().cut(&mut rows, ToString::to_string);
        assert_eq!(rows, [1, 2]);
        assert_eq!(page(&token, "numbers").unwrap().after.as_deref(), Some("2"));
        assert!(matches!(page(&token, "letters"), Err(Error::InvalidPageToken)));
        assert_eq!(page("", "numbers").unwrap().cut(&mut rows, ToString::to_string), "");
    }

    #[test]
    fn a_page_of_large_rows_ends_early_but_never_empty() {
        let page = Page::parse(3, "", String::new()).unwrap();
        let large = |count| vec!["x".repeat(MAX_BYTES / 2 - 100); count];
        let mut rows = large(3);
        assert_ne!(page.cut(&mut rows, |_| "key".into()), "");
        assert_eq!(rows.len(), 2);
        let mut rows = vec!["x".repeat(MAX_BYTES * 2)];
        assert_eq!(page.cut(&mut rows, |_| "key".into()), "");
        assert_eq!(rows.len(), 1);
    }

    #[test]
    fn sizes_are_coerced() {
        let size = |size| Page::parse(size, "", String::new()).map(|page| page.size).ok();
        assert_eq!([size(0), size(7), size(5000), size(-1)], [Some(100), Some(7), Some(500), None]);
    }

    proptest! {
        #[test]
        fn decoding_takes_anything(token in ".*") {
            prop_assert_eq!(decode(&token, "numbers"), None);
        }
    }
}
