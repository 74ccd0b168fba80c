//! Accounts.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub username: String,
    pub display_name: String,
    pub admin: bool,
    pub active: bool,
    /// A PHC string; none: the password is blank.
    pub password_hash: Option<String>,
    pub agent_user: Option<String>,
    pub agent_uid: Option<i64>,
    pub agent_group: Option<String>,
    pub agent_gid: Option<i64>,
    pub agent_supplementary_gids: Option<String>,
    pub agent_umask: Option<i32>,
    pub created_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
