# shellcheck shell=bash
# What Cargo.toml says of PEDL, and the tools that build it.

# What Cargo.toml's [workspace.package] says of KEY.
workspace_package() {
  # shellcheck disable=SC2154 # all.sh sets repo
  sed -n '/^\[workspace\.package\]/,/^\[/ s/^'"$1"' *= *"\(.*\)".*/\1/p' "$repo/Cargo.toml"
}

need_rust() {
  local wanted have
  wanted=$(workspace_package rust-version)
  # Rust is a matter of the user's choice of toolchain, so it is asked for, not installed.
  command -v cargo >/dev/null ||
    die "there is no Rust here: PEDL needs $wanted or newer" \
      "install rustup, whose default is the stable toolchain: https://rustup.rs" \
      "then open a new shell (or: . ~/.cargo/env) and run this again"
  have=$(cd "$repo" && rustc --version | cut -d' ' -f2)
  printf '%s\n' "$wanted" "$have" | sort --check=quiet --version-sort ||
    die "Rust here is $have: PEDL needs $wanted or newer" "rustup update stable"
  # SQLite, zstd and the allocator are C.
  install_missing cc=build-essential
}
