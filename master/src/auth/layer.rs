//! The tower layer in front of every rpc: it finds out who calls, asks the policy whether the rpc takes them, and hands
//! the typed caller on with the request.

use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request, Response};
use tonic::Status;
use tower::{Layer, Service};

use super::caller::Caller;
use super::cookie::Browser;
use super::policy::{self, Access};
use super::sessions::Sessions;
use crate::error::{Error, Result};

/// Puts [`Authenticated`] in front of a service.
#[derive(Clone)]
pub struct AuthLayer {
    pub sessions: Arc<Sessions>,
}

impl<S> Layer<S> for AuthLayer {
    type Service = Authenticated<S>;

    fn layer(&self, inner: S) -> Authenticated<S> {
        Authenticated { inner, sessions: self.sessions.clone() }
    }
}

/// A service that only sees calls it may take.
#[derive(Clone)]
pub struct Authenticated<S> {
    inner: S,
    sessions: Arc<Sessions>,
}

impl<S> Service<Request<Body>> for Authenticated<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let sessions = self.sessions.clone();
        async move {
            let browser = request.extensions().get::<Browser>();
            match identify(&sessions, request.uri().path(), request.headers(), browser).await {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    inner.call(request).await
                }
                Err(error) => Ok(Status::from(error).into_http()),
            }
        }
        .boxed()
    }
}

async fn identify(sessions: &Sessions, path: &str, headers: &HeaderMap, browser: Option<&Browser>) -> Result<Caller> {
    let access = policy::access(path)?;
    // A stale token must not keep anyone from logging in again.
    if access == Access::Anyone {
        return Ok(Caller::Nobody);
    }
    let token = match headers.get(AUTHORIZATION) {
        None => browser.map_or(Ok(None), Browser::token)?,
        Some(value) => Some(bearer(value).ok_or(Error::TokenInvalid)?),
    };
    let caller = match token {
        None => Caller::Nobody,
        Some(token) => sessions.resolve(token).await?,
    };
    policy::admit(access, &caller)?;
    Ok(caller)
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()?.strip_prefix("Bearer ")
}
