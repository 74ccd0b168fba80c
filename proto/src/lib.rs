//! PEDL's protocol, generated from the protos beside this crate. Nothing here is written by hand but
//! the names of the modules.

/// The public API: what the CLI, the web UI and generated clients speak.
pub mod v1 {
    #![allow(
        clippy::all,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        clippy::wildcard_enum_match_arm,
        unused_qualifications,
        reason = "generated"
    )]
    tonic::include_proto!("pedl.v1");
}

/// What agents and the master speak.
pub mod agent {
    /// Version 1.
    pub mod v1 {
        #![allow(
            clippy::all,
            clippy::allow_attributes,
            clippy::allow_attributes_without_reason,
            clippy::wildcard_enum_match_arm,
            unused_qualifications,
            reason = "generated"
        )]
        tonic::include_proto!("pedl.agent.v1");
    }
}

/// All protos as an encoded `google.protobuf.FileDescriptorSet`, for reflection and for tests that walk them.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
