#!/bin/sh
# Makes the AOT caches of an image: train.sh IMAGE
# Every cache is recorded by a run of the real launcher, so that class path and flags are those of every later run. What
# a training run loads starts fast later: a run that does more of what operators do makes a better cache.
set -eu
image=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A file of the person who builds must not choose another class path than the samples do.
HOME=$work
export HOME
unset XDG_CONFIG_HOME PATRONICTL_CONFIG_FILE DCS_URL

# train KIND-DCS LAUNCHER [ARGUMENT…]: the run has to end by itself with exit status 0.
train() {
  name=$1
  launcher=$2
  shift 2
  cache=$image/lib/$name.aot
  rm -f "$cache" "$cache.sum"
  status=0
  # One level of every log to a file: the launchers switch all of them off.
  MATRIARCH_JVM_FLAGS="-XX:AOTCacheOutput=$work/$name.aot -Xlog:aot*=warning:file=$work/$name.log" \
    "$image/bin/$launcher" "$@" >"$work/$name.out" 2>&1 || status=$?
  if [ "$status" -ne 0 ] || [ ! -s "$work/$name.aot" ]; then
    {
      echo "AOT cache $name: not made by: $launcher $* (exit status $status)"
      echo "hint: the class path must hold jars only, and the run must end with exit status 0; its output:"
      cat "$work/$name.out" "$work/$name.log" 2>/dev/null || true
    } >&2
    exit 1
  fi
  mv "$work/$name.aot" "$cache"
  cksum <"$cache" >"$cache.sum"
}

for dcs in etcd consul; do
  # The launchers choose the class path from the configuration, so each store has its sample.
  PATRONI_CONFIGURATION=$(cat "$here/$dcs.yml")
  export PATRONI_CONFIGURATION
  train "agent-$dcs" matriarch --version
  train "ctl-$dcs" matriarchctl aot-training
done

# The embedded store can be tried for real: one voter, and a command line that asks it.
port=$((20000 + $$ % 20000))
PATRONI_CONFIGURATION=$(sed "s/@port@/$port/; s|@data@|$work/raft|" "$here/raft.yml")
export PATRONI_CONFIGURATION
train agent-raft matriarch --version
"$image/bin/matriarch" witness >"$work/witness.out" 2>&1 &
witness=$!
trap 'kill "$witness" 2>/dev/null || true; rm -rf "$work"' EXIT
tries=0
until "$image/bin/matriarchctl" list >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 60 ]; then
    echo "AOT cache ctl-raft: the store did not start:" >&2
    cat "$work/witness.out" >&2
    exit 1
  fi
  sleep 0.5
done
train ctl-raft matriarchctl aot-training
kill "$witness"
wait "$witness" || true
