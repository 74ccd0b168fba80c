//! Bind mounts: a member gets at the files that their Unix user gets at on this machine, and at nothing else.
//!
//! Each path is opened as that user (`open`), judged by where it led (`policy`), cloned with flags of its own (`tree`)
//! and shown to Docker at a place of the agent's (`staging`). From the opening on nothing is looked up by name again.

mod namespace;
mod open;
mod plan;
mod policy;
pub mod staging;
mod tree;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::errno::Errno;
use pedl_proto::v1::BindMount;
use rustix::fs::{Mode, OFlags, ResolveFlags};

use crate::config::{Config, HostPath};
use crate::docker::{Docker, Mount, Propagation};
use crate::identity::RunAs;
use open::{Opened, open_as};
use plan::{BadWish, Wish, around, plan};
pub use plan::{below, normal};
use policy::{Policy, Rule};
use tree::Tree;

/// Makes bind mounts on this agent.
#[derive(Debug)]
pub struct BindMounts {
    agent: String,
    policy: Policy,
    /// Why Docker does not see the mounts that this process makes.
    apart: Option<String>,
}

/// Where bind mounts are to go.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The task's directory, for the staging.
    pub task_dir: &'a Path,
    /// Where Docker makes directories in the container, beside the places of mounts.
    pub inside: &'a [PathBuf],
    /// PEDL's own mounts.
    pub own: &'a [Mount],
}

/// Bind mounts, made.
#[derive(Debug, Default)]
pub struct Staged {
    /// What Docker is to mount.
    pub mounts: Vec<Mount>,
    /// What the member is to be told, a line each.
    pub notes: Vec<String>,
}

/// Why a task's bind mounts cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("bind mount for {user} (uid {uid}) on agent {agent}: {problem}")]
pub struct Error {
    /// Whose task it is.
    user: String,
    uid: u32,
    agent: String,
    problem: Problem,
}

/// What is wrong, and what to do.
#[derive(Debug, thiserror::Error)]
enum Problem {
    /// It cannot be made anywhere.
    #[error(transparent)]
    Wish(#[from] BadWish),
    /// Docker would see an empty directory instead.
    #[error(
        "the agent does not see the machine's mounts as its Docker does ({0}): its administrator must run it beside dockerd, in the same mount namespace"
    )]
    Apart(String),
    /// Nothing is ever created on the host.
    #[error("{} does not exist: create it there, or name another host_path", .0.display())]
    NoSource(PathBuf),
    /// The host itself keeps the user out.
    #[error("{} cannot be opened: {}: have its owner let this user in, or name another host_path", path.display(), why.desc())]
    NotTheirs { path: PathBuf, why: Errno },
    /// The policy says no.
    #[error("{}", refusal(path, opened, rule))]
    Refused { path: PathBuf, opened: PathBuf, rule: Rule },
    /// Docker would create it, as root.
    #[error("{} lies in the bind mount of {}, where it does not exist: create {}", inside.display(), source_dir.display(), missing.display())]
    NoMountPoint { inside: PathBuf, source_dir: PathBuf, missing: PathBuf },
    /// Nothing would ever come.
    #[error("{} lies on a mount that shares nothing, so propagation rslave would bring nothing: leave that out, or ask the administrator for `mount --make-rshared`", .0.display())]
    NotShared(PathBuf),
    /// The agent or the kernel is in trouble.
    #[error("the agent cannot mount {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

fn refusal(path: &Path, opened: &Path, rule: &Rule) -> String {
    let place = if path == opened {
        path.display().to_string()
    } else {
        format!("{}, which is {},", path.display(), opened.display())
    };
    let ask = "name another host_path, or ask the administrator to allow it in the agent's agent.yaml";
    match rule {
        Rule::Deny(denied) => format!("{place} is refused: bind_mounts.deny has {}: {ask}", denied.display()),
        Rule::Allow => format!("{place} is refused: bind_mounts.allow does not have it: {ask}"),
        Rule::Own(own) => {
            let (is, own) = (if opened.starts_with(own) { "is in" } else { "contains" }, own.display());
            format!("{place} is refused: it {is} {own}, which is the agent's or Docker's own: name another host_path")
        }
        Rule::NoPath => format!("{place} is refused: it is no file or directory: name another host_path"),
        Rule::Root => format!(
            "{place} is refused: tasks that run as root may have none (bind_mounts.allow_root): \
             ask the administrator to link your account with an agent user"
        ),
    }
}

/// The program as a helper of itself, where its arguments say so.
pub fn help(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut args = args.into_iter().skip(1);
    (args.next()? == open::ARGUMENT).then(|| open::help(args))
}

impl BindMounts {
    /// Settles what the configuration means on this machine. `data_dir` is the agent's.
    pub async fn new(config: &Config, data_dir: &Path, docker: &Docker) -> Self {
        let apart = namespace::shared_with(docker).await.err();
        if let Some(why) = &apart {
            tracing::warn!(
                "tasks with bind mounts will be refused: this agent does not see mounts as Docker does: {why}"
            );
        }
        let socket = config.docker.socket();
        let docker_root = docker.root_dir().await.map(PathBuf::from);
        // The file of the join token is, beside the master, in the master's directory.
        let token = Some(config.token_file.as_path()).filter(|file| file.is_absolute());
        let own = [Some(data_dir), token, socket, socket.and_then(Path::parent), docker_root.as_deref()];
        let listed = |paths: &[HostPath]| resolved(paths.iter().map(AsRef::as_ref));
        let policy = Policy {
            deny: listed(&config.bind_mounts.deny),
            own: resolved(own.into_iter().flatten()),
            allow: listed(&config.bind_mounts.allow),
            allow_root: config.bind_mounts.allow_root,
        };
        Self { agent: docker.agent().into(), policy, apart }
    }

    /// Makes a task's bind mounts appear in its directory. What was there of an earlier try goes.
    pub async fn stage(&self, place: &Place<'_>, run_as: &RunAs, binds: &[BindMount]) -> Result<Staged, Error> {
        let RunAs { user, uid, .. } = run_as;
        let error = |problem| Error { user: user.clone(), uid: *uid, agent: self.agent.clone(), problem };
        self.try_stage(place, run_as, binds).await.map_err(error)
    }

    async fn try_stage(&self, place: &Place<'_>, run_as: &RunAs, binds: &[BindMount]) -> Result<Staged, Problem> {
        let Place { task_dir, inside, own } = *place;
        let wishes = plan(own, binds)?;
        let Some(first) = wishes.first() else { return Ok(Staged::default()) };
        if let Some(why) = &self.apart {
            return Err(Problem::Apart(why.clone()));
        }
        staging::unmount_below(task_dir).map_err(|source| io_at(&first.host_path, source))?;
        let opened = self.open(run_as, &wishes).await?;
        for inside in wishes.iter().map(|wish| &wish.target).chain(inside) {
            find_mount_point(inside, &wishes, &opened)?;
        }
        let mut staged = Staged::default();
        for (number, (wish, opened)) in wishes.into_iter().zip(&opened).enumerate() {
            if !wish.read_only && !opened.writable {
                staged.notes.push(self.not_writable(run_as, &wish, opened));
            }
            staged.mounts.push(show(task_dir, number, wish, opened)?);
        }
        Ok(staged)
    }

    /// Opens what is wished, as that user, and asks the policy.
    async fn open(&self, run_as: &RunAs, wishes: &[Wish]) -> Result<Vec<Opened>, Problem> {
        let paths: Vec<_> = wishes.iter().map(|wish| wish.host_path.as_path()).collect();
        let answers = open_as(run_as, &paths).await.map_err(|source| io_at(paths[0], source))?;
        let judged = paths.into_iter().zip(answers).map(|(path, answer)| {
            let opened = answer.map_err(|why| not_opened(path, why))?;
            match self.policy.check(run_as.uid, &opened.path) {
                Ok(()) => Ok(opened),
                Err(rule) => Err(Problem::Refused { path: path.into(), opened: opened.path, rule }),
            }
        });
        judged.collect()
    }

    /// The program would be told "permission denied" only.
    fn not_writable(&self, run_as: &RunAs, wish: &Wish, opened: &Opened) -> String {
        let (RunAs { user, uid, .. }, agent) = (run_as, &self.agent);
        // A path may hold anything, a line of its own too.
        let plain = |path: &Path| path.to_string_lossy().escape_debug().to_string();
        let (target, path) = (plain(&wish.target), plain(&opened.path));
        let whose = rustix::fs::fstat(&opened.fd).map_or_else(
            |_| String::new(),
            |stat| {
                format!(": it belongs to uid {}, gid {}, mode {:04o}", stat.st_uid, stat.st_gid, stat.st_mode & 0o7777)
            },
        );
        format!(
            "bind mount: {user} (uid {uid}) cannot write to {target}, which is {path} on agent {agent}{whose}. \
             Mount it read-only, or have its owner let this user write"
        )
    }
}

/// Makes one of them appear.
fn show(task_dir: &Path, number: usize, wish: Wish, opened: &Opened) -> Result<Mount, Problem> {
    let Wish { host_path, target, read_only, propagation } = wish;
    let tree = Tree::clone(&opened.fd, read_only, propagation);
    let source = tree.and_then(|tree| staging::stage(task_dir, number, tree, opened.directory));
    let source = source.map_err(|source| io_at(&host_path, source))?;
    let follows = || staging::follows_host(&source).map_err(|source| io_at(&host_path, source));
    if propagation == Propagation::RSlave && !follows()? {
        return Err(Problem::NotShared(host_path));
    }
    // Read-only already, where it is to be.
    Ok(Mount { source, target, read_only: false, propagation })
}

/// Docker makes the directories that mounts and the work dir need: in a container that is the container's affair, in
/// a bind mount it is the host's.
fn find_mount_point(inside: &Path, wishes: &[Wish], opened: &[Opened]) -> Result<(), Problem> {
    let Some((number, below)) = around(wishes, inside) else { return Ok(()) };
    // Not out of it by symlinks: in the container they lead elsewhere.
    let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    if rustix::fs::openat2(&opened[number].fd, below, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), within).is_ok() {
        return Ok(());
    }
    let source_dir = wishes[number].host_path.clone();
    Err(Problem::NoMountPoint { inside: inside.into(), missing: source_dir.join(below), source_dir })
}

fn not_opened(path: &Path, why: Errno) -> Problem {
    let path = path.to_owned();
    if why == Errno::ENOENT { Problem::NoSource(path) } else { Problem::NotTheirs { path, why } }
}

fn io_at(path: &Path, source: io::Error) -> Problem {
    Problem::Io { path: path.into(), source }
}

/// Each as it is written, and as it is without symlinks.
fn resolved<'a>(paths: impl Iterator<Item = &'a Path>) -> Vec<PathBuf> {
    let both = |path: &Path| [Some(path.to_owned()), path.canonicalize().ok().filter(|resolved| resolved != path)];
    paths.flat_map(both).flatten().collect()
}
