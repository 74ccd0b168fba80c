//! Passwords to log in with on a terminal: asked for, and not echoed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use nix::pty::{OpenptyResult, openpty};
use nix::sys::termios::{LocalFlags, tcgetattr};

use crate::fake_master::FakeMaster;
use crate::pedl::Pedl;

/// `pedl` on a terminal of its own.
pub struct Terminal {
    screen: File,
    child: Child,
    shown: String,
}

impl Terminal {
    /// Starts `pedl` with these words.
    pub fn start(pedl: &Pedl, words: &[&str]) -> Self {
        let OpenptyResult { master, slave } = openpty(None, None).unwrap();
        let plain = pedl.command(words);
        // A password prompt wants the controlling terminal, which only a new session can get.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg("--wait").arg(plain.get_program()).args(plain.get_args()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap());
        plain.get_envs().for_each(|(name, value)| {
            command.env(name, value.unwrap());
        });
        let stream = || Stdio::from(slave.try_clone().unwrap());
        let child = command.stdin(stream()).stdout(stream()).stderr(stream()).spawn().unwrap();
        Self { screen: File::from(master), child, shown: String::new() }
    }

    /// Waits until the screen ends with a question and answers it.
    pub fn answer(&mut self, question: &str, answer: &str) {
        while !self.shown.ends_with(question) {
            let mut byte = [0];
            self.screen.read_exact(&mut byte).unwrap_or_else(|err| panic!("{err}: {}", self.shown));
            self.shown.push(byte[0].into());
        }
        self.screen.write_all(answer.as_bytes()).unwrap();
    }

    /// Waits for the end, which must leave the terminal echoing; the exit code and the whole screen.
    pub fn end(mut self) -> (Option<i32>, String) {
        let mut bytes = Vec::new();
        // Linux reports the other end's closing as an error.
        let _ = self.screen.read_to_end(&mut bytes);
        self.shown += &String::from_utf8_lossy(&bytes);
        assert!(tcgetattr(&self.screen).unwrap().local_flags.contains(LocalFlags::ECHO | LocalFlags::ISIG));
        (self.child.wait().unwrap().code(), self.shown.replace("\r\n", "\n"))
    }
}

fn master_with_ada() -> FakeMaster {
    let master = FakeMaster::start();
    master.state().add_user("ada", "secret", false);
    master
}

#[test]
fn login_asks_for_name_and_password() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    let mut terminal = Terminal::start(&pedl, &["user", "login"]);
    terminal.answer("Username: ", "ada\n");
    terminal.answer("(Enter if blank): ", "secret\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("secret") && shown.ends_with("pedl: logged in as ada\n"), "{shown}");
    assert_eq!(pedl.stdout(&["user", "whoami"]), "ada\n");
}

#[test]
fn an_ended_session_asks_for_the_password_and_goes_on() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    let login = pedl.command(&["user", "login", "ada"]).env("PEDL_PASSWORD", "secret").output().unwrap();
    assert!(login.status.success());
    master.state().end_sessions();
    let mut terminal = Terminal::start(&pedl, &["user", "whoami"]);
    terminal.answer("(Enter if blank): ", "secret\n");
    let (code, shown) = terminal.end();
    assert!(code == Some(0) && shown.ends_with("ada\n"), "{shown}");
}

#[test]
fn enter_is_the_blank_password() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    let mut terminal = Terminal::start(&pedl, &["-u", "admin", "user", "whoami"]);
    terminal.answer("(Enter if blank): ", "\n");
    let (code, shown) = terminal.end();
    assert!(code == Some(0) && shown.ends_with("admin\n"), "{shown}");
}

#[test]
fn an_interrupt_at_the_prompt_ends_the_command() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    let mut terminal = Terminal::start(&pedl, &["-u", "admin", "user", "whoami"]);
    terminal.answer("(Enter if blank): ", "\u{3}");
    assert_eq!(terminal.end().0, Some(130));
    assert_eq!(pedl.kept(), "nothing");
}
