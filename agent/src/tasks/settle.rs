//! The end of a task: on the master's record first, gone from this machine then.

use pedl_proto::agent::v1 as wire;

use super::{Outcome, Tools};
use crate::assignment::TaskId;

impl Tools {
    /// Reports a task's end until the master has it on record.
    pub async fn settle(&self, task: &TaskId, end: wire::task_report::Status) -> Outcome {
        let mut session = self.master.session();
        loop {
            session.mark_unchanged();
            match self.master.report(task, end.clone()).await {
                wire::Verdict::Remove => break,
                wire::Verdict::Unknown => return Outcome::Disowned,
                // It has not taken the end yet. It may in another session.
                wire::Verdict::Keep | wire::Verdict::Unspecified => drop(session.changed().await),
            }
        }
        if let Err(error) = self.ends.note(task, &end) {
            tracing::warn!("how task {task} ended cannot be noted: {error}");
        }
        Outcome::Settled
    }

    /// Removes what is left of a task that is settled. It may take as long as Docker takes.
    pub async fn clear_away(&self, task: &TaskId) {
        match self.docker.remove(task).await {
            Ok(()) => self.dirs.of(task).remove().await,
            // It may run: what it uses stays, too.
            Err(refusal) => tracing::warn!("the container of task {task} is left behind: {refusal}"),
        }
    }
}
