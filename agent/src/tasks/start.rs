//! Makes a task's container and starts it: once in all, whatever breaks meanwhile.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::{Gid, Group};
use pedl_init::Note;
use pedl_proto::agent::v1 as wire;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{GONE, Order, Outcome, Tools};
use crate::assignment::{TaskId, TaskSpec};
use crate::backoff::Backoff;
use crate::bind_mounts::{self, Place};
use crate::config::Capability;
use crate::docker::{ContainerPlan, Image, Mount, Phase, PullFailure, Refusal, StartAnswer};
use crate::identity::ImageFiles;
use crate::images;
use crate::init;
use crate::isolation;

/// How long a start that was sent may take to show. dockerd takes up a request within milliseconds of reading it, and
/// answers nothing else about the container until it is done.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// How long the names of groups may take.
const NAMED_WITHIN: Duration = Duration::from_secs(2);

/// Why a task will not start.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the assignment cannot be understood: {0}")]
    Spec(String),
    #[error(transparent)]
    Mount(#[from] bind_mounts::Error),
    #[error(
        "capability {capability} is not allowed on agent {agent}: leave it out of add_capabilities, or ask the administrator for it in allow_capabilities of the agent's agent.yaml"
    )]
    Capability { agent: String, capability: Capability },
    #[error(transparent)]
    Isolation(#[from] isolation::Error),
    #[error(transparent)]
    Pull(#[from] PullFailure),
    #[error("agent {agent} cannot prepare the home and user of the task: {source}")]
    Prepare { agent: String, source: io::Error },
    #[error("agent {agent} cannot read image {image}: {source}")]
    Image { agent: String, image: String, source: images::Error },
    #[error("Docker on agent {agent} cannot make the container: {refusal}")]
    Create { agent: String, refusal: Refusal },
    #[error("cannot run {program:?} in image {image}: {refusal}")]
    Start { program: String, image: String, refusal: Refusal },
    #[error("{GONE}")]
    Removed,
    #[error(
        "the machine went down while Docker started the task, which may have run: see what it has done, and run it again if it has not"
    )]
    MayHaveRun,
}

/// Starts a task whose container is absent, or was made and never started. `created` says which.
pub async fn start(
    tools: &Tools,
    task: &TaskId,
    spec: Result<Arc<TaskSpec>, String>,
    gpus: Vec<String>,
    created: bool,
    orders: watch::Receiver<Order>,
) -> Outcome {
    if let Some(end) = tools.ends.find(task) {
        tracing::warn!("task {task} has ended here before: the master, which does not know it any more, is told again");
        return tools.settle(task, end).await;
    }
    let spec = match spec {
        Ok(spec) => spec,
        Err(message) => return Outcome::Refused(Error::Spec(message).to_string()),
    };
    let start = Start { tools, task, spec: &spec, orders };
    start.run(gpus, created).await.unwrap_or_else(|error| {
        // The master may take long to hear of it.
        tools.dirs.of(task).unmount();
        Outcome::Refused(error.to_string())
    })
}

struct Start<'a> {
    tools: &'a Tools,
    task: &'a TaskId,
    spec: &'a TaskSpec,
    orders: watch::Receiver<Order>,
}

impl Start<'_> {
    async fn run(mut self, gpus: Vec<String>, mut created: bool) -> Result<Outcome, Error> {
        let mut backoff = Backoff::new();
        loop {
            if self.tools.dirs.of(self.task).start_noted() {
                if let Some(outcome) = self.settle().await? {
                    return Ok(outcome);
                }
                self.clear().await?;
                created = false;
            }
            if created {
                self.stage_again().await?;
            } else {
                let Some(image) = self.image().await? else {
                    return Ok(Outcome::Aborted { created: false });
                };
                match self.make(&image, gpus.clone()).await? {
                    Phase::Created => {}
                    Phase::Running { .. } | Phase::Exited { .. } => return Ok(Outcome::Started),
                }
            }
            if let Some(outcome) = self.send().await? {
                return Ok(outcome);
            }
            tokio::time::sleep(backoff.next()).await;
        }
    }

    fn aborted(&self) -> bool {
        *self.orders.borrow() != Order::GoOn
    }

    /// The image, which is pulled where it is absent. None: the pull was given up as ordered.
    async fn image(&mut self) -> Result<Option<Image>, Error> {
        let image = &self.spec.image;
        if let Some(found) = self.find_image().await? {
            return Ok(Some(found));
        }
        tracing::info!("task {} needs image {image}: pulling it", self.task);
        tokio::select! {
            pulled = self.tools.docker.pull(image) => pulled?,
            () = report_starting(self.tools, self.task, format!("pulling image {image}")) => {}
            _ = self.orders.wait_for(|order| *order != Order::GoOn) => return Ok(None),
        }
        match self.find_image().await? {
            Some(found) => Ok(Some(found)),
            None => Err(self.no_image(Refusal::NotFound("it was removed right after it was pulled".into()))),
        }
    }

    async fn find_image(&self) -> Result<Option<Image>, Error> {
        self.tools.docker.find_image(&self.spec.image).await.map_err(|refusal| self.no_image(refusal))
    }

    /// Makes the container, and all that it needs. This is not broken off: a request that was sent may still be carried
    /// out, and a container that nobody awaits would stay.
    async fn make(&self, image: &Image, gpus: Vec<String>) -> Result<Phase, Error> {
        let Self { tools, task, spec, .. } = self;
        let agent = || tools.docker.agent().to_owned();
        let allowed = |capability: &&Capability| tools.allow_capabilities.contains(capability);
        if let Some(capability) = spec.add_capabilities.iter().find(|capability| !allowed(capability)) {
            return Err(Error::Capability { agent: agent(), capability: capability.clone() });
        }
        let _turn = tools.starts.acquire().await.expect("nobody closes it");
        let files = tools.images.get(&tools.docker, &image.id).await;
        let files = files.map_err(|error| self.no_image(error))?;
        let mounts = self.mount(&files, image).await?;
        let plan = ContainerPlan {
            task: (*task).clone(),
            asset_id: spec.asset_id,
            image_id: image.id.clone(),
            user: spec.run_as.ids(),
            groups: spec.run_as.supplementary_gids.clone(),
            argv: init::command_line(spec),
            environment: spec.environment(),
            mounts,
            work_dir: self.work_dir().to_string_lossy().into_owned(),
            shm_size: spec.shm_size,
            memory: spec.memory,
            cpus: spec.cpus,
            capabilities: spec.add_capabilities.clone(),
            read_only_root: spec.read_only_root,
            gpus,
            limit: spec.limit,
        };
        tools.docker.create(plan).await.map_err(|refusal| Error::Create { agent: agent(), refusal })
    }

    fn work_dir(&self) -> PathBuf {
        // As Docker will read it: what is looked at here is what will be made.
        self.spec.work_dir.as_ref().map_or_else(|| self.spec.run_as.home(), |dir| bind_mounts::normal(Path::new(dir)))
    }

    /// Makes PEDL's own files and the member's bind mounts ready on this machine.
    async fn mount(&self, files: &ImageFiles, image: &Image) -> Result<Vec<Mount>, Error> {
        let groups = names_of_groups(self.spec.run_as.supplementary_gids.clone()).await;
        let dir = self.tools.dirs.of(self.task);
        let mut own = dir.prepare(&self.spec.run_as, files, &groups).map_err(|source| self.unprepared(source))?;
        own.extend(self.tools.init.mounts(&dir.init()));
        let binds = self.stage(&own, Some(image)).await?;
        Ok(own.into_iter().chain(binds).collect())
    }

    /// Without an image, names in the container are taken as they are written.
    async fn stage(&self, own: &[Mount], image: Option<&Image>) -> Result<Vec<Mount>, Error> {
        let Self { tools, task, spec, .. } = self;
        let dir = tools.dirs.of(task);
        let (mut own, mut binds, work_dir) = (own.to_vec(), spec.bind_mounts.clone(), self.work_dir());
        let absolute = |path: &str| text(&bind_mounts::below(&work_dir, path));
        binds.iter_mut().for_each(|bind| bind.container_path = absolute(&bind.container_path));
        // Where Docker would make directories, in an image or in what is mounted over it.
        let volumes = image.map_or(&[][..], |image| &image.volumes);
        let mut inside: Vec<_> = volumes.iter().map(|volume| bind_mounts::normal(volume)).chain([work_dir]).collect();
        if let Some(image) = image.filter(|_| !binds.is_empty()) {
            let targets = own.iter().map(|mount| mount.target.clone());
            let paths = targets.chain(binds.iter().map(|bind| (&bind.container_path).into())).chain(inside.clone());
            let resolved = tools.images.resolve(&tools.docker, &image.id, paths.collect()).await;
            let mut resolved = resolved.map_err(|error| self.no_image(error))?.into_iter();
            own.iter_mut().zip(&mut resolved).for_each(|(mount, path)| mount.target = path);
            binds.iter_mut().zip(&mut resolved).for_each(|(bind, path)| bind.container_path = text(&path));
            inside.iter_mut().zip(&mut resolved).for_each(|(inside, path)| *inside = path);
        }
        let place = Place { task_dir: dir.path(), inside: &inside, own: &own };
        let staged = tools.bind_mounts.stage(&place, &spec.run_as, &binds).await?;
        dir.note_for_log(&staged.notes).map_err(|source| self.unprepared(source))?;
        Ok(staged.mounts)
    }

    /// The container is there, and the machine may have been started anew since, without its mounts: the container would
    /// be given the empty places where they were.
    async fn stage_again(&self) -> Result<(), Error> {
        self.stage(&[], None).await.map(drop)
    }

    /// Sends the start, once. None: no answer came, and it is to be found out what became of it.
    async fn send(&self) -> Result<Option<Outcome>, Error> {
        if self.aborted() {
            return Ok(Some(Outcome::Aborted { created: true }));
        }
        isolation::ensure(&self.tools.docker).await?;
        let note = self.tools.dirs.of(self.task).note_start();
        note.map_err(|source| self.unprepared(source))?;
        match self.tools.docker.start_once(self.task).await {
            StartAnswer::Started => Ok(Some(Outcome::Started)),
            StartAnswer::Refused(refusal) => Err(self.cannot_run(refusal)),
            StartAnswer::Unknown(message) => {
                tracing::warn!(
                    "the start of task {} was not carried out, or not answered ({message}): looking what became of it",
                    self.task
                );
                let (master, task) = (self.tools.master.clone(), self.task.clone());
                let detail = format!("Docker did not start it ({message}): trying until it does");
                let starting = wire::task_report::Status::Starting(wire::Starting { detail });
                // The master may be away.
                tokio::spawn(async move { master.report(&task, starting).await });
                Ok(None)
            }
        }
    }

    /// Removes a container whose start was broken off before its program began. Docker does not start such a one well:
    /// it may refuse to for ever, or write down each line of its log twice (20.10).
    async fn clear(&self) -> Result<(), Error> {
        let docker = &self.tools.docker;
        let cleared = async {
            docker.end_broken_start(self.task).await?;
            docker.remove(self.task).await
        };
        cleared.await.map_err(|refusal| self.cannot_run(refusal))?;
        // Last: where it was not broken off after all, the start is looked for.
        self.tools.dirs.of(self.task).forget_start().map_err(|source| self.unprepared(source))
    }

    /// What became of a start that was sent, or was about to be. None: nothing, and it may be sent.
    async fn settle(&self) -> Result<Option<Outcome>, Error> {
        let dir = self.tools.dirs.of(self.task);
        match settled(self.tools, self.task).await.map_err(|refusal| self.cannot_run(refusal))? {
            // A process before this one removed it to make it anew.
            None if dir.noted() == Some(Note::Blank) => Ok(None),
            None => Err(Error::Removed),
            Some(phase) if phase.has_started() => Ok(Some(Outcome::Started)),
            Some(_) if dir.start_noted_before_boot() && self.may_have_run().await? => Err(Error::MayHaveRun),
            Some(_) => Ok(None),
        }
    }

    async fn may_have_run(&self) -> Result<bool, Error> {
        self.tools.docker.may_have_run(self.task).await.map_err(|refusal| self.cannot_run(refusal))
    }

    fn unprepared(&self, source: io::Error) -> Error {
        Error::Prepare { agent: self.tools.docker.agent().into(), source }
    }

    fn no_image(&self, source: impl Into<images::Error>) -> Error {
        Error::Image { agent: self.tools.docker.agent().into(), image: self.spec.image.clone(), source: source.into() }
    }

    fn cannot_run(&self, refusal: Refusal) -> Error {
        let program = self.spec.argv.first().cloned().unwrap_or_default();
        Error::Start { program, image: self.spec.image.clone(), refusal }
    }
}

/// All of it came as text.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Finds out what became of a start that this process or one before it sent, or was about to send. None: there is no
/// container.
///
/// A start that is still under way in dockerd must not be sent again: the program could end between the two, and
/// Docker would run it a second time.
pub async fn settled(tools: &Tools, task: &TaskId) -> Result<Option<Phase>, Refusal> {
    let deadline = Instant::now() + SETTLED_AFTER;
    loop {
        match tools.find(task).await? {
            Some(Phase::Created) if Instant::now() < deadline => tokio::time::sleep(SETTLED_AFTER / 12).await,
            phase => return Ok(phase),
        }
    }
}

/// What this machine calls groups, as far as it says so soon: their names may be with a server that is away.
async fn names_of_groups(gids: Vec<u32>) -> BTreeMap<u32, String> {
    let name = |gid: u32| Some((gid, Group::from_gid(Gid::from_raw(gid)).ok()??.name));
    if gids.is_empty() {
        return BTreeMap::new();
    }
    let look = tokio::task::spawn_blocking(move || gids.into_iter().filter_map(name).collect());
    tokio::time::timeout(NAMED_WITHIN, look).await.ok().and_then(Result::ok).unwrap_or_default()
}

/// Tells the master what takes time; does not return, since what takes time goes on.
async fn report_starting(tools: &Tools, task: &TaskId, detail: String) {
    tools.master.report(task, wire::task_report::Status::Starting(wire::Starting { detail })).await;
    std::future::pending().await
}
