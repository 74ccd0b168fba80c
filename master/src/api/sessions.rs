//! Logging in and out, and who one is.

use std::time::Duration;

use jiff::Timestamp;
use pedl_proto::v1;
use pedl_proto::v1::session_service_server::SessionService;
use pedl_proto::v1::{
    CreateAccessTokenRequest, CreateAccessTokenResponse, GetCurrentSessionRequest, GetCurrentSessionResponse,
    ListSessionsRequest, ListSessionsResponse, LoginRequest, LoginResponse, LogoutRequest, LogoutResponse,
    RevokeSessionRequest, RevokeSessionResponse,
};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::{session_kind, session_to_proto, user_to_proto};
use super::fields::{Fields, is_one_line};
use super::page::Page;
use crate::audit::{Action, Actor};
use crate::auth::caller::{Caller, Member, Peer, Session};
use crate::auth::cookie::Browser;
use crate::auth::policy::{self, AccountAction};
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::store;
use crate::store::sessions::Filter;
use crate::users::User;

const MAX_NAME: usize = 64;
const MIN_LIFETIME: Duration = Duration::from_secs(60);
const MAX_LIFETIME: Duration = Duration::from_secs(366 * 24 * 60 * 60);

#[tonic::async_trait]
impl SessionService for Api {
    async fn login(&self, request: Request<LoginRequest>) -> Result<Response<LoginResponse>, Status> {
        let (from, page) = (Peer::of(request.extensions()), request.extensions().get::<Browser>().cloned());
        let LoginRequest { username, password, browser } = request.into_inner();
        let opened = self.sessions.login(&username, &password, from).await?;
        let mut answer = Response::new(LoginResponse {
            token: opened.token.reveal().into(),
            session: Some(session_to_proto(&opened.session, &opened.user)),
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
        let session = Caller::member(request.extensions())?.session.id;
        self.sessions.revoke(session, Actor::of(request.extensions()), Action::Logout).await?;
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
            session: Some(self.shown_to(member, &member.session, &member.user)),
            user: Some(user_to_proto(member.user.clone())),
        }))
    }

    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        let ListSessionsRequest { all_users, kind, page_size, page_token } = request.get_ref().clone();
        if all_users && !member.user.admin {
            return Err(Error::AdminRequired.into());
        }
        let filter = Filter { user: (!all_users).then_some(member.user.id), kind: session_kind(kind)? };
        let page = Page::parse(page_size, &page_token, format!("sessions {filter:?}"))?;
        let before = match &page.after {
            Some(id) => Some(SessionId(id.parse().map_err(|_| Error::InvalidPageToken)?)),
            None => None,
        };
        let found = store::sessions::list(self.store.read(), filter, Timestamp::now(), before, page.limit()).await?;
        let mut sessions: Vec<_> = found.iter().map(|(session, user)| self.shown_to(member, session, user)).collect();
        let next_page_token = page.cut(&mut sessions, |session| session.id.to_string());
        Ok(Response::new(ListSessionsResponse { sessions, next_page_token }))
    }

    async fn revoke_session(
        &self,
        request: Request<RevokeSessionRequest>,
    ) -> Result<Response<RevokeSessionResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        let id = SessionId(request.get_ref().id);
        let (session, user) = store::sessions::get(self.store.read(), id, Timestamp::now()).await?;
        policy::check_account(member, AccountAction::RevokeSession, user.id).map_err(|_| Error::NotOwnSession(id))?;
        self.sessions.revoke(id, Actor::of(request.extensions()), Action::RevokeSession).await?;
        Ok(Response::new(RevokeSessionResponse { session: Some(self.shown_to(member, &session, &user)) }))
    }

    async fn create_access_token(
        &self,
        request: Request<CreateAccessTokenRequest>,
    ) -> Result<Response<CreateAccessTokenResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        policy::check_account(member, AccountAction::CreateAccessToken, member.user.id)?;
        let (name, lifetime) = parse_access_token(request.get_ref().clone())?;
        let actor = Actor::of(request.extensions());
        let made = self.sessions.create_access_token(member, name, lifetime, actor).await?;
        Ok(Response::new(CreateAccessTokenResponse {
            token: made.token.reveal().into(),
            session: Some(self.shown_to(member, &made.session, &made.user)),
        }))
    }
}

impl Api {
    fn shown_to(&self, member: &Member, session: &Session, user: &User) -> v1::Session {
        let session = Session { last_used_at: self.sessions.last_used(session), ..session.clone() };
        v1::Session { current: session.id == member.session.id, ..session_to_proto(&session, user) }
    }
}

fn parse_access_token(request: CreateAccessTokenRequest) -> Result<(String, Option<Duration>)> {
    let CreateAccessTokenRequest { name, lifetime } = request;
    let mut fields = Fields::default();
    let good = is_one_line(&name) && name.chars().count() <= MAX_NAME;
    fields.check(good, "name", format!("must be one line of at most {MAX_NAME} characters"));
    let lifetime = lifetime.map(|lifetime| {
        let bounded = Duration::try_from(lifetime).ok().filter(|time| (MIN_LIFETIME..=MAX_LIFETIME).contains(time));
        fields.take(bounded.ok_or("must be 1 minute to 366 days"), "lifetime").unwrap_or_default()
    });
    fields.finish()?;
    Ok((name, lifetime))
}

fn set_cookie<T>(answer: &mut Response<T>, cookie: &str) -> Result<()> {
    let mut cookie: MetadataValue<Ascii> =
        cookie.parse().map_err(|_| Error::Internal("a cookie is no header's value".into()))?;
    cookie.set_sensitive(true);
    answer.metadata_mut().insert("set-cookie", cookie);
    Ok(())
}
