use std::time::Duration;

use pedl_proto::v1::session_service_server::SessionService;
use pedl_proto::v1::{
    CreateAccessTokenRequest, CreateAccessTokenResponse, GetCurrentSessionRequest, GetCurrentSessionResponse,
    ListSessionsRequest, ListSessionsResponse, LoginRequest, LoginResponse, LogoutRequest, LogoutResponse,
    RevokeSessionRequest, RevokeSessionResponse, Session, SessionKind,
};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{Shared, State, page, refuse, token};

/// How long a login lasts.
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

#[tonic::async_trait]
impl SessionService for Shared {
    async fn login(&self, request: Request<LoginRequest>) -> Result<Response<LoginResponse>, Status> {
        let LoginRequest { username, password, browser: _ } = request.into_inner();
        let username = username.to_lowercase();
        let mut state = self.lock();
        state.calls.push("Login");
        let user = state.users.get(&username).filter(|user| user.active).cloned();
        let Some(user) = user.filter(|_| state.passwords[&username] == password) else {
            return Err(login_failed(&state));
        };
        let token = state.next_token();
        let session = state.add_session(&token, &username, SessionKind::Login, MONTH);
        Ok(Response::new(LoginResponse { token, session: Some(session), user: Some(user) }))
    }

    async fn logout(&self, request: Request<LogoutRequest>) -> Result<Response<LogoutResponse>, Status> {
        self.caller("Logout", request.metadata())?;
        self.lock().tokens.remove(token(request.metadata()).unwrap());
        Ok(Response::new(LogoutResponse {}))
    }

    async fn get_current_session(
        &self,
        request: Request<GetCurrentSessionRequest>,
    ) -> Result<Response<GetCurrentSessionResponse>, Status> {
        let user = self.caller("GetCurrentSession", request.metadata())?;
        let session = self.session(request.metadata());
        Ok(Response::new(GetCurrentSessionResponse { session: Some(session), user: Some(user) }))
    }

    /// Two sessions a page, whatever is asked for.
    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        let all_users = request.get_ref().all_users;
        let caller = match all_users {
            true => self.admin("ListSessions", request.metadata())?,
            false => self.caller("ListSessions", request.metadata())?,
        };
        let current = self.session(request.metadata()).id;
        let ListSessionsRequest { kind, page_token, .. } = request.into_inner();
        let mut sessions: Vec<Session> = self.lock().tokens.values().cloned().collect();
        sessions.sort_by_key(|session| -session.id);
        sessions.retain(|session| {
            (all_users || session.username == caller.username)
                && (kind == SessionKind::Unspecified as i32 || session.kind == kind)
        });
        sessions.iter_mut().for_each(|session| session.current = session.id == current);
        let (sessions, next_page_token) = page(sessions.into_iter(), &page_token, 2);
        Ok(Response::new(ListSessionsResponse { sessions, next_page_token }))
    }

    async fn revoke_session(
        &self,
        request: Request<RevokeSessionRequest>,
    ) -> Result<Response<RevokeSessionResponse>, Status> {
        let caller = self.caller("RevokeSession", request.metadata())?;
        let id = request.into_inner().id;
        let mut state = self.lock();
        let found = state.tokens.iter().find(|(_, session)| session.id == id).map(|(token, _)| token.clone());
        let session = found.and_then(|token| state.tokens.remove(&token));
        let session =
            session.ok_or_else(|| refuse(Code::NotFound, "SESSION_NOT_FOUND", "no session has this number"))?;
        assert!(caller.admin || session.username == caller.username, "no test revokes what it may not");
        Ok(Response::new(RevokeSessionResponse { session: Some(session) }))
    }

    async fn create_access_token(
        &self,
        request: Request<CreateAccessTokenRequest>,
    ) -> Result<Response<CreateAccessTokenResponse>, Status> {
        let caller = self.caller("CreateAccessToken", request.metadata())?.username;
        if self.session(request.metadata()).kind() == SessionKind::AccessToken {
            let message = "an access token makes no tokens: log in";
            return Err(refuse(Code::PermissionDenied, "WRONG_TOKEN_KIND", message));
        }
        let CreateAccessTokenRequest { name, lifetime } = request.into_inner();
        let lifetime = lifetime.map_or(MONTH, |lifetime| lifetime.try_into().unwrap());
        let mut state = self.lock();
        let token = state.next_token();
        state.add_session(&token, &caller, SessionKind::AccessToken, lifetime);
        let session = state.tokens.get_mut(&token).unwrap();
        session.name = name;
        session.last_used_at = None;
        let session = session.clone();
        Ok(Response::new(CreateAccessTokenResponse { token, session: Some(session) }))
    }
}

impl Shared {
    /// The session of a call whose caller is known.
    fn session(&self, metadata: &MetadataMap) -> Session {
        self.lock().tokens[token(metadata).unwrap()].clone()
    }
}

impl State {
    fn next_token(&self) -> String {
        format!("pedl_{}", self.sessions_made + 1)
    }
}

fn login_failed(state: &State) -> Status {
    let Some(delay) = state.throttle else {
        return refuse(Code::Unauthenticated, "LOGIN_FAILED", "wrong name or password");
    };
    let mut details = ErrorDetails::with_error_info("LOGIN_THROTTLED", "pedl", []);
    details.set_retry_info(Some(delay));
    Status::with_error_details(Code::ResourceExhausted, "too many logins to this account failed", details)
}
