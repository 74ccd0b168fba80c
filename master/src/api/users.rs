//! Accounts, and the Unix users that their work runs as.

use pedl_proto::v1;
use pedl_proto::v1::user_service_server::UserService;
use pedl_proto::v1::{
    CreateUserRequest, CreateUserResponse, GetUserRequest, GetUserResponse, LinkAgentUserRequest,
    LinkAgentUserResponse, ListUsersRequest, ListUsersResponse, UnlinkAgentUserRequest, UnlinkAgentUserResponse,
};
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::{user_to_proto, username};
use super::fields::{Fields, is_one_line};
use super::page::Page;
use crate::error::{Error, Result};
use crate::store;
use crate::store::users::NewUser;
use crate::users::{AgentUser, Umask, UnixName, Username, parse_supplementary_gids, parse_unix_id};

const MAX_DISPLAY_NAME: usize = 128;

#[tonic::async_trait]
impl UserService for Api {
    async fn create_user(&self, request: Request<CreateUserRequest>) -> Result<Response<CreateUserResponse>, Status> {
        let new = parse_new_user(request.into_inner())?;
        let user = self.store.write(|tx| Box::pin(store::users::create(tx, new))).await?;
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
        let LinkAgentUserRequest { username: name, agent_user } = request.into_inner();
        let (username, link) = (username(&name)?, parse_agent_user(agent_user)?);
        let linked = self
            .store
            .write(|tx| Box::pin(async move { store::users::link_agent_user(tx, &username, Some(link)).await }))
            .await?;
        Ok(Response::new(LinkAgentUserResponse { user: Some(user_to_proto(linked)) }))
    }

    async fn unlink_agent_user(
        &self,
        request: Request<UnlinkAgentUserRequest>,
    ) -> Result<Response<UnlinkAgentUserResponse>, Status> {
        let username = username(&request.into_inner().username)?;
        let unlinked = self
            .store
            .write(|tx| Box::pin(async move { store::users::link_agent_user(tx, &username, None).await }))
            .await?;
        Ok(Response::new(UnlinkAgentUserResponse { user: Some(user_to_proto(unlinked)) }))
    }
}

fn parse_new_user(request: CreateUserRequest) -> Result<NewUser> {
    let CreateUserRequest { username, display_name, admin } = request;
    let mut fields = Fields::default();
    let username = fields.take(Username::parse(&username), "username");
    let good = is_one_line(&display_name) && display_name.chars().count() <= MAX_DISPLAY_NAME;
    fields.check(good, "display_name", format!("must be one line of at most {MAX_DISPLAY_NAME} characters"));
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
