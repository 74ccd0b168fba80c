//! Machines that run tasks.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agents")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub credential_hash: Vec<u8>,
    /// Whether the agent has shown its credential; until then the answer that carried it may have been lost.
    pub credential_used: bool,
    pub resource_pool: String,
    /// Whether the agent can choose no other pool.
    pub pool_is_fixed: bool,
    pub enabled: bool,
    pub slots: i32,
    pub slot_kind: String,
    pub version: String,
    pub registered_at: i64,
    pub last_seen_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
