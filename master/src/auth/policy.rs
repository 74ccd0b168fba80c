//! Who may do what: which sort of caller each rpc takes, and what a member may do to whose things. A call that is not in
//! the table is refused.

use super::caller::{Caller, Member, SessionKind};
use crate::assets::Asset;
use crate::error::{Error, Result};
use crate::ids::UserId;

/// Which callers an rpc takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everyone, without a token.
    Anyone,
    /// Active members.
    Member,
    /// Administrators.
    Admin,
    /// Agents.
    Agent,
    /// Agents, and machines with a join token.
    Joining,
}

/// Every rpc's access, in the order of the paths.
const ACCESS: &[(&str, Access)] = &[
    ("/grpc.health.v1.Health/Check", Access::Anyone),
    ("/grpc.health.v1.Health/List", Access::Anyone),
    ("/grpc.health.v1.Health/Watch", Access::Anyone),
    ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Access::Anyone),
    ("/pedl.agent.v1.AgentService/AppendLogs", Access::Agent),
    ("/pedl.agent.v1.AgentService/Heartbeat", Access::Agent),
    ("/pedl.agent.v1.AgentService/Register", Access::Joining),
    ("/pedl.agent.v1.AgentService/ReportTasks", Access::Agent),
    ("/pedl.agent.v1.AgentService/WatchAssignments", Access::Agent),
    ("/pedl.v1.AssetService/CreateAsset", Access::Member),
    ("/pedl.v1.AssetService/GetAsset", Access::Member),
    ("/pedl.v1.AssetService/KillAsset", Access::Member),
    ("/pedl.v1.AssetService/ListAssetEvents", Access::Member),
    ("/pedl.v1.AssetService/ListAssets", Access::Member),
    ("/pedl.v1.AssetService/ReadLogs", Access::Member),
    ("/pedl.v1.AssetService/WatchAssets", Access::Member),
    ("/pedl.v1.ClusterService/CreateAgentToken", Access::Admin),
    ("/pedl.v1.ClusterService/DisableAgent", Access::Admin),
    ("/pedl.v1.ClusterService/EnableAgent", Access::Admin),
    ("/pedl.v1.ClusterService/GetMaster", Access::Anyone),
    ("/pedl.v1.ClusterService/ListAgents", Access::Member),
    ("/pedl.v1.ClusterService/ListAuditEvents", Access::Admin),
    ("/pedl.v1.ClusterService/ListQueue", Access::Member),
    ("/pedl.v1.SessionService/CreateAccessToken", Access::Member),
    ("/pedl.v1.SessionService/GetCurrentSession", Access::Member),
    ("/pedl.v1.SessionService/ListSessions", Access::Member),
    ("/pedl.v1.SessionService/Login", Access::Anyone),
    ("/pedl.v1.SessionService/Logout", Access::Member),
    ("/pedl.v1.SessionService/RevokeSession", Access::Member),
    ("/pedl.v1.UserService/ActivateUser", Access::Admin),
    ("/pedl.v1.UserService/ChangePassword", Access::Member),
    ("/pedl.v1.UserService/CreateUser", Access::Admin),
    ("/pedl.v1.UserService/DeactivateUser", Access::Admin),
    ("/pedl.v1.UserService/GetUser", Access::Member),
    ("/pedl.v1.UserService/LinkAgentUser", Access::Admin),
    ("/pedl.v1.UserService/ListUsers", Access::Member),
    ("/pedl.v1.UserService/UnlinkAgentUser", Access::Admin),
    ("/pedl.v1.UserService/UpdateUser", Access::Admin),
];

/// The rpcs of members whose answers go on, and end with the session.
const STREAMS: &[&str] = &["/pedl.v1.AssetService/WatchAssets", "/pedl.v1.AssetService/ReadLogs"];

/// Whether a member's call goes on after its first answer.
pub fn is_stream(path: &str) -> bool {
    STREAMS.contains(&path)
}

/// The access of the rpc at `path`.
pub fn access(path: &str) -> Result<Access> {
    find(path).map(|(_, access)| access).ok_or(Error::UnknownRpc)
}

/// The path itself, where there is such an rpc.
pub fn known(path: &str) -> Option<&'static str> {
    find(path).map(|(listed, _)| listed)
}

/// Each call asks more than once.
fn find(path: &str) -> Option<(&'static str, Access)> {
    ACCESS.binary_search_by_key(&path, |(listed, _)| listed).ok().map(|index| ACCESS[index])
}

/// Whether an rpc of this access takes `caller`.
pub fn admit(access: Access, caller: &Caller) -> Result<()> {
    match (access, caller) {
        (Access::Anyone, _)
        | (Access::Member, Caller::Member(_))
        | (Access::Agent | Access::Joining, Caller::Agent(_))
        | (Access::Joining, Caller::Joining(_)) => Ok(()),
        (Access::Admin, Caller::Member(member)) if member.user.admin => Ok(()),
        (Access::Admin, Caller::Member(_)) => Err(Error::AdminRequired),
        (_, Caller::Nobody) => Err(Error::TokenMissing),
        (
            Access::Member | Access::Admin | Access::Agent | Access::Joining,
            Caller::Member(_) | Caller::Agent(_) | Caller::Joining(_),
        ) => Err(Error::WrongTokenKind),
    }
}

/// What a member does to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountAction {
    /// Set its password.
    ChangePassword,
    /// End one of them.
    RevokeSession,
    /// Make an access token that acts as it.
    CreateAccessToken,
}

/// Whether `member` may do `action` to the account `user`.
pub fn check_account(member: &Member, action: AccountAction, user: UserId) -> Result<()> {
    let own = member.user.id == user;
    let script = member.session.kind == SessionKind::AccessToken;
    match action {
        // Whoever finds a script's token shall not make it last, nor lock its owner out.
        AccountAction::CreateAccessToken | AccountAction::ChangePassword if own && script => Err(Error::WrongTokenKind),
        AccountAction::CreateAccessToken if own => Ok(()),
        AccountAction::CreateAccessToken => Err(Error::WrongTokenKind),
        AccountAction::ChangePassword | AccountAction::RevokeSession => {
            if own || member.user.admin {
                Ok(())
            } else {
                Err(Error::AdminRequired)
            }
        }
    }
}

/// What a member does to an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read its facts and its log.
    Read,
    /// See the values of its environment variables.
    ReadEnvironment,
    /// End it.
    Kill,
}

/// Whether `member` may do `action` to `asset`.
pub fn check(member: &Member, action: Action, asset: &Asset) -> Result<()> {
    let own = member.user.id == asset.owner.id;
    let allowed = match action {
        Action::Read => true,
        Action::ReadEnvironment | Action::Kill => own || member.user.admin,
    };
    if allowed {
        return Ok(());
    }
    Err(Error::NotOwner { kind: asset.spec.kind(), id: asset.id, owner: asset.owner.username.clone() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use expect_test::expect_file;
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    use super::*;
    use crate::agents::Admission;
    use crate::auth::caller::Session;
    use crate::ids::AgentId;
    use crate::store::tests::{command_of, member};

    #[test]
    fn the_table_lists_every_rpc_and_no_other() {
        let files = FileDescriptorSet::decode(pedl_proto::FILE_DESCRIPTOR_SET).unwrap().file;
        let served: BTreeSet<String> = files
            .iter()
            .flat_map(|file| file.service.iter().map(move |service| (file.package(), service)))
            .flat_map(|(package, service)| {
                service.method.iter().map(move |rpc| format!("/{package}.{}/{}", service.name(), rpc.name()))
            })
            .collect();
        let listed: BTreeSet<String> =
            ACCESS.iter().map(|(path, _)| (*path).to_owned()).filter(|path| path.starts_with("/pedl.")).collect();
        assert_eq!(served, listed);
        assert!(ACCESS.is_sorted_by_key(|(path, _)| path), "the table is searched by halves");
    }

    #[test]
    fn the_streams_are_those_of_the_protos() {
        let files = FileDescriptorSet::decode(pedl_proto::FILE_DESCRIPTOR_SET).unwrap().file;
        let mut streams = Vec::new();
        for file in files.iter().filter(|file| file.package() == "pedl.v1") {
            for service in &file.service {
                let of_service = service.method.iter().filter(|rpc| rpc.server_streaming());
                streams.extend(of_service.map(|rpc| format!("/pedl.v1.{}/{}", service.name(), rpc.name())));
            }
        }
        assert_eq!(streams, STREAMS);
    }

    #[test]
    fn who_may_do_what_to_an_account() {
        let script = |id, admin| {
            let member = member(id, admin);
            Member { session: Session { kind: SessionKind::AccessToken, ..member.session.clone() }, ..member }
        };
        let members = [
            ("own", member(2, false)),
            ("token", script(2, false)),
            ("other", member(3, false)),
            ("admin", member(1, true)),
            ("adm.token", script(1, true)),
        ];
        let mut table = format!("{:<20}", "");
        for (name, _) in &members {
            table += &format!("{name:<10}");
        }
        use AccountAction::{ChangePassword, CreateAccessToken, RevokeSession};
        for action in [ChangePassword, RevokeSession, CreateAccessToken] {
            table += &format!("\n{:<20}", format!("{action:?}"));
            for (_, member) in &members {
                let may = check_account(member, action, UserId(2)).is_ok();
                table += &format!("{:<10}", if may { "yes" } else { "-" });
            }
        }
        expect_file!["../../tests/golden/accounts.txt"].assert_eq(&trimmed(&table));
    }

    #[test]
    fn which_caller_may_make_which_call() {
        let callers = [
            ("nobody", Caller::Nobody),
            ("member", Caller::Member(member(2, false).into())),
            ("admin", Caller::Member(member(1, true).into())),
            ("agent", Caller::Agent(AgentId(1))),
            ("joining", Caller::Joining(Admission { resource_pool: "default".into(), pool_is_fixed: true })),
        ];
        let mut table = format!("{:<60}", "");
        for (name, _) in &callers {
            table += &format!("{name:<9}");
        }
        for (path, access) in ACCESS {
            table += &format!("\n{path:<60}");
            for (_, caller) in &callers {
                table += &format!("{:<9}", if admit(*access, caller).is_ok() { "yes" } else { "-" });
            }
        }
        expect_file!["../../tests/golden/access.txt"].assert_eq(&trimmed(&table));
    }

    #[test]
    fn who_may_do_what_to_an_asset() {
        let asset = command_of(2);
        let members = [("owner", member(2, false)), ("other", member(3, false)), ("admin", member(1, true))];
        let mut table = format!("{:<20}", "");
        for (name, _) in &members {
            table += &format!("{name:<9}");
        }
        for action in [Action::Read, Action::ReadEnvironment, Action::Kill] {
            table += &format!("\n{:<20}", format!("{action:?}"));
            for (_, member) in &members {
                table += &format!("{:<9}", if check(member, action, &asset).is_ok() { "yes" } else { "-" });
            }
        }
        expect_file!["../../tests/golden/policy.txt"].assert_eq(&trimmed(&table));
    }

    fn trimmed(table: &str) -> String {
        table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }
}
