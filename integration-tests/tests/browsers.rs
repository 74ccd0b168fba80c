//! What a browser may do: by which names, from which pages, and with which cookie.

use std::fs;

use integration_tests::http::{self, get, grpc_web, header};
use integration_tests::{Cluster, Settings};
use pedl_proto::v1::cluster_service_client::ClusterServiceClient;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::{GetCurrentSessionRequest, GetMasterRequest, LoginRequest};
use prost::Message as _;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

/// The code and the reason of what is not of the master's own names and pages.
const FOREIGN: (Code, &str) = (Code::PermissionDenied, "FOREIGN_ORIGIN");

const LOGIN: &str = "/pedl.v1.SessionService/Login";
const LOGOUT: &str = "/pedl.v1.SessionService/Logout";
const WHOAMI: &str = "/pedl.v1.SessionService/GetCurrentSession";

fn master(yaml: &str) -> Cluster {
    Settings::default().agents(0).master_yaml(yaml).start()
}

/// The gRPC status that an answer has, among its headers or at its end.
#[track_caller]
fn grpc_status(answer: &str) -> u32 {
    let (_, after) = answer.split_once("grpc-status:").unwrap_or_else(|| panic!("no status: {answer}"));
    after.trim_start().chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

fn login(username: &str) -> Vec<u8> {
    LoginRequest { username: username.into(), password: String::new(), browser: true }.encode_to_vec()
}

/// A page at the master's own address.
fn own_page(cluster: &Cluster) -> String {
    format!("Host: {0}\r\nOrigin: http://{0}\r\n", cluster.address())
}

#[test]
fn a_name_that_is_bent_to_the_master_gets_nothing() {
    let cluster = master("");
    for path in ["/", "/healthz", "/metrics", "/absent"] {
        let answer = get(cluster.address(), "evil.com:8080", path);
        assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
        assert!(answer.contains("set `public_url: http://evil.com:8080` in its master.yaml"), "{answer}");
    }
    let refused = grpc_web(cluster.address(), LOGIN, "Host: evil.com\r\n", &login("admin"));
    assert_eq!((grpc_status(&refused), header(&refused, "set-cookie")), (7, None), "{refused}");
    assert!(header(&refused, "content-type").unwrap().starts_with("application/grpc-web"), "{refused}");
    let log = fs::read_to_string(cluster.path("master.log")).unwrap();
    assert_eq!(log.matches("a call was refused: `evil.com").count(), 1, "once a minute: {log}");
}

#[test]
fn addresses_loopback_and_public_url_are_the_masters() {
    let cluster = master("public_url: http://boss:8080");
    for host in ["boss", "boss:8080", "localhost:1", "127.0.0.1", "[::1]:8080"] {
        assert!(get(cluster.address(), host, "/healthz").ends_with("ok\n"), "{host}");
    }
    assert!(get(cluster.address(), "10.0.0.9", "/healthz").starts_with("HTTP/1.1 421"), "it does not listen there");
    let old =
        http::exchange(std::net::TcpStream::connect(cluster.address()).unwrap(), b"GET /healthz HTTP/1.0\r\n\r\n");
    assert!(old.ends_with("ok\n"), "a load balancer may name no host: {old}");
}

#[tokio::test]
async fn who_calls_by_another_name_is_told_what_to_configure() {
    let cluster = master("");
    let endpoint = Endpoint::from_shared(cluster.url()).unwrap().origin("http://boss:8080".parse().unwrap());
    let mut master = ClusterServiceClient::new(endpoint.connect().await.unwrap());
    let refused = master.get_master(GetMasterRequest {}).await.unwrap_err();
    assert_eq!((refused.code(), refused.get_details_error_info().unwrap().reason.as_str()), FOREIGN);
    expect_test::expect!["`boss:8080` is no name of this master's: set `public_url: http://boss:8080` in its master.yaml and restart it, or call it by its IP address"].assert_eq(refused.message());
}

#[test]
fn a_page_logs_in_by_a_cookie_that_its_scripts_cannot_read() {
    let cluster = master("");
    let page = own_page(&cluster);
    let answer = grpc_web(cluster.address(), LOGIN, &page, &login("admin"));
    assert_eq!(grpc_status(&answer), 0, "{answer}");
    let cookie = header(&answer, "set-cookie").unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert!(pair.starts_with("pedl_session=pedl_"), "{cookie}");
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(!body.contains("pedl_") && body.contains("admin"), "no token in {body}");
    assert!(!answer.to_lowercase().contains("access-control"), "{answer}");

    let call = |headers: &str| grpc_web(cluster.address(), WHOAMI, &format!("{headers}Cookie: x=y; {pair}\r\n"), &[]);
    let known = call(&page);
    assert!(grpc_status(&known) == 0 && known.contains("admin"), "{known}");
    let host = format!("Host: {}\r\n", cluster.address());
    assert_eq!(grpc_status(&call(&host)), 7, "without an origin");
    for foreign in ["https://evil.com", "null", "http://a1.localhost:8081"] {
        let refused = call(&format!("{host}Origin: {foreign}\r\n"));
        assert_eq!(grpc_status(&refused), 7, "{refused}");
    }
    let wrong = call(&format!("{page}Authorization: Bearer pedl_wrong\r\n"));
    assert_eq!(grpc_status(&wrong), 16, "the authorization wins: {wrong}");

    let logout = grpc_web(cluster.address(), LOGOUT, &format!("{page}Cookie: {pair}\r\n"), &[]);
    let dropped = "pedl_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0";
    assert_eq!((grpc_status(&logout), header(&logout, "set-cookie")), (0, Some(dropped)), "{logout}");
    assert_eq!(grpc_status(&call(&page)), 16, "the session has ended");
}

#[tokio::test]
async fn native_calls_are_of_no_page() {
    let cluster = master("");
    let channel = Channel::from_shared(cluster.url()).unwrap().connect().await.unwrap();
    let mut sessions = SessionServiceClient::new(channel);
    let login = LoginRequest { username: "admin".into(), password: String::new(), browser: false };
    let token = sessions.login(login).await.unwrap().into_inner().token;
    let mut who = Request::new(GetCurrentSessionRequest {});
    who.metadata_mut().insert("cookie", format!("pedl_session={token}").parse().unwrap());
    who.metadata_mut().insert("origin", cluster.url().parse().unwrap());
    let refused = sessions.get_current_session(who).await.unwrap_err();
    assert_eq!((refused.code(), refused.get_details_error_info().unwrap().reason.as_str()), FOREIGN);
}

#[test]
fn a_foreign_page_cannot_ask_beforehand() {
    let cluster = master("");
    let ask = format!(
        "OPTIONS {WHOAMI} HTTP/1.1\r\nHost: {}\r\nOrigin: https://evil.com\r\nAccess-Control-Request-Method: POST\r\n\
         Access-Control-Request-Headers: content-type\r\nConnection: close\r\n\r\n",
        cluster.address()
    );
    let answer = http::exchange(std::net::TcpStream::connect(cluster.address()).unwrap(), ask.as_bytes());
    assert!(!answer.to_lowercase().contains("access-control-allow"), "{answer}");
}
