//! Parses which assets a list or a watch is about, and in which order a list is.

use pedl_proto::v1;

use super::Api;
use super::convert::{kind, state};
use super::fields::{Fields, is_one_line};
use crate::assets::filter::{Filter, MAX_TEXT, Text};
use crate::assets::order::{Key, Order, Position};
use crate::assets::state as states;
use crate::error::{Error, Result};
use crate::ids::{AssetId, UserId};
use crate::store;
use crate::users::Username;

impl Api {
    /// The filter that a member has sent; without another's name, and unless everybody's are asked for, of their own.
    pub(super) async fn asset_filter(&self, filter: Option<v1::AssetFilter>, member: UserId) -> Result<Filter> {
        let filter = filter.unwrap_or_default();
        let (owner, all) = (parse_owner(&filter.owner)?, filter.all_owners);
        let filter = parse(filter)?;
        let owner = match owner {
            Some(name) => Some(store::users::get(self.store.read(), &name).await?.id),
            None => (!all).then_some(member),
        };
        Ok(Filter { owner, ..filter })
    }
}

fn parse_owner(name: &str) -> Result<Option<Username>> {
    match name {
        "" => Ok(None),
        name => Username::parse(name).map(Some).map_err(|why| Error::invalid("filter.owner", why)),
    }
}

/// All of a filter but for the owner.
fn parse(filter: v1::AssetFilter) -> Result<Filter> {
    let v1::AssetFilter { kind: asked, all_owners: _, states: in_states, text, owner: _, agent } = filter;
    let mut fields = Fields::default();
    let in_states: Vec<_> = in_states.into_iter().map(state).collect();
    let known = !in_states.contains(&None);
    fields.check(known, "filter.states", "must be states that this master knows");
    let good = is_one_line(&text) && text.chars().count() <= MAX_TEXT;
    fields.check(good, "filter.text", format!("must be one line of at most {MAX_TEXT} characters"));
    fields.check(is_one_line(&agent), "filter.agent", "must be one line");
    fields.finish()?;
    let mut states: Vec<_> = states::ALL.into_iter().filter(|state| in_states.contains(&Some(*state))).collect();
    if states.len() == states::ALL.len() {
        states.clear();
    }
    let agent = Some(agent).filter(|agent| !agent.is_empty());
    Ok(Filter { kind: kind(asked)?, owner: None, states, text: Text::new(&text), agent })
}

pub fn order(order: i32) -> Result<Order> {
    let (by, reversed) = match v1::AssetOrder::try_from(order) {
        Ok(v1::AssetOrder::Unspecified) => (Key::Age, false),
        Ok(v1::AssetOrder::Oldest) => (Key::Age, true),
        Ok(v1::AssetOrder::Description) => (Key::Description, false),
        Ok(v1::AssetOrder::DescriptionDescending) => (Key::Description, true),
        Ok(v1::AssetOrder::EndedLast) => (Key::End, false),
        Ok(v1::AssetOrder::EndedFirst) => (Key::End, true),
        Err(_) => return Err(Error::invalid("order", "is no order that this master knows")),
    };
    Ok(Order { by, reversed })
}

/// Where a list goes on that has ended with `asset`.
pub fn position(by: Key, asset: &v1::Asset) -> Position {
    let id = AssetId(asset.id);
    match by {
        Key::Age => Position::Age(id),
        Key::Description => Position::Description(asset.description.clone(), id),
        Key::End => Position::End(asset.ended_at.and_then(|end| super::convert::time(Some(end), "ended_at").ok()), id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::state::State;

    fn refused(filter: v1::AssetFilter) -> String {
        parse(filter).unwrap_err().to_string()
    }

    #[test]
    fn states_are_put_in_order_and_all_of_them_are_none() {
        let parsed = |states: &[i32]| parse(v1::AssetFilter { states: states.to_vec(), ..Default::default() });
        let running_and_failed = vec![State::Running, State::Failed];
        assert_eq!(parsed(&[7, 3, 7]).unwrap().states, running_and_failed);
        assert_eq!(parsed(&[1, 2, 3, 4, 5, 6, 7, 8, 9]).unwrap(), Filter::default());
    }

    #[test]
    fn what_is_wrong_is_told_at_once() {
        let filter = |text: String, states| v1::AssetFilter { text, states, ..Default::default() };
        assert!(parse(filter("ä".repeat(256), vec![])).is_ok());
        let told = refused(filter("ä".repeat(257), vec![0]));
        let [of_states, of_text] = [
            "filter.states must be states that this master knows",
            "filter.text must be one line of at most 256 characters",
        ];
        assert_eq!(told, format!("{of_states}; {of_text}"));
        assert_eq!(refused(filter("a\nb".into(), vec![3])), of_text);
        assert_eq!(refused(filter(String::new(), vec![10])), of_states);
        assert!(parse_owner("no name").is_err() && order(6).is_err());
    }
}
