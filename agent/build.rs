//! Builds the first process of containers (`init/`), which the agent carries: static, since it runs in any image.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// Small: there is one in each container.
const PROFILE: [(&str, &str); 5] =
    [("OPT_LEVEL", "z"), ("LTO", "fat"), ("CODEGEN_UNITS", "1"), ("PANIC", "abort"), ("STRIP", "symbols")];

/// What this build was told, and that one is not to be.
const OURS: [&str; 5] =
    ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"];

fn main() {
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let workspace = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("..");
    let (out, target) = (PathBuf::from(variable("OUT_DIR")), variable("TARGET"));
    println!("cargo::rerun-if-changed=build.rs");
    for watched in ["init/Cargo.toml", "init/src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", workspace.join(watched).display());
    }
    let mut cargo = Command::new(variable("CARGO"));
    cargo.args(["build", "--release", "--locked", "--quiet", "--bin", "pedl-init", "--package", "pedl-init"]);
    // With a target, the flags are not those of build scripts, which cannot be static.
    cargo.args(["--target", &target, "--target-dir"]).arg(out.join("init")).current_dir(&workspace);
    for name in OURS {
        cargo.env_remove(name);
    }
    for (key, value) in PROFILE {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static");
    let built = cargo.status().expect("cargo starts");
    assert!(
        built.success(),
        "pedl-init cannot be built. It is linked statically, for which the C library's own archive must be there: \
         `libc6-dev` on Debian and Ubuntu, `glibc-static` on Fedora"
    );
    println!("cargo::rustc-env=PEDL_INIT={}", out.join("init").join(target).join("release/pedl-init").display());
}
