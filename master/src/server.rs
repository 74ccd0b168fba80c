//! The one port: gRPC, gRPC-web, the page, metrics and health, over HTTP/1.1 and HTTP/2 without TLS.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use pedl_proto::agent::v1::agent_service_server::AgentServiceServer;
use pedl_proto::v1::asset_service_server::AssetServiceServer;
use pedl_proto::v1::cluster_service_server::ClusterServiceServer;
use pedl_proto::v1::session_service_server::SessionServiceServer;
use pedl_proto::v1::user_service_server::UserServiceServer;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;
use tower::Layer as _;

use crate::api::Api;
use crate::auth::caller::Peer;
use crate::auth::layer::AuthLayer;
use crate::error::Error;
use crate::metrics::{self, Metrics};
use crate::store;

/// How long calls may take to finish when the master shuts down.
const FINISH: Duration = Duration::from_secs(5);

/// How long a new connection may be silent.
const FIRST_BYTE: Duration = Duration::from_secs(10);

/// How often a connection is asked whether it lives, and how long it has to answer.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// Listens until `api.shutdown` is cancelled, then lets calls finish.
pub async fn serve(listener: TcpListener, api: Api) -> std::io::Result<()> {
    let shutdown = api.shutdown.clone();
    let routes = routes(api);
    let graceful = GracefulShutdown::new();
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(KEEPALIVE).keep_alive_timeout(KEEPALIVE);
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
        // Small answers must not wait for the acknowledgement of the ones before (Nagle's algorithm).
        drop(stream.set_nodelay(true));
        let service = TowerToHyperService::new(Extension(Peer(from.ip())).layer(routes.clone()));
        let (builder, watcher) = (builder.clone(), graceful.watcher());
        tokio::spawn(async move {
            // Who connects and says nothing shall not hold a descriptor for ever.
            if timeout(FIRST_BYTE, stream.peek(&mut [0])).await.is_err() {
                return;
            }
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(%error, "a connection broke");
            }
        });
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
        .add_service(SessionServiceServer::new(api.clone()))
        .add_service(UserServiceServer::new(api.clone()))
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
    let grpc = grpc
        .prepare()
        .into_axum_router()
        .reset_fallback()
        .layer(AuthLayer { sessions: api.sessions.clone(), refusals: api.refusals.clone() })
        .layer(from_fn_with_state(metrics.clone(), metrics::measure))
        .layer(GrpcWebLayer::new());

    let pages = Router::new()
        .route("/", get(|| async { Html(include_str!("index.html")) }))
        .route("/healthz", get(healthz))
        .route("/metrics", get(scrape))
        .fallback(not_found)
        .with_state((api, metrics));
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

/// gRPC clients get a gRPC answer.
async fn not_found(request: Request<Body>) -> Response {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match content_type.is_some_and(|value| value.starts_with("application/grpc")) {
        true => tonic::Status::from(Error::UnknownRpc).into_http(),
        false => (StatusCode::NOT_FOUND, "there is no such page\n").into_response(),
    }
}
