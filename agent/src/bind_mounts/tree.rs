//! A clone of what was opened: a tree of mounts of its own, which nobody can swap and whose flags are the task's alone.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use crate::docker::Propagation;

/// A clone that hangs nowhere yet; it goes when it is dropped.
#[derive(Debug)]
pub struct Tree(OwnedFd);

impl Tree {
    /// Clones what `opened` is, with the mounts below it, and sets the flags on all of them: no setuid programs, no
    /// devices, and read-only where asked.
    pub fn clone(opened: &OwnedFd, read_only: bool, propagation: Propagation) -> io::Result<Self> {
        let all = OpenTreeFlags::AT_EMPTY_PATH | OpenTreeFlags::AT_RECURSIVE;
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let tree = open_tree(opened, "", all | flags)?;
        set_flags(&tree, read_only, propagation)?;
        Ok(Self(tree))
    }

    /// Makes it appear at `place`, a directory or a file as it is itself.
    pub fn attach(self, place: &Path) -> io::Result<()> {
        Ok(move_mount(self.0, "", CWD, place, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
    }
}

/// Never shared: unmounting a clone must not unmount what it was cloned from.
#[expect(unsafe_code, reason = "neither nix nor rustix has mount_setattr")]
fn set_flags(tree: &OwnedFd, read_only: bool, propagation: Propagation) -> io::Result<()> {
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_NOSUID
            | libc::MOUNT_ATTR_NODEV
            | if read_only { libc::MOUNT_ATTR_RDONLY } else { 0 },
        attr_clr: 0,
        propagation: match propagation {
            Propagation::RPrivate => libc::MS_PRIVATE,
            Propagation::RSlave => libc::MS_SLAVE,
        },
        userns_fd: 0,
    };
    // SAFETY: the descriptor is open for as long as `tree` is borrowed; the path is a string with its end; `attributes`
    // is initialised, of the size that is passed, and only read; the kernel keeps none of them.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
