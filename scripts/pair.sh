# Two real PostgreSQL nodes, pg-node01 and pg-node02, made by hand as an operator would make them,
# with an agent beside each, on 127.0.0.1 and 127.0.0.2; or more, where NODE and HOST name more. Source it after common.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034 # WORK, API and AGENT are read by the scripts that source this

NODE=('' pg-node01 pg-node02)
HOST=('' 127.0.0.1 127.0.0.2)
API=()     # the agents' URLs
AGENT=()   # the agents' process ids
WORK=      # the temporary folder that holds everything
PAIR_SETTINGS=  # more lines of postgresql.conf
PAIR_CONFIG=    # more lines of pgha.yml
PAIR_PROGRAM=   # what runs as agent; the build in dist where it is empty

nodes() { seq $((${#NODE[@]} - 1)); }

# make_pair NAME: primary and streaming standbys on free ports, agents not yet started.
make_pair() {
  WORK=$(make_workdir "$1")
  cd "$WORK" || return
  install -m 755 "$ROOT/dist/pgha" "$WORK/pgha"   # the owner may not be able to read a checkout in a home folder
  choose_ports
  write_passfile
  local n
  make_primary
  for n in $(nodes); do ((n == 1)) || make_standby "$n"; done
  for n in $(nodes); do write_config "$n"; done
}

choose_ports() {
  local api n; api=$(free_port 8079 "${HOST[@]:1}")
  PG_PORT=$(free_port 0 "${HOST[@]:1}")
  API=('')
  for n in $(nodes); do API[n]=http://${HOST[n]}:$api; done
}

# put FILE MODE: writes standard input to a file of the servers' user.
put() { install -o "$OWNER" -m "$2" /dev/stdin "$1"; }

write_passfile() {
  local password; password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  put "$WORK/password" 600 <<<"$password"
  put "$WORK/pgpass" 600 <<<"*:*:*:postgres:$password"
}

data_dir() { say "$WORK/${NODE[$1]}/data"; }

make_primary() {
  local n
  for n in $(nodes); do "${AS_OWNER[@]}" mkdir -p "$WORK/${NODE[n]}/state"; done
  "${AS_OWNER[@]}" "$PG_BIN/initdb" -D "$(data_dir 1)" -U postgres -E UTF8 --no-locale --data-checksums \
    --auth-local=trust --auth-host=scram-sha-256 --pwfile="$WORK/password" >"$WORK/initdb.log"
  put "$(data_dir 1)/pg_hba.conf" 600 <<-HBA
	local all         all              trust
	host  all         all 127.0.0.0/8  scram-sha-256
	host  replication all 127.0.0.0/8  scram-sha-256
	HBA
  write_postgresql_conf 1
  start_server 1
}

make_standby() {
  "${AS_OWNER[@]}" env PGPASSFILE="$WORK/pgpass" "$PG_BIN/pg_basebackup" -D "$(data_dir "$1")" -R -c fast \
    -d "host=${HOST[1]} port=$PG_PORT user=postgres passfile=$WORK/pgpass application_name=${NODE[$1]}"
  write_postgresql_conf "$1"
  start_server "$1"
  wait_until 20 standby_streams "$1" || die "the hand-made standby does not stream"
}

standby_streams() { [[ $(sql 1 "select count(*) from pg_stat_replication where state = 'streaming' and application_name = '${NODE[$1]}'") == 1 ]]; }

write_postgresql_conf() {
  put "$(data_dir "$1")/postgresql.conf" 600 <<-CONF
	listen_addresses = '${HOST[$1]}'
	port = $PG_PORT
	unix_socket_directories = '$WORK/${NODE[$1]}'
	cluster_name = '${NODE[$1]}'
	wal_log_hints = on
	wal_keep_size = 256MB
	max_connections = 50
	shared_buffers = 32MB
	$PAIR_SETTINGS
	CONF
}

start_server() {
  "${AS_OWNER[@]}" "$PG_BIN/pg_ctl" -D "$(data_dir "$1")" -l "$WORK/${NODE[$1]}/server.log" -w start >/dev/null
}

write_config() {
  local n
  put "$WORK/${NODE[$1]}/pgha.yml" 600 <<-YAML
	cluster: main
	node: ${NODE[$1]}
	listen: ${API[$1]}
	nodes:
	$(for n in $(nodes); do say "  ${NODE[n]}: { agent: \"${API[n]}\", postgres: \"${HOST[n]}:$PG_PORT\" }"; done)
	postgres:
	  bin_dir: $PG_BIN
	  data_dir: $(data_dir "$1")
	  log_file: $WORK/${NODE[$1]}/server.log
	  superuser: postgres
	  replication_user: postgres
	  passfile: $WORK/pgpass
	state_dir: $WORK/${NODE[$1]}/state
	$PAIR_CONFIG
	YAML
}

start_agent() {
  setsid "${AS_OWNER[@]}" "${PAIR_PROGRAM:-$WORK/pgha}" agent --config "$WORK/${NODE[$1]}/pgha.yml" \
    >>"$WORK/${NODE[$1]}/agent.log" 2>&1 </dev/null &
  AGENT[$1]=$!
}

start_agents() {
  local n
  for n in $(nodes); do start_agent "$n"; done
  wait_until 15 agents_answer && return
  tail -n 20 "$WORK"/*/agent.log >&2
  die "the agents do not answer"
}

agents_answer() {
  local n
  for n in $(nodes); do agent_answers "$n" || return 1; done
}

agent_answers() { curl -sf -o /dev/null --max-time 2 "${API[$1]}/api/pg/v1/instance/current"; }

stop_agent() {
  [[ -n ${AGENT[$1]:-} ]] || return 0
  stop_pid "${AGENT[$1]}"
  AGENT[$1]=
}

# Other agents beside the same servers, which run on: from another executable, or with another configuration.
restart_agents() {
  local n
  for n in $(nodes); do stop_agent "$n"; write_config "$n"; done
  start_agents
}

# sql NODE STATEMENT: runs it over the node's own socket.
sql() { psql -XAtq -v ON_ERROR_STOP=1 -h "$WORK/${NODE[$1]}" -p "$PG_PORT" -U postgres -d postgres -c "$2"; }

# Ends everything that make_pair and start_agents started, and removes the folder.
remove_pair() {
  local n
  [[ -n $WORK ]] || return 0
  cd /
  for n in $(nodes); do stop_agent "$n"; done
  for n in $(nodes); do
    [[ ! -f $(data_dir "$n")/postmaster.pid ]] ||
      "${AS_OWNER[@]}" "$PG_BIN/pg_ctl" -D "$(data_dir "$n")" -m immediate -w stop >/dev/null 2>&1 || true
  done
  pkill -9 -f "^$WORK/[a-z]* guard " || true # those of automatic mode
  rm -rf "$WORK"
}
