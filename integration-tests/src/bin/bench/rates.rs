//! Calls per second.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use integration_tests::Cluster;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::{GetCurrentSessionRequest, LoginRequest};
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use crate::echo;
use crate::report::{Report, median};

const CONNECTIONS: usize = 8;
const CALLS_PER_CONNECTION: usize = 8;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(2);

type Client = SessionServiceClient<Channel>;

pub fn measure(cluster: &Cluster, report: &mut Report) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    let (mut server, echo_url) = start_echo();
    runtime.block_on(async {
        let master = connect(&cluster.url()).await;
        let echo = connect(&echo_url).await;
        let login = LoginRequest { username: "pedl".into(), password: String::new(), browser: false };
        let token = master[0].clone().login(login).await.expect("pedl logs in").into_inner().token;
        let token: MetadataValue<Ascii> = format!("Bearer {token}").parse().expect("a token is plain text");

        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let their_rate = rate(&echo, &token).await;
            let our_rate = rate(&master, &token).await;
            if round > 0 {
                ours.push(our_rate);
                theirs.push(their_rate);
                ratios.push(our_rate / their_rate);
            }
        }
        let detail = format!("{:.0}/s against {:.0}/s, medians of {ROUNDS} rounds", median(ours), median(theirs));
        let figure = "GetCurrentSession, 64 concurrent, against a bare tonic echo";
        report.at_least(figure, median(ratios), 0.7, "", &detail);
    });
    drop(server.kill());
    drop(server.wait());
}

fn start_echo() -> (Child, String) {
    let program = std::env::current_exe().expect("this program has a path");
    let mut server = Command::new(program).arg(echo::ARGUMENT).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    let output = server.stdout.take().expect("its output is a pipe");
    BufReader::new(output).read_line(&mut line).expect("it tells its address");
    (server, format!("http://{}", line.trim()))
}

async fn connect(url: &str) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(SessionServiceClient::connect(url.to_owned()).await.expect("the server accepts"));
    }
    clients
}

/// Calls per second, over all connections.
async fn rate(clients: &[Client], token: &MetadataValue<Ascii>) -> f64 {
    let start = Instant::now();
    let callers: Vec<_> = clients
        .iter()
        .flat_map(|client| std::iter::repeat_n(client, CALLS_PER_CONNECTION))
        .map(|client| {
            let (mut client, token) = (client.clone(), token.clone());
            tokio::spawn(async move {
                let mut calls = 0_u32;
                while start.elapsed() < ROUND {
                    let mut request = Request::new(GetCurrentSessionRequest {});
                    request.metadata_mut().insert("authorization", token.clone());
                    client.get_current_session(request).await.expect("the call is answered");
                    calls += 1;
                }
                calls
            })
        })
        .collect();
    let mut calls = 0;
    for caller in callers {
        calls += caller.await.expect("the caller ends");
    }
    f64::from(calls) / start.elapsed().as_secs_f64()
}
