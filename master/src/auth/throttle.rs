//! Slows guessing: so many logins as one user from one address may fail in a minute. Successes are free, and a stranger
//! locks nobody out, since the address counts too.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::Notify;

use crate::error::{Error, Result};
use crate::users::Username;

/// Users and addresses that are remembered at once.
const REMEMBERED: u64 = 100_000;

/// As many users' failures as one address may have in all.
const USERS: f64 = 10.0;

/// After this long everything is forgiven.
const MINUTE: Duration = Duration::from_secs(60);

/// Who tries to log in as whom, or, without a name, as anybody. One in the room of IPv6 addresses that a subscriber has (RFC 6177) has all of them.
type Key = (Option<String>, Option<IpAddr>);

/// Counts failures.
pub struct Throttle {
    /// In a minute; 0: no limit.
    limit: u32,
    tries: Cache<Key, Arc<Tries>>,
}

/// One user's, from one address.
struct Tries {
    budget: Mutex<Budget>,
    settled: Notify,
}

/// What is left of the minute's failures, filled up evenly.
struct Budget {
    left: f64,
    at: Instant,
    /// Tries that are under way: each may fail.
    under_way: f64,
}

impl Throttle {
    pub fn new(limit: u32) -> Self {
        Self {
            limit,
            tries: Cache::builder()
                .max_capacity(REMEMBERED)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_idle(MINUTE)
                .build(),
        }
    }

    /// Lets a login begin; waits while those under way could use up all failures that are left.
    pub async fn admit(&self, user: Option<&Username>, from: Option<IpAddr>) -> Result<Try> {
        if self.limit == 0 {
            return Ok(Try(vec![]));
        }
        let (limit, from) = (f64::from(self.limit), from.map(subscriber));
        // Whoever guesses as many users is one address still, and must not take all places of the queue for passwords.
        let of_address = from.map(|from| (self.tries((None, Some(from)), limit * USERS), limit * USERS));
        let of_user = (self.tries((Some(user.map(Username::to_string).unwrap_or_default()), from), limit), limit);
        let mut admitted = Try(vec![]);
        for (tries, limit) in of_address.into_iter().chain([of_user]) {
            loop {
                let settled = tries.settled.notified();
                if tries.budget().begin(limit)? {
                    break;
                }
                settled.await;
            }
            admitted.0.push(tries);
        }
        Ok(admitted)
    }

    fn tries(&self, key: Key, limit: f64) -> Arc<Tries> {
        self.tries.get_with(key, || {
            let budget = Budget { left: limit, at: Instant::now(), under_way: 0.0 };
            Arc::new(Tries { budget: Mutex::new(budget), settled: Notify::new() })
        })
    }
}

impl Tries {
    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budget {
    /// Whether one more may be under way; an error where nothing is left.
    fn begin(&mut self, limit: f64) -> Result<bool> {
        let per_second = limit / MINUTE.as_secs_f64();
        self.left = (self.left + per_second * self.at.elapsed().as_secs_f64()).min(limit);
        self.at = Instant::now();
        if self.left < 1.0 {
            return Err(Error::LoginThrottled { after: Duration::from_secs_f64((1.0 - self.left) / per_second) });
        }
        let begins = self.under_way + 1.0 <= self.left;
        if begins {
            self.under_way += 1.0;
        }
        Ok(begins)
    }
}

/// A login under way. One that is dropped counts as none.
pub struct Try(Vec<Arc<Tries>>);

impl Try {
    /// It failed.
    pub fn failed(self) {
        for tries in &self.0 {
            tries.budget().left -= 1.0;
        }
    }
}

impl Drop for Try {
    fn drop(&mut self) {
        for tries in &self.0 {
            tries.budget().under_way -= 1.0;
            tries.settled.notify_waiters();
        }
    }
}

fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Username {
        Username::parse(name).unwrap()
    }

    async fn fail(throttle: &Throttle, name: &str, from: &str) -> bool {
        match throttle.admit(Some(&user(name)), Some(from.parse().unwrap())).await {
            Ok(attempt) => {
                attempt.failed();
                true
            }
            Err(_) => false,
        }
    }

    #[tokio::test]
    async fn failures_run_out_for_one_user_from_one_address() {
        let throttle = Throttle::new(3);
        for _ in 0..3 {
            assert!(fail(&throttle, "ada", "10.0.0.1").await);
        }
        assert!(!fail(&throttle, "ada", "10.0.0.1").await);
        assert!(fail(&throttle, "ada", "10.0.0.2").await, "she gets in from elsewhere");
        assert!(fail(&throttle, "bob", "10.0.0.1").await);
        let told = throttle.admit(Some(&user("ada")), Some("10.0.0.1".parse().unwrap())).await.err().unwrap();
        assert!(matches!(told, Error::LoginThrottled { after } if after <= Duration::from_secs(20)), "{told}");
    }

    #[tokio::test]
    async fn who_guesses_many_users_is_one_address() {
        let throttle = Throttle::new(2);
        let mut failed = 0;
        for user in 0..30 {
            failed += usize::from(fail(&throttle, &format!("user{user}"), "10.0.0.1").await);
        }
        assert_eq!(failed, 20);
        assert!(fail(&throttle, "user0", "10.0.0.2").await);
    }

    #[tokio::test]
    async fn successes_are_free() {
        let throttle = Throttle::new(2);
        for _ in 0..10 {
            drop(throttle.admit(Some(&user("ada")), None).await.unwrap());
        }
    }

    #[tokio::test]
    async fn who_tries_many_at_once_fails_no_more_often() {
        let throttle = Arc::new(Throttle::new(5));
        let tries = (0..50).map(|_| {
            let throttle = throttle.clone();
            tokio::spawn(async move { fail(&throttle, "ada", "10.0.0.1").await })
        });
        let failed =
            futures::future::join_all(tries).await.into_iter().filter(|failed| *failed.as_ref().unwrap()).count();
        assert_eq!(failed, 5);
    }

    #[tokio::test]
    async fn a_subscribers_addresses_are_one() {
        let throttle = Throttle::new(1);
        assert!(fail(&throttle, "ada", "2001:db8::1").await);
        assert!(!fail(&throttle, "ada", "2001:db8::2").await);
        assert!(fail(&throttle, "ada", "2001:db8:0:1::1").await);
        assert!(fail(&throttle, "ada", "::ffff:10.0.0.1").await);
        assert!(!fail(&throttle, "ada", "10.0.0.1").await);
    }

    #[test]
    fn what_was_used_up_comes_back_evenly() {
        let mut budget = Budget { left: 0.0, at: Instant::now() - Duration::from_secs(10), under_way: 0.0 };
        assert!(budget.begin(10.0).unwrap(), "a sixth of a minute");
        budget.left = 0.5;
        assert!(budget.begin(10.0).is_err());
    }

    #[tokio::test]
    async fn no_limit() {
        let throttle = Throttle::new(0);
        for _ in 0..100 {
            assert!(fail(&throttle, "ada", "10.0.0.1").await);
        }
    }
}
