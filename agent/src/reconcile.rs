//! What to do, given what the master wants and what is there. Pure: the loop around it is in `runner.rs`.

use std::collections::BTreeMap;

use crate::assignment::{TaskId, Want};

/// Where a task stands on this agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actual {
    /// Its container is there and was never started; nobody is at work on it.
    Created,
    /// It is being made or started.
    Starting,
    /// It is being made or started, and was told to give up before the start.
    Aborting,
    /// It was started, and may have ended; nobody follows it.
    Started,
    /// It is followed: log, exit and reports, until its end is on record.
    Followed,
    /// It is followed, and was told to stop.
    Stopping,
    /// It will not start, and the master is being told.
    Refused,
    /// The master does not know it: it is left alone until the next connection.
    Disowned,
    /// Its end is on record and its container is gone. It is remembered because a set that was under way when
    /// it ended may still list it, and must not start it a second time.
    Settled,
}

/// What to do about a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Make its container where there is none, and start it.
    Start,
    /// Give up starting it, unless the start was sent.
    Abort,
    /// Follow it.
    Follow,
    /// SIGTERM, and SIGKILL after the grace period.
    Stop,
    /// Tell the master that it was not started because it was killed before.
    RefuseKilled,
    /// Tell the master that it was not started because the master had given it up.
    RefuseGivenUp,
    /// Tell the master that what ran is gone.
    RefuseGone,
    /// Remember it no longer.
    Forget,
}

/// Every action changes what is there (see `runner.rs`), so that asking again does not repeat it.
/// `desired` is none until the master has sent a set: then only what runs is followed.
pub fn reconcile(desired: Option<&BTreeMap<TaskId, Want>>, actual: &BTreeMap<TaskId, Actual>) -> Vec<(TaskId, Action)> {
    let wanted = desired.into_iter().flatten().map(|(task, want)| (task, Some(*want)));
    let unlisted =
        actual.keys().filter(|task| !desired.is_some_and(|set| set.contains_key(task))).map(|task| (task, None));
    wanted
        .chain(unlisted)
        .filter_map(|(task, want)| {
            let action = match want {
                Some(Want::Run) => run(actual.get(task)),
                Some(Want::Keep) => keep(actual.get(task)),
                Some(Want::Stop) => stop(actual.get(task)),
                None if desired.is_some() => leave(*actual.get(task)?),
                None => wait(*actual.get(task)?),
            };
            Some((task.clone(), action?))
        })
        .collect()
}

/// The master wants it to run.
fn run(actual: Option<&Actual>) -> Option<Action> {
    match actual {
        None | Some(Actual::Created) => Some(Action::Start),
        Some(Actual::Started | Actual::Disowned) => Some(Action::Follow),
        Some(Actual::Starting | Actual::Aborting | Actual::Followed | Actual::Stopping) => None,
        Some(Actual::Refused | Actual::Settled) => None,
    }
}

/// The master knows that it was started.
fn keep(actual: Option<&Actual>) -> Option<Action> {
    match actual {
        // A container of that name that was never started is not the one that ran.
        None | Some(Actual::Created) => Some(Action::RefuseGone),
        Some(Actual::Started | Actual::Disowned) => Some(Action::Follow),
        Some(Actual::Starting | Actual::Aborting | Actual::Followed | Actual::Stopping) => None,
        Some(Actual::Refused | Actual::Settled) => None,
    }
}

/// The master wants it to stop.
fn stop(actual: Option<&Actual>) -> Option<Action> {
    match actual {
        None | Some(Actual::Created) => Some(Action::RefuseKilled),
        Some(Actual::Starting) => Some(Action::Abort),
        Some(Actual::Started | Actual::Disowned) => Some(Action::Follow),
        Some(Actual::Followed) => Some(Action::Stop),
        Some(Actual::Aborting | Actual::Stopping | Actual::Refused | Actual::Settled) => None,
    }
}

/// The master does not list it. It may have ended on its books, or never have been there: its verdict will tell.
fn leave(actual: Actual) -> Option<Action> {
    match actual {
        Actual::Created => Some(Action::RefuseGivenUp),
        Actual::Starting => Some(Action::Abort),
        Actual::Started => Some(Action::Follow),
        Actual::Settled => Some(Action::Forget),
        Actual::Aborting | Actual::Followed | Actual::Stopping | Actual::Refused | Actual::Disowned => None,
    }
}

/// No set has come yet.
fn wait(actual: Actual) -> Option<Action> {
    match actual {
        Actual::Started => Some(Action::Follow),
        Actual::Created | Actual::Starting | Actual::Aborting | Actual::Followed | Actual::Stopping => None,
        Actual::Refused | Actual::Disowned | Actual::Settled => None,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const EVERY: &str =
        "b:created c:starting d:aborting e:started f:followed g:stopping h:refused i:disowned j:settled";

    /// `desired` is `-` for none yet; both are `task:word` by spaces.
    fn check(desired: &str, actual: &str, expected: Expect) {
        let pairs = |text: &str| -> Vec<(TaskId, String)> {
            let pair = |word: &str| word.split_once(':').map(|(task, word)| (task.parse().unwrap(), word.into()));
            text.split_whitespace().filter_map(pair).collect()
        };
        let want = |(task, word): (TaskId, String)| match word.as_str() {
            "run" => (task, Want::Run),
            "keep" => (task, Want::Keep),
            "stop" => (task, Want::Stop),
            other => panic!("{other}"),
        };
        let actual_of = |(task, word): (TaskId, String)| match word.as_str() {
            "created" => (task, Actual::Created),
            "starting" => (task, Actual::Starting),
            "aborting" => (task, Actual::Aborting),
            "started" => (task, Actual::Started),
            "followed" => (task, Actual::Followed),
            "stopping" => (task, Actual::Stopping),
            "refused" => (task, Actual::Refused),
            "disowned" => (task, Actual::Disowned),
            "settled" => (task, Actual::Settled),
            other => panic!("{other}"),
        };
        let set = (desired != "-").then(|| pairs(desired).into_iter().map(want).collect());
        let actual = pairs(actual).into_iter().map(actual_of).collect();
        let actions = reconcile(set.as_ref(), &actual);
        let lines: Vec<_> = actions.iter().map(|(task, action)| format!("{task}: {action:?}")).collect();
        expected.assert_eq(&lines.join(", "));
    }

    #[test]
    fn wanted_tasks_run_once() {
        check("a:run", "", expect!["a: Start"]);
        check(
            "a:run b:run c:run d:run e:run f:run g:run h:run i:run j:run",
            EVERY,
            expect!["a: Start, b: Start, e: Follow, i: Follow"],
        );
    }

    #[test]
    fn what_was_started_is_not_started_again() {
        check("a:keep", "", expect!["a: RefuseGone"]);
        check(
            "a:keep b:keep c:keep d:keep e:keep f:keep g:keep h:keep i:keep j:keep",
            EVERY,
            expect!["a: RefuseGone, b: RefuseGone, e: Follow, i: Follow"],
        );
    }

    #[test]
    fn only_stop_stops() {
        check("a:stop", "", expect!["a: RefuseKilled"]);
        check(
            "a:stop b:stop c:stop d:stop e:stop f:stop g:stop h:stop i:stop j:stop",
            EVERY,
            expect!["a: RefuseKilled, b: RefuseKilled, c: Abort, e: Follow, f: Stop, i: Follow"],
        );
    }

    #[test]
    fn what_is_not_listed_is_never_stopped() {
        check("", EVERY, expect!["b: RefuseGivenUp, c: Abort, e: Follow, j: Forget"]);
    }

    #[test]
    fn before_the_first_set_nothing_is_touched() {
        check("-", EVERY, expect!["e: Follow"]);
    }

    #[test]
    fn an_ended_task_is_not_started_by_an_old_set() {
        check("a:run", "a:settled", expect![[""]]);
        check("", "a:settled", expect!["a: Forget"]);
    }

    #[test]
    fn tasks_do_not_mix() {
        check("a:run b:stop d:run", "b:followed c:started d:followed", expect!["a: Start, b: Stop, c: Follow"]);
    }
}
