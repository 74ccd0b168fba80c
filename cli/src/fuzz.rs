//! Input that nobody thought of, for the properties of whatever reads input: it is refused, and nothing panics.

use proptest::prelude::*;

/// How many inputs each property is tried with: few, so that every run of the tests has them. To hunt:
/// `PROPTEST_CASES=100000 cargo test -p pedl-cli any_`.
pub fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").map_or(64, |cases| cases.parse().expect("a number of cases"));
    // A failure tells its input; no file beside the code needs to remember it.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any text, and texts of the signs that a grammar makes something of.
pub fn text(signs: &'static str) -> impl Strategy<Value = String> {
    let soup = proptest::string::string_regex(&format!("[{signs}]{{0,200}}")).expect("a class of characters");
    prop_oneof![any::<String>(), soup]
}
