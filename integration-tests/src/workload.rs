//! A stream of commands that leave traces, and what must be true of each in the end, whatever broke meanwhile: it is
//! there, it was started once, its exit code and its log are its own, and nothing of it is left on the machine.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pedl_proto::v1::create_asset_request::Spec;
use pedl_proto::v1::{
    Asset, AssetState, BindMount, CommandSpec, ContainerSpec, CreateAssetRequest, LogEntry, LogSource,
};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::{Cluster, eventually};

/// Tells that it started, writes its lines, waits a little between them, and ends with its own code.
const SCRIPT: &str = r#"
    echo "$1" >> "/traces/$1"
    i=0
    while [ $i -lt "$2" ]; do
        echo "$1 line $i"
        i=$((i + 1))
        if [ $i -eq $(($2 / 2)) ]; then echo "$1 half" >&2; sleep "$4"; fi
    done
    exit "$3"
"#;

/// Commands at most that wait for an answer at once.
const SENDERS: usize = 4;

/// How long all of them may take to end, once nothing breaks any more.
const ENDED_WITHIN: Duration = Duration::from_secs(300);

/// A stream of commands.
pub struct Workload {
    traces: PathBuf,
    acknowledged: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    sender: JoinHandle<HashMap<i64, usize>>,
    runtime: Runtime,
    client: Client,
}

impl Workload {
    /// Begins to send `commands` to a cluster whose master is there, as `pedl`, each as soon as one before it was
    /// acknowledged.
    ///
    /// # Panics
    /// When the master does not let it in.
    pub fn start(cluster: &Cluster, commands: usize) -> Self {
        Self::start_slowly(cluster, commands, Duration::ZERO)
    }

    /// As [`Workload::start`], with a pause after each, so that they can be run as fast as they are sent.
    ///
    /// # Panics
    /// When the master does not let it in.
    pub fn start_slowly(cluster: &Cluster, commands: usize, pause: Duration) -> Self {
        let traces = cluster.shared_dir("traces", 0, 0);
        let runtime = Runtime::new().expect("a runtime can be made");
        let client = runtime.block_on(Client::login(&cluster.url(), "pedl"));
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let over = Arc::new(AtomicBool::new(false));
        let stream = Stream {
            client: client.clone(),
            commands,
            pause,
            traces: traces.display().to_string(),
            next: AtomicUsize::new(0),
            acknowledged: acknowledged.clone(),
            over: over.clone(),
        };
        let handle = runtime.handle().clone();
        let sender = std::thread::spawn(move || handle.block_on(send(stream)));
        Self { traces, acknowledged, over, sender, runtime, client }
    }

    /// How many commands the master has acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Whether all were sent and acknowledged.
    pub fn is_sent(&self) -> bool {
        self.sender.is_finished()
    }

    /// Sends no more than are under way.
    pub fn send_no_more(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Waits for the end of all, and sees that each ended as it must.
    ///
    /// # Panics
    /// When a promise was broken.
    pub fn check(self, cluster: &Cluster) {
        let broken = self.broken(cluster);
        assert!(broken.examples.is_empty(), "{broken:#?}");
    }

    /// Waits for the end of all, and answers of how many a promise was broken.
    ///
    /// # Panics
    /// When they do not end, or leave containers.
    pub fn broken(self, cluster: &Cluster) -> Broken {
        let numbers = self.sender.join().expect("all were acknowledged");
        let assets = self.runtime.block_on(all_ended(&self.client, &numbers));
        let told: HashMap<i64, &Asset> = assets.iter().map(|asset| (asset.id, asset)).collect();
        let mut broken = Broken { commands: numbers.len(), ..Broken::default() };
        let of_workload = assets.iter().filter(|asset| asset.description.starts_with(NAME)).count();
        if of_workload > numbers.len() {
            broken.doubled += of_workload - numbers.len();
            broken.examples.push(format!("{of_workload} were created of {}", numbers.len()));
        }
        for (id, number) in &numbers {
            let Some(asset) = told.get(id) else {
                broken.lost += 1;
                broken.examples.push(format!("asset {id} was acknowledged, and is gone"));
                continue;
            };
            let task = asset.latest_task.as_ref().expect("it has a task");
            let starts = fs::read_to_string(self.traces.join(number.to_string())).unwrap_or_default().lines().count();
            broken.doubled += starts.saturating_sub(1);
            let code = exit_code(*number);
            let state = if code == 0 { AssetState::Completed } else { AssetState::Failed };
            let log = self.runtime.block_on(self.client.log(&task.id));
            let log = check_log(*number, &log);
            if log.is_err() || (asset.state(), task.exit_code) != (state, Some(code)) {
                broken.lost += 1;
            }
            if log.is_err() || (asset.state(), task.exit_code, starts) != (state, Some(code), 1) {
                broken.examples.push(format!("asset {id} was started {starts} times; {log:?}: {asset:?}"));
            }
        }
        eventually("no container to be left", || cluster.containers().is_empty().then_some(()));
        broken
    }
}

/// Of how many commands a promise was broken.
#[derive(Debug, Default)]
pub struct Broken {
    /// How many there were.
    pub commands: usize,
    /// Those that are gone, or whose end or log is not theirs.
    pub lost: usize,
    /// Starts and creations beyond the first.
    pub doubled: usize,
    /// What was broken, in words.
    pub examples: Vec<String>,
}

const NAME: &str = "workload ";

/// Lines of each: 5 to 64, and now and then many.
const fn lines(number: usize) -> usize {
    if number % 40 == 39 { 5000 } else { 5 + number * 7 % 60 }
}

fn exit_code(number: usize) -> i32 {
    [0, 0, 3, 0, 41][number % 5]
}

/// In seconds, between its two halves.
fn pause(number: usize) -> &'static str {
    ["0", "0.3", "0", "1"][number % 4]
}

/// What all senders share.
struct Stream {
    client: Client,
    commands: usize,
    /// After each.
    pause: Duration,
    /// Where they leave their traces.
    traces: String,
    next: AtomicUsize,
    acknowledged: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

async fn send(stream: Stream) -> HashMap<i64, usize> {
    let stream = Arc::new(stream);
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let stream = stream.clone();
        senders.spawn(async move {
            let mut sent = Vec::new();
            loop {
                let number = stream.next.fetch_add(1, Ordering::Relaxed);
                if number >= stream.commands || stream.over.load(Ordering::Relaxed) {
                    return sent;
                }
                let asset = stream.client.create(command(number, &stream.traces)).await;
                stream.acknowledged.fetch_add(1, Ordering::Relaxed);
                sent.push((asset.id, number));
                tokio::time::sleep(stream.pause).await;
            }
        });
    }
    senders.join_all().await.into_iter().flatten().collect()
}

fn command(number: usize, traces: &str) -> CreateAssetRequest {
    let words = [number.to_string(), lines(number).to_string(), exit_code(number).to_string(), pause(number).into()];
    let argv = ["sh", "-c", SCRIPT, "sh"].map(ToOwned::to_owned).into_iter().chain(words).collect();
    let mount = BindMount { host_path: traces.into(), container_path: "/traces".into(), ..BindMount::default() };
    let container = ContainerSpec { bind_mounts: vec![mount], ..ContainerSpec::default() };
    CreateAssetRequest {
        request_id: format!("{NAME}{number}"),
        description: format!("{NAME}{number}"),
        spec: Some(Spec::Command(CommandSpec { argv, container: Some(container) })),
        ..CreateAssetRequest::default()
    }
}

/// Waits until all have ended, and answers everything that is listed.
async fn all_ended(client: &Client, numbers: &HashMap<i64, usize>) -> Vec<Asset> {
    let start = Instant::now();
    loop {
        let assets = client.list().await;
        let going_on = |asset: &&Asset| {
            let ended = [AssetState::Completed, AssetState::Failed, AssetState::Killed].contains(&asset.state());
            numbers.contains_key(&asset.id) && !ended
        };
        let left: Vec<_> = assets.iter().filter(going_on).collect();
        if left.is_empty() {
            return assets;
        }
        assert!(start.elapsed() < ENDED_WITHIN, "{} have not ended, such as {:?}", left.len(), left[0]);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Numbered without gaps, each stream whole and in order; or says what is not.
fn check_log(number: usize, entries: &[LogEntry]) -> Result<(), String> {
    if let Some((place, entry)) = (0..).zip(entries).find(|(place, entry)| entry.offset != *place) {
        return Err(format!("entry {place} has number {}", entry.offset));
    }
    let text = |source: LogSource| -> String {
        let of_source = entries.iter().filter(|entry| entry.source() == source);
        of_source.map(|entry| String::from_utf8_lossy(&entry.data)).collect()
    };
    let stdout: String = (0..lines(number)).map(|line| format!("{number} line {line}\n")).collect();
    let (told, warned) = (text(LogSource::Stdout), text(LogSource::Stderr));
    match (told == stdout, warned == format!("{number} half\n")) {
        (true, true) => Ok(()),
        (false, _) => Err(format!("stdout is {told:?}")),
        (true, false) => Err(format!("stderr is {warned:?}")),
    }
}
