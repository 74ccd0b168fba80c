//! A stream of commands that leave traces, and what must be true of each in the end, whatever broke meanwhile: it is
//! there, it was started once, its exit code and its log are its own, and nothing of it is left on the machine.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pedl_proto::v1::create_asset_request::Spec;
use pedl_proto::v1::{
    Asset, AssetState, BindMount, CommandSpec, ContainerSpec, CreateAssetRequest, LogEntry, LogSource, Task,
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

/// What Docker may have lost of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing.
    None,
    /// What it had read from the program and not written down.
    OfLines,
}

/// A stream of commands.
pub struct Workload {
    traces: PathBuf,
    acknowledged: Arc<AtomicUsize>,
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
        let traces = cluster.shared_dir("traces", 0, 0);
        let runtime = Runtime::new().expect("a runtime can be made");
        let client = runtime.block_on(Client::login(&cluster.url(), "pedl"));
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let (counted, sending, mount) = (acknowledged.clone(), client.clone(), traces.display().to_string());
        let handle = runtime.handle().clone();
        let sender = std::thread::spawn(move || handle.block_on(send(sending, commands, mount, counted)));
        Self { traces, acknowledged, sender, runtime, client }
    }

    /// How many commands the master has acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Whether all were sent and acknowledged.
    pub fn is_sent(&self) -> bool {
        self.sender.is_finished()
    }

    /// Waits for the end of all, and sees that each ended as it must.
    ///
    /// # Panics
    /// When a promise was broken.
    pub fn check(self, cluster: &Cluster) {
        self.check_but_for(cluster, Loss::None, |_| false);
    }

    /// As `check`; but those that `was_cut_short` takes may have come to any point and no further, and logs may have
    /// this loss. Answers how many were cut short.
    ///
    /// # Panics
    /// When a promise was broken.
    pub fn check_but_for(self, cluster: &Cluster, loss: Loss, was_cut_short: impl Fn(&Task) -> bool) -> usize {
        let mut cut_short = 0;
        let numbers = self.sender.join().expect("all were acknowledged");
        let assets = self.runtime.block_on(all_ended(&self.client, &numbers));
        let told: HashMap<i64, &Asset> = assets.iter().map(|asset| (asset.id, asset)).collect();
        let of_workload = assets.iter().filter(|asset| asset.description.starts_with(NAME)).count();
        assert_eq!(of_workload, numbers.len(), "each was created once");
        for (id, number) in &numbers {
            let asset = told.get(id).unwrap_or_else(|| panic!("asset {id} was acknowledged, and is gone"));
            let task = asset.latest_task.as_ref().expect("it has a task");
            let starts = fs::read_to_string(self.traces.join(number.to_string())).unwrap_or_default();
            let log = self.runtime.block_on(self.client.log(&task.id));
            if was_cut_short(task) {
                cut_short += 1;
                assert!(starts.lines().count() <= 1, "asset {id} was started more than once: {asset:?}");
                assert_eq!(asset.state(), AssetState::Failed, "{asset:?}");
                check_log(*number, &log, true, loss);
                continue;
            }
            assert_eq!(starts.lines().count(), 1, "asset {id} was started so often: {asset:?}");
            let code = exit_code(*number);
            let state = if code == 0 { AssetState::Completed } else { AssetState::Failed };
            assert_eq!((asset.state(), task.exit_code), (state, Some(code)), "{asset:?}");
            check_log(*number, &log, false, loss);
        }
        eventually("no container to be left", || cluster.containers().is_empty().then_some(()));
        cut_short
    }
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

async fn send(client: Client, commands: usize, traces: String, acknowledged: Arc<AtomicUsize>) -> HashMap<i64, usize> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let (client, traces, next, acknowledged) = (client.clone(), traces.clone(), next.clone(), acknowledged.clone());
        senders.spawn(async move {
            let mut sent = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= commands {
                    return sent;
                }
                let asset = client.create(command(number, &traces)).await;
                acknowledged.fetch_add(1, Ordering::Relaxed);
                sent.push((asset.id, number));
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

/// Numbered without gaps, each stream in order and whole, or as far as the command came that was cut short.
fn check_log(number: usize, entries: &[LogEntry], cut_short: bool, loss: Loss) {
    let offsets: Vec<i64> = entries.iter().map(|entry| entry.offset).collect();
    let expected: Vec<i64> = (0..).take(entries.len()).collect();
    assert_eq!(offsets, expected, "the entries of command {number}");
    let text = |source: LogSource| -> String {
        let of_source = entries.iter().filter(|entry| entry.source() == source);
        of_source.map(|entry| String::from_utf8_lossy(&entry.data)).collect()
    };
    let stdout: String = (0..lines(number)).map(|line| format!("{number} line {line}\n")).collect();
    for (source, written) in [(LogSource::Stdout, stdout), (LogSource::Stderr, format!("{number} half\n"))] {
        let read = text(source);
        let as_written = match loss {
            Loss::None if cut_short => written.starts_with(&read),
            Loss::None => read == written,
            Loss::OfLines => is_left_of(&read, &written),
        };
        assert!(as_written, "{source:?} of command {number}: {read:?}");
    }
}

/// Whether `read` is what is left of `written` where some of it was lost: no line stands twice or in another order; two
/// pieces of lines may have become one.
fn is_left_of(read: &str, written: &str) -> bool {
    let mut rest = written.split_inclusive('\n');
    let is_torn = |line| !written.split_inclusive('\n').any(|other| other == line);
    read.split_inclusive('\n').all(|line| is_torn(line) || rest.any(|other| other == line))
}
