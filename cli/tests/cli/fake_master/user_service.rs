use pedl_proto::v1::user_service_server::UserService;
use pedl_proto::v1::{
    CreateUserRequest, CreateUserResponse, GetUserRequest, GetUserResponse, LinkAgentUserRequest,
    LinkAgentUserResponse, ListUsersRequest, ListUsersResponse, UnlinkAgentUserRequest, UnlinkAgentUserResponse,
};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{Shared, refuse};

#[tonic::async_trait]
impl UserService for Shared {
    async fn create_user(&self, request: Request<CreateUserRequest>) -> Result<Response<CreateUserResponse>, Status> {
        self.admin("CreateUser", request.metadata())?;
        let CreateUserRequest { username, display_name, admin } = request.into_inner();
        let mut state = self.lock();
        if state.users.contains_key(&username) {
            return Err(refuse(Code::AlreadyExists, "USER_EXISTS", "there is a user of this name already"));
        }
        state.add_user(&username, "", admin);
        let user = state.users.get_mut(&username).unwrap();
        user.display_name = display_name;
        Ok(Response::new(CreateUserResponse { user: Some(user.clone()) }))
    }

    async fn get_user(&self, request: Request<GetUserRequest>) -> Result<Response<GetUserResponse>, Status> {
        self.caller("GetUser", request.metadata())?;
        let user = self.lock().users.get(&request.into_inner().username).cloned();
        let user = user.ok_or_else(|| refuse(Code::NotFound, "USER_NOT_FOUND", "no user has this name"))?;
        Ok(Response::new(GetUserResponse { user: Some(user) }))
    }

    /// One user a page, whatever is asked for.
    async fn list_users(&self, request: Request<ListUsersRequest>) -> Result<Response<ListUsersResponse>, Status> {
        self.caller("ListUsers", request.metadata())?;
        let page: usize = request.into_inner().page_token.parse().unwrap_or(0);
        let state = self.lock();
        let users = state.users.values().skip(page).take(1).cloned().collect();
        let more = page + 1 < state.users.len();
        let next_page_token = if more { (page + 1).to_string() } else { String::new() };
        Ok(Response::new(ListUsersResponse { users, next_page_token }))
    }

    async fn link_agent_user(
        &self,
        request: Request<LinkAgentUserRequest>,
    ) -> Result<Response<LinkAgentUserResponse>, Status> {
        self.admin("LinkAgentUser", request.metadata())?;
        let LinkAgentUserRequest { username, agent_user } = request.into_inner();
        if agent_user.as_ref().is_some_and(|link| link.uid < 0) {
            let details = ErrorDetails::with_bad_request_violation("agent_user.uid", "must be 0 to 2147483647");
            return Err(Status::with_error_details(Code::InvalidArgument, "a field is out of its bounds", details));
        }
        let mut state = self.lock();
        let user = state.users.get_mut(&username);
        let user = user.ok_or_else(|| refuse(Code::NotFound, "USER_NOT_FOUND", "no user has this name"))?;
        user.agent_user = agent_user;
        Ok(Response::new(LinkAgentUserResponse { user: Some(user.clone()) }))
    }

    async fn unlink_agent_user(
        &self,
        request: Request<UnlinkAgentUserRequest>,
    ) -> Result<Response<UnlinkAgentUserResponse>, Status> {
        self.admin("UnlinkAgentUser", request.metadata())?;
        let mut state = self.lock();
        let user = state.users.get_mut(&request.into_inner().username);
        let user = user.ok_or_else(|| refuse(Code::NotFound, "USER_NOT_FOUND", "no user has this name"))?;
        user.agent_user = None;
        Ok(Response::new(UnlinkAgentUserResponse { user: Some(user.clone()) }))
    }
}
