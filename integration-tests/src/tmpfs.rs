//! Mounts of the tests' own.

use std::path::PathBuf;
use std::process::Command;

/// A file system in memory, mounted for as long as this is there.
pub struct Tmpfs(pub PathBuf);

impl Tmpfs {
    /// Mounts one at `place`, with these options of mount(8).
    ///
    /// # Panics
    /// When it cannot be mounted.
    #[must_use]
    pub fn mount(place: PathBuf, options: &str) -> Self {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&place).status();
        assert!(mounted.expect("mount starts").success(), "{}", place.display());
        Self(place)
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).output());
    }
}
