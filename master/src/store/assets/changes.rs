//! What has changed since, in the order of the commits that changed it.

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::assets::Kind;
use crate::error::Result;
use crate::ids::{AssetId, UserId};
use crate::store::entities::assets;

/// How far changes have been seen: all of the commits before, and of this one the assets up to this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    pub revision: i64,
    pub asset: AssetId,
}

impl Seen {
    /// All of a commit.
    pub fn all_of(revision: i64) -> Self {
        Self { revision, asset: AssetId(i64::MAX) }
    }
}

/// An asset that has changed, with what never changes of one.
#[derive(Debug)]
pub struct Change {
    pub at: Seen,
    /// None: of a kind that this master does not know.
    pub kind: Option<Kind>,
    pub owner: UserId,
    pub description: String,
}

/// The first changes after `seen`, each asset by its last; `limit` at most.
pub async fn changes(db: &impl ConnectionTrait, seen: Seen, limit: usize) -> Result<Vec<Change>> {
    let columns = [assets::Column::Revision, assets::Column::Id].map(|column| column.into_expr());
    let query = assets::Entity::find()
        .select_only()
        .columns([
            assets::Column::Revision,
            assets::Column::Id,
            assets::Column::Kind,
            assets::Column::OwnerId,
            assets::Column::Description,
        ])
        .filter(Expr::tuple(columns).gt(Expr::tuple([Expr::val(seen.revision), Expr::val(seen.asset.0)])))
        .order_by_asc(assets::Column::Revision)
        .order_by_asc(assets::Column::Id)
        .limit(limit as u64);
    let rows: Vec<(i64, i64, String, i64, String)> = query.into_tuple().all(db).await?;
    let change = |(revision, id, kind, owner, description): (_, _, String, _, _)| Change {
        at: Seen { revision, asset: AssetId(id) },
        kind: Kind::parse(&kind),
        owner: UserId(owner),
        description,
    };
    Ok(rows.into_iter().map(change).collect())
}
