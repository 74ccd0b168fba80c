//! The cluster's own row: who it is, which life of the database this is, and how many commits there were.

use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, ExprTrait, Set, TransactionTrait,
};
use uuid::Uuid;

use super::Tx;
use super::columns::to_micros;
use super::entities::{cluster, users};
use crate::error::{Error, Result};
use crate::users::{ADMIN, DEFAULT};

const ROW: i32 = 1;

const FIRST_REVISION: i64 = 0;

/// Which cluster this is, which life of its database, and the newest commit that the reader sees.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    pub cluster_id: Uuid,
    pub epoch: i64,
    pub revision: i64,
    /// The commit that last gave an account another name: what was told of assets before it names their owner wrongly.
    pub names_revision: i64,
}

/// Answers the cluster's revision; where there is no cluster, makes one, with its two accounts, whose passwords are blank.
pub async fn open(db: &DatabaseConnection) -> Result<i64, DbErr> {
    if let Some(row) = cluster::Entity::find_by_id(ROW).one(db).await? {
        return Ok(row.revision);
    }
    let now = to_micros(Timestamp::now());
    let tx = db.begin().await?;
    let row = cluster::ActiveModel {
        id: Set(ROW),
        cluster_id: Set(Uuid::new_v4()),
        epoch: Set(1),
        revision: Set(FIRST_REVISION),
        names_revision: Set(0),
        created_at: Set(now),
    };
    row.insert(&tx).await?;
    for (username, admin) in [(ADMIN, true), (DEFAULT, false)] {
        let user = users::ActiveModel {
            username: Set(username.into()),
            display_name: Set(String::new()),
            admin: Set(admin),
            active: Set(true),
            created_at: Set(now),
            ..Default::default()
        };
        user.insert(&tx).await?;
    }
    tx.commit().await?;
    Ok(FIRST_REVISION)
}

pub async fn identity(db: &impl ConnectionTrait) -> Result<Identity> {
    let row = cluster::Entity::find_by_id(ROW).one(db).await?;
    let row = row.ok_or_else(|| Error::Internal("the cluster's row is missing".into()))?;
    let cluster::Model { cluster_id, epoch, revision, names_revision, .. } = row;
    Ok(Identity { cluster_id, epoch, revision, names_revision })
}

/// Begins another life of the database, and answers which. The clock takes part: a backup that is restored twice begins
/// two lives, which nobody may take for one.
pub async fn begin_epoch(tx: &Tx) -> Result<i64> {
    let epoch = std::cmp::max(identity(&**tx).await?.epoch.saturating_add(1), to_micros(Timestamp::now()));
    cluster::Entity::update_many().col_expr(cluster::Column::Epoch, Expr::value(epoch)).exec(&**tx).await?;
    Ok(epoch)
}

/// Notes that an account has another name now.
pub async fn note_new_name(tx: &Tx) -> Result<()> {
    cluster::Entity::update_many()
        .col_expr(cluster::Column::NamesRevision, Expr::value(tx.revision()))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Raises the revision. The row's lock orders the commits of several masters.
pub async fn next_revision(tx: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let raised = cluster::Entity::update_many()
        .col_expr(cluster::Column::Revision, Expr::col(cluster::Column::Revision).add(1))
        .exec_with_returning(tx)
        .await?;
    let row = raised.first().ok_or_else(|| DbErr::RecordNotFound("the cluster's row".into()))?;
    Ok(row.revision)
}
