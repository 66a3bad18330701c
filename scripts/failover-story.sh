# Three nodes in automatic mode with a member of etcd beside each; the primary's machine is lost while clients write, and comes back.
# Source it after pair.sh and story.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034 # the arrays are read by pair.sh

ETCD=()      # process ids of the members
WRITER=''    # that of the client
LOST_AT=''   # when the primary was lost, in milliseconds

make_trio() {
  NODE=('' pg-node01 pg-node02 pg-node03) HOST=('' 127.0.0.1 127.0.0.2 127.0.0.3)
  PAIR_CONFIG="failover: { mode: automatic, etcd: beside, etcd_port: $(two_ports), d: 4s, rejoin: rewind }"
  make_pair pgha-demo
  create_table 1
}

# The first of two neighbours that are free: for clients, and for the other members.
two_ports() {
  local port
  until port=$(free_port 0 "${HOST[@]:1}") && port_is_free $((port + 1)) "${HOST[@]:1}"; do :; done
  say "$port"
}

start_members() {
  local n
  for n in $(nodes); do start_member "$n"; done
}

start_member() {
  setsid "${AS_OWNER[@]}" "$WORK/pgha" etcd --config "$WORK/${NODE[$1]}/pgha.yml" >>"$WORK/${NODE[$1]}/etcd.log" 2>&1 </dev/null &
  ETCD[$1]=$!
}

# tell NODE COMMAND...: pgha's own command beside that node's agent.
tell() {
  local n=$1; shift
  say "\$ pgha $* --config ${NODE[n]}/pgha.yml"
  "${AS_OWNER[@]}" "$WORK/pgha" "$@" --config "$WORK/${NODE[n]}/pgha.yml"
}

# serves NODE: it holds the record and accepts writes.
serves() {
  curl -sf --max-time 2 "${API[$1]}/api/pg/v2/cluster/explain" | grep -q '"may_write_for"' &&
    [[ $(sql "$1" 'select pg_is_in_recovery()' 2>/dev/null) == f ]]
}

# It serves, and the others would take its place.
ready() { serves "$1" && curl -sf --max-time 2 "${API[$1]}/api/pg/v2/cluster/explain" | grep -q '"new_primary"'; }

# has_told NODE EPOCH: the change of hands is in the history.
has_told() { curl -sf --max-time 2 "${API[$1]}/api/pg/v2/cluster/history" | grep -q "\"epoch\": *$2\b"; }

another_serves() { serves 2 || serves 3; }

successor() { if serves 2; then say 2; else say 3; fi; }

# A client that writes row after row wherever a server accepts them, as libpq finds it, and keeps the numbers of those that were acknowledged.
write_rows() {
  local id hosts; hosts=$(IFS=,; say "${HOST[*]:1}")
  for ((id = 1; ; id++)); do
    PGPASSFILE=$WORK/pgpass PGCONNECT_TIMEOUT=2 psql -XAtq -v ON_ERROR_STOP=1 \
      -d "host=$hosts port=$PG_PORT user=postgres dbname=postgres target_session_attrs=read-write" \
      -c "insert into story (id, node) values ($id, current_setting('cluster_name'))" 2>/dev/null && say "$id $(now_ms)"
  done >"$WORK/acknowledged"
}

start_writer() {
  : >"$WORK/acknowledged"
  write_rows &
  WRITER=$!
  wait_until 20 has_written 20 || die 'the client does not write'
}

has_written() { (($(wc -l <"$WORK/acknowledged") >= $1)); }

stop_writer() {
  [[ -z $WRITER ]] || { kill "$WRITER"; wait "$WRITER" 2>/dev/null || true; }
  WRITER=
}

# Everything at once, as when a machine loses its power: the agent, its guard, all of PostgreSQL, and the member of etcd.
lose_machine() {
  local pids
  pids=$(pgrep -f "$WORK/${NODE[$1]}/" | grep -vx $$ || true)
  LOST_AT=$(now_ms)
  # shellcheck disable=SC2086 # many
  kill -9 ${AGENT[$1]} ${ETCD[$1]} $pids $(postgres_of "$1") 2>/dev/null || true
  wait "${AGENT[$1]}" "${ETCD[$1]}" 2>/dev/null || true # the shell says nothing of them
  AGENT[$1]=
}

# Its postmaster, and all that it started.
postgres_of() {
  local postmaster; postmaster=$(head -n 1 "$(data_dir "$1")/postmaster.pid")
  say "$postmaster $(pgrep -P "$postmaster" | tr '\n' ' ')"
}

# The first row that was acknowledged after the loss, in milliseconds since then.
first_row_after() { awk -v lost="$LOST_AT" '$2 > lost + 200 { print $2 - lost; exit }' "$WORK/acknowledged"; }

# Every row that was acknowledged has to be on all nodes.
compare_acknowledged() {
  local n missing
  cut -d' ' -f1 "$WORK/acknowledged" | sort -n >"$WORK/told"
  for n in $(nodes); do
    sql "$n" 'select id from story order by id' >"$WORK/there"
    missing=$(comm -23 <(sort "$WORK/told") <(sort "$WORK/there") | wc -l)
    say "-- ${NODE[n]}: $(wc -l <"$WORK/there") rows, $missing of $(wc -l <"$WORK/told") acknowledged ones are missing"
    ((missing == 0)) || wrong "all acknowledged rows on ${NODE[n]}" "$missing are missing"
  done
}

# It streams, and nothing is left to be done about it.
follows_again() {
  [[ $(sql "$1" "select count(*) from pg_stat_wal_receiver where status = 'streaming'" 2>/dev/null) == 1 ]] &&
    curl -sf --max-time 2 "${API[$1]}/api/pg/v2/cluster/explain" | grep -q '"row": *12\b'
}

level() { [[ $(sql "$1" "select pg_last_wal_replay_lsn() >= '$2'" 2>/dev/null) == t ]]; }

failover_story() {
  local now n
  chapter "Three nodes, made by hand, and a member of etcd beside each; the agents take them over"
  start_members
  start_agents
  wait_until 60 ready 1 || { tail -n 20 "$WORK"/*/agent.log >&2; die 'the primary does not take the record'; }
  tell 1 explain

  chapter "Clients write. The machine of ${NODE[1]} is lost: agent, guard, PostgreSQL and etcd at once"
  start_writer
  lose_machine 1
  wait_until 60 another_serves || { tail -n 20 "$WORK"/*/agent.log >&2; die 'nobody took its place'; }
  now=$(successor)
  wait_until 30 wrote_since || die 'the client does not write again'
  say "-- ${NODE[now]} serves; the first row was acknowledged $(seconds "$(first_row_after)") s after the loss (failover.d is 4 s)"
  wait_until 10 has_told "$now" 2 || die 'the history does not tell of it'
  tell "$now" history

  chapter "The machine is back: it follows by itself"
  start_member 1
  start_agent 1
  wait_until 90 follows_again 1 || { tail -n 20 "$WORK"/*/agent.log >&2; die 'the old primary does not follow'; }
  tell 1 explain
  stop_writer
  local end; end=$(sql "$now" 'select pg_current_wal_lsn()')
  for n in $(nodes); do
    [[ $n == "$now" ]] || wait_until 30 level "$n" "$end" || wrong "${NODE[n]} replays up to $end" 'it does not get there'
  done
  compare_acknowledged
}

wrote_since() { [[ -n $(first_row_after) ]]; }

end_trio() {
  local pid
  stop_writer
  remove_pair
  for pid in "${ETCD[@]}"; do stop_pid "$pid"; done
}
