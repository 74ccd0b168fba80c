//! How long to wait before the next try.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// Exponential, 0.1 s to 10 s, with jitter so that agents that lost the same master do not return in step.
#[derive(Debug)]
pub struct Backoff {
    ceiling: Duration,
}

impl Backoff {
    /// Starts short.
    pub const fn new() -> Self {
        Self { ceiling: FIRST }
    }

    /// The time to wait now, between half of the present ceiling and all of it; the ceiling doubles.
    pub fn next(&mut self) -> Duration {
        let wait = jittered(self.ceiling);
        self.ceiling = (self.ceiling * 2).min(LONGEST);
        wait
    }
}

/// Between half of `ceiling` and all of it.
pub fn jittered(ceiling: Duration) -> Duration {
    // Without randomness from the system the wait is the longest: slower, not wrong.
    let random = getrandom::u32().unwrap_or(u32::MAX);
    ceiling.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}
