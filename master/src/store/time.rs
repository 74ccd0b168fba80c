//! Times as the tables hold them: microseconds since 1970, UTC.

use jiff::Timestamp;

pub fn to_micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// What [`to_micros`] wrote; a value that it cannot have written counts as 1970.
pub fn from_micros(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}
