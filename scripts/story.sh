# Calls of the REST API with their expected answers, rows written in between, and the comparison at the end.
# Source it after pair.sh.
# shellcheck shell=bash

ROWS=0   # rows acknowledged so far
CALLS=0  # answers checked so far

# states S1 S2: the map of both nodes' states, as the API writes it.
states() { printf '{"%s":"%s","%s":"%s"}' "${NODE[1]}" "$1" "${NODE[2]}" "$2"; }

# request METHOD NODE PATH: sets STATUS, BODY and MS (milliseconds).
request() {
  local start; start=$(now_ms)
  : >"$WORK/answer"
  STATUS=$(curl -sS --max-time 90 -X "$1" -o "$WORK/answer" -w '%{http_code}' "${API[$2]}/api/pg/v1/$3") || STATUS="no answer"
  BODY=$(<"$WORK/answer")
  MS=$(($(now_ms) - start))
}

# call METHOD NODE PATH ANSWER: the answer has to be 200 and exactly this body.
call() {
  announce "$@"
  request "$1" "$2" "$3"
  answer
  [[ $STATUS == 200 && $BODY == "$4" ]] || wrong "200 $4" "$STATUS $BODY"
  [[ $1 == GET ]] || seen_by_both "$4"
}

# refused METHOD NODE PATH HTTP CODE: the answer has to be this refusal, with a message and a hint.
refused() {
  announce "$@"
  request "$1" "$2" "$3"
  answer
  local form="^\{\"code\":$5,\"msg\":\"[^\"].*\",\"hint\":\"[^\"].*\"\}$"
  [[ $STATUS == "$4" && $BODY =~ $form ]] || wrong "$4 {\"code\":$5,\"msg\":\"…\",\"hint\":\"…\"}" "$STATUS $BODY"
}

# planned METHOD NODE PATH: a dry run has to answer 200 with a plan.
planned() {
  announce "$@"
  request "$1" "$2" "$3"
  answer
  [[ $STATUS == 200 && $BODY == *curl* ]] || wrong "200 and a plan of curl lines" "$STATUS $BODY"
}

# Both agents, asked themselves, have to see these states at once.
seen_by_both() {
  local n all
  for n in 1 2; do
    all=$(curl -sS --max-time 10 "${API[$n]}/api/pg/v1/instance/all") || true
    [[ $all == "$1" ]] || wrong "$1 from GET instance/all on ${NODE[$n]}" "$all"
  done
}

announce() { quiet || printf '$ curl -X %s %s/api/pg/v1/%s\n' "$1" "${API[$2]}" "$3"; }
answer() {
  ((++CALLS))
  quiet || printf '%s   [%s%d ms]\n' "$BODY" "$([[ $STATUS == 200 ]] || say "$STATUS, ")" "$MS"
}
quiet() { [[ -n ${QUIET:-} ]]; }

# wrong EXPECTED FOUND
wrong() {
  printf 'WRONG: %s\nexpected: %s\n' "$2" "$1" >&2
  tail -n 8 "$WORK"/*/agent.log >&2
  exit 1
}

create_table() {
  sql "$1" 'create table story (id bigint primary key, node text not null, written timestamptz not null default clock_timestamp())'
}

# insert NODE: a hundred rows, each counted only when the server has acknowledged them.
insert() {
  sql "$1" "insert into story (id, node) select i, '${NODE[$1]}' from generate_series($ROWS + 1, $ROWS + 100) i"
  ROWS=$((ROWS + 100))
  quiet || say "-- 100 rows inserted on ${NODE[$1]}, $ROWS in all"
}

timeline() { sql "$1" "select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int"; }

expect_timeline() {
  local found; found=$(timeline "$1")
  [[ $found == "$2" ]] || wrong "timeline $2 on ${NODE[$1]}" "timeline $found"
  quiet || say "-- ${NODE[$1]} writes on timeline $2"
}

# compare_data PRIMARY STANDBY: every row ever acknowledged has to be on both nodes, byte for byte.
compare_data() {
  local n end found checksum=''
  end=$(sql "$1" 'select pg_current_wal_lsn()')
  wait_until 30 replayed "$2" "$end" || wrong "${NODE[$2]} replays up to $end" "it does not get there"
  for n in 1 2; do
    found=$(sql $n "select count(*) || ' rows, md5 ' || md5(string_agg(s::text, E'\n' order by id)) from story s")
    quiet || say "-- ${NODE[$n]}: $found"
    [[ $found == "$ROWS rows, "* && $found == "${checksum:-$found}" ]] ||
      wrong "${checksum:-$ROWS rows}" "${NODE[$n]} has $found"
    checksum=$found
  done
}

replayed() { [[ $(sql "$1" "select pg_last_wal_replay_lsn() >= '$2'") == t ]]; }
