//! A task's life on a simulated agent: it runs, is logged, and ends, each on the master's record before the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use pedl_proto::agent::v1 as wire;
use tokio::sync::watch;
use tonic::Code;
use wire::task_report::Status;

use super::agent::Agent;
use super::ledger::Ended;
use super::program::Program;

/// Lines of a log in one call at most.
const BATCH: u32 = 500;

/// What a program that is stopped exits with: 128 and SIGTERM's number.
const STOPPED: i32 = 143;

/// A task that an agent has, or had.
pub(super) struct Task {
    id: String,
    asset_id: i64,
    program: Program,
    told: Instant,
    stop: watch::Sender<bool>,
    settled: AtomicBool,
}

impl Task {
    pub fn new(assignment: wire::Assignment) -> Self {
        let stop = assignment.action() == wire::Action::Stop;
        Self {
            id: assignment.task_id,
            asset_id: assignment.asset_id,
            program: Program::parse(&assignment.argv),
            told: Instant::now(),
            stop: watch::Sender::new(stop),
            settled: AtomicBool::new(false),
        }
    }

    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Whether its end is on record.
    pub fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire)
    }
}

pub(super) async fn live(agent: Arc<Agent>, task: Arc<Task>) {
    let stop_before_start = *task.stop.borrow();
    let end = if stop_before_start {
        let reason = "it was killed before it was started";
        Status::CouldNotStart(wire::CouldNotStart { reason: reason.into() })
    } else {
        run(&agent, &task).await
    };
    let mut session = agent.session();
    loop {
        session.mark_unchanged();
        if report(&agent, &task, end.clone()).await == wire::Verdict::Remove {
            break;
        }
        // The master has not taken the end, or does not know the task. It may in another session.
        drop(session.changed().await);
    }
    task.settled.store(true, Ordering::Release);
    agent.ledger.end(Ended { asset_id: task.asset_id, told: task.told, ended: Instant::now() });
}

/// Answers how the container ended. Its time begins when the master has it on record as running.
async fn run(agent: &Agent, task: &Task) -> Status {
    let started_at = SystemTime::now();
    let running = Status::Running(wire::Running { started_at: Some(started_at.into()) });
    let mut session = agent.session();
    session.mark_unchanged();
    report(agent, task, running.clone()).await;
    let Program { run_for, exit_code, lines } = task.program;
    let half = append(agent, task, 0, lines / 2).await;
    let mut stop = task.stop.subscribe();
    let stopped = tokio::select! {
        () = tokio::time::sleep(run_for) => false,
        _ = stop.wait_for(|stop| *stop) => true,
        // Once in each session: a master that lost the agent may think the task lost.
        () = report_again(agent, task, session, running) => false,
    };
    append(agent, task, half, lines).await;
    Status::Exited(wire::Exited {
        started_at: Some(started_at.into()),
        ended_at: Some(SystemTime::now().into()),
        exit_code: if stopped { STOPPED } else { exit_code },
        detail: String::new(),
    })
}

async fn report_again(agent: &Agent, task: &Task, mut session: watch::Receiver<Option<usize>>, running: Status) {
    while session.changed().await.is_ok() {
        if session.borrow_and_update().is_some() {
            report(agent, task, running.clone()).await;
        }
    }
}

/// Sends the entries from one number to another, and answers up to where the master has them.
async fn append(agent: &Agent, task: &Task, from: u32, to: u32) -> u32 {
    let mut next = from;
    while next < to {
        let entries = (next..to.min(next + BATCH)).map(Program::entry).collect();
        let message = wire::AppendLogsRequest { task_id: task.id.clone(), entries };
        let answer = agent.patiently(message, |mut client, request| async move { client.append_logs(request).await });
        next = match answer.await {
            Ok(answer) => u32::try_from(answer.next_offset).expect("the master has no more than was sent"),
            // A gap: the master is another, or has lost something.
            Err(status) if status.code() == Code::FailedPrecondition => 0,
            Err(status) => {
                eprintln!("the log of task {} is refused: {status}", task.id);
                return to;
            }
        };
    }
    next
}

/// Reports what became of a task, and waits until that is on record.
async fn report(agent: &Agent, task: &Task, status: Status) -> wire::Verdict {
    let report = wire::TaskReport { task_id: task.id.clone(), status: Some(status) };
    let message = wire::ReportTasksRequest { reports: vec![report] };
    loop {
        let answer = agent
            .patiently(message.clone(), |mut client, request| async move { client.report_tasks(request).await })
            .await;
        match answer.map(|answer| answer.verdicts.first().copied()) {
            Ok(verdict) => {
                let verdict = wire::Verdict::try_from(verdict.unwrap_or_default()).unwrap_or_default();
                if verdict == wire::Verdict::Unknown {
                    agent.ledger.unknown.fetch_add(1, Ordering::Relaxed);
                }
                return verdict;
            }
            Err(status) => eprintln!("the report of task {} is refused: {status}", task.id),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
