//! Errors with their causes, in one line.

/// The error, its cause, that one's cause: `tcp connect error: Connection refused (os error 111)`.
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<_> = causes.map(ToString::to_string).collect();
    // Some errors tell their cause themselves.
    texts.dedup_by(|cause, error| error.contains(cause.as_str()));
    texts.join(": ")
}
