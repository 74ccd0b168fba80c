//! The cluster, accounts, sessions, assets, tasks and agents.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, binary, boolean, integer, integer_null, text, text_null, uuid,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Whole or not at all, on SQLite too: a first start that is cut off is started again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    let cluster = Table::create()
        .table("cluster")
        .col(integer("id").primary_key())
        .col(uuid("cluster_id"))
        .col(big_integer("epoch"))
        .col(big_integer("revision"))
        .col(big_integer("created_at"))
        .take();
    let users = Table::create()
        .table("users")
        .col(big_pk_auto("id"))
        .col(text("username").unique_key())
        .col(text("display_name"))
        .col(boolean("admin"))
        .col(boolean("active"))
        .col(text_null("password_hash"))
        .col(text_null("agent_user"))
        .col(big_integer_null("agent_uid"))
        .col(text_null("agent_group"))
        .col(big_integer_null("agent_gid"))
        .col(big_integer("created_at"))
        .take();
    let sessions = Table::create()
        .table("sessions")
        .col(big_pk_auto("id"))
        .col(big_integer("user_id"))
        .col(binary("token_hash").unique_key())
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .foreign_key(&mut references("sessions", "user_id", "users"))
        .take();
    let agents = Table::create()
        .table("agents")
        .col(big_pk_auto("id"))
        .col(text("name").unique_key())
        .col(binary("credential_hash").unique_key())
        .col(boolean("credential_used"))
        .col(text("resource_pool"))
        .col(boolean("pool_is_fixed"))
        .col(boolean("enabled"))
        .col(integer("slots"))
        .col(text("slot_kind"))
        .col(text("version"))
        .col(big_integer("registered_at"))
        .col(big_integer("last_seen_at"))
        .take();
    let join_tokens = Table::create()
        .table("join_tokens")
        .col(big_pk_auto("id"))
        .col(binary("token_hash").unique_key())
        .col(text("resource_pool"))
        .col(big_integer("created_at"))
        .col(big_integer_null("expires_at"))
        .take();
    let assets = Table::create()
        .table("assets")
        .col(big_pk_auto("id"))
        .col(text("kind"))
        .col(big_integer("owner_id"))
        .col(text_null("request_id"))
        .col(text("description"))
        .col(text("state"))
        .col(text("state_reason"))
        .col(text("resource_pool"))
        .col(text("spec"))
        .col(big_integer("revision"))
        .col(big_integer("created_at"))
        .col(big_integer_null("started_at"))
        .col(big_integer_null("ended_at"))
        .foreign_key(&mut references("assets", "owner_id", "users"))
        .take();
    let tasks = Table::create()
        .table("tasks")
        .col(uuid("id").primary_key())
        .col(big_integer("asset_id"))
        .col(text("state"))
        .col(text("state_reason"))
        .col(integer("slots"))
        .col(text("resource_pool"))
        .col(big_integer_null("agent_id"))
        .col(text_null("run_as_user"))
        .col(big_integer_null("run_as_uid"))
        .col(text_null("run_as_group"))
        .col(big_integer_null("run_as_gid"))
        .col(integer_null("exit_code"))
        .col(big_integer("revision"))
        .col(big_integer("created_at"))
        .col(big_integer_null("placed_at"))
        .col(big_integer_null("started_at"))
        .col(big_integer_null("ended_at"))
        .foreign_key(&mut references("tasks", "asset_id", "assets"))
        .foreign_key(&mut references("tasks", "agent_id", "agents"))
        .take();
    vec![cluster, users, sessions, agents, join_tokens, assets, tasks]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table(table).take();
        for column in columns {
            index.col(*column);
        }
        index
    };
    // Each list of assets is a walk down one of these four.
    vec![
        index("assets_by_owner", "assets", &["owner_id", "id"]),
        index("assets_by_owner_and_kind", "assets", &["owner_id", "kind", "id"]),
        index("assets_by_kind", "assets", &["kind", "id"]),
        index("assets_by_request", "assets", &["owner_id", "request_id"]).unique().take(),
        index("tasks_by_asset", "tasks", &["asset_id"]),
        // The queue, and what runs.
        index("tasks_by_state", "tasks", &["state", "resource_pool", "id"]),
        index("tasks_by_agent", "tasks", &["agent_id", "state"]),
        index("sessions_by_end", "sessions", &["expires_at"]),
    ]
}

fn references(table: &'static str, column: &'static str, target: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(target, "id").take()
}
