//! What happens to tasks, written down: each event is judged by [`state::next`] and recorded on the task and its asset in
//! one transaction.

use jiff::Timestamp;

use super::state::{self, Event, State};
use super::{Asset, PlacedOn, Task};
use crate::error::{Error, Result};
use crate::ids::{AgentId, TaskId};
use crate::store::{self, Tx};
use crate::users::{AgentUser, Username};

/// What an agent says of a task.
#[derive(Clone, Debug)]
pub struct Report {
    pub task: TaskId,
    pub status: Status,
}

/// What became of a container.
#[derive(Clone, Debug)]
pub enum Status {
    Starting { detail: String },
    Running { started_at: Timestamp },
    Exited { started_at: Timestamp, ended_at: Timestamp, exit_code: i32, detail: String },
    CouldNotStart { reason: String },
}

/// What an agent does with a container that it has reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Keep,
    Remove,
    Unknown,
}

/// Whom tasks run as.
#[derive(Clone, Debug)]
pub struct RunAs {
    /// Where the owner is not linked.
    pub default: AgentUser,
    /// Nobody with a smaller uid.
    pub minimum_uid: u32,
}

/// Gives a queued task its place, and settles whom it runs as; or fails it, where it may not run as that user. Tells
/// whether it has a place.
pub async fn place(tx: &Tx, id: TaskId, agent: PlacedOn, run_as: RunAs) -> Result<bool> {
    let Some((before, owner)) = store::tasks::placeable(tx, id, agent.id).await? else {
        return Ok(false);
    };
    let mut task = before.clone();
    let Some(state) = state::next(task.state, Event::Placed) else {
        return Ok(false);
    };
    let user = owner.agent_user.unwrap_or(run_as.default);
    if user.uid < run_as.minimum_uid {
        let reason = format!(
            "would run as {} (uid {}), below security.minimum_uid ({}): an administrator can link {} with another user",
            user.user.as_str(),
            user.uid,
            run_as.minimum_uid,
            owner.username
        );
        apply(&mut task, Status::CouldNotStart { reason });
        record(tx, &before, &task).await?;
        return Ok(false);
    }
    task.state = state;
    task.state_reason = String::new();
    task.agent = Some(agent);
    task.run_as = Some(user);
    task.placed_at = Some(Timestamp::now());
    record(tx, &before, &task).await?;
    Ok(true)
}

/// Says why a queued task waits. That its owner is inactive was said by the deactivation.
pub async fn explain(tx: &Tx, id: TaskId, reason: String) -> Result<()> {
    let before = store::tasks::get(&**tx, id).await?;
    let mut task = before.clone();
    let news = task.state == State::Queued && task.state_reason != reason;
    if news && store::assets::owner(&**tx, task.asset).await?.active {
        task.state_reason = reason;
        record(tx, &before, &task).await?;
    }
    Ok(())
}

/// Starts an asset's end. What has ended stays as it is.
pub async fn kill(tx: &Tx, asset: &Asset, by: &Username) -> Result<Task> {
    kill_task(tx, asset.latest_task.id, format!("killed by {by}")).await
}

/// Starts a task's end, and says why.
pub async fn kill_task(tx: &Tx, id: TaskId, reason: String) -> Result<Task> {
    let before = store::tasks::get(&**tx, id).await?;
    let mut task = before.clone();
    if let Some(state) = state::next(task.state, Event::Kill) {
        task.state = state;
        task.state_reason = reason;
        if state.has_ended() {
            task.ended_at = Some(Timestamp::now());
        }
        record(tx, &before, &task).await?;
    }
    Ok(task)
}

/// Fails a task that waits for a place and is not to have one.
pub async fn give_up(tx: &Tx, id: TaskId, reason: String) -> Result<()> {
    let before = store::tasks::get(&**tx, id).await?;
    let mut task = before.clone();
    if task.state == State::Queued && apply(&mut task, Status::CouldNotStart { reason }) {
        record(tx, &before, &task).await?;
    }
    Ok(())
}

/// Gives up on a task whose agent is out of reach, until it is found again.
pub async fn lose(tx: &Tx, id: TaskId) -> Result<()> {
    let before = store::tasks::get(&**tx, id).await?;
    let mut task = before.clone();
    if let (Some(state), Some(agent)) = (state::next(task.state, Event::AgentLost), &task.agent) {
        task.state = state;
        task.state_reason = format!("agent {} is out of reach", agent.name);
        record(tx, &before, &task).await?;
    }
    Ok(())
}

/// Records what an agent says of a task that is placed on it. Reports may come twice, and late.
pub async fn report(tx: &Tx, agent: AgentId, report: Report) -> Result<Verdict> {
    let Some(before) = store::tasks::find(&**tx, report.task).await? else {
        return Ok(Verdict::Unknown);
    };
    let mut task = before.clone();
    if task.agent.as_ref().map(|placed| placed.id) != Some(agent) {
        return Ok(Verdict::Unknown);
    }
    if apply(&mut task, report.status) {
        record(tx, &before, &task).await?;
    }
    Ok(if task.state.has_ended() { Verdict::Remove } else { Verdict::Keep })
}

/// Changes `task` as `status` tells, where that is news.
fn apply(task: &mut Task, status: Status) -> bool {
    match status {
        Status::Starting { detail } => {
            let news = task.state == State::Starting && task.state_reason != detail;
            if news {
                task.state_reason = detail;
            }
            news
        }
        Status::Running { started_at } => {
            let next = state::next(task.state, Event::Started);
            let news = next.is_some() || (task.state == State::Stopping && task.started_at.is_none());
            if let Some(state) = next {
                task.state = state;
                task.state_reason = String::new();
            }
            if news {
                task.started_at = Some(started_at);
            }
            news
        }
        Status::Exited { started_at, ended_at, exit_code, detail } => {
            let Some(state) = state::next(task.state, Event::Exited { success: exit_code == 0 }) else {
                return false;
            };
            if state != State::Killed {
                task.state_reason = reason_of_exit(exit_code, &detail);
            }
            task.state = state;
            task.exit_code = Some(exit_code);
            task.started_at = Some(started_at);
            task.ended_at = Some(ended_at);
            true
        }
        Status::CouldNotStart { reason } => {
            let Some(state) = state::next(task.state, Event::CouldNotStart) else {
                return false;
            };
            if state != State::Killed {
                task.state_reason = reason;
            }
            task.state = state;
            task.ended_at = Some(Timestamp::now());
            true
        }
    }
}

fn reason_of_exit(exit_code: i32, detail: &str) -> String {
    match (exit_code, detail) {
        (0, detail) => detail.to_owned(),
        (code, "") => format!("exit code {code}"),
        (code, detail) => format!("exit code {code}: {detail}"),
    }
}

async fn record(tx: &Tx, before: &Task, task: &Task) -> Result<(), Error> {
    store::tasks::update(tx, before, task).await?;
    store::assets::follow_task(tx, before, task).await
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::agents::{Admission, Introduction, SlotKind};
    use crate::assets::events::{MAX_OF_STATE, Recorded};
    use crate::ids::UserId;
    use crate::store::Store;
    use crate::store::tests::{new_command, open};
    use crate::users::Umask;

    use super::*;

    fn worker() -> AgentUser {
        AgentUser { supplementary_gids: vec![2002, 2001], umask: Umask::parse(0o27).ok(), ..AgentUser::root() }
    }

    /// A store with an agent and a command that is placed on it.
    async fn placed() -> (Store, AgentId, TaskId) {
        let store = open().await;
        let intro = Introduction {
            name: "n1".into(),
            version: String::new(),
            slots: 1,
            slot_kind: SlotKind::Cpu,
            resource_pool: None,
        };
        let admission = Admission { resource_pool: "default".into(), pool_is_fixed: false };
        let (agent, task) = store
            .write(|tx| {
                Box::pin(async move {
                    let agent = store::agents::join(tx, &admission, &intro, [0; 32]).await?;
                    let asset = store::assets::create(tx, new_command(UserId(2))).await?;
                    Ok((agent.id, asset.latest_task.id))
                })
            })
            .await
            .unwrap();
        let run_as = RunAs { default: worker(), minimum_uid: 0 };
        let on = PlacedOn { id: agent, name: "n1".into() };
        assert!(store.write(move |tx| Box::pin(place(tx, task, on, run_as))).await.unwrap());
        (store, agent, task)
    }

    async fn told(store: &Store, agent: AgentId, task: TaskId, status: Status) -> Verdict {
        store.write(move |tx| Box::pin(report(tx, agent, Report { task, status }))).await.unwrap()
    }

    fn exited(exit_code: i32) -> Status {
        let now = Timestamp::now();
        Status::Exited { started_at: now, ended_at: now, exit_code, detail: String::new() }
    }

    async fn state(store: &Store, task: TaskId) -> (State, String) {
        let task = store::tasks::get(store.read(), task).await.unwrap();
        let asset = store::assets::get(store.read(), task.asset).await.unwrap();
        assert_eq!((asset.state, &asset.state_reason), (task.state, &task.state_reason));
        (task.state, task.state_reason)
    }

    /// Oldest first, a line each.
    async fn events(store: &Store, task: TaskId) -> String {
        let asset = store::tasks::get(store.read(), task).await.unwrap().asset;
        let events = store::asset_events::list(store.read(), asset, None, 1000).await.unwrap();
        let show = |event: &Recorded| format!("{} {:?} {}", event.state.as_str(), event.reason, event.agent);
        events.iter().rev().map(|event| format!("{}\n", show(event).trim_end())).collect()
    }

    #[tokio::test]
    async fn a_life_is_told() {
        let (store, agent, task) = placed().await;
        let starting = |detail: &str| Status::Starting { detail: detail.into() };
        let running = Status::Running { started_at: Timestamp::now() };
        for status in [starting("pulling image a"), starting("pulling image a"), starting(""), running.clone()] {
            told(&store, agent, task, status).await;
        }
        store.write(move |tx| Box::pin(lose(tx, task))).await.unwrap();
        told(&store, agent, task, running.clone()).await;
        let asset = store::tasks::get(store.read(), task).await.unwrap().asset;
        for by in ["ada", "bob"] {
            let (by, asset) = (Username::parse(by).unwrap(), store::assets::get(store.read(), asset).await.unwrap());
            store.write(|tx| Box::pin(async move { kill(tx, &asset, &by).await })).await.unwrap();
        }
        for status in [running, exited(143), exited(143)] {
            told(&store, agent, task, status).await;
        }
        expect![[r#"
            QUEUED ""
            STARTING "" n1
            STARTING "pulling image a" n1
            RUNNING "" n1
            LOST "agent n1 is out of reach" n1
            RUNNING "" n1
            STOPPING "killed by ada" n1
            KILLED "killed by ada" n1
        "#]]
        .assert_eq(&events(&store, task).await);
    }

    #[tokio::test]
    async fn reasons_to_wait_are_told_and_do_not_fill_the_disk() {
        let store = open().await;
        let asset = store.write(|tx| Box::pin(store::assets::create(tx, new_command(UserId(2))))).await.unwrap();
        let task = asset.latest_task.id;
        for turn in 0..2 * MAX_OF_STATE {
            let reason = if turn % 2 == 0 { "no agent is connected" } else { "waits for a free slot" };
            store.write(move |tx| Box::pin(explain(tx, task, reason.into()))).await.unwrap();
        }
        let told = events(&store, task).await;
        assert_eq!(told.lines().count(), usize::try_from(MAX_OF_STATE).unwrap());
        assert!(told.starts_with("QUEUED \"\"\nQUEUED \"no agent is connected\"\nQUEUED \"waits for a free slot\"\n"));
        assert!(told.ends_with("no agent is connected (what follows in this state is not recorded)\"\n"), "{told}");
        let by = Username::parse("ada").unwrap();
        store.write(|tx| Box::pin(async move { kill(tx, &asset, &by).await })).await.unwrap();
        assert!(events(&store, task).await.ends_with("KILLED \"killed by ada\"\n"));
    }

    #[tokio::test]
    async fn a_task_runs_and_ends_once() {
        let (store, agent, task) = placed().await;
        assert_eq!(store::tasks::get(store.read(), task).await.unwrap().run_as, Some(worker()));
        let running = Status::Running { started_at: Timestamp::now() };
        assert_eq!(told(&store, agent, task, running.clone()).await, Verdict::Keep);
        assert_eq!(told(&store, agent, task, exited(7)).await, Verdict::Remove);
        assert_eq!(state(&store, task).await, (State::Failed, "exit code 7".into()));
        // Late and repeated reports change nothing.
        assert_eq!(told(&store, agent, task, exited(0)).await, Verdict::Remove);
        told(&store, agent, task, running).await;
        assert_eq!(state(&store, task).await, (State::Failed, "exit code 7".into()));
    }

    #[tokio::test]
    async fn a_killed_task_is_stopping_until_its_agent_says_it_ended() {
        let (store, agent, task) = placed().await;
        let asset = store::tasks::get(store.read(), task).await.unwrap().asset;
        let asset = store::assets::get(store.read(), asset).await.unwrap();
        let by = Username::parse("ada").unwrap();
        store.write(|tx| Box::pin(async move { kill(tx, &asset, &by).await })).await.unwrap();
        assert_eq!(state(&store, task).await, (State::Stopping, "killed by ada".into()));
        assert_eq!(told(&store, agent, task, exited(143)).await, Verdict::Remove);
        assert_eq!(state(&store, task).await, (State::Killed, "killed by ada".into()));
        assert_eq!(store::tasks::get(store.read(), task).await.unwrap().exit_code, Some(143));
    }

    #[test]
    fn reasons_of_exits() {
        let stopped = "stopped after max_run_time (2h)";
        for (exit_code, detail, reason) in [
            (0, "", ""),
            (7, "", "exit code 7"),
            (137, "out of memory", "exit code 137: out of memory"),
            (143, stopped, "exit code 143: stopped after max_run_time (2h)"),
            (0, stopped, stopped),
        ] {
            assert_eq!(reason_of_exit(exit_code, detail), reason);
        }
    }

    #[tokio::test]
    async fn a_lost_task_that_is_found_runs_again() {
        let (store, agent, task) = placed().await;
        store.write(move |tx| Box::pin(lose(tx, task))).await.unwrap();
        assert_eq!(state(&store, task).await, (State::Lost, "agent n1 is out of reach".into()));
        told(&store, agent, task, Status::Running { started_at: Timestamp::now() }).await;
        assert_eq!(state(&store, task).await, (State::Running, String::new()));
    }

    #[tokio::test]
    async fn an_agent_can_touch_its_own_tasks_only() {
        let (store, agent, task) = placed().await;
        assert_eq!(told(&store, AgentId(agent.0 + 1), task, exited(0)).await, Verdict::Unknown);
        assert_eq!(told(&store, agent, TaskId::generate(), exited(0)).await, Verdict::Unknown);
        assert_eq!(state(&store, task).await.0, State::Starting);
    }
}
