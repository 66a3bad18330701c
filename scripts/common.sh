# Shared by the scripts at the root. Source it, do not run it.
# shellcheck shell=bash
# shellcheck disable=SC2034 # AS_OWNER is used by the scripts that source this

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PG_BIN=${PGHA_PG_BIN:-/usr/lib/postgresql/15/bin}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Prints the comment block at the top of a script: its documentation is its help.
show_help() { sed -n '2,/^[^#]/{/^#/{s/^# \{0,1\}//;p}}' "$0"; }

# ensure COMMAND-OR-FILE:PACKAGE ... : installs the Debian packages whose command or file is missing.
ensure() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%:*}" >/dev/null || [[ -e ${pair%:*} ]] || missing+=("${pair#*:}")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || die "missing: ${missing[*]}. Install with: sudo apt-get install ${missing[*]}"
  install_packages "${missing[@]}"
}

install_packages() {
  say "installing: $*"
  local log; log=$(mktemp)
  # A package list may be old: it is only fetched anew when the first try fails.
  apt_install "$@" >"$log" 2>&1 || { apt-get update && apt_install "$@"; } >>"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; die "apt-get could not install: $*"; }
  rm -f "$log"
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }

ensure_postgres() { ensure "$PG_BIN/postgres:postgresql-15" psql:postgresql-client-15 curl:curl pgrep:procps; }

# An output plugin that is not PostgreSQL's own; only tests need it.
ensure_decoderbufs() { ensure "${PG_BIN%/bin}/lib/decoderbufs.so:postgresql-15-decoderbufs"; }

# For what draws in a terminal.
ensure_terminal() { ensure tmux:tmux zsh:zsh fish:fish; }

# For servers that their agent may not look at: with file capabilities, or in a PID namespace of their own.
ensure_hiding() { ensure setcap:libcap2-bin unshare:util-linux setpriv:util-linux; }

# Debian's package starts a service of its own, which the tests do not want. One that was there before is somebody's, and is left alone.
ensure_etcd() {
  ! command -v etcd >/dev/null || return 0
  ensure etcd:etcd-server
  [[ ! -d /run/systemd/system ]] || systemctl disable --now etcd.service >/dev/null 2>&1 || die "etcd's own service cannot be stopped: systemctl disable --now etcd"
}

# HAProxy and PgBouncer as users have them before the servers; their own services stay stopped.
ensure_balancers() {
  local each
  for each in haproxy pgbouncer; do
    ! command -v "$each" >/dev/null || continue
    ensure "$each:$each"
    [[ ! -d /run/systemd/system ]] || systemctl disable --now "$each.service" >/dev/null 2>&1 || die "$each's own service cannot be stopped: systemctl disable --now $each"
  done
}

# Prometheus as it asks agents, without the fonts and pages that its package recommends.
ensure_prometheus() {
  ! command -v promtool >/dev/null || return 0
  ensure promtool:prometheus
  [[ ! -d /run/systemd/system ]] || systemctl disable --now prometheus.service >/dev/null 2>&1 || die "prometheus' own service cannot be stopped: systemctl disable --now prometheus"
}

# For faults that no test can make by itself: wall clocks that jump, and disks that are slow.
ensure_faults() { ensure strace:strace /usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1:libfaketime; }

# For the one campaign in which a background worker commits by itself.
ensure_cron() { ensure "${PG_BIN%/bin}/lib/pg_cron.so:postgresql-15-cron"; }

# For those that shape or cut a link between two nodes in network namespaces.
ensure_network() { ensure tc:iproute2 ip:iproute2 nft:nftables; }

# For the machines that are booted with systemd.
ensure_machines() {
  ensure systemd-nspawn:systemd-container debootstrap:debootstrap ip:iproute2 unshare:util-linux flock:util-linux \
    /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring
}

ensure_dotnet() {
  command -v dotnet >/dev/null || die "the .NET 10 SDK is missing (https://dotnet.microsoft.com/download/dotnet/10.0)"
  local said
  said=$(cd "$ROOT" && dotnet --version 2>&1) && return
  if [[ $said == *ICU* ]]; then
    ensure_icu
    (cd "$ROOT" && dotnet --version >/dev/null 2>&1) && return
  fi
  die "the .NET SDK that global.json asks for is missing; found: $(DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 dotnet --list-sdks | tr '\n' ' ')"
}

# The SDK does not run without ICU; the executable that it builds does. Each Debian has one libicuNN.
ensure_icu() {
  local package; package=$(apt-cache pkgnames libicu | grep -x 'libicu[0-9]*' | sort -V | tail -n 1)
  ((EUID == 0)) || die "ICU is missing, without which the .NET SDK does not run. Install with: sudo apt-get install ${package:-libicu72}"
  install_packages "${package:-libicu72}"
}

# PostgreSQL refuses to run as root, so servers and agents then run as postgres: "${AS_OWNER[@]}" COMMAND.
# An array, not a function: a background job's $! is then the process itself, not a subshell.
AS_OWNER=(env)
OWNER=$(id -un)
if ((EUID == 0)); then
  OWNER=postgres
  AS_OWNER=(setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql)
fi

# A temporary folder of the user that servers run as, readable by nobody else.
make_workdir() {
  local dir; dir=$(mktemp -d "/tmp/$1.XXXXXX")
  ((EUID)) || chown "$OWNER:" "$dir"
  say "$dir"
}

# free_port PREFERRED ADDRESS... : a port nobody listens on at any of the addresses; 0 = no preference.
free_port() {
  local port=$1 tries; shift
  ((port)) || port=$((RANDOM % 10000 + 20000))
  for ((tries = 0; tries < 200; tries++)); do
    port_is_free "$port" "$@" && { say "$port"; return; }
    port=$((RANDOM % 10000 + 20000))
  done
  die "no free port on $*"
}

port_is_free() {
  local port=$1 address; shift
  for address in "$@"; do
    ! (exec 3<>"/dev/tcp/$address/$port") 2>/dev/null || return 1
  done
}

# wait_until SECONDS COMMAND... : true as soon as the command succeeds, false when the time is over.
wait_until() {
  local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000)); shift
  until "$@"; do
    ((${EPOCHREALTIME/./} < deadline)) || return 1
    sleep 0.02
  done
}

now_ms() { say $((${EPOCHREALTIME/./} / 1000)); }

# 12345 -> 12.3
seconds() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# stop_pid PID: ends a process that this script started, and waits for it.
stop_pid() {
  kill "$1" 2>/dev/null || return 0
  wait_until 10 process_ended "$1" || kill -9 "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# A child that ended stays a zombie until it is waited for.
process_ended() { [[ ! -e /proc/$1 ]] || grep -qs '^State:.Z' "/proc/$1/status"; }

resident_mb() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
