//! The table at the end.

/// What was measured.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

struct Row {
    figure: String,
    measured: String,
    target: String,
    met: bool,
}

impl Report {
    /// Adds a figure that shall be at most `target`.
    pub fn at_most(&mut self, figure: &str, measured: f64, target: f64, unit: &str, detail: &str) {
        self.add(figure, measured, measured <= target, format!("≤ {target}{unit}"), unit, detail);
    }

    /// Adds a figure that shall be at least `target`.
    pub fn at_least(&mut self, figure: &str, measured: f64, target: f64, unit: &str, detail: &str) {
        self.add(figure, measured, measured >= target, format!("≥ {target}{unit}"), unit, detail);
    }

    fn add(&mut self, figure: &str, measured: f64, met: bool, target: String, unit: &str, detail: &str) {
        println!("{figure}: {measured:.2}{unit} ({detail})");
        let measured = format!("{measured:.2}{unit}");
        self.rows.push(Row { figure: figure.to_owned(), measured, target, met });
    }

    /// Prints all figures beside their targets.
    pub fn print(&self) {
        println!("\n{:<64} {:>10} {:>10}", "figure", "measured", "target");
        for row in &self.rows {
            let verdict = if row.met { "" } else { "  MISSED" };
            println!("{:<64} {:>10} {:>10}{verdict}", row.figure, row.measured, row.target);
        }
    }
}

/// Says how far something is that takes minutes. The first round warms up, and does not count.
pub fn say_round(round: usize, rounds: usize) {
    match round {
        0 => println!("  warming up"),
        _ => println!("  round {round} of {rounds}"),
    }
}

/// The middle one; of an even number, the lower middle one.
///
/// # Panics
/// When there is none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) / 2]
}
