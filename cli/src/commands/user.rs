//! `pedl user`: accounts. Some verbs stand in files of their own, beside this one.

use clap::{Args as ClapArgs, Subcommand};
use pedl_proto::v1::{
    self, AgentUser, CreateUserRequest, CreateUserResponse, DeactivateUserRequest, LinkAgentUserRequest,
    LinkAgentUserResponse, ListUsersRequest, UnlinkAgentUserRequest, UnlinkAgentUserResponse,
};

use super::user_edit::{self, EditArgs};
use super::user_password::{self, PasswordArgs};
use super::{session, user_session};
use crate::args::Global;
use crate::client::Client;
use crate::error::Error;
use crate::{output, record};

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Log in, for 30 days
    #[command(after_help = user_session::LOGIN_EXAMPLES)]
    Login {
        /// Who; asked for on a terminal
        name: Option<String>,
    },
    /// Log out: end the session and forget its token
    #[command(after_help = user_session::LOGOUT_EXAMPLES)]
    Logout {
        /// Every user's session with this master that is kept here
        #[arg(short, long)]
        all: bool,
    },
    /// Tell whom you act as
    #[command(after_help = "Examples:\n  pedl user whoami\n  pedl user whoami -o json")]
    Whoami,
    /// List all users, inactive ones too
    #[command(after_help = "Examples:\n  pedl user list\n  pedl user list -o csv")]
    List,
    /// Create a user with a blank password; administrators only
    #[command(
        after_help = "Examples:\n  pedl -u admin user create ada --display-name 'Ada Lovelace'\n  pedl -u admin user create grace --admin"
    )]
    Create {
        /// The login name: 1 to 64 of a-z 0-9 . _ @ -
        name: String,
        /// Let the user administer the cluster
        #[arg(long)]
        admin: bool,
        /// How the person is shown
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
    },
    /// Set a password: your own, or, for administrators, anybody's
    ChangePassword(PasswordArgs),
    /// Let a user log in and act again; administrators only
    #[command(after_help = "Examples:\n  pedl -u admin user activate ada")]
    Activate {
        /// Whom
        target: String,
    },
    /// Keep a user from logging in and acting; administrators only
    #[command(after_help = user_edit::DEACTIVATE_EXAMPLES)]
    Deactivate {
        /// Whom
        target: String,
        /// Kill what the user runs
        #[arg(long)]
        kill_tasks: bool,
        /// Change nothing; only tell what would end
        #[arg(long)]
        dry_run: bool,
    },
    /// Change a user's name or role; administrators only
    #[command(after_help = user_edit::EDIT_EXAMPLES)]
    Edit(EditArgs),
    /// See and end logins and access tokens
    #[command(subcommand, arg_required_else_help = true)]
    Sessions(session::Verb),
    /// Set the Unix user and group that a user's tasks run as on agents; administrators only
    #[command(
        after_help = "Examples:\n  pedl -u admin user link-with-agent-user ada \\\n      --agent-uid 1001 --agent-user ada --agent-gid 2000 --agent-group team\n  pedl -u admin user link-with-agent-user ada \\\n      --agent-uid 1001 --agent-user ada --agent-gid 2000 --agent-group team \\\n      --agent-groups 2001,2002 --agent-umask 0027\n\nA link takes the place of the one before. The names are those that the task sees; the numbers decide what it may read and write."
    )]
    LinkWithAgentUser(LinkArgs),
    /// Let a user's tasks run as the cluster's default user again; administrators only
    #[command(after_help = "Examples:\n  pedl -u admin user unlink-agent-user ada")]
    UnlinkAgentUser {
        /// Whose tasks
        target: String,
    },
}

/// Whom to link, and with which user.
#[derive(Debug, ClapArgs)]
pub struct LinkArgs {
    /// Whose tasks
    target: String,
    /// The user id
    #[arg(long, value_name = "UID", allow_negative_numbers = true)]
    agent_uid: i64,
    /// The user's name
    #[arg(long, value_name = "NAME")]
    agent_user: String,
    /// The group id
    #[arg(long, value_name = "GID", allow_negative_numbers = true)]
    agent_gid: i64,
    /// The group's name
    #[arg(long, value_name = "NAME")]
    agent_group: String,
    /// The ids of further groups
    #[arg(long, value_name = "GID,GID", value_delimiter = ',', allow_negative_numbers = true, value_parser = parse_gid)]
    agent_groups: Vec<i64>,
    /// What is taken from the permissions of files that the tasks make, in octal; without it: 0022
    #[arg(long, value_name = "UMASK", value_parser = parse_umask)]
    agent_umask: Option<i32>,
}

impl LinkArgs {
    fn request(self) -> LinkAgentUserRequest {
        let Self { target, agent_uid, agent_user, agent_gid, agent_group, agent_groups, agent_umask } = self;
        let agent_user = AgentUser {
            uid: agent_uid,
            user: agent_user,
            gid: agent_gid,
            group: agent_group,
            supplementary_gids: agent_groups,
            umask: agent_umask,
        };
        LinkAgentUserRequest { username: target, agent_user: Some(agent_user) }
    }
}

fn parse_gid(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "give ids of groups, such as 2001,2002".to_string())
}

/// As umask(1) takes it.
fn parse_umask(text: &str) -> Result<i32, String> {
    let octal = text.len() <= 4 && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    let bits = i32::from_str_radix(text, 8).ok().filter(|bits| octal && *bits <= 0o777);
    bits.ok_or_else(|| "give octal digits up to 0777, such as 0027".to_string())
}

/// Does what the verb says.
pub async fn run(global: &Global, verb: Verb) -> Result<(), Error> {
    match verb {
        Verb::Login { name } => user_session::login(global, name).await,
        Verb::Logout { all } => user_session::logout(global, all).await,
        Verb::Whoami => user_session::whoami(global).await,
        Verb::List => list(global).await,
        Verb::Create { name, admin, display_name } => {
            let display_name = display_name.unwrap_or_default();
            create(global, CreateUserRequest { username: name, display_name, admin }).await
        }
        Verb::ChangePassword(args) => user_password::change(global, args).await,
        Verb::Activate { target } => user_edit::activate(global, target).await,
        Verb::Deactivate { target, kill_tasks, dry_run } => {
            let request = DeactivateUserRequest { username: target, kill_tasks, validate_only: dry_run };
            user_edit::deactivate(global, request).await
        }
        Verb::Edit(args) => user_edit::edit(global, args).await,
        Verb::Sessions(verb) => session::run(global, verb).await,
        Verb::UnlinkAgentUser { target } => {
            unlink_agent_user(global, UnlinkAgentUserRequest { username: target }).await
        }
        Verb::LinkWithAgentUser(args) => link_with_agent_user(global, args.request()).await,
    }
}

async fn list(global: &Global) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let users: Vec<_> = fetch_all(&mut client).await?.into_iter().map(record::User::from).collect();
    global.output.list(&users, || {
        let header = ["USERNAME", "DISPLAY NAME", "ADMIN", "STATUS", "TASKS RUN AS"];
        output::table(header, users.iter().map(row))
    })
}

async fn fetch_all(client: &mut Client) -> Result<Vec<v1::User>, Error> {
    let mut users = Vec::new();
    let mut request = ListUsersRequest { page_size: 500, page_token: String::new() };
    loop {
        let page = client.call(async |api| api.users().list_users(request.clone()).await).await?;
        users.extend(page.users);
        if page.next_page_token.is_empty() {
            return Ok(users);
        }
        request.page_token = page.next_page_token;
    }
}

fn row(user: &record::User) -> [String; 5] {
    [
        user.username.clone(),
        user.display_name.clone().unwrap_or_default(),
        if user.admin { "yes" } else { "no" }.to_string(),
        if user.active { "active" } else { "inactive" }.to_string(),
        runs_as(user).unwrap_or_else(|| "the cluster's default".to_string()),
    ]
}

fn runs_as(user: &record::User) -> Option<String> {
    let run_as = record::RunAs {
        uid: user.agent_uid?,
        user: user.agent_user.clone()?,
        gid: user.agent_gid?,
        group: user.agent_group.clone()?,
        supplementary_gids: user.agent_groups.clone()?,
        umask: user.agent_umask.clone(),
    };
    Some(run_as.to_string())
}

async fn create(global: &Global, request: CreateUserRequest) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let CreateUserResponse { user } = client.call(async |api| api.users().create_user(request.clone()).await).await?;
    let user = record::User::from(user.unwrap_or_default());
    global.output.done(&user, || format!("created {}, with a blank password", user.username))
}

async fn link_with_agent_user(global: &Global, request: LinkAgentUserRequest) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let LinkAgentUserResponse { user } =
        client.call(async |api| api.users().link_agent_user(request.clone()).await).await?;
    let user = record::User::from(user.unwrap_or_default());
    global.output.done(&user, || {
        let run_as = runs_as(&user).unwrap_or_default();
        format!("tasks of {} that start from now on run as {run_as}", user.username)
    })
}

async fn unlink_agent_user(global: &Global, request: UnlinkAgentUserRequest) -> Result<(), Error> {
    let mut client = Client::connect(global).await?;
    let UnlinkAgentUserResponse { user } =
        client.call(async |api| api.users().unlink_agent_user(request.clone()).await).await?;
    let user = record::User::from(user.unwrap_or_default());
    global
        .output
        .done(&user, || format!("tasks of {} that start from now on run as the cluster's default user", user.username))
}
