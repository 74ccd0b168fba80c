//! The desired sets that agents watch.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use futures::stream::{Stream, try_unfold};
use pedl_proto::agent::v1::{Action, Assignment, WatchAssignmentsResponse};
use tonic::Status;

use super::Api;
use super::convert::{agent_user_to_proto, container_to_proto};
use crate::agents::presence::Connection;
use crate::assets::state::State;
use crate::assets::{Asset, Spec, Task};
use crate::error::{Error, Result};
use crate::ids::{AgentId, TaskId};
use crate::store;
use crate::topics::Subscription;

/// How long a task has between SIGTERM and SIGKILL: what `docker stop` gives.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Sets on their way to an agent.
pub type AssignmentStream = Pin<Box<dyn Stream<Item = Result<WatchAssignmentsResponse, Status>> + Send>>;

impl Api {
    /// Streams an agent's desired set, now and after changes. The agent is present for as long as the stream lives, and
    /// the stream ends when the agent's tasks were taken for lost.
    pub fn stream_assignments(&self, agent: AgentId) -> AssignmentStream {
        let watcher = Watcher {
            news: self.assignments.subscribe(agent),
            connection: self.presence.connect(agent),
            api: self.clone(),
            agent,
            sent: None,
        };
        Box::pin(try_unfold(watcher, |mut watcher| async move {
            let set = watcher.next().await?;
            Ok(set.map(|set| (set, watcher)))
        }))
    }
}

struct Watcher {
    api: Api,
    agent: AgentId,
    news: Subscription<AgentId>,
    connection: Connection,
    sent: Option<BTreeMap<TaskId, Assignment>>,
}

impl Watcher {
    /// The next set that differs from the last one; at first, whatever it is. `None`: there will be no more.
    async fn next(&mut self) -> Result<Option<WatchAssignmentsResponse>> {
        while !self.connection.is_over() {
            // The revision before the set: a set that is newer than its number is sent again with a newer one.
            let identity = store::cluster::identity(self.api.store.read()).await?;
            let desired = self.desired().await?;
            if self.sent.as_ref() != Some(&desired) {
                let assignments = desired.values().cloned().collect();
                self.sent = Some(desired);
                return Ok(Some(WatchAssignmentsResponse {
                    cluster_id: identity.cluster_id.to_string(),
                    epoch: identity.epoch,
                    generation: identity.revision,
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

    /// The agent's tasks as they stand; what was sent of one is not read again, for only its action can change.
    async fn desired(&self) -> Result<BTreeMap<TaskId, Assignment>> {
        let db = self.api.store.read();
        let tasks = store::tasks::on_agent(db, self.agent).await?;
        let sent = |task: &Task| self.sent.as_ref().and_then(|sent| sent.get(&task.id));
        let new = tasks.iter().filter(|task| sent(task).is_none()).map(|task| task.asset).collect();
        let mut assets = store::assets::find_many(db, new).await?;
        let mut desired = BTreeMap::new();
        for task in tasks {
            let assignment = match (sent(&task), assets.remove(&task.asset)) {
                (Some(sent), _) => sent.clone(),
                (None, Some(asset)) => assignment(&task, asset),
                // It cannot be read, and the log says so.
                (None, None) => continue,
            };
            desired.insert(task.id, in_state(assignment, task.state));
        }
        Ok(desired)
    }
}

/// What stops needs no spec.
fn in_state(assignment: Assignment, state: State) -> Assignment {
    match state {
        State::Stopping => Assignment { action: Action::Stop.into(), container: None, argv: Vec::new(), ..assignment },
        State::Queued
        | State::Starting
        | State::Running
        | State::Paused
        | State::Completed
        | State::Failed
        | State::Killed
        | State::Lost => Assignment { action: Action::Run.into(), ..assignment },
    }
}

fn assignment(task: &Task, asset: Asset) -> Assignment {
    let Spec::Command(command) = asset.spec;
    let mut container = container_to_proto(command.container);
    let own = [
        ("PEDL_ASSET_ID", task.asset.to_string()),
        ("PEDL_TASK_ID", task.id.to_string()),
        ("PEDL_OWNER", asset.owner.username.to_string()),
    ];
    container.environment_variables.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Assignment {
        task_id: task.id.to_string(),
        asset_id: task.asset.0,
        action: Action::Run.into(),
        run_as: task.run_as.clone().map(agent_user_to_proto),
        container: Some(container),
        argv: command.argv,
        stop_grace: prost_types::Duration::try_from(STOP_GRACE).ok(),
    }
}
