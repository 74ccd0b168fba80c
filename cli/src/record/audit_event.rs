//! What was done, or tried.

use jiff::Timestamp;
use pedl_proto::v1;
use serde::Serialize;

use super::given;
use crate::time;

/// An audit event.
#[derive(Debug, Default, Serialize)]
pub struct AuditEvent {
    pub id: i64,
    pub time: Option<Timestamp>,
    pub actor: String,
    pub address: Option<String>,
    pub action: String,
    pub target: Option<String>,
    pub succeeded: bool,
    pub detail: Option<String>,
}

impl From<v1::AuditEvent> for AuditEvent {
    fn from(event: v1::AuditEvent) -> Self {
        Self {
            id: event.id,
            time: event.time.and_then(time::from_proto),
            actor: event.actor,
            address: given(&event.address),
            action: event.action,
            target: given(&event.target),
            succeeded: event.succeeded,
            detail: given(&event.detail),
        }
    }
}
