//! Keeps a session with the master: register, heartbeats, desired sets; and again when it breaks.

mod broken;

use std::convert::Infallible;
use std::mem::discriminant;
use std::sync::Arc;
use std::time::Duration;

use pedl_proto::agent::v1 as wire;
use pedl_tls::{Fingerprint, Rule};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tonic::{Code, Status, Streaming};

use crate::assignment::DesiredSet;
use crate::backoff::{Backoff, jittered};
use crate::config::Config;
use crate::data_dir::{DataDir, Membership};
use crate::join_token;
use crate::master::Master;
use crate::slots::Offer;

use broken::Broken;

/// How often to try what only an administrator can mend.
const SLOWLY: Duration = Duration::from_secs(15);
/// Where the master names no interval.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Keeps sessions with one master.
#[derive(Debug)]
pub struct Keeper {
    /// The master.
    pub master: Arc<Master>,
    /// What the agent was told.
    pub config: Config,
    /// Where the membership is remembered.
    pub data_dir: Arc<DataDir>,
    /// What the machine offers.
    pub offer: Offer,
    /// None for an agent that is yet to join; told to the rest of the agent.
    pub membership: watch::Sender<Option<Membership>>,
    /// The newest desired set, for the rest of the agent; none until one was taken.
    pub desired: watch::Sender<Option<Arc<DesiredSet>>>,
}

impl Keeper {
    /// Keeps a session up, for ever. Logs changes, not tries.
    pub async fn run(self) -> Infallible {
        let url = &self.config.master;
        let mut backoff = Backoff::new();
        let mut told = None;
        loop {
            let Err(broken) = self.session().await;
            // The transport's own words for it say less.
            let broken = self.master.take_refusal().map_or(broken, Broken::from);
            if self.master.end_session() {
                backoff = Backoff::new();
                told = None;
            }
            let kind = discriminant(&broken);
            match (told.replace(kind) == Some(kind), broken.passes()) {
                (true, _) => tracing::debug!("the master at {url}: {broken}"),
                (false, true) => tracing::warn!("the master at {url}: {broken}; trying until it is back, tasks go on"),
                (false, false) => tracing::error!("the master at {url}: {broken}; tasks go on"),
            }
            tokio::time::sleep(if broken.passes() { backoff.next() } else { jittered(SLOWLY) }).await;
        }
    }

    /// One session, from registering to its break.
    async fn session(&self) -> Result<Infallible, Broken> {
        let answer = self.register().await?;
        let interval = answer.heartbeat_interval.and_then(|interval| interval.try_into().ok());
        let sets = self.master.watch().await?;
        tokio::select! {
            broken = self.beat(interval.unwrap_or(HEARTBEAT)) => broken,
            broken = self.take_sets(sets) => broken,
        }
    }

    /// Introduces the agent, with its credential or else its join token.
    async fn register(&self) -> Result<wire::RegisterResponse, Broken> {
        let member = self.membership.borrow().clone();
        let pin = match &member {
            Some(member) => {
                self.master.present(&member.credential);
                // The master may speak TLS only since this agent joined: a token beside it says so by now.
                let of_token = || join_token::read(&self.config.token_file).ok()?.master_fingerprint;
                // The credential goes to nobody who need not prove to be the master.
                if member.master_fingerprint.is_some() && !self.config.master.is_https() {
                    return Err(Broken::WithoutTls);
                }
                member.master_fingerprint.or_else(of_token)
            }
            None => self.present_join_token()?,
        };
        self.master.trust(match (self.config.master_fingerprint, pin) {
            (Some(configured), _) => Rule::Only(configured),
            (None, Some(pin)) => Rule::VouchedOr(pin),
            (None, None) => Rule::Vouched,
        });
        let answer = self.master.register(wire::RegisterRequest {
            name: self.config.name.to_string(),
            version: env!("CARGO_PKG_VERSION").into(),
            slots: self.offer.slots(),
            slot_kind: self.offer.kind().into(),
            resource_pool: self.config.resource_pool.clone(),
        });
        let answer = answer.await.map_err(|status| self.refused(status, member.is_some()))?;
        match member {
            Some(member) => self.check_cluster(&member, &answer.cluster_id)?,
            None => self.join(&answer, pin)?,
        }
        Ok(answer)
    }

    /// Answers the certificate that comes with it. Read at each try: the administrator may have put a fresh one there.
    fn present_join_token(&self) -> Result<Option<Fingerprint>, Broken> {
        let token = join_token::read(&self.config.token_file)?;
        if token.master_fingerprint.is_some() && !self.config.master.is_https() {
            return Err(Broken::WithoutTls);
        }
        self.master.present(&token.secret);
        Ok(token.master_fingerprint)
    }

    fn refused(&self, status: Status, member: bool) -> Broken {
        let message = status.message().to_owned();
        match (status.code(), member) {
            (Code::Unauthenticated, true) => Broken::Expelled { message, file: self.data_dir.membership_file() },
            (Code::Unauthenticated, false) => Broken::NotAdmitted { message },
            _ => status.into(),
        }
    }

    /// The credential is stored before it is used: without it the agent's name would be lost to the agent.
    fn join(&self, answer: &wire::RegisterResponse, pin: Option<Fingerprint>) -> Result<(), Broken> {
        let (credential, cluster_id) = (answer.credential.clone(), answer.cluster_id.clone());
        self.master.present(&credential);
        self.remember(Membership { credential, cluster_id, epoch: i64::MIN, master_fingerprint: pin })
    }

    fn remember(&self, member: Membership) -> Result<(), Broken> {
        self.data_dir.store_membership(&member)?;
        self.membership.send_replace(Some(member));
        Ok(())
    }

    fn check_cluster(&self, member: &Membership, theirs: &str) -> Result<(), Broken> {
        if member.cluster_id == theirs {
            return Ok(());
        }
        let (ours, theirs) = (member.cluster_id.clone(), theirs.into());
        Err(Broken::WrongCluster { ours, theirs, file: self.data_dir.membership_file() })
    }

    async fn beat(&self, interval: Duration) -> Result<Infallible, Broken> {
        let mut beats = tokio::time::interval(interval.max(Duration::from_millis(10)));
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            self.master.heartbeat().await?;
        }
    }

    async fn take_sets(&self, mut sets: Streaming<wire::WatchAssignmentsResponse>) -> Result<Infallible, Broken> {
        let mut newest = None;
        while let Some(set) = sets.message().await? {
            self.check_life(&set)?;
            if newest.is_some_and(|newest| (set.epoch, set.generation) < newest) {
                tracing::warn!("the master sent an older set ({} after {newest:?}): it is passed over", set.generation);
                continue;
            }
            self.desired.send_replace(Some(Arc::new(set.assignments.into())));
            if newest.replace((set.epoch, set.generation)).is_none() {
                self.master.begin_session();
                tracing::info!("in touch with the master at {} as agent {}", self.config.master, self.config.name);
            }
        }
        Err(Broken::Lost("the master ended the connection".into()))
    }

    /// Refuses a set of another cluster or of an older life of the database; remembers a newer life.
    fn check_life(&self, set: &wire::WatchAssignmentsResponse) -> Result<(), Broken> {
        let Some(member) = self.membership.borrow().clone() else { return Ok(()) };
        self.check_cluster(&member, &set.cluster_id)?;
        if set.epoch < member.epoch {
            return Err(Broken::OldEpoch { ours: member.epoch, theirs: set.epoch });
        }
        if set.epoch > member.epoch {
            self.remember(Membership { epoch: set.epoch, ..member })?;
        }
        Ok(())
    }
}
