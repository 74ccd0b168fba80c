//! What has happened to assets.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_pk_auto, integer, text, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Whole or not at all, on SQLite too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut asset = ForeignKey::create().from("asset_events", "asset_id").to("assets", "id").take();
        let table = Table::create()
            .table("asset_events")
            .col(big_pk_auto("id"))
            .col(big_integer("asset_id"))
            .col(uuid("task_id"))
            .col(big_integer("time"))
            .col(text("state"))
            .col(text("reason"))
            .col(text("agent"))
            .col(integer("number"))
            .foreign_key(&mut asset)
            .take();
        manager.create_table(table).await?;
        let index =
            Index::create().name("asset_events_by_asset").table("asset_events").col("asset_id").col("id").take();
        manager.create_index(index).await?;
        manager.get_connection().execute_unprepared(KNOWN).await?;
        Ok(())
    }
}

/// What is known of the tasks that are there: each has the times of its stations. When one became LOST or STOPPING, or
/// why it waited, is not.
const KNOWN: &str = "
    INSERT INTO asset_events (asset_id, task_id, time, state, reason, agent, number)
    SELECT asset_id, task_id, time, state, reason, agent, 1 FROM (
        SELECT asset_id, id AS task_id, 1 AS station, created_at AS time, 'QUEUED' AS state, '' AS reason, '' AS agent
            FROM tasks
        UNION ALL
        SELECT tasks.asset_id, tasks.id, 2, tasks.placed_at, 'STARTING', '', agents.name
            FROM tasks JOIN agents ON agents.id = tasks.agent_id WHERE tasks.placed_at IS NOT NULL
        UNION ALL
        SELECT tasks.asset_id, tasks.id, 3, tasks.started_at, 'RUNNING', '', agents.name
            FROM tasks JOIN agents ON agents.id = tasks.agent_id WHERE tasks.started_at IS NOT NULL
        UNION ALL
        SELECT tasks.asset_id, tasks.id, 4, tasks.ended_at, tasks.state, tasks.state_reason, COALESCE(agents.name, '')
            FROM tasks LEFT JOIN agents ON agents.id = tasks.agent_id
            WHERE tasks.ended_at IS NOT NULL AND tasks.state IN ('COMPLETED', 'FAILED', 'KILLED')
    ) AS known
    ORDER BY asset_id, task_id, station";
