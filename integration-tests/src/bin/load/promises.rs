//! What the master has promised: what it acknowledged is there, and ends as it must.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use integration_tests::Client;
use pedl_proto::v1::{Asset, AssetState};

/// A number that is another each time.
fn next_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// How long what still runs at the end may take to end.
const ENDED_WITHIN: Duration = Duration::from_secs(120);
/// As many are told in words.
const EXAMPLES: usize = 20;

/// What was acknowledged of an asset.
#[derive(Clone, Debug)]
pub struct Known {
    /// What its program exits with when it is let.
    pub exit_code: i32,
    /// Whether somebody asked to kill it.
    pub killed: bool,
    /// Whose it is, by the client's number.
    pub client: usize,
    /// Its task; forgotten when it is no longer among the newest.
    pub task: String,
}

/// All promises so far.
#[derive(Default)]
pub struct Promises {
    assets: Mutex<BTreeMap<i64, Known>>,
    broken: Mutex<Vec<String>>,
}

impl Promises {
    pub fn acknowledge(&self, id: i64, known: Known) {
        let mut assets = self.assets();
        assets.insert(id, known);
        // Of millions only the newest are followed.
        let old = assets.range_mut(..id - 1000).next_back();
        if let Some((_, known)) = old {
            known.task = String::new();
        }
    }

    pub fn acknowledged(&self) -> usize {
        self.assets().len()
    }

    /// Some asset, now an old one and now a new one, with its task where that is known.
    pub fn any(&self) -> Option<(i64, String)> {
        let assets = self.assets();
        let (first, last) = (*assets.first_key_value()?.0, *assets.last_key_value()?.0);
        let chance = i64::try_from(next_number()).unwrap_or_default();
        let from = first + chance.wrapping_mul(2_654_435_761).rem_euclid(last - first + 1);
        assets.range(from..).next().map(|(id, known)| (*id, known.task.clone()))
    }

    pub fn newest(&self) -> Option<(i64, String)> {
        self.assets().last_key_value().map(|(id, known)| (*id, known.task.clone()))
    }

    /// One of the newest that nobody has killed, and whose client that is; it may end by that from now on.
    pub fn to_kill(&self) -> Option<(i64, usize)> {
        let mut assets = self.assets();
        let (id, known) = assets.iter_mut().rev().take(10).find(|(_, known)| !known.killed)?;
        known.killed = true;
        Some((*id, known.client))
    }

    pub fn lost(&self, id: i64) {
        self.broke(format!("asset {id} was acknowledged, and is gone"));
    }

    pub fn broke(&self, words: String) {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).push(words);
    }

    fn assets(&self) -> MutexGuard<'_, BTreeMap<i64, Known>> {
        self.assets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all have ended, and answers what was broken. Where agents fall silent, tasks may be lost with them.
    pub async fn check(&self, client: &Client, silent: bool) -> Vec<String> {
        let start = Instant::now();
        let listed = loop {
            let listed: BTreeMap<i64, Asset> = client.list().await.into_iter().map(|asset| (asset.id, asset)).collect();
            let over = |asset: &Asset| has_ended(asset.state()) || silent;
            let going_on = listed.iter().filter(|(id, asset)| self.assets().contains_key(id) && !over(asset)).count();
            if going_on == 0 || start.elapsed() > ENDED_WITHIN {
                break listed;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        };
        for (id, known) in self.assets().iter() {
            match listed.get(id) {
                None => self.lost(*id),
                Some(asset) if !is_kept(asset, known, silent) => {
                    self.broke(format!("asset {id}: {known:?} became {:?} {:?}", asset.state(), asset.latest_task));
                }
                Some(_) => {}
            }
        }
        let mut broken = std::mem::take(&mut *self.broken.lock().unwrap_or_else(PoisonError::into_inner));
        let more = broken.len().saturating_sub(EXAMPLES);
        broken.truncate(EXAMPLES);
        broken.extend((more > 0).then(|| format!("and {more} more of these")));
        broken
    }
}

fn is_kept(asset: &Asset, known: &Known, silent: bool) -> bool {
    let exit_code = asset.latest_task.as_ref().and_then(|task| task.exit_code);
    match asset.state() {
        AssetState::Completed => known.exit_code == 0 && exit_code == Some(0),
        AssetState::Failed => known.exit_code != 0 && exit_code == Some(known.exit_code),
        AssetState::Killed => known.killed,
        AssetState::Unspecified | AssetState::Paused => false,
        AssetState::Queued | AssetState::Starting | AssetState::Running => silent,
        AssetState::Stopping | AssetState::Lost => silent,
    }
}

const fn has_ended(state: AssetState) -> bool {
    match state {
        AssetState::Completed | AssetState::Failed | AssetState::Killed => true,
        AssetState::Unspecified | AssetState::Queued | AssetState::Starting | AssetState::Running => false,
        AssetState::Paused | AssetState::Stopping | AssetState::Lost => false,
    }
}
