//! The one port: gRPC, gRPC-web, the page, metrics and health, over HTTP/1.1 and HTTP/2, with TLS or without.

mod connection;
mod host;
mod page;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use pedl_proto::agent::v1::agent_service_server::AgentServiceServer;
use pedl_proto::v1::asset_service_server::AssetServiceServer;
use pedl_proto::v1::cluster_service_server::ClusterServiceServer;
use pedl_proto::v1::session_service_server::SessionServiceServer;
use pedl_proto::v1::user_service_server::UserServiceServer;
use rustls::server::ServerConfig;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tonic::Status;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;
use tower::util::MapResponseLayer;

use crate::api::{Api, SMALL_MESSAGE};
use crate::auth::caller::Peer;
use crate::auth::layer::AuthLayer;
use crate::auth::origin::Names;
use crate::error::Error;
use crate::metrics::{Metrics, MetricsLayer};
use crate::store;

use connection::Port;
use host::Attended;
use page::guard::{guard, guard_call};

/// How long calls may take to finish when the master shuts down.
const FINISH: Duration = Duration::from_secs(5);

/// How often a connection is asked whether it lives, and how long it has to answer.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// Listens until `api.shutdown` is cancelled, then lets calls finish.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    names: Names,
    api: Api,
) -> std::io::Result<()> {
    let shutdown = api.shutdown.clone();
    let graceful = GracefulShutdown::new();
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new());
    http.http2().timer(TokioTimer::new()).keep_alive_interval(KEEPALIVE).keep_alive_timeout(KEEPALIVE);
    let port = Port { http, tls: tls.map(TlsAcceptor::from), service: Attended::new(routes(api), names) };
    loop {
        let (stream, from) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, or a connection that was gone at once: neither ends the service.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = shutdown.cancelled() => break,
        };
        tokio::spawn(port.clone().converse(stream, Peer(from.ip()), graceful.watcher()));
    }
    if timeout(FINISH, graceful.shutdown()).await.is_err() {
        tracing::warn!("some calls did not finish in time");
    }
    Ok(())
}

fn routes(api: Api) -> Router {
    let metrics = Metrics::new();
    let (_, health) = tonic_health::server::health_reporter();
    let mut grpc = Routes::new(health)
        .add_service(SessionServiceServer::new(api.clone()).max_decoding_message_size(SMALL_MESSAGE))
        .add_service(UserServiceServer::new(api.clone()).max_decoding_message_size(SMALL_MESSAGE))
        .add_service(AssetServiceServer::new(api.clone()))
        .add_service(ClusterServiceServer::new(api.clone()))
        .add_service(AgentServiceServer::new(api.clone()));
    match tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(pedl_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
    {
        Ok(reflection) => grpc = grpc.add_service(reflection),
        Err(error) => tracing::error!(%error, "there is no reflection: the descriptors cannot be read"),
    }
    // All in one, outermost first: a layer of its own is a box of its own, which is cloned with all below it on each call.
    let grpc = grpc.prepare().into_axum_router().reset_fallback().layer((
        MapResponseLayer::new(guard_call),
        GrpcWebLayer::new(),
        MetricsLayer(metrics.clone()),
        AuthLayer { sessions: api.sessions.clone(), refusals: api.refusals.clone() },
    ));

    let pages = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(scrape))
        .fallback(page_or_no_rpc)
        .with_state((api, metrics))
        .layer(map_response(guard));
    pages.merge(grpc)
}

/// Healthy is who can read the store.
async fn healthz(State((api, _)): State<(Api, Arc<Metrics>)>) -> Response {
    match store::cluster::identity(api.store.read()).await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "unhealthy: the store cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n").into_response()
        }
    }
}

async fn scrape(State((api, metrics)): State<(Api, Arc<Metrics>)>) -> Response {
    match metrics.scrape(&api).await {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn page_or_no_rpc(request: Request<Body>) -> Response {
    grpc_answer(request.headers(), || Error::UnknownRpc.into()).unwrap_or_else(|| page::answer::<page::Built>(&request))
}

/// gRPC clients get a gRPC answer, all others `page`.
fn answer(headers: &HeaderMap, error: impl Into<Status>, status: StatusCode, page: &str) -> Response {
    let plain = || (status, format!("{page}\n")).into_response();
    grpc_answer(headers, || error.into()).unwrap_or_else(plain)
}

/// What a gRPC client is answered; none where the caller is no such client.
fn grpc_answer(headers: &HeaderMap, status: impl FnOnce() -> Status) -> Option<Response> {
    let content_type = headers.get(CONTENT_TYPE).filter(|value| value.as_bytes().starts_with(b"application/grpc"))?;
    let mut answer = status().into_http();
    // gRPC-web, too, is answered in its own sort.
    answer.headers_mut().insert(CONTENT_TYPE, content_type.clone());
    Some(answer)
}
