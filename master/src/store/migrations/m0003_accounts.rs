//! What sessions are for and where they come from, tasks that are held, and the audit.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, boolean, text};

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
            ("sessions", text("kind").default("login").take()),
            ("sessions", text("name").default("").take()),
            ("sessions", text("address").default("").take()),
            ("sessions", big_integer_null("last_used_at").take()),
            ("tasks", boolean("held").default(false).take()),
        ];
        // SQLite adds one column at a time.
        for (table, column) in added {
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        manager.create_table(audit_events()).await?;
        for (name, table, columns) in [
            ("sessions_by_user", "sessions", ["user_id", "id"]),
            ("audit_events_by_actor", "audit_events", ["actor", "id"]),
            ("audit_events_by_target", "audit_events", ["target", "id"]),
            ("audit_events_by_action", "audit_events", ["action", "id"]),
        ] {
            let [first, second] = columns;
            manager.create_index(Index::create().name(name).table(table).col(first).col(second).take()).await?;
        }
        Ok(())
    }
}

fn audit_events() -> TableCreateStatement {
    Table::create()
        .table("audit_events")
        .col(big_pk_auto("id"))
        .col(big_integer("time"))
        .col(text("actor"))
        .col(text("address"))
        .col(text("action"))
        .col(text("target"))
        .col(boolean("succeeded"))
        .col(text("detail"))
        .take()
}
