//! What has happened to an asset.

use jiff::Timestamp;
use pedl_proto::v1;
use serde::Serialize;

use super::{given, state};
use crate::time;

/// An asset's event.
#[derive(Debug, Default, Serialize)]
pub struct AssetEvent {
    pub id: i64,
    pub time: Option<Timestamp>,
    pub task_id: String,
    pub state: String,
    pub reason: Option<String>,
    pub agent: Option<String>,
}

impl From<v1::AssetEvent> for AssetEvent {
    fn from(event: v1::AssetEvent) -> Self {
        Self {
            id: event.id,
            time: event.time.and_then(time::from_proto),
            state: state(event.state()),
            task_id: event.task_id,
            reason: given(&event.reason),
            agent: given(&event.agent),
        }
    }
}
