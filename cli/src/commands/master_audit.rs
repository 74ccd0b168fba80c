//! `pedl master audit`: who did what to whom.

use clap::Args as ClapArgs;
use jiff::Timestamp;
use pedl_proto::v1::ListAuditEventsRequest;

use crate::args::Global;
use crate::client::Client;
use crate::error::{Error, say};
use crate::output::{self, Format};
use crate::{record, time};

/// How many events a table shows where nobody says: what somebody reads. Programs get all.
const TABLE_LIMIT: usize = 100;
/// The largest page that the master gives.
const PAGE: usize = 500;

const AFTER_HELP: &str = "\
Examples:
  pedl -u admin master audit
  pedl -u admin master audit --since 1d --action login
  pedl -u admin master audit --since 2026-11-20T00:00:00Z --until 2026-11-21T00:00:00Z
  pedl -u admin master audit --account ada --action user.    # all that begins with user.
  pedl -u admin master audit -o json | jq '.[] | select(.succeeded | not)'";

/// Which events.
#[derive(Debug, ClapArgs)]
#[command(after_help = AFTER_HELP)]
pub struct AuditArgs {
    /// Only what is newer: 10m, 2h, or a time like 2026-11-22T18:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = time::parse_since)]
    since: Option<Timestamp>,
    /// Only what is older: 10m, 2h, or a time like 2026-11-22T18:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = time::parse_since)]
    until: Option<Timestamp>,
    /// Only what this user did, or what was done to it
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Only this action; with a dot at its end: all that begin so
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only the newest N; without it: all, or the newest 100 in a table
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

/// Lists events, newest first.
pub async fn run(global: &Global, args: AuditArgs) -> Result<(), Error> {
    let limit = match (args.limit, global.output) {
        (Some(limit), _) => limit as usize,
        (None, Format::Table) => TABLE_LIMIT,
        (None, Format::Json | Format::Yaml | Format::Csv) => usize::MAX,
    };
    let by_default = args.limit.is_none();
    let (events, more) = fetch(&mut Client::connect(global).await?, request(args), limit).await?;
    global.output.list(&events, || {
        let header = ["TIME", "WHO", "FROM", "ACTION", "TARGET", "RESULT", "DETAIL"];
        output::table(header, events.iter().map(row))
    })?;
    if more && by_default {
        say(format!("these are the newest {limit}; for more: --limit N, or -o json for all"));
    }
    Ok(())
}

fn request(args: AuditArgs) -> ListAuditEventsRequest {
    ListAuditEventsRequest {
        username: args.account.unwrap_or_default(),
        action: args.action.unwrap_or_default(),
        since: args.since.map(time::to_proto),
        until: args.until.map(time::to_proto),
        ..ListAuditEventsRequest::default()
    }
}

/// The newest events, and whether there are more. No page is asked for that is not needed.
async fn fetch(
    client: &mut Client,
    mut request: ListAuditEventsRequest,
    limit: usize,
) -> Result<(Vec<record::AuditEvent>, bool), Error> {
    let mut events = Vec::new();
    loop {
        let wanted = limit - events.len();
        request.page_size = wanted.min(PAGE) as i32;
        let page = client.call(async |api| api.cluster().list_audit_events(request.clone()).await).await?;
        let more = !page.next_page_token.is_empty() || page.events.len() > wanted;
        events.extend(page.events.into_iter().take(wanted).map(record::AuditEvent::from));
        if !more || events.len() == limit {
            return Ok((events, more));
        }
        request.page_token = page.next_page_token;
    }
}

fn row(event: &record::AuditEvent) -> [String; 7] {
    [
        event.time.map(time::exact).unwrap_or_default(),
        event.actor.clone(),
        event.address.clone().unwrap_or_default(),
        event.action.clone(),
        event.target.clone().unwrap_or_default(),
        if event.succeeded { "done" } else { "failed" }.to_string(),
        event.detail.clone().unwrap_or_default(),
    ]
}
