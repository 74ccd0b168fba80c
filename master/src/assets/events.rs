//! What has happened to an asset, for people to read: which changes of a task are told. Pure.

use jiff::Timestamp;

use super::state::State;
use crate::ids::TaskId;

/// How many events tell of one state of a task. Reasons come from a queue that moves, and from agents: they must not
/// fill the disk.
pub const MAX_OF_STATE: i32 = 200;

const THE_LAST: &str = " (what follows in this state is not recorded)";

/// An event on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub id: i64,
    pub time: Timestamp,
    pub task: TaskId,
    pub state: State,
    pub reason: String,
    /// The name of the agent that the task was on; empty: none.
    pub agent: String,
}

/// An event as far as the next one depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub reason: String,
    /// Which one it is of those in its state, from 1.
    pub number: i32,
}

/// What to tell of a task in some state for `reason`, where `last` is what was told since it came into that state;
/// `None`: it is no news, or too much was told.
pub fn next(last: Option<Told>, reason: &str) -> Option<Told> {
    let Some(last) = last else {
        return Some(Told { reason: reason.into(), number: 1 });
    };
    if reason.is_empty() || reason == last.reason || last.number >= MAX_OF_STATE {
        return None;
    }
    let number = last.number + 1;
    let more = if number == MAX_OF_STATE { THE_LAST } else { "" };
    Some(Told { reason: format!("{reason}{more}"), number })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_is_told() {
        let told = |number, reason: &str| Some(Told { reason: reason.into(), number });
        let show = |last: Option<Told>, reason: &str| match next(last, reason) {
            Some(Told { reason, number }) => format!("{number}: {reason:?}\n"),
            None => "nothing\n".into(),
        };
        let shown = [
            // It came into the state.
            show(None, ""),
            show(None, "killed by ada"),
            // It is in it.
            show(told(1, ""), "pulling image a"),
            show(told(2, "pulling image a"), "pulling image a"),
            show(told(2, "pulling image a"), ""),
            show(told(2, "waits"), "no agent"),
            show(told(198, "waits"), "no agent"),
            show(told(199, "waits"), "no agent"),
            show(told(200, "waits"), "no agent"),
        ];
        expect![[r#"
            1: ""
            1: "killed by ada"
            2: "pulling image a"
            nothing
            nothing
            3: "no agent"
            199: "no agent"
            200: "no agent (what follows in this state is not recorded)"
            nothing
        "#]]
        .assert_eq(&shown.concat());
    }
}
