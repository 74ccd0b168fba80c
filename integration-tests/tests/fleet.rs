//! A master with very many agents, of which some are slow and some dead.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use integration_tests::fleet::{Crew, Fleet, Program};
use integration_tests::{Client, Cluster, Settings, eventually};
use pedl_proto::v1::{Asset, AssetState, GetCurrentSessionRequest, ListAssetsRequest};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// Of these, ten of a hundred answer after two seconds, five are silent once they are connected, and five are mute.
const CREW: Crew = Crew { agents: 300, slots: 2, slow: (10, Duration::from_secs(2)), silent: 5, mute: 5 };
const COMMANDS: usize = 400;

/// When all agents are back, counted from when the master listens. They wait for ten seconds at most between two tries.
const BACK_WITHIN: Duration = Duration::from_secs(30);
/// How long a person's call may take, counted from when the master listens, in a debug build on a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// Longer than the herd takes to return: what is lost is lost with its agent, not with the master.
const LOST_AFTER: &str = "agents: { lost_after: 35s }";

#[test]
fn a_herd_returns_and_nobody_waits_for_it() {
    let mut cluster = Settings::default().agents(0).master_yaml(LOST_AFTER).start();
    let fleet = Fleet::join(&cluster, &CREW);
    println!("connected after {:?}", fleet.wait_until_connected(Duration::from_secs(60)));
    let runtime = Runtime::new().expect("a runtime can be made");
    let client = runtime.block_on(Client::login(&cluster.url(), "pedl"));
    let programs = runtime.block_on(create(&client));

    for round in 0..2 {
        cluster.kill_master();
        cluster.start_master();
        let people = runtime.block_on(People::start(&cluster));
        let back = fleet.wait_until_connected(BACK_WITHIN);
        let (calls, longest) = runtime.block_on(people.stop());
        println!("round {round}: back after {back:?}; {calls} calls meanwhile, the longest took {longest:?}");
        assert!(longest < ANSWERED_WITHIN, "a call took {longest:?}");
    }

    let assets = runtime.block_on(all_over(&client));
    assert_eq!(assets.len(), COMMANDS, "each was created once");
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for asset in &assets {
        let (task, program) = (asset.latest_task.as_ref().expect("it has a task"), programs[&asset.id]);
        // By their numbers: `s10` to `s14` of each hundred are silent.
        let silent = task.agent.trim_start_matches('s').parse::<usize>().is_ok_and(|n| (10..15).contains(&(n % 100)));
        let expected = match program.exit_code {
            _ if silent => AssetState::Lost,
            0 => AssetState::Completed,
            _ => AssetState::Failed,
        };
        assert_eq!(asset.state(), expected, "{asset:?}");
        assert_eq!(task.exit_code, (!silent).then_some(program.exit_code), "{asset:?}");
        *ends.entry(expected.as_str_name()).or_default() += 1;
    }
    let counts = fleet.counts();
    println!("{ends:?}, {counts:?}");
    assert_eq!((counts.doubled, counts.refused, counts.unknown), (0, 0, 0), "{counts:?}");
    assert_eq!(counts.started, COMMANDS, "each was started once, or told to a dead agent");
    assert!(ends.contains_key("ASSET_STATE_LOST"), "some were on dead agents: {ends:?}");
}

#[test]
fn the_tasks_of_agents_that_fall_silent_are_lost_and_no_others() {
    const SILENT: usize = 10;
    let cluster = Settings::default().agents(0).master_yaml("agents: { lost_after: 15s }").start();
    let fleet = Fleet::join(&cluster, &Crew { agents: 2 * SILENT, slots: 1, ..Crew::default() });
    fleet.wait_until_connected(Duration::from_secs(60));
    let runtime = Runtime::new().expect("a runtime can be made");
    let client = runtime.block_on(Client::login(&cluster.url(), "pedl"));
    let long = Program { run_for: Duration::from_secs(3600), exit_code: 0, lines: 2 };
    for number in 0..2 * SILENT {
        runtime.block_on(client.create(long.request(&format!("long-{number}"), "long")));
    }
    let in_state = |state: AssetState| {
        let assets = runtime.block_on(client.list());
        let mut agents: Vec<String> = assets
            .iter()
            .filter(|asset| asset.state() == state)
            .map(|asset| asset.latest_task.as_ref().expect("it has a task").agent.clone())
            .collect();
        agents.sort();
        agents
    };
    eventually("all to run", || (in_state(AssetState::Running).len() == 2 * SILENT).then_some(()));
    fleet.set_silent(0..SILENT, true);
    eventually("half of them to be lost", || (in_state(AssetState::Lost).len() >= SILENT).then_some(()));
    let mut silent: Vec<String> = (0..SILENT).map(|number| format!("s{number}")).collect();
    silent.sort();
    assert_eq!(in_state(AssetState::Lost), silent);
    assert_eq!(in_state(AssetState::Running).len(), SILENT);
    assert_eq!(fleet.counts().doubled, 0, "what is lost is not started again elsewhere");
}

/// What each is to do, by its number.
async fn create(client: &Client) -> BTreeMap<i64, Program> {
    let mut programs = BTreeMap::new();
    for number in 0..COMMANDS {
        let program = Program {
            run_for: Duration::from_millis([0, 200, 3000, 10_000][number % 4]),
            exit_code: [0, 0, 3][number % 3],
            lines: [0, 4, 40][number % 3],
        };
        let request = program.request(&format!("herd-{number}"), "herd");
        programs.insert(client.create(request).await.id, program);
    }
    programs
}

/// Waits until each has ended or is lost.
async fn all_over(client: &Client) -> Vec<Asset> {
    let start = Instant::now();
    loop {
        let assets = client.list().await;
        let over = [AssetState::Completed, AssetState::Failed, AssetState::Lost];
        let left: Vec<_> = assets.iter().filter(|asset| !over.contains(&asset.state())).collect();
        if left.is_empty() {
            return assets;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{} are not over, such as {:?}", left.len(), left[0]);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Some who use the cluster all the while, each on a connection of their own.
struct People {
    over: Arc<AtomicBool>,
    calling: Vec<JoinHandle<(usize, Duration)>>,
}

impl People {
    /// Begins to call a master that listens.
    async fn start(cluster: &Cluster) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let calling = (0..4).map(|_| tokio::spawn(call(cluster.url(), over.clone()))).collect();
        Self { over, calling }
    }

    /// How many calls they made, and how long the longest took.
    async fn stop(self) -> (usize, Duration) {
        self.over.store(true, Ordering::Relaxed);
        let mut all = (0, Duration::ZERO);
        for calling in self.calling {
            let (calls, longest) = calling.await.expect("every call is answered");
            all = (all.0 + calls, longest.max(all.1));
        }
        all
    }
}

async fn call(url: String, over: Arc<AtomicBool>) -> (usize, Duration) {
    let (mut calls, mut longest, mut asked) = (0, Duration::ZERO, Instant::now());
    let mut answered = || {
        longest = longest.max(asked.elapsed());
        calls += 1;
        asked = Instant::now();
        longest
    };
    // With the connection and the login, which are waited for as well.
    let client = Client::login(&url, "pedl").await;
    answered();
    loop {
        let who = client.request(GetCurrentSessionRequest {});
        client.sessions.clone().get_current_session(who).await.expect("the call is answered");
        answered();
        let list = client.request(ListAssetsRequest { page_size: 100, ..ListAssetsRequest::default() });
        client.assets.clone().list_assets(list).await.expect("the call is answered");
        let longest = answered();
        if over.load(Ordering::Relaxed) {
            return (calls, longest);
        }
    }
}
