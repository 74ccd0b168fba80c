//! What tests of the master share: a store to work in, and things to put there. With `PEDL_TEST_POSTGRES` set to a
//! server's URL, each test has a database of its own there; otherwise an SQLite file.

use jiff::Timestamp;
use sea_orm::ConnectionTrait;

use super::*;
use crate::assets::spec::{CommandSpec, ContainerSpec};
use crate::assets::state::State;
use crate::assets::{Asset, NewAsset, Owner, Spec, Task};
use crate::auth::caller::{Member, Session};
use crate::ids::{AssetId, SessionId, TaskId, UserId};
use crate::store::users::NewUser;
use crate::users::{User, Username};

/// A fresh store.
pub async fn open() -> Store {
    let url = match std::env::var("PEDL_TEST_POSTGRES") {
        Ok(server) => fresh_postgres_database(&server).await,
        Err(_) => String::new(),
    };
    // Kept until the process ends: the store is still open when the test returns.
    let dir = tempfile::tempdir().unwrap().keep();
    Store::open(&url, &dir).await.unwrap()
}

async fn fresh_postgres_database(server: &str) -> String {
    let name = format!("test_{}", TaskId::generate().0.simple());
    let admin = sea_orm::Database::connect(server).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (base, query) =
        server.split_once('?').map_or((server, String::new()), |(base, query)| (base, format!("?{query}")));
    let (host, _) = base.rsplit_once('/').unwrap();
    format!("{host}/{name}{query}")
}

#[tokio::test]
async fn a_database_of_a_newer_master_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open("", dir.path()).await.unwrap();
    store
        .write(|tx| {
            Box::pin(async {
                tx.execute_unprepared("INSERT INTO migrations VALUES ('m9999_of_the_future', 0)").await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    let again = Store::open("", dir.path()).await;
    assert!(matches!(again, Err(OpenError::Newer(name)) if name == "m9999_of_the_future"));
}

pub fn user_named(name: &str) -> NewUser {
    NewUser { username: Username::parse(name).unwrap(), display_name: String::new(), admin: false }
}

fn user(id: i64, admin: bool) -> User {
    User {
        id: UserId(id),
        username: Username::parse(&format!("user{id}")).unwrap(),
        display_name: String::new(),
        admin,
        active: true,
        agent_user: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

pub fn member(id: i64, admin: bool) -> Member {
    let session = Session { id: SessionId(id), created_at: Timestamp::UNIX_EPOCH, expires_at: Timestamp::UNIX_EPOCH };
    Member { user: user(id, admin), session, token: [0; 32] }
}

pub fn command() -> CommandSpec {
    CommandSpec {
        argv: vec!["true".into()],
        container: ContainerSpec {
            image: "image".into(),
            environment_variables: [("KEY".into(), "value".into())].into(),
            bind_mounts: Vec::new(),
            work_dir: String::new(),
            slots: 1,
            shm_size: 1,
        },
    }
}

pub fn new_command(owner: UserId) -> NewAsset {
    NewAsset {
        owner,
        request_id: None,
        description: "true".into(),
        resource_pool: "default".into(),
        spec: Spec::Command(command()),
    }
}

/// A queued command that is in no store.
pub fn command_of(owner: i64) -> Asset {
    let owner = user(owner, false);
    let task = Task {
        id: TaskId::generate(),
        asset: AssetId(1),
        state: State::Queued,
        state_reason: String::new(),
        slots: 1,
        resource_pool: "default".into(),
        agent: None,
        run_as: None,
        exit_code: None,
        created_at: Timestamp::UNIX_EPOCH,
        placed_at: None,
        started_at: None,
        ended_at: None,
    };
    Asset {
        id: AssetId(1),
        owner: Owner { id: owner.id, username: owner.username },
        description: "true".into(),
        state: State::Queued,
        state_reason: String::new(),
        resource_pool: "default".into(),
        created_at: Timestamp::UNIX_EPOCH,
        started_at: None,
        ended_at: None,
        spec: Spec::Command(command()),
        latest_task: task,
    }
}
