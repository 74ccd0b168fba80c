//! One connection, from its first byte: TLS or not, and what it is told that speaks the wrong one.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use pedl_tls::SPEAKS_TLS;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tonic::Status;
use tower::{Layer as _, Service, ServiceExt as _};

use super::answer;
use super::host::{self, Attended};
use crate::auth::caller::Peer;

/// How long a new connection may be silent, and how long its TLS handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection may ask for nothing.
const FIRST_REQUEST: Duration = Duration::from_secs(30);

/// What every TLS connection begins with: the sort of a record that holds a handshake (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// What a connection comes to.
#[derive(Clone)]
pub struct Port {
    pub http: auto::Builder<TokioExecutor>,
    /// None where the port speaks no TLS.
    pub tls: Option<TlsAcceptor>,
    /// What is not meant for this master comes no further: of it nothing is looked at, counted or answered.
    pub service: Attended<Router>,
}

impl Port {
    /// Serves a connection to its end. Who connects and says nothing does not hold a descriptor for ever.
    pub async fn converse(self, stream: TcpStream, peer: Peer, watcher: Watcher) {
        // Small answers must not wait for the acknowledgement of the ones before (Nagle's algorithm).
        drop(stream.set_nodelay(true));
        let mut first = [0];
        let Ok(Ok(1)) = timeout(PATIENCE, stream.peek(&mut first)).await else { return };
        let Self { http, tls, service } = self;
        let Some(tls) = tls else { return serve(&http, service, stream, peer, watcher).await };
        if first != [TLS_HANDSHAKE] {
            let told = Router::new().fallback(speak_tls);
            drop(timeout(PATIENCE, serve(&http, told, stream, peer, watcher)).await);
            return;
        }
        match timeout(PATIENCE, tls.accept(stream)).await {
            Ok(Ok(mut stream)) => {
                if timeout(PATIENCE, stream.fill_buf()).await.is_ok() {
                    serve(&http, service, stream, peer, watcher).await;
                }
            }
            // Who does not trust the certificate ends it here, which is his to tell.
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }
}

async fn serve<S>(
    http: &auto::Builder<TokioExecutor>,
    service: S,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    watcher: Watcher,
) where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let asked = Arc::new(AtomicBool::new(false));
    let note = asked.clone();
    let service = Extension(peer).layer(service).map_request(move |request: Request<_>| {
        note.store(true, Ordering::Relaxed);
        request
    });
    let service = TowerToHyperService::new(service);
    let connection = watcher.watch(http.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut connection = pin!(connection);
    let ended = match timeout(FIRST_REQUEST, &mut connection).await {
        Ok(ended) => ended,
        Err(_) if asked.load(Ordering::Relaxed) => connection.await,
        // Half a preface of h2, say, and nothing after it.
        Err(_) => return,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// Tells who came without TLS.
async fn speak_tls(request: Request) -> Response {
    let called = host::authorities(&request).next().unwrap_or("HOST:PORT");
    let told = format!("{SPEAKS_TLS}: use https://{called}");
    answer(request.headers(), Status::unavailable(told.clone()), StatusCode::BAD_REQUEST, &told)
}
