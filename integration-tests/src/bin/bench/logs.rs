//! A long log: how soon somebody sees what they look for.

use std::process::Stdio;
use std::time::Instant;

use integration_tests::Cluster;
use pedl_proto::v1::asset_service_client::AssetServiceClient;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::{LoginRequest, ReadLogsRequest};
use tonic::Request;
use tonic::transport::Channel;

use crate::report::{Report, median};

const LINES: i64 = 1_000_000;
const PAGE: i64 = 200;
const ROUNDS: usize = 30;
const SEARCHES: usize = 7;

/// Prints the lines of a training, some 100 bytes each, with a warning near the end.
pub const TRAINING: &str = r#"BEGIN {
    for (i = 0; i < 1000000; i++) {
        if (i == 999000) { print "\033[33mWARNING\033[0m gradient overflow"; continue }
        printf "2026-11-27 11:22:%02d,%03d INFO train: epoch %d step %d/1000000 loss %.4f lr 3.0e-04 %.1f samples/s\n",
            i / 1000 % 60, i % 1000, i / 10000, i, 2.5 - i / 500000, 400 + i % 97
    }
}"#;

pub fn measure(cluster: &Cluster, report: &mut Report) {
    let start = Instant::now();
    let mut run = cluster.command(&["command", "run", "--description", "training", "--", "awk", TRAINING]);
    let status = run.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program starts");
    assert!(status.success(), "the training ends well");
    println!("a command printed {LINES} lines and was followed to its end in {:.1} s", start.elapsed().as_secs_f64());

    let list = cluster.json(&["command", "list"]);
    let is_training = |asset: &&serde_json::Value| asset["description"] == "training";
    let id = list.as_array().and_then(|list| list.iter().find(is_training)).expect("it is listed")["id"].to_string();
    let task_id = cluster.json(&["command", "describe", &id])["task_id"].as_str().expect("it has a task").to_owned();
    let page = |from_offset| ReadLogsRequest { from_offset, limit: PAGE, ..ReadLogsRequest::default() };
    let end = ReadLogsRequest { tail: Some(PAGE), ..ReadLogsRequest::default() };
    let search = |text: &str| ReadLogsRequest { text: text.into(), ..ReadLogsRequest::default() };

    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    runtime.block_on(async {
        let mut log = Log::open(cluster.url(), task_id).await;
        for (figure, request, target, rounds, entries) in [
            ("the end of a log of 1,000,000 lines: its last 200", end, 1000.0, ROUNDS, PAGE),
            ("200 lines in the middle of it", page(LINES / 2), 1000.0, ROUNDS, PAGE),
            ("its first 200 lines", page(0), 1000.0, ROUNDS, PAGE),
            ("a search through all of it, for what is there once", search("warning Gradient"), 5000.0, SEARCHES, 1),
            ("a search through all of it, for what is not there", search("nowhere to be found"), 5000.0, SEARCHES, 0),
        ] {
            let mut times = Vec::new();
            for _ in 0..rounds {
                let (time, came) = log.read(request.clone()).await;
                assert_eq!(came, entries, "{figure}");
                times.push(time);
            }
            let slowest = times.iter().copied().fold(0.0, f64::max);
            let detail = format!("median of {rounds}, the slowest {slowest:.1} ms");
            report.at_most(figure, median(times), target, " ms", &detail);
        }
    });
}

/// Asks the master for a task's log.
struct Log {
    client: AssetServiceClient<Channel>,
    token: String,
    task_id: String,
}

impl Log {
    async fn open(url: String, task_id: String) -> Self {
        let channel = Channel::from_shared(url).expect("it is a URL").connect().await.expect("the master accepts");
        let login = LoginRequest { username: "pedl".into(), ..LoginRequest::default() };
        let opened = SessionServiceClient::new(channel.clone()).login(login).await.expect("pedl logs in");
        let client = AssetServiceClient::new(channel).max_decoding_message_size(usize::MAX);
        Self { client, token: opened.into_inner().token, task_id }
    }

    /// How many milliseconds it took until all was there, and how many entries that were.
    async fn read(&mut self, request: ReadLogsRequest) -> (f64, i64) {
        let mut request = Request::new(ReadLogsRequest { task_id: self.task_id.clone(), ..request });
        let token = format!("Bearer {}", self.token).parse().expect("it is plain text");
        request.metadata_mut().insert("authorization", token);
        let start = Instant::now();
        let mut stream = self.client.read_logs(request).await.expect("the log is read").into_inner();
        let mut entries = 0;
        while let Some(response) = stream.message().await.expect("the stream goes on") {
            entries += response.entries.len() as i64;
        }
        (start.elapsed().as_secs_f64() * 1000.0, entries)
    }
}
