//! A thousand agents: what they cost the master, whether tasks wait for that, and how soon all are back.

use std::time::{Duration, Instant};

use integration_tests::fleet::{Crew, Ended, Fleet, Program};
use integration_tests::{Client, Settings};
use tokio::sync::broadcast;

use crate::lifecycles::Stream;
use crate::report::{Report, median, say_round};

const AGENTS: usize = 1000;
const ROUNDS: usize = 5;
/// Placements that are timed in a round.
const PLACEMENTS: usize = 200;
/// Lifecycles a second beside them, as far as the master makes them, and how many of them are under way at once.
const RATE: f64 = 200.0;
const UNDER_WAY: usize = 32;
const CONNECTED_WITHIN: Duration = Duration::from_secs(120);

pub fn measure(report: &mut Report) {
    let quiet_cluster = Settings::default().agents(0).start();
    let quiet_fleet = Fleet::join(&quiet_cluster, &Crew { agents: 1, slots: 256, ..Crew::default() });
    quiet_fleet.wait_until_connected(CONNECTED_WITHIN);
    let mut cluster = Settings::default().agents(0).start();
    let fleet = Fleet::join(&cluster, &Crew { agents: AGENTS, ..Crew::default() });
    println!("{AGENTS} agents joined within {:.1} s", fleet.wait_until_connected(CONNECTED_WITHIN).as_secs_f64());

    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    runtime.block_on(async {
        let quiet_client = Client::login(&quiet_cluster.url(), "pedl").await;
        let client = Client::login(&cluster.url(), "pedl").await;
        let (mut loaded, mut quiet, mut ratios, mut rates) = (vec![], vec![], vec![], vec![]);
        for round in 0..=ROUNDS {
            say_round(round, ROUNDS);
            let one = placements(&quiet_client, quiet_fleet.ends()).await;
            let stream = Stream::start(&cluster, &fleet, UNDER_WAY, Some(RATE)).await;
            let (rate, many) = tokio::join!(stream.rate(Duration::from_secs(3)), placements(&client, fleet.ends()));
            stream.stop().await;
            if round > 0 {
                quiet.push(one);
                loaded.push(many);
                ratios.push(many / one);
                rates.push(rate);
            }
        }
        let ms = |times| median(times) * 1000.0;
        let (loaded, quiet) = (ms(loaded), ms(quiet));
        let detail =
            format!("{loaded:.1} ms at {:.0} lifecycles/s against {quiet:.1} ms, medians of {ROUNDS}", median(rates));
        let figure = "p99 from creation to placement, 1,000 agents against one alone";
        report.at_most(figure, median(ratios), 10.0, "", &detail);
    });
    report.at_most("master with 1,000 agents, resident", cluster.master().resident_mib(), 200.0, " MiB", "VmRSS");

    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        cluster.kill_master();
        fleet.wait_until_away(CONNECTED_WITHIN);
        cluster.start_master();
        times.push(fleet.wait_until_connected(CONNECTED_WITHIN).as_secs_f64());
    }
    let detail = format!("from when it listens again, median of {ROUNDS}");
    report.at_most("1,000 agents back after a kill of the master", median(times), 10.0, " s", &detail);
    assert_eq!(fleet.counts().doubled, 0, "{:?}", fleet.counts());
}

/// The p99 of the seconds from a creation to when an agent is told to run it, one after the other.
async fn placements(client: &Client, mut ends: broadcast::Receiver<Ended>) -> f64 {
    let mut times = Vec::with_capacity(PLACEMENTS);
    for _ in 0..PLACEMENTS {
        let start = Instant::now();
        let id = client.create(Program::default().request("", "placed soon")).await.id;
        loop {
            let end = ends.recv().await.expect("the fleet runs on");
            if end.asset_id == id {
                times.push(end.told.duration_since(start).as_secs_f64());
                break;
            }
        }
    }
    times.sort_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}
