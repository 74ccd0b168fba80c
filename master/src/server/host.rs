//! The outermost layer: it turns away what is not meant for this master, and notes what it sees of a browser before the
//! layers below change it.

use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::http::header::HOST;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use futures::future::Either;
use tower::Service;

use super::answer;
use crate::auth::cookie::Browser;
use crate::auth::origin::Names;
use crate::error::Error;

/// How often the log tells of calls that were turned away: who causes them may cause many.
const TOLD: Duration = Duration::from_secs(60);

/// No name is longer (RFC 1035, section 2.3.4): what is, is repeated to nobody in full.
const LONGEST: usize = 255;

/// A service that sees only what is meant for this master.
#[derive(Clone)]
pub struct Attended<S> {
    inner: S,
    doorman: Arc<Doorman>,
}

/// Knows the master's names.
struct Doorman {
    names: Names,
    told: Mutex<Option<Instant>>,
}

impl<S> Attended<S> {
    pub fn new(inner: S, names: Names) -> Self {
        Self { inner, doorman: Arc::new(Doorman { names, told: Mutex::new(None) }) }
    }
}

impl<S, In> Service<Request<In>> for Attended<S>
where
    S: Service<Request<In>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<In>) -> Self::Future {
        match self.doorman.admit(&request) {
            Ok(browser) => {
                request.extensions_mut().insert(browser);
                Either::Left(self.inner.call(request))
            }
            Err(error) => Either::Right(ready(Ok(self.doorman.turn_away(request.headers(), error)))),
        }
    }
}

impl Doorman {
    fn admit<B>(&self, request: &Request<B>) -> Result<Browser, Error> {
        if let Some(called) = authorities(request).find(|called| !self.names.owns(called)) {
            let suggested = self.names.suggest(called);
            return Err(Error::ForeignHost { called: called.chars().take(LONGEST).collect(), suggested });
        }
        Browser::of(request.headers(), authorities(request).next(), &self.names)
    }

    fn turn_away(&self, headers: &HeaderMap, error: Error) -> Response {
        self.tell(&error);
        let misdirected = matches!(error, Error::ForeignHost { .. });
        let status = if misdirected { StatusCode::MISDIRECTED_REQUEST } else { StatusCode::FORBIDDEN };
        let told = error.to_string();
        answer(headers, error, status, &told)
    }

    fn tell(&self, error: &Error) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= TOLD) {
            *told = Some(Instant::now());
            tracing::warn!("a call was refused: {error}");
        }
    }
}

/// What the request calls the master: HTTP/2's `:authority`, and `Host`. Without either it is of no browser.
pub fn authorities<B>(request: &Request<B>) -> impl Iterator<Item = &str> {
    let host = request.headers().get_all(HOST).iter().map(|value| value.to_str().unwrap_or("no text"));
    request.uri().authority().map(|authority| authority.as_str()).into_iter().chain(host)
}
