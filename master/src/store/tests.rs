//! What tests of the master share: a store to work in, and things to put there. With `PEDL_TEST_POSTGRES` set to a
//! server's URL, each test has a database of its own there; otherwise an SQLite file.

use jiff::Timestamp;
use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTrait as _;

use super::*;
use crate::assets::spec::{BindMount, Capability, CommandSpec, ContainerSpec, Propagation};
use crate::assets::state::State;
use crate::assets::{Asset, NewAsset, Owner, Spec, Task};
use crate::auth::caller::{Member, Session, SessionKind};
use crate::ids::{AssetId, SessionId, TaskId, UserId};
use crate::store::users::NewUser;
use crate::users::{AgentUser, UnixName, User, Username};

/// A fresh store.
pub async fn open() -> Store {
    let (url, dir) = nowhere_yet().await;
    Store::open(&url, &dir).await.unwrap()
}

/// The URL and the directory of a store to be.
async fn nowhere_yet() -> (String, PathBuf) {
    let url = match std::env::var("PEDL_TEST_POSTGRES") {
        Ok(server) => fresh_postgres_database(&server).await,
        Err(_) => String::new(),
    };
    // Kept until the process ends: the store is still open when the test returns.
    (url, tempfile::tempdir().unwrap().keep())
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

/// What the first release wrote: a linked account, one without a link, and a task that ran.
fn first_release(task_id: &str) -> String {
    format!(
        r#"
        INSERT INTO users (username, display_name, admin, active, agent_user, agent_uid, agent_group, agent_gid, created_at)
            VALUES ('ada', '', false, true, 'ada', 1001, 'team', 2000, 0),
                ('bob', '', false, true, NULL, NULL, NULL, NULL, 0);
        INSERT INTO assets (kind, owner_id, description, state, state_reason, resource_pool, revision, created_at, spec)
            VALUES ('command', 1, 'd', 'RUNNING', '', 'default', 1, 0, '{{"argv": ["true"], "container": {{
                "image": "image", "environment_variables": {{"KEY": "value"}}, "work_dir": "", "slots": 1, "shm_size": 1,
                "bind_mounts": [{{"host_path": "/a", "container_path": "/b", "read_only": true}}]}}}}');
        INSERT INTO tasks (id, asset_id, state, state_reason, slots, resource_pool, run_as_user, run_as_uid,
                run_as_group, run_as_gid, revision, created_at)
            VALUES ({task_id}, 1, 'RUNNING', '', 1, 'default', 'ada', 1001, 'team', 2000, 1, 0);
        "#
    )
}

#[tokio::test]
async fn a_database_of_the_first_release_is_brought_up_to_date() {
    let (url, dir) = nowhere_yet().await;
    let task = TaskId::generate();
    let (options, task_id) = match url.is_empty() {
        true => (sqlite(dir.join("pedl.db"), 1, false), format!("X'{}'", task.0.simple())),
        false => (quiet(&url), format!("'{task}'")),
    };
    let old = sea_orm::Database::connect(options).await.unwrap();
    MainMigrator::up(&old, Some(1)).await.unwrap();
    old.execute_unprepared(&first_release(&task_id)).await.unwrap();
    old.close().await.unwrap();

    let store = Store::open(&url, &dir).await.unwrap();
    let name = |text: &str| UnixName::parse(text).unwrap();
    let link = AgentUser { user: name("ada"), uid: 1001, group: name("team"), gid: 2000, ..AgentUser::root() };
    for (who, expected) in [("ada", Some(link.clone())), ("bob", None)] {
        let user = users::get(store.read(), &Username::parse(who).unwrap()).await.unwrap();
        assert_eq!(user.agent_user, expected);
    }
    assert_eq!(tasks::get(store.read(), task).await.unwrap().run_as, Some(link));
    let Spec::Command(command) = assets::get(store.read(), AssetId(1)).await.unwrap().spec;
    let ContainerSpec { bind_mounts, memory, cpus, add_capabilities, read_only_root, .. } = command.container;
    assert_eq!(bind_mounts[0].propagation, Propagation::Rprivate);
    assert_eq!((memory, cpus, add_capabilities.len(), read_only_root), (None, None, 0, None));
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
    let session = Session {
        id: SessionId(id),
        kind: SessionKind::Login,
        name: String::new(),
        address: String::new(),
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::UNIX_EPOCH,
        last_used_at: Timestamp::UNIX_EPOCH,
    };
    Member { user: user(id, admin), session, token: [0; 32] }
}

pub fn command() -> CommandSpec {
    CommandSpec {
        argv: vec!["true".into()],
        container: ContainerSpec {
            image: "image".into(),
            environment_variables: [("KEY".into(), "value".into())].into(),
            bind_mounts: vec![BindMount {
                host_path: "/host".into(),
                container_path: "/data".into(),
                read_only: false,
                propagation: Propagation::Rslave,
            }],
            work_dir: String::new(),
            slots: 1,
            shm_size: 1,
            memory: Some(6 << 20),
            cpus: Some(0.07),
            add_capabilities: Capability::parse("SYS_PTRACE").into_iter().collect(),
            read_only_root: Some(true),
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
