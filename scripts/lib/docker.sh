# shellcheck shell=bash
# Makes Docker answer: installs it where it is missing, starts it where it does not run.

# Of a dockerd that was started from here: its log and its pid.
docker_state=/run/pedl-dockerd

docker_answers() {
  docker info >/dev/null 2>&1
}

# Leaves with a client whose `docker info` works.
need_docker() {
  ! docker_answers || return 0
  install_docker
  ! docker_answers || return 0
  start_docker
  docker_answers || explain_silent_docker
}

install_docker() {
  local packages=()
  command -v dockerd >/dev/null || packages+=(docker.io)
  # Where the kernel enforces AppArmor, dockerd cannot start a container without its parser.
  if grep -qs Y /sys/module/apparmor/parameters/enabled && ! command -v apparmor_parser >/dev/null; then
    packages+=(apparmor)
  fi
  ((${#packages[@]} == 0)) || install_packages "${packages[@]}"
  # Newer Debian releases ship the client apart.
  command -v docker >/dev/null || install_packages docker-cli
}

start_docker() {
  # Something answers, but not to this user; starting another dockerd would not help.
  ! as_root docker info >/dev/null 2>&1 || return 0
  if [[ -d /run/systemd/system ]]; then
    step "starting Docker (systemctl start docker)" as_root systemctl start docker
  else
    step "starting Docker (dockerd, log in $docker_state/log)" start_dockerd_by_hand
  fi
}

# For machines without a service manager. The daemon outlives the script.
start_dockerd_by_hand() {
  # overlay2 by name: dockerd then fails where it cannot have it, and does not fall back to vfs, which copies
  # the whole image for every container.
  # shellcheck disable=SC2016 # the inner shell expands these
  as_root sh -c '
    mkdir -p "$1"
    setsid nohup dockerd --storage-driver=overlay2 >"$1/log" 2>&1 </dev/null &
    echo $! >"$1/pid"
  ' start-dockerd "$docker_state"
  wait_for 60 as_root docker info || {
    as_root tail -n 20 "$docker_state/log" >&2
    die "dockerd did not answer within 60 s; the end of its log is above"
  }
}

explain_silent_docker() {
  docker info >/dev/null || true
  if ((EUID != 0)) && as_root docker info >/dev/null 2>&1; then
    die "Docker runs, but $(id -un) may not use it" \
      "sudo usermod -aG docker $(id -un)   # then log in anew"
  fi
  die "Docker does not answer; what its client says is above"
}
