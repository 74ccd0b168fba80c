//! How often, how fast, and with which errors calls were answered; and what the master holds meanwhile.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use integration_tests::Process;
use integration_tests::fleet::Counts;
use tonic::{Code, Status};

use crate::calls::Sort;

/// By this much and this factor memory may grow from the second quarter of a run to its last.
const GROWN_BY: f64 = 1.5;
const GROWN_MIB: f64 = 48.0;
/// With fewer looks at it nothing is said of memory.
const LOOKS: usize = 24;

/// All calls.
#[derive(Default)]
pub struct Tally {
    sorts: Mutex<BTreeMap<Sort, Row>>,
}

#[derive(Default)]
struct Row {
    /// Of the calls since it was last printed, in seconds.
    times: Vec<f64>,
    skipped: usize,
    errors: BTreeMap<String, usize>,
    /// The first message of each code, for people.
    messages: BTreeMap<String, String>,
}

impl Tally {
    pub fn answered(&self, sort: Sort, start: Instant) {
        self.sorts().entry(sort).or_default().times.push(start.elapsed().as_secs_f64());
    }

    pub fn failed(&self, sort: Sort, status: &Status) {
        let mut sorts = self.sorts();
        let (row, code) = (sorts.entry(sort).or_default(), format!("{:?}", status.code()));
        *row.errors.entry(code.clone()).or_default() += 1;
        row.messages.entry(code).or_insert_with(|| status.message().to_owned());
    }

    pub fn skipped(&self, sort: Sort) {
        self.sorts().entry(sort).or_default().skipped += 1;
    }

    fn sorts(&self) -> MutexGuard<'_, BTreeMap<Sort, Row>> {
        self.sorts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn print(&self, at: Duration, memory: &Memory, counts: Counts, acknowledged: usize) {
        println!(
            "{:>6.0} s: {acknowledged} acknowledged, {} started, {} ended, {} doubled; {} connected; master {:.0} MiB, {:.0} of its own",
            at.as_secs_f64(),
            counts.started,
            counts.ended,
            counts.doubled,
            counts.connected,
            memory.resident,
            memory.own.last().copied().unwrap_or_default(),
        );
        for (sort, row) in self.sorts().iter_mut() {
            let mut times = std::mem::take(&mut row.times);
            times.sort_by(f64::total_cmp);
            let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
            let ms = |percent| at(percent).copied().unwrap_or_default() * 1000.0;
            let (skipped, errors) = (row.skipped, &row.errors);
            println!(
                "    {:<9} {:>6} answered, p50 {:>7.1} ms, p99 {:>7.1} ms, not made {skipped}, errors {errors:?}",
                format!("{sort:?}"),
                times.len(),
                ms(50),
                ms(99)
            );
        }
    }

    /// Errors that nothing excuses. That the master was killed excuses its absence.
    pub fn unexpected(&self, kills: bool) -> Vec<String> {
        let absent = [Code::Unavailable, Code::Unknown, Code::Cancelled, Code::DeadlineExceeded];
        let absent = absent.map(|code| format!("{code:?}"));
        let mut unexpected = Vec::new();
        for (sort, row) in self.sorts().iter() {
            for (code, count) in row.errors.iter().filter(|(code, _)| !(kills && absent.contains(code))) {
                unexpected.push(format!("{sort:?} failed {count} times with {code}: {}", row.messages[code]));
            }
        }
        unexpected
    }
}

/// What a master has held, look by look.
#[derive(Default)]
pub struct Memory {
    /// In MiB, with the pages of its databases that it has mapped.
    pub resident: f64,
    /// In MiB, what is its own alone.
    pub own: Vec<f64>,
}

impl Memory {
    pub fn look(&mut self, master: &Process) {
        self.resident = master.resident_mib();
        self.own.push(master.anonymous_mib());
    }

    /// Says so where it has grown, and goes on growing.
    pub fn grown(&self) -> Option<String> {
        let quarter = self.own.len() / 4;
        if self.own.len() < LOOKS {
            return None;
        }
        let mean = |looks: &[f64]| looks.iter().sum::<f64>() / looks.len() as f64;
        let (early, late) = (mean(&self.own[quarter..2 * quarter]), mean(&self.own[3 * quarter..]));
        let grown = late > early * GROWN_BY && late - early > GROWN_MIB;
        grown.then(|| format!("the master's memory grew from {early:.0} to {late:.0} MiB"))
    }
}
