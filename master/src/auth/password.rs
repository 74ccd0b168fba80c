//! Passwords: Argon2id, on a bounded pool, so that a storm of logins slows logins only.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// Checks that may wait for a place in the pool; more are turned away.
const QUEUE: usize = 256;

/// A hash that no password has, with the parameters of the true ones: what a failed login checks where there is no
/// true one, so that it takes as long and tells nothing.
/// Parameters: OWASP Password Storage Cheat Sheet, Argon2id, 19 MiB, 2 passes.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$cGVkbC1kZWNveS1zYWx0$aTl1r3JgR8Zr0C1z5mGQb3jH0yqYb1nY0o0m3Wz4Q2k";

/// Checks passwords.
pub struct Passwords {
    places: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Passwords {
    /// As many checks at a time as there are processors; each takes 19 MiB.
    pub fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { places: Arc::new(Semaphore::new(processors)), waiting: Semaphore::new(QUEUE) }
    }

    /// Whether `password` is right for an account with the hash `stored`; without one, its password is blank. `None`
    /// stands for an account that is not there, or may not log in. Every "no" costs one Argon2.
    pub async fn check(&self, stored: Option<Option<String>>, password: String) -> Result<bool> {
        let hash = match stored {
            Some(None) if password.is_empty() => return Ok(true),
            Some(None) | None => DECOY.to_owned(),
            Some(Some(hash)) => hash,
        };
        let _waiting = self.waiting.try_acquire().map_err(|_| Error::Busy)?;
        let place = self.places.clone().acquire_owned().await.map_err(|_| Error::ShuttingDown)?;
        let check = tokio::task::spawn_blocking(move || {
            let _place = place;
            verify(&hash, &password)
        });
        check.await.map_err(|error| Error::Internal(format!("a password check panicked: {error}")))?
    }
}

fn verify(hash: &str, password: &str) -> Result<bool> {
    let hash = PasswordHash::new(hash)
        .map_err(|error| Error::Internal(format!("a stored password hash cannot be read: {error}")))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
    Ok(argon2.verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher;

    use super::*;

    fn hash(password: &str) -> String {
        let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).unwrap();
        hash.to_string()
    }

    #[tokio::test]
    async fn right_and_wrong() {
        let passwords = Passwords::new();
        let check = |stored: Option<Option<String>>, password: &str| passwords.check(stored, password.to_owned());
        let long = "ü".repeat(1000);

        assert!(check(Some(None), "").await.unwrap());
        assert!(!check(Some(None), "x").await.unwrap());
        assert!(check(Some(Some(hash("secret"))), "secret").await.unwrap());
        assert!(!check(Some(Some(hash("secret"))), "").await.unwrap());
        assert!(!check(Some(Some(hash("secret"))), "Secret").await.unwrap());
        assert!(check(Some(Some(hash(&long))), &long).await.unwrap());
        assert!(!check(Some(Some(hash(&long))), &long[..long.len() - 2]).await.unwrap());
        assert!(!check(None, "").await.unwrap());
        assert!(!check(None, "x").await.unwrap());
    }

    #[test]
    fn the_decoy_costs_what_a_true_hash_costs() {
        let (decoy, hash) = (DECOY.to_owned(), hash("x"));
        let parameters = |phc: &str| phc.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(parameters(&decoy), parameters(&hash));
        let decoy = PasswordHash::new(&decoy).unwrap();
        let error = Argon2::default().verify_password(b"", &decoy).unwrap_err();
        assert_eq!(error, argon2::password_hash::Error::PasswordInvalid, "the work was done before the answer");
    }
}
