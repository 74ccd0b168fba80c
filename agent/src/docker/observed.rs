//! What Docker shows of containers.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ContainerState, ContainerSummary, ContainerSummaryStateEnum};
use jiff::{SignedDuration, Timestamp};

use super::containers::{GPUS, MAX_RUN_TIME, STOP_GRACE, TASK};
use crate::assignment::{Limit, TaskId};

/// A container of this agent, as a listing shows it.
#[derive(Debug)]
pub struct Found {
    /// Its task; none: it was made to read an image's files.
    pub task: Option<TaskId>,
    /// Docker's id.
    pub id: String,
    /// Where it stands.
    pub stage: Stage,
    /// The GPUs that it was made with.
    pub gpus: Vec<String>,
}

/// Where a container stands, as far as a listing shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was never started.
    Created,
    /// It was started, and may use what it holds.
    Started,
    /// It has ended.
    Ended,
    /// Its removal was begun, and may have been cut short or have failed: Docker gives neither its log nor its files.
    Leaving,
}

/// A container that runs, and may not for ever.
#[derive(Debug)]
pub struct Limited {
    /// Docker's id.
    pub id: String,
    /// Its first process, as Docker sees it.
    pub pid: i64,
    /// Since when it runs.
    pub started_at: Timestamp,
    /// How long it may.
    pub limit: Limit,
}

impl Limited {
    /// None: it may run for ever, or it does not run.
    pub(super) fn find(container: ContainerInspectResponse) -> Option<Self> {
        let labels = container.config?.labels?;
        let state = container.state?;
        let Phase::Running { started_at } = Phase::from(&state) else { return None };
        let max_run_time = length(&labels, MAX_RUN_TIME)?;
        let stop_grace = length(&labels, STOP_GRACE).unwrap_or_default();
        let limit = Limit { max_run_time, stop_grace };
        Some(Self { id: container.id?, pid: state.pid.unwrap_or_default(), started_at, limit })
    }
}

/// A length of time in a label.
fn length(labels: &HashMap<String, String>, name: &str) -> Option<Duration> {
    labels.get(name)?.parse().ok().and_then(|time: SignedDuration| time.try_into().ok())
}

/// Where a container stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It was never started.
    Created,
    /// It runs.
    Running {
        /// Since when.
        started_at: Timestamp,
    },
    /// It has ended.
    Exited {
        /// When it started.
        started_at: Timestamp,
        /// When it ended.
        ended_at: Timestamp,
        /// 0 to 255; 128+N for a death by signal N.
        code: i32,
        /// Whether the kernel killed for want of memory in it.
        out_of_memory: bool,
    },
}

impl Phase {
    /// Whether it was started, however it has gone on.
    pub const fn has_started(&self) -> bool {
        match self {
            Self::Created => false,
            Self::Running { .. } | Self::Exited { .. } => true,
        }
    }
}

impl From<ContainerSummary> for Found {
    fn from(summary: ContainerSummary) -> Self {
        let labels = summary.labels.unwrap_or_default();
        let state = summary.state.unwrap_or(ContainerSummaryStateEnum::EMPTY);
        let gpus = labels.get(GPUS).into_iter().flat_map(|gpus| gpus.split(','));
        Self {
            // An empty one is no id.
            task: labels.get(TASK).and_then(|task| task.parse().ok()),
            id: summary.id.unwrap_or_default(),
            stage: match state {
                ContainerSummaryStateEnum::CREATED => Stage::Created,
                ContainerSummaryStateEnum::EXITED => Stage::Ended,
                ContainerSummaryStateEnum::REMOVING | ContainerSummaryStateEnum::DEAD => Stage::Leaving,
                ContainerSummaryStateEnum::EMPTY
                | ContainerSummaryStateEnum::RUNNING
                | ContainerSummaryStateEnum::PAUSED
                | ContainerSummaryStateEnum::RESTARTING
                | ContainerSummaryStateEnum::STOPPING => Stage::Started,
            },
            gpus: gpus.filter(|gpu| !gpu.is_empty()).map(Into::into).collect(),
        }
    }
}

impl From<&ContainerState> for Phase {
    fn from(state: &ContainerState) -> Self {
        let Some(started_at) = time(state.started_at.as_deref()) else {
            return Self::Created;
        };
        match time(state.finished_at.as_deref()) {
            Some(ended_at) if state.running != Some(true) => Self::Exited {
                // Docker takes the start's time when the start is done, which a short program does not wait for.
                started_at: started_at.min(ended_at),
                ended_at,
                code: state.exit_code.and_then(|code| code.try_into().ok()).unwrap_or(255),
                out_of_memory: state.oom_killed == Some(true),
            },
            _ => Self::Running { started_at },
        }
    }
}

/// Docker writes the year 1 for never.
fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok().filter(|time| *time > Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(started_at: &str, finished_at: &str, running: bool, expected: Expect) {
        let state = ContainerState {
            started_at: Some(started_at.into()),
            finished_at: Some(finished_at.into()),
            running: Some(running),
            exit_code: Some(137),
            oom_killed: Some(true),
            ..ContainerState::default()
        };
        expected.assert_eq(&format!("{:?}", Phase::from(&state)));
    }

    fn found(labels: &[(&str, &str)]) -> (Option<String>, Vec<String>) {
        let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let found = Found::from(ContainerSummary { labels: Some(labels), ..ContainerSummary::default() });
        (found.task.map(|task| task.to_string()), found.gpus)
    }

    #[test]
    fn empty_labels_are_none() {
        assert_eq!(found(&[]), (None, vec![]));
        assert_eq!(found(&[(TASK, ""), (GPUS, "")]), (None, vec![]));
        assert_eq!(found(&[(TASK, "t"), (GPUS, "a,b")]), (Some("t".into()), vec!["a".into(), "b".into()]));
    }

    #[test]
    fn phases_by_docker_s_clock() {
        let never = "0001-01-01T00:00:00Z";
        check(never, never, false, expect!["Created"]);
        check(
            "2026-01-02T03:04:05.123456789Z",
            never,
            true,
            expect!["Running { started_at: 2026-01-02T03:04:05.123456789Z }"],
        );
        check(
            "2026-01-02T03:04:05.123456789Z",
            "2026-01-02T03:04:06Z",
            false,
            expect![
                "Exited { started_at: 2026-01-02T03:04:05.123456789Z, ended_at: 2026-01-02T03:04:06Z, code: 137, out_of_memory: true }"
            ],
        );
    }
}
