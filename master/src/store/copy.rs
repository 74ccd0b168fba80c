//! Copies of SQLite databases, taken while somebody writes to them.

use std::path::Path;

use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::sqlx::{ConnectOptions as _, Connection as _, query};

use super::{Failure, PATIENCE};

/// Copies the database as of one moment to a file that is not there yet. Whoever writes goes on writing meanwhile.
pub async fn copy_sqlite(from: &Path, to: &Path) -> Result<(), Failure> {
    let options = SqliteConnectOptions::new().filename(from).busy_timeout(PATIENCE).disable_statement_logging();
    let copied = async {
        let mut database = options.connect().await?;
        query("VACUUM INTO ?").bind(to.to_string_lossy().into_owned()).execute(&mut database).await?;
        database.close().await
    };
    copied.await.map_err(|error| Failure::Custom(error.to_string()))
}
