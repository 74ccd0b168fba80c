//! Whether a master's certificate is the right one: the machine's trust store vouches for it, or it is known by its
//! fingerprint.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::{Fingerprint, provider};

/// Which certificates are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// Those that the trust store vouches for.
    #[default]
    Vouched,
    /// Those, and this one.
    VouchedOr(Fingerprint),
    /// This one alone.
    Only(Fingerprint),
}

/// A certificate that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The one that was shown.
    pub shown: Fingerprint,
    /// The one that was asked for; none where the trust store alone was to say.
    pub expected: Option<Fingerprint>,
    /// Why the trust store does not vouch for it.
    pub why: String,
}

/// Judges certificates. Its rule can change while connections use it; a connection is judged when it is made.
pub struct Trust {
    /// None where the machine trusts nobody.
    store: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rule: Rule,
    refusal: Option<Refusal>,
}

impl Trust {
    /// With the machine's trust store, or the one that `SSL_CERT_FILE` or `SSL_CERT_DIR` names.
    #[must_use]
    pub fn new(rule: Rule) -> Arc<Self> {
        let mut roots = RootCertStore::empty();
        // What cannot be read vouches for nobody, and that is told when a certificate is refused.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let store = WebPkiServerVerifier::builder_with_provider(roots.into(), provider()).build().ok();
        Arc::new(Self { store, provider: provider(), state: Mutex::new(State { rule, refusal: None }) })
    }

    /// Goes by this rule from now on.
    pub fn set_rule(&self, rule: Rule) {
        self.state().rule = rule;
    }

    /// The certificate that was refused last, if none was taken since. Asking forgets it.
    pub fn take_refusal(&self) -> Option<Refusal> {
        self.state().refusal.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the trust store does not vouch for it; none where it does.
    fn objection(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Option<String> {
        match &self.store {
            None => Some("this machine has no trust store".into()),
            Some(store) => store.verify_server_cert(leaf, chain, name, ocsp, now).err().map(|error| error.to_string()),
        }
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("rule", &self.state().rule).finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Fingerprint::of(leaf);
        let objection = self.objection(leaf, chain, name, ocsp, now);
        let mut state = self.state();
        let (taken, expected) = match state.rule {
            Rule::Vouched => (objection.is_none(), None),
            Rule::VouchedOr(known) => (objection.is_none() || known == shown, Some(known)),
            Rule::Only(known) => (known == shown, Some(known)),
        };
        if taken {
            state.refusal = None;
            return Ok(ServerCertVerified::assertion());
        }
        state.refusal = Some(Refusal { shown, expected, why: objection.unwrap_or_default() });
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    // Whoever shows the certificate must also have its key.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, leaf, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, leaf, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};

    use super::*;

    /// A certificate and its key.
    type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

    fn identity() -> Identity {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.der().clone(), PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()))
    }

    /// Shakes hands, in memory, and carries a byte.
    fn handshake(trust: &Arc<Trust>, (certificate, key): &Identity) -> Result<(), Error> {
        let server = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let server = server.with_no_client_auth().with_single_cert(vec![certificate.clone()], key.clone_key())?;
        let client = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let client = client.dangerous().with_custom_certificate_verifier(trust.clone()).with_no_client_auth();
        let mut server = ServerConnection::new(server.into())?;
        let mut client = ClientConnection::new(client.into(), "localhost".try_into().unwrap())?;
        client.writer().write_all(b"x").unwrap();
        let mut wire = Vec::new();
        for _ in 0..10 {
            wire.clear();
            while client.wants_write() {
                client.write_tls(&mut wire).unwrap();
            }
            server.read_tls(&mut &wire[..]).unwrap();
            server.process_new_packets()?;
            wire.clear();
            while server.wants_write() {
                server.write_tls(&mut wire).unwrap();
            }
            client.read_tls(&mut &wire[..]).unwrap();
            client.process_new_packets()?;
        }
        server.reader().read_exact(&mut [0]).unwrap();
        Ok(())
    }

    #[test]
    fn a_certificate_that_nothing_vouches_for_is_taken_by_its_fingerprint_only() {
        let (right, wrong) = (identity(), identity());
        let fingerprint = Fingerprint::of(&right.0);
        for (rule, identity, taken) in [
            (Rule::Vouched, &right, false),
            (Rule::VouchedOr(fingerprint), &right, true),
            (Rule::VouchedOr(fingerprint), &wrong, false),
            (Rule::Only(fingerprint), &right, true),
            (Rule::Only(fingerprint), &wrong, false),
        ] {
            let trust = Trust::new(rule);
            assert_eq!(handshake(&trust, identity).is_ok(), taken, "{rule:?}");
            let refusal = trust.take_refusal();
            assert_eq!(refusal.map(|refusal| refusal.shown), (!taken).then(|| Fingerprint::of(&identity.0)));
        }
    }

    #[test]
    fn the_certificate_without_its_key_is_worth_nothing() {
        let (right, wrong) = (identity(), identity());
        let trust = Trust::new(Rule::Only(Fingerprint::of(&right.0)));
        // rustls would not serve a certificate with another's key, so it is signed for by hand.
        let message = b"what a handshake has to sign";
        let key = rustls::crypto::ring::sign::any_supported_type(&wrong.1).unwrap();
        let signer = key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]).unwrap();
        let signature = signer.sign(message).unwrap();
        let mut wire = u16::from(SignatureScheme::ECDSA_NISTP256_SHA256).to_be_bytes().to_vec();
        wire.extend(u16::try_from(signature.len()).unwrap().to_be_bytes());
        wire.extend(signature);
        let mut reader = rustls::internal::msgs::codec::Reader::init(&wire);
        let signed = <DigitallySignedStruct as rustls::internal::msgs::codec::Codec<'_>>::read(&mut reader).unwrap();
        assert!(trust.verify_tls13_signature(message, &right.0, &signed).is_err());
        assert!(trust.verify_tls13_signature(message, &wrong.0, &signed).is_ok());
    }
}
