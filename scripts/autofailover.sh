# A pg_auto_failover from Debian's package: a monitor and two PostgreSQL nodes, as the reference of a benchmark.
# Source it after common.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034 # AUTOFAILOVER_PORT is read by the scripts that source this

AUTOFAILOVER_HOST=(127.0.0.5 127.0.0.6 127.0.0.7)   # the monitor, then the nodes
AUTOFAILOVER_DIR='' AUTOFAILOVER_PORT=()            # a port each: the monitor listens everywhere, and they share a socket folder
AUTOFAILOVER_SETTINGS=''                            # lines of postgresql.conf
AUTOFAILOVER_PID=()
AUTOCTL=()                                          # runs pg_autoctl as the servers' user

ensure_autofailover() { ensure pg_autoctl:pg-auto-failover-cli /usr/share/postgresql/15/extension/pgautofailover.control:postgresql-15-auto-failover; }

# Returns when the second node streams and the monitor calls both settled.
start_autofailover() {
  AUTOFAILOVER_DIR=$(make_workdir pgha-autofailover)
  AUTOFAILOVER_PORT=("$(free_port 0 0.0.0.0)" "$(free_port 0 "${AUTOFAILOVER_HOST[1]}")" "$(free_port 0 "${AUTOFAILOVER_HOST[2]}")")
  AUTOCTL=("${AS_OWNER[@]}" env "HOME=$AUTOFAILOVER_DIR" "XDG_CONFIG_HOME=$AUTOFAILOVER_DIR/config" "XDG_DATA_HOME=$AUTOFAILOVER_DIR/share"
    "XDG_RUNTIME_DIR=$AUTOFAILOVER_DIR/run" "PATH=$PG_BIN:$PATH" pg_autoctl)
  cd "$AUTOFAILOVER_DIR" || return
  "${AS_OWNER[@]}" mkdir run
  create_autofailover 0 create monitor
  run_autofailover 0
  local n
  for n in 1 2; do
    ((n == 2)) || autofailover_initdb
    create_autofailover "$n" create postgres --name "node0$n" --username postgres --dbname postgres --listen "${AUTOFAILOVER_HOST[n]}" \
      --pghost "$AUTOFAILOVER_DIR/run" \
      --replication-quorum false --monitor "postgres://autoctl_node@${AUTOFAILOVER_HOST[0]}:${AUTOFAILOVER_PORT[0]}/pg_auto_failover?sslmode=disable"
    run_autofailover "$n"
    ((n == 2)) || wait_until 60 autofailover_state single || autofailover_failed
  done
  wait_until 60 autofailover_settled || autofailover_failed
  cd - >/dev/null || return
}

autofailover_failed() { tail -n 15 "$AUTOFAILOVER_DIR"/*.log >&2; die "pg_auto_failover does not start"; }

# The data directory of the first node, made as the other contenders' are; the second is its copy.
autofailover_initdb() {
  "${AS_OWNER[@]}" "$PG_BIN/initdb" -D "$AUTOFAILOVER_DIR/node1" -U postgres -A trust -E UTF8 --no-locale --data-checksums >"$AUTOFAILOVER_DIR/initdb.log"
  cat >>"$AUTOFAILOVER_DIR/node1/postgresql.conf" <<<"unix_socket_directories = '$AUTOFAILOVER_DIR/run'"$'\n'"$AUTOFAILOVER_SETTINGS"
}

# create_autofailover N COMMAND...
create_autofailover() {
  local n=$1; shift
  "${AUTOCTL[@]}" "$@" --pgdata "$AUTOFAILOVER_DIR/node$n" --pgport "${AUTOFAILOVER_PORT[n]}" --pgctl "$PG_BIN/pg_ctl" \
    --hostname "${AUTOFAILOVER_HOST[n]}" --skip-pg-hba --no-ssl >>"$AUTOFAILOVER_DIR/node$n.log" 2>&1 </dev/null || autofailover_failed
}

run_autofailover() {
  "${AUTOCTL[@]}" run --pgdata "$AUTOFAILOVER_DIR/node$1" >>"$AUTOFAILOVER_DIR/node$1.log" 2>&1 </dev/null &
  AUTOFAILOVER_PID[$1]=$!
  ((${1})) || wait_until 60 autofailover_monitored || autofailover_failed
}

# What the monitor has reached with each node, which must be what it wants.
autofailover_state() { [[ $(autofailover_ask) == "$1" ]]; }
autofailover_monitored() { autofailover_ask >/dev/null; }
autofailover_settled() { autofailover_state primary,secondary; }

autofailover_ask() {
  psql -XAtq -h "${AUTOFAILOVER_HOST[0]}" -p "${AUTOFAILOVER_PORT[0]}" -U autoctl_node -d pg_auto_failover -c "
    select string_agg(case when reportedstate = goalstate then reportedstate::text else 'changing' end, ',' order by reportedstate::text) from pgautofailover.node" 2>/dev/null
}

remove_autofailover() {
  local n
  [[ -n $AUTOFAILOVER_DIR ]] || return 0
  cd /
  for n in 1 2 0; do
    [[ -z ${AUTOFAILOVER_PID[n]:-} ]] || stop_pid "${AUTOFAILOVER_PID[n]}"
    [[ ! -f $AUTOFAILOVER_DIR/node$n/postmaster.pid ]] ||
      "${AS_OWNER[@]}" "$PG_BIN/pg_ctl" -D "$AUTOFAILOVER_DIR/node$n" -m immediate -w stop >/dev/null 2>&1 || true
  done
  rm -rf "$AUTOFAILOVER_DIR"
}
