//! What stands between an agent and Docker, and breaks what passes: Docker does what it was asked to, and the agent is
//! told that it failed, or nothing.
//!
//! A connection is one request, which is all that the agent uses one for; so nothing needs to be known of an answer but
//! where it ends. What streams, as logs do, passes as it comes.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Runtime;

use crate::Dice;

const DOCKER: &str = "/var/run/docker.sock";

/// The socket of a Docker that fails, as long as this is there.
pub struct DockerProxy {
    dir: TempDir,
    broken: Arc<AtomicUsize>,
    _runtime: Runtime,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It passes, and so does its answer.
    Passes,
    /// Docker does it, and the answer is a failure of Docker's own.
    Fails,
    /// Docker does it, and the connection ends after so many bytes of its answer, before its end.
    Breaks(usize),
}

impl DockerProxy {
    /// Stands before the machine's Docker, and breaks this share of the requests, in percent.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start(percent: u64, seed: u64) -> Self {
        let dir = tempfile::Builder::new().prefix("pedl-docker-").tempdir().expect("a directory can be made");
        let runtime = Runtime::new().expect("a runtime can be made");
        let broken = Arc::<AtomicUsize>::default();
        let listener = {
            let _in_runtime = runtime.enter();
            UnixListener::bind(dir.path().join("docker.sock")).expect("the socket can be made")
        };
        let (dice, counted) = (Arc::new(Mutex::new(Dice::new(seed))), broken.clone());
        runtime.spawn(async move {
            while let Ok((agent, _)) = listener.accept().await {
                let fate = fate(percent, &mut dice.lock().expect("no holder panics"));
                let counted = counted.clone();
                tokio::spawn(async move {
                    if !matches!(fate, Fate::Passes) {
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                    // The agent or Docker may go away: that is no fault.
                    drop(relay(agent, fate).await);
                });
            }
        });
        Self { dir, broken, _runtime: runtime }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("unix://{}", self.dir.path().join("docker.sock").display())
    }

    /// How many requests were broken.
    pub fn broken(&self) -> usize {
        self.broken.load(Ordering::Relaxed)
    }
}

fn fate(percent: u64, dice: &mut Dice) -> Fate {
    if dice.roll() % 100 >= percent {
        return Fate::Passes;
    }
    match dice.roll() % 4 {
        0 => Fate::Breaks(0),
        1 => Fate::Breaks(usize::try_from(dice.roll() % 4000).expect("it is small")),
        _ => Fate::Fails,
    }
}

async fn relay(mut agent: UnixStream, fate: Fate) -> io::Result<()> {
    let request = read_request(&mut agent).await?;
    let mut docker = UnixStream::connect(DOCKER).await?;
    match fate {
        Fate::Passes => {
            docker.write_all(&request).await?;
            copy_bidirectional(&mut agent, &mut docker).await.map(drop)
        }
        Fate::Fails if is_stream(&request) => agent.write_all(&failure(&request)).await,
        Fate::Breaks(after) if is_stream(&request) => {
            docker.write_all(&closing(request)).await?;
            let mut answer = docker.take(after.try_into().expect("it is small"));
            tokio::io::copy(&mut answer, &mut agent).await.map(drop)
        }
        Fate::Fails => {
            done(docker, request.clone()).await?;
            agent.write_all(&failure(&request)).await
        }
        Fate::Breaks(after) => {
            let answer = done(docker, request).await?;
            agent.write_all(&answer[..after.min(answer.len().saturating_sub(1))]).await
        }
    }
}

/// Lets Docker do it; its whole answer.
async fn done(mut docker: UnixStream, request: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    docker.write_all(&closing(request)).await?;
    docker.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Head and body.
async fn read_request(agent: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if agent.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Ok(request);
        }
    }
}

/// The request, after whose answer Docker ends the connection.
fn closing(mut request: Vec<u8>) -> Vec<u8> {
    let line = request.windows(2).position(|pair| pair == b"\r\n").expect("it has lines") + 2;
    request.splice(line..line, *b"Connection: close\r\n");
    request
}

/// Whether its answer goes on for as long as a container runs, and is of use before it ends.
fn is_stream(request: &[u8]) -> bool {
    let line = String::from_utf8_lossy(request.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
    line.contains("/logs?")
}

fn failure(request: &[u8]) -> Vec<u8> {
    let body = r#"{"message":"context deadline exceeded"}"#;
    let head = format!(
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let body = if request.starts_with(b"HEAD ") { "" } else { body };
    [head, body.to_owned()].concat().into_bytes()
}
