//! Which caller the master takes for which call: asked over the wire, of every call that the protos have.

use expect_test::expect_file;
use integration_tests::Settings;
use pedl_proto::agent::v1::RegisterRequest;
use pedl_proto::agent::v1::agent_service_client::AgentServiceClient;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::user_service_client::UserServiceClient;
use pedl_proto::v1::{CreateAccessTokenRequest, DeactivateUserRequest, LoginRequest};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

/// `/package.Service/Rpc` of all that PEDL serves.
fn rpcs() -> Vec<String> {
    let files = FileDescriptorSet::decode(pedl_proto::FILE_DESCRIPTOR_SET).unwrap().file;
    let mut rpcs = Vec::new();
    for file in files.iter().filter(|file| file.package().starts_with("pedl.")) {
        for service in &file.service {
            let path = |rpc: &str| format!("/{}.{}/{rpc}", file.package(), service.name());
            rpcs.extend(service.method.iter().map(|rpc| path(rpc.name())));
        }
    }
    rpcs.sort();
    rpcs
}

fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    if !token.is_empty() {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

/// What becomes of a call with an empty message.
async fn call(channel: &Channel, rpc: &str, token: &str) -> &'static str {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let codec = ProstCodec::<(), ()>::default();
    match client.server_streaming(with_token((), token), rpc.parse().unwrap(), codec).await {
        Ok(_) => "yes",
        Err(status) if status.code() == Code::Unauthenticated => "who?",
        Err(status) if status.code() == Code::PermissionDenied => "-",
        Err(status) if status.code() == Code::Unimplemented => "absent",
        // It was taken in, and its message found wanting.
        Err(_) => "yes",
    }
}

async fn login(channel: &Channel, username: &str) -> String {
    let request = LoginRequest { username: username.into(), ..LoginRequest::default() };
    SessionServiceClient::new(channel.clone()).login(request).await.unwrap().into_inner().token
}

async fn access_token(channel: &Channel, token: &str) -> String {
    let request = with_token(CreateAccessTokenRequest::default(), token);
    SessionServiceClient::new(channel.clone()).create_access_token(request).await.unwrap().into_inner().token
}

#[tokio::test]
async fn every_call_takes_whom_the_table_says() {
    let cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    cluster.member("gone", None);
    let channel = Channel::from_shared(cluster.url()).unwrap().connect().await.unwrap();
    let admin = login(&channel, "admin").await;
    let gone = login(&channel, "gone").await;
    let deactivate = DeactivateUserRequest { username: "gone".into(), ..DeactivateUserRequest::default() };
    UserServiceClient::new(channel.clone()).deactivate_user(with_token(deactivate, &admin)).await.unwrap();
    let join = std::fs::read_to_string(cluster.path("master/agent-token")).unwrap();
    let intro = RegisterRequest { name: "n0".into(), ..RegisterRequest::default() };
    let agent = AgentServiceClient::new(channel.clone()).register(with_token(intro, join.trim())).await.unwrap();
    let agent = agent.into_inner().credential;

    let callers = ["nobody", "garbage", "gone", "member", "token", "admin", "agent", "joining"];
    let mut table = format!("{:<50}", "");
    callers.iter().for_each(|caller| table += &format!("{caller:<9}"));
    for rpc in rpcs() {
        table += &format!("\n{rpc:<50}");
        for caller in callers {
            // A fresh one each: some calls end their session.
            let token = match caller {
                "nobody" => String::new(),
                "garbage" => "pedl_garbage".into(),
                "gone" => gone.clone(),
                "member" => login(&channel, "ada").await,
                "token" => access_token(&channel, &login(&channel, "ada").await).await,
                "admin" => login(&channel, "admin").await,
                "agent" => agent.clone(),
                _ => join.trim().to_owned(),
            };
            table += &format!("{:<9}", call(&channel, &rpc, &token).await);
        }
    }
    let table: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    expect_file!["golden/access.txt"].assert_eq(&table);
}
