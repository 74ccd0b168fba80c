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

/// Gives a queued task its place, and settles whom it runs as. Tells whether the task was still there to be placed.
pub async fn place(tx: &Tx, id: TaskId, agent: PlacedOn, default_user: AgentUser) -> Result<bool> {
    let mut task = store::tasks::get(&**tx, id).await?;
    let Some(state) = state::next(task.state, Event::Placed) else {
        return Ok(false);
    };
    let owner = store::assets::owner(&**tx, task.asset).await?;
    task.state = state;
    task.state_reason = String::new();
    task.agent = Some(agent);
    task.run_as = Some(owner.agent_user.unwrap_or(default_user));
    task.placed_at = Some(Timestamp::now());
    record(tx, &task).await?;
    Ok(true)
}

/// Says why a queued task waits.
pub async fn explain(tx: &Tx, id: TaskId, reason: String) -> Result<()> {
    let mut task = store::tasks::get(&**tx, id).await?;
    if task.state == State::Queued && task.state_reason != reason {
        task.state_reason = reason;
        record(tx, &task).await?;
    }
    Ok(())
}

/// Starts an asset's end. What has ended stays as it is.
pub async fn kill(tx: &Tx, asset: &Asset, by: &Username) -> Result<Task> {
    let mut task = store::tasks::get(&**tx, asset.latest_task.id).await?;
    if let Some(state) = state::next(task.state, Event::Kill) {
        task.state = state;
        task.state_reason = format!("killed by {by}");
        if state.has_ended() {
            task.ended_at = Some(Timestamp::now());
        }
        record(tx, &task).await?;
    }
    Ok(task)
}

/// Gives up on a task whose agent is out of reach, until it is found again.
pub async fn lose(tx: &Tx, id: TaskId) -> Result<()> {
    let mut task = store::tasks::get(&**tx, id).await?;
    if let (Some(state), Some(agent)) = (state::next(task.state, Event::AgentLost), &task.agent) {
        task.state = state;
        task.state_reason = format!("agent {} is out of reach", agent.name);
        record(tx, &task).await?;
    }
    Ok(())
}

/// Records what an agent says of a task that is placed on it. Reports may come twice, and late.
pub async fn report(tx: &Tx, agent: AgentId, report: Report) -> Result<Verdict> {
    let Some(mut task) = store::tasks::find(&**tx, report.task).await? else {
        return Ok(Verdict::Unknown);
    };
    if task.agent.as_ref().map(|placed| placed.id) != Some(agent) {
        return Ok(Verdict::Unknown);
    }
    if apply(&mut task, report.status) {
        record(tx, &task).await?;
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
        (0, _) => String::new(),
        (code, "") => format!("exit code {code}"),
        (code, detail) => format!("exit code {code}: {detail}"),
    }
}

async fn record(tx: &Tx, task: &Task) -> Result<(), Error> {
    store::tasks::update(tx, task).await?;
    store::assets::follow_task(tx, task).await
}
