//! From Docker's pieces to numbered entries. The numbers depend on the bytes alone, never on how reading went: an agent
//! that reads a log again from its start numbers it the same.

use jiff::Timestamp;
use pedl_proto::v1::{LogEntry, LogSource};

use crate::docker::{Frame, Source};

/// The longest entry; a longer line becomes several, all but the last without a newline.
pub const LONGEST: usize = 64 << 10;

/// Joins what Docker splits at 16 KiB, and splits at [`LONGEST`].
#[derive(Debug, Default)]
pub struct Entries {
    next_offset: i64,
    stdout: Option<Partial>,
    stderr: Option<Partial>,
}

#[derive(Debug)]
struct Partial {
    time: Timestamp,
    data: Vec<u8>,
}

/// Entries of PEDL's own, from the log's start.
pub fn system_entries(lines: impl IntoIterator<Item = (Timestamp, String)>) -> Vec<LogEntry> {
    let mut next_offset = 0;
    let line = |(time, text)| entry(&mut next_offset, LogSource::System, time, format!("{text}\n").into_bytes());
    lines.into_iter().map(line).collect()
}

impl Entries {
    /// Begins after these.
    pub fn after(earlier: &[LogEntry]) -> Self {
        let next_offset = earlier.last().map_or(0, |entry| entry.offset + 1);
        Self { next_offset, ..Self::default() }
    }

    /// Takes a frame; hands the entries that it completes to `each`, in order.
    pub fn push(&mut self, frame: Frame, mut each: impl FnMut(LogEntry)) {
        let (source, waiting) = match frame.source {
            Source::Stdout => (LogSource::Stdout, &mut self.stdout),
            Source::Stderr => (LogSource::Stderr, &mut self.stderr),
        };
        let partial = match waiting.take() {
            Some(mut partial) => {
                partial.data.extend_from_slice(&frame.data);
                partial
            }
            None => Partial { time: frame.time, data: frame.data },
        };
        let mut rest = partial.data;
        while rest.len() > LONGEST {
            let tail = rest.split_off(LONGEST);
            each(entry(&mut self.next_offset, source, partial.time, rest));
            rest = tail;
        }
        if rest.ends_with(b"\n") || rest.len() == LONGEST {
            each(entry(&mut self.next_offset, source, partial.time, rest));
        } else if !rest.is_empty() {
            *waiting = Some(Partial { time: partial.time, data: rest });
        }
    }

    /// The log has ended: hands over what waits for a newline.
    pub fn finish(&mut self, mut each: impl FnMut(LogEntry)) {
        for (source, waiting) in [(LogSource::Stdout, self.stdout.take()), (LogSource::Stderr, self.stderr.take())] {
            if let Some(Partial { time, data }) = waiting {
                each(entry(&mut self.next_offset, source, time, data));
            }
        }
    }
}

fn entry(next_offset: &mut i64, source: LogSource, time: Timestamp, data: Vec<u8>) -> LogEntry {
    let offset = *next_offset;
    *next_offset += 1;
    let time = prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() };
    LogEntry { offset, time: Some(time), source: source.into(), data }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn frame(second: i64, source: Source, data: &[u8]) -> Frame {
        Frame { time: Timestamp::from_second(second).unwrap(), source, data: data.into() }
    }

    fn entries(frames: impl IntoIterator<Item = Frame>) -> Vec<LogEntry> {
        let mut entries = Entries::default();
        let mut all = vec![];
        for frame in frames {
            entries.push(frame, |entry| all.push(entry));
        }
        entries.finish(|entry| all.push(entry));
        all
    }

    /// Each of `frames` is `o` or `e` and the text; its time is its number.
    fn check(frames: &[&str], expected: Expect) {
        let frame_of = |(n, text): (usize, &&str)| {
            let source = if text.starts_with('o') { Source::Stdout } else { Source::Stderr };
            frame(n.try_into().unwrap(), source, &text.as_bytes()[1..])
        };
        let line = |entry: LogEntry| {
            let LogEntry { offset, time, source, data } = entry;
            let time = time.unwrap().seconds;
            format!("{offset} at {time} {source} {:?}", String::from_utf8_lossy(&data))
        };
        let lines: Vec<_> = entries(frames.iter().enumerate().map(frame_of)).into_iter().map(line).collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn lines_are_entries() {
        check(
            &["oa\n", "eb\n", "o\n"],
            expect![[r#"
            0 at 0 1 "a\n"
            1 at 1 2 "b\n"
            2 at 2 1 "\n""#]],
        );
    }

    #[test]
    fn pieces_are_joined_by_source() {
        check(
            &["olong ", "eother\n", "oline\n"],
            expect![[r#"
            0 at 1 2 "other\n"
            1 at 0 1 "long line\n""#]],
        );
    }

    #[test]
    fn an_end_without_newline_is_kept() {
        check(
            &["oa", "eb", "eb"],
            expect![[r#"
            0 at 0 1 "a"
            1 at 1 2 "bb""#]],
        );
    }

    #[test]
    fn long_lines_are_split() {
        let line = vec![b'x'; LONGEST * 2 + 1];
        let pieces = line.chunks(16 << 10).map(|piece| frame(1, Source::Stdout, piece));
        let lengths: Vec<_> = entries(pieces).iter().map(|entry| entry.data.len()).collect();
        assert_eq!(lengths, [LONGEST, LONGEST, 1]);
    }

    proptest! {
        /// However a line comes in pieces, the entries are the same, and their bytes are the line.
        #[test]
        fn pieces_do_not_matter(cuts in proptest::collection::vec(1..40_000_usize, 1..12), newline: bool) {
            let mut line: Vec<u8> = (0..cuts.iter().sum::<usize>()).map(|n| b'a' + u8::try_from(n % 23).unwrap()).collect();
            if newline {
                line.push(b'\n');
            }
            let mut rest = line.as_slice();
            let mut pieces = vec![];
            for cut in cuts {
                let (piece, after) = rest.split_at(cut);
                pieces.push(frame(1, Source::Stdout, piece));
                rest = after;
            }
            pieces.push(frame(1, Source::Stdout, rest));
            let cut = entries(pieces);
            prop_assert_eq!(&cut, &entries([frame(1, Source::Stdout, &line)]));
            prop_assert_eq!(cut.iter().flat_map(|entry| entry.data.clone()).collect::<Vec<_>>(), line);
            prop_assert!(cut.iter().all(|entry| entry.data.len() <= LONGEST));
        }
    }
}
