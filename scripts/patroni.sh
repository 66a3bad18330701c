# A Patroni from Debian's package with an etcd and one or two PostgreSQL nodes of its own, as the reference of the benchmarks.
# Source it after common.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034 # PATRONI_URL and PATRONI_PID are read by the scripts that source this

PATRONI_HOST=('' 127.0.0.3 127.0.0.4)
PATRONI_DIR='' PATRONI_PORT='' PATRONI_ETCD='' ETCD_PID=''
PATRONI_PID='' PATRONI_URL=''              # of the first node
PATRONI_API=() PATRONI_NODE_PID=()         # of each
PATRONI_SETTINGS='shared_buffers: 32MB'    # parameters of the servers, as YAML in one line

ensure_patroni() { ensure_etcd && ensure patroni:patroni /usr/lib/python3/dist-packages/etcd:python3-etcd; }

# Returns when Patroni says it leads a running PostgreSQL.
start_patroni() {
  local client peer
  PATRONI_DIR=$(make_workdir pgha-patroni)
  client=$(free_port 0 "${PATRONI_HOST[1]}") peer=$(free_port 0 "${PATRONI_HOST[1]}")
  PATRONI_ETCD=${PATRONI_HOST[1]}:$client PATRONI_PORT=$(free_port 0 "${PATRONI_HOST[@]:1}")
  start_etcd "http://$PATRONI_ETCD" "http://${PATRONI_HOST[1]}:$peer"
  start_patroni_node 1
  PATRONI_PID=${PATRONI_NODE_PID[1]} PATRONI_URL=${PATRONI_API[1]}
  wait_until 60 patroni_leads 1 || { tail -n 20 "$PATRONI_DIR/patroni1.log" >&2; die "Patroni does not start"; }
}

# The same with a second node; returns when that one streams.
start_patroni_pair() {
  start_patroni
  start_patroni_node 2
  wait_until 60 patroni_settled || { tail -n 20 "$PATRONI_DIR"/patroni?.log >&2; die "Patroni's standby does not stream"; }
}

start_etcd() {
  "${AS_OWNER[@]}" etcd --name bench --data-dir "$PATRONI_DIR/etcd" \
    --listen-client-urls "$1" --advertise-client-urls "$1" \
    --listen-peer-urls "$2" --initial-advertise-peer-urls "$2" --initial-cluster "bench=$2" \
    >"$PATRONI_DIR/etcd.log" 2>&1 </dev/null &
  ETCD_PID=$!
  wait_until 20 curl -sf -o /dev/null "$1/health" || { tail "$PATRONI_DIR/etcd.log" >&2; die "etcd does not start"; }
}

# start_patroni_node N. Started in its own folder: it keeps the current one, which its user may not be able to read.
start_patroni_node() {
  local log=$PATRONI_DIR/patroni$1.log
  PATRONI_API[$1]=http://${PATRONI_HOST[$1]}:$(free_port 0 "${PATRONI_HOST[$1]}")
  write_patroni_config "$1"
  cd "$PATRONI_DIR" || return
  "${AS_OWNER[@]}" patroni "$PATRONI_DIR/patroni$1.yml" >"$log" 2>&1 </dev/null &
  PATRONI_NODE_PID[$1]=$!
  cd - >/dev/null || return
}

write_patroni_config() {
  local folder=$PATRONI_DIR/node$1
  "${AS_OWNER[@]}" mkdir -p "$folder"
  install -o "$OWNER" -m 600 /dev/stdin "$PATRONI_DIR/patroni$1.yml" <<-YAML
	scope: bench
	name: patroni0$1
	restapi:
	  listen: ${PATRONI_API[$1]#http://}
	  connect_address: ${PATRONI_API[$1]#http://}
	etcd3:
	  host: $PATRONI_ETCD
	bootstrap:
	  dcs: { ttl: 30, loop_wait: 10, retry_timeout: 10, postgresql: { parameters: { $PATRONI_SETTINGS } } }
	  initdb: [encoding: UTF8, no-locale, data-checksums]
	postgresql:
	  listen: ${PATRONI_HOST[$1]}:$PATRONI_PORT
	  connect_address: ${PATRONI_HOST[$1]}:$PATRONI_PORT
	  data_dir: $folder/data
	  bin_dir: $PG_BIN
	  pgpass: $folder/pgpass
	  authentication:
	    superuser: { username: postgres, password: bench }
	    replication: { username: replicator, password: bench }
	  parameters:
	    unix_socket_directories: $folder
	YAML
}

patroni_leads() { curl -sf -o /dev/null --max-time 2 "${PATRONI_API[$1]}/leader"; }
patroni_replica() { curl -sf -o /dev/null --max-time 2 "${PATRONI_API[$1]}/replica"; }
patroni_settled() { { patroni_leads 1 && patroni_replica 2; } || { patroni_leads 2 && patroni_replica 1; }; }

remove_patroni() {
  local n
  [[ -n $PATRONI_DIR ]] || return 0
  for n in "${!PATRONI_NODE_PID[@]}"; do stop_pid "${PATRONI_NODE_PID[n]}"; done
  [[ -z $ETCD_PID ]] || stop_pid "$ETCD_PID"
  for n in 1 2; do
    [[ ! -f $PATRONI_DIR/node$n/data/postmaster.pid ]] ||
      "${AS_OWNER[@]}" "$PG_BIN/pg_ctl" -D "$PATRONI_DIR/node$n/data" -m immediate -w stop >/dev/null 2>&1 || true
  done
  rm -rf "$PATRONI_DIR"
}
