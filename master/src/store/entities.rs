//! The rows, as the tables hold them. They stay inside the store. Times are microseconds since 1970, UTC.

pub mod agents;
pub mod asset_events;
pub mod assets;
pub mod audit_events;
pub mod cluster;
pub mod join_tokens;
pub mod log_chunks;
pub mod logs;
pub mod sessions;
pub mod tasks;
pub mod users;
