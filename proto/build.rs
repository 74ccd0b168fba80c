//! Compiles the protos with protox: no protoc is needed.

use std::error::Error;
use std::path::PathBuf;

use prost::Message as _;

const PROTOS: &[&str] = &[
    "pedl/v1/asset.proto",
    "pedl/v1/cluster.proto",
    "pedl/v1/error_reason.proto",
    "pedl/v1/session.proto",
    "pedl/v1/user.proto",
    "pedl/agent/v1/agent.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=pedl");
    let descriptors = protox::compile(PROTOS, ["."])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
