//! Where an asset or a task stands, and what events make of it. Pure.

/// Where an asset or a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Queued,
    Starting,
    Running,
    Paused,
    Stopping,
    Completed,
    Failed,
    Killed,
    Lost,
}

/// Every state, in the order of a life.
pub const ALL: [State; 9] = [
    State::Queued,
    State::Starting,
    State::Running,
    State::Paused,
    State::Stopping,
    State::Completed,
    State::Failed,
    State::Killed,
    State::Lost,
];

impl State {
    /// Whether nothing more can come. A lost task may be found again.
    pub fn has_ended(self) -> bool {
        match self {
            Self::Completed | Self::Failed | Self::Killed => true,
            Self::Queued | Self::Starting | Self::Running | Self::Paused | Self::Stopping | Self::Lost => false,
        }
    }

    /// Whether a task in this state belongs to the desired set of the agent that it was placed on.
    pub fn is_on_agent(self) -> bool {
        match self {
            Self::Starting | Self::Running | Self::Stopping | Self::Lost => true,
            Self::Queued | Self::Paused | Self::Completed | Self::Failed | Self::Killed => false,
        }
    }

    /// Whether a kill changes anything: it has neither ended nor been told to.
    pub fn can_be_killed(self) -> bool {
        next(self, Event::Kill).is_some()
    }

    /// The state of this name.
    pub fn parse(name: &str) -> Option<Self> {
        ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// How it is called, in the API and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Stopping => "STOPPING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Killed => "KILLED",
            Self::Lost => "LOST",
        }
    }
}

/// What can happen to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The scheduler found it a place.
    Placed,
    /// Its agent saw its container run.
    Started,
    /// Its container ended.
    Exited { success: bool },
    /// Its agent cannot start its container, or it may not be started.
    CouldNotStart,
    /// Somebody wants it to end.
    Kill,
    /// Its agent has been out of reach for too long.
    AgentLost,
}

/// Where `event` leads from `state`; `None`: it changes nothing, being late, early or repeated.
pub fn next(state: State, event: Event) -> Option<State> {
    use State::{Completed, Failed, Killed, Lost, Paused, Queued, Running, Starting, Stopping};
    match (event, state) {
        (Event::Placed, Queued) => Some(Starting),
        (Event::Started, Starting | Lost) => Some(Running),
        (Event::Exited { success: true }, Starting | Running | Lost) => Some(Completed),
        (Event::Exited { success: false } | Event::CouldNotStart, Starting | Running | Lost) => Some(Failed),
        (Event::CouldNotStart, Queued) => Some(Failed),
        (Event::Exited { .. } | Event::CouldNotStart, Stopping) => Some(Killed),
        (Event::Kill, Queued | Paused) => Some(Killed),
        (Event::Kill, Starting | Running | Lost) => Some(Stopping),
        (Event::AgentLost, Starting | Running) => Some(Lost),
        (
            Event::Placed
            | Event::Started
            | Event::Exited { .. }
            | Event::CouldNotStart
            | Event::Kill
            | Event::AgentLost,
            Queued | Starting | Running | Paused | Stopping | Completed | Failed | Killed | Lost,
        ) => None,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn every_event_in_every_state() {
        let events = [
            ("placed", Event::Placed),
            ("started", Event::Started),
            ("exit 0", Event::Exited { success: true }),
            ("exit 1", Event::Exited { success: false }),
            ("no start", Event::CouldNotStart),
            ("kill", Event::Kill),
            ("agent lost", Event::AgentLost),
        ];
        let mut table = format!("{:<10}", "");
        for (name, _) in events {
            table += &format!(" {name:<10}");
        }
        for state in ALL {
            table += &format!("\n{:<10}", state.as_str());
            for (_, event) in events {
                table += &format!(" {:<10}", next(state, event).map_or("-", State::as_str));
            }
        }
        let table: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        expect![[r#"
                       placed     started    exit 0     exit 1     no start   kill       agent lost
            QUEUED     STARTING   -          -          -          FAILED     KILLED     -
            STARTING   -          RUNNING    COMPLETED  FAILED     FAILED     STOPPING   LOST
            RUNNING    -          -          COMPLETED  FAILED     FAILED     STOPPING   LOST
            PAUSED     -          -          -          -          -          KILLED     -
            STOPPING   -          -          KILLED     KILLED     KILLED     -          -
            COMPLETED  -          -          -          -          -          -          -
            FAILED     -          -          -          -          -          -          -
            KILLED     -          -          -          -          -          -          -
            LOST       -          RUNNING    COMPLETED  FAILED     FAILED     STOPPING   -
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn nothing_leads_out_of_an_end() {
        let events = [Event::Placed, Event::Started, Event::Exited { success: true }, Event::Kill, Event::AgentLost];
        for state in ALL.into_iter().filter(|state| state.has_ended()) {
            assert!(events.into_iter().all(|event| next(state, event).is_none()), "{state:?}");
        }
    }
}
