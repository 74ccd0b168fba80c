//! Logs: how entries are packed for the store, and read back in order.

use jiff::Timestamp;
use pedl_proto::v1::{LogEntry, ReadLogsResponse};
use prost::Message as _;

use crate::error::{Error, Result};

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
        let message = ReadLogsResponse { entries };
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

/// When an entry was written.
pub fn time(entry: &LogEntry) -> Option<Timestamp> {
    let time = entry.time.as_ref()?;
    Timestamp::new(time.seconds, time.nanos).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(offsets: std::ops::Range<i64>) -> Vec<LogEntry> {
        let entry = |offset| LogEntry { offset, data: format!("line {offset}\n").into(), ..LogEntry::default() };
        offsets.map(entry).collect()
    }

    #[test]
    fn what_is_packed_comes_back() {
        let chunk = Chunk::pack(entries(3..900)).unwrap();
        assert_eq!((chunk.first_offset(), chunk.end_offset()), (3, 900));
        assert_eq!(unpack(&chunk.into_data()).unwrap(), entries(3..900));
    }

    #[test]
    fn what_is_there_already_is_cut_off() {
        let rest = Chunk::pack(entries(0..10)).unwrap().starting_at(7).unwrap().unwrap();
        assert_eq!(unpack(&rest.into_data()).unwrap(), entries(7..10));
        assert!(Chunk::pack(entries(0..10)).unwrap().starting_at(10).unwrap().is_none());
    }
}
