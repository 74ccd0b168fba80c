//! Clocks that are off, and that tests set while a program runs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Where Debian's libfaketime is.
const FAKETIME: &str = "/usr/$LIB/faketime/libfaketime.so.1";

/// A wall clock for a program: a file that says how far it is off.
pub struct Clock(PathBuf);

impl Clock {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self(file)
    }

    /// Puts it off by this much from the machine's, as libfaketime writes it: `+31d` is a month ahead. Programs that go by
    /// it notice at once.
    ///
    /// # Panics
    /// When its file cannot be written.
    pub fn set(&self, offset: &str) {
        // Nobody reads half of it.
        let new = self.0.with_extension("new");
        fs::write(&new, offset).expect("the clock can be written");
        fs::rename(new, &self.0).expect("the clock can be set");
    }

    /// Has a program go by it, where it was ever set. Timers go by the monotonic clock, which is left alone.
    pub(crate) fn apply(&self, command: &mut Command) {
        if self.0.exists() {
            command.env("LD_PRELOAD", FAKETIME).env("FAKETIME_TIMESTAMP_FILE", &self.0);
            command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
    }
}
