//! `pedl user edit`, `activate` and `deactivate`: what an administrator changes of an account.

use clap::Args as ClapArgs;
use pedl_proto::v1::{ActivateUserRequest, DeactivateUserRequest, UpdateUserRequest, User};
use prost_types::FieldMask;

use super::counted;
use crate::args::Global;
use crate::client::Client;
use crate::error::Error;
use crate::record;

/// How to edit.
pub const EDIT_EXAMPLES: &str = "\
Examples:
  pedl -u admin user edit ada --display-name 'Ada Lovelace'
  pedl -u admin user edit ada --admin true
  pedl -u admin user edit ada --username ada.lovelace

The users admin and pedl keep their names.";

/// How to deactivate.
pub const DEACTIVATE_EXAMPLES: &str = "\
Examples:
  pedl -u admin user deactivate ada
  pedl -u admin user deactivate ada --kill-tasks
  pedl -u admin user deactivate ada --kill-tasks --dry-run

The user's sessions and access tokens end at once. Tasks that run go on, unless --kill-tasks is
given; those in the queue wait. What the user made stays.";

/// Whom to edit.
#[derive(Debug, ClapArgs)]
pub struct EditArgs {
    /// Whom
    target: String,
    #[command(flatten)]
    changes: Changes,
}

/// What to change: at least one of these.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = true)]
struct Changes {
    /// The new login name: 1 to 64 of a-z 0-9 . _ @ -
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// How the person is shown; an empty one: by the login name
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// Whether the user administers the cluster
    #[arg(long, value_name = "BOOL")]
    admin: Option<bool>,
}

impl EditArgs {
    fn request(self) -> UpdateUserRequest {
        let Changes { username, display_name, admin } = self.changes;
        let given =
            [("username", username.is_some()), ("display_name", display_name.is_some()), ("admin", admin.is_some())];
        let paths = given.into_iter().filter(|(_, given)| *given).map(|(path, _)| path.to_string()).collect();
        let user = User {
            username: username.unwrap_or_default(),
            display_name: display_name.unwrap_or_default(),
            admin: admin.unwrap_or_default(),
            ..User::default()
        };
        UpdateUserRequest {
            username: self.target.to_lowercase(),
            user: Some(user),
            update_mask: Some(FieldMask { paths }),
        }
    }
}

/// Changes what is given. A token that is kept for the user goes on working under a new name.
pub async fn edit(global: &Global, args: EditArgs) -> Result<(), Error> {
    let request = args.request();
    let mut client = Client::connect(global).await?;
    let answer = client.call(async |api| api.users().update_user(request.clone()).await).await?;
    let user = record::User::from(answer.user.unwrap_or_default());
    if user.username != request.username {
        client.session().rename_kept(&request.username, &user.username);
    }
    global.output.done(&user, || describe(&request.username, &user))
}

fn describe(before: &str, user: &record::User) -> String {
    let name = match before == user.username {
        true => user.username.clone(),
        false => format!("{} (until now {before})", user.username),
    };
    let shown = user.display_name.as_ref().map(|name| format!(", shown as {name}")).unwrap_or_default();
    let role = if user.admin { "an administrator" } else { "no administrator" };
    format!("{name} is {role}{shown}")
}

/// Lets a user act again.
pub async fn activate(global: &Global, target: String) -> Result<(), Error> {
    let request = ActivateUserRequest { username: target };
    let mut client = Client::connect(global).await?;
    let answer = client.call(async |api| api.users().activate_user(request.clone()).await).await?;
    let user = record::User::from(answer.user.unwrap_or_default());
    global.output.done(&user, || format!("activated {}", user.username))
}

/// Keeps a user from acting, or only tells what that would end.
pub async fn deactivate(global: &Global, request: DeactivateUserRequest) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let answer = client.call(async |api| api.users().deactivate_user(request.clone()).await).await?;
    let deactivation = record::Deactivation {
        user: answer.user.unwrap_or_default().into(),
        ended_sessions: answer.ended_sessions,
        killed_assets: answer.killed_assets,
        live_assets: answer.live_assets,
        dry_run: request.validate_only,
    };
    global.output.done(&deactivation, || describe_end(&deactivation, request.kill_tasks))
}

fn describe_end(deactivation: &record::Deactivation, kill_tasks: bool) -> String {
    let record::Deactivation { user, ended_sessions, killed_assets, live_assets, dry_run } = deactivation;
    let (sessions, name) = (counted(*ended_sessions, "session"), &user.username);
    let (killed, live) = (counted(*killed_assets, "asset"), counted(*live_assets, "asset"));
    match (dry_run, kill_tasks) {
        (false, false) => format!("deactivated {name}; ended {sessions}; tasks that run go on"),
        (false, true) => format!("deactivated {name}; ended {sessions}; killing {killed}"),
        (true, false) => format!("deactivating {name} would end {sessions}; {live} would go on or wait"),
        (true, true) => format!("deactivating {name} would end {sessions} and kill {killed}"),
    }
}
