# shellcheck shell=bash
# Installs Debian packages, and only those that are missing.

# Debian leaves these out of an ordinary user's PATH; dockerd and ldconfig live there.
PATH=$PATH:/usr/sbin:/sbin

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo here" "as root, run: $*"
  fi
}

apt_lists_are_fresh=

# A source that does not answer (a vendor's, say) does not matter as long as the packages are found elsewhere.
update_apt_lists_once() {
  [[ -z $apt_lists_are_fresh ]] || return 0
  as_root apt-get -qq update >&2 || note "apt-get update had trouble; going on with what it has"
  apt_lists_are_fresh=yes
}

install_packages() {
  command -v apt-get >/dev/null ||
    die "there is no apt-get here to install: $*" "install it by hand, then run this again"
  update_apt_lists_once
  step "installing $*" apt_install "$@" || die "could not install: $*"
}

# What apt and dpkg say matters only when they fail.
apt_install() {
  local said
  # The lock is waited for: another apt may be at work, such as the system's own unattended one.
  said=$(as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" 2>&1 </dev/null) || {
    printf '%s\n' "$said" >&2
    return 1
  }
}

# install_missing COMMAND=PACKAGE… installs each package whose command is not there.
install_missing() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

# Debian's python3 comes without what makes virtual environments.
need_venv() {
  install_missing python3=python3
  python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
}
