//! What measures lists needs of a master: its database, and to be somebody.

use integration_tests::Cluster;
use pedl_proto::v1::LoginRequest;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use sea_orm::{Database, DatabaseConnection};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

/// The master's database: `ro` beside it, `rw` only while it does not run.
pub async fn database(cluster: &Cluster, mode: &str) -> DatabaseConnection {
    let url = format!("sqlite://{}?mode={mode}", cluster.path("master/pedl.db").display());
    Database::connect(url).await.expect("the database can be opened")
}

/// The master's database of logs, to read beside it.
pub async fn logs_database(cluster: &Cluster) -> DatabaseConnection {
    let url = format!("sqlite://{}?mode=ro", cluster.path("master/logs.db").display());
    Database::connect(url).await.expect("the database can be opened")
}

/// What calls of `pedl` carry as `authorization`.
pub async fn authorization(channel: Channel) -> MetadataValue<Ascii> {
    let login = LoginRequest { username: "pedl".into(), ..LoginRequest::default() };
    let opened = SessionServiceClient::new(channel).login(login).await.expect("pedl logs in");
    format!("Bearer {}", opened.into_inner().token).parse().expect("it is plain text")
}
