//! Certificates, as all of PEDL's programs know them: by fingerprint, where nothing vouches for them. It opens no
//! connection and keeps no file.

#![forbid(unsafe_code)]

mod fingerprint;
mod trust;

use std::io;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use fingerprint::{Fingerprint, NoFingerprint};
pub use trust::{Refusal, Rule, Trust};

/// The cryptography that all of PEDL uses. Named wherever TLS is set up: a default of the process could be another.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// How a master with TLS begins its answer to who speaks none.
pub const SPEAKS_TLS: &str = "this master speaks TLS";

/// Whether a connection failed since the other end answered a TLS handshake with something else.
#[must_use]
pub fn speaks_no_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        matches!(inner.or(error.downcast_ref()), Some(rustls::Error::InvalidMessage(_)))
    })
}
