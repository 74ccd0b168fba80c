//! Watching assets. A watch tells how they stand, not what happened: what changed often meanwhile is told once. It reads
//! what has changed from the store when its reader wants more, and so a slow reader grows nobody's memory.

use std::collections::HashSet;
use std::pin::Pin;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures::stream::{Stream, try_unfold};
use pedl_proto::v1::WatchAssetsResponse;
use prost::Message as _;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use uuid::Uuid;

use super::assets::shown_to;
use super::page::MAX_BYTES;
use crate::assets::Asset;
use crate::assets::filter::Filter;
use crate::auth::caller::Member;
use crate::error::{Error, Result};
use crate::ids::AssetId;
use crate::store::assets::changes::{Change, Seen, changes};
use crate::store::cluster::Identity;
use crate::store::{self, Store};

/// News on their way to a watcher.
pub type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchAssetsResponse, Status>> + Send>>;

/// From one look to the next; what changes in between is told together.
const PACE: Duration = Duration::from_millis(100);

/// How long to wait for news before looking without: another master on the same database wakes nobody here.
const LOOK_ANYWAY: Duration = Duration::from_secs(5);

/// Changes read at once.
const BATCH: usize = 500;

/// Of how many live assets it is remembered that they were told as removed; beyond, all is forgotten, and some are told
/// twice.
const REMEMBERED: usize = 100_000;

/// Where a watch goes on: in which life of which database, and how far it had seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    cluster_id: Uuid,
    epoch: i64,
    seen: Seen,
}

impl Cursor {
    /// From `identity` on, which was read before the rows that a list shows.
    pub fn at(identity: Identity) -> Self {
        let Identity { cluster_id, epoch, revision, names_revision: _ } = identity;
        Self { cluster_id, epoch, seen: Seen::all_of(revision) }
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (cluster_id, numbers) = bytes.split_first_chunk::<16>()?;
        let (numbers, []) = numbers.as_chunks::<8>() else { return None };
        let [epoch, revision, asset] = numbers.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let seen = Seen { revision, asset: AssetId(asset) };
        Some(Self { cluster_id: Uuid::from_bytes(*cluster_id), epoch, seen })
    }

    pub fn encode(self) -> String {
        let Self { cluster_id, epoch, seen: Seen { revision, asset } } = self;
        let mut bytes = cluster_id.into_bytes().to_vec();
        [epoch, revision, asset.0].iter().for_each(|number| bytes.extend(number.to_be_bytes()));
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether it leads on in the database as it is: one of another tells nothing of this, one of a later state than its
    /// own is of a life that a backup has undone, and what was told of owners is wrong since one has another name.
    fn check(self, identity: &Identity) -> Result<()> {
        let same = (self.cluster_id, self.epoch) == (identity.cluster_id, identity.epoch);
        let good = same && (identity.names_revision..=identity.revision).contains(&self.seen.revision);
        if good { Ok(()) } else { Err(Error::CursorUnknown) }
    }
}

/// Streams what changes of the assets that `filter` takes, from `cursor` on, or, where it is empty, from now on.
pub async fn stream(
    store: Store,
    shutdown: CancellationToken,
    member: Member,
    filter: Filter,
    cursor: &str,
) -> Result<WatchStream> {
    // Before anything is read, so that no news is missed.
    let news = store.revisions();
    let identity = store::cluster::identity(store.read()).await?;
    let cursor = match cursor {
        "" => Cursor::at(identity),
        cursor => Cursor::decode(cursor).ok_or(Error::CursorUnknown)?,
    };
    cursor.check(&identity)?;
    let told = HashSet::new();
    let (began, caught_up, next_look) = (false, false, Instant::now());
    let watcher = Watcher { store, shutdown, member, filter, cursor, news, told, began, caught_up, next_look };
    Ok(Box::pin(try_unfold(watcher, |mut watcher| async move {
        let news = watcher.next().await?;
        Ok(Some((news, watcher)))
    })))
}

struct Watcher {
    store: Store,
    shutdown: CancellationToken,
    member: Member,
    filter: Filter,
    cursor: Cursor,
    news: watch::Receiver<i64>,
    /// Live assets that were told as removed.
    told: HashSet<AssetId>,
    began: bool,
    /// Whether the last look saw all that there was.
    caught_up: bool,
    next_look: Instant,
}

impl Watcher {
    /// The next news. The first comes at once, for the cursor's sake.
    async fn next(&mut self) -> Result<WatchAssetsResponse> {
        loop {
            let shutdown = self.shutdown.clone();
            tokio::select! {
                () = self.rest() => {}
                () = shutdown.cancelled() => return Err(Error::ShuttingDown),
            }
            let news = self.look().await?;
            let first = !std::mem::replace(&mut self.began, true);
            let told = first || !news.assets.is_empty() || !news.removed_ids.is_empty();
            if told || self.caught_up {
                self.next_look = Instant::now() + PACE;
            }
            if told {
                return Ok(news);
            }
        }
    }

    /// Waits until it is time for the next look.
    async fn rest(&mut self) {
        if self.caught_up {
            drop(timeout(LOOK_ANYWAY, self.news.changed()).await);
        }
        sleep_until(self.next_look).await;
    }

    /// Looks at the next changes, some at a time.
    async fn look(&mut self) -> Result<WatchAssetsResponse> {
        self.news.mark_unchanged();
        let db = self.store.read();
        let identity = store::cluster::identity(db).await?;
        self.cursor.check(&identity)?;
        let changes = changes(db, self.cursor.seen, BATCH).await?;
        let last = changes.last().map_or(self.cursor.seen, |change| change.at);
        self.caught_up = changes.len() < BATCH;
        let seen = if self.caught_up { last.max(Seen::all_of(identity.revision)) } else { last };

        let concerned: Vec<Seen> =
            changes.iter().filter(|change| self.may_take(change)).map(|change| change.at).collect();
        let mut assets = store::assets::find_many(db, concerned.iter().map(|at| at.asset).collect()).await?;
        if !assets.is_empty() {
            // What they may see is looked at when they are shown it.
            self.member.user = store::users::get_by_id(db, self.member.user.id).await?;
        }
        let mut news = WatchAssetsResponse::default();
        let mut bytes = 0;
        for at in concerned {
            let Some(asset) = assets.remove(&at.asset) else { continue };
            if self.filter.takes(&asset) {
                self.told.remove(&asset.id);
                let shown = shown_to(&self.member, asset);
                bytes += shown.encoded_len();
                if bytes > MAX_BYTES && !news.assets.is_empty() {
                    self.caught_up = false;
                    news.cursor = self.cursor.encode();
                    return Ok(news);
                }
                news.assets.push(shown);
            } else if self.is_news_of_removal(&asset) {
                news.removed_ids.push(asset.id.0);
            }
            self.cursor.seen = at;
        }
        self.cursor.seen = seen;
        news.cursor = self.cursor.encode();
        Ok(news)
    }

    fn may_take(&self, change: &Change) -> bool {
        change.kind.is_some_and(|kind| self.filter.may_take(kind, change.owner, &change.description))
    }

    /// Notes that an asset is told as removed; tells whether it was not yet. What has ended does not change again.
    fn is_news_of_removal(&mut self, asset: &Asset) -> bool {
        if asset.state.has_ended() {
            return !self.told.remove(&asset.id);
        }
        if self.told.len() >= REMEMBERED {
            self.told.clear();
        }
        self.told.insert(asset.id)
    }
}

#[cfg(test)]
mod tests;
