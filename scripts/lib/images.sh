# shellcheck shell=bash
# Makes Docker images without a registry: a tar of a file system, imported.

# build_image NAME RECIPE MAKER CHANGE… imports what the function MAKER writes to stdout, with Dockerfile
# instructions on top, unless the image is there and was made by the same RECIPE, the file that says what is in it.
build_image() {
  local name=$1 recipe=$2 maker=$3 hash
  shift 3
  hash=$(sha256sum <"$recipe" | cut -c 1-16)
  if image_is_current "$name" "$hash"; then
    note "$name is there"
  else
    step "making the image $name" import_image "$name" "$maker" "LABEL pedl.recipe=$hash" "$@"
  fi
}

import_image() {
  local name=$1 maker=$2 change changes=() id status=0 replaced
  shift 2
  for change in "$@"; do
    changes+=(--change "$change")
  done
  id=$("$maker" | docker import "${changes[@]}" -) || status=$?
  if ((status != 0)); then
    # What was imported is cut short.
    [[ -z $id ]] || docker image rm "$id" >/dev/null
    die "could not make the image $name; why is said above"
  fi
  replaced=$(docker image inspect --format '{{.Id}}' "$name" 2>/dev/null) || replaced=''
  docker tag "$id" "$name"
  # It stays where a container needs it.
  [[ -z $replaced ]] || docker image rm "$replaced" >/dev/null 2>&1 || true
}

image_is_current() {
  local label
  [[ -z ${PEDL_REBUILD_IMAGES-} ]] || return 1
  label=$(docker image inspect --format '{{index .Config.Labels "pedl.recipe"}}' "$1" 2>/dev/null) &&
    [[ $label == "$2" ]]
}
