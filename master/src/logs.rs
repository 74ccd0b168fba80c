//! Logs: how entries are packed for the store, read back in order, and picked.

pub mod retention;
pub mod search;

use std::ops::Range;

use bytesize::ByteSize;
use jiff::Timestamp;
use pedl_proto::v1::{LogEntry, LogSource};
use prost::Message as _;

use crate::error::{Error, Result};
use search::Text;

/// Fast, and within a few percent of what the slow levels save on text.
const ZSTD_LEVEL: i32 = 3;

/// What an entry counts beside its bytes, where a log's length is bounded.
const ENTRY: usize = 8;

/// A run of entries without a gap, and never none: what one append brings.
#[derive(Debug)]
pub struct Chunk(Vec<LogEntry>);

/// A chunk as it is stored, compressed. What most entries have in common takes next to nothing where it stands in a row.
#[derive(Clone, PartialEq, prost::Message)]
struct Stored {
    /// Entries as they were stored at first, one by one; nothing is written here any more.
    #[prost(message, repeated, tag = "1")]
    entries: Vec<LogEntry>,
    #[prost(int64, tag = "3")]
    first_offset: i64,
    /// When each entry was written, in microseconds after the one before it; the first after the Unix epoch.
    #[prost(sint64, repeated, tag = "4")]
    times: Vec<i64>,
    #[prost(enumeration = "LogSource", repeated, tag = "5")]
    sources: Vec<i32>,
    /// How long each entry is, in bytes.
    #[prost(uint64, repeated, tag = "6")]
    lengths: Vec<u64>,
    /// All their bytes.
    #[prost(bytes = "vec", tag = "7")]
    data: Vec<u8>,
}

impl Chunk {
    /// `None`: there are no entries.
    pub fn new(entries: Vec<LogEntry>) -> Option<Self> {
        (!entries.is_empty()).then_some(Self(entries))
    }

    /// What of it begins at `offset`; `None`: nothing.
    pub fn starting_at(self, offset: i64) -> Option<Self> {
        let known = self.0.partition_point(|entry| entry.offset < offset);
        Self::new(self.0.into_iter().skip(known).collect())
    }

    /// What of it a log may have that has room for `room` bytes more of the `limit` in all, and whether that is not all
    /// of it: then the last entry says so, in place of the first that is left out.
    pub fn within(self, room: u64, limit: u64) -> (Self, bool) {
        let mut size = 0;
        let mut fits = |entry: &LogEntry| {
            size += size_of(entry);
            size <= room
        };
        let Some(left_out) = self.0.iter().position(|entry| !fits(entry)) else {
            return (self, false);
        };
        let mut entries = self.0;
        entries.truncate(left_out + 1);
        if let Some(last) = entries.last_mut() {
            last.source = LogSource::System.into();
            last.data = format!(
                "the log is cut here: it has reached {limit}, the logs.limit_per_task\n",
                limit = ByteSize(limit)
            )
            .into();
        }
        (Self(entries), true)
    }

    /// Puts `next`, which goes on where this one ends, behind it.
    pub fn join(mut self, next: Self) -> Self {
        self.0.extend(next.0);
        self
    }

    pub fn first_offset(&self) -> i64 {
        self.0.first().map_or(0, |entry| entry.offset)
    }

    /// The number after the last entry's.
    pub fn end_offset(&self) -> i64 {
        self.0.last().map_or(0, |entry| entry.offset + 1)
    }

    pub fn last_time(&self) -> Timestamp {
        self.0.iter().filter_map(time).max().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// What it counts where a log's length is bounded, in bytes.
    pub fn size(&self) -> u64 {
        self.0.iter().map(size_of).sum()
    }

    /// Packs it for the store.
    pub fn pack(&self) -> Result<Vec<u8>> {
        let mut stored = Stored { first_offset: self.first_offset(), ..Stored::default() };
        let mut before = 0;
        for entry in &self.0 {
            // An agent tells the time of each.
            let written = time(entry).map_or(before, Timestamp::as_microsecond);
            stored.times.push(written.wrapping_sub(before));
            stored.sources.push(entry.source);
            stored.lengths.push(entry.data.len() as u64);
            stored.data.extend_from_slice(&entry.data);
            before = written;
        }
        zstd::bulk::compress(&stored.encode_to_vec(), ZSTD_LEVEL)
            .map_err(|error| Error::Internal(format!("a log cannot be compressed: {error}")))
    }

    /// The chunk that was packed.
    pub fn unpack(data: &[u8]) -> Result<Self> {
        let unreadable = |error: &str| Error::Internal(format!("a stored log cannot be read: {error}"));
        let message = zstd::decode_all(data).map_err(|error| unreadable(&error.to_string()))?;
        let Stored { mut entries, first_offset, times, sources, lengths, data } =
            Stored::decode(&*message).map_err(|error| unreadable(&error.to_string()))?;
        let (mut written, mut rest) = (0_i64, data.as_slice());
        for (number, ((since, source), length)) in (first_offset..).zip(times.into_iter().zip(sources).zip(lengths)) {
            written = written.wrapping_add(since);
            let piece = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
            let (data, after) = piece.ok_or_else(|| unreadable("it is cut short"))?;
            rest = after;
            entries.push(LogEntry { offset: number, time: Some(from_micros(written)), source, data: data.into() });
        }
        Self::new(entries).ok_or_else(|| unreadable("it is empty"))
    }

    pub fn into_entries(self) -> Vec<LogEntry> {
        self.0
    }
}

fn size_of(entry: &LogEntry) -> u64 {
    (entry.data.len() + ENTRY) as u64
}

fn from_micros(micros: i64) -> prost_types::Timestamp {
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1000).unwrap_or(0);
    prost_types::Timestamp { seconds: micros.div_euclid(1_000_000), nanos }
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
    let all = Chunk::unpack(data)?.into_entries();
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

    fn written(entry: LogEntry, micros: i64) -> LogEntry {
        LogEntry { time: Some(from_micros(micros)), ..entry }
    }

    #[test]
    fn what_is_packed_comes_back() {
        let odd = |(n, entry): (i64, LogEntry)| {
            let source = if n % 7 == 0 { LogSource::Stderr } else { LogSource::Stdout };
            // Clocks are set back now and then, even to before there were computers.
            let entry = written(entry, 1_795_000_000_123_456 + n * 17 - (n % 5) * 3_600_000_000 * 1_000_000);
            let data = if n % 3 == 0 { vec![0xff, 0, b'\n', u8::try_from(n % 256).unwrap()] } else { entry.data };
            LogEntry { source: source.into(), data, ..entry }
        };
        let entries: Vec<_> = (0..).zip(entries(3..900)).map(odd).collect();
        let chunk = Chunk::new(entries.clone()).unwrap();
        assert_eq!((chunk.first_offset(), chunk.end_offset()), (3, 900));
        assert_eq!(Chunk::unpack(&chunk.pack().unwrap()).unwrap().into_entries(), entries);
    }

    /// What is stored stays as it was: these are the numbers and types of its fields, on the wire of protobuf.
    #[test]
    fn a_chunk_is_stored_in_columns() {
        let entries = entries(300..302).into_iter().map(|entry| written(entry.clone(), entry.offset));
        let chunk = Chunk::new(entries.collect()).unwrap();
        let stored = zstd::decode_all(&*chunk.pack().unwrap()).unwrap();
        let mut expected = vec![0x18, 0xac, 0x02];
        expected.extend([0x22, 3, 0xd8, 0x04, 2, 0x2a, 2, 0, 0, 0x32, 2, 9, 9, 0x3a, 18]);
        expected.extend(b"line 300\nline 301\n");
        assert_eq!(stored, expected);
    }

    /// Logs of earlier masters have a message for each entry.
    #[test]
    fn a_chunk_of_entries_one_by_one_is_read() {
        let old = pedl_proto::v1::ReadLogsResponse { entries: entries(5..8), next_offset: 0 };
        let stored = zstd::bulk::compress(&old.encode_to_vec(), ZSTD_LEVEL).unwrap();
        assert_eq!(Chunk::unpack(&stored).unwrap().into_entries(), entries(5..8));
    }

    #[test]
    fn what_is_damaged_is_not_read_as_something_else() {
        let cut = Stored { times: vec![1], sources: vec![1], lengths: vec![9], data: vec![0], ..Stored::default() };
        for stored in [cut.encode_to_vec(), Vec::new(), b"junk".to_vec()] {
            assert!(Chunk::unpack(&zstd::bulk::compress(&stored, ZSTD_LEVEL).unwrap()).is_err(), "{stored:?}");
        }
        assert!(Chunk::unpack(b"junk").is_err());
    }

    #[test]
    fn a_log_is_cut_between_entries() {
        let kept = |room| {
            let (chunk, cut) = Chunk::new(entries(10..13)).unwrap().within(room, 48);
            let entries = chunk.into_entries();
            let texts: Vec<_> = entries.iter().map(|entry| String::from_utf8_lossy(&entry.data).into_owned()).collect();
            format!("{cut} {:?}\n", texts)
        };
        assert_eq!(Chunk::new(entries(10..13)).unwrap().size(), 3 * (8 + 8));
        expect![[r#"
            true ["the log is cut here: it has reached 48 B, the logs.limit_per_task\n"]
            true ["the log is cut here: it has reached 48 B, the logs.limit_per_task\n"]
            true ["line 10\n", "the log is cut here: it has reached 48 B, the logs.limit_per_task\n"]
            true ["line 10\n", "line 11\n", "the log is cut here: it has reached 48 B, the logs.limit_per_task\n"]
            false ["line 10\n", "line 11\n", "line 12\n"]
        "#]]
        .assert_eq(&[0, 15, 16, 47, 48].map(kept).concat());
    }

    #[test]
    fn picking() {
        let in_its_second = |entry: LogEntry| written(entry.clone(), entry.offset * 1_000_000);
        let chunk = Chunk::new(entries(10..20).into_iter().map(in_its_second).collect()).unwrap().pack().unwrap();
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
        let rest = |offset| Chunk::new(entries(0..10)).unwrap().starting_at(offset).map(Chunk::into_entries);
        assert_eq!(rest(7).unwrap(), entries(7..10));
        assert_eq!(rest(0).unwrap(), entries(0..10));
        assert!(rest(10).is_none());
    }
}
