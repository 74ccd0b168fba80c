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
use crate::users::{AgentUser, UnixName, Username, parse_unix_id};

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
    let mut fields = Fields::default();
    let user = fields.take(UnixName::parse(&link.user), "agent_user.user");
    let uid = fields.take(parse_unix_id(link.uid), "agent_user.uid");
    let group = fields.take(UnixName::parse(&link.group), "agent_user.group");
    let gid = fields.take(parse_unix_id(link.gid), "agent_user.gid");
    let parsed = || Some(AgentUser { user: user?, uid: uid?, group: group?, gid: gid? });
    fields.finish_with(parsed())
}
