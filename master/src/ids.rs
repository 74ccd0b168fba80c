//! The numbers and UUIDs that name things. Each is a type of its own, so that none is taken for another.

use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta] $name:ident),* $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

id! {
    /// An account.
    UserId,
    /// A session.
    SessionId,
    /// An asset of any kind.
    AssetId,
    /// An agent.
    AgentId,
}

/// A task: a UUID, version 7, so that newer ones sort after older ones (RFC 9562, 5.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub Uuid);

impl TaskId {
    /// A new one.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// When it was generated, to the millisecond; an id that tells no time is as old as can be.
    pub fn created_at(&self) -> Timestamp {
        let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |time| time.to_unix());
        Timestamp::new(i64::try_from(seconds).unwrap_or(0), i32::try_from(nanos).unwrap_or(0)).unwrap_or_default()
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
