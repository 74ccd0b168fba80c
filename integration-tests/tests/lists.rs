//! Lists of some of the assets, and watches of them.

use integration_tests::{Cluster, Settings};
use pedl_proto::v1::asset_service_client::AssetServiceClient;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::{
    AssetFilter, AssetState, ListAssetsRequest, LoginRequest, LogoutRequest, WatchAssetsRequest, WatchAssetsResponse,
};
use tonic::transport::Channel;
use tonic::{Code, Request, Streaming};

/// Starts a command that waits, and answers its number.
fn made(cluster: &Cluster, user: &str, description: &str) -> String {
    let run = ["-u", user, "command", "run", "-d", "--description", description, "true"];
    cluster.pedl(&run).ok().trim().to_owned()
}

#[test]
fn a_list_is_of_what_was_asked_for() {
    let cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    let train = made(&cluster, "ada", "Train 100%");
    let other = made(&cluster, "ada", "evaluate");
    let own = made(&cluster, "pedl", "train too");
    let ids = |words: &str| {
        let words: Vec<_> = "command list".split(' ').chain(words.split(' ')).collect();
        let list = cluster.json(&words);
        list.as_array().unwrap().iter().map(|asset| asset["id"].to_string()).collect::<Vec<_>>()
    };
    cluster.pedl(&["-u", "ada", "command", "kill", &other]).ok();
    assert_eq!(ids("--match TRAIN"), [own.as_str()]);
    assert_eq!(ids("-a --match TRAIN"), [&own, &train].map(String::as_str));
    assert_eq!(ids("-a --match 0%"), [train.as_str()]);
    assert_eq!(ids("-a --match absent"), [""; 0]);
    assert_eq!(ids("--owner ada"), [&other, &train].map(String::as_str));
    assert_eq!(ids("--owner ada --state killed,failed"), [other.as_str()]);
    assert_eq!(ids("-a --state queued --sort oldest"), [&train, &own].map(String::as_str));
    assert_eq!(ids("-a --sort description"), [&train, &other, &own].map(String::as_str));
    assert_eq!(ids("-a --sort ended-first"), [&other, &train, &own].map(String::as_str));
    let nobody = cluster.pedl(&["command", "list", "--owner", "nobody"]);
    assert_eq!(
        nobody.shown(),
        "exit 4\n--- stdout\n--- stderr\nerror: there is no user `nobody`: `pedl user list` names them all\n"
    );
}

fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

async fn channel(cluster: &Cluster) -> Channel {
    Channel::from_shared(cluster.url()).unwrap().connect().await.unwrap()
}

async fn watch(cluster: &Cluster, token: &str, cursor: &str) -> Streaming<WatchAssetsResponse> {
    let request = WatchAssetsRequest { filter: Some(queued()), cursor: cursor.into() };
    let answer = AssetServiceClient::new(channel(cluster).await).watch_assets(with_token(request, token)).await;
    answer.unwrap().into_inner()
}

fn queued() -> AssetFilter {
    AssetFilter { states: vec![AssetState::Queued.into()], all_owners: true, ..AssetFilter::default() }
}

#[tokio::test]
async fn a_watch_outlives_its_master_and_not_its_session() {
    let mut cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    let login = LoginRequest { username: "ada".into(), ..LoginRequest::default() };
    let token = SessionServiceClient::new(channel(&cluster).await).login(login).await.unwrap().into_inner().token;
    let first = made(&cluster, "pedl", "first");
    let list = ListAssetsRequest { filter: Some(queued()), ..ListAssetsRequest::default() };
    let list = AssetServiceClient::new(channel(&cluster).await).list_assets(with_token(list, &token)).await;
    let list = list.unwrap().into_inner();
    assert_eq!(list.assets.iter().map(|asset| asset.id.to_string()).collect::<Vec<_>>(), [first.as_str()]);

    // What changes before the watch, within it, and while the master is away is told all the same.
    cluster.pedl(&["command", "kill", &first]).ok();
    let mut news = watch(&cluster, &token, &list.watch_cursor).await;
    let told = news.message().await.unwrap().unwrap();
    assert_eq!(told.removed_ids.iter().map(i64::to_string).collect::<Vec<_>>(), [first]);
    cluster.kill_master();
    assert!(news.message().await.is_err(), "the stream breaks");
    cluster.start_master();
    let second = made(&cluster, "pedl", "second");
    let mut news = watch(&cluster, &token, &told.cursor).await;
    let told = news.message().await.unwrap().unwrap();
    assert_eq!(told.assets.iter().map(|asset| asset.id.to_string()).collect::<Vec<_>>(), [second]);

    let logout = with_token(LogoutRequest::default(), &token);
    SessionServiceClient::new(channel(&cluster).await).logout(logout).await.unwrap();
    let end = loop {
        // What the scheduler says of why it waits may come before.
        if let Err(end) = news.message().await {
            break end;
        }
    };
    assert_eq!(end.code(), Code::Unauthenticated);
}
