//! Which agents are in touch right now. Kept in memory: it is true of this process's connections alone, and counts by the
//! monotonic clock, so that a jump of the wall clock loses no agent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::ids::AgentId;

/// How often agents send heartbeats, where they have time to be lost.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How many heartbeats may be missed before an agent's tasks are lost.
const MISSED: u32 = 4;

/// How late a second may be that the scheduler counts. Beyond that the process stood still and heard nobody: it was
/// stopped, or its machine slept.
const STOOD_STILL: Duration = Duration::from_secs(5);

/// After how long a silence an agent gets no new tasks.
const SILENCE: Duration = Duration::from_secs(15);

/// Who is in touch.
pub struct Presence {
    lost_after: Duration,
    listening: Mutex<Listening>,
    agents: Mutex<HashMap<AgentId, Seen>>,
    changes: watch::Sender<()>,
}

/// For how long agents could be heard.
struct Listening {
    since: Instant,
    counted: Instant,
}

struct Seen {
    last: Instant,
    connections: u32,
    /// How often its tasks were taken for lost.
    losses: u32,
}

impl Presence {
    /// `lost_after` so long a silence an agent's tasks are lost.
    pub fn new(lost_after: Duration) -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            lost_after,
            listening: Mutex::new(Listening { since: now, counted: now }),
            agents: Mutex::default(),
            changes: watch::Sender::new(()),
        })
    }

    /// How often agents are to send heartbeats.
    pub fn heartbeat(&self) -> Duration {
        HEARTBEAT.min(self.lost_after / MISSED)
    }

    /// Notes that this process is at work, once a second. Where it stood still, it has been listening since now.
    pub fn count(&self, now: Instant) {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(listening.counted) > STOOD_STILL {
            listening.since = now;
        }
        listening.counted = now;
    }

    /// Whether an agent has been silent for so long that its tasks are lost.
    pub fn is_lost(&self, agent: AgentId) -> bool {
        let listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner).since.elapsed();
        self.last_heard(agent).map_or(listening, |silence| silence.min(listening)) >= self.lost_after
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

    /// How long ago an agent was heard, where this master has heard it.
    pub fn last_heard(&self, agent: AgentId) -> Option<Duration> {
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.get(&agent).map(|seen| seen.last.elapsed())
    }

    /// Tells that an agent is another one than before: it has registered anew, or was taken in or out of service.
    pub fn agents_changed(&self) {
        self.changes.send_replace(());
    }

    /// Tells when an agent comes or goes, or is another one than before.
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
        let presence = Presence::new(Duration::from_secs(600));
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
        let presence = Presence::new(Duration::from_secs(600));
        let before = presence.connect(AgentId(1));
        let of_another = presence.connect(AgentId(2));
        assert!(!before.is_over());
        presence.lost(AgentId(1));
        let after = presence.connect(AgentId(1));
        assert_eq!([&before, &of_another, &after].map(Connection::is_over), [true, false, false]);
    }

    #[test]
    fn a_master_that_stood_still_gives_agents_their_time() {
        let presence = Presence::new(Duration::ZERO);
        let agent = AgentId(1);
        assert!(presence.is_lost(agent));
        let presence = Presence::new(Duration::from_secs(10));
        assert_eq!(presence.heartbeat(), Duration::from_millis(2500));
        let start = presence.listening.lock().unwrap().since;
        for second in 1..8 {
            presence.count(start + Duration::from_secs(second));
        }
        assert_eq!(presence.listening.lock().unwrap().since, start);
        let awake = start + Duration::from_secs(60);
        presence.count(awake);
        presence.count(awake + Duration::from_secs(1));
        assert_eq!(presence.listening.lock().unwrap().since, awake);
        assert!(!presence.is_lost(agent));
    }
}
