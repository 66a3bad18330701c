# The six test cases of the specification, call by call. Source it after story.sh.
# Each call is checked at once, and both agents have to see the new states. Cases run in this order,
# each from where the one before left the pair: stopped.
# shellcheck shell=bash
# shellcheck disable=SC2034 # CASES is read by the benchmark

CASES=('01 master restart' '02 slave restart' '03 switchover slave-master'
       '04 switchover master-slave' '05 failover by restart' '06 failover by promote')

case_01() {
  begin_with_master_then_slave
  stop_master
  call DELETE 2 instance/current "$(states inactive inactive)"
  call POST 1 instance/current "$(states single inactive)"
  insert 1
  call POST 2 instance/current "$(states master slave)"
  call DELETE 1 instance/masterSlave "$(states inactive inactive)"
}

case_02() {
  begin_with_all instance/all/masterSlave
  call DELETE 1 instance/slave "$(states single inactive)"
  insert 1
  call DELETE 1 instance/current "$(states inactive inactive)"
  call POST 1 instance/current "$(states single inactive)"
  insert 1
  call POST 2 instance/current "$(states master slave)"
  call DELETE 1 instance/slaveMaster "$(states inactive inactive)"
}

case_03() {
  begin_with_all instance/all/masterSlave
  call POST 1 instance/switchover/slaveMaster "$(states slave master)"
  call DELETE 1 instance/slaveMaster "$(states inactive inactive)"
}

case_04() {
  begin_with_all instance/all
  call POST 1 instance/switchover/masterSlave "$(states slave master)"
  call DELETE 1 instance/slaveMaster "$(states inactive inactive)"
}

case_05() { fail_over restart 0; }
case_06() { fail_over promote 1; }

# fail_over WAY STEPS: the new master writes on a timeline so many steps further.
fail_over() {
  local before
  begin_with_master_then_slave
  before=$(timeline 1)
  stop_master
  call POST 2 "instance/failover/$1" "$(states inactive single)"
  expect_timeline 2 $((before + $2))
  call POST 1 instance/slave "$(states slave master)"
  insert 2
  call DELETE 1 instance/masterSlave "$(states inactive inactive)"
}

begin_with_master_then_slave() {
  call DELETE 1 instance/all "$(states inactive inactive)"
  call POST 1 instance/master "$(states single inactive)"
  insert 1
  call POST 2 instance/slave "$(states master slave)"
  insert 1
}

begin_with_all() {
  call DELETE 1 instance/slaveMaster "$(states inactive inactive)"
  call POST 1 "$1" "$(states master slave)"
  insert 1
}

stop_master() { call DELETE 2 instance/master "$(states inactive recovery)"; }
