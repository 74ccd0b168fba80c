//! A cluster as a team of very many uses it, for as long as one likes: simulated agents, and clients that call at stated
//! rates. Prints how it goes, and exits with 1 when a promise was broken.

mod args;
mod calls;
mod promises;
mod tally;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser as _;
use integration_tests::fleet::{Crew, Fleet};
use integration_tests::{Client, Cluster, Settings};
use tokio::runtime::Runtime;

use args::Args;
use calls::{Calls, Sort};
use promises::Promises;
use tally::{Memory, Tally};

/// Accounts that share the clients, at most.
const MEMBERS: usize = 8;

fn main() -> ExitCode {
    let args = Args::parse();
    let mut cluster = args.master.is_none().then(|| Settings::default().agents(0).start());
    let members: Vec<String> = match &cluster {
        Some(cluster) => (0..args.clients.min(MEMBERS)).map(|number| member(cluster, number)).collect(),
        None => vec!["pedl".into()],
    };
    let url = args.master.clone().or_else(|| cluster.as_ref().map(Cluster::url)).expect("one of them is there");
    let token_file = args.token_file.clone().unwrap_or_else(|| {
        cluster.as_ref().map(|cluster| cluster.path("master/agent-token")).expect("--master wants --token-file")
    });
    let crew =
        Crew { agents: args.agents, slow: (args.slow, args.slowness.into()), silent: args.silent, ..Crew::default() };
    let fleet = Fleet::join_at(&url, &token_file, &crew);
    println!("{} agents connected within {:.1?}", args.agents, fleet.wait_until_connected(integration_tests::PATIENCE));

    let runtime = Runtime::new().expect("a runtime can be made");
    let (tally, promises) = (Arc::new(Tally::default()), Arc::new(Promises::default()));
    let clients = runtime.block_on(async {
        let mut clients = Vec::new();
        for number in 0..args.clients {
            clients.push(Client::login(&url, &members[number % members.len()]).await);
        }
        clients
    });
    let calls = Arc::new(Calls { url, members, clients, run_for: args.run_for.into(), tally, promises });
    let calling: Vec<_> =
        Sort::ALL.into_iter().map(|sort| runtime.spawn(calls.clone().keep_calling(sort, args.rate(sort)))).collect();

    let memory = watch_over(&args, cluster.as_mut(), &fleet, &calls);
    calling.iter().for_each(|calling| calling.abort());
    let mut broken = runtime.block_on(calls.promises.check(&calls.clients[0], args.silent > 0));
    let kills = args.kill_master_every.is_some();
    broken.extend(calls.tally.unexpected(kills));
    broken.extend(memory.grown());
    let counts = fleet.counts();
    println!("{counts:?}");
    if counts.doubled > 0 {
        broken.push(format!("{} tasks were to be started a second time", counts.doubled));
    }
    broken.iter().for_each(|broken| println!("BROKEN: {broken}"));
    println!("{} promises broken", broken.len());
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn member(cluster: &Cluster, number: usize) -> String {
    let name = format!("load{number}");
    cluster.member(&name, None);
    name
}

/// Prints what goes on until the time is over; kills the master where it is to.
fn watch_over(args: &Args, mut cluster: Option<&mut Cluster>, fleet: &Fleet, calls: &Calls) -> Memory {
    let start = Instant::now();
    let mut memory = Memory::default();
    let mut killed = start;
    while start.elapsed() < *args.duration {
        std::thread::sleep((*args.report_every).min(args.duration.saturating_sub(start.elapsed())));
        if let Some(cluster) = &cluster {
            memory.look(cluster.master());
        }
        calls.tally.print(start.elapsed(), &memory, fleet.counts(), calls.promises.acknowledged());
        if let (Some(cluster), Some(every)) = (&mut cluster, args.kill_master_every)
            && killed.elapsed() >= *every
        {
            killed = Instant::now();
            cluster.kill_master();
            cluster.start_master();
            memory = Memory::default();
            println!("the master was killed, and listens again after {:.1?}", killed.elapsed());
        }
    }
    memory
}
