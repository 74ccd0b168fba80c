//! Containers' lives.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub asset_id: i64,
    pub state: String,
    pub state_reason: String,
    pub slots: i32,
    pub resource_pool: String,
    /// Not to be placed: its owner is inactive.
    pub held: bool,
    pub agent_id: Option<i64>,
    pub run_as_user: Option<String>,
    pub run_as_uid: Option<i64>,
    pub run_as_group: Option<String>,
    pub run_as_gid: Option<i64>,
    pub run_as_supplementary_gids: Option<String>,
    pub run_as_umask: Option<i32>,
    pub exit_code: Option<i32>,
    pub revision: i64,
    pub created_at: i64,
    pub placed_at: Option<i64>,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::agents::Entity", from = "Column::AgentId", to = "super::agents::Column::Id")]
    Agent,
    #[sea_orm(belongs_to = "super::assets::Entity", from = "Column::AssetId", to = "super::assets::Column::Id")]
    Asset,
}

impl Related<super::agents::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Agent.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
