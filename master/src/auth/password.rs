//! Passwords: Argon2id, on a bounded pool, so that a storm of logins slows logins only.

pub mod policy;

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Error, Result};

/// Checks that may wait for a thread of the pool; more are turned away.
const QUEUE: usize = 256;

/// For how long a thread without work keeps the memory that Argon2 filled: getting it anew costs a fifth of a check.
const KEPT: Duration = Duration::from_secs(5);

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

/// Something to work out in this memory, and to tell.
type Work = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// What waits for a thread.
#[derive(Default)]
struct Queue {
    waiting: Mutex<VecDeque<Work>>,
    more: Condvar,
}

/// Checks and hashes passwords, on threads of its own.
pub struct Passwords {
    queue: Arc<Queue>,
}

impl Passwords {
    /// As many threads as there are processors; each takes 19 MiB while it works.
    pub fn new() -> Self {
        let queue = Arc::new(Queue::default());
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let queue = queue.clone();
            thread::spawn(move || queue.work());
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
        self.run(move |memory| verify(&hash, &password, memory)).await?
    }

    /// What to store of a password; nothing of a blank one.
    pub async fn hash(&self, password: Password) -> Result<Option<String>> {
        if password.is_blank() {
            return Ok(None);
        }
        self.run(move |memory| hash(&password, memory)).await?.map(Some)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static) -> Result<T> {
        let (tell, told) = oneshot::channel();
        self.queue.push(Box::new(move |memory| {
            // Who asked may have gone meanwhile.
            if !tell.is_closed() {
                drop(tell.send(work(memory)));
            }
        }))?;
        told.await.map_err(|_| Error::Internal("work on a password panicked".into()))
    }
}

impl Queue {
    fn push(&self, work: Work) -> Result<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= QUEUE {
            return Err(Error::Busy);
        }
        waiting.push_back(work);
        self.more.notify_one();
        Ok(())
    }

    /// Works for ever.
    fn work(&self) -> ! {
        // Whatever else runs goes first: with a storm of logins on all processors, calls are answered as ever.
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle) {
            tracing::debug!(?error, "the threads that check passwords do not stand back");
        }
        let mut memory = Vec::new();
        loop {
            let work = self.next(&mut memory);
            // A panic is told by the channel that it drops, and costs no thread.
            drop(catch_unwind(AssertUnwindSafe(|| work(&mut memory))));
        }
    }

    fn next(&self, memory: &mut Vec<Block>) -> Work {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(work) = waiting.pop_front() {
                return work;
            }
            let (again, timeout) = self.more.wait_timeout(waiting, KEPT).unwrap_or_else(PoisonError::into_inner);
            waiting = again;
            if timeout.timed_out() {
                *memory = Vec::new();
            }
        }
    }
}

fn verify(stored: &str, password: &Password, memory: &mut Vec<Block>) -> Result<Verdict> {
    let unreadable =
        |error: &dyn fmt::Display| Error::Internal(format!("a stored password hash cannot be read: {error}"));
    let stored = PasswordHash::new(stored).map_err(|error| unreadable(&error))?;
    let params = Params::try_from(&stored).map_err(|error| unreadable(&error))?;
    let (Some(salt), Some(right)) = (&stored.salt, &stored.hash) else { return Err(unreadable(&"it is not whole")) };
    let typed = if password.0.len() <= LONGEST { password.0.as_bytes() } else { &[] };
    let (today, algorithm) = (Params::default(), stored.algorithm.as_str());
    let weaker = params.m_cost() < today.m_cost() || params.t_cost() < today.t_cost();
    if algorithm != Algorithm::Argon2id.as_str() || stored.version != Some(Version::V0x13.into()) {
        return Err(unreadable(&"it is not Argon2id, version 19"));
    }
    // Compared in a time that does not depend on where they differ.
    if output(params, typed, salt, right.len(), memory)? != *right || typed.len() != password.0.len() {
        return Ok(Verdict::Wrong);
    }
    Ok(if weaker { Verdict::Stale } else { Verdict::Right })
}

fn hash(password: &Password, memory: &mut Vec<Block>) -> Result<String> {
    let (params, salt) = (Params::default(), Salt::generate());
    let params_text = ParamsString::try_from(&params).map_err(impossible)?;
    let hash = output(params, password.0.as_bytes(), &salt, Params::DEFAULT_OUTPUT_LEN, memory)?;
    let (algorithm, version) = (Algorithm::Argon2id.ident(), Some(Version::V0x13.into()));
    Ok(PasswordHash { algorithm, version, params: params_text, salt: Some(salt), hash: Some(hash) }.to_string())
}

/// Argon2id itself, in memory that is used again and again.
fn output(params: Params, typed: &[u8], salt: &[u8], length: usize, memory: &mut Vec<Block>) -> Result<Output> {
    memory.resize(params.block_count().max(memory.len()), Block::new());
    let blocks = &mut memory[..params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut bytes = [0; Output::MAX_LENGTH];
    let bytes = bytes.get_mut(..length).ok_or_else(|| impossible("it is too long"))?;
    argon2.hash_password_into_with_memory(typed, salt, bytes, blocks).map_err(impossible)?;
    Output::new(bytes).map_err(impossible)
}

fn impossible(error: impl fmt::Display) -> Error {
    Error::Internal(format!("a password cannot be hashed: {error}"))
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier as _;
    use argon2::password_hash::PasswordHasher as _;

    use super::*;

    fn hash(password: &Password) -> Result<String> {
        super::hash(password, &mut Vec::new())
    }

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

    /// What others made is read, and what is made here others read.
    #[tokio::test]
    async fn hashes_are_the_crates_own() {
        let theirs: PasswordHash = Argon2::default().hash_password(b"secret").unwrap();
        assert_eq!(check(Some(Some(theirs.to_string())), "secret").await, Verdict::Right);
        let ours = hash(&Password::new("secret")).unwrap();
        Argon2::default().verify_password(b"secret", &PasswordHash::new(&ours).unwrap()).unwrap();
        assert_ne!(ours, hash(&Password::new("secret")).unwrap(), "each has a salt of its own");
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
        let error = Argon2::default().verify_password(b"", &decoy).unwrap_err();
        assert_eq!(error, argon2::password_hash::Error::PasswordInvalid, "the work was done before the answer");
    }
}
