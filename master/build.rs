//! Has the master compiled anew when the web UI that it embeds was built anew.

use std::path::Path;

fn main() {
    let built = "../webui-grpc-web/dist";
    // Cargo takes what is missing for changed, and would compile the master each time: without it, watch where it appears.
    let watched = if Path::new(built).is_dir() { built } else { "../webui-grpc-web" };
    println!("cargo::rerun-if-changed={watched}");
}
