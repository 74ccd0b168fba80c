//! A log that somebody follows: how fast it comes, and how much of the disk it takes.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use integration_tests::{BUSYBOX, Cluster, Settings, docker};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};

use crate::logs::TRAINING;
use crate::master::logs_database;
use crate::report::{Report, median, say_round};

const LINES: usize = 1_000_000;
const PRINT: [&str; 2] = ["seq", "1000000"];
const ROUNDS: usize = 3;

pub fn measure(report: &mut Report) {
    let cluster = Settings::default().start();
    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    for round in 1..=ROUNDS {
        say_round(round, ROUNDS);
        let their_rate = rate_of(|| {
            let container = docker(&[&["run", "--detach", BUSYBOX], &PRINT[..]].concat());
            let (lines, _) = count(Command::new("docker").args(["logs", "--follow", &container]));
            docker(&["rm", "--force", &container]);
            lines
        });
        let our_rate = rate_of(|| count(&mut cluster.command(&[&["command", "run", "--"], &PRINT[..]].concat())).0);
        ours.push(our_rate);
        theirs.push(their_rate);
        ratios.push(our_rate / their_rate);
    }
    let detail = format!("{:.0} against {:.0} lines/s, medians of {ROUNDS}", median(ours), median(theirs));
    let figure = "1,000,000 short lines to who follows, against `docker logs -f`";
    report.at_least(figure, median(ratios), 0.3, "", &detail);
    stored(&cluster, report);
}

/// A training's log, in pages of the file that hold it and the indexes' part of them.
fn stored(cluster: &Cluster, report: &mut Report) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    let used = || runtime.block_on(async { used(&logs_database(cluster).await).await });
    let before = used();
    let (lines, bytes) = count(&mut cluster.command(&["command", "run", "--", "awk", TRAINING]));
    assert_eq!(lines, LINES);
    let stored = used() - before;
    let detail = format!("{stored} of {bytes} bytes, by the pages of logs.db that are in use");
    report.at_most("stored of a byte of a training's log", stored as f64 / bytes as f64, 0.2, "", &detail);
}

/// The bytes of a database's pages in use, those in its log of writes too.
async fn used(database: &DatabaseConnection) -> i64 {
    let pragma = async |name: &str| -> i64 {
        let query = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
        let row = database.query_one_raw(query).await.expect("the database is read").expect("it answers");
        row.try_get_by_index(0).expect("it is a number")
    };
    (pragma("page_count").await - pragma("freelist_count").await) * pragma("page_size").await
}

fn rate_of(follow: impl FnOnce() -> usize) -> f64 {
    let start = Instant::now();
    assert_eq!(follow(), LINES, "all lines come");
    LINES as f64 / start.elapsed().as_secs_f64()
}

/// The lines and bytes that a command prints.
fn count(command: &mut Command) -> (usize, usize) {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut output = child.stdout.take().expect("it is piped");
    let (mut lines, mut bytes, mut buffer) = (0, 0, vec![0; 1 << 16]);
    loop {
        let read = output.read(&mut buffer).expect("it prints");
        if read == 0 {
            break;
        }
        bytes += read;
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count();
    }
    assert!(child.wait().expect("it ends").success(), "it ends well");
    (lines, bytes)
}
