//! trial
use crate::containers::Cluster;
use crate::fake_master::FakeMaster;
use crate::process::Agent;

#[tokio::test(flavor = "multi_thread")]
async fn bench() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let mut agent = Agent::start(&master);
    master.until("it is in touch", |known| known.watches > 0).await;
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..15 {
        let t = std::time::Instant::now();
        let task = master.place("", |a| a.argv = vec!["true".into()]);
        master.end(&task).await;
        ours.push(t.elapsed());
        cluster.empty().await;
        let t = std::time::Instant::now();
        std::process::Command::new("docker").args(["run", "--rm", crate::containers::IMAGE, "true"]).output().unwrap();
        theirs.push(t.elapsed());
    }
    ours.sort();
    theirs.sort();
    let rss = std::fs::read_to_string(format!("/proc/{}/status", agent.pid())).unwrap();
    println!("median ours {:?} theirs {:?} ; min {:?} {:?}", ours[7], theirs[7], ours[0], theirs[0]);
    println!(
        "{:?}",
        rss.lines()
            .filter(|l| l.starts_with("VmRSS") || l.starts_with("VmHWM") || l.starts_with("Threads"))
            .collect::<Vec<_>>()
    );
    agent.kill();
}
