//! Reading a task's log onto this terminal: every entry once and in order, however often the connection breaks.

use std::io::{self, Write as _};
use std::time::Duration;

use pedl_proto::v1::{Asset, AssetKind, AssetState, LogEntry, LogSource, ReadLogsRequest, ReadLogsResponse};
use tokio::time::{sleep, timeout};
use tonic::{Code, Streaming};

use super::asset;
use crate::client::Client;
use crate::error::{Error, say};
use crate::{record, time};

/// After this long without output the reader is told what the asset waits for.
const QUIET: Duration = Duration::from_secs(1);
/// How long a running asset may be quiet before its state is looked at.
const QUIET_WHILE_RUNNING: Duration = Duration::from_secs(10);
/// Waits between attempts to reach the master: the first, doubled up to the last.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Prints what the log holds now; with `timestamps`, each line behind its time.
pub async fn print(client: &mut Client, request: ReadLogsRequest, timestamps: bool) -> Result<(), Error> {
    let mut printer = Printer::new(timestamps);
    let mut stream = open(client, &request).await?;
    while let Some(response) = stream.message().await.map_err(|status| client.error(status))? {
        printer.write(&response.entries)?;
    }
    Ok(())
}

/// Prints the log from `request` on until the asset has ended or is lost, and tells how it stands then. Meanwhile
/// tells what it waits for, and rides out a master that is away. With `timestamps`, each line stands behind its time.
pub async fn follow(client: &mut Client, id: i64, request: ReadLogsRequest, timestamps: bool) -> Result<Asset, Error> {
    let printer = Printer::new(timestamps);
    let mut follower = Follower { id, request, printer, printed: false, told: None, away: false, backoff: BACKOFF.0 };
    loop {
        match follower.read_to_end(client).await {
            Ok(Some(asset)) => return Ok(asset),
            // The stream ended before the asset did, as when the master is told to stop.
            Ok(None) => {}
            Err(err) if err.is_passing() => follower.note_away(&err),
            Err(err) => return Err(err),
        }
        sleep(follower.backoff).await;
        follower.backoff = BACKOFF.1.min(follower.backoff * 2);
    }
}

struct Follower {
    id: i64,
    /// Asks for what has not been printed yet.
    request: ReadLogsRequest,
    printer: Printer,
    /// Whether anything of the log was printed.
    printed: bool,
    /// What was last told of the asset's state.
    told: Option<String>,
    away: bool,
    backoff: Duration,
}

impl Follower {
    /// Reads until the stream ends; the asset, if it has ended too.
    async fn read_to_end(&mut self, client: &mut Client) -> Result<Option<Asset>, Error> {
        let mut stream = open(client, &self.request).await?;
        self.note_back();
        let mut quiet = QUIET;
        loop {
            let response = match timeout(quiet, stream.message()).await {
                // The session ended under the stream: opening it again renews that, or says why not.
                Ok(Err(status)) if status.code() == Code::Unauthenticated => return Ok(None),
                Ok(response) => response.map_err(|status| client.error(status))?,
                Err(_) => {
                    let asset = self.look(client).await?;
                    self.tell_state(&asset);
                    // Its log may stay open for ever.
                    if asset.state() == AssetState::Lost {
                        return Ok(Some(asset));
                    }
                    let running = asset.state() == AssetState::Running;
                    quiet = if running { QUIET_WHILE_RUNNING } else { QUIET };
                    continue;
                }
            };
            let Some(ReadLogsResponse { entries, next_offset }) = response else {
                break;
            };
            self.printer.write(&entries)?;
            self.printed |= !entries.is_empty();
            self.request.from_offset = next_offset;
            // What comes from here on is wanted whole.
            self.request.tail = None;
            self.backoff = BACKOFF.0;
        }
        let asset = self.look(client).await?;
        if asset.state() == AssetState::Lost {
            self.tell_state(&asset);
        }
        Ok(Some(asset).filter(|asset| has_ended(asset.state())))
    }

    async fn look(&self, client: &mut Client) -> Result<Asset, Error> {
        asset::get(client, AssetKind::Unspecified, self.id).await
    }

    fn tell_state(&mut self, asset: &Asset) {
        // What has printed something runs, as anyone can see.
        if self.printed && asset.state() == AssetState::Running {
            return;
        }
        let agent = asset.latest_task.as_ref().map(|task| task.agent.as_str()).filter(|agent| !agent.is_empty());
        let state = record::state(asset.state()).to_lowercase();
        let text = match (asset.state_reason.as_str(), agent) {
            ("", Some(agent)) => format!("{state} on {agent}"),
            ("", None) => state,
            (reason, _) => format!("{state}: {reason}"),
        };
        if self.told.as_ref() != Some(&text) {
            say(&text);
            self.told = Some(text);
        }
    }

    fn note_away(&mut self, err: &Error) {
        if !self.away {
            self.away = true;
            say(format!("the master is away, waiting for it: {err}"));
        }
    }

    fn note_back(&mut self) {
        if self.away {
            self.away = false;
            say("the master is back");
        }
    }
}

async fn open(client: &mut Client, request: &ReadLogsRequest) -> Result<Streaming<ReadLogsResponse>, Error> {
    client.call(async |api| api.assets().read_logs(request.clone()).await).await
}

/// Whether nothing more will come of an asset in this state, unless its agent is found again.
fn has_ended(state: AssetState) -> bool {
    match state {
        AssetState::Completed | AssetState::Failed | AssetState::Killed | AssetState::Lost => true,
        AssetState::Unspecified
        | AssetState::Queued
        | AssetState::Starting
        | AssetState::Running
        | AssetState::Paused
        | AssetState::Stopping => false,
    }
}

/// Writes the program's stdout to stdout and its stderr to stderr, byte by byte; what PEDL says of it goes to stderr.
struct Printer {
    timestamps: bool,
    /// Whether what comes next of stdout begins a line: long lines come in pieces.
    begins: bool,
    /// As `begins`, for stderr.
    begins_on_stderr: bool,
}

impl Printer {
    const fn new(timestamps: bool) -> Self {
        Self { timestamps, begins: true, begins_on_stderr: true }
    }

    fn write(&mut self, entries: &[LogEntry]) -> Result<(), Error> {
        let mut stdout = io::stdout().lock();
        let mut stderr = io::stderr().lock();
        for run in entries.chunk_by(|a, b| a.source == b.source) {
            match run[0].source() {
                LogSource::Stdout | LogSource::Unspecified => {
                    stdout.write_all(&lines(run, self.timestamps, &mut self.begins))?;
                    stdout.flush()?;
                }
                LogSource::Stderr => stderr.write_all(&lines(run, self.timestamps, &mut self.begins_on_stderr))?,
                LogSource::System => {
                    for entry in run {
                        let text = lines(std::slice::from_ref(entry), self.timestamps, &mut true);
                        say(String::from_utf8_lossy(text.trim_ascii_end()));
                    }
                }
            }
        }
        Ok(())
    }
}

/// The bytes of entries, with the time before each that begins a line where `timestamps` are wanted.
fn lines(entries: &[LogEntry], timestamps: bool, begins: &mut bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.iter().map(|entry| entry.data.len()).sum());
    for entry in entries {
        if timestamps && *begins {
            let time = entry.time.and_then(time::from_proto).unwrap_or_default();
            bytes.extend(format!("{time:.6} ").into_bytes());
        }
        *begins = entry.data.ends_with(b"\n");
        bytes.extend(&entry.data);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_stands_before_each_line_and_not_before_its_pieces() {
        let entry = |second, data: &str| {
            let time = prost_types::Timestamp { seconds: second, nanos: 120_300_000 };
            LogEntry { time: Some(time), data: data.into(), ..LogEntry::default() }
        };
        let entries = [entry(0, "long "), entry(1, "line\n"), entry(2, "\n"), entry(3, "end")];
        let mut begins = true;
        let shown = [lines(&entries[..1], true, &mut begins), lines(&entries[1..], true, &mut begins)].concat();
        assert_eq!(
            String::from_utf8(shown).unwrap(),
            "1970-01-01T00:00:00.120300Z long line\n1970-01-01T00:00:02.120300Z \n1970-01-01T00:00:03.120300Z end"
        );
        assert_eq!(lines(&entries, false, &mut true), b"long line\n\nend");
    }
}
