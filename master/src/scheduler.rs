//! Gives waiting tasks their places. The decisions are [`fit`]'s; the loop around it reads, asks, and writes.

pub mod fit;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use futures::{FutureExt as _, TryFutureExt as _};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::agents::Agent;
use crate::agents::presence::Presence;
use crate::assets::lifecycle::{self, RunAs};
use crate::assets::state::{self, Event, State};
use crate::assets::{PlacedOn, Task};
use crate::error::Result;
use crate::ids::{AgentId, TaskId};
use crate::store::{self, Store};
use crate::topics::Topics;
use fit::{Decision, Room, Waiting, fit};

/// How many waiting tasks of a sort are looked at in one go; the others follow when these have their places.
const LOOKAHEAD: u64 = 200;

/// How often agents' silences are looked at.
const TICK: Duration = Duration::from_secs(1);

/// What the scheduler works with.
pub struct Scheduler {
    pub store: Store,
    pub presence: Arc<Presence>,
    pub assignments: Arc<Topics<AgentId>>,
    pub task_news: Arc<Topics<TaskId>>,
    pub run_as: RunAs,
}

impl Scheduler {
    /// Works until the task is dropped: after each commit, each coming and going of an agent, and each tick.
    pub async fn run(self) {
        let mut revisions = self.store.revisions();
        let mut presence = self.presence.changes();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Too many to be read after each commit. Whatever they say, no task is placed where it does not fit.
        let mut agents = None;
        loop {
            let mut ticked = false;
            tokio::select! {
                biased;
                () = changed(&mut presence) => agents = None,
                _ = tick.tick() => {
                    self.presence.count(Instant::now());
                    (agents, ticked) = (None, true);
                }
                () = changed(&mut revisions) => {}
            }
            let done = async {
                let agents = match &mut agents {
                    Some(agents) => agents,
                    none => none.insert(store::agents::list(self.store.read()).await?),
                };
                if ticked {
                    self.lose_silent(agents).await?;
                }
                self.place_waiting(agents).await
            };
            match done.await {
                Ok(true) => {}
                // Perhaps the agents are others by now.
                Ok(false) => agents = None,
                Err(error) => tracing::error!(%error, "scheduling failed; it is tried again"),
            }
        }
    }

    /// Answers whether each place that was decided on was given.
    async fn place_waiting(&self, agents: &[Agent]) -> Result<bool> {
        let oldest = store::tasks::oldest_queued(self.store.read(), LOOKAHEAD).await?;
        if oldest.is_empty() {
            return Ok(true);
        }
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
        let is_whole = u64::try_from(oldest.len()).is_ok_and(|read| read < LOOKAHEAD);
        let queue = if is_whole { oldest } else { self.read_long_queue(&rooms).await? };
        let waiting: Vec<Waiting> = queue.iter().map(waiting).collect();

        // Each a write of its own: one that fails holds up no other, and the writer groups them anyway.
        let mut writes = Vec::new();
        for (decision, task) in fit(&waiting, &rooms).into_iter().zip(&queue) {
            match decision {
                Decision::Place { task, agent } => {
                    let name = agents.iter().find(|known| known.id == agent).map(|known| known.name.clone());
                    let agent = PlacedOn { id: agent, name: name.unwrap_or_default() };
                    writes.push(self.place(task, agent).boxed());
                }
                Decision::Wait { task: id, reason } => {
                    let reason = reason.to_string();
                    if task.state_reason != reason {
                        let explain = self
                            .store
                            .write(move |tx| Box::pin(async move { lifecycle::explain(tx, id, reason).await }));
                        writes.push(explain.map_ok(|()| true).boxed());
                    }
                }
            }
        }
        join_all(writes).await.into_iter().try_fold(true, |all, given| Ok(all & given?))
    }

    /// The oldest of a queue that is not read whole: of each pool that has agents, those that can be placed, with slots
    /// and without, each so many that a lot of one sort keeps none of another from being seen; and of the others, to tell
    /// them why they wait.
    async fn read_long_queue(&self, rooms: &[Room]) -> Result<Vec<Task>> {
        let mut largest: BTreeMap<&str, u32> = BTreeMap::new();
        for room in rooms {
            let most = largest.entry(&room.pool).or_default();
            *most = room.slots.max(*most);
        }
        let db = self.store.read();
        let mut queue = Vec::new();
        for (&pool, &largest) in &largest {
            for slots in [0..=0, 1..=largest, largest + 1..=u32::MAX] {
                queue.extend(store::tasks::queued(db, pool, slots, LOOKAHEAD).await?);
            }
        }
        let pools: Vec<&str> = largest.into_keys().collect();
        queue.extend(store::tasks::queued_elsewhere(db, &pools, LOOKAHEAD).await?);
        queue.sort_by_key(|task| task.id);
        Ok(queue)
    }

    async fn place(&self, task: TaskId, agent: PlacedOn) -> Result<bool> {
        let (id, run_as) = (agent.id, self.run_as.clone());
        let placed = self.store.write_checked(move |tx| Box::pin(lifecycle::place(tx, task, agent, run_as))).await?;
        if placed {
            self.assignments.notify(id);
        } else {
            // It was killed meanwhile, or may not run as its owner's user: whoever follows it shall see its end.
            self.task_news.notify(task);
        }
        Ok(placed)
    }

    async fn lose_silent(&self, agents: &[Agent]) -> Result<()> {
        let silent: Vec<&Agent> = agents.iter().filter(|agent| self.presence.is_lost(agent.id)).collect();
        if silent.is_empty() {
            return Ok(());
        }
        let uses = store::tasks::uses(self.store.read()).await?;
        for agent in silent.into_iter().filter(|agent| uses.contains_key(&agent.id)) {
            let tasks = store::tasks::on_agent(self.store.read(), agent.id).await?;
            let lost: Vec<TaskId> =
                tasks.into_iter().filter(|task| is_lost_with_its_agent(task.state)).map(|t| t.id).collect();
            if lost.is_empty() {
                continue;
            }
            tracing::warn!(agent = agent.name, tasks = lost.len(), "the agent is out of reach: its tasks are lost");
            let (presence, id) = (self.presence.clone(), agent.id);
            self.store
                .write(move |tx| {
                    Box::pin(async move {
                        for task in lost {
                            // It may be back by now, and its report that the task runs before this.
                            if presence.is_lost(id) {
                                lifecycle::lose(tx, task).await?;
                            }
                        }
                        Ok(())
                    })
                })
                .await?;
            self.presence.lost(agent.id);
            self.assignments.notify(agent.id);
        }
        Ok(())
    }
}

fn is_lost_with_its_agent(state: State) -> bool {
    state::next(state, Event::AgentLost).is_some()
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
