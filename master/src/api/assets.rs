//! Assets: what members ask for.

use pedl_proto::v1;
use pedl_proto::v1::asset_service_server::AssetService;
use pedl_proto::v1::{
    CreateAssetRequest, CreateAssetResponse, GetAssetRequest, GetAssetResponse, KillAssetRequest, KillAssetResponse,
    ListAssetEventsRequest, ListAssetEventsResponse, ListAssetsRequest, ListAssetsResponse, ReadLogsRequest,
    WatchAssetsRequest,
};
use tonic::{Request, Response, Status};

use super::asset_filter::{self, position};
use super::convert::{asset_event_to_proto, asset_to_proto, kind, new_asset_to_proto};
use super::logs::{LogStream, Wanted};
use super::page::Page;
use super::spec;
use super::watch::{self, Cursor, WatchStream};
use super::{Api, confirmed};
use crate::assets::order::Position;
use crate::assets::{Asset, Task, lifecycle};
use crate::audit::{self, Actor};
use crate::auth::caller::{Caller, Member};
use crate::auth::policy::{self, Action};
use crate::error::{Error, Result};
use crate::ids::AssetId;
use crate::store;

#[tonic::async_trait]
impl AssetService for Api {
    type ReadLogsStream = LogStream;
    type WatchAssetsStream = WatchStream;

    async fn create_asset(
        &self,
        request: Request<CreateAssetRequest>,
    ) -> Result<Response<CreateAssetResponse>, Status> {
        let member = Caller::member(request.extensions())?.clone();
        let request = request.into_inner();
        let validate_only = request.validate_only;
        let new = spec::parse(request, member.user.id, &self.container_defaults)?;
        if validate_only {
            // All else that a creation asks for.
            store::sessions::confirm(self.store.read(), &member.token, false).await?;
            let asset = Some(new_asset_to_proto(new, &member.user.username));
            return Ok(Response::new(CreateAssetResponse { asset }));
        }
        let create = confirmed(member.token, false, |tx| Box::pin(store::assets::create(tx, new)));
        let asset = self.store.write_checked(create).await?;
        Ok(Response::new(CreateAssetResponse { asset: Some(shown_to(&member, asset)) }))
    }

    async fn get_asset(&self, request: Request<GetAssetRequest>) -> Result<Response<GetAssetResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        let GetAssetRequest { id, kind } = *request.get_ref();
        let asset = self.find_for(member, Action::Read, id, kind).await?;
        Ok(Response::new(GetAssetResponse { asset: Some(shown_to(member, asset)) }))
    }

    async fn list_assets(&self, request: Request<ListAssetsRequest>) -> Result<Response<ListAssetsResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        let ListAssetsRequest { filter, page_size, page_token, order } = request.get_ref().clone();
        let filter = self.asset_filter(filter, member.user.id).await?;
        let order = asset_filter::order(order)?;
        let page = Page::parse(page_size, &page_token, format!("assets {filter:?} {order:?}"))?;
        let after = page.after.as_deref().map(|after| Position::parse(order.by, after).ok_or(Error::InvalidPageToken));
        let after = after.transpose()?;
        // Before the assets, so that a watch from there misses nothing.
        let watch_cursor = Cursor::at(store::cluster::identity(self.store.read()).await?).encode();
        let assets = store::assets::list::list(self.store.read(), &filter, order, after.as_ref(), page.limit()).await?;
        let mut assets: Vec<v1::Asset> = assets.into_iter().map(|asset| shown_to(member, asset)).collect();
        let next_page_token = page.cut(&mut assets, |asset| position(order.by, asset).to_string());
        Ok(Response::new(ListAssetsResponse { assets, next_page_token, watch_cursor }))
    }

    async fn watch_assets(&self, request: Request<WatchAssetsRequest>) -> Result<Response<WatchStream>, Status> {
        let member = Caller::member(request.extensions())?.clone();
        let WatchAssetsRequest { filter, cursor } = request.into_inner();
        let filter = self.asset_filter(filter, member.user.id).await?;
        let (store, shutdown) = (self.store.clone(), self.shutdown.clone());
        Ok(Response::new(watch::stream(store, shutdown, member, filter, &cursor).await?))
    }

    async fn list_asset_events(
        &self,
        request: Request<ListAssetEventsRequest>,
    ) -> Result<Response<ListAssetEventsResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        let ListAssetEventsRequest { id, page_size, page_token } = request.get_ref();
        let asset = self.find_for(member, Action::Read, *id, v1::AssetKind::Unspecified.into()).await?;
        let page = Page::parse(*page_size, page_token, format!("events of {}", asset.id))?;
        let before = page.after.as_deref().map(|id| id.parse().map_err(|_| Error::InvalidPageToken)).transpose()?;
        let events = store::asset_events::list(self.store.read(), asset.id, before, page.limit()).await?;
        let mut events: Vec<_> = events.into_iter().map(asset_event_to_proto).collect();
        let next_page_token = page.cut(&mut events, |event| event.id.to_string());
        Ok(Response::new(ListAssetEventsResponse { events, next_page_token }))
    }

    async fn kill_asset(&self, request: Request<KillAssetRequest>) -> Result<Response<KillAssetResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        let KillAssetRequest { id, kind } = *request.get_ref();
        let asset = self.find_for(member, Action::Kill, id, kind).await?;
        let (id, by) = (asset.id, member.user.username.clone());
        let anothers = (asset.owner.id != member.user.id).then(|| Actor::of(request.extensions()));
        let event =
            anothers.map(|actor| actor.did(audit::Action::KillAsset, id).with(format!("of {}", asset.owner.username)));
        let task = self
            .write_as(member.token, false, |tx| {
                Box::pin(async move {
                    if let Some(event) = event {
                        store::audit::record(tx, event).await?;
                    }
                    lifecycle::kill(tx, &asset, &by).await
                })
            })
            .await?;
        self.tell_of_kill(&task);
        let asset = store::assets::get(self.store.read(), id).await?;
        Ok(Response::new(KillAssetResponse { asset: Some(shown_to(member, asset)) }))
    }

    async fn read_logs(&self, request: Request<ReadLogsRequest>) -> Result<Response<LogStream>, Status> {
        let wanted = Wanted::parse(request.into_inner())?;
        Ok(Response::new(self.stream_logs(wanted).await?))
    }
}

impl Api {
    /// Wakes who waits for news of a task that is to end.
    pub(super) fn tell_of_kill(&self, task: &Task) {
        if let Some(agent) = &task.agent {
            self.assignments.notify(agent.id);
        }
        self.task_news.notify(task.id);
    }

    /// The asset, where `member` may do `action` to it and it is of the kind asked for.
    async fn find_for(&self, member: &Member, action: Action, id: i64, asked: i32) -> Result<Asset> {
        let asset = store::assets::get(self.store.read(), AssetId(id)).await?;
        let is = asset.spec.kind();
        match kind(asked)? {
            Some(asked) if asked != is => {
                return Err(Error::AssetOfOtherKind { id: asset.id, asked, is });
            }
            Some(_) | None => {}
        }
        policy::check(member, action, &asset)?;
        Ok(asset)
    }
}

/// An asset as a member may see it.
pub(super) fn shown_to(member: &Member, asset: Asset) -> v1::Asset {
    let secrets = policy::check(member, Action::ReadEnvironment, &asset).is_ok();
    asset_to_proto(asset, secrets)
}
