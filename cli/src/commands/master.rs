//! `pedl master`: what there is to know about the master, and what is kept of it.

use clap::Subcommand;
use pedl_proto::v1::GetMasterRequest;
use pedl_proto::v1::cluster_service_client::ClusterServiceClient;

use super::master_audit::{self, AuditArgs};
use crate::args::Global;
use crate::client::connect;
use crate::error::{Error, say};
use crate::store::Store;
use crate::{output, record};

/// What can be done with the master.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show the master's version; needs no login
    #[command(after_help = "Examples:\n  pedl master info\n  pedl -m gpu-master:8080 master info -o json")]
    Info,
    /// List who did what to whom, newest first; administrators only
    Audit(AuditArgs),
    /// Forget the certificate of a master that has a new one
    #[command(
        after_help = "Examples:\n  pedl -m https://gpu-master:8080 master forget\n\nAsk the administrator first whether the certificate was changed: the master prints its fingerprint at every start."
    )]
    Forget,
}

/// Does what the verb says.
pub async fn run(global: &Global, verb: Verb) -> Result<(), Error> {
    match verb {
        Verb::Info => info(global).await,
        Verb::Audit(args) => master_audit::run(global, args).await,
        Verb::Forget => {
            forget(global);
            Ok(())
        }
    }
}

fn forget(global: &Global) {
    let mut forgotten = None;
    Store::open(global.master.clone()).change(|kept| forgotten = kept.certificate.take());
    match forgotten {
        Some(certificate) => say(format!("the certificate {certificate} of {} is forgotten", global.master)),
        None => say(format!("no certificate is kept for {}", global.master)),
    }
}

/// Without a token: a person who cannot log in wants to know whether the master is there.
async fn info(global: &Global) -> Result<(), Error> {
    let mut cluster = ClusterServiceClient::new(connect(&global.master).await?);
    let answer = cluster.get_master(GetMasterRequest {}).await;
    let answer = answer.map_err(|status| Error::from_status(status, &global.master))?.into_inner();
    let master =
        record::Master { master: global.master.to_string(), version: answer.version, cluster_id: answer.cluster_id };
    global.output.one(&master, || {
        output::facts([
            ("Master", Some(master.master.clone())),
            ("Version", Some(master.version.clone())),
            ("Cluster", Some(master.cluster_id.clone())),
        ])
    })
}
