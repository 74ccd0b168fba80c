//! Passwords: Argon2id, on a bounded pool, so that a storm of logins slows logins only.

pub mod policy;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Error, Result};

/// Checks that may wait for a thread of the pool; more are turned away.
const QUEUE: usize = 256;

/// By how much the pool's threads stand back (sched(7)), so that calls are answered while they are busy: a tenth of a
/// processor's time is theirs where others want it, too.
const NICE: i32 = 10;

/// In bytes. What is longer was typed by nobody, and is nobody's password.
const LONGEST: usize = 16 << 10;

/// A hash that no password has, with the parameters of the true ones: what a failed login checks where there is no
/// true one, so that it takes as long and tells nothing.
/// Parameters: OWASP Password Storage Cheat Sheet, Argon2id, 19 MiB, 2 passes.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$cGVkbC1kZWNveS1zYWx0$aTl1r3JgR8Zr0C1z5mGQb3jH0yqYb1nY0o0m3Wz4Q2k";

/// A password as it was typed, in one of the ways that Unicode has to write it (NFC). It shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    pub fn new(typed: &str) -> Self {
        Self(typed.nfc().collect())
    }

    pub fn is_blank(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// It is right, and its hash is weaker than those that are made today.
    Stale,
}

/// Something to work out, and to tell.
type Work = Box<dyn FnOnce() + Send>;

/// Checks and hashes passwords, on threads of its own.
pub struct Passwords {
    queue: SyncSender<Work>,
}

impl Passwords {
    /// As many threads as there are processors; each takes 19 MiB while it works.
    pub fn new() -> Self {
        let (queue, waiting) = sync_channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let waiting = waiting.clone();
            thread::spawn(move || work(&waiting));
        }
        Self { queue }
    }

    /// Whether `password` is right for an account with the hash `stored`; without one, its password is blank. `None`
    /// stands for an account that is not there, or may not log in. Every "no" costs one Argon2.
    pub async fn check(&self, stored: Option<Option<String>>, password: Password) -> Result<Verdict> {
        let hash = match stored {
            Some(None) if password.is_blank() => return Ok(Verdict::Right),
            Some(None) | None => DECOY.to_owned(),
            Some(Some(hash)) => hash,
        };
        self.run(move || verify(&hash, &password)).await?
    }

    /// What to store of a password; nothing of a blank one.
    pub async fn hash(&self, password: Password) -> Result<Option<String>> {
        if password.is_blank() {
            return Ok(None);
        }
        self.run(move || hash(&password)).await?.map(Some)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (tell, told) = oneshot::channel();
        // Who asked may have gone meanwhile.
        let work = Box::new(move || {
            if !tell.is_closed() {
                drop(tell.send(work()))
            }
        });
        self.queue.try_send(work).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Internal("no thread works on passwords".into()),
        })?;
        told.await.map_err(|_| Error::Internal("work on a password panicked".into()))
    }
}

/// Works until nobody can ask any more.
fn work(waiting: &Mutex<Receiver<Work>>) {
    // Linux keeps it for each thread. Without it logins are as fast, and calls beside them slower.
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "the threads that check passwords do not stand back");
    }
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            // A panic is told by the channel that it drops, and costs no thread.
            Ok(work) => drop(catch_unwind(AssertUnwindSafe(work))),
            Err(_) => return,
        }
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

fn verify(stored: &str, password: &Password) -> Result<Verdict> {
    let stored = PasswordHash::new(stored)
        .map_err(|error| Error::Internal(format!("a stored password hash cannot be read: {error}")))?;
    let typed = if password.0.len() <= LONGEST { password.0.as_bytes() } else { &[] };
    if argon2().verify_password(typed, &stored).is_err() || typed.len() != password.0.len() {
        return Ok(Verdict::Wrong);
    }
    let params = Params::try_from(&stored);
    let today = Params::default();
    let weaker = params.is_ok_and(|params| params.m_cost() < today.m_cost() || params.t_cost() < today.t_cost());
    Ok(if weaker { Verdict::Stale } else { Verdict::Right })
}

fn hash(password: &Password) -> Result<String> {
    let hash: Result<PasswordHash, _> = argon2().hash_password(password.0.as_bytes());
    Ok(hash.map_err(|error| Error::Internal(format!("a password cannot be hashed: {error}")))?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(password: &str) -> Option<Option<String>> {
        Some(Some(hash(&Password::new(password)).unwrap()))
    }

    async fn check(stored: Option<Option<String>>, password: &str) -> Verdict {
        Passwords::new().check(stored, Password::new(password)).await.unwrap()
    }

    #[tokio::test]
    async fn right_and_wrong() {
        let long = "ü".repeat(1000);
        for (stored, password, expected) in [
            (Some(None), "", Verdict::Right),
            (Some(None), "x", Verdict::Wrong),
            (hashed("secret"), "secret", Verdict::Right),
            (hashed("secret"), "", Verdict::Wrong),
            (hashed("secret"), "Secret", Verdict::Wrong),
            (hashed(&long), &long, Verdict::Right),
            (hashed(&long), &long[..long.len() - 2], Verdict::Wrong),
            (hashed("a\0b"), "a\0b", Verdict::Right),
            (hashed("a\0b"), "a\0c", Verdict::Wrong),
            (hashed(""), &"x".repeat(LONGEST + 1), Verdict::Wrong),
            (None, "", Verdict::Wrong),
            (None, "x", Verdict::Wrong),
        ] {
            assert_eq!(check(stored, password).await, expected, "{password:.20}");
        }
    }

    /// U+00E9, and U+0065 U+0301: é, as two keyboards type it.
    #[tokio::test]
    async fn it_does_not_matter_how_it_is_typed() {
        assert_eq!(check(hashed("caf\u{e9}"), "cafe\u{301}").await, Verdict::Right);
        assert_eq!(check(hashed("cafe\u{301}"), "caf\u{e9}").await, Verdict::Right);
        assert_eq!(check(hashed("cafe"), "caf\u{e9}").await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_weaker_hash_is_stale() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(1024, 1, 1, None).unwrap());
        let hash: PasswordHash = weak.hash_password(b"secret").unwrap();
        let stored = Some(Some(hash.to_string()));
        assert_eq!(check(stored.clone(), "secret").await, Verdict::Stale);
        assert_eq!(check(stored, "wrong").await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn of_a_blank_password_nothing_is_stored() {
        assert_eq!(Passwords::new().hash(Password::new("")).await.unwrap(), None);
        assert_eq!(format!("{:?}", Password::new("secret")), "Password(…)");
    }

    #[test]
    fn the_decoy_costs_what_a_true_hash_costs() {
        let (decoy, hash) = (DECOY.to_owned(), hash(&Password::new("x")).unwrap());
        let parameters = |phc: &str| phc.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(parameters(&decoy), parameters(&hash));
        let decoy = PasswordHash::new(&decoy).unwrap();
        let error = argon2().verify_password(b"", &decoy).unwrap_err();
        assert_eq!(error, argon2::password_hash::Error::PasswordInvalid, "the work was done before the answer");
    }
}
