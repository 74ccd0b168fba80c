//! Which assets a list or a watch is about. Pure.

use super::state::State;
use super::{Asset, Kind};
use crate::ids::UserId;

/// The longest text that is looked for, in characters: as long as a description may be.
pub const MAX_TEXT: usize = 256;

/// Which assets; where nothing is said, all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub owner: Option<UserId>,
    /// In the order of a life, each once; empty: in any.
    pub states: Vec<State>,
    pub text: Option<Text>,
    /// The name of the agent that holds them now.
    pub agent: Option<String>,
}

impl Filter {
    /// Whether it may ever take an asset, by what never changes of one.
    pub fn may_take(&self, kind: Kind, owner: UserId, description: &str) -> bool {
        self.kind.is_none_or(|asked| asked == kind)
            && self.owner.is_none_or(|asked| asked == owner)
            && self.text.as_ref().is_none_or(|text| text.is_in(description))
    }

    /// Whether it takes an asset as it stands.
    pub fn takes(&self, asset: &Asset) -> bool {
        let task = &asset.latest_task;
        let held_by = task.agent.as_ref().filter(|_| !task.state.has_ended()).map(|agent| &agent.name);
        self.may_take(asset.spec.kind(), asset.owner.id, &asset.description)
            && (self.states.is_empty() || self.states.contains(&asset.state))
            && self.agent.as_ref().is_none_or(|asked| held_by == Some(asked))
    }
}

/// What a description shall contain, in either case of the letters A to Z. Other letters are taken as they are: databases
/// fold them each in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// Nothing is in every description, and so is no filter.
    pub fn new(text: &str) -> Option<Self> {
        Some(Self(text.to_ascii_lowercase())).filter(|text| !text.0.is_empty())
    }

    pub fn is_in(&self, description: &str) -> bool {
        description.to_ascii_lowercase().contains(&self.0)
    }

    /// In lower case, as far as that goes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
