//! Logs: how entries are packed for the store, read back in order, and picked.

pub mod search;

use std::ops::Range;

use jiff::Timestamp;
use pedl_proto::v1::{LogEntry, ReadLogsResponse};
use prost::Message as _;

use crate::error::{Error, Result};
use search::Text;

/// Fast, and within a few percent of what the slow levels save on text.
const ZSTD_LEVEL: i32 = 3;

/// A run of entries without a gap, packed: what one append brings.
pub struct Chunk {
    entries: Vec<LogEntry>,
    data: Vec<u8>,
}

impl Chunk {
    /// Packs `entries`, which must not be empty.
    pub fn pack(entries: Vec<LogEntry>) -> Result<Self> {
        // How far a reader has come is not stored.
        let message = ReadLogsResponse { entries, next_offset: 0 };
        let data = zstd::bulk::compress(&message.encode_to_vec(), ZSTD_LEVEL)
            .map_err(|error| Error::Internal(format!("a log cannot be compressed: {error}")))?;
        Ok(Self { entries: message.entries, data })
    }

    /// What of it begins at `offset`; `None`: nothing.
    pub fn starting_at(self, offset: i64) -> Result<Option<Self>> {
        if self.first_offset() == offset {
            return Ok(Some(self));
        }
        let entries: Vec<_> = self.entries.into_iter().filter(|entry| entry.offset >= offset).collect();
        if entries.is_empty() { Ok(None) } else { Self::pack(entries).map(Some) }
    }

    pub fn first_offset(&self) -> i64 {
        self.entries.first().map_or(0, |entry| entry.offset)
    }

    /// The number after the last entry's.
    pub fn end_offset(&self) -> i64 {
        self.entries.last().map_or(0, |entry| entry.offset + 1)
    }

    pub fn last_time(&self) -> Timestamp {
        self.entries.iter().filter_map(time).max().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub fn into_data(self) -> Vec<u8> {
        self.data
    }
}

/// The entries of a packed chunk.
pub fn unpack(data: &[u8]) -> Result<Vec<LogEntry>> {
    let unreadable = |error: String| Error::Internal(format!("a stored log cannot be read: {error}"));
    let message = zstd::decode_all(data).map_err(|error| unreadable(error.to_string()))?;
    let message = ReadLogsResponse::decode(&*message).map_err(|error| unreadable(error.to_string()))?;
    Ok(message.entries)
}

/// Which entries of a log somebody wants.
#[derive(Default)]
pub struct Sought {
    /// Written then or later.
    pub since: Option<Timestamp>,
    /// With this in them.
    pub text: Option<Text>,
}

/// What a chunk has of it.
#[derive(Debug, PartialEq)]
pub struct Found {
    pub entries: Vec<LogEntry>,
    /// The first entry that was not looked at.
    pub next: i64,
}

/// The entries of a packed chunk that are numbered in `range` and are sought; at most `limit`.
pub fn pick(data: &[u8], range: Range<i64>, limit: usize, sought: &Sought) -> Result<Found> {
    let all = unpack(data)?;
    let end = all.last().map_or(range.end, |last| last.offset + 1).clamp(range.start, range.end);
    let mut seen = Vec::new();
    let is_sought = |entry: &LogEntry| {
        range.contains(&entry.offset)
            && sought.since.is_none_or(|since| time(entry).is_some_and(|time| time >= since))
            && sought.text.as_ref().is_none_or(|text| text.is_in(&entry.data, &mut seen))
    };
    let entries: Vec<_> = all.into_iter().filter(is_sought).take(limit).collect();
    let next = match entries.last() {
        Some(last) if entries.len() == limit => last.offset + 1,
        Some(_) | None => end,
    };
    Ok(Found { entries, next })
}

/// When an entry was written.
fn time(entry: &LogEntry) -> Option<Timestamp> {
    let time = entry.time.as_ref()?;
    Timestamp::new(time.seconds, time.nanos).ok()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn entries(offsets: Range<i64>) -> Vec<LogEntry> {
        let entry = |offset| LogEntry { offset, data: format!("line {offset}\n").into(), ..LogEntry::default() };
        offsets.map(entry).collect()
    }

    #[test]
    fn what_is_packed_comes_back() {
        let chunk = Chunk::pack(entries(3..900)).unwrap();
        assert_eq!((chunk.first_offset(), chunk.end_offset()), (3, 900));
        assert_eq!(unpack(&chunk.into_data()).unwrap(), entries(3..900));
    }

    /// What is stored stays as it was: field 1, length-delimited, for each entry, and nothing else.
    #[test]
    fn a_chunk_holds_entries_alone() {
        let chunk = Chunk::pack(entries(300..302)).unwrap();
        let stored = zstd::decode_all(&*chunk.into_data()).unwrap();
        let mut expected = Vec::new();
        for entry in entries(300..302) {
            let entry = entry.encode_to_vec();
            expected.extend([0x0a, u8::try_from(entry.len()).unwrap()]);
            expected.extend(entry);
        }
        assert_eq!(stored, expected);
    }

    #[test]
    fn picking() {
        let second = |seconds| prost_types::Timestamp { seconds, nanos: 0 };
        let written = |entry: LogEntry| LogEntry { time: Some(second(entry.offset)), ..entry };
        let chunk = Chunk::pack(entries(10..20).into_iter().map(written).collect()).unwrap().into_data();
        let show = |range, limit, since: Option<i64>, text: Option<&str>| {
            let since = since.map(|since| Timestamp::from_second(since).unwrap());
            let found = pick(&chunk, range, limit, &Sought { since, text: text.map(Text::new) }).unwrap();
            let offsets = found.entries.iter().map(|entry| entry.offset.to_string()).collect::<Vec<_>>();
            format!("[{}] then {}\n", offsets.join(" "), found.next)
        };
        let shown = [
            show(0..i64::MAX, usize::MAX, None, None),
            show(15..18, usize::MAX, None, None),
            show(15..i64::MAX, 2, None, None),
            show(18..i64::MAX, 2, None, None),
            show(12..i64::MAX, usize::MAX, Some(17), None),
            show(12..i64::MAX, usize::MAX, None, Some("LINE 15")),
            show(12..i64::MAX, 1, None, Some("line 15")),
            show(16..19, 1, None, Some("line 15")),
            show(12..i64::MAX, 2, Some(14), Some("line 1")),
        ];
        expect![[r#"
            [10 11 12 13 14 15 16 17 18 19] then 20
            [15 16 17] then 18
            [15 16] then 17
            [18 19] then 20
            [17 18 19] then 20
            [15] then 20
            [15] then 16
            [] then 19
            [14 15] then 16
        "#]]
        .assert_eq(&shown.concat());
    }

    #[test]
    fn what_is_there_already_is_cut_off() {
        let rest = Chunk::pack(entries(0..10)).unwrap().starting_at(7).unwrap().unwrap();
        assert_eq!(unpack(&rest.into_data()).unwrap(), entries(7..10));
        assert!(Chunk::pack(entries(0..10)).unwrap().starting_at(10).unwrap().is_none());
    }
}
