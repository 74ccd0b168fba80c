//! Tasks a second through one agent, against Docker without one.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, UNIX_EPOCH};

use integration_tests::{BUSYBOX, Client, Cluster, docker};
use pedl_proto::v1::create_asset_request::Spec;
use pedl_proto::v1::{CommandSpec, CreateAssetRequest, ReadLogsRequest};

use crate::report::{Report, median, say_round};

/// Under way at once.
const PARALLEL: usize = 4;
/// In each turn.
const TASKS: usize = 40;
const ROUNDS: usize = 5;

pub fn measure(cluster: &Cluster, report: &mut Report) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    let client = runtime.block_on(Client::login(&cluster.url(), "pedl"));
    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..=ROUNDS {
        say_round(round, ROUNDS);
        let their_rate = rate(|| {
            let mut run = Command::new("docker");
            run.args(["run", "--rm", BUSYBOX, "true"]).stdin(Stdio::null());
            assert!(run.status().expect("docker starts").success(), "the container ends well");
        });
        let our_rate = rate(|| runtime.block_on(task(&client)));
        if round > 0 {
            ours.push(our_rate);
            theirs.push(their_rate);
            ratios.push(our_rate / their_rate);
        }
    }
    let detail = format!("{:.1}/s against {:.1}/s, medians of {ROUNDS} rounds", median(ours), median(theirs));
    let figure = format!("tasks through one agent, {PARALLEL} at once, against `docker run --rm`");
    report.at_least(&figure, median(ratios), 1.0, "", &detail);
}

/// How many containers a second come and go where each `act` makes one: until Docker has removed the last.
fn rate(act: impl Fn() + Sync) -> f64 {
    let since = UNIX_EPOCH.elapsed().expect("it is past 1970");
    let mut events = Command::new("docker");
    events.args(["events", "--since", &format!("{}.{:09}", since.as_secs(), since.subsec_nanos())]);
    events.args(["--filter", "event=destroy", "--format", "{{.ID}}"]);
    // Agents name images by their ids.
    for image in [BUSYBOX, &docker(&["image", "inspect", "--format", "{{.Id}}", BUSYBOX])] {
        events.args(["--filter", &format!("image={image}")]);
    }
    let mut events = events.stdout(Stdio::piped()).spawn().expect("docker starts");
    let removals = BufReader::new(events.stdout.take().expect("it is a pipe")).lines();
    let (start, next) = (Instant::now(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < TASKS {
                    act();
                }
            });
        }
    });
    assert_eq!(removals.take(TASKS).count(), TASKS, "Docker tells of each");
    let rate = TASKS as f64 / start.elapsed().as_secs_f64();
    events.kill().expect("it runs");
    events.wait().expect("it ends");
    rate
}

/// Creates a command, and follows it to its end.
async fn task(client: &Client) {
    let spec = CommandSpec { argv: vec!["true".into()], ..CommandSpec::default() };
    let request = CreateAssetRequest { spec: Some(Spec::Command(spec)), ..CreateAssetRequest::default() };
    let task_id = client.create(request).await.latest_task.expect("it has a task").id;
    let follow = client.request(ReadLogsRequest { task_id, follow: true, ..ReadLogsRequest::default() });
    let mut log = client.assets.clone().read_logs(follow).await.expect("the log is read").into_inner();
    while log.message().await.expect("the log goes on").is_some() {}
}
