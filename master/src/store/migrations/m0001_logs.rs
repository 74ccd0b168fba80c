//! Logs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Whole or not at all, on SQLite too: a first start that is cut off is started again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let logs =
            Table::create().table("logs").col(uuid("task_id").primary_key()).col(big_integer("next_offset")).take();
        let chunks = Table::create()
            .table("log_chunks")
            .col(uuid("task_id"))
            .col(big_integer("first_offset"))
            .col(big_integer("last_time"))
            .col(blob("data"))
            .primary_key(Index::create().col("task_id").col("first_offset"))
            .take();
        manager.create_table(logs).await?;
        manager.create_table(chunks).await
    }
}
