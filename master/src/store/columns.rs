//! Values as the columns hold them: times as microseconds since 1970, UTC; states by their names; ids of groups in
//! decimal, between commas.

use jiff::Timestamp;
use sea_orm::{ActiveValue, NotSet, Set, Value};

use crate::assets::state::State;
use crate::error::{Error, Result};

pub fn to_micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// The time, as it is read back.
pub fn now() -> Timestamp {
    from_micros(to_micros(Timestamp::now()))
}

/// What [`to_micros`] wrote; a value that it cannot have written counts as 1970.
pub fn from_micros(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What [`State::as_str`] wrote.
pub fn to_state(name: &str) -> Result<State> {
    State::parse(name).ok_or_else(|| Error::Internal(format!("`{name}` is no state")))
}

pub fn to_gids_text(gids: &[u32]) -> String {
    gids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// What [`to_gids_text`] wrote.
pub fn from_gids_text(text: &str) -> Vec<u32> {
    text.split(',').filter_map(|gid| gid.parse().ok()).collect()
}

/// What to write of something that may have changed; what has not is not written, and costs no index.
pub fn changed<T, V>(before: &T, after: &T, column: impl FnOnce(&T) -> V) -> ActiveValue<V>
where
    T: PartialEq,
    V: Into<Value>,
{
    if before == after { NotSet } else { Set(column(after)) }
}

/// As [`changed`], for a time.
pub fn changed_time(before: Option<Timestamp>, after: Option<Timestamp>) -> ActiveValue<Option<i64>> {
    changed(&before, &after, |time| time.map(to_micros))
}
