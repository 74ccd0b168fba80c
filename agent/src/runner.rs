//! The loop around `reconcile`: it takes sets and the ends of jobs, and starts jobs. What a job does is in `tasks`.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

use pedl_proto::agent::v1 as wire;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::assignment::{Assignment, DesiredSet, TaskId};
use crate::docker::{Found, Refusal, Stage};
use crate::reconcile::{Action, Actual, reconcile};
use crate::slots::Offer;
use crate::tasks::{GONE, Order, Outcome, Tools, follow, refuse, start};

/// Keeps the machine's containers as the master wants them.
#[derive(Debug)]
pub struct Runner {
    tools: Arc<Tools>,
    offer: Offer,
    desired: Option<Arc<DesiredSet>>,
    tasks: BTreeMap<TaskId, Task>,
    jobs: JoinSet<(TaskId, Outcome)>,
    /// The tasks that were logged as unknown to the master.
    warned: BTreeSet<TaskId>,
    /// The tasks that the master was told wait for GPUs.
    waiting: BTreeSet<TaskId>,
}

/// A task that the agent knows of.
#[derive(Debug)]
struct Task {
    actual: Actual,
    /// To the job that is at work on it.
    orders: watch::Sender<Order>,
    /// The GPUs that it holds.
    gpus: Vec<String>,
}

impl Task {
    fn new(actual: Actual, gpus: Vec<String>) -> Self {
        Self { actual, orders: watch::Sender::new(Order::GoOn), gpus }
    }
}

impl Runner {
    /// Takes stock of the containers that an earlier process left.
    pub async fn new(tools: Arc<Tools>, offer: Offer) -> Result<Self, Refusal> {
        let mut tasks = BTreeMap::new();
        for Found { task, id, stage, gpus } in tools.docker.list().await? {
            match (task, stage) {
                // Its end is on record, or somebody else removes it. Nobody waits: Docker may fail for as long as something
                // else holds the container's files.
                (_, Stage::Leaving) => {
                    let tools = tools.clone();
                    tokio::spawn(async move { remove(&tools, &id).await });
                }
                (Some(task), Stage::Created) => drop(tasks.insert(task, Task::new(Actual::Created, gpus))),
                (Some(task), Stage::Started) => drop(tasks.insert(task, Task::new(Actual::Started, gpus))),
                (Some(task), Stage::Ended) => drop(tasks.insert(task, Task::new(Actual::Started, vec![]))),
                // It was made to read an image's files, by a process that did not come to remove it.
                (None, Stage::Created) => remove(&tools, &id).await,
                (None, Stage::Started | Stage::Ended) => {}
            }
        }
        // Not those of containers: a start may be under way.
        for task in tools.dirs.list().into_iter().filter(|task| !tasks.contains_key(task)) {
            tools.dirs.of(&task).unmount();
        }
        if !tasks.is_empty() {
            tracing::info!("found {} containers of earlier", tasks.len());
        }
        let (jobs, warned, waiting) = Default::default();
        Ok(Self { tools, offer, desired: None, tasks, jobs, warned, waiting })
    }

    /// Runs for ever.
    pub async fn run(mut self, mut sets: watch::Receiver<Option<Arc<DesiredSet>>>) -> Infallible {
        let mut session = self.tools.master.session();
        loop {
            while self.step() {}
            tokio::select! {
                Ok(()) = sets.changed() => {
                    let desired = sets.borrow_and_update().clone();
                    self.take(desired).await;
                }
                Ok(()) = session.changed() => self.own_again(),
                Some(ended) = self.jobs.join_next() => {
                    // A panic is a fault: the next process finds everything as it is.
                    let (task, outcome) = ended.expect("a job does not panic and is not aborted");
                    self.note(task, outcome);
                }
            }
        }
    }

    async fn take(&mut self, desired: Option<Arc<DesiredSet>>) {
        let first = self.desired.is_none();
        self.desired = desired;
        if first {
            self.sweep().await;
        }
    }

    /// Removes directories of tasks that have no container and are not wanted.
    async fn sweep(&self) {
        let Some(desired) = &self.desired else { return };
        for task in self.tools.dirs.list() {
            if !self.tasks.contains_key(&task) && !desired.tasks.contains_key(&task) {
                self.tools.dirs.of(&task).remove().await;
            }
        }
    }

    /// In a new session the master may know what it did not know in the one before.
    fn own_again(&mut self) {
        for task in self.tasks.values_mut().filter(|task| task.actual == Actual::Disowned) {
            task.actual = Actual::Started;
        }
    }

    /// Does what is to be done now; answers whether that may have brought more to do.
    fn step(&mut self) -> bool {
        let desired = self.desired.clone();
        let wants = desired.as_ref().map(|set| set.tasks.iter().map(|(id, task)| (id.clone(), task.want)).collect());
        let actual = self.tasks.iter().map(|(id, task)| (id.clone(), task.actual)).collect();
        let mut changed = false;
        for (task, action) in reconcile(wants.as_ref(), &actual) {
            let assignment = desired.as_ref().and_then(|set| set.tasks.get(&task));
            changed |= self.act(task, action, assignment);
        }
        changed
    }

    /// Answers whether it changed what is there.
    fn act(&mut self, id: TaskId, action: Action, assignment: Option<&Assignment>) -> bool {
        let grace = assignment.map_or_else(Default::default, |assignment| assignment.stop_grace);
        match action {
            Action::Start => return assignment.is_some_and(|assignment| self.start(id, assignment)),
            Action::Follow => self.follow(id, false),
            Action::Abort => self.order(&id, Actual::Aborting, Order::Stop(grace)),
            Action::Stop => self.order(&id, Actual::Stopping, Order::Stop(grace)),
            Action::RefuseKilled => self.refuse(id, "killed before it started".into()),
            Action::RefuseGivenUp => self.refuse(id, "given up before it started".into()),
            Action::RefuseGone => self.refuse(id, GONE.into()),
            Action::Forget => drop(self.tasks.remove(&id)),
        }
        true
    }

    fn start(&mut self, id: TaskId, assignment: &Assignment) -> bool {
        let known = self.tasks.get(&id);
        let created = known.is_some();
        let slots = assignment.spec.as_ref().map_or(0, |spec| spec.slots);
        let picked = match known {
            // Its container was made with them.
            Some(task) => Some(task.gpus.clone()),
            None => self.offer.pick(slots, self.tasks.values().flat_map(|task| &task.gpus)),
        };
        let Some(gpus) = picked else {
            self.wait_for_gpus(id, slots);
            return false;
        };
        self.waiting.remove(&id);
        let task = Task::new(Actual::Starting, gpus.clone());
        let (tools, spec, orders) = (self.tools.clone(), assignment.spec.clone(), task.orders.subscribe());
        self.tasks.insert(id.clone(), task);
        self.jobs.spawn(async move {
            let outcome = start(&tools, &id, spec, gpus, created, orders).await;
            (id, outcome)
        });
        true
    }

    /// The master counts them as free, so what holds them is about to end, or is a container that the master does not know.
    fn wait_for_gpus(&mut self, id: TaskId, slots: usize) {
        if self.waiting.insert(id.clone()) {
            tracing::warn!("task {id} waits for {slots} free GPUs");
            let tools = self.tools.clone();
            let detail = format!("waiting for {slots} free GPUs on agent {}", tools.docker.agent());
            let starting = wire::task_report::Status::Starting(wire::Starting { detail });
            tokio::spawn(async move { tools.master.report(&id, starting).await });
        }
    }

    fn follow(&mut self, id: TaskId, fresh: bool) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.actual = Actual::Followed;
        task.orders = watch::Sender::new(Order::GoOn);
        let (tools, orders) = (self.tools.clone(), task.orders.subscribe());
        self.jobs.spawn(async move {
            let outcome = follow(&tools, &id, fresh, orders).await;
            (id, outcome)
        });
    }

    fn order(&mut self, id: &TaskId, actual: Actual, order: Order) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.actual = actual;
            task.orders.send_replace(order);
        }
    }

    fn refuse(&mut self, id: TaskId, reason: String) {
        let task = self.tasks.entry(id.clone()).or_insert_with(|| Task::new(Actual::Refused, vec![]));
        task.actual = Actual::Refused;
        let tools = self.tools.clone();
        self.jobs.spawn(async move {
            let outcome = refuse(&tools, &id, reason).await;
            (id, outcome)
        });
    }

    /// Notes how a job ended.
    fn note(&mut self, id: TaskId, outcome: Outcome) {
        match outcome {
            Outcome::Started => self.follow(id, true),
            Outcome::Refused(reason) => self.refuse(id, reason),
            Outcome::Aborted { created: true } => self.set(&id, Actual::Created),
            Outcome::Aborted { created: false } => drop(self.tasks.remove(&id)),
            Outcome::Settled => {
                self.set(&id, Actual::Settled);
                self.tasks.entry(id.clone()).and_modify(|task| task.gpus.clear());
                // Nobody waits for it: the next task may have what this one had.
                let tools = self.tools.clone();
                tokio::spawn(async move { tools.clear_away(&id).await });
            }
            Outcome::Disowned => {
                self.set(&id, Actual::Disowned);
                if self.warned.insert(id.clone()) {
                    tracing::warn!("the master does not know task {id}: its container pedl-{id} is left alone");
                }
            }
        }
    }

    fn set(&mut self, id: &TaskId, actual: Actual) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.actual = actual;
        }
    }
}

async fn remove(tools: &Tools, id: &str) {
    if let Err(refusal) = tools.docker.remove_by_id(id).await {
        tracing::warn!("container {id} stays: {refusal}");
    }
}
