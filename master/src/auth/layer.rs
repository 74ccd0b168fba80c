//! The tower layer in front of every rpc: it finds out who calls, asks the policy whether the rpc takes them, and hands
//! the typed caller on with the request.

use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request, Response};
use tonic::{Code, Status};
use tower::{Layer, Service};

use super::caller::Caller;
use super::cookie::Browser;
use super::policy::{self, Access};
use super::sessions::Sessions;
use super::until_ended::UntilEnded;
use crate::audit::{Action, Actor, Crowd, Recorder};
use crate::error::{Error, Result};

/// Puts [`Authenticated`] in front of a service.
#[derive(Clone)]
pub struct AuthLayer {
    pub sessions: Arc<Sessions>,
    pub refusals: Arc<Recorder>,
}

impl<S> Layer<S> for AuthLayer {
    type Service = Authenticated<S>;

    fn layer(&self, inner: S) -> Authenticated<S> {
        Authenticated { inner, sessions: self.sessions.clone(), refusals: self.refusals.clone() }
    }
}

/// A service that only sees calls it may take.
#[derive(Clone)]
pub struct Authenticated<S> {
    inner: S,
    sessions: Arc<Sessions>,
    refusals: Arc<Recorder>,
}

impl<S, In> Service<Request<In>> for Authenticated<S>
where
    S: Service<Request<In>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    In: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<In>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let (sessions, refusals) = (self.sessions.clone(), self.refusals.clone());
        async move {
            let path = request.uri().path().to_owned();
            let browser = request.extensions().get::<Browser>();
            let (access, caller) = match identify(&sessions, &path, request.headers(), browser).await {
                Ok(identified) => identified,
                Err(error) => return Ok(Status::from(error).into_http()),
            };
            let admitted = policy::admit(access, &caller);
            request.extensions_mut().insert(caller.clone());
            let actor = Action::of_rpc(&path).map(|action| (action, Actor::of(request.extensions())));
            let response = match admitted {
                Ok(()) => inner.call(request).await?,
                Err(error) => Status::from(error).into_http(),
            };
            if let (Some((action, actor)), Some(refusal)) = (actor, refusal(&response)) {
                refusals.note(Crowd::Members, actor.did(action, "").failed(refusal));
            }
            Ok(match caller {
                Caller::Member(member) if policy::is_stream(&path) => {
                    response.map(|body| Body::new(UntilEnded::new(body, sessions.ended(&member), last_words())))
                }
                Caller::Member(_) | Caller::Nobody | Caller::Agent(_) | Caller::Joining(_) => response,
            })
        }
        .boxed()
    }
}

async fn identify(
    sessions: &Sessions,
    path: &str,
    headers: &HeaderMap,
    browser: Option<&Browser>,
) -> Result<(Access, Caller)> {
    let access = policy::access(path)?;
    // A stale token must not keep anyone from logging in again.
    if access == Access::Anyone {
        return Ok((access, Caller::Nobody));
    }
    let token = match headers.get(AUTHORIZATION) {
        None => browser.map_or(Ok(None), Browser::token)?,
        Some(value) => Some(bearer(value).ok_or(Error::TokenInvalid)?),
    };
    let caller = match token {
        None => Caller::Nobody,
        Some(token) => sessions.resolve(token).await?,
    };
    Ok((access, caller))
}

/// Why a call was refused, where it was: errors come in the headers.
fn refusal(response: &Response<Body>) -> Option<String> {
    let status = Status::from_header_map(response.headers())?;
    (status.code() != Code::Ok).then(|| status.message().to_owned())
}

/// What ends a stream whose session has ended.
fn last_words() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    if let Err(error) = Status::from(Error::TokenInvalid).add_header(&mut trailers) {
        tracing::error!(%error, "a stream ends without saying why");
    }
    trailers
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()?.strip_prefix("Bearer ")
}
