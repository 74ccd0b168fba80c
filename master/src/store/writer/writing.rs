//! The connection that a job writes with, which notes what became of its statements.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use sea_orm_migration::async_trait;

use crate::store::is_full;

/// The group's transaction, which the job shares, or a savepoint of its own in it; and what the job did with it.
pub struct Writing {
    pub transaction: Arc<DatabaseTransaction>,
    pub written: AtomicBool,
    /// The statement that failed: PostgreSQL takes no other in that transaction, and its commit then undoes all.
    pub failed: OnceLock<Broken>,
}

impl Writing {
    pub fn new(transaction: Arc<DatabaseTransaction>) -> Self {
        Self { transaction, written: AtomicBool::new(false), failed: OnceLock::new() }
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

fn writes(sql: &str) -> bool {
    !sql.starts_with("SELECT")
}

#[async_trait::async_trait]
impl ConnectionTrait for Writing {
    fn get_database_backend(&self) -> DbBackend {
        self.transaction.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let writes = writes(&statement.sql);
        self.noted(writes, self.transaction.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.noted(writes(sql), self.transaction.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let writes = writes(&statement.sql);
        self.noted(writes, self.transaction.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let writes = writes(&statement.sql);
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
