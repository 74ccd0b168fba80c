//! Tells the master that a task will not start, and removes what was made of it.

use pedl_proto::agent::v1 as wire;

use super::{Outcome, Tools};
use crate::assignment::TaskId;

/// Returns when the master has it on record.
pub async fn refuse(tools: &Tools, task: &TaskId, reason: String) -> Outcome {
    tracing::info!("task {task} does not start: {reason}");
    tools.settle(task, wire::task_report::Status::CouldNotStart(wire::CouldNotStart { reason })).await
}
