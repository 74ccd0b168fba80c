//! A member's calls, as a patient client makes them: those that the master did not answer are sent again.

use std::time::Duration;

use pedl_proto::v1::asset_service_client::AssetServiceClient;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::{
    Asset, AssetFilter, CreateAssetRequest, GetAssetRequest, ListAssetsRequest, LogEntry, LoginRequest, ReadLogsRequest,
};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

/// Between two tries.
const AGAIN: Duration = Duration::from_millis(50);

/// How long a master may stay away: longer than tests keep it away.
const AWAY: Duration = Duration::from_secs(180);

/// A member who is logged in.
#[derive(Clone)]
pub struct Client {
    /// The public API's assets.
    pub assets: AssetServiceClient<Channel>,
    /// The public API's sessions.
    pub sessions: SessionServiceClient<Channel>,
    authorization: MetadataValue<Ascii>,
}

impl Client {
    /// Logs in with a blank password; the master must be there.
    ///
    /// # Panics
    /// When the master does not let the member in.
    pub async fn login(url: &str, username: &str) -> Self {
        Self::try_login(url, username).await.expect("the member logs in")
    }

    /// Logs in with a blank password.
    ///
    /// # Errors
    /// When the master is not there, or does not let the member in.
    ///
    /// # Panics
    /// When `url` is none.
    pub async fn try_login(url: &str, username: &str) -> Result<Self, Status> {
        let endpoint = Endpoint::from_shared(url.to_owned()).expect("it is a URL");
        // A connection that was cut says nothing: these notice.
        let endpoint = endpoint
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(5))
            .keep_alive_timeout(Duration::from_secs(10));
        let channel = endpoint.connect().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let login = LoginRequest { username: username.into(), ..LoginRequest::default() };
        let mut sessions = SessionServiceClient::new(channel.clone());
        let opened = sessions.login(login).await?;
        let authorization = format!("Bearer {}", opened.into_inner().token).parse().expect("it is plain text");
        let assets = AssetServiceClient::new(channel).max_decoding_message_size(usize::MAX);
        Ok(Self { assets, sessions, authorization })
    }

    /// A request with the member's token.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.authorization.clone());
        request
    }

    /// Creates an asset; what has a `request_id` is created once, whatever breaks meanwhile.
    ///
    /// # Panics
    /// When the master refuses, or stays away.
    pub async fn create(&self, message: CreateAssetRequest) -> Asset {
        let created = self.patiently("an asset to be created", message, |client, request| async move {
            client.assets.clone().create_asset(request).await
        });
        created.await.asset.expect("an asset comes back")
    }

    /// An asset as it stands.
    ///
    /// # Panics
    /// When the master refuses, or stays away.
    pub async fn get(&self, id: i64) -> Asset {
        let read =
            self.patiently("an asset", GetAssetRequest { id, ..Default::default() }, |client, request| async move {
                client.assets.clone().get_asset(request).await
            });
        read.await.asset.expect("an asset comes back")
    }

    /// Everybody's assets, newest first.
    ///
    /// # Panics
    /// When the master refuses, or stays away.
    pub async fn list(&self) -> Vec<Asset> {
        let mut assets = Vec::new();
        let mut request = ListAssetsRequest {
            filter: Some(AssetFilter { all_owners: true, ..AssetFilter::default() }),
            page_size: 500,
            ..ListAssetsRequest::default()
        };
        loop {
            let page = self.patiently("a list", request.clone(), |client, request| async move {
                client.assets.clone().list_assets(request).await
            });
            let page = page.await;
            assets.extend(page.assets);
            if page.next_page_token.is_empty() {
                return assets;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The whole log of a task as it stands.
    ///
    /// # Panics
    /// When the master refuses, or stays away.
    pub async fn log(&self, task_id: &str) -> Vec<LogEntry> {
        let request = ReadLogsRequest { task_id: task_id.into(), ..ReadLogsRequest::default() };
        self.patiently("a log", request, |client, request| async move {
            let mut stream = client.assets.clone().read_logs(request).await?.into_inner();
            let mut entries = Vec::new();
            while let Some(response) = stream.message().await? {
                entries.extend(response.entries);
            }
            Ok(Response::new(entries))
        })
        .await
    }

    async fn patiently<'a, M, R, F>(&'a self, what: &str, message: M, call: impl Fn(&'a Self, Request<M>) -> F) -> R
    where
        M: Clone,
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let start = tokio::time::Instant::now();
        loop {
            match call(self, self.request(message.clone())).await {
                Ok(answer) => return answer.into_inner(),
                Err(status) if may_pass(&status) && start.elapsed() < AWAY => tokio::time::sleep(AGAIN).await,
                Err(status) => panic!("waited in vain for {what}: {status}"),
            }
        }
    }
}

/// Whether the master was not there, rather than of another mind.
fn may_pass(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Cancelled | Code::Unknown | Code::DeadlineExceeded)
}
