#!/bin/sh
# Makes the AOT caches of an image: train.sh IMAGE JAVA
# Every cache is recorded by a run of the real launcher, so that class path and flags are those of every later run: an
# agent with a stand-in for PostgreSQL that is asked what agents are asked, and a command line that asks this agent's
# store. What a training run loads starts fast later, and is loaded by every later run.
set -eu
image=$1
java=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
agent=
clean_up() {
  if [ -n "$agent" ]; then kill "$agent" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap clean_up EXIT
# A file of the person who builds must not choose another class path than the samples do.
HOME=$work
export HOME
unset XDG_CONFIG_HOME PATRONICTL_CONFIG_FILE PATRONI_CONFIGURATION DCS_URL

# No agent runs as root: it becomes the owner of its data directory, who has to be able to read the image.
runner=$(id -u)
if [ "$runner" -eq 0 ]; then
  runner=65534
  chmod 755 "$work"
  cp -a "$image" "$work/image"
  run=$work/image
else
  run=$image
fi
mkdir "$work/made" "$work/agent" "$work/agent/bin"
for name in postgres pg_ctl initdb pg_controldata pg_basebackup pg_isready pg_rewind; do
  cp "$here/postgres" "$work/agent/bin/$name"
done
"$work/agent/bin/initdb" "$work/agent/server"
if [ "$runner" != "$(id -u)" ]; then chown -R "$runner" "$work/made" "$work/agent"; fi

# flags NAME: records a cache of that name. One level of every log to a file, because the launchers switch all of them
# off; what compilers learn is left out, because there is only the first one and it learns nothing.
flags() {
  printf %s "-XX:AOTCacheOutput=$work/made/$1.aot -XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining" \
    " -Xlog:aot*=warning:file=$work/made/$1.log"
}

# keep NAME STATUS: the run has to have ended by itself with exit status 0.
keep() {
  if [ "$2" -ne 0 ] || [ ! -s "$work/made/$1.aot" ]; then
    {
      echo "AOT cache $1: not made (exit status $2)"
      echo "hint: the class path must hold jars only, and the run must end with exit status 0; its output:"
      cat "$work/$1.out" "$work/made/$1.log" 2>/dev/null || true
    } >&2
    exit 1
  fi
  cp "$work/made/$1.aot" "$image/lib/$1.aot"
  cksum <"$image/lib/$1.aot" >"$image/lib/$1.aot.sum"
}

port=$((20000 + $$ % 20000))
for dcs in etcd consul raft; do
  rm -f "$image/lib/"*"-$dcs.aot" "$image/lib/"*"-$dcs.aot.sum" "$run/lib/"*"-$dcs.aot" "$run/lib/"*"-$dcs.aot.sum"
  # The build has none of the first two stores: nobody listens on this port.
  case $dcs in
    etcd) store="etcd3: {host: '127.0.0.1:$port'}" ;;
    consul) store="consul: {host: '127.0.0.1:$port'}" ;;
    raft) store="raft: {self_addr: '127.0.0.1:$port', partner_addrs: [], data_dir: '$work/agent/raft', password: training}" ;;
  esac
  config=$work/$dcs.yml
  sed "s|@store@|$store|; s|@data@|$work/agent|; s|@rest@|$((port + 1))|; s|@postgres@|$((port + 2))|" \
    "$here/agent.yml" >"$config"
  # Other members are known to the command line only, so that one agent is the whole group.
  sed "s|partner_addrs: \[\]|partner_addrs: ['127.0.0.1:$((port + 3))']|" "$config" >"$work/ctl-$dcs.yml"

  MATRIARCH_JVM_FLAGS=$(flags "agent-$dcs") "$run/bin/matriarch" "$config" >"$work/agent-$dcs.out" 2>&1 &
  agent=$!
  asked=0
  "$java" "$here/Ask.java" $((port + 1)) >>"$work/agent-$dcs.out" 2>&1 || asked=$?
  # Only a store that answers is read as every later command reads it.
  tries=0
  until [ "$dcs" != raft ] || [ "$asked" -ne 0 ] || "$run/bin/matriarchctl" -c "$work/ctl-$dcs.yml" list >"$work/ctl-$dcs.out" 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 20 ]; then keep "ctl-$dcs" 1; fi
    sleep 0.5
  done
  status=0
  MATRIARCH_JVM_FLAGS=$(flags "ctl-$dcs") \
    "$run/bin/matriarchctl" -c "$work/ctl-$dcs.yml" aot-training >"$work/ctl-$dcs.out" 2>&1 || status=$?
  keep "ctl-$dcs" "$status"
  kill "$agent"
  status=0
  wait "$agent" || status=$?
  agent=
  if [ "$asked" -ne 0 ]; then status=$asked; fi
  keep "agent-$dcs" "$status"
done

# A witness has formed a group of its own, and then serves what a command line asks.
export PATRONI_RAFT_SELF_ADDR=127.0.0.1:$port PATRONI_RAFT_DATA_DIR=$work/agent/witness PATRONI_RAFT_PASSWORD=training
MATRIARCH_JVM_FLAGS=$(flags witness-raft) "$run/bin/matriarch" raft-node >"$work/witness-raft.out" 2>&1 &
agent=$!
tries=0
until "$run/bin/matriarchctl" raft set /training/key value >>"$work/witness-raft.out" 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 20 ]; then keep witness-raft 1; fi
  sleep 0.5
done
"$run/bin/matriarchctl" raft status >>"$work/witness-raft.out" 2>&1
kill "$agent"
status=0
wait "$agent" || status=$?
agent=
keep witness-raft "$status"
