//! What SQLite makes of the rows of lifecycles, in this process, on the tables that a master has made, with a master's
//! settings: as many lifecycle steps a commit as may wait for one, each row by a prepared statement.

use std::time::{Duration, Instant};

use integration_tests::Settings;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _, SqliteConnection};

use super::{DESCRIPTION, UNDER_WAY};

/// Of each of the four steps in one commit.
const OF_A_STEP: i64 = (UNDER_WAY / 4) as i64;

/// What a command is stored as that names its words alone.
const SPEC: &str = r#"{"argv":["simulate","0","0","0"],"container":{"image":"pedl-test/busybox:1",
    "environment_variables":{},"bind_mounts":[],"work_dir":"","slots":1,"shm_size":16777216,"memory":null,"cpus":null,
    "add_capabilities":[],"read_only_root":false}}"#;

/// A database of a master's, without the master.
pub struct Raw {
    db: SqliteConnection,
    /// Commits so far. The commit of that number creates the tasks that the next three place, start and end.
    commits: i64,
    /// Where the file is, for as long as it is used.
    _cluster: integration_tests::Cluster,
}

impl Raw {
    pub async fn open() -> Self {
        let mut cluster = Settings::default().agents(0).start();
        cluster.kill_master();
        // As `master/src/store.rs` opens it.
        let options = SqliteConnectOptions::new()
            .filename(cluster.path("master/pedl.db"))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("mmap_size", "2147418112");
        let mut db = SqliteConnection::connect_with(&options).await.expect("the database can be opened");
        let agent = "INSERT INTO agents (name, credential_hash, credential_used, resource_pool, pool_is_fixed, enabled, \
                     slots, slot_kind, version, registered_at, last_seen_at) \
                     VALUES ('s0', X'00', 1, 'default', 1, 1, 256, 'cpu', '0.1.0', 0, 0)";
        sqlx::query(agent).execute(&mut db).await.expect("an agent can be inserted");
        Self { db, commits: 0, _cluster: cluster }
    }

    /// How many lifecycles a second end.
    pub async fn rate(&mut self, time: Duration) -> f64 {
        let (start, before) = (Instant::now(), self.commits);
        while start.elapsed() < time {
            self.commit().await.expect("the rows can be written");
        }
        (self.commits - before) as f64 * OF_A_STEP as f64 / start.elapsed().as_secs_f64()
    }

    async fn commit(&mut self) -> Result<(), sqlx::Error> {
        let mut tx = self.db.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("UPDATE cluster SET revision = revision + 1").execute(&mut *tx).await?;
        let revision = self.commits;
        for n in of_commit(self.commits) {
            create(&mut tx, n, revision).await?;
        }
        for (age, state) in [(1, "STARTING"), (2, "RUNNING"), (3, "COMPLETED")] {
            for n in of_commit(self.commits - age) {
                change(&mut tx, n, state, revision).await?;
            }
        }
        tx.commit().await?;
        self.commits += 1;
        Ok(())
    }
}

/// The numbers of the assets that a commit creates; of what was before the first, none.
fn of_commit(commit: i64) -> std::ops::RangeInclusive<i64> {
    (commit * OF_A_STEP + 1).max(1)..=(commit + 1) * OF_A_STEP
}

/// As a master's: in the order of time.
fn task_id(n: i64) -> Vec<u8> {
    [n.to_be_bytes(), n.wrapping_mul(2_654_435_761).to_be_bytes()].concat()
}

const NOW: i64 = 1_700_000_000_000_000;

async fn create(db: &mut SqliteConnection, n: i64, revision: i64) -> Result<(), sqlx::Error> {
    let asset = "INSERT INTO assets (kind, owner_id, request_id, description, state, state_reason, resource_pool, spec, \
                 revision, created_at) VALUES ('command', 2, ?, ?, 'QUEUED', '', 'default', ?, ?, ?)";
    let request_id = format!("{:032x}", i128::from(n) * 0x9e37_79b9_7f4a_7c15);
    let asset = sqlx::query(asset).bind(request_id).bind(DESCRIPTION).bind(SPEC).bind(revision).bind(NOW + n);
    asset.execute(&mut *db).await?;
    let task = "INSERT INTO tasks (id, asset_id, state, state_reason, slots, resource_pool, revision, created_at) \
                VALUES (?, ?, 'QUEUED', '', 1, 'default', ?, ?)";
    sqlx::query(task).bind(task_id(n)).bind(n).bind(revision).bind(NOW + n).execute(&mut *db).await?;
    tell(db, n, "QUEUED", "").await
}

async fn change(db: &mut SqliteConnection, n: i64, state: &str, revision: i64) -> Result<(), sqlx::Error> {
    let started = (state != "STARTING").then_some(NOW + n);
    let (ended, code) = (state == "COMPLETED").then_some((NOW + n, 0)).unzip();
    let task = "UPDATE tasks SET state = ?, state_reason = '', agent_id = 1, run_as_user = 'root', run_as_uid = 0, \
                run_as_group = 'root', run_as_gid = 0, run_as_supplementary_gids = '', exit_code = ?, placed_at = ?, \
                started_at = ?, ended_at = ?, revision = ? WHERE id = ?";
    let task = sqlx::query(task).bind(state).bind(code).bind(NOW + n).bind(started).bind(ended);
    task.bind(revision).bind(task_id(n)).execute(&mut *db).await?;
    let asset =
        "UPDATE assets SET state = ?, state_reason = '', started_at = ?, ended_at = ?, revision = ? WHERE id = ?";
    let asset = sqlx::query(asset).bind(state).bind(started).bind(ended).bind(revision).bind(n);
    asset.execute(&mut *db).await?;
    tell(db, n, state, "s0").await
}

async fn tell(db: &mut SqliteConnection, n: i64, state: &str, agent: &str) -> Result<(), sqlx::Error> {
    let event = "INSERT INTO asset_events (asset_id, task_id, time, state, reason, agent, number) \
                 VALUES (?, ?, ?, ?, '', ?, 1)";
    let event = sqlx::query(event).bind(n).bind(task_id(n)).bind(NOW + n).bind(state).bind(agent);
    event.execute(db).await?;
    Ok(())
}
