//! The API: each handler asks who calls, parses what they ask, whether they may, does it, and answers.

pub mod agents;
mod asset_filter;
pub mod assets;
mod assignments;
pub mod cluster;
mod convert;
mod fields;
pub mod logs;
mod page;
mod queue;
pub mod sessions;
mod spec;
pub mod users;
mod watch;

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::agents::presence::Presence;
use crate::audit::{Event, Recorder};
use crate::auth::sessions::Sessions;
use crate::auth::token::TokenHash;
use crate::config::{ContainerDefaults, Logs};
use crate::error::Result;
use crate::ids::{AgentId, TaskId};
use crate::store::{self, Store, Tx};
use crate::tls::Identity;
use crate::topics::Topics;

/// Of messages that hold names, passwords and the like: no name is that long.
pub const SMALL_MESSAGE: usize = 64 << 10;

/// What handlers work with. Each service is implemented for it, in the file of its noun.
#[derive(Clone)]
pub struct Api {
    pub store: Store,
    pub sessions: Arc<Sessions>,
    /// Records what was refused.
    pub refusals: Arc<Recorder>,
    pub presence: Arc<Presence>,
    /// News of agents' desired sets.
    pub assignments: Arc<Topics<AgentId>>,
    /// News of tasks' logs and ends.
    pub task_news: Arc<Topics<TaskId>>,
    pub container_defaults: ContainerDefaults,
    /// How much is kept of logs.
    pub logs: Logs,
    /// What the port shows; none without TLS.
    pub identity: Option<Arc<Identity>>,
    /// Ends the streams that would go on for ever.
    pub shutdown: CancellationToken,
}

impl Api {
    /// Does what only administrators may, and records that they did: with the rights of that moment, and both or neither.
    async fn administer<T, F>(&self, member: TokenHash, event: Event, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.write_as(member, true, move |tx| {
            Box::pin(async move {
                store::audit::record(tx, event).await?;
                job(tx).await
            })
        })
        .await
    }

    /// Writes in the name of a member who may, at that moment, still act; `admin`: as an administrator.
    async fn write_as<T, F>(&self, member: TokenHash, admin: bool, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.store.write(confirmed(member, admin, job)).await
    }
}

/// `job`, where the member may, at that moment, still act; `admin`: as an administrator.
fn confirmed<T, F>(
    member: TokenHash,
    admin: bool,
    job: F,
) -> impl for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
{
    move |tx| {
        Box::pin(async move {
            store::sessions::confirm(&**tx, &member, admin).await?;
            job(tx).await
        })
    }
}
