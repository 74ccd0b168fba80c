//! Texts in descriptions. Both databases fold the letters A to Z and no others: SQLite's LIKE knows no others, and
//! PostgreSQL's column has the collation "C".
//!
//! An index tells which assets may have a text: SQLite's by the three letters that begin at each place of a description
//! (`assets_text`), PostgreSQL's, where the extension pg_trgm is at hand, as its planner sees fit and for three letters
//! and more. They fold other letters too, and what they find is looked at once more.

use sea_orm::sea_query::extension::postgres::PgExpr as _;
use sea_orm::sea_query::{Expr, ExprTrait as _, LikeExpr, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait as _, DbBackend, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _};

use crate::assets::filter::Text;
use crate::store::entities::assets;

/// In characters: what the indexes go by.
const INDEXED: usize = 3;

/// That `description` contains `text`.
pub fn contains(backend: DbBackend, description: Expr, text: &Text) -> Expr {
    let mut pattern = String::from("%");
    for c in text.as_str().chars() {
        if ['%', '_', '\\'].contains(&c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
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
        let contains = contains(backend, assets::Column::Description.into_expr(), text);
        let found = assets::Entity::find().select_only().column(assets::Column::Id).filter(contains);
        return long.then(|| found.into_query());
    }
    let mut found = if long { with_phrase(text.as_str()) } else { with_beginning(text.as_str()) };
    Some(found.union(UnionType::All, not_indexed_yet()).take())
}

fn with_phrase(text: &str) -> SelectStatement {
    let phrase = format!("\"{}\"", text.replace('"', "\"\""));
    Query::select()
        .expr_as(Expr::col("rowid"), "id")
        .from("assets_text")
        .and_where(Expr::cust_with_values("assets_text MATCH ?", [phrase]))
        .take()
}

/// What is shorter than the index's words begins some of them.
fn with_beginning(text: &str) -> SelectStatement {
    let words = text.chars().fold(vec![String::new()], |words, c| {
        let longer = |word: String| folds(c).into_iter().map(move |fold| format!("{word}{fold}"));
        words.into_iter().flat_map(longer).collect()
    });
    let beginning = |word: String| {
        Query::select()
            .expr_as(Expr::col("doc"), "id")
            .from("assets_text_words")
            .and_where(Expr::col("term").between(word.clone(), format!("{word}{}", char::MAX)))
            .take()
    };
    // One by one: of rows of that table SQLite cannot tell which are the same, as it would to join ranges by OR.
    let ranges = words.into_iter().map(beginning).reduce(|mut all, range| all.union(UnionType::All, range).take());
    Query::select().distinct().column("id").from_subquery(ranges.unwrap_or_default(), "ranges").take()
}

/// What the index may have in place of a letter: it folds more of them than it says, one to one.
fn folds(c: char) -> Vec<char> {
    let lower = |c: char| Some(c.to_lowercase()).filter(|lower| lower.len() == 1)?.next();
    let upper = Some(c.to_uppercase()).filter(|upper| upper.len() == 1).and_then(|mut upper| upper.next());
    let mut folds = vec![c];
    folds.extend(lower(c));
    folds.extend(upper.and_then(lower));
    folds.sort_unstable();
    folds.dedup();
    folds
}

/// The newest few, which the index does not have yet.
fn not_indexed_yet() -> SelectStatement {
    let last = Query::select().expr(Expr::cust("COALESCE(MAX(id), 0)")).from("assets_text_docsize").take();
    let newest = assets::Entity::find().select_only().column(assets::Column::Id);
    newest.filter(assets::Column::Id.into_expr().gt(Expr::SubQuery(None, Box::new(last.into())))).into_query()
}
