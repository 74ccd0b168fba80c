//! The connection to a master, and whether its certificate is trusted: since the machine vouches for it, since
//! `PEDL_MASTER_FINGERPRINT` names it, or since it is the one that was seen first. Nothing is sent before that is clear.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use pedl_tls::{Fingerprint, Refusal, Rule, Trust};
use tonic::Status;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::error::{Error, warn};
use crate::master_url::MasterUrl;
use crate::password;
use crate::store::Store;

/// Names the certificate that the master must show.
const FINGERPRINT: &str = "PEDL_MASTER_FINGERPRINT";

/// A master that does not take the connection within this time counts as out of reach.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a silent connection is tried while a call is open, and how long the answer may take.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// A connection, which is made anew where it breaks.
pub struct Connection {
    /// What calls go through.
    pub channel: Channel,
    /// None without TLS.
    trust: Option<Arc<Trust>>,
}

impl Connection {
    /// Why it could not be made anew, where that was for the certificate.
    pub fn refusal(&self, master: &MasterUrl) -> Option<Error> {
        Some(refused(self.trust.as_ref()?.take_refusal()?, master))
    }
}

/// Connects to a master.
pub async fn connect(master: &MasterUrl) -> Result<Connection, Error> {
    let endpoint = Endpoint::from_shared(master.to_string()).map_err(|err| unreachable(err, master))?;
    let endpoint =
        endpoint.connect_timeout(CONNECT_TIMEOUT).http2_keep_alive_interval(KEEP_ALIVE).keep_alive_timeout(KEEP_ALIVE);
    let named = named()?;
    if !master.is_https() {
        if named.is_some() {
            let tls = master.with_tls(true);
            return Err(Error::Usage(format!(
                "{FINGERPRINT} is set, and {master} is without TLS: use {tls}, or unset it"
            )));
        }
        let channel = endpoint.connect().await.map_err(|err| unreachable(err, master))?;
        return Ok(Connection { channel, trust: None });
    }
    let store = Store::open(master.clone());
    // The one that is named; else those that the machine vouches for, and the one that was seen first.
    let kept = || store.read().certificate.map_or(Rule::Vouched, Rule::VouchedOr);
    let trust = Trust::new(named.map_or_else(kept, Rule::Only));
    let endpoint = endpoint.tls_config_with_verifier(ClientTlsConfig::new(), trust.clone());
    let endpoint = endpoint.map_err(|err| unreachable(err, master))?;
    let mut channel = endpoint.connect().await;
    if channel.is_err()
        && let Some(refusal) = trust.take_refusal()
    {
        trust.set_rule(Rule::VouchedOr(trust_at_first_use(refusal, master, &store)?));
        channel = endpoint.connect().await;
    }
    match channel {
        Ok(channel) => Ok(Connection { channel, trust: Some(trust) }),
        Err(err) => Err(trust.take_refusal().map_or_else(|| unreachable(err, master), |it| refused(it, master))),
    }
}

/// The certificate that the environment names.
fn named() -> Result<Option<Fingerprint>, Error> {
    match std::env::var(FINGERPRINT) {
        Ok(text) if !text.is_empty() => {
            text.parse().map(Some).map_err(|err| Error::Usage(format!("{FINGERPRINT} is {err}")))
        }
        Ok(_) | Err(_) => Ok(None),
    }
}

/// Keeps the certificate of a master that is met for the first time, after asking where there is somebody to ask.
fn trust_at_first_use(refusal: Refusal, master: &MasterUrl, store: &Store) -> Result<Fingerprint, Error> {
    let Refusal { shown, expected: None, .. } = refusal else { return Err(refused(refusal, master)) };
    if !password::can_ask() {
        warn(format!(
            "the master at {master} shows a certificate with SHA-256 fingerprint {shown}, which nothing vouches for; \
             it is trusted from now on"
        ));
    } else if !ask(&shown, master)? {
        return Err(Error::Untrusted(format!("the certificate of the master at {master} is not trusted")));
    }
    let mut kept = shown;
    // Another `pedl` may have met it meanwhile.
    store.change(|master| kept = *master.certificate.get_or_insert(shown));
    Ok(kept)
}

fn ask(shown: &Fingerprint, master: &MasterUrl) -> Result<bool, Error> {
    let question = format!(
        "The master at {master} shows a certificate with SHA-256 fingerprint\n  {shown}\nwhich nothing vouches for; \
         the master prints its own at every start. Trust it from now on? (yes/no) "
    );
    let mut stderr = io::stderr();
    let cannot = |err| Error::Local(format!("cannot ask on the terminal: {err}"));
    stderr.write_all(question.as_bytes()).map_err(cannot)?;
    loop {
        let mut answer = String::new();
        // No line at all is the terminal's end.
        if io::stdin().read_line(&mut answer).map_err(cannot)? == 0 {
            return Ok(false);
        }
        match answer.trim().to_lowercase().as_str() {
            "yes" => return Ok(true),
            "no" => return Ok(false),
            _ => stderr.write_all(b"Please type yes or no: ").map_err(cannot)?,
        }
    }
}

/// What is told of a certificate that is not the right one.
fn refused(refusal: Refusal, master: &MasterUrl) -> Error {
    let Refusal { shown, expected, why } = refusal;
    let named = named().ok().flatten();
    Error::Untrusted(match expected {
        Some(expected) if named == Some(expected) => format!(
            "the certificate of the master at {master} is not the one that {FINGERPRINT} names: its SHA-256 fingerprint is \
             {shown}, not {expected}; nothing was sent"
        ),
        Some(expected) => format!(
            "the certificate of the master at {master} has changed: its SHA-256 fingerprint was {expected} and is {shown}. \
             Somebody may be listening in, or the master has a new one: ask its administrator, and if so, \
             `pedl -m {master} master forget`; nothing was sent"
        ),
        None => format!("nothing vouches for the certificate of the master at {master} any longer ({why})"),
    })
}

fn unreachable(err: tonic::transport::Error, master: &MasterUrl) -> Error {
    if !pedl_tls::speaks_no_tls(&err) {
        return Error::from_status(Status::from_error(Box::new(err)), master);
    }
    let plain = master.with_tls(false);
    Error::Untrusted(match Store::open(master.clone()).read().certificate {
        None => format!("the master at {master} does not speak TLS: use {plain} if you trust the network in between"),
        Some(_) => format!(
            "the master at {master} does not speak TLS any longer: somebody may be in between, or it was turned off there: \
             ask its administrator, and if so, use {plain}"
        ),
    })
}
