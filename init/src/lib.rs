//! What the first process of a task's container notes for the agent, on a file that both have: that the program began,
//! and how it ended. It is true whatever becomes of Docker meanwhile.
//!
//! The file is as long from the start as it will ever be, so that a full disk keeps nothing from being noted. It has two
//! lines, blank until they are written: `began TIME`, and `ended CODE TIME` or `unable ERRNO TIME`. Times are seconds of
//! the Unix epoch with nine decimals.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, SystemTime};

/// The length of a line, with its newline, in bytes.
const LINE: usize = 48;

/// The length of the file in bytes.
pub const LENGTH: usize = 2 * LINE;

/// What is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The program has not begun.
    Blank,
    /// The program was about to begin, and has not ended.
    Began {
        /// When, since the Unix epoch.
        at: Duration,
    },
    /// The program has ended.
    Ended {
        /// When it began, since the Unix epoch.
        began_at: Duration,
        /// When it ended.
        at: Duration,
        /// 0 to 255; 128+N for a death by signal N.
        code: i32,
    },
    /// There was no running the program.
    Unable {
        /// Why: a number of errno(3).
        errno: i32,
    },
}

impl Note {
    /// What is in the file. None: nothing that this process could have written; the program may write to it, too.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text: &[u8; LENGTH] = text.try_into().ok()?;
        let [first, second] = [&text[..LINE], &text[LINE..]].map(words);
        let (first, second) = (first?, second?);
        match (first.as_slice(), second.as_slice()) {
            ([], []) => Some(Self::Blank),
            (["began", at], []) => Some(Self::Began { at: time(at)? }),
            (["began", began_at], ["ended", code, at]) => {
                let code = code.parse().ok().filter(|code| (0..=255).contains(code))?;
                Some(Self::Ended { began_at: time(began_at)?, at: time(at)?, code })
            }
            (["began", _], ["unable", errno, _]) => Some(Self::Unable { errno: errno.parse().ok()? }),
            _ => None,
        }
    }
}

/// Writes that nothing has happened yet.
///
/// # Errors
/// When the file cannot be written.
pub fn blank(file: &File) -> io::Result<()> {
    file.write_all_at(&[line(""), line("")].concat(), 0)
}

/// Reads the file.
///
/// # Errors
/// When it cannot be read, or is too short.
pub fn read(file: &File) -> io::Result<Option<Note>> {
    let mut text = [0; LENGTH];
    file.read_exact_at(&mut text, 0)?;
    Ok(Note::parse(&text))
}

/// Notes that the program is about to begin.
///
/// # Errors
/// When that cannot be written: the program must not begin then.
pub fn begin(file: &File) -> io::Result<()> {
    file.write_all_at(&line(&format!("began {}", now())), 0)
}

/// Notes how the program has ended.
///
/// # Errors
/// When that cannot be written.
pub fn end(file: &File, code: i32) -> io::Result<()> {
    file.write_all_at(&line(&format!("ended {code} {}", now())), LINE as u64)
}

/// Notes that there is no running the program.
///
/// # Errors
/// When that cannot be written.
pub fn unable(file: &File, errno: i32) -> io::Result<()> {
    file.write_all_at(&line(&format!("unable {errno} {}", now())), LINE as u64)
}

/// Always as long.
fn line(text: &str) -> Vec<u8> {
    format!("{text:<width$}\n", width = LINE - 1).into_bytes()
}

fn words(line: &[u8]) -> Option<Vec<&str>> {
    let text = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    Some(text.split_ascii_whitespace().collect())
}

/// A clock before 1970 is taken for 1970.
fn now() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:09}", now.as_secs(), now.subsec_nanos())
}

fn time(text: &str) -> Option<Duration> {
    let (seconds, nanos) = text.split_once('.')?;
    let nanos = nanos.parse().ok().filter(|nanos| (0..1_000_000_000).contains(nanos))?;
    Some(Duration::new(seconds.parse().ok()?, nanos))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file() -> File {
        let file = tempfile::tempfile().unwrap();
        blank(&file).unwrap();
        file
    }

    #[test]
    fn what_is_noted_is_read() {
        let file = file();
        assert_eq!(read(&file).unwrap(), Some(Note::Blank));
        begin(&file).unwrap();
        let Some(Note::Began { at: began }) = read(&file).unwrap() else { panic!("it began") };
        end(&file, 137).unwrap();
        let Some(Note::Ended { began_at, at, code: 137 }) = read(&file).unwrap() else { panic!("it ended") };
        assert!(began_at == began && at >= began);
        unable(&file, 2).unwrap();
        assert_eq!(read(&file).unwrap(), Some(Note::Unable { errno: 2 }));
        assert_eq!(file.metadata().unwrap().len(), LENGTH as u64);
    }

    #[test]
    fn what_a_program_wrote_there_is_nothing() {
        let file = file();
        begin(&file).unwrap();
        for wrong in ["ended 256 1.000000000", "ended 0 1.9999999999", "ended -1 1.0", "ended x 1.0", "ended 0"] {
            file.write_all_at(&line(wrong), LINE as u64).unwrap();
            assert_eq!(read(&file).unwrap(), None, "{wrong}");
        }
        file.set_len(10).unwrap();
        assert!(read(&file).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(text in prop::collection::vec(any::<u8>(), 0..2 * LENGTH)) {
            let _ = Note::parse(&text);
        }
    }
}
