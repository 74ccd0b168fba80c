//! Who calls, and what they may do.

pub mod caller;
pub mod cookie;
pub mod layer;
pub mod origin;
pub mod password;
pub mod policy;
pub mod sessions;
mod throttle;
pub mod token;
mod until_ended;
