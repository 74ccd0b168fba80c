use pedl_proto::v1::user_service_server::UserService;
use pedl_proto::v1::{
    ActivateUserRequest, ActivateUserResponse, ChangePasswordRequest, ChangePasswordResponse, CreateUserRequest,
    CreateUserResponse, DeactivateUserRequest, DeactivateUserResponse, GetUserRequest, GetUserResponse,
    LinkAgentUserRequest, LinkAgentUserResponse, ListUsersRequest, ListUsersResponse, UnlinkAgentUserRequest,
    UnlinkAgentUserResponse, UpdateUserRequest, UpdateUserResponse, User,
};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{Shared, admin_required, page, refuse, token};

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
        let user = self.lock().user(&request.into_inner().username)?.clone();
        Ok(Response::new(GetUserResponse { user: Some(user) }))
    }

    /// One user a page, whatever is asked for.
    async fn list_users(&self, request: Request<ListUsersRequest>) -> Result<Response<ListUsersResponse>, Status> {
        self.caller("ListUsers", request.metadata())?;
        let state = self.lock();
        let (users, next_page_token) = page(state.users.values().cloned(), &request.into_inner().page_token, 1);
        Ok(Response::new(ListUsersResponse { users, next_page_token }))
    }

    async fn update_user(&self, request: Request<UpdateUserRequest>) -> Result<Response<UpdateUserResponse>, Status> {
        self.admin("UpdateUser", request.metadata())?;
        let UpdateUserRequest { username, user: new, update_mask } = request.into_inner();
        let (new, paths) = (new.unwrap(), update_mask.unwrap().paths);
        let mut state = self.lock();
        let mut user = state.user(&username)?.clone();
        for path in &paths {
            match path.as_str() {
                "username" => user.username = new.username.to_lowercase(),
                "display_name" => user.display_name = new.display_name.clone(),
                "admin" => user.admin = new.admin,
                path => panic!("{path} cannot be changed"),
            }
        }
        if user.username != username && ["admin", "pedl"].contains(&username.as_str()) {
            return Err(refuse(Code::FailedPrecondition, "NAME_IS_FIXED", "this user keeps its name"));
        }
        state.users.remove(&username);
        state.users.insert(user.username.clone(), user.clone());
        let password = state.passwords.remove(&username).unwrap();
        state.passwords.insert(user.username.clone(), password);
        let sessions = state.tokens.values_mut().filter(|session| session.username == username);
        sessions.for_each(|session| session.username = user.username.clone());
        Ok(Response::new(UpdateUserResponse { user: Some(user) }))
    }

    async fn activate_user(
        &self,
        request: Request<ActivateUserRequest>,
    ) -> Result<Response<ActivateUserResponse>, Status> {
        self.admin("ActivateUser", request.metadata())?;
        let mut state = self.lock();
        let user = state.user(&request.into_inner().username)?;
        user.active = true;
        Ok(Response::new(ActivateUserResponse { user: Some(user.clone()) }))
    }

    /// Whoever is deactivated runs three assets.
    async fn deactivate_user(
        &self,
        request: Request<DeactivateUserRequest>,
    ) -> Result<Response<DeactivateUserResponse>, Status> {
        self.admin("DeactivateUser", request.metadata())?;
        let DeactivateUserRequest { username, kill_tasks, validate_only } = request.into_inner();
        let mut state = self.lock();
        let user = User { active: false, ..state.user(&username)?.clone() };
        let ended_sessions = match validate_only {
            true => 2,
            false => {
                state.user(&username)?.active = false;
                state.end_sessions_of(&username, None)
            }
        };
        let (killed_assets, live_assets) = if kill_tasks { (3, 0) } else { (0, 3) };
        Ok(Response::new(DeactivateUserResponse { user: Some(user), ended_sessions, killed_assets, live_assets }))
    }

    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Result<Response<ChangePasswordResponse>, Status> {
        let caller = self.caller("ChangePassword", request.metadata())?;
        let session = token(request.metadata()).unwrap().to_string();
        let ChangePasswordRequest { username, current_password, new_password } = request.into_inner();
        let own = username.is_empty() || username == caller.username;
        if !own && !caller.admin {
            return Err(admin_required());
        }
        let username = if own { caller.username } else { username };
        let mut state = self.lock();
        state.user(&username)?;
        if own && state.passwords[&username] != current_password {
            return Err(refuse(Code::PermissionDenied, "WRONG_PASSWORD", "the current password is wrong"));
        }
        state.passwords.insert(username.clone(), new_password);
        let ended_sessions = state.end_sessions_of(&username, Some(&session));
        Ok(Response::new(ChangePasswordResponse { ended_sessions }))
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
        let user = state.user(&username)?;
        user.agent_user = agent_user;
        Ok(Response::new(LinkAgentUserResponse { user: Some(user.clone()) }))
    }

    async fn unlink_agent_user(
        &self,
        request: Request<UnlinkAgentUserRequest>,
    ) -> Result<Response<UnlinkAgentUserResponse>, Status> {
        self.admin("UnlinkAgentUser", request.metadata())?;
        let mut state = self.lock();
        let user = state.user(&request.into_inner().username)?;
        user.agent_user = None;
        Ok(Response::new(UnlinkAgentUserResponse { user: Some(user.clone()) }))
    }
}
