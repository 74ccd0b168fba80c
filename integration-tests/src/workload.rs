//! A stream of commands that leave traces, and what must be true of each in the end, whatever broke meanwhile: it is
//! there, it was started once, its exit code and its log are its own, and nothing of it is left, neither on the machine
//! nor in the programs' memory.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pedl_proto::v1::create_asset_request::Spec;
use pedl_proto::v1::{
    Asset, AssetState, BindMount, CommandSpec, ContainerSpec, CreateAssetRequest, LogEntry, LogSource, Task,
};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::Cluster;
use crate::client::Client;

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

/// Commands that are under way at once: more than the four slots that tests give the agent, so that some wait.
const AT_ONCE: usize = 6;

/// How often each of them is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How long what is under way may take to end, once nothing breaks any more.
const ENDED_WITHIN: Duration = Duration::from_secs(180);

/// What the work may leave in a program's memory, in MiB, beside as much again as it had before: allocators keep some of
/// what was freed, in each thread. All logs and containers' records of a stream are several times that.
const KEPT_MIB: f64 = 30.0;

/// What Docker may have lost of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing.
    None,
    /// What the program wrote last before it ended or Docker did.
    OfLines,
}

/// A stream of commands.
pub struct Workload {
    traces: PathBuf,
    progress: Arc<Progress>,
    stream: JoinHandle<HashMap<i64, usize>>,
    runtime: Runtime,
    client: Client,
    idle: [f64; 2],
}

#[derive(Default)]
struct Progress {
    next: AtomicUsize,
    ended: AtomicUsize,
    enough: AtomicBool,
}

impl Workload {
    /// Begins to send commands to a cluster whose master is there, as `pedl`, each as soon as one before it has ended.
    ///
    /// # Panics
    /// When the master does not let it in.
    pub fn start(cluster: &Cluster) -> Self {
        let traces = cluster.shared_dir("traces", 0, 0);
        let runtime = Runtime::new().expect("a runtime can be made");
        let client = runtime.block_on(Client::login(&cluster.url(), "pedl"));
        let progress = Arc::new(Progress::default());
        let (watched, sending, mount) = (progress.clone(), client.clone(), traces.display().to_string());
        let handle = runtime.handle().clone();
        let stream = std::thread::spawn(move || handle.block_on(stream(sending, mount, watched)));
        Self { traces, progress, stream, runtime, client, idle: resident_mib(cluster) }
    }

    /// Waits until so many more have ended.
    ///
    /// # Panics
    /// When they do not.
    pub fn wait_for_ended(&self, more: usize) {
        let ended = || self.progress.ended.load(Ordering::Relaxed);
        let (start, enough) = (Instant::now(), ended() + more);
        while ended() < enough {
            assert!(!self.stream.is_finished(), "the stream of commands broke off");
            assert!(start.elapsed() < ENDED_WITHIN, "none of the commands ends");
            std::thread::sleep(LOOK);
        }
    }

    /// Sends no more, waits for the end of all, and sees that each ended as it must. Master and agent must be there.
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
        let idle = self.idle;
        let broken = self.broken_but_for(cluster, loss, was_cut_short);
        assert!(broken.examples.is_empty(), "{broken:#?}");
        let now = resident_mib(cluster);
        println!("{} commands; master and agent hold {now:.0?} MiB, idle {idle:.0?}", broken.commands);
        for (now, idle) in now.into_iter().zip(idle) {
            assert!(now < 2.0 * idle + KEPT_MIB, "from {idle:.0} MiB to {now:.0} MiB");
        }
        broken.cut_short
    }

    /// Sends no more, waits for the end of all, and answers of how many a promise was broken.
    ///
    /// # Panics
    /// When some do not end, or leave containers.
    pub fn broken(self, cluster: &Cluster) -> Broken {
        self.broken_but_for(cluster, Loss::None, |_| false)
    }

    fn broken_but_for(self, cluster: &Cluster, loss: Loss, was_cut_short: impl Fn(&Task) -> bool) -> Broken {
        self.progress.enough.store(true, Ordering::Relaxed);
        let start = Instant::now();
        while !self.stream.is_finished() {
            assert!(start.elapsed() < ENDED_WITHIN, "some do not end: {}", cluster.pedl(&["command", "list"]).stdout);
            std::thread::sleep(LOOK);
        }
        let numbers = self.stream.join().expect("all have ended");
        let assets = self.runtime.block_on(self.client.list());
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
            let code = exit_code(*number);
            let state = if code == 0 { AssetState::Completed } else { AssetState::Failed };
            let cut_short = was_cut_short(task);
            let log = check_log(*number, &self.runtime.block_on(self.client.log(&task.id)), cut_short, loss);
            let ended = match cut_short {
                true => asset.state() == AssetState::Failed && (task.exit_code.is_some() || starts == 0),
                false => starts > 0 && (asset.state(), task.exit_code) == (state, Some(code)),
            };
            let kept = log.is_ok() && ended;
            broken.cut_short += usize::from(cut_short);
            broken.lost += usize::from(!kept);
            broken.doubled += starts.saturating_sub(1);
            if !kept || starts > 1 {
                broken.examples.push(format!("asset {id} was started {starts} times; {log:?}: {asset:?}"));
            }
        }
        cluster.wait_for_no_containers();
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
    /// Those that something outside of PEDL ended, which breaks no promise.
    pub cut_short: usize,
    /// What was broken, in words.
    pub examples: Vec<String>,
}

/// What the master holds, and what the first agent.
fn resident_mib(cluster: &Cluster) -> [f64; 2] {
    [cluster.master().resident_mib(), cluster.agent(0).resident_mib()]
}

const NAME: &str = "workload ";

/// Lines of each: 5 to 64, and now and then many.
const fn lines(number: usize) -> usize {
    if number % 20 == 19 { 5000 } else { 5 + number * 7 % 60 }
}

fn exit_code(number: usize) -> i32 {
    [0, 0, 3, 0, 41][number % 5]
}

/// In seconds, between its two halves.
fn pause(number: usize) -> &'static str {
    ["0", "0.3", "0", "1"][number % 4]
}

/// Answers which asset each command became.
async fn stream(client: Client, traces: String, progress: Arc<Progress>) -> HashMap<i64, usize> {
    let mut senders = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, traces, progress) = (client.clone(), traces.clone(), progress.clone());
        senders.spawn(async move {
            let mut sent = Vec::new();
            while !progress.enough.load(Ordering::Relaxed) {
                let number = progress.next.fetch_add(1, Ordering::Relaxed);
                let asset = client.create(command(number, &traces)).await;
                sent.push((asset.id, number));
                while !has_ended(client.get(asset.id).await.state()) {
                    tokio::time::sleep(LOOK).await;
                }
                progress.ended.fetch_add(1, Ordering::Relaxed);
            }
            sent
        });
    }
    senders.join_all().await.into_iter().flatten().collect()
}

fn has_ended(state: AssetState) -> bool {
    [AssetState::Completed, AssetState::Failed, AssetState::Killed].contains(&state)
}

fn command(number: usize, traces: &str) -> CreateAssetRequest {
    let words = [number.to_string(), lines(number).to_string(), exit_code(number).to_string(), pause(number).into()];
    let argv = ["sh", "-c", SCRIPT, "sh"].map(ToOwned::to_owned).into_iter().chain(words).collect();
    let mount = BindMount { host_path: traces.into(), container_path: "/traces".into(), ..BindMount::default() };
    let container = ContainerSpec { bind_mounts: vec![mount], ..ContainerSpec::default() };
    CreateAssetRequest {
        request_id: format!("{NAME}{number}"),
        description: format!("{NAME}{number}"),
        spec: Some(Spec::Command(CommandSpec { argv, container: Some(container), max_run_time: None })),
        ..CreateAssetRequest::default()
    }
}

/// Numbered without gaps, each stream in order and whole, or as far as the command came that was cut short; or says what
/// is not.
fn check_log(number: usize, entries: &[LogEntry], cut_short: bool, loss: Loss) -> Result<(), String> {
    if let Some((place, entry)) = (0..).zip(entries).find(|(place, entry)| entry.offset != *place) {
        return Err(format!("entry {place} has number {}", entry.offset));
    }
    let stdout: String = (0..lines(number)).map(|line| format!("{number} line {line}\n")).collect();
    for (source, written) in [(LogSource::Stdout, stdout), (LogSource::Stderr, format!("{number} half\n"))] {
        let of_source = entries.iter().filter(|entry| entry.source() == source);
        let read: String = of_source.map(|entry| String::from_utf8_lossy(&entry.data)).collect();
        let as_written = match loss {
            Loss::None if cut_short => written.starts_with(&read),
            Loss::None => read == written,
            Loss::OfLines => is_left_of(&read, &written),
        };
        if !as_written {
            return Err(format!("{source:?} is {read:?}"));
        }
    }
    Ok(())
}

/// Whether `read` is what is left of `written` where some of it was lost: no line stands twice or in another order; two
/// pieces of lines may have become one.
fn is_left_of(read: &str, written: &str) -> bool {
    let mut rest = written.split_inclusive('\n');
    let is_torn = |line| !written.split_inclusive('\n').any(|other| other == line);
    read.split_inclusive('\n').all(|line| is_torn(line) || rest.any(|other| other == line))
}
