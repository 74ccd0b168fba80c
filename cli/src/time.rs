//! Times and durations as people write and read them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A time of the protocol; `None` for one that no calendar has.
pub fn from_proto(time: prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(time.seconds, time.nanos).ok()
}

/// A time for the protocol.
pub fn to_proto(time: Timestamp) -> prost_types::Timestamp {
    let mut sent = prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() };
    // Before 1970 the nanoseconds go down with the seconds here; the protocol's always go up.
    sent.normalize();
    sent
}

/// How far `time` is from `now`, to the largest unit: `5 minutes ago`, `in 30 days`.
pub fn relative(time: Timestamp, now: Timestamp) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let seconds = now.duration_since(time).as_secs();
    let Some((size, unit)) = UNITS.iter().find(|(size, _)| seconds.abs() >= *size) else {
        return "just now".to_string();
    };
    let count = seconds.abs() / size;
    let plural = if count == 1 { "" } else { "s" };
    match seconds > 0 {
        true => format!("{count} {unit}{plural} ago"),
        false => format!("in {count} {unit}{plural}"),
    }
}

/// A time for a person: exact, and how far away.
pub fn exact_and_relative(time: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", exact(time), relative(time, now))
}

/// A time for a table: to the second.
pub fn exact(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// How long to wait, in words: not shorter than it is.
pub fn enough(delay: Duration) -> String {
    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
    match seconds {
        1 => "1 second".to_string(),
        0..120 => format!("{seconds} seconds"),
        120.. => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// Reads `--since`: how long ago (`10m`, `2h`), or an RFC 3339 time.
pub fn parse_since(text: &str) -> Result<Timestamp, String> {
    parse_since_at(text, Timestamp::now())
}

fn parse_since_at(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    humantime::parse_duration(text)
        .ok()
        .and_then(|ago| SignedDuration::try_from(ago).ok())
        .and_then(|ago| now.checked_sub(ago).ok())
        .ok_or_else(|| "give how long ago (10m, 2h, 3d) or a time like 2026-11-22T18:00:00Z".to_string())
}

/// Reads a length of time: `30m`, `24h`, `7d`.
pub fn parse_duration(text: &str) -> Result<prost_types::Duration, String> {
    humantime::parse_duration(text)
        .ok()
        .and_then(|duration| duration.try_into().ok())
        .ok_or_else(|| "give a length of time like 30m, 24h or 7d".to_string())
}

/// Nanoseconds of each unit.
const UNITS: [(u128, &str); 7] = [
    (86_400_000_000_000, "d"),
    (3_600_000_000_000, "h"),
    (60_000_000_000, "m"),
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1_000, "us"),
    (1, "ns"),
];

/// A length of time, exactly, as [`parse_duration`] reads it: `1h 30m`. Agents write it alike, in what they tell of ends.
pub fn length(time: Duration) -> String {
    let mut left = time.as_nanos();
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if left >= size {
            parts.push(format!("{}{unit}", left / size));
            left %= size;
        }
    }
    if parts.is_empty() { "0s".to_string() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn relative_times() {
        let now = at("2026-11-22T12:00:00Z");
        for (time, want) in [
            ("2026-11-22T12:00:00Z", "just now"),
            ("2026-11-22T11:59:59.5Z", "just now"),
            ("2026-11-22T11:59:59Z", "1 second ago"),
            ("2026-11-22T11:55:00Z", "5 minutes ago"),
            ("2026-11-22T10:59:00Z", "1 hour ago"),
            ("2026-11-12T12:00:00Z", "10 days ago"),
            ("2026-12-22T12:00:00Z", "in 30 days"),
        ] {
            assert_eq!(relative(at(time), now), want, "{time}");
        }
    }

    #[test]
    fn since_is_an_age_or_a_time() {
        let now = at("2026-11-22T12:00:00Z");
        for (text, want) in [
            ("10m", "2026-11-22T11:50:00Z"),
            ("2h", "2026-11-22T10:00:00Z"),
            ("1h 30m", "2026-11-22T10:30:00Z"),
            ("3d", "2026-11-19T12:00:00Z"),
            ("2026-11-22T09:00:00Z", "2026-11-22T09:00:00Z"),
            ("2026-11-22T09:00:00+01:00", "2026-11-22T08:00:00Z"),
        ] {
            assert_eq!(parse_since_at(text, now), Ok(at(want)), "{text}");
        }
        for text in ["", "10", "yesterday", "-5m", "2026-11-22", "99999999999y"] {
            assert!(parse_since_at(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn waiting_is_never_too_short() {
        for (millis, want) in [(0, "0 seconds"), (1, "1 second"), (41_200, "42 seconds"), (119_001, "2 minutes")] {
            assert_eq!(enough(Duration::from_millis(millis)), want);
        }
        assert_eq!(enough(Duration::from_secs(121)), "3 minutes");
    }

    proptest! {
        #![proptest_config(fuzz::config())]

        #[test]
        fn any_time_is_read_and_told(
            text in fuzz::text("0-9a-zTZ:.+ -"),
            // What a calendar has, and somewhat beyond.
            seconds in -400_000_000_000..300_000_000_000_i64,
            nanos: i32,
            delay: u64,
        ) {
            let now = at("2026-11-22T12:00:00Z");
            let read = [parse_since_at(&text, now).ok(), from_proto(prost_types::Timestamp { seconds, nanos })];
            for time in read.into_iter().flatten() {
                exact_and_relative(time, now);
                let sent = to_proto(time);
                prop_assert!((0..1_000_000_000).contains(&sent.nanos), "{time}: {sent:?}");
                prop_assert_eq!(from_proto(sent), Some(time));
            }
            let _ = parse_duration(&text);
            enough(Duration::new(delay, 1));
            let time = Duration::from_nanos(delay);
            prop_assert_eq!(parse_duration(&length(time)), Ok(time.try_into().unwrap()));
        }
    }

    #[test]
    fn durations() {
        assert_eq!(parse_duration("24h"), Ok(prost_types::Duration { seconds: 86_400, nanos: 0 }));
        for text in ["", "24", "soon"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        for (text, told) in [
            ("0", "0s"),
            ("120m", "2h"),
            ("1h30m", "1h 30m"),
            ("1w", "7d"),
            ("36h 90s", "1d 12h 1m 30s"),
            ("1500ms 3ns", "1s 500ms 3ns"),
            ("10y", "3652d 12h"),
        ] {
            assert_eq!(length(parse_duration(text).unwrap().try_into().unwrap()), told, "{text}");
        }
    }
}
