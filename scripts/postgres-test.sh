#!/usr/bin/env bash
# A private PostgreSQL cluster for tests: in a temporary folder, on a free loopback port, with a password nobody
# else knows, run by an unprivileged user, without fsync. It ends by itself when the process that asked for it ends.
#
#   scripts/postgres-test.sh start   start it (or find it running) and print its admin URL
#   scripts/postgres-test.sh url     print the admin URL of the running cluster
#   scripts/postgres-test.sh restart MODE  stop it (fast or immediate) and start it again at the same address
#   scripts/postgres-test.sh stop    stop it and remove its folder
#
# SCANHELM_POSTGRES_STATE  file that remembers the cluster (default: target/postgres-test.state in the checkout)
# SCANHELM_POSTGRES_OWNER  process id whose end stops the cluster (default: the caller of this script)
# SCANHELM_POSTGRES_DURABLE  1: with fsync and all that makes data safe, as benchmarks want it
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=${SCANHELM_POSTGRES_STATE:-$checkout/target/postgres-test.state}
owner=${SCANHELM_POSTGRES_OWNER:-$PPID}

fail() {
  echo "postgres-test: $*" >&2
  exit 1
}

# The server programs are not on PATH on Debian: take the newest installed version.
find_server_programs() {
  local folder
  if folder=$(command -v initdb) && command -v pg_ctl >/dev/null; then
    dirname "$folder"
    return
  fi
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin | sort -Vr); do
    if [ -x "$folder/initdb" ]; then
      echo "$folder"
      return
    fi
  done
  fail "PostgreSQL is not installed (no initdb found). Install it with: scripts/setup-test.sh postgres, or: apt-get install postgresql"
}

# PostgreSQL refuses to run as root: a user without rights runs it then.
choose_user() {
  if [ "$(id -u)" -ne 0 ]; then
    id -un
  elif id postgres >/dev/null 2>&1; then
    echo postgres
  elif id scanhelm-test >/dev/null 2>&1; then
    echo scanhelm-test
  else
    useradd --system --no-create-home --shell /usr/sbin/nologin scanhelm-test \
      || fail "cannot create the user scanhelm-test that would run PostgreSQL; create it, or run as an ordinary user"
    echo scanhelm-test
  fi
}

# From the cluster's own folder: the caller's may be closed to the unprivileged user.
as_user() {
  if [ "$(id -un)" = "$user" ]; then
    (cd "$folder" && "$@")
  else
    (cd "$folder" && runuser -u "$user" -- "$@")
  fi
}

read_state() {
  [ -f "$state" ] || return 1
  { read -r folder; read -r programs; read -r user; read -r url; } <"$state"
  [ -d "$folder" ] && as_user "$programs/pg_ctl" --pgdata "$folder/data" status >/dev/null 2>&1
}

random_hex() {
  od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

# Ports below the range from which the kernel takes ports for outgoing connections.
random_port() {
  echo $((20000 + 0x$(random_hex 2) % 12000))
}

start() {
  if read_state; then
    echo "$url"
    return
  fi
  programs=$(find_server_programs)
  user=$(choose_user)
  mkdir -p "$(dirname "$state")"
  folder=$(mktemp -d "${TMPDIR:-/tmp}/scanhelm-postgres.XXXXXX")
  trap 'rm -rf -- "$folder"' EXIT
  local password port attempt
  password=$(random_hex 16)
  (umask 077 && echo "$password" >"$folder/password")
  chown -R "$user" "$folder" 2>/dev/null || true

  as_user "$programs/initdb" --pgdata "$folder/data" --username scanhelm --pwfile "$folder/password" \
    --auth scram-sha-256 --encoding UTF8 --locale C --no-sync --no-instructions >"$folder/initdb.log" 2>&1 \
    || fail "initdb failed as user $user in $folder (TMPDIR must be a folder that user can reach): $(tail -n 3 "$folder/initdb.log")"
  as_user tee -a "$folder/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 128MB
CONF
  if [ "${SCANHELM_POSTGRES_DURABLE:-}" != 1 ]; then
    as_user tee -a "$folder/data/postgresql.conf" >/dev/null <<CONF
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
  fi

  for attempt in 1 2 3 4 5; do
    port=$(random_port)
    if as_user "$programs/pg_ctl" --pgdata "$folder/data" --log "$folder/server.log" --wait --timeout 60 \
      --options "-p $port" start >/dev/null 2>&1; then
      break
    fi
    [ "$attempt" -lt 5 ] || fail "the server did not start: $(tail -n 5 "$folder/server.log" 2>/dev/null)"
  done
  url="postgres://scanhelm:$password@127.0.0.1:$port/postgres"
  (umask 077 && printf '%s\n' "$folder" "$programs" "$user" "$url" >"$state.new")
  mv "$state.new" "$state"
  trap - EXIT
  watch_owner
  echo "$url"
}

# Its own session and no inherited output: neither a terminal nor a waiting test runner may hold on to it.
watch_owner() {
  SCANHELM_POSTGRES_STATE="$state" setsid bash "${BASH_SOURCE[0]}" watch "$owner" "$folder" \
    </dev/null >/dev/null 2>&1 &
  disown
}

# Signals cannot tell: the owner may belong to another user.
is_alive() {
  [ -d "/proc/$1" ] || kill -0 "$1" 2>/dev/null
}

watch() {
  local process=$1 watched=$2
  while is_alive "$process" && [ -d "$watched" ]; do
    sleep 1
  done
  if read_state && [ "$folder" = "$watched" ]; then
    stop
  fi
}

stop() {
  if read_state; then
    # It may have been stopped in this very moment: what counts is that it does not run.
    if ! as_user "$programs/pg_ctl" --pgdata "$folder/data" --mode immediate --wait stop >/dev/null 2>&1 && read_state; then
      fail "the server in $folder does not stop; see $folder/server.log"
    fi
  fi
  if [ -n "${folder:-}" ] && [ -d "$folder" ]; then
    rm -rf -- "$folder"
  fi
  rm -f -- "$state"
}

restart() {
  read_state || fail "no cluster is running; start one with: scripts/postgres-test.sh start"
  as_user "$programs/pg_ctl" --pgdata "$folder/data" --log "$folder/server.log" --wait --timeout 60 --mode "$1" \
    restart >/dev/null 2>&1 || fail "the server did not come back: $(tail -n 5 "$folder/server.log" 2>/dev/null)"
}

case "${1:-}" in
  start) start ;;
  restart) restart "${2:?fast or immediate}" ;;
  stop) stop ;;
  url)
    read_state || fail "no cluster is running; start one with: scripts/postgres-test.sh start"
    echo "$url"
    ;;
  watch) watch "${2:?process id}" "${3:?folder}" ;;
  *) fail "say start, restart, stop or url" ;;
esac
