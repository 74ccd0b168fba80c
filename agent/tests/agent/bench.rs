//! trial
use crate::containers::Cluster;
use crate::fake_master::FakeMaster;
use crate::process::Agent;
use std::time::{Duration, Instant};
fn rss(dir: &std::path::Path) -> String {
    let pid = std::fs::read_to_string(dir.join("lock")).unwrap();
    let rss = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    rss.lines().filter(|l| l.starts_with("VmRSS") || l.starts_with("VmHWM") || l.starts_with("RssA") || l.starts_with("RssF")|| l.starts_with("Threads")).collect::<Vec<_>>().join(" ")
}
#[tokio::test(flavor = "multi_thread")]
async fn bench() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let agent = Agent::start(&master);
    master.until("it is in touch", |known| known.heartbeats > 20).await;
    println!("idle {}", rss(&agent.data_dir()));
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..15 {
        let t = Instant::now();
        let task = master.place("", |a| a.argv = vec!["true".into()]);
        master.end(&task).await;
        ours.push(t.elapsed());
        cluster.empty().await;
        let t = Instant::now();
        std::process::Command::new("docker").args(["run", "--rm", crate::containers::IMAGE, "true"]).output().unwrap();
        theirs.push(t.elapsed());
    }
    ours.sort(); theirs.sort();
    println!("median ours {:?} theirs {:?} ; min {:?} {:?}", ours[7], theirs[7], ours[0], theirs[0]);
    println!("after 15 {}", rss(&agent.data_dir()));
    let t = Instant::now();
    let tasks: Vec<_> = (0..60).map(|_| master.place("true", |_| {})).collect();
    for task in &tasks { master.end(task).await; }
    println!("60 in {:?} {}", t.elapsed(), rss(&agent.data_dir()));
    let t = Instant::now();
    let tasks: Vec<_> = (0..4).map(|_| master.place("seq 1 1000000", |_| {})).collect();
    for task in &tasks { master.end(task).await; }
    println!("4x1M lines in {:?} {}", t.elapsed(), rss(&agent.data_dir()));
    let tasks: Vec<_> = (0..20).map(|_| master.place("seq 1 300000; sleep 100", |_| {})).collect();
    for task in &tasks { master.running(task).await; }
    master.down();
    tokio::time::sleep(Duration::from_secs(15)).await;
    println!("20 chatty, master down {}", rss(&agent.data_dir()));
}
