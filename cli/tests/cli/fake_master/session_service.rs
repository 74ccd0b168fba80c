use std::time::{Duration, SystemTime};

use pedl_proto::v1::session_service_server::SessionService;
use pedl_proto::v1::{
    GetCurrentSessionRequest, GetCurrentSessionResponse, LoginRequest, LoginResponse, LogoutRequest, LogoutResponse,
    Session,
};
use tonic::{Code, Request, Response, Status};

use super::{Shared, refuse};

#[tonic::async_trait]
impl SessionService for Shared {
    async fn login(&self, request: Request<LoginRequest>) -> Result<Response<LoginResponse>, Status> {
        let LoginRequest { username, password, browser: _ } = request.into_inner();
        let username = username.to_lowercase();
        let mut state = self.lock();
        state.calls.push("Login");
        let user = state.users.get(&username).filter(|user| user.active).cloned();
        let Some(user) = user.filter(|_| state.passwords[&username] == password) else {
            return Err(refuse(Code::Unauthenticated, "LOGIN_FAILED", "wrong name or password"));
        };
        state.tokens_made += 1;
        let token = format!("pedl_{}", state.tokens_made);
        state.tokens.insert(token.clone(), username);
        Ok(Response::new(LoginResponse { token, session: Some(session()), user: Some(user) }))
    }

    async fn logout(&self, request: Request<LogoutRequest>) -> Result<Response<LogoutResponse>, Status> {
        let user = self.caller("Logout", request.metadata())?;
        // No test gives one user two sessions that must be told apart.
        self.lock().tokens.retain(|_, username| *username != user.username);
        Ok(Response::new(LogoutResponse {}))
    }

    async fn get_current_session(
        &self,
        request: Request<GetCurrentSessionRequest>,
    ) -> Result<Response<GetCurrentSessionResponse>, Status> {
        let user = self.caller("GetCurrentSession", request.metadata())?;
        Ok(Response::new(GetCurrentSessionResponse { session: Some(session()), user: Some(user) }))
    }
}

fn session() -> Session {
    let now = SystemTime::now();
    let end = now + Duration::from_secs(30 * 24 * 3600);
    Session { id: 1, created_at: Some(now.into()), expires_at: Some(end.into()) }
}
