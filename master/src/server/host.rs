//! The outermost layer: it turns away what is not meant for this master, and notes what it sees of a browser before the
//! layers below change it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::Response;

use super::answer;
use crate::auth::cookie::Browser;
use crate::auth::origin::Names;
use crate::error::Error;

/// How often the log tells of calls that were turned away: who causes them may cause many.
const TOLD: Duration = Duration::from_secs(60);

/// No name is longer (RFC 1035, section 2.3.4): what is, is repeated to nobody in full.
const LONGEST: usize = 255;

/// Knows the master's names.
pub struct Doorman {
    names: Names,
    told: Mutex<Option<Instant>>,
}

impl Doorman {
    pub fn new(names: Names) -> Arc<Self> {
        Arc::new(Self { names, told: Mutex::new(None) })
    }

    fn admit(&self, request: &Request) -> Result<Browser, Error> {
        if let Some(called) = authorities(request).find(|called| !self.names.owns(called)) {
            let suggested = self.names.suggest(called);
            return Err(Error::ForeignHost { called: called.chars().take(LONGEST).collect(), suggested });
        }
        Browser::of(request.headers(), authorities(request).next(), &self.names)
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
pub fn authorities(request: &Request) -> impl Iterator<Item = &str> {
    let host = request.headers().get_all(HOST).iter().map(|value| value.to_str().unwrap_or("no text"));
    request.uri().authority().map(|authority| authority.as_str()).into_iter().chain(host)
}

pub async fn check(State(doorman): State<Arc<Doorman>>, mut request: Request, next: Next) -> Response {
    match doorman.admit(&request) {
        Ok(browser) => {
            request.extensions_mut().insert(browser);
            next.run(request).await
        }
        Err(error) => {
            doorman.tell(&error);
            let misdirected = matches!(error, Error::ForeignHost { .. });
            let status = if misdirected { StatusCode::MISDIRECTED_REQUEST } else { StatusCode::FORBIDDEN };
            let told = error.to_string();
            answer(request.headers(), error, status, &told)
        }
    }
}
