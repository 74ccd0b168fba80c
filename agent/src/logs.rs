//! A task's log, from Docker to the master.

mod entries;
mod outbox;
mod ship;

pub use entries::system_entries;
pub use outbox::Outbox;
pub use ship::Shipment;
