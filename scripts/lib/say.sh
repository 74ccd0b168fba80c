# shellcheck shell=bash
# What the scripts say to people: headings, notes, and how long slow steps took. All of it on stderr.

# Colours are for terminals; https://no-color.org.
if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
  say_bold=$'\e[1m' say_dim=$'\e[2m' say_red=$'\e[31m' say_plain=$'\e[0m'
else
  say_bold='' say_dim='' say_red='' say_plain=''
fi

heading() {
  printf '\n%s==> %s%s\n' "$say_bold" "$*" "$say_plain" >&2
}

note() {
  printf '    %s\n' "$*" >&2
}

# The first argument is what went wrong; each further one is a line that says what to do.
die() {
  printf '%serror:%s %s\n' "$say_red" "$say_plain" "$1" >&2
  shift
  (($# == 0)) || printf '       %s\n' "$@" >&2
  exit 1
}

# step TEXT COMMAND… runs a command that may take a while and tells how long it took.
step() {
  local text=$1 start=$SECONDS status=0
  shift
  note "$text …"
  "$@" || status=$?
  ((status != 0 || SECONDS == start)) || note "$say_dim$text: $((SECONDS - start)) s$say_plain"
  return "$status"
}

# wait_for SECONDS COMMAND… asks ten times a second until the command succeeds; fails when it has not in that time.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
