//! `events` of an asset of any kind: what has happened to it.

use pedl_proto::v1::{AssetKind, ListAssetEventsRequest};

use super::asset;
use crate::args::Global;
use crate::client::Client;
use crate::error::Error;
use crate::{output, record, time};

/// The largest page that the master gives.
const PAGE: i32 = 500;

/// Lists all events, newest first.
pub async fn run(global: &Global, kind: AssetKind, id: asset::Id) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let asset = asset::get(&mut client, kind, id.id).await?;
    let events = fetch_all(&mut client, asset.id).await?;
    global.output.list(&events, || output::table(["TIME", "STATE", "AGENT", "REASON"], events.iter().map(row)))
}

async fn fetch_all(client: &mut Client, id: i64) -> Result<Vec<record::AssetEvent>, Error> {
    let mut events = Vec::new();
    let mut request = ListAssetEventsRequest { id, page_size: PAGE, page_token: String::new() };
    loop {
        let page = client.call(async |api| api.assets().list_asset_events(request.clone()).await).await?;
        events.extend(page.events.into_iter().map(record::AssetEvent::from));
        if page.next_page_token.is_empty() {
            return Ok(events);
        }
        request.page_token = page.next_page_token;
    }
}

fn row(event: &record::AssetEvent) -> [String; 4] {
    [
        event.time.map(time::exact).unwrap_or_default(),
        event.state.clone(),
        event.agent.clone().unwrap_or_default(),
        event.reason.clone().unwrap_or_default(),
    ]
}
