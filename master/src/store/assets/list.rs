//! Lists of assets. By age it is a walk along an index. All else is merged from lanes: a lane is what is of one kind and in
//! one state, and an index has each in the order that is asked for. So a page costs some rows of each lane, however deep
//! it is, and however many assets there are.
//!
//! A text that few descriptions have is found by its own index. One that many have is looked for along the merged lanes,
//! where it soon turns up.
//!
//! Two things cost more. What has not ended is in no index by its description, lest each change of state write there: it
//! is sorted for each page. And a text that very many descriptions have, but few of those that the rest of the filter
//! takes, is looked for in all the latter.

use sea_orm::sea_query::{Expr, ExprTrait as _, Order as Direction, Query, SelectStatement, UnionType, Value};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbBackend, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _,
};

use super::{complete, find_many, text};
use crate::assets::filter::Filter;
use crate::assets::order::{Key, Order, Position};
use crate::assets::state::{self, State};
use crate::assets::{Asset, KINDS, Kind};
use crate::error::Result;
use crate::ids::AssetId;
use crate::store::columns::to_micros;
use crate::store::entities::{agents, assets, tasks};

/// So many assets that may have a text are looked at one by one.
const FEW: u64 = 20_000;

/// Where what has not ended stands among ends.
const NOT_YET: i64 = i64::MAX;

/// A limit that is none.
const ALL: u64 = i64::MAX as u64;

/// The assets after `after` that the filter takes, in order.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &Filter,
    order: Order,
    after: Option<&Position>,
    limit: u64,
) -> Result<Vec<Asset>> {
    page(db, filter, order, after, limit, FEW).await
}

/// As [`list`], where so many candidates are few.
async fn page(
    db: &impl ConnectionTrait,
    filter: &Filter,
    order: Order,
    after: Option<&Position>,
    limit: u64,
    few: u64,
) -> Result<Vec<Asset>> {
    let list = List { backend: db.get_database_backend(), filter, way: Way::of(order), after, limit };
    let in_any_state = filter.states.is_empty() && filter.text.is_none() && filter.agent.is_none();
    if in_any_state && order.by == Key::Age {
        let walk = assets::Entity::find().filter(list.asked()).filter(list.rest_of_all());
        let walk = walk.order_by(assets::Column::Id, direction(list.way.id_rises)).limit(limit);
        return complete(db, walk.all(db).await?).await;
    }
    let query = match candidates(db, filter, few).await? {
        Some(candidates) => Some(list.among(candidates)),
        None => list.merged(),
    };
    let Some(query) = query else { return Ok(Vec::new()) };
    let rows = Row::find_by_statement(list.backend.build(&query)).all(db).await?;
    let ids: Vec<AssetId> = rows.into_iter().map(|row| AssetId(row.id)).collect();
    let mut assets = find_many(db, ids.clone()).await?;
    Ok(ids.into_iter().filter_map(|id| assets.remove(&id)).collect())
}

/// The ids of a few assets beside which the filter takes none; `None`: there are many, or nobody knows them beforehand.
async fn candidates(db: &impl ConnectionTrait, filter: &Filter, few: u64) -> Result<Option<SelectStatement>> {
    if let Some(agent) = &filter.agent {
        return Ok(Some(held_by(agent)));
    }
    let found = filter.text.as_ref().and_then(|text| text::found(db.get_database_backend(), text));
    let Some(found) = found else { return Ok(None) };
    let some = found.clone().limit(few + 1).take();
    let count = Query::select().expr_as(Expr::cust("COUNT(*)"), "id").from_subquery(some, "some").take();
    let count = Row::find_by_statement(db.get_database_backend().build(&count)).one(db).await?;
    let few = count.is_some_and(|count| u64::try_from(count.id).is_ok_and(|count| count <= few));
    Ok(few.then_some(found))
}

/// The assets whose newest tasks an agent holds: as many as a machine can.
fn held_by(agent: &str) -> SelectStatement {
    let live = state::ALL.into_iter().filter(|state| !state.has_ended()).map(State::as_str);
    let agent = agents::Entity::find().select_only().column(agents::Column::Id).filter(agents::Column::Name.eq(agent));
    let newer = |column: tasks::Column| Expr::col(("newer", column));
    let newer = Query::select()
        .expr(Expr::val(1))
        .from_as(tasks::Entity, "newer")
        .and_where(newer(tasks::Column::AssetId).equals(tasks::Column::AssetId.as_column_ref()))
        .and_where(newer(tasks::Column::Id).gt(tasks::Column::Id.into_expr()))
        .take();
    tasks::Entity::find()
        .select_only()
        .column_as(tasks::Column::AssetId, "id")
        .filter(tasks::Column::AgentId.in_subquery(agent.into_query()))
        .filter(tasks::Column::State.is_in(live))
        .filter(Expr::exists(newer).not())
        .into_query()
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
}

/// A page that is asked for.
struct List<'a> {
    backend: DbBackend,
    filter: &'a Filter,
    way: Way,
    after: Option<&'a Position>,
    limit: u64,
}

impl List<'_> {
    /// Of which kind and whose they shall be.
    fn asked(&self) -> Condition {
        Condition::all()
            .add_option(self.filter.kind.map(|kind| assets::Column::Kind.eq(kind.as_str())))
            .add_option(self.filter.owner.map(|owner| assets::Column::OwnerId.eq(owner.0)))
    }

    /// What comes after the position, among all assets.
    fn rest_of_all(&self) -> Condition {
        let Some(after) = self.after else { return Condition::all() };
        let (key, id) = (self.way.key(), self.way.beyond_id(after.id()));
        let value = match after {
            Position::Age(_) => return Condition::all().add(id),
            Position::Description(description, _) => Value::from(description.as_str()),
            Position::End(end, _) => Value::from(end.map_or(NOT_YET, to_micros)),
        };
        let alike = key.clone().eq(value.clone()).and(id);
        Condition::any().add(alike).add(self.way.beyond_key(key, value))
    }

    /// What comes after the position in the lane of a state: in pieces, each of which is a range of that lane's index.
    fn rest_of_lane(&self, state: State) -> Vec<Condition> {
        let all = Condition::all;
        let after = |key: Expr, value: Value, id: AssetId| {
            let alike = all().add(key.clone().eq(value.clone())).add(self.way.beyond_id(id));
            vec![alike, all().add(self.way.beyond_key(key, value))]
        };
        // Whether the ends come after all that has not ended.
        let ends_follow = !self.way.key_rises;
        match (self.after, state.has_ended()) {
            (None, _) => vec![all()],
            (Some(Position::Age(id)), _) | (Some(Position::End(None, id)), false) => {
                vec![all().add(self.way.beyond_id(*id))]
            }
            (Some(Position::Description(description, id)), _) => {
                after(assets::Column::Description.into_expr(), description.as_str().into(), *id)
            }
            (Some(Position::End(Some(end), id)), true) => {
                after(assets::Column::EndedAt.into_expr(), to_micros(*end).into(), *id)
            }
            (Some(Position::End(None, _)), true) if ends_follow => vec![all()],
            (Some(Position::End(Some(_), _)), false) if !ends_follow => vec![all()],
            (Some(Position::End(..)), _) => Vec::new(),
        }
    }

    /// The page, from a few candidates, each of which is looked at. The join goes from them to the assets: SQLite would
    /// rather go along an index and look there for one after another.
    fn among(&self, candidates: SelectStatement) -> SelectStatement {
        let states = self.filter.states.iter().map(|state| state.as_str());
        let in_states = (!self.filter.states.is_empty()).then(|| assets::Column::State.is_in(states));
        let description = || assets::Column::Description.into_expr();
        let has_text = self.filter.text.as_ref().map(|text| text::contains(self.backend, description(), text));
        let mut query = Query::select()
            .expr_as(assets::Column::Id.into_expr(), "id")
            .expr_as(self.way.key(), "key")
            .from_subquery(candidates, "candidates")
            .cross_join(assets::Entity)
            .and_where(Expr::col(("candidates", "id")).equals(assets::Column::Id.as_column_ref()))
            .cond_where(self.asked().add_option(in_states).add_option(has_text))
            .cond_where(self.rest_of_all())
            .take();
        self.order(&mut query).limit(self.limit).take()
    }

    /// The page, from the lanes; `None`: nothing comes after the position.
    fn merged(&self) -> Option<SelectStatement> {
        let kinds = self.filter.kind.map_or(KINDS.to_vec(), |kind| vec![kind]);
        let states = if self.filter.states.is_empty() { state::ALL.to_vec() } else { self.filter.states.clone() };
        let lanes = kinds.into_iter().flat_map(|kind| states.iter().map(move |state| (kind, *state)));
        let lanes = lanes.flat_map(|(kind, state)| {
            self.rest_of_lane(state).into_iter().map(move |rest| self.lane(kind, state, rest))
        });
        let mut merged = lanes.reduce(|mut merged, lane| merged.union(UnionType::All, lane).take())?;
        let Some(text) = &self.filter.text else { return Some(self.order(&mut merged).limit(self.limit).take()) };
        // The limit, which is none, has them merged before the text is looked for. Otherwise it would be looked for in
        // each lane, and one where nothing has it would be walked to its end.
        let merged = self.order(&mut merged).limit(ALL).take();
        let with_text = Query::select()
            .column("id")
            .from_subquery(merged, "merged")
            .and_where(text::contains(self.backend, Expr::col("description"), text))
            .limit(self.limit)
            .take();
        Some(with_text)
    }

    /// One lane, where it goes on, with what the order goes by and, where a text is looked for, the descriptions.
    fn lane(&self, kind: Kind, state: State, rest: Condition) -> SelectStatement {
        let lane = assets::Entity::find()
            .select_only()
            .column(assets::Column::Id)
            .filter(self.asked())
            .filter(assets::Column::Kind.eq(kind.as_str()))
            .filter(assets::Column::State.eq(state.as_str()))
            .filter(rest);
        // The indexes by description and by end hold what has ended, and databases want to be told so.
        let ended = || assets::Column::EndedAt.is_not_null();
        let lane = match (self.way.by, state.has_ended()) {
            (Key::Age, _) | (Key::Description, false) => lane.expr_as(self.way.key(), "key"),
            (Key::Description, true) => lane.expr_as(self.way.key(), "key").filter(ended()),
            (Key::End, true) => lane.expr_as(assets::Column::EndedAt.into_expr(), "key").filter(ended()),
            (Key::End, false) => lane.expr_as(Expr::val(NOT_YET), "key"),
        };
        match &self.filter.text {
            Some(_) => lane.column(assets::Column::Description).into_query(),
            None => lane.into_query(),
        }
    }

    fn order<'q>(&self, query: &'q mut SelectStatement) -> &'q mut SelectStatement {
        let Way { key_rises, id_rises, .. } = self.way;
        query.order_by("key", direction(key_rises)).order_by("id", direction(id_rises))
    }
}

/// How an order goes through the columns.
#[derive(Clone, Copy)]
struct Way {
    by: Key,
    key_rises: bool,
    id_rises: bool,
}

impl Way {
    fn of(order: Order) -> Self {
        let from_the_least = match order.by {
            Key::Age | Key::End => false,
            Key::Description => true,
        };
        Self { by: order.by, key_rises: from_the_least != order.reversed, id_rises: order.reversed }
    }

    /// What the order goes by before it goes by age, of any asset.
    fn key(self) -> Expr {
        match self.by {
            Key::Age => assets::Column::Id.into_expr(),
            Key::Description => assets::Column::Description.into_expr(),
            Key::End => assets::Column::EndedAt.into_expr().if_null(NOT_YET),
        }
    }

    fn beyond_key(self, key: Expr, value: Value) -> Expr {
        if self.key_rises { key.gt(value) } else { key.lt(value) }
    }

    fn beyond_id(self, id: AssetId) -> Expr {
        if self.id_rises { assets::Column::Id.gt(id.0) } else { assets::Column::Id.lt(id.0) }
    }
}

fn direction(rises: bool) -> Direction {
    if rises { Direction::Asc } else { Direction::Desc }
}

#[cfg(test)]
mod tests;
