//! `scripts/quickstart`, as a newcomer runs it, but with the programs of this build.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use integration_tests::{Outcome, outcome, program};

/// A newcomer's machine: an empty home, and a free port.
struct Newcomer {
    home: tempfile::TempDir,
    port: u16,
    /// Whether the machine has the demonstration's directory from somebody's own quickstart.
    had_shared_dir: bool,
}

const SHARED_DIR: &str = "/srv/pedl-quickstart";

impl Newcomer {
    fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { home: tempfile::tempdir().unwrap(), port, had_shared_dir: Path::new(SHARED_DIR).exists() }
    }

    fn command(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        command.env("HOME", self.home.path()).env("PEDL_QUICKSTART_PORT", self.port.to_string());
        command.env("PEDL_BIN", self.programs()).stdin(std::process::Stdio::null());
        command.env("PEDL_MASTER", format!("http://127.0.0.1:{}", self.port));
        command
    }

    fn programs(&self) -> PathBuf {
        program("pedl").parent().unwrap().to_owned()
    }

    fn quickstart(&self, args: &[&str]) -> Outcome {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/quickstart");
        outcome(self.command(script).args(args))
    }

    fn pedl(&self, args: &[&str]) -> Outcome {
        outcome(self.command(program("pedl")).args(args))
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        self.quickstart(&["stop"]);
        if !self.had_shared_dir {
            drop(std::fs::remove_dir_all(SHARED_DIR));
        }
    }
}

#[test]
fn a_newcomer_sees_the_main_job_done_and_resumes_it() {
    let newcomer = Newcomer::new();
    let first = newcomer.quickstart(&[]);
    assert_eq!(first.code, Some(0), "{}", first.shown());
    for part in [
        "$ pedl -u admin user create ada",
        "I am uid=1234(ada) gid=2345(lab)",
        "step 3\n",
        "COMPLETED",
        "1234 2345",
        &format!("http://127.0.0.1:{}", newcomer.port),
        "scripts/quickstart stop",
    ] {
        assert!(first.shown().contains(part), "{part:?} is not in:\n{}", first.shown());
    }
    let page = format!("open http://127.0.0.1:{} in a browser", newcomer.port);
    assert!(first.stderr.trim_end().ends_with(&page), "what to do next comes last:\n{}", first.shown());
    let python = newcomer.pedl(&["command", "run", "--", "python3", "-c", "print(6 * 7)"]);
    assert_eq!(python.ok(), "42\n", "the default image holds Python");

    newcomer.quickstart(&["stop"]).ok();
    assert_eq!(newcomer.pedl(&["user", "whoami"]).code, Some(5), "it has stopped");

    let again = newcomer.quickstart(&[]);
    assert!(again.stderr.trim_end().ends_with(&page), "{}", again.shown());
    let again = again.ok();
    assert!(!again.contains("user create ada"), "what is there is kept:\n{again}");
    let list = newcomer.pedl(&["command", "list", "-a", "-o", "json"]).ok();
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 3, "{list}");
    newcomer.quickstart(&["stop"]).ok();
}
