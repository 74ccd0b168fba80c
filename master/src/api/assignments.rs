//! The desired sets that agents watch.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use futures::stream::{Stream, try_unfold};
use pedl_proto::agent::v1::{Action, Assignment, WatchAssignmentsResponse};
use tokio::sync::watch;
use tonic::Status;

use super::Api;
use super::convert::{agent_user_to_proto, container_to_proto};
use crate::agents::presence::Connection;
use crate::assets::spec::CommandSpec;
use crate::assets::state::State;
use crate::assets::{Asset, Spec, Task};
use crate::error::{Error, Result};
use crate::ids::{AgentId, TaskId};
use crate::store;
use crate::store::cluster::Identity;
use crate::topics::Subscription;

/// How long a task has between SIGTERM and SIGKILL: what `docker stop` gives.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Sets on their way to an agent.
pub type AssignmentStream = Pin<Box<dyn Stream<Item = Result<WatchAssignmentsResponse, Status>> + Send>>;

impl Api {
    /// Streams an agent's desired set, now and after changes. The agent is present for as long as the stream lives, and
    /// the stream ends when the agent's tasks were taken for lost.
    pub async fn stream_assignments(&self, agent: AgentId) -> Result<AssignmentStream> {
        let watcher = Watcher {
            identity: store::cluster::identity(self.store.read()).await?,
            revisions: self.store.revisions(),
            news: self.assignments.subscribe(agent),
            connection: self.presence.connect(agent),
            api: self.clone(),
            agent,
            sent: None,
        };
        Ok(Box::pin(try_unfold(watcher, |mut watcher| async move {
            let set = watcher.next().await?;
            Ok(set.map(|set| (set, watcher)))
        })))
    }
}

struct Watcher {
    api: Api,
    agent: AgentId,
    /// Which cluster this is, and which life of its database.
    identity: Identity,
    revisions: watch::Receiver<i64>,
    news: Subscription<AgentId>,
    connection: Connection,
    sent: Option<BTreeMap<TaskId, Assignment>>,
}

impl Watcher {
    /// The next set that differs from the last one; at first, whatever it is. `None`: there will be no more.
    async fn next(&mut self) -> Result<Option<WatchAssignmentsResponse>> {
        while !self.connection.is_over() {
            // The revision before the set, which may be newer than its number and never older.
            let generation = *self.revisions.borrow();
            let desired = self.desired().await?;
            if self.sent.as_ref() != Some(&desired) {
                let assignments = desired.values().cloned().collect();
                self.sent = Some(desired);
                return Ok(Some(WatchAssignmentsResponse {
                    cluster_id: self.identity.cluster_id.to_string(),
                    epoch: self.identity.epoch,
                    generation,
                    assignments,
                }));
            }
            tokio::select! {
                () = self.news.news() => {}
                () = self.api.shutdown.cancelled() => return Err(Error::ShuttingDown),
            }
        }
        Ok(None)
    }

    /// The agent's tasks as they stand; what was sent of one that is to run is not read again: it does not change.
    async fn desired(&self) -> Result<BTreeMap<TaskId, Assignment>> {
        let db = self.api.store.read();
        let tasks = store::tasks::on_agent(db, self.agent).await?;
        let sent = |task: &Task| self.sent.as_ref().and_then(|sent| sent.get(&task.id));
        let to_start = |task: &&Task| action(task) == Action::Run && sent(task).is_none();
        let assets = store::assets::find_many(db, tasks.iter().filter(to_start).map(|task| task.asset).collect());
        let mut assets = assets.await?;
        let mut desired = BTreeMap::new();
        for task in tasks {
            let assignment = match (action(&task), sent(&task), assets.remove(&task.asset)) {
                (Action::Run, Some(sent), _) => sent.clone(),
                (Action::Run, None, Some(asset)) => to_be_run(&task, asset),
                // It cannot be read, and the log says so.
                (Action::Run, None, None) => continue,
                (action, ..) => of_task(&task, action),
            };
            desired.insert(task.id, assignment);
        }
        Ok(desired)
    }
}

/// What its agent is to do about a task.
fn action(task: &Task) -> Action {
    match task.state {
        State::Stopping => Action::Stop,
        // An agent that has lost all trace of it must not run it a second time.
        _ if task.started_at.is_some() => Action::Keep,
        State::Queued
        | State::Starting
        | State::Running
        | State::Paused
        | State::Completed
        | State::Failed
        | State::Killed
        | State::Lost => Action::Run,
    }
}

/// What was started before needs no spec.
fn of_task(task: &Task, action: Action) -> Assignment {
    Assignment {
        task_id: task.id.to_string(),
        asset_id: task.asset.0,
        action: action.into(),
        stop_grace: prost_types::Duration::try_from(STOP_GRACE).ok(),
        ..Assignment::default()
    }
}

fn to_be_run(task: &Task, asset: Asset) -> Assignment {
    let Spec::Command(command) = asset.spec;
    let CommandSpec { argv, container, max_run_time } = command;
    let mut container = container_to_proto(container);
    let own = [
        ("PEDL_ASSET_ID", task.asset.to_string()),
        ("PEDL_TASK_ID", task.id.to_string()),
        ("PEDL_OWNER", asset.owner.username.to_string()),
    ];
    container.environment_variables.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Assignment {
        run_as: task.run_as.clone().map(agent_user_to_proto),
        container: Some(container),
        argv,
        max_run_time: max_run_time.and_then(|time| time.try_into().ok()),
        ..of_task(task, Action::Run)
    }
}
