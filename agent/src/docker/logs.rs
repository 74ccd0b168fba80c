//! The log of a container, as Docker kept it.

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;

use super::{Docker, Failure, Refusal};
use crate::assignment::TaskId;

/// What Docker kept of one write: a line with its newline, or a piece of a line longer than 16 KiB, or an end without newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// When it was written; all pieces of a line have one time.
    pub time: Timestamp,
    /// Where to.
    pub source: Source,
    /// The bytes.
    pub data: Vec<u8>,
}

/// What tells a frame from others: no two lines of an output end in the same nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    time: Timestamp,
    source: Source,
    length: usize,
}

impl Frame {
    /// What tells it from others.
    pub const fn mark(&self) -> Mark {
        Mark { time: self.time, source: self.source, length: self.data.len() }
    }
}

/// One of the two outputs of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The standard output.
    Stdout,
    /// The standard error.
    Stderr,
}

impl Docker {
    /// Reads a log from its start. With `follow` the stream ends some time after the container, and may lack its last
    /// entries (Docker 20.10 stops reading when the writer has gone); without, it is what there is. A container that is
    /// gone, or is being removed, has none.
    pub fn logs(&self, task: &TaskId, follow: bool) -> impl Stream<Item = Result<Frame, String>> + Unpin + use<> {
        let options = LogsOptionsBuilder::new().follow(follow).stdout(true).stderr(true).timestamps(true).build();
        let stream = self.api.logs(&Self::container_name(task), Some(options)).map_err(Failure::from);
        let there = stream.take_while(|output| {
            std::future::ready(!matches!(output, Err(Failure::Refused(refusal)) if is_of_none(refusal)))
        });
        Box::pin(there.map(|output| match output {
            Ok(output) => output.try_into(),
            Err(Failure::Away(message)) => Err(message),
            Err(Failure::Refused(refusal)) => Err(refusal.to_string()),
        }))
    }

    /// The last frame of a container that has ended.
    pub async fn last_frame(&self, task: &TaskId) -> Result<Option<Frame>, Refusal> {
        let name = Self::container_name(task);
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).timestamps(true).tail("1").build();
        let read = || self.api.logs(&name, Some(options.clone())).try_collect::<Vec<_>>();
        match self.patiently(read).await {
            Ok(mut frames) => Ok(frames.pop().and_then(|output| output.try_into().ok())),
            Err(refusal) if is_of_none(&refusal) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

/// Whether that is why there is no log: the container is gone, or its removal was begun.
const fn is_of_none(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::NotFound(_) | Refusal::Conflict(_))
}

impl TryFrom<LogOutput> for Frame {
    type Error = String;

    /// Docker writes the time and a space before each.
    fn try_from(output: LogOutput) -> Result<Self, String> {
        let (source, message) = match output {
            LogOutput::StdOut { message } => (Source::Stdout, message),
            LogOutput::StdErr { message } => (Source::Stderr, message),
            LogOutput::StdIn { .. } | LogOutput::Console { .. } => return Err("Docker sent a torn log".into()),
        };
        let space = message.iter().position(|byte| *byte == b' ').ok_or("Docker sent a log entry without a time")?;
        let time = std::str::from_utf8(&message[..space]).ok().and_then(|time| time.parse().ok());
        let time = time.ok_or("Docker sent a log entry with a time that is none")?;
        Ok(Self { time, source, data: message[space + 1..].to_vec() })
    }
}
