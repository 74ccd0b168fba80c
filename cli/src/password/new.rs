//! Where a new password comes from.

use super::{Silence, ask, can_ask, find_line, not_read, terminal};
use crate::error::{Error, say};

/// How often a new password is asked for that was not typed twice the same.
const ATTEMPTS: usize = 3;

/// Where a new password comes from, which is known before anybody is asked anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewPassword {
    Stdin,
    Terminal,
    Environment,
}

impl NewPassword {
    /// Standard input where `from_stdin`, else the terminal, else the environment's `PEDL_NEW_PASSWORD`.
    pub fn source(from_stdin: bool) -> Result<Self, Error> {
        match (from_stdin, can_ask(), std::env::var_os("PEDL_NEW_PASSWORD")) {
            (true, _, _) => Ok(Self::Stdin),
            (false, true, _) => Ok(Self::Terminal),
            (false, false, Some(_)) => Ok(Self::Environment),
            (false, false, None) => Err(Error::Usage(
                "there is no terminal to ask for the new password: give it in PEDL_NEW_PASSWORD or with \
                 --new-password-stdin"
                    .to_string(),
            )),
        }
    }

    /// The new password of `user`.
    pub fn obtain(self, user: &str) -> Result<String, Error> {
        match self {
            Self::Stdin => read_new(),
            Self::Terminal => ask_twice(user),
            Self::Environment => std::env::var("PEDL_NEW_PASSWORD")
                .map_err(|_| Error::Usage("PEDL_NEW_PASSWORD is no UTF-8 text".to_string())),
        }
    }
}

/// A password that is typed twice the same; nobody sees what he types.
fn ask_twice(user: &str) -> Result<String, Error> {
    // Between the questions too: who types ahead is not to be seen either.
    let _silence = terminal().and_then(|terminal| Silence::of(&terminal)).map_err(not_read)?;
    for _ in 0..ATTEMPTS {
        let first = ask(&format!("New password of {user} (Enter for a blank one): ")).map_err(not_read)?;
        if ask("The same again: ").map_err(not_read)? == first {
            return Ok(first);
        }
        say("these are not the same");
    }
    Err(Error::Usage("the new password was never typed twice the same: the old one stays".to_string()))
}

/// The new password on standard input. A line that is missing is no blank password.
fn read_new() -> Result<String, Error> {
    let missing = "standard input ends before the new password: line 1 is the current one where --password-stdin is \
                   given, the next the new one; an empty line makes it blank";
    find_line()?.ok_or_else(|| Error::Usage(missing.to_string()))
}
