//! What tests of the master share: a store to work in, and things to put there. With `PEDL_TEST_POSTGRES` set to a
//! server's URL, each test has a database of its own there; otherwise an SQLite file.

use jiff::Timestamp;
use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTrait as _;

use super::*;
use crate::assets::events::Recorded;
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

/// `.cargo/config.toml` says so; a build from outside of the repository does not read it.
#[tokio::test]
async fn sqlite_plans_a_statement_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open("", dir.path()).await.unwrap();
    let options = Statement::from_string(DbBackend::Sqlite, "PRAGMA compile_options");
    let rows = store.read().query_all_raw(options).await.unwrap();
    let options: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    let has = |option: &str| options.iter().any(|there| there == option);
    assert!(has("ENABLE_QPSG") && !has("ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
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

/// A task's id in SQL.
fn literal(url: &str, task: TaskId) -> String {
    if url.is_empty() { format!("X'{}'", task.0.simple()) } else { format!("'{task}'") }
}

/// Opens the store that an old master, which had so many `migrations`, wrote `rows` to.
async fn brought_up_to_date(url: &str, dir: &Path, migrations: u32, rows: &str) -> Store {
    let options = if url.is_empty() { sqlite(dir.join("pedl.db"), 1, false) } else { quiet(url) };
    let old = sea_orm::Database::connect(options).await.unwrap();
    MainMigrator::up(&old, Some(migrations)).await.unwrap();
    old.execute_unprepared(rows).await.unwrap();
    old.close().await.unwrap();
    Store::open(url, dir).await.unwrap()
}

#[tokio::test]
async fn a_database_of_the_first_release_is_brought_up_to_date() {
    let (url, dir) = nowhere_yet().await;
    let task = TaskId::generate();
    let store = brought_up_to_date(&url, &dir, 1, &first_release(&literal(&url, task))).await;
    let name = |text: &str| UnixName::parse(text).unwrap();
    let link = AgentUser { user: name("ada"), uid: 1001, group: name("team"), gid: 2000, ..AgentUser::root() };
    for (who, expected) in [("ada", Some(link.clone())), ("bob", None)] {
        let user = users::get(store.read(), &Username::parse(who).unwrap()).await.unwrap();
        assert_eq!(user.agent_user, expected);
    }
    assert_eq!(tasks::get(store.read(), task).await.unwrap().run_as, Some(link));
    let Spec::Command(command) = assets::get(store.read(), AssetId(1)).await.unwrap().spec;
    assert_eq!(command.max_run_time, None);
    let ContainerSpec { bind_mounts, memory, cpus, add_capabilities, read_only_root, .. } = command.container;
    assert_eq!(bind_mounts[0].propagation, Propagation::Rprivate);
    assert_eq!((memory, cpus, add_capabilities.len(), read_only_root), (None, None, 0, None));
}

#[tokio::test]
async fn what_is_known_of_old_assets_is_told() {
    let (url, dir) = nowhere_yet().await;
    let tasks: Vec<TaskId> = (0..3).map(|_| TaskId::generate()).collect();
    let id = |n: usize| literal(&url, tasks[n]);
    let rows = format!(
        r#"
        INSERT INTO users (username, display_name, admin, active, created_at) VALUES ('ada', '', false, true, 0);
        INSERT INTO agents (name, credential_hash, credential_used, resource_pool, pool_is_fixed, enabled, slots,
                slot_kind, version, registered_at, last_seen_at)
            VALUES ('n1', {}, true, 'default', false, true, 1, 'cpu', '', 0, 0);
        INSERT INTO assets (kind, owner_id, description, state, state_reason, resource_pool, revision, created_at, spec)
            VALUES ('command', 1, '', '', '', '', 1, 0, ''), ('command', 1, '', '', '', '', 1, 0, ''),
                ('command', 1, '', '', '', '', 1, 0, '');
        INSERT INTO tasks (id, asset_id, state, state_reason, slots, resource_pool, agent_id, revision, created_at,
                placed_at, started_at, ended_at)
            VALUES ({}, 1, 'LOST', 'agent n1 is out of reach', 1, 'default', 1, 1, 0, 10, 20, NULL),
                ({}, 2, 'FAILED', 'exit code 7', 1, 'default', 1, 1, 0, 10, 5, 30),
                ({}, 3, 'KILLED', 'killed by ada', 1, 'default', NULL, 1, 0, NULL, NULL, 40);
        "#,
        id(0),
        id(0),
        id(1),
        id(2)
    );
    let store = brought_up_to_date(&url, &dir, 3, &rows).await;
    let shown = async |asset| {
        let events = asset_events::list(store.read(), AssetId(asset), None, 10).await.unwrap();
        let show = |event: &Recorded| {
            assert_eq!(event.task, tasks[asset as usize - 1]);
            let micros = event.time.as_microsecond();
            format!("{micros} {} {} {}", event.state.as_str(), event.agent, event.reason).trim_end().to_owned()
        };
        events.iter().rev().map(show).collect::<Vec<_>>()
    };
    assert_eq!(shown(1).await, ["0 QUEUED", "10 STARTING n1", "20 RUNNING n1"]);
    // The agent's clock is not the master's.
    assert_eq!(shown(2).await, ["0 QUEUED", "10 STARTING n1", "5 RUNNING n1", "30 FAILED n1 exit code 7"]);
    assert_eq!(shown(3).await, ["0 QUEUED", "40 KILLED  killed by ada"]);
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
        max_run_time: Some(Duration::from_millis(90_500)),
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
