//! Tasks from their creation to their end, each step of which is durable before the next; against what SQLite itself
//! makes of the same rows.

mod raw;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use integration_tests::fleet::{Crew, Fleet, Program};
use integration_tests::{Client, Cluster, Settings};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::report::{Report, median, say_round};
use raw::Raw;

const CONNECTIONS: usize = 4;
/// Lifecycles under way at once.
const UNDER_WAY: usize = 64;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(3);
const CREW: Crew = Crew { agents: 16, slots: 256, slow: (0, Duration::ZERO), silent: 0, mute: 0 };
pub const DESCRIPTION: &str = "python train.py --model resnet50 --lr 0.1";

pub fn measure(report: &mut Report) {
    let cluster = Settings::default().agents(0).start();
    let fleet = Fleet::join(&cluster, &CREW);
    fleet.wait_until_connected(Duration::from_secs(60));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    runtime.block_on(async {
        let mut raw = Raw::open().await;
        let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
        for round in 0..=ROUNDS {
            say_round(round, ROUNDS);
            let their_rate = raw.rate(ROUND).await;
            let stream = Stream::start(&cluster, &fleet, UNDER_WAY, None).await;
            let our_rate = stream.rate(ROUND).await;
            stream.stop().await;
            if round > 0 {
                ours.push(our_rate);
                theirs.push(their_rate);
                ratios.push(our_rate / their_rate);
            }
        }
        let detail =
            format!("{:.0}/s against {:.0}/s, medians of {ROUNDS} rounds", median(ours.clone()), median(theirs));
        let figure = format!("task lifecycles, {UNDER_WAY} at once, against SQLite with the same rows");
        report.at_least(&figure, median(ratios), 0.3, "", &detail);
        report.at_least("the same in lifecycles a second", median(ours), 1000.0, "/s", "4 durable steps each");
    });
    assert_eq!(fleet.counts().doubled, 0, "{:?}", fleet.counts());
}

/// Commands that do nothing, so many under way at once, until it is stopped.
pub struct Stream {
    ended: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    room: Arc<Semaphore>,
    under_way: usize,
    counting: JoinHandle<()>,
    creating: Vec<JoinHandle<()>>,
}

impl Stream {
    /// Begins, as `pedl`; at `rate` a second, or as fast as they end.
    pub async fn start(cluster: &Cluster, fleet: &Fleet, under_way: usize, rate: Option<f64>) -> Self {
        let room = Arc::new(Semaphore::new(under_way));
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::new(AtomicUsize::new(0));
        let mut ends = fleet.ends();
        let (counted, freed) = (ended.clone(), room.clone());
        let counting = tokio::spawn(async move {
            while let Ok(_end) = ends.recv().await {
                counted.fetch_add(1, Ordering::Relaxed);
                freed.add_permits(1);
            }
        });
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(Client::login(&cluster.url(), "pedl").await);
        }
        let start = UNIX_EPOCH.elapsed().expect("it is past 1970").as_nanos();
        let next = Arc::new(AtomicUsize::new(0));
        let creating = (0..under_way)
            .map(|creator| {
                let client = clients[creator % CONNECTIONS].clone();
                let (room, over, next) = (room.clone(), over.clone(), next.clone());
                let pause = Duration::from_secs_f64(rate.map_or(0.0, |rate| under_way as f64 / rate));
                tokio::spawn(async move {
                    let mut pace = tokio::time::interval(pause.max(Duration::from_micros(1)));
                    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
                    while let Ok(permit) = room.acquire().await {
                        // Its task's end gives it back.
                        permit.forget();
                        if over.load(Ordering::Relaxed) {
                            room.add_permits(1);
                            return;
                        }
                        if rate.is_some() {
                            pace.tick().await;
                        }
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let request_id = format!("{start:016x}{number:016x}");
                        client.create(Program::default().request(&request_id, DESCRIPTION)).await;
                    }
                })
            })
            .collect();
        Self { ended, over, room, under_way, counting, creating }
    }

    /// How many a second end.
    pub async fn rate(&self, time: Duration) -> f64 {
        let (start, before) = (Instant::now(), self.ended.load(Ordering::Relaxed));
        tokio::time::sleep(time).await;
        let ended = self.ended.load(Ordering::Relaxed) - before;
        ended as f64 / start.elapsed().as_secs_f64()
    }

    /// Creates no more, and waits for the end of what is under way.
    pub async fn stop(self) {
        self.over.store(true, Ordering::Relaxed);
        for creator in self.creating {
            creator.await.expect("what was created was acknowledged");
        }
        let all = self.room.acquire_many(u32::try_from(self.under_way).expect("they are few")).await;
        drop(all.expect("nobody closes it"));
        self.counting.abort();
    }
}
