# A Patroni from Debian's package with an etcd and a PostgreSQL of its own, as the reference of the benchmarks.
# Source it after common.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034 # PATRONI_URL and PATRONI_PID are read by the scripts that source this

PATRONI_HOST=127.0.0.3
PATRONI_DIR='' PATRONI_PID='' PATRONI_URL='' ETCD_PID=''

ensure_patroni() { ensure patroni:patroni etcd:etcd-server /usr/lib/python3/dist-packages/etcd:python3-etcd; }

# Returns when Patroni says it leads a running PostgreSQL.
start_patroni() {
  local etcd peer
  PATRONI_DIR=$(make_workdir pgha-patroni)
  etcd=$(free_port 0 "$PATRONI_HOST") peer=$(free_port 0 "$PATRONI_HOST")
  PATRONI_URL=http://$PATRONI_HOST:$(free_port 0 "$PATRONI_HOST")
  start_etcd "http://$PATRONI_HOST:$etcd" "http://$PATRONI_HOST:$peer"
  write_patroni_config "$PATRONI_HOST:$etcd" "$PATRONI_HOST:$(free_port 0 "$PATRONI_HOST")"
  # Started in its own folder: it keeps the current one, which its user may not be able to read.
  cd "$PATRONI_DIR" || return
  "${AS_OWNER[@]}" patroni "$PATRONI_DIR/patroni.yml" >"$PATRONI_DIR/patroni.log" 2>&1 </dev/null &
  PATRONI_PID=$!
  cd - >/dev/null || return
  wait_until 60 patroni_leads || { tail -n 20 "$PATRONI_DIR/patroni.log" >&2; die "Patroni does not start"; }
}

start_etcd() {
  "${AS_OWNER[@]}" etcd --name bench --data-dir "$PATRONI_DIR/etcd" \
    --listen-client-urls "$1" --advertise-client-urls "$1" \
    --listen-peer-urls "$2" --initial-advertise-peer-urls "$2" --initial-cluster "bench=$2" \
    >"$PATRONI_DIR/etcd.log" 2>&1 </dev/null &
  ETCD_PID=$!
  wait_until 20 curl -sf -o /dev/null "$1/health" || { tail "$PATRONI_DIR/etcd.log" >&2; die "etcd does not start"; }
}

write_patroni_config() {
  install -o "$OWNER" -m 600 /dev/stdin "$PATRONI_DIR/patroni.yml" <<-YAML
	scope: bench
	name: patroni01
	restapi:
	  listen: ${PATRONI_URL#http://}
	  connect_address: ${PATRONI_URL#http://}
	etcd3:
	  host: $1
	bootstrap:
	  dcs: { ttl: 30, loop_wait: 10, retry_timeout: 10 }
	  initdb: [encoding: UTF8, no-locale, data-checksums]
	postgresql:
	  listen: $2
	  connect_address: $2
	  data_dir: $PATRONI_DIR/data
	  bin_dir: $PG_BIN
	  pgpass: $PATRONI_DIR/pgpass
	  authentication:
	    superuser: { username: postgres, password: bench }
	    replication: { username: replicator, password: bench }
	  parameters:
	    unix_socket_directories: $PATRONI_DIR
	    shared_buffers: 32MB
	YAML
}

patroni_leads() { curl -sf -o /dev/null --max-time 2 "$PATRONI_URL/leader"; }

remove_patroni() {
  [[ -n $PATRONI_DIR ]] || return 0
  [[ -z $PATRONI_PID ]] || stop_pid "$PATRONI_PID"
  [[ -z $ETCD_PID ]] || stop_pid "$ETCD_PID"
  [[ ! -f $PATRONI_DIR/data/postmaster.pid ]] ||
    "${AS_OWNER[@]}" "$PG_BIN/pg_ctl" -D "$PATRONI_DIR/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$PATRONI_DIR"
}
