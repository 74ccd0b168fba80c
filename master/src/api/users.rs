//! Accounts, and the Unix users that their work runs as.

use pedl_proto::v1;
use pedl_proto::v1::user_service_server::UserService;
use pedl_proto::v1::{
    ActivateUserRequest, ActivateUserResponse, ChangePasswordRequest, ChangePasswordResponse, CreateUserRequest,
    CreateUserResponse, DeactivateUserRequest, DeactivateUserResponse, GetUserRequest, GetUserResponse,
    LinkAgentUserRequest, LinkAgentUserResponse, ListUsersRequest, ListUsersResponse, UnlinkAgentUserRequest,
    UnlinkAgentUserResponse, UpdateUserRequest, UpdateUserResponse,
};
use tonic::{Request, Response, Status};

use super::convert::{user_to_proto, username};
use super::fields::{Fields, is_one_line};
use super::page::Page;
use super::{Api, confirmed};
use crate::audit::{Action, Actor};
use crate::auth::caller::Caller;
use crate::auth::policy::{self, AccountAction};
use crate::error::{Error, Result};
use crate::store;
use crate::store::users::{Changes, NewUser};
use crate::users::lifecycle::{self, Deactivated};
use crate::users::{AgentUser, Umask, UnixName, Username, parse_supplementary_gids, parse_unix_id};

const MAX_DISPLAY_NAME: usize = 128;

#[tonic::async_trait]
impl UserService for Api {
    async fn create_user(&self, request: Request<CreateUserRequest>) -> Result<Response<CreateUserResponse>, Status> {
        let by = Caller::member(request.extensions())?.token;
        let actor = Actor::of(request.extensions());
        let new = parse_new_user(request.into_inner())?;
        let event = actor.did(Action::CreateUser, &new.username).with(if new.admin { "an administrator" } else { "" });
        let user = self.administer(by, event, |tx| Box::pin(store::users::create(tx, new))).await?;
        Ok(Response::new(CreateUserResponse { user: Some(user_to_proto(user)) }))
    }

    async fn get_user(&self, request: Request<GetUserRequest>) -> Result<Response<GetUserResponse>, Status> {
        let username = username(&request.into_inner().username)?;
        let user = store::users::get(self.store.read(), &username).await?;
        Ok(Response::new(GetUserResponse { user: Some(user_to_proto(user)) }))
    }

    async fn list_users(&self, request: Request<ListUsersRequest>) -> Result<Response<ListUsersResponse>, Status> {
        let ListUsersRequest { page_size, page_token } = request.into_inner();
        let page = Page::parse(page_size, &page_token, "users".into())?;
        let after = page.after.as_deref().map(Username::parse).transpose().map_err(|_| Error::InvalidPageToken)?;
        let users = store::users::list(self.store.read(), after.as_ref(), page.limit()).await?;
        let mut users: Vec<v1::User> = users.into_iter().map(user_to_proto).collect();
        let next_page_token = page.cut(&mut users, |user| user.username.clone());
        Ok(Response::new(ListUsersResponse { users, next_page_token }))
    }

    async fn link_agent_user(
        &self,
        request: Request<LinkAgentUserRequest>,
    ) -> Result<Response<LinkAgentUserResponse>, Status> {
        let by = Caller::member(request.extensions())?.token;
        let actor = Actor::of(request.extensions());
        let LinkAgentUserRequest { username: name, agent_user } = request.into_inner();
        let (username, link) = (username(&name)?, parse_agent_user(agent_user)?);
        let event = actor.did(Action::LinkUser, &username).with(link.to_string());
        let linked = self
            .administer(by, event, |tx| {
                Box::pin(async move { store::users::link_agent_user(tx, &username, Some(link)).await })
            })
            .await?;
        Ok(Response::new(LinkAgentUserResponse { user: Some(user_to_proto(linked)) }))
    }

    async fn unlink_agent_user(
        &self,
        request: Request<UnlinkAgentUserRequest>,
    ) -> Result<Response<UnlinkAgentUserResponse>, Status> {
        let by = Caller::member(request.extensions())?.token;
        let username = username(&request.get_ref().username)?;
        let event = Actor::of(request.extensions()).did(Action::UnlinkUser, &username);
        let unlinked = self
            .administer(by, event, |tx| {
                Box::pin(async move { store::users::link_agent_user(tx, &username, None).await })
            })
            .await?;
        Ok(Response::new(UnlinkAgentUserResponse { user: Some(user_to_proto(unlinked)) }))
    }

    async fn update_user(&self, request: Request<UpdateUserRequest>) -> Result<Response<UpdateUserResponse>, Status> {
        let by = Caller::member(request.extensions())?.token;
        let actor = Actor::of(request.extensions());
        let (username, changes) = parse_update(request.into_inner())?;
        let event = actor.did(Action::UpdateUser, &username).with(told(&changes));
        let (user, tokens) = self
            .administer(by, event, |tx| Box::pin(async move { lifecycle::update(tx, &username, changes).await }))
            .await?;
        self.sessions.forget(&tokens).await;
        Ok(Response::new(UpdateUserResponse { user: Some(user_to_proto(user)) }))
    }

    async fn activate_user(
        &self,
        request: Request<ActivateUserRequest>,
    ) -> Result<Response<ActivateUserResponse>, Status> {
        let by = Caller::member(request.extensions())?.token;
        let username = username(&request.get_ref().username)?;
        let event = Actor::of(request.extensions()).did(Action::ActivateUser, &username);
        let user =
            self.administer(by, event, |tx| Box::pin(async move { lifecycle::activate(tx, &username).await })).await?;
        Ok(Response::new(ActivateUserResponse { user: Some(user_to_proto(user)) }))
    }

    async fn deactivate_user(
        &self,
        request: Request<DeactivateUserRequest>,
    ) -> Result<Response<DeactivateUserResponse>, Status> {
        let member = Caller::member(request.extensions())?;
        let (token, by) = (member.token, member.user.username.clone());
        let DeactivateUserRequest { username: name, kill_tasks, validate_only } = request.get_ref().clone();
        let username = username(&name)?;
        if validate_only {
            let deactivate = confirmed(token, true, move |tx| {
                Box::pin(async move { lifecycle::deactivate(tx, &username, kill_tasks.then_some(&by)).await })
            });
            return Ok(Response::new(ends_to_proto(self.store.rehearse(deactivate).await?)));
        }
        let actor = Actor::of(request.extensions());
        let deactivated = self
            .write_as(token, true, move |tx| {
                Box::pin(async move {
                    let gone = lifecycle::deactivate(tx, &username, kill_tasks.then_some(&by)).await?;
                    let told = format!("{} sessions ended, {} tasks killed", gone.ended.len(), gone.killed.len());
                    store::audit::record(tx, actor.did(Action::DeactivateUser, &username).with(told)).await?;
                    Ok(gone)
                })
            })
            .await?;
        self.sessions.end(&deactivated.ended).await;
        for task in &deactivated.killed {
            self.tell_of_kill(task);
        }
        Ok(Response::new(ends_to_proto(deactivated)))
    }

    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Result<Response<ChangePasswordResponse>, Status> {
        let actor = Actor::of(request.extensions());
        let member = Caller::member(request.extensions())?.clone();
        let ChangePasswordRequest { username: name, current_password, new_password } = request.into_inner();
        let of = if name.is_empty() { member.user.username.clone() } else { username(&name)? };
        let account = store::users::find_credentials(self.store.read(), &of).await?;
        // Who may not ask shall not learn which names there are by asking.
        if account.as_ref().is_none_or(|account| account.user.id != member.user.id) && !member.user.admin {
            return Err(Error::AdminRequired.into());
        }
        let account = account.ok_or(Error::UserNotFound(of))?;
        policy::check_account(&member, AccountAction::ChangePassword, account.user.id)?;
        let ended = self.sessions.change_password(&member, account, &current_password, &new_password, actor).await?;
        Ok(Response::new(ChangePasswordResponse { ended_sessions: count(ended) }))
    }
}

fn ends_to_proto(gone: Deactivated) -> DeactivateUserResponse {
    DeactivateUserResponse {
        user: Some(user_to_proto(gone.user)),
        ended_sessions: count(gone.ended.len()),
        killed_assets: count(gone.killed.len()),
        live_assets: count(gone.left),
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// What a mask names, and nothing else, changes.
fn parse_update(request: UpdateUserRequest) -> Result<(Username, Changes)> {
    let UpdateUserRequest { username: name, user, update_mask } = request;
    let v1::User { username: new_name, display_name, admin, .. } = user.unwrap_or_default();
    let mut fields = Fields::default();
    let mut changes = Changes::default();
    let paths = update_mask.unwrap_or_default().paths;
    fields.check(!paths.is_empty(), "update_mask", "must name what is to change: username, display_name, admin");
    for path in &paths {
        match path.as_str() {
            "username" => changes.username = fields.take(Username::parse(&new_name), "user.username"),
            "display_name" => {
                check_display_name(&mut fields, "user.display_name", &display_name);
                changes.display_name = Some(display_name.clone());
            }
            "admin" => changes.admin = Some(admin),
            _ => fields.check(false, "update_mask", "may name username, display_name and admin"),
        }
    }
    let username = fields.take(Username::parse(&name), "username");
    Ok((fields.finish_with(username)?, changes))
}

fn told(changes: &Changes) -> String {
    let Changes { username, display_name, admin, active: _ } = changes;
    let told = [
        username.as_ref().map(|name| format!("username {name}")),
        display_name.as_ref().map(|name| format!("display name `{name}`")),
        admin.map(|admin| format!("admin {admin}")),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn check_display_name(fields: &mut Fields, field: &str, name: &str) {
    let good = is_one_line(name) && name.chars().count() <= MAX_DISPLAY_NAME;
    fields.check(good, field, format!("must be one line of at most {MAX_DISPLAY_NAME} characters"));
}

fn parse_new_user(request: CreateUserRequest) -> Result<NewUser> {
    let CreateUserRequest { username, display_name, admin } = request;
    let mut fields = Fields::default();
    let username = fields.take(Username::parse(&username), "username");
    check_display_name(&mut fields, "display_name", &display_name);
    fields.finish_with(username.map(|username| NewUser { username, display_name, admin }))
}

fn parse_agent_user(link: Option<v1::AgentUser>) -> Result<AgentUser> {
    let link = link.ok_or_else(|| Error::invalid("agent_user", "is required"))?;
    let v1::AgentUser { uid, user, gid, group, supplementary_gids, umask } = link;
    let mut fields = Fields::default();
    let user = fields.take(UnixName::parse(&user), "agent_user.user");
    let uid = fields.take(parse_unix_id(uid), "agent_user.uid");
    let group = fields.take(UnixName::parse(&group), "agent_user.group");
    let gid = fields.take(parse_unix_id(gid), "agent_user.gid");
    let gids = fields.take(parse_supplementary_gids(&supplementary_gids), "agent_user.supplementary_gids");
    let umask = fields.take(umask.map(|bits| Umask::parse(bits.into())).transpose(), "agent_user.umask");
    let parsed = || {
        Some(AgentUser { user: user?, uid: uid?, group: group?, gid: gid?, supplementary_gids: gids?, umask: umask? })
    };
    fields.finish_with(parsed())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::convert::agent_user_to_proto;
    use super::*;

    fn show(change: impl FnOnce(&mut v1::AgentUser)) -> String {
        let mut link = agent_user_to_proto(AgentUser { gid: 2000, ..AgentUser::root() });
        change(&mut link);
        match parse_agent_user(Some(link)).map(agent_user_to_proto) {
            Ok(link) => format!("groups {:?}, umask {:?}\n", link.supplementary_gids, link.umask),
            Err(error) => format!("{error}\n"),
        }
    }

    #[test]
    fn groups_and_umask_of_a_link() {
        let shown = [
            show(|_| {}),
            show(|link| (link.supplementary_gids, link.umask) = (vec![2002, 2000, 2001], Some(0o27))),
            show(|link| link.supplementary_gids = vec![2001, 2001]),
            show(|link| link.supplementary_gids = vec![-1]),
            show(|link| (link.gid, link.umask) = (-1, Some(0o1000))),
        ];
        expect![[r#"
            groups [], umask None
            groups [2002, 2001], umask Some(23)
            agent_user.supplementary_gids must differ, and 2001 is there twice
            agent_user.supplementary_gids must each be 0 to 2147483647, not -1
            agent_user.gid must be 0 to 2147483647, not -1; agent_user.umask must be 0 to 511 (0777 in octal), not 512
        "#]]
        .assert_eq(&shown.concat());
    }
}
