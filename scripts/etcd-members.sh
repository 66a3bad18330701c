# A member of etcd on each node of pair.sh, and the agents' configuration for it. Source it after pair.sh; NODE and HOST name three nodes.
# shellcheck shell=bash

MEMBER=() MEMBER_PEER=() MEMBER_PID=()   # URLs for clients and for peers, and process ids

# automatic_mode D SYNC: the lines of pgha.yml.
automatic_mode() {
  say "failover: { mode: automatic, etcd: [$(printf '"%s", ' "${MEMBER[@]:1}" | sed 's/, $//')], etcd_election: 250ms, d: ${1}s, rejoin: rewind, sync: $2 }"
}

start_members() {
  local n
  for n in $(nodes); do MEMBER[n]=http://${HOST[n]}:$(free_port 0 "${HOST[n]}") MEMBER_PEER[n]=http://${HOST[n]}:$(free_port 0 "${HOST[n]}"); done
  for n in $(nodes); do start_member "$n" new; done
  for n in $(nodes); do
    wait_until 20 curl -sf -o /dev/null "${MEMBER[n]}/health" || { tail "$WORK"/etcd?.log >&2; die "etcd does not start"; }
  done
}

start_member() {
  "${AS_OWNER[@]}" etcd --name "${NODE[$1]}" --data-dir "$WORK/etcd$1" --listen-client-urls "${MEMBER[$1]}" --advertise-client-urls "${MEMBER[$1]}" \
    --listen-peer-urls "${MEMBER_PEER[$1]}" --initial-advertise-peer-urls "${MEMBER_PEER[$1]}" --heartbeat-interval 25 --election-timeout 250 --initial-cluster-state "$2" \
    --initial-cluster "$(for n in $(nodes); do say "${NODE[n]}=${MEMBER_PEER[n]}"; done | paste -sd,)" >>"$WORK/etcd$1.log" 2>&1 </dev/null &
  MEMBER_PID[$1]=$!
}

stop_members() {
  local pid
  for pid in "${MEMBER_PID[@]}"; do stop_pid "$pid"; done
}
