//! Chance that is the same in each run.

use std::time::Duration;

/// Random numbers from a seed that is not 0 (xorshift, Marsaglia 2003).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        for shift in [13, -7, 17] {
            self.0 ^= if shift > 0 { self.0 << shift } else { self.0 >> -shift };
        }
        self.0
    }

    /// Lets a random time pass, in milliseconds: what is tried is that the moment does not matter.
    pub fn wait(&mut self, least: u64, most: u64) {
        std::thread::sleep(Duration::from_millis(least + self.roll() % (most - least)));
    }
}
