//! A directory for each task: its passwd, group, home and staged bind mounts, and what an agent process must tell the
//! next one.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use pedl_init::Note;

use crate::assignment::TaskId;
use crate::bind_mounts::staging;
use crate::data_dir::write_durably;
use crate::docker::{Mount, Propagation};
use crate::identity::{ImageFiles, RunAs};
use crate::init::NoteFile;

/// The directories of all tasks.
#[derive(Debug)]
pub struct TaskDirs(pub PathBuf);

impl TaskDirs {
    /// The directory of one task, whether it is there or not.
    pub fn of(&self, task: &TaskId) -> TaskDir {
        TaskDir(self.0.join(task.as_str()))
    }

    /// The tasks that have a directory.
    pub fn list(&self) -> Vec<TaskId> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }
}

/// One task's directory.
#[derive(Debug, Clone)]
pub struct TaskDir(PathBuf);

impl TaskDir {
    /// Makes the files that give the user its name and home; returns where they go. Repeating it is harmless.
    /// `groups` are this machine's names.
    pub fn prepare(
        &self,
        run_as: &RunAs,
        image: &ImageFiles,
        groups: &BTreeMap<u32, String>,
    ) -> io::Result<Vec<Mount>> {
        let home = self.0.join("home");
        self.make()?;
        write_readable(&self.0.join("passwd"), &run_as.passwd(image))?;
        write_readable(&self.0.join("group"), &run_as.group(image, |gid| groups.get(&gid).cloned()))?;
        DirBuilder::new().recursive(true).mode(0o700).create(&home)?;
        chown(&home, Some(run_as.uid), Some(run_as.gid))?;
        self.init().prepare(run_as.uid, run_as.gid)?;
        Ok(vec![
            Mount {
                source: self.0.join("passwd"),
                target: "/etc/passwd".into(),
                read_only: true,
                propagation: Propagation::RPrivate,
            },
            Mount {
                source: self.0.join("group"),
                target: "/etc/group".into(),
                read_only: true,
                propagation: Propagation::RPrivate,
            },
            Mount { source: home, target: run_as.home(), read_only: false, propagation: Propagation::RPrivate },
        ])
    }

    fn make(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)
    }

    /// Keeps what the log is to begin with, for every process that reads the log.
    pub fn note_for_log(&self, lines: &[String]) -> io::Result<()> {
        let path = self.0.join("notes");
        if lines.is_empty() {
            let absent = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
            return fs::remove_file(path).or_else(|error| if absent(&error) { Ok(()) } else { Err(error) });
        }
        let now = Timestamp::now();
        let text: String = lines.iter().map(|line| format!("{now} {line}\n")).collect();
        write_durably(&path, text.as_bytes())
    }

    /// What the log begins with, before what the program wrote, and when that was noted.
    pub fn notes_for_log(&self) -> io::Result<Vec<(Timestamp, String)>> {
        let text = match fs::read_to_string(self.0.join("notes")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            text => text?,
        };
        let note = |line: &str| line.split_once(' ').and_then(|(time, text)| Some((time.parse().ok()?, text.into())));
        Ok(text.lines().filter_map(note).collect())
    }

    /// Where the first process of its container notes what becomes of the program.
    pub fn init(&self) -> NoteFile {
        NoteFile(self.0.join("init"))
    }

    /// What it noted. None: nothing, or nothing that is known to be the last: not all that was noted before the machine
    /// went down came to the disk.
    pub fn noted(&self) -> Option<Note> {
        let note = self.init().read()?;
        let is_last = matches!(note, Note::Ended { .. } | Note::Unable { .. }) || !self.start_noted_before_boot();
        is_last.then_some(note)
    }

    /// Says, for a process after this one, that a start is about to be sent.
    pub fn note_start(&self) -> io::Result<()> {
        self.make()?;
        write_durably(&self.0.join("start"), boot_id()?.as_bytes())
    }

    /// Whether a start was sent, or was about to be, before the machine was booted.
    pub fn start_noted_before_boot(&self) -> bool {
        match (fs::read_to_string(self.0.join("start")), boot_id()) {
            (Ok(noted), Ok(now)) => noted != now,
            (Err(error), _) => error.kind() != io::ErrorKind::NotFound,
            (Ok(_), Err(_)) => true,
        }
    }

    /// Says that no start was sent, or that nothing is left of one.
    pub fn forget_start(&self) -> io::Result<()> {
        fs::remove_file(self.0.join("start"))
    }

    /// Whether a start was sent, or was about to be.
    pub fn start_noted(&self) -> bool {
        self.0.join("start").exists()
    }

    /// Says, for a process after this one, that SIGTERM was sent and when SIGKILL is due, in time since the machine's boot.
    pub fn note_stop(&self, kill_at: Duration) -> io::Result<()> {
        self.make()?;
        write_durably(&self.0.join("stop"), format!("{} {}", kill_at.as_millis(), boot_id()?).as_bytes())
    }

    /// When SIGKILL is due; none where SIGTERM was not sent.
    pub fn noted_stop(&self) -> Option<Duration> {
        let noted = fs::read_to_string(self.0.join("stop")).ok()?;
        let (kill_at, boot) = noted.split_once(' ')?;
        let of_this_boot = boot_id().is_ok_and(|now| now == boot);
        if of_this_boot { kill_at.parse().ok().map(Duration::from_millis) } else { Some(Duration::ZERO) }
    }

    /// Says why it is about to be told to stop, where nobody ordered it.
    pub fn note_reason(&self, reason: &str) -> io::Result<()> {
        self.make()?;
        write_durably(&self.0.join("reason"), reason.as_bytes())
    }

    /// Why it was told to stop; none where it was not, or was ordered to.
    pub fn noted_reason(&self) -> Option<String> {
        fs::read_to_string(self.0.join("reason")).ok()
    }

    /// The directory, which may be absent.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Unmounts what was staged in it. Containers have mounts of their own.
    pub fn unmount(&self) {
        if let Err(error) = staging::unmount_below(&self.0) {
            tracing::warn!("what is mounted below {} stays: {error}", self.0.display());
        }
    }

    /// Removes it with all that the task left in its home, which may take a while, and never with what is mounted in it.
    pub async fn remove(&self) {
        let dir = self.0.clone();
        let removed = tokio::task::spawn_blocking(move || staging::remove(&dir)).await;
        match removed.map_err(io::Error::other).flatten() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!("{} is left behind: {error}", self.0.display());
            }
            _ => {}
        }
    }
}

/// Another each time that the machine is booted (random(4)).
fn boot_id() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
}

/// Every user in the container reads it, whatever the agent's umask.
fn write_readable(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o644).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.write_all(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_of_another_boot_is_known_for_one() {
        let dir = tempfile::tempdir().unwrap();
        let task = TaskDir(dir.path().join("t"));
        assert!(!task.start_noted() && !task.start_noted_before_boot());
        task.note_start().unwrap();
        task.init().prepare(0, 0).unwrap();
        assert!(task.start_noted() && !task.start_noted_before_boot());
        assert_eq!(task.noted(), Some(Note::Blank));
        fs::write(task.0.join("start"), "another\n").unwrap();
        assert!(task.start_noted() && task.start_noted_before_boot());
        assert_eq!(task.noted(), None, "it may have begun all the same");
        let file = File::options().write(true).open(&task.init().0).unwrap();
        pedl_init::begin(&file).unwrap();
        assert_eq!(task.noted(), None, "it may have ended all the same");
        pedl_init::end(&file, 3).unwrap();
        assert!(matches!(task.noted(), Some(Note::Ended { code: 3, .. })));
    }

    #[test]
    fn when_to_kill_is_known_until_the_machine_is_booted() {
        let dir = tempfile::tempdir().unwrap();
        let task = TaskDir(dir.path().join("t"));
        assert_eq!(task.noted_stop(), None);
        task.note_stop(Duration::from_millis(12_345)).unwrap();
        assert_eq!(task.noted_stop(), Some(Duration::from_millis(12_345)));
        fs::write(task.0.join("stop"), "12345 another\n").unwrap();
        assert_eq!(task.noted_stop(), Some(Duration::ZERO), "at once");
    }

    #[test]
    fn what_was_noted_is_kept_when_all_is_made_ready_again() {
        let dir = tempfile::tempdir().unwrap();
        let note = TaskDir(dir.path().into()).init();
        note.prepare(0, 0).unwrap();
        assert_eq!(note.read(), Some(Note::Blank));
        pedl_init::begin(&File::options().write(true).open(&note.0).unwrap()).unwrap();
        note.prepare(0, 0).unwrap();
        assert!(matches!(note.read(), Some(Note::Began { .. })));
        // An agent was killed while it made it.
        fs::write(&note.0, "").unwrap();
        note.prepare(0, 0).unwrap();
        assert_eq!(note.read(), Some(Note::Blank));
    }
}
