//! Logs, whole and in order.

use integration_tests::{Cluster, Process, Settings, eventually};
use pedl_proto::v1::asset_service_client::AssetServiceClient;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::{LogEntry, LogSource, LoginRequest, ReadLogsRequest, ReadLogsResponse};
use tonic::Request;

/// `seq -f`, which busybox has not: lines that tell their number.
const COUNT: &str = "i=0; while [ $i -lt 100000 ]; do echo line $i; i=$((i+1)); done";

#[test]
fn a_hundred_thousand_lines_arrive_complete_and_in_order() {
    let cluster = Cluster::start();
    let expected: String = (0..100_000).map(|i| format!("line {i}\n")).collect();
    let live = cluster.pedl(&["command", "run", "--", "sh", "-c", COUNT]);
    assert_eq!(live.code, Some(0));
    assert!(live.stdout == expected, "followed: {} lines", live.stdout.lines().count());
    let stored = cluster.pedl(&["command", "logs", "1"]).ok();
    assert!(stored == expected, "stored: {} lines", stored.lines().count());
    let tail = cluster.pedl(&["command", "logs", "1", "--tail", "3"]).ok();
    assert_eq!(tail, "line 99997\nline 99998\nline 99999\n");
}

#[test]
fn bytes_are_kept_as_they_were_written() {
    let cluster = Cluster::start();
    // A line longer than Docker's pieces of 16 KiB and PEDL's of 64, and one without an end.
    let script = "head -c 200000 /dev/zero | tr '\\0' x; echo; printf 'no newline'";
    let output = cluster.pedl(&["command", "run", "--", "sh", "-c", script]).ok();
    assert!(output == format!("{}\nno newline", "x".repeat(200_000)), "{} bytes", output.len());
}

#[test]
fn since_leaves_out_what_is_older() {
    let cluster = Cluster::start();
    cluster.pedl(&["command", "run", "echo", "now"]).ok();
    assert_eq!(cluster.pedl(&["command", "logs", "1", "--since", "1h"]).ok(), "now\n");
    assert_eq!(cluster.pedl(&["command", "logs", "1", "--since", "2099-01-01T00:00:00Z"]).ok(), "");
}

/// What a client that reads `request` of the first command's log gets.
fn read(cluster: &Cluster, request: ReadLogsRequest) -> Vec<ReadLogsResponse> {
    let task_id = cluster.json(&["command", "describe", "1"])["task_id"].as_str().unwrap().to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let login = LoginRequest { username: "pedl".into(), ..LoginRequest::default() };
        let mut sessions = SessionServiceClient::connect(cluster.url()).await.unwrap();
        let token = sessions.login(login).await.unwrap().into_inner().token;
        let mut request = Request::new(ReadLogsRequest { task_id, ..request });
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let mut assets = AssetServiceClient::connect(cluster.url()).await.unwrap();
        let mut stream = assets.read_logs(request).await.unwrap().into_inner();
        let mut responses = Vec::new();
        while let Some(response) = stream.message().await.unwrap() {
            responses.push(response);
        }
        responses
    })
}

fn lines(responses: &[ReadLogsResponse]) -> Vec<String> {
    let entries = responses.iter().flat_map(|response| &response.entries);
    entries.map(|entry| String::from_utf8_lossy(&entry.data).trim_end().to_owned()).collect()
}

#[test]
fn a_log_is_read_from_its_middle_and_searched() {
    let cluster = Cluster::start();
    let script = format!("{COUNT}; printf '\\033[1;31mErr\\033[0mor: out of memory\\n' >&2; echo done");
    assert_eq!(cluster.pedl(&["command", "run", "-d", "--", "sh", "-c", &script]).ok(), "1\n");
    cluster.wait_for("1", "COMPLETED");

    let page = read(&cluster, ReadLogsRequest { from_offset: 50_000, limit: 200, ..ReadLogsRequest::default() });
    assert_eq!(lines(&page), (50_000..50_200).map(|i| format!("line {i}")).collect::<Vec<_>>());
    assert_eq!(page.last().unwrap().next_offset, 50_200);
    let found = read(&cluster, ReadLogsRequest { text: "LINE 7777".into(), limit: 3, ..ReadLogsRequest::default() });
    assert_eq!(lines(&found), ["line 7777", "line 77770", "line 77771"]);
    assert_eq!(found.last().unwrap().next_offset, 77_772);
    let none = read(&cluster, ReadLogsRequest { text: "nowhere".into(), ..ReadLogsRequest::default() });
    assert!(lines(&none).is_empty());
    assert_eq!(none.last().unwrap().next_offset, 100_002, "it has come to the end");

    let matching = |args: &[&str]| cluster.pedl(&[&["command", "logs", "1", "--match"], args].concat());
    let error = matching(&["error: OUT"]);
    assert_eq!((error.stdout.as_str(), error.stderr.as_str()), ("", "\x1b[1;31mErr\x1b[0mor: out of memory\n"));
    assert_eq!(matching(&["line 9999"]).ok().lines().count(), 11);
    // Of the last four entries. Where the one of stderr is among those of stdout, Docker decides.
    let tail = matching(&["line 9999", "--tail", "4"]).ok();
    assert!("line 99997\nline 99998\nline 99999\n".ends_with(&tail) && tail.lines().count() >= 2, "{tail}");
    assert_eq!(matching(&["done", "-f"]).ok(), "done\n");
}

#[test]
fn a_log_is_cut_at_its_limit_and_removed_after_its_time() {
    let cluster = Settings::default().master_yaml("logs: { retention: 2s, limit_per_task: 100KB }").start();
    let script = format!("{COUNT}; exit 3");
    let run = cluster.pedl(&["command", "run", "--", "sh", "-c", &script]);
    assert_eq!(run.code, Some(3), "its end is its own: {}", run.stderr);
    let lines = run.stdout.lines().count();
    assert!(run.stdout == (0..lines).map(|line| format!("line {line}\n")).collect::<String>(), "whole up to the limit");
    assert!((4000..8000).contains(&lines), "{lines} lines of some 10 bytes, and 8 bytes counted for each");
    assert!(run.stderr.contains("the log is cut here: it has reached"), "{}", run.stderr);
    let gone = eventually("the log to be removed", || {
        let logs = cluster.pedl(&["command", "logs", "1"]);
        (logs.code == Some(4)).then_some(logs)
    });
    assert!(gone.stderr.contains("as logs.retention of the master says: it is gone"), "{gone:?}");
    assert_eq!(cluster.json(&["command", "describe", "1"])["exit_code"], 3, "the command itself stays");
}

#[test]
fn ten_thousand_lines_in_a_moment_arrive_complete_and_in_order() {
    let cluster = Cluster::start();
    // One program's few writes, before anybody reads.
    let numbers = cluster.pedl(&["command", "run", "--", "seq", "1", "10000"]).ok();
    assert!(numbers == (1..=10_000).map(|i| format!("{i}\n")).collect::<String>(), "{} lines", numbers.lines().count());
}

#[test]
fn junk_harms_nothing() {
    let cluster = Cluster::start();
    let script = r#"i=0; while [ $i -lt 256 ]; do printf "\\$(printf %03o $i)"; i=$((i+1)); done; echo; echo after"#;
    let output = cluster.pedl(&["command", "run", "--", "sh", "-c", script]).ok();
    // Docker's log is JSON: it keeps characters, and each byte that is of none becomes U+FFFD.
    let ascii: String = (0..128).map(char::from).collect();
    assert_eq!(output, format!("{ascii}{}\nafter\n", "\u{fffd}".repeat(128)));
}

#[test]
fn each_stream_has_its_lines_in_order_and_their_times() {
    let cluster = Cluster::start();
    let script = "i=0; while [ $i -lt 20 ]; do echo out $i; echo err $i >&2; usleep 20000; i=$((i+1)); done";
    let id = cluster.detached(&["--", "sh", "-c", script]);
    cluster.wait_for(&id, "COMPLETED");
    let entries = entries(read(&cluster, ReadLogsRequest::default()));
    assert!(entries.iter().map(|entry| entry.offset).eq(0..40), "numbered without gaps");
    for (source, name) in [(LogSource::Stdout, "out"), (LogSource::Stderr, "err")] {
        let of_source: Vec<_> = entries.iter().filter(|entry| entry.source() == source).collect();
        let told: Vec<_> = of_source.iter().map(|entry| String::from_utf8_lossy(&entry.data)).collect();
        assert_eq!(told, (0..20).map(|i| format!("{name} {i}\n")).collect::<Vec<_>>());
        let times: Vec<_> = of_source.iter().map(|entry| entry.time.unwrap()).map(|t| (t.seconds, t.nanos)).collect();
        assert!(times.is_sorted_by(|a, b| a < b), "each is later than the one before: {times:?}");
    }
    let shown = cluster.pedl(&["command", "logs", &id, "--timestamps"]).ok();
    for (line, number) in shown.lines().zip(0..) {
        let (time, text) = line.split_once(' ').unwrap();
        assert!(time.len() == "2026-11-27T18:00:00.123456Z".len() && time.ends_with('Z'), "{line}");
        assert_eq!(text, format!("out {number}"));
    }
}

fn entries(responses: Vec<ReadLogsResponse>) -> Vec<LogEntry> {
    responses.into_iter().flat_map(|response| response.entries).collect()
}

#[test]
fn the_newest_since_a_moment() {
    let cluster = Cluster::start();
    let script = "i=0; while [ $i -lt 10 ]; do echo line $i; usleep 20000; i=$((i+1)); done";
    let id = cluster.detached(&["--", "sh", "-c", script]);
    cluster.wait_for(&id, "COMPLETED");
    let since = entries(read(&cluster, ReadLogsRequest::default()))[6].time;
    let newest =
        |tail| lines(&read(&cluster, ReadLogsRequest { tail: Some(tail), since, ..ReadLogsRequest::default() }));
    assert_eq!(newest(2), ["line 8", "line 9"]);
    assert_eq!(newest(8), ["line 6", "line 7", "line 8", "line 9"]);
    assert!(newest(0).is_empty());
    let logs = |args: &[&str]| cluster.pedl(&[&["command", "logs", &id], args].concat()).ok();
    assert_eq!(logs(&["--tail", "1", "--since", "1h"]), "line 9\n");
    assert_eq!(logs(&["--tail", "1", "--since", "2099-01-01T00:00:00Z"]), "");
}

/// 200 lines in some seconds.
const SLOWLY: &str = "i=0; while [ $i -lt 200 ]; do echo line $i; usleep 20000; i=$((i+1)); done";

fn two_hundred_lines() -> String {
    (0..200).map(|i| format!("line {i}\n")).collect()
}

#[test]
fn who_follows_is_told_every_line_once_across_masters() {
    let mut cluster = Cluster::start();
    let id = cluster.detached(&["--", "sh", "-c", SLOWLY]);
    let log = cluster.path("follow.log");
    // Its talk of a master that is away is not of the log.
    let mut follow = std::process::Command::new("sh");
    follow.args(["-c", r#"exec "$@" 2> "$TALK""#, "sh"]).env("TALK", cluster.path("talk.log"));
    let pedl = cluster.command(&["command", "logs", "-f", &id]);
    follow.arg(pedl.get_program()).args(pedl.get_args()).envs(pedl.get_envs().filter_map(|(k, v)| Some((k, v?))));
    let mut follow = Process::start(&mut follow, &log);
    for line in [20, 100] {
        let seen = format!("line {line}\n");
        eventually("the log to come", || follow.output().contains(&seen).then_some(()));
        cluster.kill_master();
        cluster.start_master();
    }
    assert_eq!(follow.wait(), Some(0));
    assert_eq!(follow.output(), two_hundred_lines());
}

#[test]
fn what_is_written_while_the_master_is_away_is_not_missed() {
    let mut cluster = Cluster::start();
    let id = cluster.detached(&["--", "sh", "-c", SLOWLY]);
    eventually("the log to begin", || cluster.pedl(&["command", "logs", &id]).ok().contains("line 10\n").then_some(()));
    cluster.kill_master();
    eventually("the container to end", || cluster.running().is_empty().then_some(()));
    cluster.start_master();
    cluster.wait_for(&id, "COMPLETED");
    assert_eq!(cluster.pedl(&["command", "logs", &id]).ok(), two_hundred_lines());
}

#[test]
fn logs_outlive_master_and_agent() {
    let mut cluster = Cluster::start();
    let id = cluster.detached(&["--", "sh", "-c", "seq 1 5000; echo end >&2"]);
    cluster.wait_for(&id, "COMPLETED");
    let before = cluster.pedl(&["command", "logs", &id]);
    assert_eq!((before.stdout.lines().count(), before.stderr.as_str()), (5000, "end\n"));
    cluster.kill_agent(0);
    cluster.kill_master();
    cluster.start_master();
    cluster.start_agent(0);
    cluster.wait_for_agents();
    assert_eq!(cluster.pedl(&["command", "logs", &id]).shown(), before.shown());
}
