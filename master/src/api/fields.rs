//! Checks a request's fields, and gathers all that is wrong, so that it is told in one answer.

use crate::error::{Error, Result, Violation};

const MAX_VIOLATIONS: usize = 10;

/// In characters.
const MAX_TEXT: usize = 200;

/// What is wrong so far.
#[derive(Default)]
pub struct Fields {
    violations: Vec<Violation>,
}

impl Fields {
    /// Notes a violation unless `good`. What is noted is short: it travels in headers, which clients bound to 16 KiB.
    pub fn check(&mut self, good: bool, field: impl Into<String>, description: impl Into<String>) {
        if !good && self.violations.len() < MAX_VIOLATIONS {
            let cut = |text: String| text.chars().take(MAX_TEXT).collect();
            self.violations.push(Violation { field: cut(field.into()), description: cut(description.into()) });
        }
    }

    /// The value, or a note of why there is none.
    pub fn take<T>(&mut self, parsed: Result<T, impl Into<String>>, field: &str) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(description) => {
                self.check(false, field, description);
                None
            }
        }
    }

    /// An error where anything was noted.
    pub fn finish(self) -> Result<()> {
        if self.violations.is_empty() { Ok(()) } else { Err(Error::InvalidFields(self.violations)) }
    }

    /// `value`, which was taken in full unless something was noted.
    pub fn finish_with<T>(self, value: Option<T>) -> Result<T> {
        self.finish()?;
        value.ok_or_else(|| Error::Internal("a field was refused without saying why".into()))
    }
}

/// Whether `text` can be shown on one line.
pub fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}
