//! Logging in and out, and who one is.

use pedl_proto::v1::session_service_server::SessionService;
use pedl_proto::v1::{
    GetCurrentSessionRequest, GetCurrentSessionResponse, LoginRequest, LoginResponse, LogoutRequest, LogoutResponse,
};
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::{session_to_proto, user_to_proto};
use crate::auth::caller::Caller;

#[tonic::async_trait]
impl SessionService for Api {
    async fn login(&self, request: Request<LoginRequest>) -> Result<Response<LoginResponse>, Status> {
        let LoginRequest { username, password } = request.into_inner();
        let opened = self.sessions.login(&username, password).await?;
        Ok(Response::new(LoginResponse {
            token: opened.token.reveal().into(),
            session: Some(session_to_proto(&opened.session)),
            user: Some(user_to_proto(opened.user)),
        }))
    }

    async fn logout(&self, request: Request<LogoutRequest>) -> Result<Response<LogoutResponse>, Status> {
        self.sessions.logout(Caller::member(request.extensions())?).await?;
        Ok(Response::new(LogoutResponse {}))
    }

    async fn get_current_session(
        &self,
        request: Request<GetCurrentSessionRequest>,
    ) -> Result<Response<GetCurrentSessionResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        Ok(Response::new(GetCurrentSessionResponse {
            session: Some(session_to_proto(&member.session)),
            user: Some(user_to_proto(member.user.clone())),
        }))
    }
}
