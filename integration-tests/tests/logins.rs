//! What a login that fails tells: nothing, not even by the time that it takes.

use std::time::Instant;

use integration_tests::{Settings, outcome};
use pedl_proto::v1::LoginRequest;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use tonic::transport::Channel;

const TRIES: usize = 50;

/// Two hundred, in turn: a known user, an unknown one, an inactive one, and one whose password is blank. What skipped
/// Argon2 would take a twentieth of the time; what differs by less than half is the machine's noise.
#[tokio::test]
async fn every_failure_takes_as_long_and_says_the_same() {
    let cluster = Settings::default().agents(0).master_yaml("security: { failed_logins_per_minute: 0 }").start();
    for name in ["known", "inactive", "blank"] {
        cluster.member(name, None);
    }
    for name in ["known", "inactive"] {
        let mut set = cluster.command(&["-u", "admin", "user", "change-password", name]);
        outcome(set.env("PEDL_NEW_PASSWORD", "the right one")).ok();
    }
    cluster.pedl(&["-u", "admin", "user", "deactivate", "inactive"]).ok();
    let channel = Channel::from_shared(cluster.url()).unwrap().connect().await.unwrap();
    let users = ["known", "unknown", "inactive", "blank"];
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..TRIES {
        for (user, times) in users.into_iter().zip(&mut times) {
            let wrong = LoginRequest { username: user.into(), password: "a wrong one".into(), browser: false };
            let start = Instant::now();
            let refused = SessionServiceClient::new(channel.clone()).login(wrong).await.unwrap_err();
            times.push(start.elapsed().as_secs_f64());
            assert_eq!(refused.message(), "no active account has this name and password", "{user}");
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let medians = times.map(median);
    let (least, most) = (medians.iter().copied().fold(f64::MAX, f64::min), medians.iter().copied().fold(0.0, f64::max));
    assert!(most < 2.0 * least, "{users:?} {medians:?}");
}
