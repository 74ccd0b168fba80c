//! The one door to the binary: runs `pedl` in a fresh home and shows what a person would see.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use expect_test::Expect;
use tempfile::TempDir;

use crate::fake_master::FakeMaster;

/// A person with a home directory and a master to talk to.
pub struct Pedl {
    home: TempDir,
    master: String,
}

impl Pedl {
    /// Somebody who has never used this master.
    pub fn new(master: &FakeMaster) -> Self {
        Self::at(&master.url())
    }

    /// Somebody whose master is at this URL, or should be.
    pub fn at(master: &str) -> Self {
        Self { home: TempDir::new().unwrap(), master: master.to_string() }
    }

    /// `pedl` with these words, to be run without a terminal.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pedl"));
        command.args(words).env_clear().env("HOME", self.home.path()).env("PEDL_MASTER", &self.master);
        command.current_dir(self.home.path()).stdin(Stdio::null());
        command
    }

    /// Runs it.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs it, which must succeed, and tells what it printed.
    pub fn stdout(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", self.show(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it and compares what a person sees.
    pub fn check(&self, words: &[&str], want: Expect) {
        want.assert_eq(&self.show(&self.run(words)));
    }

    /// What a person sees, without what differs from run to run.
    pub fn show(&self, output: &Output) -> String {
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let mut shown = format!("exit {}\n", output.status.code().map_or("by signal".to_string(), |c| c.to_string()));
        for (name, text) in [("stdout", stdout), ("stderr", stderr)] {
            if !text.is_empty() {
                shown += &format!("--- {name}\n{}", self.steady(&text));
            }
        }
        shown
    }

    /// A text with fixed words for the home, the master and times.
    pub fn steady(&self, text: &str) -> String {
        let text = text.replace(&self.home.path().display().to_string(), "HOME").replace(&self.master, "MASTER");
        without_times(&text)
    }

    /// A file of the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file of the home.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Who is active and whose tokens are kept for the master.
    pub fn kept(&self) -> String {
        let Ok(text) = fs::read_to_string(self.path(".config/pedl/credentials.json")) else {
            return "nothing".to_string();
        };
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let kept = &file["masters"][&self.master];
        let tokens: Vec<_> = kept["tokens"].as_object().unwrap().keys().map(String::as_str).collect();
        format!("active {}, tokens of {tokens:?}", kept["active_user"])
    }
}

/// RFC 3339 times in UTC become `TIME`.
fn without_times(text: &str) -> String {
    let is_time = |text: &str| {
        let shape = b"0000-00-00T00:00:00";
        let same = |(a, b): (u8, &u8)| if *b == b'0' { a.is_ascii_digit() } else { a == *b };
        text.len() > shape.len() && text.bytes().zip(shape).all(same)
    };
    let mut steady = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let time = if is_time(rest) { rest.find('Z').map(|end| end + 1) } else { None };
        steady.push_str(if time.is_some() { "TIME" } else { &rest[..next.len_utf8()] });
        rest = &rest[time.unwrap_or(next.len_utf8())..];
    }
    steady
}
