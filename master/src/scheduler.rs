//! Gives waiting tasks their places. The decisions are [`fit`]'s; the loop around it reads, asks, and writes.

pub mod fit;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::agents::presence::Presence;
use crate::assets::state::State;
use crate::assets::{PlacedOn, Task, lifecycle};
use crate::error::Result;
use crate::ids::{AgentId, TaskId};
use crate::store::{self, Store};
use crate::topics::Topics;
use crate::users::AgentUser;
use fit::{Decision, Room, Waiting, fit};

/// How many waiting tasks are looked at in one go; the others follow when these have their places.
const LOOKAHEAD: u64 = 1000;

/// How often agents' silences are looked at.
const TICK: Duration = Duration::from_secs(1);

/// What the scheduler works with.
pub struct Scheduler {
    pub store: Store,
    pub presence: Arc<Presence>,
    pub assignments: Arc<Topics<AgentId>>,
    /// Whom tasks run as whose owner is not linked.
    pub default_user: AgentUser,
    /// After how long a silence an agent's tasks are lost.
    pub lost_after: Duration,
}

impl Scheduler {
    /// Works until the task is dropped: after each commit, each coming and going of an agent, and each tick.
    pub async fn run(self) {
        let mut revisions = self.store.revisions();
        let mut presence = self.presence.changes();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let ticked = tokio::select! {
                () = changed(&mut revisions) => false,
                () = changed(&mut presence) => false,
                _ = tick.tick() => true,
            };
            let done = async {
                if ticked {
                    self.lose_silent().await?;
                }
                self.place_waiting().await
            };
            if let Err(error) = done.await {
                tracing::error!(%error, "scheduling failed; it is tried again");
            }
        }
    }

    async fn place_waiting(&self) -> Result<()> {
        let queue = store::tasks::queued(self.store.read(), LOOKAHEAD).await?;
        if queue.is_empty() {
            return Ok(());
        }
        let agents = store::agents::list(self.store.read()).await?;
        let uses = store::tasks::uses(self.store.read()).await?;
        let rooms: Vec<Room> = agents
            .iter()
            .filter(|agent| agent.enabled && self.presence.is_connected(agent.id))
            .map(|agent| {
                let used = uses.get(&agent.id).copied().unwrap_or_default();
                let pool = agent.resource_pool.clone();
                Room { agent: agent.id, pool, slots: agent.slots, used: used.slots, tasks: used.tasks }
            })
            .collect();
        let waiting: Vec<Waiting> = queue.iter().map(waiting).collect();

        let reason_of = |id: TaskId| queue.iter().find(|task| task.id == id).map(|task| task.state_reason.as_str());
        let mut placements = Vec::new();
        let mut reasons = Vec::new();
        for decision in fit(&waiting, &rooms) {
            match decision {
                Decision::Place { task, agent } => {
                    let name = agents.iter().find(|known| known.id == agent).map(|known| known.name.clone());
                    placements.push((task, PlacedOn { id: agent, name: name.unwrap_or_default() }));
                }
                Decision::Wait { task, reason } => {
                    let reason = reason.to_string();
                    if reason_of(task) != Some(&reason) {
                        reasons.push((task, reason));
                    }
                }
            }
        }
        if placements.is_empty() && reasons.is_empty() {
            return Ok(());
        }
        self.write(placements, reasons).await
    }

    async fn write(&self, placements: Vec<(TaskId, PlacedOn)>, reasons: Vec<(TaskId, String)>) -> Result<()> {
        let mut agents: Vec<AgentId> = placements.iter().map(|(_, agent)| agent.id).collect();
        agents.dedup();
        let default_user = self.default_user.clone();
        self.store
            .write(|tx| {
                Box::pin(async move {
                    for (task, agent) in placements {
                        lifecycle::place(tx, task, agent, default_user.clone()).await?;
                    }
                    for (task, reason) in reasons {
                        lifecycle::explain(tx, task, reason).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        agents.into_iter().for_each(|agent| self.assignments.notify(agent));
        Ok(())
    }

    async fn lose_silent(&self) -> Result<()> {
        for agent in store::agents::list(self.store.read()).await? {
            if self.presence.silence(agent.id) < self.lost_after {
                continue;
            }
            let tasks = store::tasks::on_agent(self.store.read(), agent.id).await?;
            let lost: Vec<TaskId> =
                tasks.into_iter().filter(|task| is_lost_with_its_agent(task.state)).map(|t| t.id).collect();
            if lost.is_empty() {
                continue;
            }
            tracing::warn!(agent = agent.name, tasks = lost.len(), "the agent is out of reach: its tasks are lost");
            self.store
                .write(|tx| {
                    Box::pin(async move {
                        for task in lost {
                            lifecycle::lose(tx, task).await?;
                        }
                        Ok(())
                    })
                })
                .await?;
        }
        Ok(())
    }
}

fn is_lost_with_its_agent(state: State) -> bool {
    crate::assets::state::next(state, crate::assets::state::Event::AgentLost).is_some()
}

fn waiting(task: &Task) -> Waiting {
    Waiting { task: task.id, pool: task.resource_pool.clone(), slots: task.slots }
}

async fn changed<T>(receiver: &mut watch::Receiver<T>) {
    if receiver.changed().await.is_err() {
        // The sender is gone with the store: the process is ending.
        std::future::pending::<()>().await;
    }
}
