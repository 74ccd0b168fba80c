//! `pedl agent queue`: what waits for a place on an agent.

use jiff::Timestamp;
use pedl_proto::v1::ListQueueRequest;

use crate::args::Global;
use crate::client::Client;
use crate::error::{Error, say};
use crate::output::{self, Format, shorten};
use crate::{record, time};

/// The longest description in a table.
const DESCRIPTION_WIDTH: usize = 40;

/// Lists the queue of one pool, or of all, pool by pool.
pub async fn list(global: &Global, resource_pool: Option<String>) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let queue = fetch_all(&mut client, resource_pool.unwrap_or_default()).await?;
    if queue.is_empty() && global.output == Format::Table {
        say("nothing waits");
    }
    let now = Timestamp::now();
    global.output.list(&queue, || {
        let header = ["POOL", "POSITION", "ID", "DESCRIPTION", "OWNER", "SINCE", "WAITS BECAUSE"];
        output::table(header, queue.iter().map(|entry| row(entry, now)))
    })
}

async fn fetch_all(client: &mut Client, resource_pool: String) -> Result<Vec<record::QueueEntry>, Error> {
    let mut queue = Vec::new();
    let mut request = ListQueueRequest { resource_pool, page_size: 500, page_token: String::new() };
    loop {
        let page = client.call(async |api| api.cluster().list_queue(request.clone()).await).await?;
        queue.extend(page.entries.iter().map(record::QueueEntry::from));
        if page.next_page_token.is_empty() {
            return Ok(queue);
        }
        request.page_token = page.next_page_token;
    }
}

fn row(entry: &record::QueueEntry, now: Timestamp) -> [String; 7] {
    let record::QueueEntry { position, asset } = entry;
    [
        asset.resource_pool.clone(),
        position.to_string(),
        asset.id.to_string(),
        shorten(&asset.description, DESCRIPTION_WIDTH),
        asset.owner.clone(),
        asset.created_at.map(|created| time::relative(created, now)).unwrap_or_default(),
        asset.state_reason.clone().unwrap_or_default(),
    ]
}
