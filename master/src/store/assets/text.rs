//! Texts in descriptions. Both databases fold the letters A to Z and no others: SQLite's LIKE knows no others, and
//! PostgreSQL's column has the collation "C".
//!
//! An index tells which assets may have a text: SQLite's by the three letters that begin at each place of a description
//! (`assets_text`), PostgreSQL's, where the extension pg_trgm is at hand, as its planner sees fit. They fold other letters
//! too, and what they find is looked at once more.

use sea_orm::sea_query::extension::postgres::PgExpr as _;
use sea_orm::sea_query::{Expr, ExprTrait as _, LikeExpr, Query, SelectStatement};
use sea_orm::{ColumnTrait as _, DbBackend, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _};

use crate::assets::filter::Text;
use crate::store::entities::assets;

/// In characters: what the indexes go by.
const INDEXED: usize = 3;

/// That a description contains `text`.
pub fn contains(backend: DbBackend, text: &Text) -> Expr {
    let mut pattern = String::from("%");
    for c in text.as_str().chars() {
        if ['%', '_', '\\'].contains(&c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    let description = assets::Column::Description.into_expr();
    if backend == DbBackend::Postgres {
        // A backslash escapes there unless something else is said.
        description.ilike(pattern)
    } else {
        description.like(LikeExpr::new(pattern).escape('\\'))
    }
}

/// The ids of the assets that may have `text`, and few others; `None`: no index tells.
pub fn found(backend: DbBackend, text: &Text) -> Option<SelectStatement> {
    let long = text.as_str().chars().count() >= INDEXED;
    if backend == DbBackend::Postgres {
        let found = assets::Entity::find().select_only().column(assets::Column::Id).filter(contains(backend, text));
        return long.then(|| found.into_query());
    }
    if !long {
        return beginning_with(text.as_str());
    }
    let phrase = format!("\"{}\"", text.as_str().replace('"', "\"\""));
    let found = Query::select()
        .expr_as(Expr::col("rowid"), "id")
        .from("assets_text")
        .and_where(Expr::cust_with_values("assets_text MATCH ?", [phrase]))
        .take();
    Some(found)
}

/// What is shorter than the index's words begins some of them.
fn beginning_with(text: &str) -> Option<SelectStatement> {
    // Of other letters it is not known how the index folds them.
    let as_it_is = |c: char| c.is_ascii() || (c.to_lowercase().eq([c]) && c.to_uppercase().eq([c]));
    let found = Query::select()
        .distinct()
        .expr_as(Expr::col("doc"), "id")
        .from("assets_text_words")
        .and_where(Expr::col("term").gte(text))
        .and_where(Expr::col("term").lte(format!("{text}{}", char::MAX)))
        .take();
    text.chars().all(as_it_is).then_some(found)
}
