# Debian machines with systemd, booted in namespaces. Source it after common.sh.
# Everything here runs in a mount and process namespace of its own (in_own_namespaces): when its first process ends,
# all machines, mounts, networks and files go with it.
# shellcheck shell=bash

MACHINES_CACHE=${PGHA_MACHINES_CACHE:-/var/cache/pgha-machines}
MACHINE_SUITE=bookworm
MACHINE_BASE=systemd,systemd-sysv,dbus,procps,iproute2,curl,ca-certificates
MACHINE_PACKAGES=(postgresql-15)
MACHINES_WORK=/run/pgha-machines MACHINE_ROOT=''
MACHINES_CGROUP=${MACHINES_CGROUP:-}   # from in_own_namespaces
NSPAWN=() LEADER=()

# in_own_namespaces COMMAND...: runs it as the first process of its namespaces, and ends all of them with us.
in_own_namespaces() {
  local status=0
  MACHINES_CGROUP=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
  [[ $MACHINES_CGROUP ]] || die "no cgroup2 file system is mounted: systemd cannot run here"
  export MACHINES_CGROUP=$MACHINES_CGROUP/pgha-machines-$$
  unshare --mount --propagation private --pid --fork --kill-child --mount-proc "$@" &
  # shellcheck disable=SC2064 # the pid of now
  trap "stop_namespaces $!" EXIT
  trap 'exit 130' INT TERM HUP
  wait $! || status=$?
  return "$status"
}

# All processes in them end with the first one.
stop_namespaces() {
  { kill -9 "$1"; wait "$1"; } 2>/dev/null || true
  leave_cgroups
}

# A control group can be removed once the last of its processes is gone, which takes a moment.
leave_cgroups() { [[ ! -d $MACHINES_CGROUP ]] || wait_until 10 remove_cgroups || say "left behind: $MACHINES_CGROUP" >&2; }

remove_cgroups() { find "$MACHINES_CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null; }

# prepare_machines: the folder that all of this lives in, in memory, and the root that all machines are made from.
prepare_machines() {
  mkdir -p "$MACHINES_WORK" /run/netns /run/systemd/nspawn
  mount -t tmpfs -o mode=755 tmpfs "$MACHINES_WORK"
  mount -t tmpfs -o mode=755 tmpfs /run/netns
  mount -t tmpfs -o mode=755 tmpfs /run/systemd/nspawn
  mkdir -p "$MACHINES_CACHE" "$MACHINES_CGROUP"
  exec 9>"$MACHINES_CACHE/lock"
  flock 9
  find_root
  flock --shared 9   # kept: nobody replaces it while machines run from it
}

# find_root: the root made earlier, if it is from the same mirror and packages and whole; else a new one.
find_root() {
  local mirror digest
  mirror=$(debian_mirror)
  digest=$(say "$mirror $MACHINE_SUITE $MACHINE_BASE ${MACHINE_PACKAGES[*]}" | sha256sum)
  MACHINE_ROOT=$MACHINES_CACHE/$MACHINE_SUITE-${digest:0:12}
  ! root_is_whole || return 0
  say "making a Debian root from $mirror (minutes, once) ..."
  rm -rf --one-file-system "${MACHINES_CACHE:?}/$MACHINE_SUITE"-*
  make_root "$mirror" "$MACHINE_ROOT.new"
  mv "$MACHINE_ROOT.new" "$MACHINE_ROOT"
  root_is_whole || die "the new root in $MACHINE_ROOT is not whole"
}

# The mirror that apt uses on this machine.
debian_mirror() {
  local mirror
  # shellcheck disable=SC2016 # apt's own variables
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
  [[ $mirror ]] || mirror=$(sed -En 's/^(URIs:|deb( \[.*\])?) +(https?:[^ ]*\/debian)\/?( .*)?$/\3/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
  [[ $mirror ]] || die "found no mirror of Debian in /etc/apt"
  say "$mirror"
}

# All packages configured, all their files as they were installed.
root_is_whole() {
  [[ -x $MACHINE_ROOT/usr/bin/dpkg && -z $(chroot "$MACHINE_ROOT" dpkg --audit 2>&1) ]] &&
    ! chroot "$MACHINE_ROOT" dpkg --verify | grep -v ' c /' >&2
}

# The packages are installed as on a real machine that does not start services yet: Debian makes an empty cluster.
make_root() {
  local root=$2 log=$MACHINES_WORK/root.log
  debootstrap --variant=minbase --include="$MACHINE_BASE" "$MACHINE_SUITE" "$root" "$1" >"$log" 2>&1 ||
    { tail -n 20 "$log" "$root/debootstrap/debootstrap.log" >&2; die "debootstrap failed"; }
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  mount -t proc proc "$root/proc"
  DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y --no-install-recommends "${MACHINE_PACKAGES[@]}" \
    >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt-get in the new root failed"; }
  umount "$root/proc"
  chroot "$root" apt-get clean
  rm "$root/usr/sbin/policy-rc.d" "$root/etc/machine-id"
}

# connect ADDRESS1 ADDRESS2: two networks, each with one end of one cable. They lead nowhere else.
connect() {
  local n
  for n in 1 2; do
    ip netns add "machine$n"
    ip -n "machine$n" link set lo up
  done
  ip link add host0 netns machine1 type veth peer name host0 netns machine2
  for n in 1 2; do
    ip -n "machine$n" addr add "${!n}/24" dev host0
    ip -n "machine$n" link set host0 up
  done
}

# make_machine N NAME: its disk, a layer over the root. PostgreSQL's files are all in the layer, so that a rename is one.
make_machine() {
  local dir=$MACHINES_WORK/$2 postgres=$MACHINES_WORK/$2/root/var/lib/postgresql
  mkdir -p "$dir"/{upper,work,root}
  mount -t overlay -o "lowerdir=$MACHINE_ROOT,upperdir=$dir/upper,workdir=$dir/work" overlay "$dir/root"
  cp -a "$postgres" "$postgres.copy"
  rm -rf "$postgres"
  mv "$postgres.copy" "$postgres"
  say "$2" >"$dir/root/etc/hostname"
  systemd-id128 new >"$dir/root/etc/machine-id"
}

# power_on N NAME: boots it, as its hardware would, and waits until everything is started.
power_on() {
  local cgroup=$MACHINES_CGROUP/$2
  mkdir -p "$cgroup"
  # shellcheck disable=SC2016 # expanded inside
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 "$BASH" -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" \
    systemd-nspawn --quiet --boot --register=no --keep-unit --console=pipe --link-journal=no --resolv-conf=off --timezone=off \
    --machine="$2" --directory="$MACHINES_WORK/$2/root" --network-namespace-path="/run/netns/machine$1" \
    </dev/null >>"$MACHINES_WORK/$2/console" 2>&1 &
  NSPAWN[$1]=$!
  wait_until 60 is_booted "$1" || die "$2 does not boot: $(tail -n 20 "$MACHINES_WORK/$2/console")"
}

# is_booted N: its first process runs, and has started all units.
is_booted() {
  local children=''
  read -r children _ 2>/dev/null <"/proc/${NSPAWN[$1]}/task/${NSPAWN[$1]}/children" || true
  [[ $children ]] || return 1
  LEADER[$1]=$children
  [[ $(inside "$1" systemctl is-system-running 2>/dev/null) == @(running|degraded) ]]
}

# inside N COMMAND...: as root in the machine.
inside() {
  local n=$1; shift
  nsenter --target "${LEADER[$n]}" --mount --uts --ipc --net --pid --cgroup -- \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
}

# on N TEXT: a root shell in the machine, in a session of its own as a login has one.
on() { inside "$1" systemd-run --quiet --scope --collect "$BASH" -euo pipefail -c "cd /root && $2"; }

# reboot N NAME TEXT: runs the text, which restarts the machine, and waits until it is back.
reboot() {
  local status=0
  on "$1" "$3" || true   # the shell is ended by what it does
  wait_until 120 process_ended "${NSPAWN[$1]}" || die "$2 does not go down: $(tail -n 20 "$MACHINES_WORK/$2/console")"
  wait "${NSPAWN[$1]}" || status=$?
  ((status == 133)) || die "$2 went down without restarting (status $status)"
  power_on "$1" "$2"
}

# power_cut N: everything in it ends at once.
power_cut() {
  kill -9 "${LEADER[$1]}"
  wait "${NSPAWN[$1]}" || true
}
