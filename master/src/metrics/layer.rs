//! The tower layer that counts and times each rpc.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures::future::BoxFuture;
use futures::{FutureExt as _, TryFutureExt as _};
use http::{Request, Response};
use tower::{Layer, Service};

use super::Metrics;
use crate::auth::policy;

/// Puts [`Measured`] in front of a service.
#[derive(Clone)]
pub struct MetricsLayer(pub Arc<Metrics>);

impl<S> Layer<S> for MetricsLayer {
    type Service = Measured<S>;

    fn layer(&self, inner: S) -> Measured<S> {
        Measured { inner, metrics: self.0.clone() }
    }
}

/// A service whose calls are counted and timed, to the beginning of their answers.
#[derive(Clone)]
pub struct Measured<S> {
    inner: S,
    metrics: Arc<Metrics>,
}

impl<S, In, Out> Service<Request<In>> for Measured<S>
where
    S: Service<Request<In>, Response = Response<Out>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<In>) -> Self::Future {
        // Only known paths, lest a stranger fill the memory with invented ones.
        let rpc = policy::known(request.uri().path()).unwrap_or("other");
        let (metrics, start) = (self.metrics.clone(), Instant::now());
        let note = move |answer| {
            metrics.note(rpc, start.elapsed(), &answer);
            answer
        };
        self.inner.call(request).map_ok(note).boxed()
    }
}
