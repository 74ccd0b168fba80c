//! The connection that a job writes with, which notes what became of its statements.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement, StatementBuilder,
};
use sea_orm_migration::async_trait;

use crate::store::is_full;

/// The group's transaction, which the job shares, or a savepoint of its own in it; and what the job did with it.
pub struct Writing {
    pub transaction: Arc<DatabaseTransaction>,
    pub written: AtomicBool,
    /// The statement that failed: PostgreSQL takes no other in that transaction, and its commit then undoes all.
    pub failed: OnceLock<Broken>,
    waiting: Arc<Waiting>,
}

/// Statements whose outcome nobody waits for. The next one takes them along: on SQLite each costs a way to its thread and
/// back, which takes longer than most of what is done there.
#[derive(Default)]
pub struct Waiting(Mutex<Vec<Statement>>);

impl Waiting {
    pub fn forget(&self) {
        drop(self.take());
    }

    fn take(&self) -> Vec<Statement> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, statement: Statement) -> usize {
        let mut statements = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        statements.push(statement);
        statements.len()
    }
}

/// How many statements wait at most: more than jobs have, and few enough for what SQLite is sent to be often the same.
const MOST_WAITING: usize = 4;

impl Writing {
    pub fn new(transaction: Arc<DatabaseTransaction>, waiting: Arc<Waiting>) -> Self {
        Self { transaction, written: AtomicBool::new(false), failed: OnceLock::new(), waiting }
    }

    /// Runs a statement that answers nothing and does not fail by its values: with the next one, or before it.
    pub async fn execute_soon(&self, statement: &impl StatementBuilder) -> Result<(), DbErr> {
        self.written.store(true, Ordering::Relaxed);
        let waiting = self.waiting.push(self.get_database_backend().build(statement));
        if waiting < MOST_WAITING { Ok(()) } else { self.catch_up().await }
    }

    /// Runs what waits.
    pub async fn catch_up(&self) -> Result<(), DbErr> {
        let mut waiting = self.waiting.take();
        let Some(last) = waiting.pop() else { return Ok(()) };
        let last = self.behind(waiting, last).await?;
        self.run_waiting(last).await
    }

    /// It may be of the job before this one, which has noted that it writes.
    async fn run_waiting(&self, statement: Statement) -> Result<(), DbErr> {
        self.noted(false, self.transaction.execute_raw(statement)).await.map(drop)
    }

    /// `last` with those before it in one, where they can be one; elsewhere `last`, and those before it are run.
    async fn behind(&self, before: Vec<Statement>, last: Statement) -> Result<Statement, DbErr> {
        if before.iter().chain([&last]).all(can_be_joined) {
            return Ok(before.into_iter().rev().fold(last, |rest, first| join(first, rest)));
        }
        for statement in before {
            self.run_waiting(statement).await?;
        }
        Ok(last)
    }

    async fn noted<T>(&self, writes: bool, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        self.written.fetch_or(writes, Ordering::Relaxed);
        let result = statement.await;
        if let Err(error) = &result {
            // The first is the cause.
            drop(self.failed.set(error.into()));
        }
        result
    }
}

/// Whether sqlx takes a statement among others: SQLite's, the parameters of which it counts through all of them where
/// they bear no numbers.
fn can_be_joined(statement: &Statement) -> bool {
    let numbered =
        |sql: &str| sql.contains('$') || sql.split('?').skip(1).any(|rest| rest.starts_with(char::is_numeric));
    statement.db_backend == DbBackend::Sqlite && !numbered(&statement.sql)
}

fn join(first: Statement, second: Statement) -> Statement {
    let sql = format!("{}; {}", first.sql, second.sql);
    let values = [first.values, second.values].into_iter().flatten().flatten();
    Statement::from_sql_and_values(first.db_backend, sql, values)
}

fn writes(sql: &str) -> bool {
    !sql.starts_with("SELECT")
}

#[async_trait::async_trait]
impl ConnectionTrait for Writing {
    fn get_database_backend(&self) -> DbBackend {
        self.transaction.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        // Alone: it tells how many rows it has changed.
        self.catch_up().await?;
        let writes = writes(&statement.sql);
        self.noted(writes, self.transaction.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.catch_up().await?;
        self.noted(writes(sql), self.transaction.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let writes = writes(&statement.sql);
        let statement = self.behind(self.waiting.take(), statement).await?;
        self.noted(writes, self.transaction.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let writes = writes(&statement.sql);
        let statement = self.behind(self.waiting.take(), statement).await?;
        self.noted(writes, self.transaction.query_all_raw(statement)).await
    }
}

/// Why nothing of a commit was kept.
pub struct Broken {
    pub why: String,
    /// Whether for want of room.
    pub full: bool,
}

impl Broken {
    pub fn other(why: &str) -> Self {
        Self { why: why.into(), full: false }
    }
}

impl From<&DbErr> for Broken {
    fn from(error: &DbErr) -> Self {
        Self { why: error.to_string(), full: is_full(error) }
    }
}

impl From<DbErr> for Broken {
    fn from(error: DbErr) -> Self {
        Self::from(&error)
    }
}
