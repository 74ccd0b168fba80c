//! Where clones appear for Docker to find: `mounts/0`, `mounts/1` … in a task's directory. What is mounted there is
//! the members' data, so the removal of a task's directory is here, too: it must never reach into a mount.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::mount::{MountPropagationFlags, UnmountFlags};

use super::tree::Tree;

const PLACES: &str = "mounts";

/// More layers of mounts on one place than this are not the agent's.
const LAYERS: usize = 16;

/// The place of a task's bind mount, by its number.
pub fn place(task_dir: &Path, number: usize) -> PathBuf {
    task_dir.join(PLACES).join(number.to_string())
}

/// Makes a clone appear at its place; nothing may be mounted there.
pub fn stage(task_dir: &Path, number: usize, tree: Tree, directory: bool) -> io::Result<PathBuf> {
    let place = place(task_dir, number);
    DirBuilder::new().recursive(true).mode(0o700).create(task_dir.join(PLACES))?;
    if directory {
        DirBuilder::new().recursive(true).mode(0o700).create(&place)?;
    } else {
        File::options().write(true).create(true).truncate(false).mode(0o600).open(&place)?;
    }
    tree.attach(&place)?;
    Ok(place)
}

/// Unmounts all that is mounted below `dir`, and succeeds only when nothing is. Who has files open in it keeps them.
pub fn unmount_below(dir: &Path) -> io::Result<()> {
    let mut problem = None;
    for _ in 0..LAYERS {
        let mounted = mounted_below(dir)?;
        if mounted.is_empty() {
            return Ok(());
        }
        // The lowest first: what is mounted in it goes with it, and is then refused here. The next look counts.
        for place in mounted {
            // Of what follows the host, the containers' own mounts follow this one: they must not see it go.
            let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
            let unmount = |()| rustix::mount::unmount(&place, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW);
            problem = rustix::mount::mount_change(&place, private).and_then(unmount).err();
        }
    }
    Err(problem.map_or_else(|| io::Error::other("something is mounted below it again and again"), Into::into))
}

/// Removes a task's directory. Where anything is mounted below it and cannot be unmounted, all is left as it is.
///
/// Two walls keep this out of members' data: the list of mounts is empty, and the places are removed by calls that
/// neither descend nor touch what is a mount point. Only when the places are gone is the rest removed with its content.
pub fn remove(task_dir: &Path) -> io::Result<()> {
    unmount_below(task_dir)?;
    remove_places(&task_dir.join(PLACES))?;
    remove_tree(task_dir)
}

/// By rm(1): a task may have made its home deeper than this process has descriptors, or stack.
fn remove_tree(dir: &Path) -> io::Result<()> {
    let mut rm = Command::new("rm");
    let rm = rm.args(["--recursive", "--force", "--one-file-system", "--"]).arg(dir).stdin(Stdio::null());
    let output = rm.stdout(Stdio::null()).output()?;
    if output.status.success() { Ok(()) } else { Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim())) }
}

/// Fails at a place that holds anything.
fn remove_places(dir: &Path) -> io::Result<()> {
    let places = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        places => places?,
    };
    for place in places {
        let place = place?;
        // rmdir and unlink: the one takes empty directories only, and neither takes a mount point.
        if place.file_type()?.is_dir() { fs::remove_dir(place.path())? } else { fs::remove_file(place.path())? }
    }
    fs::remove_dir(dir)
}

/// What is mounted below `dir`, which has no symlinks, in the order in which it was mounted.
pub fn mounted_below(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mounts = fs::read("/proc/self/mountinfo")?;
    Ok(mount_points(&mounts).filter(|place| place != dir && place.starts_with(dir)).collect())
}

/// Whether what is mounted at `place` takes part in what is mounted where it was cloned from.
pub fn follows_host(place: &Path) -> io::Result<bool> {
    let mounts = fs::read("/proc/self/mountinfo")?;
    let newest = lines(&mounts).filter(|fields| fields.get(4).is_some_and(|field| unescaped(field) == place)).last();
    // Optional fields stand between the sixth and a dash.
    let optional =
        |fields: Vec<&[u8]>| fields[6..].iter().take_while(|f| **f != b"-").any(|f| f.starts_with(b"master:"));
    Ok(newest.is_some_and(optional))
}

/// The fields of each line (proc_pid_mountinfo(5)).
fn lines(mountinfo: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    mountinfo.split(|byte| *byte == b'\n').map(|line| line.split(|byte| *byte == b' ').collect())
}

/// The fifth field of each line.
fn mount_points(mountinfo: &[u8]) -> impl Iterator<Item = PathBuf> {
    lines(mountinfo).filter_map(|fields| fields.get(4).map(|field| unescaped(field)))
}

/// Space, tab, newline and backslash are written as three octal digits.
fn unescaped(field: &[u8]) -> PathBuf {
    let mut bytes = vec![];
    let mut rest = field;
    while let [first, after @ ..] = rest {
        let digits = after.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[3..] } else { after };
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_read_as_they_are_written() {
        let mountinfo = b"22 27 0:21 / /proc rw shared:5 - proc proc rw\n\
                          23 22 8:1 /d /data/a\\040b\\134c\\011 ro - ext4 /dev/sda1 rw\n";
        let points: Vec<_> = mount_points(mountinfo).collect();
        assert_eq!(points, [Path::new("/proc"), Path::new("/data/a b\\c\t")]);
    }

    /// Where the list of mounts told nothing, the second wall stands alone.
    #[test]
    fn a_place_that_holds_anything_is_not_removed() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path(), 0);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("precious"), "").unwrap();
        assert!(remove(dir.path()).is_err());
        assert!(place.join("precious").exists());
    }

    #[test]
    fn a_directory_without_mounts_goes() {
        let dir = tempfile::tempdir().unwrap();
        let task = dir.path().join("task");
        fs::create_dir_all(place(&task, 0)).unwrap();
        fs::write(place(&task, 1), "").unwrap();
        fs::create_dir_all(task.join("home/below")).unwrap();
        remove(&task).unwrap();
        assert!(!task.exists());
    }
}
