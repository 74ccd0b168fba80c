//! The certificate that the master's port shows: made here, or read from files and read anew when they change.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use jiff::Zoned;
use pedl_tls::{Fingerprint, provider};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use webpki::EndEntityCert;

use crate::data_dir::DataDir;

/// How often the files are looked at. Certbot and its like renew weeks before the end.
const LOOKED_AT: Duration = Duration::from_secs(60);

/// How many years a certificate of the master's own is valid: its fingerprint is what it is known by, and that must last.
const YEARS: i16 = 10;

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{key}: {}: {why}", .path.display())]
    Unusable { key: &'static str, path: PathBuf, why: String },
    #[error("tls.key: {} is not the key of the certificate in {}", .key.display(), .cert.display())]
    Mismatch { cert: PathBuf, key: PathBuf },
    #[error("the certificate cannot be made: {0}")]
    Making(#[from] rcgen::Error),
    #[error("the certificate cannot be kept in {}: {source}", .dir.display())]
    Keeping { dir: PathBuf, source: io::Error },
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// The certificate, with what is needed to show it.
pub struct Identity {
    cert: PathBuf,
    key: PathBuf,
    loaded: Mutex<Loaded>,
}

struct Loaded {
    shown: Arc<CertifiedKey>,
    /// When the files were changed last, as far as was seen.
    stamps: [Option<SystemTime>; 2],
    looked_at: Instant,
}

impl Identity {
    /// The one in these PEM files: the server's certificate first, those that vouch for it after it.
    pub fn read(cert: &Path, key: &Path) -> Result<Self, Error> {
        let stamps = stamps(cert, key);
        let loaded = Loaded { shown: read(cert, key)?.into(), stamps, looked_at: Instant::now() };
        Ok(Self { cert: cert.into(), key: key.into(), loaded: Mutex::new(loaded) })
    }

    /// The one in the data directory, made where there is none: for this machine's own names, and for `names`.
    pub fn read_or_make(dir: &DataDir, names: Vec<String>) -> Result<Self, Error> {
        let keeping = |source| Error::Keeping { dir: dir.path().into(), source };
        let [cert, key] = ["cert.pem", "key.pem"].map(|name| dir.path().join("tls").join(name));
        if !(cert.exists() && key.exists()) {
            let (cert_pem, key_pem) = make(names)?;
            dir.write("tls/key.pem", &key_pem).map_err(keeping)?;
            dir.write("tls/cert.pem", &cert_pem).map_err(keeping)?;
        }
        Self::read(&cert, &key)
    }

    /// The certificate's own fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.shown().cert[0])
    }

    /// The fingerprint that agents are to know the master by: where nobody else can vouch for it. What somebody issued
    /// is renewed, and has another one then.
    pub fn pin(&self) -> Option<Fingerprint> {
        is_self_signed(&self.shown().cert[0]).then(|| self.fingerprint())
    }

    /// How the port speaks TLS with it.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, Error> {
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let mut config = config.with_no_client_auth().with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// The newest that could be read.
    fn shown(&self) -> Arc<CertifiedKey> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.looked_at.elapsed() >= LOOKED_AT {
            loaded.look(&self.cert, &self.key);
        }
        loaded.shown.clone()
    }
}

impl Loaded {
    fn look(&mut self, cert: &Path, key: &Path) {
        self.looked_at = Instant::now();
        let stamps = stamps(cert, key);
        if stamps == self.stamps {
            return;
        }
        match read(cert, key) {
            Ok(shown) => {
                *self = Self { shown: shown.into(), stamps, looked_at: self.looked_at };
                tracing::info!(
                    "the certificate was read anew: its SHA-256 is {}",
                    Fingerprint::of(&self.shown.cert[0])
                );
            }
            // They may be half written: they are looked at again.
            Err(error) => tracing::error!("the certificate was changed, and the old one is kept: {error}"),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("cert", &self.cert).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown())
    }
}

fn stamps(cert: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [cert, key].map(|path| path.metadata().and_then(|metadata| metadata.modified()).ok())
}

fn read(cert: &Path, key: &Path) -> Result<CertifiedKey, Error> {
    let of_cert = |why| Error::Unusable { key: "tls.cert", path: cert.into(), why };
    let of_key = |why| Error::Unusable { key: "tls.key", path: key.into(), why };
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| of_cert(told(&error)))?;
    let Some(leaf) = chain.first() else { return Err(of_cert(told(&pem::Error::NoItemsFound))) };
    EndEntityCert::try_from(leaf).map_err(|error| of_cert(format!("is no certificate of a server: {error}")))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| of_key(told(&error)))?;
    CertifiedKey::from_der(chain, private, &provider()).map_err(|error| {
        if matches!(error, rustls::Error::InconsistentKeys(_)) {
            return Error::Mismatch { cert: cert.into(), key: key.into() };
        }
        of_key(format!("cannot be used: {error}"))
    })
}

fn told(error: &pem::Error) -> String {
    if let pem::Error::Io(error) = error {
        return format!("cannot be read: {error}");
    }
    "holds none in PEM: give a file as certbot writes them".into()
}

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    EndEntityCert::try_from(certificate).is_ok_and(|certificate| certificate.issuer() == certificate.subject())
}

/// A certificate of the master's own and its key, in PEM.
fn make(mut names: Vec<String>) -> Result<(String, String), Error> {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default();
    names.extend(["localhost", "127.0.0.1", "::1", &host].map(ToOwned::to_owned));
    names.retain(|name| !name.is_empty() && name.is_ascii());
    names.sort();
    names.dedup();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, format!("PEDL master on {host}"));
    let today = Zoned::now().date();
    let year = i32::from(today.year());
    // The whole year: a client's clock may be behind.
    params.not_before = rcgen::date_time_ymd(year, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + i32::from(YEARS), 12, 31);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use rcgen::{CertifiedIssuer, generate_simple_self_signed};

    use super::*;

    #[test]
    fn the_masters_own_is_made_once_and_is_private() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::open(&parent.path().join("data")).unwrap();
        let first = Identity::read_or_make(&dir, vec!["10.0.0.5".into(), "boss".into()]).unwrap();
        let again = Identity::read_or_make(&dir, Vec::new()).unwrap();
        assert_eq!(first.fingerprint(), again.fingerprint());
        assert_eq!(first.pin(), Some(first.fingerprint()));
        let shown = first.shown();
        let shown = EndEntityCert::try_from(&shown.cert[0]).unwrap();
        for name in ["localhost", "127.0.0.1", "::1", "10.0.0.5", "boss"] {
            shown.verify_is_valid_for_subject_name(&name.try_into().unwrap()).unwrap();
        }
        let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("tls"), mode("tls/cert.pem"), mode("tls/key.pem")), (0o700, 0o600, 0o600));
        fs::remove_file(dir.path().join("tls/cert.pem")).unwrap();
        assert_ne!(Identity::read_or_make(&dir, Vec::new()).unwrap().fingerprint(), first.fingerprint());
    }

    #[test]
    fn what_cannot_be_shown_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["a", "b"] {
            let made = generate_simple_self_signed(["boss".to_owned()]).unwrap();
            fs::write(path(&format!("{name}.cert")), made.cert.pem()).unwrap();
            fs::write(path(&format!("{name}.key")), made.signing_key.serialize_pem()).unwrap();
        }
        fs::write(path("empty"), "").unwrap();
        fs::write(path("bad"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        let mut shown = String::new();
        for (cert, key) in [("a.cert", "a.key"), ("a.cert", "b.key"), ("absent", "a.key"), ("a.cert", "absent")] {
            shown += &format!("{:?}\n", Identity::read(&path(cert), &path(key)).map(drop).map_err(|e| e.to_string()));
        }
        for (cert, key) in [("empty", "a.key"), ("a.cert", "empty"), ("bad", "a.key"), ("a.key", "a.key")] {
            shown += &format!("{:?}\n", Identity::read(&path(cert), &path(key)).map(drop).map_err(|e| e.to_string()));
        }
        expect_test::expect![[r#"
            Ok(())
            Err("tls.key: DIR/b.key is not the key of the certificate in DIR/a.cert")
            Err("tls.cert: DIR/absent: cannot be read: No such file or directory (os error 2)")
            Err("tls.key: DIR/absent: cannot be read: No such file or directory (os error 2)")
            Err("tls.cert: DIR/empty: holds none in PEM: give a file as certbot writes them")
            Err("tls.key: DIR/empty: holds none in PEM: give a file as certbot writes them")
            Err("tls.cert: DIR/bad: is no certificate of a server: TrailingData(SignedData)")
            Err("tls.cert: DIR/a.key: holds none in PEM: give a file as certbot writes them")
        "#]]
        .assert_eq(&shown.replace(&*dir.path().to_string_lossy(), "DIR"));
    }

    #[test]
    fn what_an_authority_issued_is_known_by_the_authority() {
        let dir = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "the lab's authority");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let issued = CertificateParams::new(["boss".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let [cert_file, key_file] = ["cert", "key"].map(|name| dir.path().join(name));
        fs::write(&cert_file, issued.pem()).unwrap();
        fs::write(&key_file, key.serialize_pem()).unwrap();
        assert_eq!(Identity::read(&cert_file, &key_file).unwrap().pin(), None);
    }

    #[test]
    fn a_renewed_one_is_shown_and_a_broken_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let [cert, key] = ["cert", "key"].map(|name| dir.path().join(name));
        let write = |age: u64| {
            let made = generate_simple_self_signed(["boss".to_owned()]).unwrap();
            for (path, text) in [(&cert, made.cert.pem()), (&key, made.signing_key.serialize_pem())] {
                fs::write(path, text).unwrap();
                let file = fs::File::options().write(true).open(path).unwrap();
                file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
            }
        };
        let look = |identity: &Identity| {
            identity.loaded.lock().unwrap().look(&cert, &key);
            identity.fingerprint()
        };
        write(10);
        let identity = Identity::read(&cert, &key).unwrap();
        let first = look(&identity);
        fs::write(&cert, "half").unwrap();
        assert_eq!(look(&identity), first);
        write(5);
        assert_ne!(look(&identity), first);
    }
}
