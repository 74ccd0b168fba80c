//! Which agents are in touch right now. Kept in memory: it is true of this process's connections alone, and counts by the
//! monotonic clock, so that a jump of the wall clock loses no agent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::ids::AgentId;

/// How often agents send heartbeats.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// After how long a silence an agent gets no new tasks.
const SILENCE: Duration = Duration::from_secs(15);

/// Who is in touch.
pub struct Presence {
    since: Instant,
    agents: Mutex<HashMap<AgentId, Seen>>,
    changes: watch::Sender<()>,
}

struct Seen {
    last: Instant,
    connections: u32,
    /// How often its tasks were taken for lost.
    losses: u32,
}

impl Presence {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { since: Instant::now(), agents: Mutex::default(), changes: watch::Sender::new(()) })
    }

    /// Notes that an agent was heard.
    pub fn heard(&self, agent: AgentId) {
        let was_connected = self.is_connected(agent);
        self.with(agent, |seen| seen.last = Instant::now());
        if self.is_connected(agent) != was_connected {
            self.changes.send_replace(());
        }
    }

    /// Notes that an agent watches its assignments, until the guard is dropped.
    pub fn connect(self: &Arc<Self>, agent: AgentId) -> Connection {
        self.with(agent, |seen| {
            seen.last = Instant::now();
            seen.connections += 1;
        });
        self.changes.send_replace(());
        Connection { presence: self.clone(), agent, losses: self.losses(agent) }
    }

    /// Notes that an agent's tasks were taken for lost: what connections it has do not count on.
    pub fn lost(&self, agent: AgentId) {
        self.with(agent, |seen| seen.losses = seen.losses.wrapping_add(1));
    }

    fn losses(&self, agent: AgentId) -> u32 {
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.get(&agent).map_or(0, |seen| seen.losses)
    }

    /// Whether an agent can be given tasks.
    pub fn is_connected(&self, agent: AgentId) -> bool {
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.get(&agent).is_some_and(|seen| seen.connections > 0 && seen.last.elapsed() < SILENCE)
    }

    /// How long an agent has been silent; before its first word, how long this master has been listening.
    pub fn silence(&self, agent: AgentId) -> Duration {
        self.last_heard(agent).unwrap_or_else(|| self.since.elapsed())
    }

    /// How long ago an agent was heard, where this master has heard it.
    pub fn last_heard(&self, agent: AgentId) -> Option<Duration> {
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.get(&agent).map(|seen| seen.last.elapsed())
    }

    /// Tells when an agent comes or goes.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    fn with(&self, agent: AgentId, change: impl FnOnce(&mut Seen)) {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        change(agents.entry(agent).or_insert(Seen { last: Instant::now(), connections: 0, losses: 0 }));
    }
}

/// An agent's presence on one connection.
pub struct Connection {
    presence: Arc<Presence>,
    agent: AgentId,
    /// Those before it.
    losses: u32,
}

impl Connection {
    /// Whether the agent's tasks were taken for lost since this connection began. Then it must end, though it may have
    /// outlived the silence: an agent tells what runs at the beginning of each, and nothing else finds its tasks again.
    pub fn is_over(&self) -> bool {
        self.presence.losses(self.agent) != self.losses
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.presence.with(self.agent, |seen| seen.connections = seen.connections.saturating_sub(1));
        self.presence.changes.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_connected_while_one_of_its_connections_lives() {
        let presence = Presence::new();
        let agent = AgentId(1);
        presence.heard(agent);
        assert!(!presence.is_connected(agent), "heartbeats alone are no connection");
        let first = presence.connect(agent);
        let second = presence.connect(agent);
        drop(first);
        assert!(presence.is_connected(agent));
        drop(second);
        assert!(!presence.is_connected(agent));
    }

    #[test]
    fn a_connection_is_over_when_its_agents_tasks_were_lost() {
        let presence = Presence::new();
        let before = presence.connect(AgentId(1));
        let of_another = presence.connect(AgentId(2));
        assert!(!before.is_over());
        presence.lost(AgentId(1));
        let after = presence.connect(AgentId(1));
        assert_eq!([&before, &of_another, &after].map(Connection::is_over), [true, false, false]);
    }
}
