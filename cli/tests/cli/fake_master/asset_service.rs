use std::pin::Pin;

use pedl_proto::v1::asset_service_server::AssetService;
use pedl_proto::v1::{
    Asset, AssetFilter, AssetOrder, AssetState, CreateAssetRequest, CreateAssetResponse, GetAssetRequest,
    GetAssetResponse, KillAssetRequest, KillAssetResponse, ListAssetEventsRequest, ListAssetEventsResponse,
    ListAssetsRequest, ListAssetsResponse, ReadLogsRequest, ReadLogsResponse, WatchAssetsRequest, WatchAssetsResponse,
};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};

use super::{Shared, page, refuse};

#[tonic::async_trait]
impl AssetService for Shared {
    async fn create_asset(
        &self,
        request: Request<CreateAssetRequest>,
    ) -> Result<Response<CreateAssetResponse>, Status> {
        let owner = self.caller("CreateAsset", request.metadata())?.username;
        let request = request.into_inner();
        let validate_only = request.validate_only;
        let mut state = self.lock();
        let asset = state.add_command(&owner, request);
        if validate_only {
            state.assets.pop();
        }
        Ok(Response::new(CreateAssetResponse { asset: Some(asset) }))
    }

    async fn get_asset(&self, request: Request<GetAssetRequest>) -> Result<Response<GetAssetResponse>, Status> {
        self.caller("GetAsset", request.metadata())?;
        let id = request.into_inner().id;
        Ok(Response::new(GetAssetResponse { asset: Some(self.asset(id)?) }))
    }

    /// Two assets a page, whatever is asked for.
    async fn list_assets(&self, request: Request<ListAssetsRequest>) -> Result<Response<ListAssetsResponse>, Status> {
        let caller = self.caller("ListAssets", request.metadata())?.username;
        let ListAssetsRequest { filter, page_token, order, .. } = request.into_inner();
        let AssetFilter { kind, all_owners, states, text, owner, .. } = filter.unwrap_or_default();
        let owner = if owner.is_empty() { caller } else { owner };
        let state = self.lock();
        let wanted = |asset: &Asset| {
            asset.kind == kind
                && (all_owners || asset.owner == owner)
                && (states.is_empty() || states.contains(&asset.state))
                && asset.description.contains(&text)
        };
        let mut assets: Vec<Asset> = state.assets.iter().rev().map(|command| command.asset.clone()).collect();
        assets.retain(wanted);
        if order == AssetOrder::Description as i32 {
            assets.sort_by(|a, b| a.description.cmp(&b.description));
        }
        let assets = assets.into_iter();
        let (assets, next_page_token) = page(assets, &page_token, 2);
        Ok(Response::new(ListAssetsResponse { assets, next_page_token, ..Default::default() }))
    }

    /// Two events a page, whatever is asked for.
    async fn list_asset_events(
        &self,
        request: Request<ListAssetEventsRequest>,
    ) -> Result<Response<ListAssetEventsResponse>, Status> {
        self.caller("ListAssetEvents", request.metadata())?;
        let ListAssetEventsRequest { id, page_token, .. } = request.into_inner();
        self.asset(id)?;
        let events = self.lock().command(id).unwrap().events.clone();
        let (events, next_page_token) = page(events.into_iter().rev(), &page_token, 2);
        Ok(Response::new(ListAssetEventsResponse { events, next_page_token }))
    }

    async fn kill_asset(&self, request: Request<KillAssetRequest>) -> Result<Response<KillAssetResponse>, Status> {
        self.caller("KillAsset", request.metadata())?;
        let id = request.into_inner().id;
        self.asset(id)?;
        let mut state = self.lock();
        let command = state.command(id).unwrap();
        command.end = (AssetState::Killed, Some(143), "killed by ada");
        command.end(command.end);
        command.released.send_replace(usize::MAX);
        Ok(Response::new(KillAssetResponse { asset: Some(command.asset.clone()) }))
    }

    type WatchAssetsStream = Pin<Box<dyn Stream<Item = Result<WatchAssetsResponse, Status>> + Send>>;

    async fn watch_assets(&self, _: Request<WatchAssetsRequest>) -> Result<Response<Self::WatchAssetsStream>, Status> {
        Err(Status::unimplemented("the command line does not watch"))
    }

    type ReadLogsStream = Pin<Box<dyn Stream<Item = Result<ReadLogsResponse, Status>> + Send>>;

    /// One entry a message, or none where it does not have the text. The command ends when somebody has followed its log to the end.
    async fn read_logs(&self, request: Request<ReadLogsRequest>) -> Result<Response<Self::ReadLogsStream>, Status> {
        self.caller("ReadLogs", request.metadata())?;
        let ReadLogsRequest { task_id, from_offset, tail, follow, text, .. } = request.into_inner();
        let id: i64 = task_id.trim_start_matches("task-").parse().unwrap();
        let (log, mut released) = {
            let mut state = self.lock();
            let command = state.command(id).unwrap();
            (command.log.clone(), command.released.subscribe())
        };
        let first = log.len() - tail.map_or(log.len(), |tail| log.len().min(tail as usize));
        let (sender, receiver) = mpsc::channel(1);
        let state = self.clone();
        tokio::spawn(async move {
            for entry in log.into_iter().skip(first.max(from_offset as usize)) {
                let offset = entry.offset as usize;
                let _ = released.wait_for(|released| *released > offset).await;
                let next_offset = entry.offset + 1;
                let found = String::from_utf8_lossy(&entry.data).contains(&text);
                let entries = if found { vec![entry] } else { Vec::new() };
                if sender.send(Ok(ReadLogsResponse { entries, next_offset })).await.is_err() {
                    return;
                }
            }
            if follow {
                let _ = released.wait_for(|released| *released == usize::MAX).await;
                let mut state = state.lock();
                let command = state.command(id).unwrap();
                command.end(command.end);
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

impl Shared {
    fn asset(&self, id: i64) -> Result<Asset, Status> {
        let asset = self.lock().command(id).map(|command| command.asset.clone());
        asset.ok_or_else(|| refuse(Code::NotFound, "ASSET_NOT_FOUND", &format!("there is no asset {id}")))
    }
}
