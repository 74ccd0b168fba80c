//! A bare tonic server: it answers GetCurrentSession with a constant, and knows nothing else.

use std::io::Write as _;

use pedl_proto::v1::session_service_server::{SessionService, SessionServiceServer};
use pedl_proto::v1::{
    CreateAccessTokenRequest, CreateAccessTokenResponse, GetCurrentSessionRequest, GetCurrentSessionResponse,
    ListSessionsRequest, ListSessionsResponse, LoginRequest, LoginResponse, LogoutRequest, LogoutResponse,
    RevokeSessionRequest, RevokeSessionResponse, Session, SessionKind, User,
};
use prost_types::Timestamp;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// Makes this program the server.
pub const ARGUMENT: &str = "serve-echo";

struct Echo;

#[tonic::async_trait]
impl SessionService for Echo {
    async fn login(&self, _: Request<LoginRequest>) -> Result<Response<LoginResponse>, Status> {
        only_echoes()
    }

    async fn logout(&self, _: Request<LogoutRequest>) -> Result<Response<LogoutResponse>, Status> {
        only_echoes()
    }

    async fn list_sessions(&self, _: Request<ListSessionsRequest>) -> Result<Response<ListSessionsResponse>, Status> {
        only_echoes()
    }

    async fn revoke_session(
        &self,
        _: Request<RevokeSessionRequest>,
    ) -> Result<Response<RevokeSessionResponse>, Status> {
        only_echoes()
    }

    async fn create_access_token(
        &self,
        _: Request<CreateAccessTokenRequest>,
    ) -> Result<Response<CreateAccessTokenResponse>, Status> {
        only_echoes()
    }

    async fn get_current_session(
        &self,
        _: Request<GetCurrentSessionRequest>,
    ) -> Result<Response<GetCurrentSessionResponse>, Status> {
        let time = Some(Timestamp { seconds: 1_800_000_000, nanos: 123_456_000 });
        let session = Session {
            id: 1,
            created_at: time,
            expires_at: time,
            kind: SessionKind::Login.into(),
            username: "pedl".into(),
            name: String::new(),
            address: "127.0.0.1".into(),
            last_used_at: time,
            current: true,
        };
        let user = User { id: 2, username: "pedl".into(), active: true, created_at: time, ..User::default() };
        Ok(Response::new(GetCurrentSessionResponse { session: Some(session), user: Some(user) }))
    }
}

fn only_echoes<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("this server only echoes"))
}

/// Serves on a free port, and prints its address.
#[tokio::main]
pub async fn serve() {
    let address = "127.0.0.1:0".parse().expect("this is an address");
    let incoming = TcpIncoming::bind(address).expect("a port is free").with_nodelay(Some(true));
    let address = incoming.local_addr().expect("a bound socket has an address");
    println!("{address}");
    std::io::stdout().flush().expect("the address can be told");
    let served = Server::builder().add_service(SessionServiceServer::new(Echo)).serve_with_incoming(incoming);
    served.await.expect("the server serves");
}
