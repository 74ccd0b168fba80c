//! Wakes those who wait for news of one thing among many: a task's log, an agent's assignments. News carry no content: who
//! wakes reads the store, and so a missed or a doubled wake harms nobody.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long to wait for news before looking without.
const LOOK_ANYWAY: Duration = Duration::from_secs(5);

/// The things of one sort that somebody waits for.
pub struct Topics<K: Eq + Hash> {
    waited_for: Mutex<HashMap<K, watch::Sender<()>>>,
}

impl<K: Eq + Hash + Copy> Topics<K> {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { waited_for: Mutex::default() })
    }

    /// Waits for news of `key` from now on.
    pub fn subscribe(self: &Arc<Self>, key: K) -> Subscription<K> {
        let news = self.lock().entry(key).or_default().subscribe();
        Subscription { topics: self.clone(), key, news }
    }

    /// Wakes whoever waits for `key`.
    pub fn notify(&self, key: K) {
        if let Some(sender) = self.lock().get(&key) {
            sender.send_replace(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, watch::Sender<()>>> {
        self.waited_for.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits.
pub struct Subscription<K: Eq + Hash + Copy> {
    topics: Arc<Topics<K>>,
    key: K,
    news: watch::Receiver<()>,
}

impl<K: Eq + Hash + Copy> Subscription<K> {
    /// Returns when there has been news since the last return, or since the subscription; and now and then without, for
    /// news that nobody told: a call that was broken off after its commit, or another master on the same database.
    pub async fn news(&mut self) {
        // The sender lives as long as this subscription does.
        drop(timeout(LOOK_ANYWAY, self.news.changed()).await);
    }
}

impl<K: Eq + Hash + Copy> Drop for Subscription<K> {
    fn drop(&mut self) {
        let mut waited_for = self.topics.lock();
        // Under the lock, so that of two who leave at once the second sees that it is the last.
        self.news = watch::Sender::default().subscribe();
        if waited_for.get(&self.key).is_some_and(|sender| sender.receiver_count() == 0) {
            waited_for.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn news_between_two_waits_are_not_missed() {
        let topics = Topics::new();
        let mut subscription = topics.subscribe(7);
        topics.notify(8);
        topics.notify(7);
        subscription.news().await;
    }

    #[test]
    fn what_nobody_waits_for_is_forgotten() {
        let topics = Topics::new();
        let (first, second) = (topics.subscribe(7), topics.subscribe(7));
        drop(first);
        assert_eq!(topics.lock().len(), 1);
        drop(second);
        assert_eq!(topics.lock().len(), 0);
    }
}
