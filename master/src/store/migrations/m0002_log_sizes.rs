//! How long logs are, so that they can be bounded.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Whole or not at all, on SQLite too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added =
            [big_integer("size").default(0).take(), big_integer_null("tail_size"), big_integer_null("received")];
        // SQLite adds one column at a time.
        for column in added {
            manager.alter_table(Table::alter().table("logs").add_column(column).take()).await?;
        }
        Ok(())
    }
}
