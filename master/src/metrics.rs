//! What Prometheus reads at `/metrics`. Counts and times only: no names of people or things.

mod layer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::api::Api;
use crate::error::{Error, Result};
use crate::store;

pub use layer::MetricsLayer;

/// The measured.
pub struct Metrics {
    registry: Registry,
    calls: Family<CallLabels, Counter>,
    seconds: Family<RpcLabels, Histogram>,
    tasks: Family<StateLabels, Gauge>,
    agents: Gauge,
    commits: Family<DatabaseLabels, Counter>,
    commit_failures: Family<DatabaseLabels, Counter>,
    writes: Family<DatabaseLabels, Counter>,
    writing: Family<DatabaseLabels, Counter<f64, AtomicU64>>,
    resident: Gauge,
    open_files: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RpcLabels {
    rpc: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    rpc: &'static str,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DatabaseLabels {
    database: &'static str,
}

impl Metrics {
    pub fn new() -> Arc<Self> {
        let mut registry = Registry::with_prefix("pedl_master");
        let calls = Family::<CallLabels, Counter>::default();
        // 0.25 ms to 8 s.
        let histogram = || Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        let seconds = Family::<RpcLabels, Histogram>::new_with_constructor(histogram);
        let tasks = Family::<StateLabels, Gauge>::default();
        let agents = Gauge::default();
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The master's version", build);
        registry.register("rpc_calls", "Calls by rpc and gRPC status code", calls.clone());
        registry.register_with_unit("rpc_duration", "Time to a call's first answer", Unit::Seconds, seconds.clone());
        registry.register("tasks", "Tasks that have not ended, by state", tasks.clone());
        registry.register("agents_connected", "Agents in touch with the master", agents.clone());
        let [commits, commit_failures, writes] = <[Family<DatabaseLabels, Counter>; 3]>::default();
        let writing = Family::<DatabaseLabels, Counter<f64, AtomicU64>>::default();
        registry.register("store_commits", "Commits, each of which the disk has", commits.clone());
        registry.register(
            "store_commit_failures",
            "Commits that failed: nothing of them was kept",
            commit_failures.clone(),
        );
        registry.register("store_writes", "What was written; waiting writes share a commit", writes.clone());
        registry.register_with_unit(
            "store_writing",
            "The time that commits took in all",
            Unit::Seconds,
            writing.clone(),
        );
        let [resident, open_files] = <[Gauge; 2]>::default();
        registry.register_with_unit("resident_memory", "Memory that the process holds", Unit::Bytes, resident.clone());
        registry.register("open_files", "File descriptors, of connections too", open_files.clone());
        Arc::new(Self {
            registry,
            calls,
            seconds,
            tasks,
            agents,
            commits,
            commit_failures,
            writes,
            writing,
            resident,
            open_files,
        })
    }

    /// Everything, as OpenMetrics text.
    pub async fn scrape(&self, api: &Api) -> Result<String> {
        for (state, count) in store::tasks::count_live(api.store.read()).await? {
            self.tasks.get_or_create(&StateLabels { state: state.as_str() }).set(count);
        }
        let agents = store::agents::list(api.store.read()).await?;
        let connected = agents.iter().filter(|agent| api.presence.is_connected(agent.id)).count();
        self.agents.set(i64::try_from(connected).unwrap_or(i64::MAX));
        for (database, written) in api.store.written() {
            let labels = DatabaseLabels { database };
            let set = |family: &Family<DatabaseLabels, Counter>, value: &AtomicU64| {
                family.get_or_create(&labels).inner().store(value.load(Ordering::Relaxed), Ordering::Relaxed);
            };
            set(&self.commits, &written.commits);
            set(&self.commit_failures, &written.failures);
            set(&self.writes, &written.jobs);
            let seconds = Duration::from_micros(written.microseconds.load(Ordering::Relaxed)).as_secs_f64();
            self.writing.get_or_create(&labels).inner().store(seconds.to_bits(), Ordering::Relaxed);
        }
        self.resident.set(resident_bytes().unwrap_or(0));
        self.open_files.set(std::fs::read_dir("/proc/self/fd").map_or(0, |files| files.count() as i64));
        let mut text = String::new();
        encode(&mut text, &self.registry)
            .map_err(|error| Error::Internal(format!("the metrics cannot be written: {error}")))?;
        Ok(text)
    }

    /// Counts a call that was answered, after this time.
    fn note<B>(&self, rpc: &'static str, took: Duration, answer: &Response<B>) {
        self.seconds.get_or_create(&RpcLabels { rpc }).observe(took.as_secs_f64());
        // A call that fails says so in its headers; one that succeeds or streams, in its trailers.
        let code = answer.headers().get("grpc-status").and_then(|code| code.to_str().ok()).unwrap_or("0");
        self.calls.get_or_create(&CallLabels { rpc, code: code.to_owned() }).inc();
    }
}

/// The second number of proc_pid_statm(5) is in pages.
fn resident_bytes() -> Option<i64> {
    let pages: i64 = std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok()??;
    Some(pages * size)
}
