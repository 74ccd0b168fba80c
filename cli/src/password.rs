//! Where passwords come from. They are never arguments, never echoed and never part of a message.

use std::fs::File;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};

pub use self::new::NewPassword;
use crate::error::Error;
use crate::master_url::MasterUrl;

mod new;

/// What Ctrl-C sends (ASCII's ETX).
const CTRL_C: u8 = 3;

/// Whether there is somebody to ask.
pub fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// The password of `user`: from standard input where `from_stdin`, else asked for on a terminal, else from the
/// environment's `PEDL_PASSWORD`, else blank.
pub fn obtain(user: &str, master: &MasterUrl, from_stdin: bool) -> Result<String, Error> {
    if from_stdin {
        return read_line();
    }
    if can_ask() {
        return ask(&format!("Password of {user} at {master} (Enter if blank): ")).map_err(not_read);
    }
    Ok(std::env::var("PEDL_PASSWORD").unwrap_or_default())
}

/// The current password of `user`, who has a session: as [`obtain`] has it.
pub fn obtain_current(user: &str, master: &MasterUrl, from_stdin: bool) -> Result<String, Error> {
    match !from_stdin && can_ask() {
        true => ask(&format!("Current password of {user} at {master} (Enter if blank): ")).map_err(not_read),
        false => obtain(user, master, from_stdin),
    }
}

/// Asks for a username.
pub fn ask_username() -> Result<String, Error> {
    let mut stderr = io::stderr();
    stderr.write_all(b"Username: ").and_then(|()| stderr.flush()).map_err(not_read)?;
    Ok(read_line()?.trim().to_string())
}

fn read_line() -> Result<String, Error> {
    Ok(find_line()?.unwrap_or_default())
}

/// The next line of standard input, unless it has ended.
fn find_line() -> Result<Option<String>, Error> {
    let mut line = String::new();
    let length = io::stdin().lock().read_line(&mut line).map_err(not_read)?;
    let text = line.strip_suffix('\n').unwrap_or(&line);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok((length > 0).then(|| text.to_string()))
}

/// Asks on the terminal, whatever stdout and stderr are.
fn ask(prompt: &str) -> io::Result<String> {
    let mut terminal = terminal()?;
    // Before the prompt: who answers at once, as programs do, must not see the answer either.
    let silence = Silence::of(&terminal)?;
    terminal.write_all(prompt.as_bytes())?;
    let mut line = vec![0; 4096];
    // One read is one line: the terminal's driver edits it until it ends.
    let length = terminal.read(&mut line)?;
    line.truncate(length);
    drop(silence);
    terminal.write_all(b"\n")?;
    match line.pop() {
        None | Some(CTRL_C) => Err(io::ErrorKind::Interrupted.into()),
        Some(b'\n') => String::from_utf8(line).map_err(io::Error::other),
        Some(_) => Err(io::Error::other("the answer is too long")),
    }
}

fn terminal() -> io::Result<File> {
    File::options().read(true).write(true).open("/dev/tty")
}

/// Keeps a terminal from echoing until it is dropped. Ctrl-C ends the line meanwhile and not this process,
/// which would leave the terminal silent.
struct Silence {
    terminal: File,
    before: Termios,
}

impl Silence {
    fn of(terminal: &File) -> io::Result<Self> {
        let terminal = terminal.try_clone()?;
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL | LocalFlags::ISIG);
        silent.control_chars[SpecialCharacterIndices::VEOL as usize] = CTRL_C;
        tcsetattr(&terminal, SetArg::TCSANOW, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, SetArg::TCSANOW, &self.before);
    }
}

fn not_read(err: io::Error) -> Error {
    match err.kind() == io::ErrorKind::Interrupted {
        true => Error::Interrupted,
        false => Error::Local(format!("cannot read it from the terminal or standard input: {err}")),
    }
}
