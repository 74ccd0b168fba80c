//! The Docker Engine API, as the agent needs it. A call waits for as long as Docker is away or failing: callers meet
//! only answers. What dockerd's restart interrupts is asked again; a task does not fail by it.

mod containers;
mod images;
mod logs;
mod mounts;
mod observed;
mod older_api;
mod process;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bollard::Docker as Api;
use bollard::errors::Error as ApiError;

use crate::backoff::Backoff;
use crate::chain::chain;
use crate::config::DockerUrl;

pub use containers::{ContainerPlan, StartAnswer};
pub use images::{Image, PullFailure};
pub use logs::{Frame, Mark, Source};
pub use mounts::{Mount, Propagation};
pub use observed::{Found, Limited, Phase, Stage};
pub use process::is_of_container;

/// How long Docker may take to begin an answer. Creating and starting are slow on a busy machine.
const ANSWER_WITHIN_SECONDS: u64 = 120;

/// Docker on this machine, seen through one agent's labels.
#[derive(Debug)]
pub struct Docker {
    api: Api,
    url: DockerUrl,
    cluster: String,
    agent: String,
    away: AtomicBool,
}

/// Docker answered, and the answer is no: asking again would not change it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such container, image or file.
    #[error("{0}")]
    NotFound(String),
    /// It is there already, or not in the state for this.
    #[error("{0}")]
    Conflict(String),
    /// Docker or its runtime cannot do it.
    #[error("{0}")]
    Invalid(String),
}

/// How a single call can fail.
#[derive(Debug)]
enum Failure {
    /// Docker is away, starting, or in trouble of its own.
    Away(String),
    Refused(Refusal),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        if let ApiError::DockerResponseServerError { status_code, message } = error {
            return answer(status_code, message);
        }
        if let ApiError::DockerStreamError { error } = error {
            return Self::Refused(Refusal::Invalid(error));
        }
        Self::Away(chain(&error))
    }
}

/// A 5xx is Docker's own trouble, except where the runtime speaks of this container: Docker has no status for that.
fn answer(status: u16, message: String) -> Failure {
    let of_the_runtime =
        ["OCI runtime create failed", "could not select device driver", "error gathering device information"];
    match status {
        404 => Failure::Refused(Refusal::NotFound(message)),
        409 => Failure::Refused(Refusal::Conflict(message)),
        408 | 429 => Failure::Away(message),
        500.. if !of_the_runtime.iter().any(|text| message.contains(text)) => Failure::Away(message),
        _ => Failure::Refused(Refusal::Invalid(message)),
    }
}

/// How often a call that fails with a 500 is made again before that is its answer.
const INSIST: usize = 5;

impl Docker {
    /// Waits until Docker is there, and settles on an API version that both sides speak.
    pub async fn connect(url: &DockerUrl, cluster: String, agent: String) -> Self {
        let away = AtomicBool::new(false);
        let mut backoff = Backoff::new();
        loop {
            match open(url).await {
                Ok(api) => {
                    note_presence(url, &away);
                    return Self { api, url: url.clone(), cluster, agent, away };
                }
                Err(error) => note_absence(url, &away, &chain(&error)),
            }
            tokio::time::sleep(backoff.next()).await;
        }
    }

    /// Where Docker keeps images and containers; none where it does not say.
    pub async fn root_dir(&self) -> Option<String> {
        self.patiently(|| self.api.info()).await.ok()?.docker_root_dir
    }

    /// The agent's name, for messages.
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// Repeats a call until Docker answers it; takes as an answer what Docker says again and again, which is of the call
    /// and not of Docker: a path in an image, or a work dir, that cannot be, comes as a 500.
    async fn insistently<T, F>(&self, call: impl Fn() -> F) -> Result<T, Refusal>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let failed = AtomicUsize::new(0);
        let judged = |error| {
            if let ApiError::DockerResponseServerError { status_code: 500, message } = error {
                return match failed.fetch_add(1, Ordering::Relaxed) {
                    INSIST.. => ApiError::DockerStreamError { error: message },
                    _ => ApiError::DockerResponseServerError { status_code: 500, message },
                };
            }
            error
        };
        self.patiently(|| async { call().await.map_err(judged) }).await
    }

    /// Repeats a call until Docker answers it.
    async fn patiently<T, F>(&self, call: impl Fn() -> F) -> Result<T, Refusal>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let mut backoff = Backoff::new();
        loop {
            match call().await.map_err(Failure::from) {
                Ok(answer) => {
                    note_presence(&self.url, &self.away);
                    return Ok(answer);
                }
                Err(Failure::Refused(refusal)) => {
                    note_presence(&self.url, &self.away);
                    return Err(refusal);
                }
                Err(Failure::Away(message)) => note_absence(&self.url, &self.away, &message),
            }
            tokio::time::sleep(backoff.next()).await;
        }
    }
}

async fn open(url: &DockerUrl) -> Result<Api, ApiError> {
    let api = Api::connect_with_host(url.as_ref())?.with_timeout(Duration::from_secs(ANSWER_WITHIN_SECONDS));
    let api = api.negotiate_version().await?;
    if older_api::wants_address_on_top(&api.client_version()) {
        return Ok(api.with_request_modifier(older_api::address_on_top));
    }
    Ok(api)
}

/// Logs once when Docker goes, whatever the number of calls that notice.
fn note_absence(url: &DockerUrl, away: &AtomicBool, message: &str) {
    if away.swap(true, Ordering::Relaxed) {
        tracing::debug!("Docker at {url} does not answer: {message}");
    } else {
        tracing::warn!("Docker at {url} does not answer ({message}): trying until it does; is dockerd running?");
    }
}

/// Logs once when Docker is back.
fn note_presence(url: &DockerUrl, away: &AtomicBool) {
    if away.load(Ordering::Relaxed) && away.swap(false, Ordering::Relaxed) {
        tracing::info!("Docker at {url} answers again");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(status: u16, message: &str, expected: Expect) {
        expected.assert_eq(&format!("{:?}", answer(status, message.into())));
    }

    #[test]
    fn only_docker_s_own_trouble_is_waited_out() {
        check(400, "invalid mount", expect![[r#"Refused(Invalid("invalid mount"))"#]]);
        check(404, "No such image", expect![[r#"Refused(NotFound("No such image"))"#]]);
        check(409, "name in use", expect![[r#"Refused(Conflict("name in use"))"#]]);
        check(429, "slow down", expect![[r#"Away("slow down")"#]]);
        check(
            500,
            "failed to create shim task: OCI runtime create failed: runc …",
            expect![[r#"Refused(Invalid("failed to create shim task: OCI runtime create failed: runc …"))"#]],
        );
        check(
            500,
            "could not select device driver \"nvidia\"",
            expect![[r#"Refused(Invalid("could not select device driver \"nvidia\""))"#]],
        );
        check(500, "context deadline exceeded", expect![[r#"Away("context deadline exceeded")"#]]);
        check(503, "", expect![[r#"Away("")"#]]);
    }
}
