//! Logins: as many as Argon2 itself lets there be, and nobody else waits for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::PasswordHash;
use integration_tests::{Cluster, outcome};
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::{GetCurrentSessionRequest, LoginRequest};
use tonic::Request;
use tonic::transport::Channel;

use crate::report::{Report, median};

const PASSWORD: &str = "correct horse battery staple";
const USERS: usize = 4;
/// Logins under way at once.
const CALLERS: usize = 16;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);

pub fn measure(cluster: &Cluster, report: &mut Report) {
    let users: Vec<String> = (0..USERS).map(|number| format!("login{number}")).collect();
    for user in &users {
        cluster.member(user, None);
        let mut set = cluster.command(&["-u", "admin", "user", "change-password", user]);
        outcome(set.env("PEDL_NEW_PASSWORD", PASSWORD)).ok();
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    runtime.block_on(async {
        let channel = Channel::from_shared(cluster.url()).expect("it is a URL").connect().await;
        let channel = channel.expect("the master accepts");
        let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
        for round in 0..=ROUNDS {
            let bare = bare_rate();
            let (rate, ()) = while_logging_in(&channel, &users, tokio::time::sleep(ROUND)).await;
            if round > 0 {
                theirs.push(bare);
                ours.push(rate);
                ratios.push(rate / bare);
            }
        }
        let detail = format!("{:.1}/s against {:.1}/s, medians of {ROUNDS} rounds", median(ours), median(theirs));
        report.at_least("logins against bare Argon2id on all processors", median(ratios), 0.9, "", &detail);

        let token = login(&channel, &users[0]).await;
        let (mut loaded, mut unloaded, mut ratios) = (vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            let quiet = p99(&channel, &token).await;
            let (_, busy) = while_logging_in(&channel, &users, p99(&channel, &token)).await;
            unloaded.push(quiet);
            loaded.push(busy);
            ratios.push(busy / quiet);
        }
        let ms = |times| median(times) * 1000.0;
        let detail = format!("{:.2} ms against {:.2} ms, medians of {ROUNDS} rounds", ms(loaded), ms(unloaded));
        let figure = "p99 of GetCurrentSession in a storm of logins, against without";
        report.at_most(figure, median(ratios), 3.0, "", &detail);
    });
}

/// Hashes a second, with a thread for each processor and the parameters of the master.
fn bare_rate() -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (start, hashes) = (Instant::now(), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while start.elapsed() < ROUND {
                    let hash: PasswordHash = Argon2::default().hash_password(PASSWORD.as_bytes()).expect("it hashes");
                    std::hint::black_box(hash);
                    hashes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    f64::from(hashes.into_inner()) / start.elapsed().as_secs_f64()
}

/// Logs in all the time while `act` goes on; answers logins a second.
async fn while_logging_in<T>(channel: &Channel, users: &[String], act: impl Future<Output = T>) -> (f64, T) {
    let (over, logins) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let start = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (channel, user) = (channel.clone(), users[caller % users.len()].clone());
            let (over, logins) = (over.clone(), logins.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    login(&channel, &user).await;
                    logins.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let acted = act.await;
    let rate = f64::from(logins.load(Ordering::Relaxed)) / start.elapsed().as_secs_f64();
    over.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("the caller ends");
    }
    (rate, acted)
}

async fn login(channel: &Channel, user: &str) -> String {
    let request = LoginRequest { username: user.into(), password: PASSWORD.into(), browser: false };
    SessionServiceClient::new(channel.clone()).login(request).await.expect("the password is right").into_inner().token
}

/// In seconds, of one call after the other.
async fn p99(channel: &Channel, token: &str) -> f64 {
    let mut client = SessionServiceClient::new(channel.clone());
    let (start, mut times) = (Instant::now(), Vec::new());
    while start.elapsed() < ROUND {
        let mut request = Request::new(GetCurrentSessionRequest {});
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().expect("it is plain text"));
        let asked = Instant::now();
        client.get_current_session(request).await.expect("the call is answered");
        times.push(asked.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}
