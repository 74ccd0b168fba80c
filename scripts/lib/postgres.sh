# shellcheck shell=bash
# A PostgreSQL of the tests' own: fresh, on loopback, gone with them.

postgres_dir='' postgres_pid=''

# Leaves its address in postgres_url.
start_postgres() {
  local bin port password as_postgres=()
  bin=$(postgres_bin)
  if [[ -z $bin ]]; then
    install_packages postgresql
    bin=$(postgres_bin)
  fi
  postgres_dir=$(mktemp -d)
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "$password" >"$postgres_dir/password"
  port=$(free_port)
  if ((EUID == 0)); then
    # PostgreSQL refuses to run as root.
    chown -R postgres: "$postgres_dir"
    as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)
  fi
  "${as_postgres[@]}" "$bin/initdb" --pgdata="$postgres_dir/data" --username=postgres --pwfile="$postgres_dir/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$postgres_dir/log" 2>&1 || postgres_failed
  # What it holds is thrown away, so it need not survive a power cut.
  "${as_postgres[@]}" "$bin/postgres" -D "$postgres_dir/data" -k "$postgres_dir" -h 127.0.0.1 -p "$port" \
    -c fsync=off -c max_connections=500 >>"$postgres_dir/log" 2>&1 </dev/null &
  postgres_pid=$!
  wait_for 60 "$bin/pg_isready" -h 127.0.0.1 -p "$port" || postgres_failed
  # shellcheck disable=SC2034 # for who sources this
  postgres_url=postgres://postgres:$password@127.0.0.1:$port/postgres
}

stop_postgres() {
  # SIGINT: end at once, without waiting for clients.
  [[ -z $postgres_pid ]] || { kill -INT "$postgres_pid" && wait "$postgres_pid"; } 2>/dev/null || true
  [[ -z $postgres_dir ]] || rm -rf "$postgres_dir"
}

# The folder with its newest programs, which Debian keeps out of PATH.
postgres_bin() {
  local initdb
  initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort --version-sort | tail -n 1)
  [[ -x $initdb ]] || initdb=$(command -v initdb) || return 0
  dirname "$initdb"
}

# Asks the kernel for one.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

postgres_failed() {
  cat "$postgres_dir/log" >&2
  die "PostgreSQL did not start; its log is above"
}
