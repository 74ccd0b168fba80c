//! Opens paths of this machine as a task's user. The process cannot become that user and stay root, so it starts
//! another, itself with [`ARGUMENT`] first, which gives up being root, opens, and hands the descriptors back.

use std::ffi::OsString;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::unistd::{AccessFlags, Gid, Uid, faccessat, setgroups, setresgid, setresuid};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::{Instant, timeout_at};

use crate::identity::RunAs;

/// The first argument that makes the program a helper.
pub const ARGUMENT: &str = "open-as";

/// How long the paths of a task may take. One on a file server that is away takes for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a path led to.
#[derive(Debug)]
pub struct Opened {
    /// The file or directory itself, opened with `O_PATH`.
    pub fd: OwnedFd,
    /// Where it is: absolute, without symlinks.
    pub path: PathBuf,
    /// Whether it is a directory.
    pub directory: bool,
    /// Whether the user may write to it; in a directory: make files.
    pub writable: bool,
}

/// What a path led to, or what the machine said to the user.
type Answer = Result<Opened, Errno>;

/// Opens each path as that user, with its groups and no others.
pub async fn open_as(run_as: &RunAs, paths: &[&Path]) -> io::Result<Vec<Answer>> {
    let (ours, helpers) = UnixStream::pair()?;
    let helpers = helpers.into_std()?;
    helpers.set_nonblocking(false)?;
    let mut command = Command::new("/proc/self/exe");
    command.arg(ARGUMENT).args([run_as.uid, run_as.gid].map(|id| id.to_string())).arg(join(&run_as.supplementary_gids));
    command.args(paths);
    command.env_clear().current_dir("/").stdin(OwnedFd::from(helpers)).stdout(Stdio::null()).kill_on_drop(true);
    let _helper = command.spawn()?;
    // The command holds the helper's end, too; with it, nobody would see the helper end.
    drop(command);
    let deadline = Instant::now() + PATIENCE;
    let mut answers = vec![];
    for _ in paths {
        let answer = timeout_at(deadline, ours.async_io(Interest::READABLE, || receive(&ours))).await;
        answers.push(answer.unwrap_or_else(|_| Ok(Err(Errno::ETIMEDOUT)))?);
    }
    Ok(answers)
}

fn receive(socket: &UnixStream) -> io::Result<Answer> {
    let mut message = [0; 6];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let buffers = &mut [IoSliceMut::new(&mut message)];
    let received = rustix::net::recvmsg(socket, buffers, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let fds = |sent| if let RecvAncillaryMessage::ScmRights(fds) = sent { Some(fds) } else { None };
    let fd = control.drain().filter_map(fds).flatten().next();
    let [errno @ .., directory, writable] = message;
    match (received.bytes, Errno::from_raw(i32::from_ne_bytes(errno)), fd) {
        (6, errno, None) => Ok(Err(errno)),
        (6, _, Some(fd)) => {
            let path = std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()))?;
            Ok(Ok(Opened { fd, path, directory: directory == 1, writable: writable == 1 }))
        }
        _ => Err(io::Error::other("the process that opens paths ended early")),
    }
}

fn join(gids: &[u32]) -> String {
    gids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

fn split(gids: &str) -> Option<Vec<Gid>> {
    gids.split_terminator(',').map(|gid| gid.parse().ok().map(Gid::from_raw)).collect()
}

/// The helper: `UID GID GIDS PATH…`, where the supplementary groups stand between commas. Its stdin is the socket.
pub fn help(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let mut word = || args.next()?.into_string().ok();
    let ids = (|| Some((word()?.parse().ok()?, word()?.parse().ok()?, split(&word()?)?)))();
    let Some((uid, gid, groups)) = ids else { return ExitCode::from(2) };
    if let Err(error) = become_user(Uid::from_raw(uid), Gid::from_raw(gid), &groups) {
        eprintln!("pedl-agent: cannot become uid {uid}, gid {gid}: {error}");
        return ExitCode::FAILURE;
    }
    for path in args {
        if send(open(Path::new(&path))).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// In this order: who is not root any more cannot change groups.
fn become_user(uid: Uid, gid: Gid, groups: &[Gid]) -> nix::Result<()> {
    setgroups(groups)?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)
}

/// What a path led to, as the helper sees it.
struct Found {
    fd: OwnedFd,
    directory: bool,
    writable: bool,
}

fn open(path: &Path) -> Result<Found, Errno> {
    // As a directory first: without that flag an automounted directory would not be mounted.
    let open = |kind| rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC | kind, Mode::empty());
    let fd = match open(OFlags::DIRECTORY) {
        Err(rustix::io::Errno::NOTDIR) => open(OFlags::empty()),
        opened => opened,
    };
    let fd = fd.map_err(errno)?;
    let directory = FileType::from_raw_mode(rustix::fs::fstat(&fd).map_err(errno)?.st_mode) == FileType::Directory;
    // O_PATH asks only what leads to it; a directory that one cannot enter, or a file that one can neither read nor
    // write, is none of this user's.
    let may = |what| faccessat(&fd, "", what, AtFlags::AT_EMPTY_PATH);
    if directory {
        may(AccessFlags::X_OK)?;
    } else {
        may(AccessFlags::R_OK).or_else(|refused| may(AccessFlags::W_OK).map_err(|_| refused))?;
    }
    let writable = may(AccessFlags::W_OK).is_ok();
    Ok(Found { fd, directory, writable })
}

fn errno(error: rustix::io::Errno) -> Errno {
    Errno::from_raw(error.raw_os_error())
}

fn send(opened: Result<Found, Errno>) -> rustix::io::Result<usize> {
    let (fd, errno, directory, writable) = match opened {
        Ok(Found { fd, directory, writable }) => (Some(fd), 0, directory, writable),
        Err(errno) => (None, errno as i32, false, false),
    };
    let [a, b, c, d] = errno.to_ne_bytes();
    let message = [a, b, c, d, directory.into(), writable.into()];
    let fds: Vec<_> = fd.iter().map(|fd| fd.as_fd()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(&fds));
    }
    rustix::net::sendmsg(io::stdin(), &[IoSlice::new(&message)], &mut control, SendFlags::NOSIGNAL)
}
