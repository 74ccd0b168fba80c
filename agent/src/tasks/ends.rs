//! How tasks ended that are gone from this machine. A master whose database was restored from a backup may want one of
//! them again: it is told the end once more, and nothing is run twice.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use pedl_proto::agent::v1 as wire;
use serde::{Deserialize, Serialize};
use wire::task_report::Status;

use crate::assignment::TaskId;
use crate::data_dir::write_durably;

/// As many are remembered: of weeks, on a busy machine.
const REMEMBERED: usize = 10_000;

/// The ends, in memory and in a file that has one on each line.
#[derive(Debug)]
pub struct Ends {
    path: PathBuf,
    known: Mutex<Known>,
}

/// The newest ends.
#[derive(Debug, Default)]
struct Known {
    ends: HashMap<TaskId, Status>,
    /// Oldest first.
    order: VecDeque<TaskId>,
    /// How many lines the file has; those of what is forgotten are removed some time.
    lines: usize,
}

impl Known {
    /// Answers whether it is news.
    fn note(&mut self, task: TaskId, end: Status) -> bool {
        if self.ends.insert(task.clone(), end).is_some() {
            return false;
        }
        self.order.push_back(task);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ends.remove(&oldest);
        }
        true
    }
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    task: String,
    #[serde(flatten)]
    end: End,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum End {
    /// Times as RFC 3339 writes them.
    Exited {
        started_at: String,
        ended_at: String,
        exit_code: i32,
        detail: String,
    },
    CouldNotStart {
        reason: String,
    },
}

impl Ends {
    /// Reads the file, which may be absent.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            text => text?,
        };
        let mut known = Known::default();
        // One that was cut short is the last, and its container is still there.
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            known.lines += 1;
            if let Some((task, end)) = parse(line) {
                known.note(task, end);
            }
        }
        // Nothing is to be written behind a line that was cut short.
        let is_clean = known.lines == known.order.len();
        let ends = Self { path, known: Mutex::new(known) };
        if !is_clean {
            ends.rewrite(&mut ends.lock())?;
        }
        Ok(ends)
    }

    /// How a task ended.
    pub fn find(&self, task: &TaskId) -> Option<Status> {
        self.lock().ends.get(task).cloned()
    }

    /// Remembers an end, which is on the master's record, and forgets the oldest of too many.
    pub fn note(&self, task: &TaskId, end: &Status) -> io::Result<()> {
        let mut known = self.lock();
        if !known.note(task.clone(), end.clone()) {
            return Ok(());
        }
        if known.lines >= 2 * REMEMBERED {
            return self.rewrite(&mut known);
        }
        let mut file = File::options().append(true).create(true).mode(0o600).open(&self.path)?;
        file.write_all(&line(task, end)?)?;
        known.lines += 1;
        Ok(())
    }

    /// Leaves in the file what is remembered, and nothing else.
    fn rewrite(&self, known: &mut Known) -> io::Result<()> {
        let lines = known.order.iter().filter_map(|task| known.ends.get(task).map(|end| line(task, end)));
        write_durably(&self.path, &lines.collect::<io::Result<Vec<_>>>()?.concat())?;
        known.lines = known.order.len();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Empty: it is no end.
fn line(task: &TaskId, end: &Status) -> io::Result<Vec<u8>> {
    let Some(end) = of_status(end) else { return Ok(Vec::new()) };
    let mut line = serde_json::to_vec(&Line { task: task.to_string(), end }).map_err(io::Error::other)?;
    line.push(b'\n');
    Ok(line)
}

fn parse(line: &[u8]) -> Option<(TaskId, Status)> {
    let Line { task, end } = serde_json::from_slice(line).ok()?;
    let status = match end {
        End::Exited { started_at, ended_at, exit_code, detail } => Status::Exited(wire::Exited {
            started_at: to_proto(&started_at),
            ended_at: to_proto(&ended_at),
            exit_code,
            detail,
        }),
        End::CouldNotStart { reason } => Status::CouldNotStart(wire::CouldNotStart { reason }),
    };
    Some((task.parse().ok()?, status))
}

/// None: it is no end.
fn of_status(status: &Status) -> Option<End> {
    match status {
        Status::Exited(exited) => Some(End::Exited {
            started_at: exited.started_at.map(to_text).unwrap_or_default(),
            ended_at: exited.ended_at.map(to_text).unwrap_or_default(),
            exit_code: exited.exit_code,
            detail: exited.detail.clone(),
        }),
        Status::CouldNotStart(could_not) => Some(End::CouldNotStart { reason: could_not.reason.clone() }),
        Status::Starting(_) | Status::Running(_) => None,
    }
}

fn to_proto(time: &str) -> Option<prost_types::Timestamp> {
    let time: Timestamp = time.parse().ok()?;
    Some(prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() })
}

fn to_text(time: prost_types::Timestamp) -> String {
    Timestamp::new(time.seconds, time.nanos).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(exit_code: i32) -> Status {
        let time = prost_types::Timestamp { seconds: 1_795_000_000, nanos: 5 };
        let detail = "out of memory".into();
        Status::Exited(wire::Exited { started_at: Some(time), ended_at: Some(time), exit_code, detail })
    }

    fn task(number: usize) -> TaskId {
        format!("t{number}").parse().unwrap()
    }

    #[test]
    fn the_next_process_knows_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ends");
        let ends = Ends::open(path.clone()).unwrap();
        let refused = Status::CouldNotStart(wire::CouldNotStart { reason: "no image\n".into() });
        ends.note(&task(1), &ended(3)).unwrap();
        ends.note(&task(2), &refused).unwrap();
        ends.note(&task(1), &ended(3)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        // A crash cut the last one short.
        fs::write(&path, [&fs::read(&path).unwrap()[..], b"{\"task\":\"t3\",\"exit"].concat()).unwrap();
        let ends = Ends::open(path).unwrap();
        assert_eq!([1, 2, 3].map(|number| ends.find(&task(number))), [Some(ended(3)), Some(refused), None]);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ends");
        let line = |number: usize| format!("{{\"task\":\"t{number}\",\"reason\":\"\"}}\n");
        fs::write(&path, (0..=REMEMBERED).map(line).collect::<String>()).unwrap();
        let ends = Ends::open(path.clone()).unwrap();
        let lines = || fs::read_to_string(&path).unwrap().lines().count();
        assert!(ends.find(&task(0)).is_none() && ends.find(&task(1)).is_some());
        assert_eq!(lines(), REMEMBERED);
        // Neither memory nor the file grows for ever while one process lives.
        for number in REMEMBERED + 1..=2 * REMEMBERED + 1 {
            ends.note(&task(number), &ended(0)).unwrap();
        }
        assert!(ends.find(&task(REMEMBERED + 1)).is_none() && ends.find(&task(REMEMBERED + 2)).is_some());
        assert_eq!((lines(), ends.lock().ends.len()), (REMEMBERED, REMEMBERED));
    }
}
