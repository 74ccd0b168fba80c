//! How far the log of each task has come.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "logs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: Uuid,
    /// The number of the first entry that it does not have.
    pub next_offset: i64,
    /// What its entries count, in bytes; those from before this was counted are left out.
    pub size: i64,
    /// What those of its newest chunk count; none where that is not known.
    pub tail_size: Option<i64>,
    /// Where it was cut for its length: the number of the first entry that its agent has not sent.
    pub received: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
