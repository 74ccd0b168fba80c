//! The connection to the master, and calls as whoever acts.

use pedl_proto::v1::asset_service_client::AssetServiceClient;
use pedl_proto::v1::cluster_service_client::ClusterServiceClient;
use pedl_proto::v1::session_service_client::SessionServiceClient;
use pedl_proto::v1::user_service_client::UserServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

use crate::args::Global;
use crate::error::Error;
use crate::master_url::MasterUrl;
use crate::session::Session;
use crate::trust::{self, Connection};

/// The master, for whoever acts.
pub struct Client {
    master: MasterUrl,
    connection: Connection,
    session: Session,
}

impl Client {
    /// Connects to the master that the options name.
    pub async fn connect(global: &Global) -> Result<Self, Error> {
        let connection = trust::connect(&global.master).await?;
        Ok(Self { master: global.master.clone(), connection, session: Session::new(global) })
    }

    /// Calls as whoever acts. Where the master refuses the token, a fresh one is got and the call made once more.
    pub async fn call<T>(&mut self, rpc: impl AsyncFn(Api) -> Result<Response<T>, Status>) -> Result<T, Error> {
        let token = self.session.token(&self.connection.channel).await?;
        let mut outcome = rpc(self.api(&token)?).await;
        if let Err(status) = &outcome
            && status.code() == Code::Unauthenticated
        {
            let token = self.session.renew(&self.connection.channel, status.clone()).await?;
            outcome = rpc(self.api(&token)?).await;
        }
        outcome.map(Response::into_inner).map_err(|status| self.error(status))
    }

    /// The acting user's session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What a failure within a stream means.
    pub fn error(&self, status: Status) -> Error {
        // The connection may have been made anew meanwhile, to one who shows another certificate.
        self.connection.refusal(&self.master).unwrap_or_else(|| Error::from_status(status, &self.master))
    }

    fn api(&self, token: &str) -> Result<Api, Error> {
        Api::new(self.connection.channel.clone(), token)
    }
}

/// Connects to a master.
pub async fn connect(master: &MasterUrl) -> Result<Channel, Error> {
    Ok(trust::connect(master).await?.channel)
}

/// The master's services with one token.
#[derive(Clone)]
pub struct Api {
    channel: Channel,
    bearer: Bearer,
}

impl Api {
    /// The services at the other end of `channel`, called with `token`.
    pub fn new(channel: Channel, token: &str) -> Result<Self, Error> {
        let mut value: MetadataValue<Ascii> = format!("Bearer {token}")
            .parse()
            .map_err(|_| Error::NotLoggedIn("the token is no token: `pedl user login NAME`".to_string()))?;
        value.set_sensitive(true);
        Ok(Self { channel, bearer: Bearer(value) })
    }

    /// Sessions.
    pub fn sessions(&self) -> SessionServiceClient<InterceptedService<Channel, Bearer>> {
        SessionServiceClient::with_interceptor(self.channel.clone(), self.bearer.clone())
    }

    /// Accounts.
    pub fn users(&self) -> UserServiceClient<InterceptedService<Channel, Bearer>> {
        UserServiceClient::with_interceptor(self.channel.clone(), self.bearer.clone())
    }

    /// Assets. Their answers are as large as the specs in them; the master bounds them.
    pub fn assets(&self) -> AssetServiceClient<InterceptedService<Channel, Bearer>> {
        AssetServiceClient::with_interceptor(self.channel.clone(), self.bearer.clone())
            .max_decoding_message_size(usize::MAX)
    }

    /// The cluster.
    pub fn cluster(&self) -> ClusterServiceClient<InterceptedService<Channel, Bearer>> {
        ClusterServiceClient::with_interceptor(self.channel.clone(), self.bearer.clone())
    }
}

/// Adds the token to every call.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}
