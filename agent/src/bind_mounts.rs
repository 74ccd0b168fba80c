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
use crate::docker::{Docker, Mount};
use crate::identity::RunAs;
use open::{Opened, open_as};
use plan::{BadWish, Wish, around, plan};
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

/// Why a task's bind mounts cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be made anywhere.
    #[error(transparent)]
    Wish(#[from] BadWish),
    /// Docker would see an empty directory instead.
    #[error(
        "bind mount: agent {agent} does not see the machine's mounts as its Docker does ({why}): its administrator must run it beside dockerd, in the same mount namespace"
    )]
    Apart {
        /// The agent.
        agent: String,
        /// How it differs.
        why: String,
    },
    /// Nothing is ever created on the host.
    #[error("bind mount: {path} does not exist on agent {agent}: create it there, or name another host_path", path = path.display())]
    NoSource {
        /// The path on the host.
        path: PathBuf,
        /// The agent.
        agent: String,
    },
    /// The host itself keeps the user out.
    #[error("bind mount: {path} cannot be opened by {user} (uid {uid}) on agent {agent}: {why}", path = path.display(), why = why.desc())]
    NotTheirs {
        /// The path on the host.
        path: PathBuf,
        /// The user.
        user: String,
        /// The user's id.
        uid: u32,
        /// The agent.
        agent: String,
        /// What the host said.
        why: Errno,
    },
    /// The policy says no.
    #[error("{}", refusal(path, opened, agent, rule))]
    Refused {
        /// The path as asked for.
        path: PathBuf,
        /// Where it led.
        opened: PathBuf,
        /// The agent.
        agent: String,
        /// Which rule.
        rule: Rule,
    },
    /// Docker would create it, as root.
    #[error("bind mount: {inside} lies in the bind mount of {source_dir}, where it does not exist: create {missing} on agent {agent}", inside = inside.display(), source_dir = source_dir.display(), missing = missing.display())]
    NoMountPoint {
        /// Another mount's place, or the work dir.
        inside: PathBuf,
        /// The host path of the bind mount around it.
        source_dir: PathBuf,
        /// The host path that would have to exist.
        missing: PathBuf,
        /// The agent.
        agent: String,
    },
    /// The agent or the kernel is in trouble.
    #[error("bind mount: agent {agent} cannot mount {path}: {source}", path = path.display())]
    Io {
        /// The path on the host.
        path: PathBuf,
        /// The agent.
        agent: String,
        /// Why.
        source: io::Error,
    },
}

fn refusal(path: &Path, opened: &Path, agent: &str, rule: &Rule) -> String {
    let place = if path == opened {
        path.display().to_string()
    } else {
        format!("{}, which is {},", path.display(), opened.display())
    };
    let ask = "name another host_path, or ask the administrator to allow it in the agent's agent.yaml";
    match rule {
        Rule::Deny(denied) => {
            format!("bind mount: {place} is refused on agent {agent}: bind_mounts.deny has {}: {ask}", denied.display())
        }
        Rule::Allow => {
            format!("bind mount: {place} is refused on agent {agent}: bind_mounts.allow does not have it: {ask}")
        }
        Rule::Own(own) => {
            let (is, own) = (if opened.starts_with(own) { "is in" } else { "contains" }, own.display());
            format!(
                "bind mount: {place} is refused on agent {agent}: it {is} {own}, which is the agent's or Docker's own: \
                 name another host_path"
            )
        }
        Rule::NoPath => format!(
            "bind mount: {place} is refused on agent {agent}: it is no file or directory: name another host_path"
        ),
        Rule::Root => format!(
            "bind mount: {place} is refused on agent {agent}: tasks that run as root may have none \
             (bind_mounts.allow_root): ask the administrator to link your account with an agent user"
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
        let own = [Some(data_dir), socket, socket.and_then(Path::parent), docker_root.as_deref()];
        let listed = |paths: &[HostPath]| resolved(paths.iter().map(AsRef::as_ref));
        let policy = Policy {
            deny: listed(&config.bind_mounts.deny),
            own: resolved(own.into_iter().flatten()),
            allow: listed(&config.bind_mounts.allow),
            allow_root: config.bind_mounts.allow_root,
        };
        Self { agent: docker.agent().into(), policy, apart }
    }

    /// Makes a task's bind mounts appear in its directory; returns what Docker is to mount. What was there of an earlier
    /// try goes.
    pub async fn stage(
        &self,
        task_dir: &Path,
        run_as: &RunAs,
        work_dir: &Path,
        own: &[Mount],
        binds: &[BindMount],
    ) -> Result<Vec<Mount>, Error> {
        let wishes = plan(work_dir, own, binds)?;
        let Some(first) = wishes.first() else { return Ok(vec![]) };
        if let Some(why) = &self.apart {
            return Err(Error::Apart { agent: self.agent.clone(), why: why.clone() });
        }
        staging::unmount_below(task_dir).map_err(|source| self.io(&first.host_path, source))?;
        let opened = self.open(run_as, &wishes).await?;
        for inside in wishes.iter().map(|wish| wish.target.as_path()).chain([work_dir]) {
            self.find_mount_point(inside, &wishes, &opened)?;
        }
        let staged = wishes.iter().zip(&opened).enumerate().map(|(number, (wish, opened))| {
            let tree = Tree::clone(&opened.fd, wish.read_only);
            let source = tree.and_then(|tree| staging::stage(task_dir, number, tree, opened.directory));
            let source = source.map_err(|source| self.io(&wish.host_path, source))?;
            // Read-only already, where it is to be.
            Ok(Mount { source, target: wish.target.clone(), read_only: false })
        });
        staged.collect()
    }

    /// Opens what is wished, as that user, and asks the policy.
    async fn open(&self, run_as: &RunAs, wishes: &[Wish]) -> Result<Vec<Opened>, Error> {
        let paths: Vec<_> = wishes.iter().map(|wish| wish.host_path.as_path()).collect();
        let answers = open_as(run_as, &paths).await.map_err(|source| self.io(paths[0], source))?;
        let judged = paths.into_iter().zip(answers).map(|(path, answer)| {
            let opened = answer.map_err(|why| self.not_opened(path, run_as, why))?;
            match self.policy.check(run_as.uid, &opened.path) {
                Ok(()) => Ok(opened),
                Err(rule) => {
                    Err(Error::Refused { path: path.into(), opened: opened.path, agent: self.agent.clone(), rule })
                }
            }
        });
        judged.collect()
    }

    fn not_opened(&self, path: &Path, run_as: &RunAs, why: Errno) -> Error {
        let (path, agent) = (path.to_owned(), self.agent.clone());
        if why == Errno::ENOENT {
            return Error::NoSource { path, agent };
        }
        Error::NotTheirs { path, user: run_as.user.clone(), uid: run_as.uid, agent, why }
    }

    /// Docker makes the directories that mounts and the work dir need: in a container that is the container's affair, in
    /// a bind mount it is the host's.
    fn find_mount_point(&self, inside: &Path, wishes: &[Wish], opened: &[Opened]) -> Result<(), Error> {
        let Some((number, below)) = around(wishes, inside) else { return Ok(()) };
        // Not out of it by symlinks: in the container they lead elsewhere.
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        if rustix::fs::openat2(&opened[number].fd, below, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), within).is_ok()
        {
            return Ok(());
        }
        let source_dir = wishes[number].host_path.clone();
        let missing = source_dir.join(below);
        Err(Error::NoMountPoint { inside: inside.into(), source_dir, missing, agent: self.agent.clone() })
    }

    fn io(&self, path: &Path, source: io::Error) -> Error {
        Error::Io { path: path.into(), agent: self.agent.clone(), source }
    }
}

/// Each as it is written, and as it is without symlinks.
fn resolved<'a>(paths: impl Iterator<Item = &'a Path>) -> Vec<PathBuf> {
    let both = |path: &Path| [Some(path.to_owned()), path.canonicalize().ok().filter(|resolved| resolved != path)];
    paths.flat_map(both).flatten().collect()
}
