//! Tells the master that a task will not start, and removes what was made of it.

use pedl_proto::agent::v1 as wire;

use super::follow::report;
use super::standing::ended;
use super::start::settled;
use super::{Outcome, Tools};
use crate::assignment::TaskId;

/// Returns when the master has it on record; or, where a start that a process before this one sent was carried out
/// after all, at once.
pub async fn refuse(tools: &Tools, task: &TaskId, reason: String) -> Outcome {
    let dir = tools.dirs.of(task);
    let mut end = tools.ends.find(task);
    if dir.start_noted() {
        match settled(tools, task).await {
            Ok(Some(phase)) if phase.has_started() => return Outcome::Started,
            Ok(Some(_)) => {
                if let Err(refusal) = tools.docker.end_broken_start(task).await {
                    tracing::warn!("what is left of a start of task {task} may stay: {refusal}");
                }
            }
            // Its container was removed from outside, and it may have ended before.
            Ok(None) if end.is_none() && dir.noted().and_then(ended).is_some() => {
                end = Some(report(tools, task, None).await);
            }
            Ok(None) | Err(_) => {}
        }
    }
    let end = end.unwrap_or_else(|| {
        tracing::info!("task {task} does not start: {reason}");
        wire::task_report::Status::CouldNotStart(wire::CouldNotStart { reason })
    });
    tools.settle(task, end).await
}
