//! How long a container has run, whatever happened to the clock meanwhile; and lengths of time in words.

use std::fs;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use rustix::param::clock_ticks_per_second;
use rustix::time::{ClockId, clock_gettime};

use crate::docker::{Limited, is_of_container};

/// How long it has run: by the kernel, which counts from the machine's start; by Docker's clock and this machine's
/// where the container's processes are not to be seen, as from another pid namespace.
pub fn age(running: &Limited) -> Duration {
    age_of_process(running).unwrap_or_else(|error| {
        tracing::warn!("how long container {} has run is told by the clock, which may be set: {error}", running.id);
        Timestamp::now().duration_since(running.started_at).try_into().unwrap_or_default()
    })
}

fn age_of_process(running: &Limited) -> io::Result<Duration> {
    let pid = i32::try_from(running.pid).map_err(io::Error::other)?;
    let dir = format!("/proc/{pid}");
    let stat = fs::read_to_string(format!("{dir}/stat"))?;
    // After the other: a number is given to another process once its own has ended.
    if !is_of_container(pid, &running.id)? {
        return Err(io::Error::other(format!("process {pid} is another one here")));
    }
    let started = started(&stat).ok_or_else(|| io::Error::other(format!("{dir}/stat is not understood")))?;
    Ok(uptime().saturating_sub(started))
}

/// How long the machine has been up, sleep included: no setting of a clock changes it.
pub fn uptime() -> Duration {
    clock_gettime(ClockId::Boottime).try_into().unwrap_or_default()
}

/// When a process started, after the machine did: field 22 of /proc/PID/stat (proc(5)). The name, field 2, is in
/// brackets and may have any in it.
fn started(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let ticks: u64 = after_name.split(' ').nth(22 - 3)?.parse().ok()?;
    let per_second = clock_ticks_per_second();
    Some(
        Duration::from_secs(ticks / per_second)
            + Duration::from_secs(ticks % per_second) / u32::try_from(per_second).ok()?,
    )
}

/// Nanoseconds of each unit, as `pedl` writes them.
const UNITS: [(u128, &str); 7] = [
    (86_400_000_000_000, "d"),
    (3_600_000_000_000, "h"),
    (60_000_000_000, "m"),
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1_000, "us"),
    (1, "ns"),
];

/// A length of time as `pedl` prints it, and takes it: `1h 30m`.
pub fn words(time: Duration) -> String {
    let mut left = time.as_nanos();
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if left >= size {
            parts.push(format!("{}{unit}", left / size));
            left %= size;
        }
    }
    if parts.is_empty() { "0s".into() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_started_when_the_kernel_says() {
        let stat = |name: &str, ticks: u64| format!("7 ({name}) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 {ticks} 0 0");
        let second = clock_ticks_per_second();
        for name in ["sh", "a b", "x) S 1 (y", ") "] {
            assert_eq!(started(&stat(name, 90 * second + second / 2)), Some(Duration::from_millis(90_500)), "{name}");
        }
        for bad in ["", "7 (sh) S 1 7", "7 sh"] {
            assert_eq!(started(bad), None, "{bad}");
        }
        let own = fs::read_to_string("/proc/self/stat").unwrap();
        assert!(started(&own).unwrap() <= Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap());
    }

    #[test]
    fn another_process_of_that_number_is_not_taken_for_the_containers() {
        let started_at = Timestamp::now() - Duration::from_secs(7200);
        let limit = crate::assignment::Limit { max_run_time: Duration::ZERO, stop_grace: Duration::ZERO };
        let mut running = Limited { id: "f00d".repeat(16), pid: std::process::id().into(), started_at, limit };
        assert!(age_of_process(&running).is_err());
        running.pid = i64::MAX;
        assert!(age_of_process(&running).is_err());
        assert!(age(&running) >= Duration::from_secs(7200), "by the clock then");
    }

    #[test]
    fn lengths_of_time_in_words() {
        for (millis, text) in [
            (0, "0s"),
            (7_200_000, "2h"),
            (5_400_000, "1h 30m"),
            (86_400_000, "1d"),
            (90_061_001, "1d 1h 1m 1s 1ms"),
            (315_576_000_000, "3652d 12h"),
        ] {
            assert_eq!(words(Duration::from_millis(millis)), text);
        }
    }
}
