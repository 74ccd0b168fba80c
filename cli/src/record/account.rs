//! What became of an account.

use serde::Serialize;

/// Whose password is another now, and what ended with the old one.
#[derive(Debug, Serialize)]
pub struct PasswordChange {
    pub username: String,
    pub ended_sessions: i32,
}
