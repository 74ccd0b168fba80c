//! Where a member's bind mounts go in the container. Pure.

use std::path::{Component, Path, PathBuf};

use pedl_proto::v1::BindMount;

use crate::docker::Mount;

/// Where tasks will find what PEDL serves them.
const RESERVED: &str = "/run/pedl";

/// A bind mount as the member asked for it, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// On the host; absolute, symlinks and all.
    pub host_path: PathBuf,
    /// In the container; absolute, without `.` and `..`.
    pub target: PathBuf,
    /// Whether the task may not write to it.
    pub read_only: bool,
}

/// Why a bind mount cannot be made, wherever the task runs.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWish {
    /// A relative path would depend on where the agent was started.
    #[error("bind mount: host_path {path:?} is not absolute")]
    RelativeSource {
        /// The path as given.
        path: String,
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

/// Reads a member's bind mounts. `own` are PEDL's.
pub fn plan(work_dir: &Path, own: &[Mount], binds: &[BindMount]) -> Result<Vec<Wish>, BadWish> {
    binds.iter().map(|bind| parse(work_dir, own, bind)).collect()
}

fn parse(work_dir: &Path, own: &[Mount], bind: &BindMount) -> Result<Wish, BadWish> {
    let host_path = PathBuf::from(&bind.host_path);
    let target = normal(&work_dir.join(&bind.container_path));
    if host_path.is_relative() {
        return Err(BadWish::RelativeSource { path: bind.host_path.clone() });
    }
    if target.starts_with(RESERVED) {
        return Err(BadWish::CoversOurs { target, own: RESERVED.into() });
    }
    let mut ours = own.iter().map(|own| own.target.as_path()).chain([Path::new(RESERVED)]);
    match ours.find(|own| own.starts_with(&target)) {
        Some(own) => Err(BadWish::CoversOurs { target, own: own.into() }),
        None => Ok(Wish { host_path, target, read_only: bind.read_only }),
    }
}

/// The bind mount that `inside` lies in, but is not: the innermost; and the path in it.
pub fn around<'a>(wishes: &'a [Wish], inside: &'a Path) -> Option<(usize, &'a Path)> {
    let within = |(number, wish): (usize, &Wish)| Some((number, inside.strip_prefix(&wish.target).ok()?));
    let proper = |(_, below): &(usize, &Path)| !below.as_os_str().is_empty();
    wishes.iter().enumerate().filter_map(within).filter(proper).min_by_key(|(_, below)| below.as_os_str().len())
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

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `binds` are `host:container`, by spaces.
    fn planned(work_dir: &str, binds: &str) -> Result<Vec<Wish>, BadWish> {
        let bind = |text: &str| {
            let (host, container) = text.split_once(':').unwrap();
            BindMount { host_path: host.into(), container_path: container.into(), ..BindMount::default() }
        };
        let binds: Vec<_> = binds.split(' ').map(bind).collect();
        let home = Mount { source: "/data/home".into(), target: "/home/alice".into(), read_only: false };
        plan(Path::new(work_dir), &[home], &binds)
    }

    fn check(work_dir: &str, binds: &str, expected: Expect) {
        expected.assert_eq(&match planned(work_dir, binds) {
            Ok(wishes) => format!("{:?}", wishes.iter().map(|wish| &wish.target).collect::<Vec<_>>()),
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
        check(
            "/w",
            "/tmp:/run",
            expect!["bind mount: container_path /run covers /run/pedl, which PEDL provides: name another"],
        );
    }

    #[test]
    fn the_innermost_bind_mount_is_the_one_around() {
        let wishes = planned("/w", "/a:/data /b:/data/b /c:/other").unwrap();
        let found = |inside: &str| {
            around(&wishes, Path::new(inside)).map(|(number, below)| format!("{number} {}", below.display()))
        };
        assert_eq!(found("/data/b/c/d").as_deref(), Some("1 c/d"));
        assert_eq!(found("/data/b").as_deref(), Some("0 b"));
        assert_eq!(found("/data/bc").as_deref(), Some("0 bc"));
        assert_eq!((found("/data"), found("/w")), (None, None));
    }
}
