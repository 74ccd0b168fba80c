# shellcheck shell=bash
# What the scripts share; source this one.

# The checkout.
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# shellcheck source=say.sh
. "$repo/scripts/lib/say.sh"
# shellcheck source=packages.sh
. "$repo/scripts/lib/packages.sh"
# shellcheck source=workspace.sh
. "$repo/scripts/lib/workspace.sh"
# shellcheck source=node.sh
. "$repo/scripts/lib/node.sh"
# shellcheck source=docker.sh
. "$repo/scripts/lib/docker.sh"
# shellcheck source=images.sh
. "$repo/scripts/lib/images.sh"
# shellcheck source=postgres.sh
. "$repo/scripts/lib/postgres.sh"
