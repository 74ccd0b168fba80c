//! Follows a container that was started to its end: log, reports, the order to stop, the time it may take. Its end is
//! reported when the master has its log, and nothing of it is removed before the master has its end.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use jiff::Timestamp;
use nix::errno::Errno;
use nix::sys::signal::Signal;
use pedl_init::Note;
use pedl_proto::agent::v1 as wire;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use wire::task_report::Status;

use super::standing::ended;
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
    let (end, ()) = tokio::select! {
        both = async { tokio::join!(end, log) } => both,
        outcome = report_running(tools, task) => return outcome,
        never = stop(tools, task, orders) => match never {},
    };
    tools.settle(task, report(tools, task, end).await).await
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
        match tools.find(task).await {
            Ok(Some(phase @ Phase::Exited { .. })) => return Some(phase),
            Ok(None) => return None,
            // Somebody restarted it from outside, or Docker is confused.
            Ok(Some(_)) | Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
}

/// What the master is told of an end; none: there is no container. Why it was told to stop, where nobody ordered it, was noted.
pub async fn report(tools: &Tools, task: &TaskId, end: Option<Phase>) -> Status {
    let could_not_start = |reason| Status::CouldNotStart(wire::CouldNotStart { reason });
    let dir = tools.dirs.of(task);
    let note = dir.noted();
    let Some(Phase::Exited { started_at, ended_at, code, out_of_memory }) = end.or_else(|| ended(note?)) else {
        return could_not_start(GONE.into());
    };
    match note {
        Some(Note::Unable { errno }) => return could_not_start(unable(tools, task, errno).await),
        Some(Note::Blank) => return could_not_start(NEVER_BEGAN.into()),
        Some(Note::Began { .. } | Note::Ended { .. }) | None => {}
    }
    let detail = match dir.noted_reason() {
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

/// Its container ran, and its program did not: Docker ended it, or its first process did and told why.
const NEVER_BEGAN: &str = "its container was ended before its program began: its log may say why";

async fn unable(tools: &Tools, task: &TaskId, errno: i32) -> String {
    let program = match tools.docker.program(task).await {
        Ok(program) => program.unwrap_or_default(),
        Err(_) => String::new(),
    };
    format!("cannot run {program:?}: {} in the task's image", Errno::from_raw(errno).desc())
}

/// Tells the master that it runs, once in each session: one that lost the agent may think the task lost.
async fn report_running(tools: &Tools, task: &TaskId) -> Outcome {
    let mut session = tools.master.session();
    loop {
        session.mark_unchanged();
        if let Ok(Some(Phase::Running { started_at })) = tools.find(task).await {
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
            kill(tools, task, Signal::SIGTERM).await;
            let kill_at = run_time::uptime().saturating_add(grace);
            // After the signal: a process that dies in between makes a second SIGTERM, not a SIGKILL without one.
            if let Err(error) = dir.note_stop(kill_at) {
                tracing::warn!("cannot note that task {task} was told to stop: {error}");
            }
            kill_at
        }
    };
    tokio::time::sleep(kill_at.saturating_sub(run_time::uptime())).await;
    kill(tools, task, Signal::SIGKILL).await;
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
    let mut backoff = Backoff::new();
    let limited = loop {
        match tools.docker.find_limited(task).await {
            Ok(Some(limited)) => break limited,
            Ok(None) => return pending().await,
            Err(refusal) => tracing::warn!("how long task {task} may run is not known yet: {refusal}"),
        }
        tokio::time::sleep(backoff.next()).await;
    };
    let left = limited.limit.max_run_time.saturating_sub(run_time::age(&limited));
    // Monotonic from here on.
    let Some(over) = Instant::now().checked_add(left) else { return pending().await };
    while Instant::now() < over {
        sleep_until(over.min(Instant::now() + LONGEST_SLEEP)).await;
    }
    limited.limit
}

async fn kill(tools: &Tools, task: &TaskId, signal: Signal) {
    if let Err(refusal) = tools.docker.kill(task, signal).await {
        tracing::warn!("Docker does not send {signal} to task {task}: {refusal}");
    }
}

fn timestamp(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() }
}
