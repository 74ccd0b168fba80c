//! Follows a container that was started to its end: log, reports, the order to stop, the time it may take. Its end is
//! reported when the master has its log, and nothing of it is removed before the master has its end.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pedl_proto::agent::v1 as wire;
use pedl_proto::v1::LogEntry;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use wire::task_report::Status;

use super::{GONE, Order, Outcome, Tools, run_time};
use crate::assignment::{Limit, TaskId};
use crate::backoff::Backoff;
use crate::docker::Phase;
use crate::logs::{self, Outbox, Shipment};

/// Returns when the end is on record, or the master does not know the task. `fresh`: this process has just started it.
pub async fn follow(tools: &Tools, task: &TaskId, fresh: bool, orders: watch::Receiver<Order>) -> Outcome {
    // The container has its own by now: while it runs, no data of members is to be found below the agent's directory.
    tools.dirs.of(task).unmount();
    let (ended, has_ended) = watch::channel(false);
    let end = async {
        let end = end(tools, task).await;
        ended.send_replace(true);
        end
    };
    let outbox = Outbox::new(tools.master.clone(), task.clone());
    let notes = logs::system_entries(notes_for_log(tools, task).await);
    let log = Shipment::new(&tools.docker, task, notes, outbox, has_ended).run(fresh);
    let (end, first) = tokio::select! {
        both = async { tokio::join!(end, log) } => both,
        outcome = report_running(tools, task) => return outcome,
        never = stop(tools, task, orders) => match never {},
    };
    tools.settle(task, report(end, first, tools.dirs.of(task).noted_reason())).await
}

/// What the log begins with. Without it the log would be numbered otherwise than before: trouble is waited out.
async fn notes_for_log(tools: &Tools, task: &TaskId) -> Vec<(Timestamp, String)> {
    let mut backoff = Backoff::new();
    loop {
        match tools.dirs.of(task).notes_for_log() {
            Ok(notes) => return notes,
            Err(error) => tracing::warn!("what task {task} is told cannot be read: {error}"),
        }
        tokio::time::sleep(backoff.next()).await;
    }
}

/// The container's end; none where it was removed from outside.
async fn end(tools: &Tools, task: &TaskId) -> Option<Phase> {
    loop {
        if let Err(refusal) = tools.docker.wait(task).await {
            tracing::warn!("Docker does not wait for task {task}: {refusal}");
        }
        match tools.docker.find(task).await {
            Ok(Some(phase @ Phase::Exited { .. })) => return Some(phase),
            Ok(None) => return None,
            // Somebody restarted it from outside, or Docker is confused.
            Ok(Some(_)) | Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
}

/// `reason`: why it was told to stop, where nobody ordered it.
fn report(end: Option<Phase>, first: Option<LogEntry>, reason: Option<String>) -> Status {
    let Some(Phase::Exited { started_at, ended_at, code, out_of_memory }) = end else {
        return Status::CouldNotStart(wire::CouldNotStart { reason: GONE.into() });
    };
    let by_init = matches!(code, CANNOT_RUN | NOT_FOUND);
    if let Some(reason) = first.as_ref().filter(|_| by_init).and_then(not_run) {
        return Status::CouldNotStart(wire::CouldNotStart { reason });
    }
    let detail = match reason {
        Some(reason) => reason,
        None if out_of_memory && code != 0 => "out of memory".into(),
        None => String::new(),
    };
    Status::Exited(wire::Exited {
        started_at: Some(timestamp(started_at)),
        ended_at: Some(timestamp(ended_at)),
        exit_code: code,
        detail,
    })
}

/// What a shell, and Docker's init, exit with for a program that cannot be run (POSIX, 2.8.2).
const CANNOT_RUN: i32 = 126;
const NOT_FOUND: i32 = 127;

/// Docker's init, which is the container's first process, could not run the program: to Docker it looks like a
/// program that failed. The init says so in the first entry of the log.
fn not_run(first: &LogEntry) -> Option<String> {
    let text = std::str::from_utf8(&first.data).ok()?.strip_prefix("[FATAL tini (")?;
    let (_, text) = text.split_once(")] ")?;
    let (program, problem) = text.trim_end().strip_prefix("exec ")?.rsplit_once(" failed: ")?;
    Some(format!("cannot run {program:?}: {problem} in the task's image"))
}

/// Tells the master that it runs, once in each session: one that lost the agent may think the task lost.
async fn report_running(tools: &Tools, task: &TaskId) -> Outcome {
    let mut session = tools.master.session();
    loop {
        session.mark_unchanged();
        if let Ok(Some(Phase::Running { started_at })) = tools.docker.find(task).await {
            let running = wire::Running { started_at: Some(timestamp(started_at)) };
            match tools.master.report(task, Status::Running(running)).await {
                wire::Verdict::Unknown => return Outcome::Disowned,
                // What runs is stopped by an order, and by nothing else.
                wire::Verdict::Keep | wire::Verdict::Remove | wire::Verdict::Unspecified => {}
            }
        }
        let _ = session.changed().await;
    }
}

/// When ordered to stop, or when its time is over: SIGTERM, and SIGKILL after the grace period, each once, whatever the
/// number of orders and of agent processes.
async fn stop(tools: &Tools, task: &TaskId, orders: watch::Receiver<Order>) -> Infallible {
    let (grace, over) = tokio::select! {
        biased;
        grace = ordered(orders) => (grace, None),
        limit = overtime(tools, task) => (limit.stop_grace, Some(limit.max_run_time)),
    };
    let dir = tools.dirs.of(task);
    let kill_at = match dir.noted_stop() {
        Some(kill_at) => kill_at,
        None => {
            if let Some(max_run_time) = over {
                let reason = format!("stopped after max_run_time ({})", run_time::words(max_run_time));
                tracing::info!("task {task} is {reason}");
                // Before the signal: the end may come at once, and to another process.
                if let Err(error) = dir.note_reason(&reason) {
                    tracing::warn!("cannot note why task {task} is told to stop: {error}");
                }
            }
            kill(tools, task, "SIGTERM").await;
            let kill_at = Timestamp::now()
                .saturating_add(SignedDuration::try_from(grace).unwrap_or_default())
                .unwrap_or(Timestamp::MAX);
            // After the signal: a process that dies in between makes a second SIGTERM, not a SIGKILL without one.
            if let Err(error) = dir.note_stop(kill_at) {
                tracing::warn!("cannot note that task {task} was told to stop: {error}");
            }
            kill_at
        }
    };
    let left = kill_at.duration_since(Timestamp::now()).try_into().unwrap_or_default();
    // The clock may have been set meanwhile.
    tokio::time::sleep(grace.min(left)).await;
    kill(tools, task, "SIGKILL").await;
    pending().await
}

/// Waits for the order to stop, and answers the time between SIGTERM and SIGKILL.
async fn ordered(mut orders: watch::Receiver<Order>) -> Duration {
    loop {
        if let Order::Stop(grace) = *orders.borrow_and_update() {
            return grace;
        }
        if orders.changed().await.is_err() {
            pending::<()>().await;
        }
    }
}

/// A timer of tokio takes two years at most.
const LONGEST_SLEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// Waits until the container has run for as long as it may.
async fn overtime(tools: &Tools, task: &TaskId) -> Limit {
    let limited = match tools.docker.find_limited(task).await {
        Ok(Some(limited)) => limited,
        Ok(None) => return pending().await,
        Err(refusal) => {
            tracing::warn!("how long task {task} may run is not known: {refusal}");
            return pending().await;
        }
    };
    let left = limited.limit.max_run_time.saturating_sub(run_time::age(&limited));
    // Monotonic from here on.
    let Some(over) = Instant::now().checked_add(left) else { return pending().await };
    while Instant::now() < over {
        sleep_until(over.min(Instant::now() + LONGEST_SLEEP)).await;
    }
    limited.limit
}

async fn kill(tools: &Tools, task: &TaskId, signal: &str) {
    if let Err(refusal) = tools.docker.kill(task, signal).await {
        tracing::warn!("Docker does not send {signal} to task {task}: {refusal}");
    }
}

fn timestamp(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() }
}
