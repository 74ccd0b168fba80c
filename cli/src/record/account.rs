//! What became of an account, beside the account itself.

use serde::Serialize;

use super::User;

/// An account that is inactive now, or would be, and what ended with it.
#[derive(Debug, Serialize)]
pub struct Deactivation {
    #[serde(flatten)]
    pub user: User,
    pub ended_sessions: i32,
    pub killed_assets: i32,
    pub live_assets: i32,
    /// Whether nothing was changed.
    pub dry_run: bool,
}

/// Whose password is another now, and what ended with the old one.
#[derive(Debug, Serialize)]
pub struct PasswordChange {
    pub username: String,
    pub ended_sessions: i32,
}
