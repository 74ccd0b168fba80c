//! What of the host appears in a container: PEDL's own files, and the member's bind mounts.

use std::path::{Component, Path, PathBuf};

use bollard::models::{Mount as ApiMount, MountBindOptions, MountType};
use pedl_proto::v1::BindMount;

/// A directory or file of the host that appears in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// On the host; absolute, and there.
    pub source: PathBuf,
    /// In the container; absolute.
    pub target: PathBuf,
    /// Whether the container may not write to it.
    pub read_only: bool,
}

/// Why a bind mount cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMount {
    /// Nothing is ever created on the host.
    #[error("bind mount: {path} does not exist on agent {agent}: create it there, or name another host_path", path = path.display())]
    NoSource {
        /// The path on the host.
        path: PathBuf,
        /// The agent.
        agent: String,
    },
    /// A relative path would depend on where the agent was started.
    #[error("bind mount: host_path {path:?} is not absolute")]
    RelativeSource {
        /// The path as given.
        path: String,
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
    /// The task would not see PEDL's own file there; and Docker would make PEDL's mount points in the host's directory.
    #[error("bind mount: container_path {target} covers {own}, which PEDL provides: name another", target = target.display(), own = own.display())]
    CoversOurs {
        /// Where the bind mount should go.
        target: PathBuf,
        /// What it would cover.
        own: PathBuf,
    },
}

/// Adds a member's bind mounts to PEDL's own.
pub fn plan(agent: &str, work_dir: &Path, own: Vec<Mount>, binds: &[BindMount]) -> Result<Vec<Mount>, BadMount> {
    let binds: Vec<_> = binds.iter().map(|bind| parse(agent, work_dir, &own, bind)).collect::<Result<_, _>>()?;
    let targets = binds.iter().map(|bind| bind.target.as_path());
    for inside in targets.chain([work_dir]) {
        find_mount_point(agent, inside, &binds)?;
    }
    Ok(own.into_iter().chain(binds).collect())
}

fn parse(agent: &str, work_dir: &Path, own: &[Mount], bind: &BindMount) -> Result<Mount, BadMount> {
    let source = PathBuf::from(&bind.host_path);
    let target = normal(&work_dir.join(&bind.container_path));
    if source.is_relative() {
        return Err(BadMount::RelativeSource { path: bind.host_path.clone() });
    }
    if let Some(own) = own.iter().find(|own| own.target.starts_with(&target)) {
        return Err(BadMount::CoversOurs { target, own: own.target.clone() });
    }
    if !source.exists() {
        return Err(BadMount::NoSource { path: source, agent: agent.into() });
    }
    Ok(Mount { source, target, read_only: bind.read_only })
}

/// Docker makes the directories that mounts and the work dir need: in a container that is the container's affair, in a
/// bind mount it is the host's.
fn find_mount_point(agent: &str, inside: &Path, binds: &[Mount]) -> Result<(), BadMount> {
    let around = |bind: &&Mount| inside != bind.target && inside.starts_with(&bind.target);
    let Some(bind) = binds.iter().filter(around).max_by_key(|bind| bind.target.as_os_str().len()) else {
        return Ok(());
    };
    let missing = bind.source.join(inside.strip_prefix(&bind.target).unwrap_or(inside));
    if missing.exists() {
        return Ok(());
    }
    Err(BadMount::NoMountPoint { inside: inside.into(), source_dir: bind.source.clone(), missing, agent: agent.into() })
}

/// Without `.` and `..`, as Docker reads it.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::ParentDir => drop(normal.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    normal
}

impl From<Mount> for ApiMount {
    fn from(mount: Mount) -> Self {
        Self {
            typ: Some(MountType::BIND),
            source: Some(mount.source.to_string_lossy().into_owned()),
            target: Some(mount.target.to_string_lossy().into_owned()),
            read_only: Some(mount.read_only),
            bind_options: Some(MountBindOptions { create_mountpoint: Some(false), ..MountBindOptions::default() }),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `binds` are `host:container`, by spaces.
    fn check(work_dir: &str, binds: &str, expected: Expect) {
        let bind = |text: &str| {
            let (host, container) = text.split_once(':').unwrap();
            BindMount { host_path: host.into(), container_path: container.into(), read_only: false }
        };
        let binds: Vec<_> = binds.split(' ').map(bind).collect();
        let home = Mount { source: "/data/home".into(), target: "/home/alice".into(), read_only: false };
        expected.assert_eq(&match plan("n1", Path::new(work_dir), vec![home], &binds) {
            Ok(mounts) => format!("{:?}", mounts[1..].iter().map(|mount| &mount.target).collect::<Vec<_>>()),
            Err(error) => error.to_string(),
        });
    }

    #[test]
    fn targets_join_the_work_dir() {
        check("/home/alice", "/tmp:/data", expect![[r#"["/data"]"#]]);
        check("/home/alice", "/tmp:data/./x", expect![[r#"["/home/alice/data/x"]"#]]);
        check("/home/alice", "/tmp:../../data", expect![[r#"["/data"]"#]]);
    }

    #[test]
    fn what_cannot_be_is_explained() {
        check(
            "/w",
            "/no/such/dir:/data",
            expect!["bind mount: /no/such/dir does not exist on agent n1: create it there, or name another host_path"],
        );
        check("/w", "tmp:/data", expect![[r#"bind mount: host_path "tmp" is not absolute"#]]);
        check(
            "/w",
            "/tmp:/home",
            expect!["bind mount: container_path /home covers /home/alice, which PEDL provides: name another"],
        );
        check(
            "/home/alice",
            "/tmp:.",
            expect!["bind mount: container_path /home/alice covers /home/alice, which PEDL provides: name another"],
        );
        check(
            "/w",
            "/tmp:/home/alice/../..",
            expect!["bind mount: container_path / covers /home/alice, which PEDL provides: name another"],
        );
    }

    #[test]
    fn nothing_is_made_in_a_bind_mount() {
        check("/data", "/usr:/data /tmp:/data/bin", expect![[r#"["/data", "/data/bin"]"#]]);
        check(
            "/w",
            "/usr:/data /tmp:/data/no-such",
            expect![
                "bind mount: /data/no-such lies in the bind mount of /usr, where it does not exist: create /usr/no-such on agent n1"
            ],
        );
        check(
            "/data/no-such",
            "/usr:/data",
            expect![
                "bind mount: /data/no-such lies in the bind mount of /usr, where it does not exist: create /usr/no-such on agent n1"
            ],
        );
    }
}
