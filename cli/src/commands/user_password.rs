//! `pedl user change-password`.

use clap::Args as ClapArgs;
use pedl_proto::v1::{ChangePasswordRequest, GetCurrentSessionRequest};

use super::counted;
use crate::args::Global;
use crate::client::Client;
use crate::error::Error;
use crate::password::{self, NewPassword};
use crate::record;

const AFTER_HELP: &str = "\
Examples:
  pedl user change-password                # your own; asks for all that it needs
  pedl -u admin user change-password       # admin's own
  pedl -u admin user change-password ada   # somebody else's; administrators only

Where there is no terminal to ask on:
  PEDL_PASSWORD=… PEDL_NEW_PASSWORD=… pedl user change-password
  printf '%s\\n' \"$current\" \"$new\" | pedl user change-password --password-stdin --new-password-stdin

The account's other sessions and access tokens end. An empty new password makes it blank.";

/// Whose password, and where the new one comes from.
#[derive(Debug, ClapArgs)]
#[command(after_help = AFTER_HELP)]
pub struct PasswordArgs {
    /// Whose; without it: your own
    target: Option<String>,
    /// Read the new password from the next line of standard input
    #[arg(long)]
    new_password_stdin: bool,
}

/// Sets a password.
pub async fn change(global: &Global, args: PasswordArgs) -> Result<(), Error> {
    let source = NewPassword::source(args.new_password_stdin)?;
    let mut client = Client::connect(global).await?;
    let myself = myself(&mut client).await?;
    let other = args.target.map(|target| target.to_lowercase()).filter(|target| *target != myself);
    let current = current_password(global, &client, &myself, other.is_none())?;
    let target = other.as_deref().unwrap_or(&myself);
    let new_password = source.obtain(target)?;
    let blank = new_password.is_empty();
    let request =
        ChangePasswordRequest { username: other.clone().unwrap_or_default(), current_password: current, new_password };
    let answer = client.call(async |api| api.users().change_password(request.clone()).await).await?;
    let change = record::PasswordChange { username: target.to_string(), ended_sessions: answer.ended_sessions };
    global.output.done(&change, || describe(&change, blank, other.is_none()))
}

/// Who acts. A session that has ended is told here, before anybody thinks of a new password.
async fn myself(client: &mut Client) -> Result<String, Error> {
    let request = GetCurrentSessionRequest {};
    let answer = client.call(async |api| api.sessions().get_current_session(request).await).await?;
    Ok(answer.user.unwrap_or_default().username)
}

/// The acting user's password where it is his own that changes, else nothing.
fn current_password(global: &Global, client: &Client, myself: &str, own: bool) -> Result<String, Error> {
    let current = match client.session().password() {
        Some(password) => password.to_string(),
        // Its line is there also where it is not needed, and must not be taken for the new password.
        None if own || global.password_stdin => {
            password::obtain_current(myself, &global.master, global.password_stdin)?
        }
        None => String::new(),
    };
    Ok(if own { current } else { String::new() })
}

fn describe(change: &record::PasswordChange, blank: bool, own: bool) -> String {
    let name = &change.username;
    let done = match blank {
        true => format!("the password of {name} is blank now"),
        false => format!("changed the password of {name}"),
    };
    match (change.ended_sessions, own) {
        (0, _) => done,
        (count, true) => format!("{done}; ended {}", counted(count, "other session")),
        (count, false) => format!("{done}; ended {}", counted(count, "session")),
    }
}
