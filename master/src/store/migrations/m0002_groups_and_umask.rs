//! The supplementary groups and the umask that links and tasks may have.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer_null, text_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Whole or not at all, on SQLite too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added = [
            ("users", text_null("agent_supplementary_gids")),
            ("users", integer_null("agent_umask")),
            ("tasks", text_null("run_as_supplementary_gids")),
            ("tasks", integer_null("run_as_umask")),
        ];
        // SQLite adds one column at a time.
        for (table, column) in added {
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        Ok(())
    }
}
