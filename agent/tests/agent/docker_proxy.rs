//! dockerd as the agent sees it when dockerd restarts: connections break, the socket is dead, and later all is back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::{Builder, Runtime};

/// Stands between an agent and dockerd.
pub struct DockerProxy {
    socket: PathBuf,
    runtime: Option<Runtime>,
    /// How many requests to start a container came.
    count: Arc<AtomicUsize>,
    starts: Starts,
}

/// What becomes of requests to start a container.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Starts {
    /// They go through.
    Passed,
    /// dockerd gets them; the agent gets no answer.
    Unanswered,
    /// dockerd does not get them.
    Lost,
}

impl DockerProxy {
    pub fn start(dir: &Path, starts: Starts) -> Self {
        let mut proxy = Self { socket: dir.join("docker.sock"), runtime: None, count: Arc::default(), starts };
        proxy.up();
        proxy
    }

    pub fn url(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    pub fn starts(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// From the next `up` on.
    pub fn pass_starts(&mut self) {
        self.starts = Starts::Passed;
    }

    pub fn down(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
        std::fs::remove_file(&self.socket).unwrap();
    }

    pub fn up(&mut self) {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = std::os::unix::net::UnixListener::bind(&self.socket).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (count, starts) = (self.count.clone(), self.starts);
        runtime.spawn(async move {
            let listener = UnixListener::from_std(listener).unwrap();
            while let Ok((agent, _)) = listener.accept().await {
                tokio::spawn(relay(agent, count.clone(), starts));
            }
        });
        self.runtime = Some(runtime);
    }
}

impl Drop for DockerProxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// One connection; the agent uses each for one request.
async fn relay(mut agent: UnixStream, count: Arc<AtomicUsize>, starts: Starts) -> std::io::Result<()> {
    let mut docker = UnixStream::connect("/var/run/docker.sock").await?;
    let mut head = vec![0; 64 << 10];
    let length = agent.read(&mut head).await?;
    let is_start = String::from_utf8_lossy(&head[..length]).lines().next().is_some_and(|line| line.contains("/start "));
    if is_start && starts == Starts::Lost {
        count.fetch_add(1, Ordering::Relaxed);
        return Ok(());
    }
    docker.write_all(&head[..length]).await?;
    if is_start {
        count.fetch_add(1, Ordering::Relaxed);
        if starts == Starts::Unanswered {
            return Ok(());
        }
    }
    copy_bidirectional(&mut agent, &mut docker).await.map(drop)
}
