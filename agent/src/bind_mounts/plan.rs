//! Where a member's bind mounts go in the container. Pure.

use std::path::{Component, Path, PathBuf};

use pedl_proto::v1::{BindMount, MountPropagation};

use crate::docker::{Mount, Propagation};

/// Where tasks will find what PEDL serves them, and where NVIDIA's runtime takes what is mounted for a wish for GPUs.
const RESERVED: &[&str] =
    &["/run/pedl", "/var/run/pedl", "/run/nvidia-container-devices", "/var/run/nvidia-container-devices"];

/// A bind mount as the member asked for it, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// On the host; absolute, symlinks and all.
    pub host_path: PathBuf,
    /// In the container; absolute, without `.` and `..`.
    pub target: PathBuf,
    /// Whether the task may not write to it.
    pub read_only: bool,
    /// What becomes of what the host mounts below it later.
    pub propagation: Propagation,
}

/// Why a bind mount cannot be made, wherever the task runs.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWish {
    /// A relative path would depend on where the agent was started.
    #[error("host_path {path:?} is not absolute: begin it with /")]
    RelativeSource {
        /// The path as given.
        path: String,
    },
    /// The task would not see PEDL's own file there; and Docker would make PEDL's mount points in the host's directory.
    #[error("container_path {} covers {}, which is PEDL's own: name another", target.display(), own.display())]
    CoversOurs {
        /// Where the bind mount should go.
        target: PathBuf,
        /// What it would cover.
        own: PathBuf,
    },
    /// One would cover the other.
    #[error("container_path {} is mounted twice: name another", .0.display())]
    Twice(PathBuf),
    /// The kernel would give the flag to what is there now, and not to what comes later.
    #[error("{} cannot be read_only with propagation rslave: what the host mounts later would be writable", .0.display())]
    WritableLater(PathBuf),
}

/// Reads a member's bind mounts, whose places in the container are absolute. `own` are PEDL's.
pub fn plan(own: &[Mount], binds: &[BindMount]) -> Result<Vec<Wish>, BadWish> {
    let wishes: Vec<_> = binds.iter().map(|bind| parse(own, bind)).collect::<Result<_, _>>()?;
    let twice = |(number, wish): (usize, &Wish)| wishes[..number].iter().any(|other| other.target == wish.target);
    match wishes.iter().enumerate().find(|numbered| twice(*numbered)) {
        Some((_, wish)) => Err(BadWish::Twice(wish.target.clone())),
        None => Ok(wishes),
    }
}

fn parse(own: &[Mount], bind: &BindMount) -> Result<Wish, BadWish> {
    let host_path = PathBuf::from(&bind.host_path);
    let target = normal(Path::new(&bind.container_path));
    if host_path.is_relative() {
        return Err(BadWish::RelativeSource { path: bind.host_path.clone() });
    }
    if let Some(reserved) = RESERVED.iter().find(|reserved| target.starts_with(reserved)) {
        return Err(BadWish::CoversOurs { target, own: reserved.into() });
    }
    let mut ours = own.iter().map(|own| own.target.as_path()).chain(RESERVED.iter().map(Path::new));
    if let Some(own) = ours.find(|own| own.starts_with(&target)) {
        return Err(BadWish::CoversOurs { target, own: own.into() });
    }
    let propagation = match bind.propagation() {
        MountPropagation::Rslave if bind.read_only => return Err(BadWish::WritableLater(target)),
        MountPropagation::Rslave => Propagation::RSlave,
        MountPropagation::Unspecified | MountPropagation::Rprivate => Propagation::RPrivate,
    };
    Ok(Wish { host_path, target, read_only: bind.read_only, propagation })
}

/// The bind mount that `inside` lies in, but is not: the innermost; and the path in it.
pub fn around<'a>(wishes: &'a [Wish], inside: &'a Path) -> Option<(usize, &'a Path)> {
    let within = |(number, wish): (usize, &Wish)| Some((number, inside.strip_prefix(&wish.target).ok()?));
    let proper = |(_, below): &(usize, &Path)| !below.as_os_str().is_empty();
    wishes.iter().enumerate().filter_map(within).filter(proper).min_by_key(|(_, below)| below.as_os_str().len())
}

/// Where a path of the container is that may be below the work dir.
pub fn below(work_dir: &Path, path: &str) -> PathBuf {
    normal(&work_dir.join(path))
}

/// Without `.` and `..`, as Docker reads it.
pub fn normal(path: &Path) -> PathBuf {
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
            let container_path = below(Path::new(work_dir), container).to_str().unwrap().into();
            BindMount { host_path: host.into(), container_path, ..BindMount::default() }
        };
        let binds: Vec<_> = binds.split(' ').map(bind).collect();
        let home = Mount {
            source: "/data/home".into(),
            target: "/home/alice".into(),
            read_only: false,
            propagation: Propagation::RPrivate,
        };
        plan(&[home], &binds)
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
        check(
            "/home/alice/x",
            "/tmp:y /srv:../x/y",
            expect!["container_path /home/alice/x/y is mounted twice: name another"],
        );
        check(
            "/w",
            "/tmp:/var/run/nvidia-container-devices/all",
            expect![
                "container_path /var/run/nvidia-container-devices/all covers /var/run/nvidia-container-devices, which is PEDL's own: name another"
            ],
        );
        check("/w", "tmp:/data", expect![[r#"host_path "tmp" is not absolute: begin it with /"#]]);
        check(
            "/w",
            "/tmp:/home",
            expect!["container_path /home covers /home/alice, which is PEDL's own: name another"],
        );
        check(
            "/home/alice",
            "/tmp:.",
            expect!["container_path /home/alice covers /home/alice, which is PEDL's own: name another"],
        );
        check(
            "/w",
            "/tmp:/home/alice/../..",
            expect!["container_path / covers /home/alice, which is PEDL's own: name another"],
        );
        check("/w", "/tmp:/run", expect!["container_path /run covers /run/pedl, which is PEDL's own: name another"]);
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
