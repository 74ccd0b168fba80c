//! One row: the cluster itself.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cluster")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub cluster_id: Uuid,
    /// Counts the lives of the database: a restored backup starts a new one.
    pub epoch: i64,
    /// Counts commits; rows carry the revision that last changed them.
    pub revision: i64,
    /// The commit that last gave an account another name.
    pub names_revision: i64,
    pub created_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
