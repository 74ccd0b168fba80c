//! The one port: gRPC, gRPC-web, health, reflection, metrics and the page.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use integration_tests::{Cluster, PATIENCE, Settings, http};
use pedl_proto::v1::cluster_service_client::ClusterServiceClient;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::{GetCurrentSessionRequest, GetMasterRequest, LoginRequest};
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

fn master() -> Cluster {
    Settings::default().agents(0).start()
}

async fn channel(cluster: &Cluster) -> Channel {
    Channel::from_shared(cluster.url()).unwrap().connect().await.unwrap()
}

fn get(cluster: &Cluster, path: &str) -> String {
    http::get(cluster.address(), "localhost", path)
}

/// A gRPC-web call, whose message is empty.
fn grpc_web(cluster: &Cluster, path: &str, headers: &str) -> String {
    http::grpc_web(cluster.address(), path, &format!("Host: localhost\r\n{headers}"), &[])
}

#[test]
fn browsers_and_scrapers_are_answered() {
    let cluster = master();
    assert!(get(&cluster, "/").contains("<title>PEDL"));
    assert!(get(&cluster, "/healthz").ends_with("ok\n"));
    let metrics = get(&cluster, "/metrics");
    assert!(metrics.contains("pedl_master_tasks{state=\"QUEUED\"} 0"), "{metrics}");
    assert!(metrics.contains("# EOF"), "{metrics}");
    assert!(get(&cluster, "/absent").starts_with("HTTP/1.1 404"));
}

#[test]
fn metrics_hold_no_names() {
    let cluster = master();
    cluster.member("secretive", None);
    cluster.detached(&["--description", "hidden purpose", "true"]);
    let metrics = get(&cluster, "/metrics");
    assert!(metrics.contains("CreateAsset"), "{metrics}");
    assert!(!metrics.contains("secretive") && !metrics.contains("hidden"), "{metrics}");
}

#[test]
fn grpc_web_clients_are_answered() {
    let cluster = master();
    let answer = grpc_web(&cluster, "/pedl.v1.ClusterService/GetMaster", "");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("grpc-status:0"), "{answer}");
    assert!(answer.contains(env!("CARGO_PKG_VERSION")), "{answer}");

    let refused = grpc_web(&cluster, "/pedl.v1.SessionService/GetCurrentSession", "");
    assert!(refused.contains("grpc-status: 16") || refused.contains("grpc-status:16"), "{refused}");
    let forged = grpc_web(&cluster, "/pedl.v1.UserService/ListUsers", "Authorization: Bearer pedl_forged\r\n");
    assert!(forged.contains("grpc-status: 16") || forged.contains("grpc-status:16"), "{forged}");
    let unknown = grpc_web(&cluster, "/pedl.v1.NoService/Nothing", "");
    assert!(unknown.contains("grpc-status: 12") || unknown.contains("grpc-status:12"), "{unknown}");
}

#[tokio::test]
async fn health_and_reflection_are_served() {
    let cluster = master();
    let channel = channel(&cluster).await;
    let health = HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(health.into_inner().status(), ServingStatus::Serving);

    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(channel)
        .server_reflection_info(tokio_stream::once(ask))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    for service in ["pedl.v1.AssetService", "pedl.v1.ClusterService", "pedl.v1.SessionService", "pedl.v1.UserService"] {
        assert!(names.contains(&service), "{names:?}");
    }
}

#[tokio::test]
async fn a_call_needs_a_token_that_is_good_until_logout() {
    let cluster = master();
    let channel = channel(&cluster).await;
    let mut sessions = SessionServiceClient::new(channel.clone());
    assert!(ClusterServiceClient::new(channel).get_master(GetMasterRequest {}).await.is_ok());
    let who = |token: &str| {
        let mut request = Request::new(GetCurrentSessionRequest {});
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        request
    };
    let without = sessions.get_current_session(GetCurrentSessionRequest {}).await.unwrap_err();
    assert_eq!(without.code(), Code::Unauthenticated);

    let wrong = LoginRequest { username: "admin".into(), password: "wrong".into(), browser: false };
    assert_eq!(sessions.login(wrong).await.unwrap_err().code(), Code::Unauthenticated);
    let login = LoginRequest { username: "ADMIN".into(), ..LoginRequest::default() };
    let token = sessions.login(login).await.unwrap().into_inner().token;
    let session = sessions.get_current_session(who(&token)).await.unwrap().into_inner();
    assert_eq!(session.user.unwrap().username, "admin");
    let times = session.session.unwrap();
    let seconds = times.expires_at.unwrap().seconds - times.created_at.unwrap().seconds;
    assert_eq!(seconds, 30 * 24 * 60 * 60, "a session lasts 30 days");

    let mut logout = Request::new(pedl_proto::v1::LogoutRequest {});
    logout.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    sessions.logout(logout).await.unwrap();
    assert_eq!(sessions.get_current_session(who(&token)).await.unwrap_err().code(), Code::Unauthenticated);
}

#[test]
fn who_asks_for_nothing_holds_no_connection() {
    let cluster = master();
    // Less than how an HTTP/2 connection begins, so that not even its version can be told.
    let connections = ["", "P", "PRI * HTTP/2.0\r\n", "GET / HT"].map(|beginning| {
        let mut connection = TcpStream::connect(cluster.address()).unwrap();
        connection.write_all(beginning.as_bytes()).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        (beginning, connection)
    });
    for (beginning, mut connection) in connections {
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap_or_else(|error| panic!("after {beginning:?}: {error}"));
    }
}
