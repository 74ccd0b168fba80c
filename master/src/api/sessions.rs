//! Logging in and out, and who one is.

use pedl_proto::v1::session_service_server::SessionService;
use pedl_proto::v1::{
    GetCurrentSessionRequest, GetCurrentSessionResponse, LoginRequest, LoginResponse, LogoutRequest, LogoutResponse,
};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::{session_to_proto, user_to_proto};
use crate::auth::caller::Caller;
use crate::auth::cookie::Browser;
use crate::error::{Error, Result};

#[tonic::async_trait]
impl SessionService for Api {
    async fn login(&self, request: Request<LoginRequest>) -> Result<Response<LoginResponse>, Status> {
        let page = request.extensions().get::<Browser>().cloned();
        let LoginRequest { username, password, browser } = request.into_inner();
        let opened = self.sessions.login(&username, password).await?;
        let mut answer = Response::new(LoginResponse {
            token: opened.token.reveal().into(),
            session: Some(session_to_proto(&opened.session)),
            user: Some(user_to_proto(opened.user)),
        });
        if let Some(page) = page.filter(|_| browser) {
            let lifetime = opened.session.expires_at.duration_since(opened.session.created_at).unsigned_abs();
            set_cookie(&mut answer, &page.keep(opened.token.reveal(), lifetime))?;
            answer.get_mut().token.clear();
        }
        Ok(answer)
    }

    async fn logout(&self, request: Request<LogoutRequest>) -> Result<Response<LogoutResponse>, Status> {
        self.sessions.logout(Caller::member(request.extensions())?).await?;
        let mut answer = Response::new(LogoutResponse {});
        if let Some(cookie) = request.extensions().get().and_then(Browser::drop_cookie) {
            set_cookie(&mut answer, &cookie)?;
        }
        Ok(answer)
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

fn set_cookie<T>(answer: &mut Response<T>, cookie: &str) -> Result<()> {
    let mut cookie: MetadataValue<Ascii> =
        cookie.parse().map_err(|_| Error::Internal("a cookie is no header's value".into()))?;
    cookie.set_sensitive(true);
    answer.metadata_mut().insert("set-cookie", cookie);
    Ok(())
}
